"""Opens a TCP and a UDP socket on loopback and starts a server with them, as systemd does.

usage: activate.py PROGRAM [FLAG...]

With ACTIVATE_AT=:: in the environment they are for every address of IPv6, and of no other family.
"""

import os
import socket
import sys

FIRST = 3  # SD_LISTEN_FDS_START

host = os.environ.get("ACTIVATE_AT", "127.0.0.1")
family = socket.AF_INET6 if ":" in host else socket.AF_INET
sockets = [
    socket.create_server((host, 0), family=family),
    socket.socket(family, socket.SOCK_DGRAM),
]
if family == socket.AF_INET6:
    sockets[1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
sockets[1].bind((host, 0))

child = os.fork()
if child == 0:
    # Out of the way first: one of them may have the number that another is to get.
    copies = [os.dup2(opened.fileno(), 100 + index) for index, opened in enumerate(sockets)]
    for index, copy in enumerate(copies):
        os.dup2(copy, FIRST + index)
        os.close(copy)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(sockets))
    os.execv(sys.argv[1], sys.argv[1:])
for opened in sockets:
    opened.close()
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
