"""one-at-a-time.py PORT DELAY"""
from blocking import accepted, serve

for client in accepted():
    serve(client)
