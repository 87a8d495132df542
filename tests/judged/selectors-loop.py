"""selectors-loop.py PORT DELAY [NUMBER] - an event loop, in which each conversation
is a generator; with NUMBER, it serves no more clients than that at a time"""
import contextlib
import selectors
import signal
import socket
import time

from protocol import DELAY, NUMBER, PORT, Conversation

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
selector = selectors.DefaultSelector()
waiting = {}  # what each client's generator waits for: an event, or a time
stopping = False


def serve(client):
    """Yields the event and the time that it waits for, 0 or None for none."""
    conversation = Conversation()
    while not (stopping or conversation.is_over):
        yield READ, None
        data = b"" if stopping else client.recv(65536)
        if not data:
            break
        for answer in conversation.answers(data):
            if answer == b"ack":
                yield 0, time.monotonic() + DELAY
            while answer:
                yield WRITE, None
                answer = answer[client.send(answer):]
            if stopping:
                break
    client.shutdown(socket.SHUT_WR)
    end = time.monotonic() + 0.5  # until then it reads, or answers would be lost
    while time.monotonic() < end:
        yield READ, end
        with contextlib.suppress(BlockingIOError):
            if not client.recv(65536):
                break


def watch(sock, events, data):
    if sock in selector.get_map():
        selector.unregister(sock)
    if events:
        selector.register(sock, events, data)


def advance(client, generator):
    try:
        events, when = next(generator)
        waiting[client] = generator, events, when
        watch(client, events, client)
    except (StopIteration, OSError):  # an OSError: the client is gone
        watch(client, 0, None)
        waiting.pop(client, None)
        client.close()


def accept():
    with contextlib.suppress(OSError):  # the client is gone
        client = listener.accept()[0]
        client.setblocking(False)
        advance(client, serve(client))
        return
    time.sleep(0.02)  # or no descriptor is free


def stop(*_):
    global stopping
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    stopping = True


listener = socket.create_server(("127.0.0.1", PORT), backlog=511)
listener.setblocking(False)
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
signal.signal(signal.SIGTERM, stop)
wakes, wakeup = socket.socketpair()  # a signal ends the wait
wakeup.setblocking(False)
signal.set_wakeup_fd(wakeup.fileno())
watch(wakes, READ, None)
while not stopping or waiting:
    is_full = stopping or (NUMBER > 0 and len(waiting) >= NUMBER)
    if is_full != (listener not in selector.get_map()):
        watch(listener, 0 if is_full else READ, None)
    times = [when for _, _, when in waiting.values() if when]
    pause = max(0, min(times) - time.monotonic()) if times else None
    ready = [key.fileobj for key, _ in selector.select(pause)]
    if listener in ready:
        accept()
    now = time.monotonic()
    for client, (generator, events, when) in list(waiting.items()):
        if client in ready or (when and when <= now) or \
                (stopping and events == READ and not when):
            advance(client, generator)
    if wakes in ready:
        wakes.recv(1)
