"""services.py PORT DELAY [SERVICE [FRAME [FAULT]]] - a thread per client, for any
service and frame.  FAULT makes it wrong in one way, for the tests of the client
and of the judge:

lost        forgets an update now and then
truths      keeps a table for each client
after       forgets what a client has PUT when it leaves
one-off     changes the last byte of an answer
cut         sends half of an answer
pieces      takes what one recv returns for one message
longest     takes the 4096th byte of a message away
no-limit    takes messages of any length
empty       takes an empty message for the end
end         does not answer when the client has ended its input
part        does not send again what send did not take
lifetime    closes a connection after 4 s, although the client sends
retries     sends again at once what send did not take
goodbye     takes goodbye for the end in each frame
ten         checks a length only when all of its ten characters have come
locks       holds a lock while it waits
steps       waits in steps of 50 ms
spins       reads again and again at the end of input, for a while
locks-send  holds a lock while it sends"""
import contextlib
import os
import re
import socket
import socketserver
import sys
import threading
import time

SERVICE, FRAME, FAULT = (sys.argv[3:] + ["ack", "etx", ""][len(sys.argv[3:]):])
del sys.argv[3:]

from protocol import DELAY, PORT  # which reads the rest of the command line

FILE = os.environ.get("FILE", __file__)


class Table:
    """The entries of kv: a version and a value for each key."""

    def __init__(self):
        self.entries = {}
        self.lock = threading.Lock()
        self.adds = 0

    def answer(self, message):
        name, _, rest = message.partition(b" ")
        key, blank, rest = rest.partition(b" ")
        with self.lock:
            version, value = self.entries.get(key, (0, b"0"))
            if name == b"GET":
                return b"%d %s" % (version, value) if version else b"none"
            if name == b"UPDATE":
                wanted, blank, rest = rest.partition(b" ")
                if int(wanted) != version:
                    return b"stale %d" % version if version else b"none"
            if name == b"ADD":
                self.adds += 1
                rest = b"%d" % (int(value) + int(rest))
            elif name not in (b"PUT", b"UPDATE"):
                return b"bad request"
            if not blank:
                return b"bad value"
            if not (FAULT == "lost" and self.adds % 10 == 9):
                self.entries[key] = (version + 1, rest)
            if name == b"ADD":
                return b"%d %s" % (version + 1, rest)
            return b"ok %d" % (version + 1)


shared = Table()
working = threading.Lock() if FAULT == "locks" else contextlib.nullcontext()
sending = threading.Lock() if FAULT == "locks-send" else contextlib.nullcontext()


def wait():
    end = time.monotonic() + DELAY
    while (left := end - time.monotonic()) > 0:
        time.sleep(0.05 if FAULT == "steps" else left)


class Conversation(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def message(self):
        """Returns the next message; None at the end."""
        if FAULT == "pieces":
            return self.connection.recv(8192)[:-1] or None
        if FRAME == "length":
            header = b""
            while len(header) < 10:
                header += self.rfile.read(1) or b"-"
                if FAULT != "ten" and not re.fullmatch(rb" *\d*", header):
                    return None
            if not re.fullmatch(rb" *\d*", header):
                return None
            if header.isspace() or (length := int(header)) > 4096:
                return None
            message = self.rfile.read(length)
            return message if len(message) == length else None
        message = bytearray()
        while (byte := self.rfile.read(1)) != b"\3":
            if not byte:
                end = time.monotonic() + (1.9 if FAULT == "spins" else 0)
                while time.monotonic() < end:
                    self.connection.recv(1)
                return None
            message += byte
        return None if message == b"goodbye" else bytes(message)

    def is_over(self, message):
        """Tells whether a fault ends the conversation before this message."""
        if message is None or FAULT == "empty" and not message:
            return True
        if FAULT == "end":
            with contextlib.suppress(BlockingIOError):
                return not self.connection.recv(
                    1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        if FAULT == "lifetime":
            return time.monotonic() > self.began + 4
        return FAULT == "goodbye" and message == b"goodbye"

    def send(self, answer):
        if FAULT == "one-off" and answer:
            answer = answer[:-1] + bytes([answer[-1] ^ 1])
        if SERVICE == "file":
            answer = b"%10d" % len(answer) + answer
        elif SERVICE not in ("ack", "daytime"):
            answer = (b"%10d" % len(answer) + answer if FRAME == "length"
                      else answer + b"\3")
        if FAULT == "cut":
            answer = answer[:len(answer) // 2]
        if FAULT == "part":
            with contextlib.suppress(BlockingIOError):
                self.connection.send(answer, socket.MSG_DONTWAIT)
            return
        while FAULT == "retries" and answer:
            with contextlib.suppress(BlockingIOError):
                answer = answer[self.connection.send(answer,
                                                     socket.MSG_DONTWAIT):]
        with sending:
            self.wfile.write(answer)

    def handle(self):
        table = Table() if FAULT == "truths" else shared
        if SERVICE == "daytime":
            self.send(time.strftime("%a %b %d %H:%M:%S UTC %Y\n").encode())
            return
        self.began = time.monotonic()
        own = []
        while not self.is_over(message := self.message()):
            with working:
                wait()
            if FAULT == "longest":
                message = message[:4095]
            if SERVICE == "ack":
                self.send(b"ack")
            elif FRAME == "etx" and (len(message) > 4096 and FAULT != "no-limit"
                                     or not message.isascii()):
                self.send(b"nak")
            elif SERVICE == "kv":
                self.send(table.answer(message))
            elif SERVICE == "file":
                with open(FILE, "rb") as file:
                    self.send(file.read())
            else:
                self.send(message.upper() if SERVICE == "upper" else message)
            if FAULT == "cut":
                return
            if FAULT == "after" and message.startswith(b"PUT "):
                own.append(message.split()[1])
        for key in own:
            shared.entries.pop(key, None)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 511


with Server(("127.0.0.1", PORT), Conversation) as server:
    print("listening on 127.0.0.1 port %d" % server.server_address[1], flush=True)
    server.serve_forever()
