"""Somebody in the chat by the library websockets: says the lines of its input as they are, and
prints what it hears. usage: websocket_peer.py PACKAGES NAME URL"""

import json
import ssl
import sys
import threading

sys.path.insert(0, sys.argv[1])
from websockets.exceptions import ConnectionClosed  # noqa: E402
from websockets.sync.client import connect  # noqa: E402

name, url = sys.argv[2:]


def tell(line):
    print(line, flush=True)


# It offers permessage-deflate of its own accord.
secured = {}
if url.startswith("wss:"):
    # Nobody vouches for the certificates of tests.
    secured["ssl"] = ssl._create_unverified_context()
chat = connect(url, subprotocols=["mio-chat.1"], **secured)
extensions = [extension.name for extension in chat.protocol.extensions]
tell(f"open {chat.subprotocol} {extensions}")
chat.send(json.dumps({"t": "hello", "v": 1, "nick": name, "room": "main"}))


def speak():
    for line in sys.stdin:
        line = line.rstrip("\n")
        if line == "ping":
            tell("pong" if chat.ping().wait(10) else "no pong")
        elif line.startswith("parts "):
            # One message, a character a fragment.
            chat.send(iter(line.removeprefix("parts ")))
        else:
            chat.send(line)


threading.Thread(target=speak, daemon=True).start()
try:
    while True:
        tell(chat.recv())
except ConnectionClosed as closed:
    tell(f"closed {closed.rcvd.code} {closed.rcvd.reason}")
