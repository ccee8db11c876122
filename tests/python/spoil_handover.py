"""Stands between an old server and a new one, and takes somebody out of the document on its way.

usage: spoil_handover.py PROGRAM [FLAG ...], started by the old server, with the wire as stdin
"""

import array
import json
import socket
import struct
import subprocess
import sys


def read(wire, length):
    data = b""
    while len(data) < length:
        more = wire.recv(length - len(data))
        if not more:
            sys.exit("the end")
        data += more
    return data


old = socket.socket(fileno=0)
new, theirs = socket.socketpair()
child = subprocess.Popen(sys.argv[1:], stdin=theirs)
theirs.close()

old.sendall(read(new, 1))
document = json.loads(read(old, struct.unpack(">Q", read(old, 8))[0]))
document["server"]["lobby"]["members"].pop()
spoiled = json.dumps(document).encode()
new.sendall(struct.pack(">Q", len(spoiled)) + spoiled)

count = read(old, 8)
new.sendall(count)
left = struct.unpack(">Q", count)[0]
while left:
    said, ancillary, _, _ = old.recvmsg(1, socket.CMSG_SPACE(4 * 253))
    descriptors = array.array("i", ancillary[0][2])
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)
    new.sendmsg([said], [rights])
    left -= len(descriptors)

while answer := new.recv(4096):
    old.sendall(answer)
child.wait()
