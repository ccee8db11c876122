"""Runs the comparison: every peer in turn, row by row, in several rounds.

The server has the first core and the load the second. Each run has a fresh server. Results are kept
as JSON with every run in it, and shown as a table and a chart (see `table.py`, `chart.py`). A peer
that fails gets a note, and the others go on.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import chart
import peers
import table
from peers import Peer, PeerFailed, Programs
from rows import ALL_ROWS, Result, Row

PROJECT = Path(__file__).resolve().parents[2]
SETUP_SECONDS_MAX = 90.0  # seating 19,000 who are all told of each other takes the slowest long
PACKAGES = ["redis-server", "nats-server", "inspircd", "ngircd", "ncat", "coturn"]


def main() -> int:
    options = parse(sys.argv[1:])
    if options.results:
        results = json.loads(options.results.read_text())
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
        results = compare(options)
    show(results, options)
    return 0


def parse(words: list[str]) -> argparse.Namespace:
    target = Path(os.environ.get("CARGO_TARGET_DIR") or PROJECT / "target")
    parser = argparse.ArgumentParser(prog="bench-peers", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--rows", default="*", help="names or patterns, with commas (default: all)")
    add("--servers", default="*", help="names or patterns, with commas (default: all)")
    add("--variant", action="append", default=[], metavar="NAME:FLAGS",
        help="one more mio-chat with these flags, such as 'no pacing:--max-delay 0'")
    add("--flush-ms", action="append", default=[], type=float, metavar="N",
        help="one more relay-e that sends at most every N ms")
    add("--rounds", type=int, help="runs of each (default: 3)")
    add("--seconds", type=float, help="length of a run (default: 3)")
    add("--quick", action="store_true", help="the shorter rows, one round of one second each")
    add("--list", action="store_true", help="name rows and servers, and run nothing")
    add("--server-binary", type=Path, default=target / "release/mio-chat", metavar="PATH")
    add("--load-binary", type=Path, default=target / "release/mio-chat", metavar="PATH")
    add("--built", type=Path, default=target / "peers/built", metavar="DIR",
        help="where the relay, the libraries and the Rust peers are")
    add("--out", type=Path, default=target / "peers/results", metavar="DIR")
    add("--results", type=Path, metavar="JSON", help="show these results, and run nothing")
    add("--publish", action="store_true", help="put table and chart into docs/")
    options = parser.parse_args(words)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1.0 if options.quick else 3.0)
    return options


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Runs everything that was asked for, or as much of it as there is time for."""
    servers, rows = chosen_servers(options), chosen_rows(options)
    if options.list:
        print("rows:", *(row.key for row in rows), sep="\n  ")
        print("servers:", *(server.name for server in servers), sep="\n  ")
        sys.exit(0)
    options.out.mkdir(parents=True, exist_ok=True)
    results = {"machine": machine(), "servers": [], "runs": []} | settings(options)
    results["servers"] = [
        {"name": server.name, "dialect": server.dialect, "about": server.about}
        for server in servers
    ]
    with contextlib.suppress(KeyboardInterrupt):
        for row in rows:
            print(row.title, file=sys.stderr)
            able = [server for server in servers if row.scenario(server)]
            for turn in range(options.rounds):
                # Nobody is always the first, or always after the same one.
                shift = turn * len(able) // options.rounds
                for server in able[shift:] + able[:shift]:
                    failed = earlier_failure(results, row, server)
                    result = failed or run(row, server, options)
                    tell(row, server, result)
                    results["runs"].append(
                        {"row": row.key, "server": server.name, "round": turn, "result": result}
                    )
                    (options.out / "results.json").write_text(json.dumps(results, indent=1))
    return results


def chosen_servers(options: argparse.Namespace) -> list[Peer]:
    programs = Programs(options.built.resolve(), options.server_binary.resolve())
    servers = matching(peers.all_peers(programs), options.servers, lambda server: server.name)
    for variant in options.variant:
        name, _, flags = variant.partition(":")
        own = peers.mio_chat(programs.server, f"mio-chat, {name}", *flags.split())
        servers.append(own)
    servers += [peers.relay(programs, flush_ms) for flush_ms in options.flush_ms]
    return servers


def chosen_rows(options: argparse.Namespace) -> list[Row]:
    rows = matching(ALL_ROWS, options.rows, lambda row: row.key)
    if options.rows != "*":
        return rows
    return [row for row in rows if not row.only_named and (row.in_quick or not options.quick)]


