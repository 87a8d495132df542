"""prethreaded.py PORT DELAY NUMBER - NUMBER threads that exist from the start"""
import threading

import blocking
from protocol import NUMBER


def work():
    for client in blocking.accepted():
        blocking.serve(client)


for _ in range(NUMBER - 1):
    threading.Thread(target=work).start()
work()
