# server.py PORT DELAY - a good server in Python, with one thread per client
import contextlib, signal, socket, sys, threading, time

number, threads, stopping = sys.argv[2].rstrip("mus"), {}, threading.Event()
unit = {"us": 1e-6, "ms": 1e-3, "m": 60}.get(sys.argv[2][len(number):], 1)
delay = float(number) * unit

def messages(client, text=b""):
    while data := client.recv(65536):
        *whole, text = (text + data).split(b"\x03")
        yield from whole
        text = text[:4097]  # a longer message is refused anyway

def serve(client):
    with client, contextlib.suppress(OSError):  # the client is gone
        for message in messages(client):
            if stopping.is_set() or message == b"goodbye": break
            good = len(message) <= 4096 and message.isascii()
            if good: time.sleep(delay)
            client.sendall(b"ack" if good else b"nak")
        client.shutdown(socket.SHUT_WR)
        client.settimeout(1)  # closing while input is unread would lose answers
        all(client.recv(65536) for _ in range(16))
    del threads[client]

def stop(*_):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends it at once
    stopping.set()
    with contextlib.suppress(OSError):  # two signals may come at once
        listener.shutdown(socket.SHUT_RD)  # so that accept fails, now or later
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=511)
signal.signal(signal.SIGTERM, stop)
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while not stopping.is_set():
    try: client = listener.accept()[0]
    except OSError: time.sleep(0.1); continue  # no descriptors: clients wait
    threads[client] = threading.Thread(target=serve, args=[client], daemon=True)
    try: threads[client].start()
    except RuntimeError: del threads[client]; client.close()  # there are too many
for client in list(threads):  # their threads end when a message is answered
    with contextlib.suppress(OSError): client.shutdown(socket.SHUT_RD)
for thread in list(threads.values()): thread.join(delay + 1)
