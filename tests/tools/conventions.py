"""conventions.py echo PORT TEXT... | time PORT - two clients as others write them:
one sends texts with their length in ten characters in front and prints what comes
back, and one connects and prints the time.  They use nothing of this suite."""
import socket
import sys


def receive_exactly(sock, size):
    pieces = []
    while size > 0:
        piece = sock.recv(size)
        if not piece:
            raise EOFError("incomplete message")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def receive_message(sock):
    return receive_exactly(sock, int(receive_exactly(sock, 10)))


def send_message(sock, message):
    sock.sendall(b"%10d" % len(message))
    sock.sendall(message)


def echo(address, *texts):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.connect(address)
    for text in texts:
        send_message(sock, text.encode())
        print(receive_message(sock).decode())
    sock.close()


def time(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.connect(address)
    text = b""
    while piece := sock.recv(1000):
        text += piece
    print("The time is", text.decode("ascii").strip())


{"echo": echo, "time": time}[sys.argv[1]](("127.0.0.1", int(sys.argv[2])),
                                          *sys.argv[3:])
