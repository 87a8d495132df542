"""fork-per-client.py PORT DELAY [NUMBER] - at most NUMBER clients, or 100"""
import os
import signal
import time

import blocking
from protocol import NUMBER

signal.signal(signal.SIGCHLD, lambda *_: blocking.reap())
for client in blocking.accepted():
    blocking.fork(blocking.serve, client)
    client.close()
    while len(blocking.children) >= (NUMBER or 100):
        blocking.reap()
        time.sleep(0.01)
blocking.reap(0)
