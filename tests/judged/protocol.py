"""protocol - what the servers in Python share: the command line PORT DELAY
[NUMBER], and the conversation with one client, without a socket."""
import re
import sys

LONGEST = 4096
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "": 1}

PORT = int(sys.argv[1])
_number, _unit = re.fullmatch(r"(\d+)(\w*)", sys.argv[2]).groups()
DELAY = int(_number) * UNITS[_unit]  # seconds
NUMBER = int(sys.argv[3]) if len(sys.argv) > 3 else 0


class Conversation:
    """Cuts what a client sends into messages."""

    def __init__(self):
        self.text = b""
        self.is_over = False  # goodbye has come

    def answers(self, data):
        """Returns the answers to the messages that are complete now."""
        *whole, text = (self.text + data).split(b"\3")
        self.text = text[:LONGEST + 1]  # a longer message is refused anyway
        answers = []
        for message in whole:
            if message == b"goodbye":
                self.is_over = True
                break
            good = len(message) <= LONGEST and message.isascii()
            answers.append(b"ack" if good else b"nak")
        return answers
