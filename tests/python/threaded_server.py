"""The yardstick: a group chat as networking classes write it, one thread for each client. It asks
whoever connects for a nickname with NICK, relays what one recv brings to everybody, the sender
included, and knows nothing of lines, histories or limits. What it serves, mio-chat must serve.

Usage: threaded_server.py      (prints the port it listens on)
"""

import socket
import threading

everybody = {}  # sockets, and the nicknames that their users have chosen


def tell_everybody(message):
    for client in list(everybody):
        try:
            client.sendall(message)
        except OSError:
            pass  # its own thread notices that, too


def relay_from(client):
    nickname = everybody[client]
    try:
        while message := client.recv(1024):
            tell_everybody(message)
    except OSError:
        pass
    del everybody[client]
    client.close()
    tell_everybody(nickname + b" left!")


def welcome(client):
    client.sendall(b"NICK")
    everybody[client] = client.recv(1024)
    client.sendall(b"Connected to server!")
    tell_everybody(everybody[client] + b" joined!")
    relay_from(client)


listener = socket.create_server(("127.0.0.1", 0), backlog=64)
print(listener.getsockname()[1], flush=True)
while True:
    newcomer, _ = listener.accept()
    threading.Thread(target=welcome, args=(newcomer,), daemon=True).start()
