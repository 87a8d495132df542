"""thread-per-client.py PORT DELAY"""
import threading

from blocking import accepted, serve

for client in accepted():
    threading.Thread(target=serve, args=[client]).start()
