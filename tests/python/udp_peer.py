"""One of two peers who find each other through the server and then talk without it.

Sends the server a datagram, is told `ip:port` of the other one, says hello there and prints
everything it learns, one fact a line.

Usage: udp_peer.py NAME HOST PORT
"""

import socket
import sys

name, server = sys.argv[1], (sys.argv[2], int(sys.argv[3]))

peer_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer_socket.settimeout(10)
peer_socket.sendto(b"looking for a peer", server)
print("asked from port", end=" ")
print(peer_socket.getsockname()[1], flush=True)

peer, heard = None, None
while peer is None or heard is None:
    data, address = peer_socket.recvfrom(1024)
    if address == server:
        ip, port = data.decode("ascii").strip().rsplit(":", 1)
        peer = (ip, int(port))
        print("told", data.decode("ascii").strip(), flush=True)
        peer_socket.sendto(("hello from " + name).encode("ascii"), peer)
    else:
        heard = data.decode("ascii")
        print("heard", heard, flush=True)
