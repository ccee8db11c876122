"""Somebody in the chat by Python's ssl: says the lines of its input as they are, and prints what
it hears. usage: tls_peer.py HOW PORT

HOW  socket  a wrapped socket; "close" ends both ways as ssl does (close_notify), "cut" its own as
             TCP does, which no alert tells
     N       by memory, in pieces of N bytes both ways; it hears each line before it says the next
"""

import os
import select
import socket
import ssl
import sys

how, port = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.set_alpn_protocols(["mio-chat"])
raw = socket.create_connection(("127.0.0.1", int(port)))
raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def tell(line):
    print(line, flush=True)


def hear(chat):
    left = b""
    while True:
        *lines, left = left.split(b"\n")
        yield from (line.decode() for line in lines)
        data = chat(1024)
        if not data:
            return
        left += data


def by_socket():
    below = raw.dup()
    chat = context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)
    tell(f"open {chat.version()} {chat.selected_alpn_protocol()}")
    typed = b""

    def read(size):
        nonlocal typed
        while True:
            if not chat.pending():
                ready, _, _ = select.select([chat, 0], [], [])
                if 0 in ready:
                    typed += os.read(0, 4096)
                    *lines, typed = typed.split(b"\n")
                    for line in lines:
                        if line == b"close":
                            chat.unwrap()
                            return b""
                        if line == b"cut":
                            below.shutdown(socket.SHUT_WR)
                        else:
                            chat.sendall(line + b"\n")
                if chat not in ready:
                    continue
            # What has come may be a ticket, behind which nothing may come for long.
            chat.setblocking(False)
            try:
                return chat.recv(size)
            except ssl.SSLWantReadError:
                continue
            finally:
                chat.setblocking(True)

    for line in hear(read):
        tell(line)
    tell("end")


def by_memory(size):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    chat = context.wrap_bio(incoming, outgoing, server_hostname="localhost")

    def flush():
        data = outgoing.read()
        for at in range(0, len(data), size):
            raw.sendall(data[at:at + size])

    def until_done(act, *words):
        while True:
            try:
                return act(*words)
            except ssl.SSLWantReadError:
                flush()
                data = raw.recv(size)
                incoming.write(data) if data else incoming.write_eof()
            finally:
                flush()

    until_done(chat.do_handshake)
    tell(f"open {chat.version()} {chat.selected_alpn_protocol()}")
    heard = hear(lambda size: until_done(chat.read, size))
    for said in sys.stdin:
        until_done(chat.write, said.encode())
        for line in heard:
            tell(line)
            if line.endswith(said.rstrip("\n")) or line.startswith("* you are "):
                break
    # Returns when both ends are told.
    until_done(chat.unwrap)
    tell("end")


by_memory(int(how)) if how.isdigit() else by_socket()
