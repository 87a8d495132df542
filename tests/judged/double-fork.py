"""double-fork.py PORT DELAY - a process per client, forked by a child that ends at
once, so that the server need not wait for it"""
import os
import select
import signal

import blocking

ended, lives = os.pipe()  # the processes that serve keep lives open


def leave(*_):
    if os.getpid() != blocking.parent and not blocking.stopping:
        blocking.stop()


def stop(*_):
    if blocking.stopping:
        os.killpg(0, signal.SIGKILL)
    blocking.stop()


def serve(client):
    if os.fork() == 0:
        blocking.serve(client)


signal.signal(signal.SIGUSR1, leave)
signal.signal(signal.SIGTERM, stop)
for client in blocking.accepted():
    blocking.fork(serve, client)
    client.close()
    blocking.reap(0)
os.close(lives)
while not select.select([ended], [], [], 0.05)[0]:
    os.killpg(0, signal.SIGUSR1)  # one that was just forked may have missed it
