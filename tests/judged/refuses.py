"""refuses.py PORT DELAY NUMBER - a thread per client, and not more than NUMBER
clients: the connections of others are closed."""
import os
import threading

import blocking
from protocol import NUMBER

for client in blocking.accepted():
    if threading.active_count() > NUMBER:
        client.close()
    else:
        threading.Thread(target=blocking.serve, args=[client]).start()
for thread in threading.enumerate():
    if thread is not threading.current_thread():
        thread.join()
os._exit(0)
