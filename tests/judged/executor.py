"""executor.py PORT DELAY NUMBER - a pool of NUMBER threads, which starts a thread
when a client comes and no thread is free"""
from concurrent.futures import ThreadPoolExecutor

from blocking import accepted, serve
from protocol import NUMBER

with ThreadPoolExecutor(NUMBER) as pool:
    for client in accepted():
        pool.submit(serve, client)
