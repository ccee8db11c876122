"""One of two who meet through the keyed protocol (MC1) and greet each other without the server.

Plain Python, from docs/PROTOCOL.md alone: a queue for two, one address each, no relay.

Usage: mc1_peer.py NAME HOST PORT QUEUE
"""

import os
import socket
import sys
import time

name, server, queue = sys.argv[1], (sys.argv[2], int(sys.argv[3])), sys.argv[4]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
my_id, cookie, match = os.urandom(8).hex(), None, None
path, they_know, heard = None, False, None


def siphash(key, data, bits=2**64 - 1):
    """SipHash-2-4, as 16 hex digits."""
    k0, k1 = (int.from_bytes(key[at:at + 8], "little") for at in (0, 8))
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D,
         k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    data += bytes(-(len(data) + 1) % 8) + bytes([len(data) % 256])
    words = [int.from_bytes(data[at:at + 8], "little") for at in range(0, len(data), 8)]
    for word, rounds in [(word, 2) for word in words] + [(None, 4)]:
        v[2 if word is None else 3] ^= 0xFF if word is None else word
        for _ in range(rounds):
            for a, b, left, turn in (0, 1, 13, 1), (2, 3, 16, 0), (2, 1, 17, 1), (0, 3, 21, 0):
                v[a] = v[a] + v[b] & bits
                v[b] = (v[b] << left | v[b] >> 64 - left) & bits ^ v[a]
                if turn:
                    v[a] = (v[a] << 32 | v[a] >> 32) & bits
        v[0] ^= word or 0
    return "%016x" % (v[0] ^ v[1] ^ v[2] ^ v[3])


def signed(verb, nonce):
    text = f"MC1 {verb} m={match['m']} by={me} to={you} x={nonce} ok={int(path is not None)}"
    return f"{text} h={siphash(key, text.encode())}\n".encode()


def say(now):
    """What is due; returns when the next is."""
    if match is None:  # often at first, and then now and then to stay
        proof = f"c={cookie}" if cookie else "pad=" + "x" * 64
        udp.sendto(f"MC1 JOIN id={my_id} q={queue} n=2 {proof}\n".encode(), server)
        return now + (2 if cookie else 0.25)
    udp.sendto(signed("PING", nonce), path or candidate)
    if path:
        udp.sendto(f"hello from {name}".encode(), path)
    return now + 0.1


due = time.monotonic()
while not (path and they_know and heard):
    if time.monotonic() >= due:
        due = say(time.monotonic())
    udp.settimeout(max(due - time.monotonic(), 0.001))
    try:
        data, source = udp.recvfrom(1500)
    except (TimeoutError, ConnectionError):
        continue
    if not data.startswith(b"MC1 "):
        heard = data.decode() if match and source == candidate else heard
        continue
    text = data.decode().rstrip("\r\n")
    _, verb, *fields = text.split(" ")
    field = dict(reversed([each.split("=", 1) for each in fields]))  # the first of a key counts
    if verb == "COOKIE" and source == server and field["id"] == my_id:
        cookie, due = field["c"], 0
        print("told a cookie", flush=True)
    elif verb == "MATCH" and source == server and field["id"] == my_id:
        udp.sendto(f"MC1 ACK id={my_id} m={field['m']}\n".encode(), server)
        if match is None:
            match, key, nonce = field, bytes.fromhex(field["k"]), os.urandom(4).hex()
            me, (you, address) = field["you"].split("@")[0], field["peer"].split("@")
            host, _, port = address.split("+")[0].rpartition(":")
            candidate, due = (host, int(port)), time.monotonic() + int(field["at"]) / 1000
            print("matched as", me, "with", address, flush=True)
    elif verb in ("PING", "PONG") and match and field["m"] == match["m"] and field["to"] == me:
        line, _, mac = text.partition(" h=")
        if mac == siphash(key, line.encode()):
            they_know = they_know or field["ok"] == "1"
            candidate = source
            if verb == "PING":
                udp.sendto(signed("PONG", field["x"]), source)
            elif field["x"] == nonce:
                path = source
for _ in range(5):  # the other one may still need them
    udp.sendto(signed("PING", nonce), path)
    udp.sendto(f"hello from {name}".encode(), path)
udp.sendto(f"MC1 RESULT id={my_id} m={match['m']} peer={you} how=direct\n".encode(), server)
print("heard", heard, flush=True)