def matching(all_of_them: list[Any], patterns: str, name: Any) -> list[Any]:
    words = [word.strip() for word in patterns.split(",")]
    found = [one for one in all_of_them if any(fnmatch(name(one), word) for word in words)]
    if not found:
        sys.exit(f"nothing is named {patterns}; --list tells the names")
    return found


def run(row: Row, server: Peer, options: argparse.Namespace) -> Result:
    """One run, or one search; a fresh server for each time the load is started."""
    if row.clients > server.members_max and row.scenario(server) != "storm":
        return failure(f"seats {server.members_max:,} at most")

    scenario, kind = row.scenario(server), socket.SOCK_STREAM
    speaks = ["--dialect", server.dialect]
    if server.capabilities:
        speaks += ["--capabilities", server.capabilities]
    if row.over_udp:
        speaks, kind = [], socket.SOCK_DGRAM

    def measure(words: list[str]) -> Result:
        with peers.running(server, kind) as it:
            return load(it, [scenario, *words, *speaks], options)

    try:
        return with_notes(row.run(measure))
    except PeerFailed as why:
        return failure(str(why))


def failure(why: str) -> Result:
    return {"failed": True, "note": why}


def earlier_failure(results: dict[str, Any], row: Row, server: Peer) -> Result | None:
    """Who has failed in a row is not tried again in it: most failures are minutes of waiting."""
    for one in results["runs"]:
        if (one["row"], one["server"]) == (row.key, server.name) and one["result"].get("failed"):
            result: Result = one["result"]
            return result
    return None


def load(server: peers.Running, words: list[str], options: argparse.Namespace) -> Result:
    command = [
        str(options.load_binary.resolve()), "load", server.address, *words,
        "--duration", f"{options.seconds:g}s", "--warm-up", f"{max(1.0, options.seconds / 3):.2g}s",
        "--server-pid", str(server.pid), "--json", "-",
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=peers.pinned(1),
    )
    patience = SETUP_SECONDS_MAX + 5 * options.seconds
    try:
        output, errors = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        raise PeerFailed(f"not done after {patience:.0f} s") from None
    finally:
        peers.stop(process)
    try:
        result: Result = json.loads(output)
        return result
    except ValueError:
        lines = errors.decode(errors="replace").strip().splitlines()
        raise PeerFailed(lines[0] if lines else f"load ended with {process.returncode}") from None


def with_notes(result: Result) -> Result:
    """Says beside the figures what makes them worth less."""
    notes = [result["note"]] if result.get("note") else []
    share = result.get("delivered_share")
    if share is not None and share < 0.999:
        notes.append(f"{100 * share:.1f} % delivered")
    for key in ["connections_failed", "connections_lost"]:
        if result.get(key):
            notes.append(f"{result[key]:,} {key.replace('_', ' ')}")
    for key in ["wrong", "one_sided"]:
        if count := (result.get("pairs") or {}).get(key):
            notes.append(f"{count:,} pairs {key.replace('_', '-')}")
    if result.get("interrupted"):
        notes.append("interrupted")
    if notes:
        result["note"] = "; ".join(notes)
    return result


def tell(row: Row, server: Peer, result: Result) -> None:
    values = [(figure, figure.of(result)) for figure in row.figures]
    words = [f"{value:.{figure.digits}f} {figure.title}" for figure, value in values
             if value is not None]
    print(f"  {server.name:18}", ", ".join(words), result.get("note", ""), file=sys.stderr)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    return {"rounds": options.rounds, "seconds": options.seconds, "quick": options.quick,
            "date": datetime.now(UTC).strftime("%Y-%m-%d")}


def machine() -> dict[str, Any]:
    """What can be said of the machine without naming it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.split(":")[1].strip()
                break
        else:
            cpu = platform.machine()
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release().split("-")[0],
            "python": platform.python_version(), "packages": package_versions()}


def package_versions() -> dict[str, str]:
    if not shutil.which("dpkg-query"):
        return {}
    command = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return dict(line.split() for line in told.splitlines() if len(line.split()) == 2)


def show(results: dict[str, Any], options: argparse.Namespace) -> None:
    text = table.markdown(results)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.md").write_text(text)
    (options.out / "results.svg").write_text(chart.svg(results))
    if options.publish:
        picture = PROJECT / "docs/benchmarks.svg"
        picture.write_text(chart.svg(results))
        table.publish(text, picture.name, PROJECT / "docs/BENCHMARKS.md")


if __name__ == "__main__":
    sys.exit(main())
