"""prefork.py PORT DELAY NUMBER - NUMBER processes that exist from the start"""
import os

import blocking
from protocol import NUMBER


def work():
    for client in blocking.accepted():
        blocking.serve(client)


while not blocking.stopping:
    while len(blocking.children) < NUMBER:
        blocking.fork(work)
    pid, _ = os.waitpid(-1, 0)
    blocking.children.discard(pid)
blocking.reap(0)
