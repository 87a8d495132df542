"""cached.py PORT DELAY - a thread per client, which is kept for the next client"""
import queue
import threading
import time

import blocking

idle = []  # the queues of the threads that have no client
lock = threading.Lock()


def work(mine):
    while (client := mine.get()) is not None:
        blocking.serve(client)
        with lock:
            idle.append(mine)


for client in blocking.accepted():
    with lock:
        mine = idle.pop() if idle else None
    if mine is None:
        mine = queue.SimpleQueue()
        threading.Thread(target=work, args=[mine], daemon=True).start()
    mine.put(client)
while blocking.clients:
    time.sleep(0.01)
