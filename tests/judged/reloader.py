"""reloader.py COMMAND... - runs a command, as a program does that starts a server again
when its files change, and passes SIGTERM on."""
import signal
import subprocess
import sys

server = subprocess.Popen([sys.executable, *sys.argv[1:]])
signal.signal(signal.SIGTERM, lambda *_: server.terminate())
sys.exit(server.wait())
