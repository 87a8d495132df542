"""growing.py PORT DELAY NUMBER - a pool of two threads that grows by one whenever
all are busy, up to NUMBER, and never shrinks"""
import threading
import time

import blocking
from protocol import NUMBER

lock = threading.Lock()
free = threads = 0


def start():
    global free, threads
    free += 1
    threads += 1
    threading.Thread(target=work).start()


def work():
    global free
    for client in blocking.accepted():
        with lock:
            free -= 1
            if free == 0 and threads < NUMBER:
                start()
        blocking.serve(client)
        with lock:
            free += 1


with lock:
    start()
    start()
# Only this thread runs the handler of a signal, and join would hold it off.
while not blocking.stopping:
    time.sleep(0.2)
