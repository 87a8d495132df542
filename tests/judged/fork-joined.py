"""fork-joined.py PORT DELAY - starts a process per client, but waits for it at
once, so it serves one client at a time"""
import os

import blocking

for client in blocking.accepted():
    blocking.fork(blocking.serve, client)
    client.close()
    blocking.reap(0)
