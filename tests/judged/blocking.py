"""blocking - what the servers in Python share that serve a client by waiting:
the listener, one conversation, and how the server stops."""
import contextlib
import os
import signal
import socket
import time

from protocol import DELAY, PORT, Conversation

listener = socket.create_server(("127.0.0.1", PORT), backlog=511)
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
clients = set()  # those that this process serves
children = set()  # the processes that it has started
parent = os.getpid()
stopping = False


def stop(*_):
    global stopping
    if os.getpid() == parent:
        for pid in list(children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
    if stopping:
        os._exit(1)  # asked twice
    stopping = True
    for waiting in [listener, *clients]:  # recv and accept return at once
        with contextlib.suppress(OSError):
            waiting.shutdown(socket.SHUT_RD)


signal.signal(signal.SIGTERM, stop)


def accepted():
    """Yields clients until the server must stop."""
    while not stopping:
        try:
            yield listener.accept()[0]
        except OSError:
            if not stopping:
                time.sleep(0.05)  # no descriptor is free


def serve(client):
    """Serves one client until its end."""
    clients.add(client)
    conversation = Conversation()
    with client, contextlib.suppress(OSError):  # the client may be gone
        while not (stopping or conversation.is_over):
            data = client.recv(65536)
            if not data:
                break
            for answer in conversation.answers(data):
                if answer == b"ack":
                    time.sleep(DELAY)
                client.sendall(answer)
                if stopping:
                    break
        # Closing while input is unread would lose answers.
        client.shutdown(socket.SHUT_WR)
        client.settimeout(0.5)
        all(client.recv(65536) for _ in range(16))
    clients.discard(client)


def reap(options=os.WNOHANG):
    """Waits for children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while (pid := os.waitpid(-1, options)[0]) != 0:
            children.discard(pid)


def hold_signals(how):
    """Otherwise one that comes just after fork finds no such child."""
    signal.pthread_sigmask(how, [signal.SIGTERM, signal.SIGCHLD])


def fork(run, *arguments):
    """Lets a child do something, and end."""
    hold_signals(signal.SIG_BLOCK)
    pid = os.fork()
    if pid != 0:
        children.add(pid)
    hold_signals(signal.SIG_UNBLOCK)
    if pid == 0:
        run(*arguments)
        os._exit(0)
