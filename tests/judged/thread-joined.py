"""thread-joined.py PORT DELAY - starts a thread per client, but waits for it at
once, so it serves one client at a time"""
import threading

from blocking import accepted, serve

for client in accepted():
    thread = threading.Thread(target=serve, args=[client])
    thread.start()
    thread.join()
