# server.py PORT DELAY - a good server in Python, with a thread for each client
import contextlib, signal, socket, sys, time
from threading import Event, Thread

number = sys.argv[2].rstrip("mus")
unit = {"us": 1e-6, "ms": 1e-3, "m": 60}.get(sys.argv[2][len(number):], 1)
delay, threads, stopping = float(number) * unit, {}, Event()

def messages(client, text=b""):
    while data := client.recv(65536):
        *whole, text = (text + data).split(b"\x03")
        yield from whole
        text = text[:4097]  # what is longer is refused anyway

def serve(client):
    with client, contextlib.suppress(OSError):  # the client has gone
        for message in messages(client):
            if stopping.is_set() or message == b"goodbye": break
            good = len(message) <= 4096 and message.isascii()
            if good: time.sleep(delay)
            client.sendall(b"ack" if good else b"nak")
        client.shutdown(socket.SHUT_WR)
        client.settimeout(1)  # to close with input unread would lose answers
        all(client.recv(65536) for _ in range(16))
    del threads[client]

signal.signal(signal.SIGTERM, lambda *_: sys.exit())
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=511)
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
with contextlib.suppress(SystemExit), listener:
    while True:
        try: client = listener.accept()[0]
        except OSError: time.sleep(0.1); continue  # no descriptors: they wait
        threads[client] = Thread(target=serve, args=[client], daemon=True)
        threads[client].start()
signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends it at once
stopping.set()
for client in list(threads):  # which end, when their message is answered
    with contextlib.suppress(OSError): client.shutdown(socket.SHUT_RD)
for thread in list(threads.values()): thread.join(delay + 1)
