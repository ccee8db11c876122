"""The servers that are compared: what each is, how it is started, and how it is stopped.

Every peer runs in the foreground, on loopback, pinned to one core, in a folder of its own that goes
with it. What would hold a peer back in a load test (flood control, queue limits, seats, lookups,
persistence) is raised or switched off; everything else is left as its package ships it.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
SEATS = 20_000
START_SECONDS_MAX = 10.0
PR_SET_PDEATHSIG = 1
# What IRC clients ask for whose lines have tags.
TAGS = "server-time,message-tags,account-tag"

_libc = ctypes.CDLL(None)


class PeerFailed(Exception):
    """A peer, or a run against it, did not work; the text says why, in a few words."""


@dataclass(frozen=True)
class Programs:
    """Where the programs are that we have built."""

    folder: Path
    server: Path


@dataclass(frozen=True)
class Peer:
    """A server, and how the load speaks to it. `command` is given its folder and its port."""

    name: str
    dialect: str  # over TCP; empty: it does not
    command: Callable[[Path, int], list[str]]
    members_max: int = SEATS  # or how many it seats within a minute or two
    preload: tuple[Path, ...] = ()  # libraries that force settings the program lacks
    picks_port: bool = False  # prints `listening tcp ADDRESS` (or udp) once it is ready
    capabilities: str = ""  # of IRC, with commas: what each client asks for
    datagrams: str = ""  # what it is over UDP, in the words of rows.py; empty: nothing
    about: str = ""


@dataclass(frozen=True)
class Running:
    """A peer that has begun to accept connections or datagrams."""

    pid: int
    address: str


def pinned(core: int) -> Callable[[], None]:
    """What a child process does first: stay on a core, and never outlive us."""

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})

    return prepare


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process with all that it has started. It was started in a session of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def running(peer: Peer, kind: int = socket.SOCK_STREAM) -> Iterator[Running]:
    """Starts a peer, waits until it accepts what it is to serve, and stops it in the end."""
    with tempfile.TemporaryDirectory(prefix="peer-") as name:
        folder = Path(name)
        port = 0 if peer.picks_port else free_port(kind)
        environment = dict(os.environ)
        if peer.preload:
            environment["LD_PRELOAD"] = " ".join(str(library) for library in peer.preload)
        command = peer.command(folder, port)
        if not shutil.which(command[0]):
            raise PeerFailed(f"{Path(command[0]).name} is not there")
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
                env=environment, start_new_session=True, preexec_fn=pinned(0),
            )
        try:
            yield Running(process.pid, wait_until_ready(peer, process, folder, port, kind))
            if process.poll() is not None:
                raise PeerFailed("did not survive it")
        except PeerFailed as failure:
            if process.poll() is not None:
                raise PeerFailed(f"{failure}: {last_words(folder)}") from None
            raise
        finally:
            stop(process)


def free_port(kind: int) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_until_ready(
    peer: Peer, process: subprocess.Popen[bytes], folder: Path, port: int, kind: int
) -> str:
    """The address that the peer accepts connections or datagrams at."""
    streams = kind == socket.SOCK_STREAM
    mark, accepts = ("listening tcp ", connects) if streams else ("listening udp ", answers)
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise PeerFailed("does not start")
        if peer.picks_port:
            for line in (folder / "output").read_text(errors="replace").splitlines():
                if line.startswith(mark):
                    return line.split()[-1]
        elif accepts(port):
            return f"{HOST}:{port}"
        time.sleep(0.02)
    raise PeerFailed(f"is not ready after {START_SECONDS_MAX:.0f} s")


def last_words(folder: Path) -> str:
    lines = (folder / "output").read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")


def connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def answers(port: int) -> bool:
    """Whether a STUN Binding request is answered soon."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.1)
        with contextlib.suppress(OSError):
            probe.connect((HOST, port))
            probe.send(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12))
            return bool(probe.recv(600))
        return False


def redis(folder: Path, port: int) -> list[str]:
    config = f"""
        bind {HOST}
        port {port}
        protected-mode no
        maxclients {SEATS}
        tcp-backlog 4096
        save ""
        appendonly no
        client-output-buffer-limit pubsub 0 0 0
    """
    return ["redis-server", written(folder / "redis.conf", config)]


def nats(folder: Path, port: int) -> list[str]:
    config = f"""
        host: {HOST}
        port: {port}
        max_connections: {SEATS}
        max_pending: 1GB
        write_deadline: "60s"
        logfile: "/dev/null"
    """
    return ["nats-server", "-c", written(folder / "nats.conf", config)]


def ngircd(folder: Path, port: int) -> list[str]:
    config = f"""
        [Global]
        Name = irc.example.net
        Info = bench
        Listen = {HOST}
        Ports = {port}
        MotdPhrase = hello
        [Limits]
        MaxConnections = 0
        MaxConnectionsIP = 0
        MaxJoins = 0
        MaxNickLength = 30
        MaxPenaltyTime = 0
        PingTimeout = 3600
        [Options]
        DNS = no
        Ident = no
        PAM = no
    """
    return ["ngircd", "--nodaemon", "--config", written(folder / "ngircd.conf", config)]


