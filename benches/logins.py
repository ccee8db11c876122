"""What a crowd that logs in at once costs: how long it takes, and how long others wait meanwhile.

Starts a server with accounts in a temporary folder, registers one account for each client, and
starts the server again, so that no password is remembered. Then all clients come over IRC and log
in by SASL PLAIN at the same moment; and they come once more, when all passwords are remembered.
Turns are those of the server's own log: while one goes on, everybody waits.
"""

import argparse
import base64
import contextlib
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE_S = 600.0


class Server:
    """A server with accounts, on a core of its own."""

    def __init__(self, binary: Path, folder: Path, rounds: int | None) -> None:
        self.log = folder / "log"
        words = [str(binary), "--tcp", f"{HOST}:0", "--udp", f"{HOST}:0", "--flood", "off",
                 "--state", str(folder / "state"), "--register-before-connect", "on",
                 "--register-timeout", "10m", "--log-file", str(self.log)]
        if rounds:
            words += ["--password-rounds", str(rounds)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        pin(self.process.pid, 0)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def turns(self) -> str:
        """The turns since this was last asked."""
        size = self.log.stat().st_size
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            new = self.log.read_text(errors="replace")[size:]
            if found := re.search(r"turns: (.*)", new):
                return found[1]
            time.sleep(0.02)
        sys.exit("the server has told nothing of its turns")

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def serving(binary: Path, folder: Path, rounds: int | None) -> Iterator[Server]:
    server = Server(binary, folder, rounds)
    try:
        yield server
    finally:
        server.stop()


def pin(pid: int, core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, {cores[core % len(cores)]})


class Crowd:
    """Clients, each of which says something and waits for a numeric or another word."""

    def __init__(self, port: int, count: int) -> None:
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        for number in range(count):
            one = socket.create_connection((HOST, port))
            one.setblocking(False)
            self.selector.register(one, selectors.EVENT_READ, number)
            self.sockets.append(one)

    def ask(self, says: list[str], answer: bytes) -> list[float]:
        """Says this at once. When each was answered, in seconds since then, the earliest first."""
        heard = [b""] * len(says)
        waiting, answered = set(range(len(says))), []
        began = time.monotonic()
        for one, text in zip(self.sockets, says, strict=True):
            one.sendall(text.encode())
        while waiting:
            if time.monotonic() - began > PATIENCE_S:
                sys.exit(f"{len(waiting)} clients were not answered: {heard[waiting.pop()]!r}")
            for key, _ in self.selector.select(1.0):
                number = key.data
                said = self.sockets[number].recv(65_536)
                if not said:
                    sys.exit(f"client {number} was closed: {heard[number]!r}")
                heard[number] += said
                if number in waiting and answer in heard[number]:
                    waiting.discard(number)
                    answered.append(time.monotonic() - began)
        return answered

    def leave(self) -> None:
        self.selector.close()
        for one in self.sockets:
            one.close()


def name_of(number: int) -> str:
    return f"login{number}"


def register(server: Server, count: int) -> None:
    crowd = Crowd(server.port, count)
    crowd.ask(["CAP REQ :draft/account-registration sasl\r\n"] * count, b" ACK ")
    says = [f"NICK {name_of(number)}\r\nREGISTER * * sesame{number}\r\n" for number in range(count)]
    took = crowd.ask(says, b"REGISTER SUCCESS")
    print(f"{count} accounts registered in {took[-1]:.1f} s")
    crowd.leave()


def log_in(server: Server, count: int, title: str) -> None:
    crowd = Crowd(server.port, count)
    crowd.ask(["CAP REQ sasl\r\nAUTHENTICATE PLAIN\r\n"] * count, b"AUTHENTICATE +")
    secrets = [f"\0{name_of(number)}\0sesame{number}" for number in range(count)]
    says = [f"AUTHENTICATE {base64.b64encode(it.encode()).decode()}\r\n" for it in secrets]
    server.turns()
    before = server.cpu_seconds()
    took = crowd.ask(says, b" 903 ")
    cpu = server.cpu_seconds() - before
    print(f"{title}: all {count} within {took[-1]:.2f} s, half within {took[count // 2]:.2f} s, "
          f"the first after {took[0]:.3f} s; {cpu:.2f} s of CPU; turns: {server.turns()}")
    crowd.leave()


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench-logins", description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, help="of a password's hash (default: the server's)")
    parser.add_argument("--server-binary", type=Path, required=True)
    options = parser.parse_args()
    pin(0, 1)
    with tempfile.TemporaryDirectory(prefix="logins-") as name:
        folder = Path(name)
        with serving(options.server_binary, folder, options.rounds) as server:
            register(server, options.clients)
        with serving(options.server_binary, folder, options.rounds) as server:
            log_in(server, options.clients, "nothing remembered")
            log_in(server, options.clients, "all remembered")


if __name__ == "__main__":
    main()
