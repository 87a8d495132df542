"""forking-mixin.py PORT DELAY - a process per client, by the standard library"""
import signal
import socketserver

import blocking


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        blocking.hold_signals(signal.SIG_UNBLOCK)
        blocking.children.clear()
        blocking.serve(self.request)


class Server(socketserver.ForkingTCPServer):
    max_children = 100

    def process_request(self, *arguments):
        blocking.hold_signals(signal.SIG_BLOCK)
        super().process_request(*arguments)  # forks
        blocking.hold_signals(signal.SIG_UNBLOCK)


def stop(*arguments):
    blocking.children |= server.active_children or set()
    blocking.stop(*arguments)
    if not blocking.clients:
        raise SystemExit


server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket.close()
server.socket = blocking.listener
signal.signal(signal.SIGTERM, stop)
with server:  # waits for the children in the end
    server.serve_forever()