def inspircd(folder: Path, port: int, *modules: str) -> list[str]:
    loaded = " ".join(f'<module name="{name}">' for name in modules)
    config = f"""
        <server name="irc.example.net" description="bench" network="bench">
        <admin name="bench" nick="bench" email="bench@example.net">
        <bind address="{HOST}" port="{port}" type="clients">
        <connect allow="*" timeout="600" pingfreq="1h" hardsendq="512M" softsendq="256M"
            recvq="16M" threshold="1000000" commandrate="100000000" fakelag="no"
            localmax="{SEATS}" globalmax="{SEATS}" limit="{SEATS}" maxconnwarn="no"
            resolvehostnames="no" useident="no" maxchans="20">
        <performance softlimit="{SEATS}" somaxconn="4096">
        {loaded}
    """
    path = written(folder / "inspircd.conf", config)
    return ["inspircd", "--nofork", "--nopid", "--nolog", "--runasroot", "--config", path]


def inspircd_with_tags(folder: Path, port: int) -> list[str]:
    return inspircd(folder, port, "cap", "ircv3", "ircv3_ctctags", "ircv3_msgid",
                    "ircv3_servertime", "ircv3_accounttag", "services_account")


def ncat(_: Path, port: int) -> list[str]:
    return ["ncat", "--listen", "--broker", "--max-conns", "1010", HOST, str(port)]


def coturn(*flags: str) -> Callable[[Path, int], list[str]]:
    """STUN alone, over UDP alone, and nothing written to a disk."""
    return lambda folder, port: [
        "turnserver", "-n", "--listening-ip", HOST, "--listening-port", str(port), "--no-auth",
        "--stun-only", "--no-tcp", "--no-tls", "--no-dtls", "--no-cli", "--no-tcp-relay",
        "--no-stdout-log", "--log-file", "/dev/null", "--userdb", str(folder / "users"),
        "--pidfile", str(folder / "pid"), *flags,
    ]


def written(path: Path, text: str) -> str:
    path.write_text("\n".join(line.strip() for line in text.splitlines()))
    return str(path)


def fixed(*words: str | Path | float) -> Callable[[Path, int], list[str]]:
    """A command that is always the same; the port, 0, is one of its words."""
    return lambda _folder, _port: [str(word) for word in words]


def mio_chat(server: Path, name: str, *flags: str) -> Peer:
    return Peer(name, "lines", mio_chat_command(server, *flags), picks_port=True,
                datagrams="mio-chat", about=" ".join(flags))


def mio_chat_command(server: Path, *flags: str) -> Callable[[Path, int], list[str]]:
    return fixed(server, "--tcp", f"{HOST}:0", "--udp", f"{HOST}:0", "--flood", "off",
                 "--udp-rate", "0", "-q", *flags)


def irc_peers(server: Path, prompt: Path, patient: Path) -> list[Peer]:
    """In one language: we, with tags and without, and other people's servers."""
    own = mio_chat_command(server)
    return [
        Peer("mio-chat, irc", "irc", own, picks_port=True),
        Peer("mio-chat, irc tags", "irc", own, picks_port=True, capabilities=TAGS, about=TAGS),
        Peer("inspircd", "irc", inspircd, 10_000, about="Nagle on, as it ships"),
        Peer("inspircd -nd", "irc", inspircd, 10_000, (prompt,), about="Nagle forced off"),
        Peer("inspircd tags -nd", "irc", inspircd_with_tags, 10_000, (prompt,),
             capabilities=TAGS, about=f"Nagle forced off; {TAGS}"),
        Peer("ngircd", "irc", ngircd, 5_000, (patient,), about="Nagle on, as it ships"),
        Peer("ngircd -nd", "irc", ngircd, 5_000, (patient, prompt), about="Nagle forced off"),
    ]


def relay(programs: Programs, flush_ms: float = 0) -> Peer:
    path = programs.folder / "relay"
    if not flush_ms:
        return Peer("relay-e", "raw", fixed(path, 0), picks_port=True, about="the limit")
    return Peer(f"relay-e, {flush_ms:g} ms", "raw", fixed(path, 0, "--flush-ms", flush_ms),
                picks_port=True, about=f"sends at most every {flush_ms:g} ms")


def all_peers(programs: Programs) -> list[Peer]:
    """The limit, ourselves, and the peers, in the order in which they are shown."""
    prompt, patient = programs.folder / "nodelay.so", programs.folder / "backlog.so"
    python = Path(__file__).parent / "thread_per_client.py"
    threads, tasks = programs.folder / "thread-per-client", programs.folder / "tokio-broadcast"
    return [
        relay(programs),
        mio_chat(programs.server, "mio-chat"),
        Peer("redis", "redis", redis),
        Peer("nats", "nats", nats),
        *irc_peers(programs.server, prompt, patient),
        Peer("ncat -nd", "raw-others", ncat, 1_000, (patient, prompt),
             about="Nagle forced off; select"),
        Peer("python threads", "raw", fixed("python3", python, 0), picks_port=True),
        Peer("rust threads", "raw", fixed(threads, 0), preload=(patient,), picks_port=True),
        Peer("tokio broadcast", "raw", fixed(tasks, 0), picks_port=True),
        Peer("echo-e", "", fixed(programs.folder / "echo", 0), picks_port=True, datagrams="echo",
             about="the limit over UDP"),
        Peer("coturn", "", coturn("--relay-threads", "0"), datagrams="stun", about="one thread"),
        Peer("coturn -m 1", "", coturn("--relay-threads", "1"), datagrams="stun",
             about="a thread for answers"),
    ]
