"""The rows of the comparison: what the load does in each, and which figures are taken from it.

A run gives the JSON object of `mio-chat load`; a figure is one number of it. The search for the
most chatter is made of several runs and gives the best of them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from peers import Peer

Result = dict[str, Any]
Measure = Callable[[list[str]], Result]  # runs the load with these words

LATENCY_MS_MAX = 25.0  # of a message in a hundred, in the search for the most chatter
SHARE_MIN = 0.999  # of the deliveries that were due
DELIVERIES_MAX_M = 64.0  # where the search ends, in millions a second
TRIES = 2  # of a rate that failed while the load was held up: something else may have been busy
ASKING = 128  # UDP endpoints at once: few enough for the queue of a socket
BISECTIONS = 3  # each halves the uncertainty, a factor of two at first: 9 % are left


@dataclass(frozen=True)
class Figure:
    """One number of a result. `path` leads to it; the unit is part of the title."""

    path: str
    title: str
    factor: float = 1.0
    digits: int = 2

    def of(self, result: Result) -> float | None:
        value: Any = result
        for key in self.path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value * self.factor if isinstance(value, (int, float)) else None


@dataclass(frozen=True)
class Row:
    """One kind of work. The first figure is the headline, and the one that ratios are made of."""

    key: str
    title: str
    words: list[str]
    clients: int
    figures: list[Figure]
    in_quick: bool = True
    search: bool = False
    more_is_better: bool = True
    only_named: bool = False  # left out unless it is asked for by name
    # Over UDP: what the load does, by what a peer is there. Others do not take part.
    over_udp: dict[str, str] = field(default_factory=dict)
    limit: str = "relay-e"  # the bare server that ratios are made to
    rival: str = ""  # another one that we are held against

    def scenario(self, peer: Peer) -> str:
        """What the load does with a peer; nothing if the peer does not take part."""
        if self.over_udp:
            return self.over_udp.get(peer.datagrams, "")
        return self.words[0] if peer.dialect else ""

    def run(self, measure: Measure) -> Result:
        flags = self.words if self.over_udp else self.words[1:]
        words = [*flags, "--clients", str(self.clients)]
        if self.search:
            return most_chatter(measure, words, self.clients)
        return with_rates(measure(words))


def with_rates(result: Result) -> Result:
    """Adds what the load leaves to us: wake-ups in a second, and what is worth most in CPU."""
    server, seconds = result.get("server"), result.get("seconds")
    if server and seconds and server.get("switches_voluntary") is not None:
        server["wakeups_per_second"] = server["switches_voluntary"] / seconds
    if server:
        pairs, answers = (server.get(f"{what}_per_cpu_second") for what in ["pairs", "deliveries"])
        server["work_per_cpu_second"] = pairs or answers
    return result


def most_chatter(measure: Measure, words: list[str], clients: int) -> Result:
    """Doubles the rate while it holds, halves it until it does, then bisects."""
    steps: list[Result] = []

    def holds(rate: float) -> bool:
        for _ in range(TRIES):
            result = with_rates(measure([*words, "--rate", f"{rate:.4g}"]))
            steps.append(result)
            result["held"] = is_held(result)
            if result["held"] or not load_was_the_limit(result):
                break
        return bool(result["held"])

    def deliveries_m(rate: float) -> float:
        return rate * clients * clients / 1e6

    low = 1e6 / clients**2  # a million deliveries a second
    if holds(low):
        while deliveries_m(low) < DELIVERIES_MAX_M and holds(2 * low):
            low *= 2
    else:
        low /= 2
        while deliveries_m(low) > 0.05 and not holds(low):
            low /= 2
    high = 2 * low
    for _ in range(BISECTIONS if deliveries_m(low) < DELIVERIES_MAX_M else 0):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return best_of(steps)


def is_held(result: Result) -> bool:
    latency, share = P99.of(result), result.get("delivered_share") or 0.0
    return bool(
        latency is not None
        and latency <= LATENCY_MS_MAX
        and share >= SHARE_MIN
        and not result.get("connections_lost")
    )


def load_was_the_limit(result: Result) -> bool:
    return bool((result.get("load") or {}).get("was_the_limit"))


def best_of(steps: list[Result]) -> Result:
    held = [step for step in steps if step["held"]]
    if not held:
        return {"note": "holds no rate", "steps": steps}
    best = dict(max(held, key=lambda step: step["deliveries_per_second"]))
    # A step that fails while the load has no time left says nothing about the server.
    if all(step["held"] or load_was_the_limit(step) for step in steps):
        best["note"] = "at least: the load was the limit"
    best["steps"] = steps
    return best


PER_CPU = Figure("server.deliveries_per_cpu_second", "M deliveries / CPU-s", 1e-6)
NANOSECONDS = Figure("server.cpu_ns_per_delivery", "ns / delivery", digits=1)
CPU = Figure("server.cpu_share", "CPU %", 100, 1)
RATE = Figure("deliveries_per_second", "M deliveries / s", 1e-6)
P50 = Figure("latency_ms.p50", "p50 ms")
P99 = Figure("latency_ms.p99", "p99 ms")
P99_9 = Figure("latency_ms.p99_9", "p99.9 ms")
SHARE = Figure("delivered_share", "delivered %", 100, 1)


def fan_out(senders: int, in_flight: int, clients: int, in_quick: bool = True) -> Row:
    who = f"{senders} senders × {in_flight}" if senders > 1 else f"1 sender × {in_flight}"
    return Row(
        f"fan-out-{senders}x{in_flight}-{clients}",
        f"Fan-out: {who} in flight, {clients:,} members",
        ["fan-out", "--senders", str(senders), "--in-flight", str(in_flight)],
        clients,
        [PER_CPU, NANOSECONDS, P50, P99],
        in_quick,
    )


def chatter(
    name: str, per_client: float, in_quick: bool = True, only_named: bool = False
) -> Row:
    return Row(
        f"chatter-{name}",
        f"Chatter: 1,000 clients × {per_client:g} messages a second = {name} deliveries a second",
        ["chatter", "--rate", f"{per_client:g}"],
        1_000,
        [CPU, P50, P99, P99_9, SHARE],
        in_quick,
        more_is_better=False,
        only_named=only_named,
    )


def over_udp(
    key: str, title: str, scenario: str, headline: Figure, *flags: str, **more: Any
) -> Row:
    """Everybody against the bare echo, which is asked as the others are: as often by newcomers."""
    rate = Figure("deliveries_per_second", "answers / s", digits=0)
    return Row(
        f"udp-{key}", title, ["--at-once", str(ASKING), *flags], ASKING, [headline, rate, CPU, P50, P99],
        over_udp={"mio-chat": scenario, "echo": "echoes"} | more.pop("others", {}),
        limit="echo-e", **more,
    )


ALL_ROWS = [
    fan_out(10, 64, 1_000),
    fan_out(1, 64, 100, in_quick=False),
    fan_out(1, 64, 1_000),
    fan_out(1, 64, 10_000, in_quick=False),
    fan_out(1, 64, 19_000, in_quick=False),
    fan_out(1, 1, 1_000),
    chatter("1M", 1.0),
    chatter("0.1M", 0.1, in_quick=False),
    # What pacing does at which load: CPU and latency, with it and without.
    *(
        chatter(f"{rate:g}M", rate, only_named=True)
        for rate in [0.03, 0.3, 0.5, 2.0, 4.0, 8.0, 16.0, 24.0]
    ),
    Row(
        "chatter-most",
        f"Chatter: the most that holds p99 ≤ {LATENCY_MS_MAX:g} ms with 1,000 clients",
        ["chatter"], 1_000, [RATE, CPU, P50, P99], in_quick=False, search=True,
    ),
    Row(
        "idle",
        "Idle: 2,000 clients that say nothing",
        ["idle"], 2_000,
        [
            Figure("server.rss_bytes_per_client", "bytes / client", digits=0),
            Figure("server.wakeups_per_second", "wake-ups / s", digits=1),
            CPU,
        ],
        more_is_better=False,
    ),
    Row(
        "storm",
        "Storm: 20,000 clients connect, register and leave, 256 at a time",
        ["storm"], 20_000,
        [
            Figure("server.connections_per_cpu_second", "connections / CPU-s", digits=0),
            Figure("connections_per_second", "connections / s", digits=0),
        ],
    ),
    over_udp(
        "pairs", "Plain pairing: two answers a pair, beside echoes", "pairs",
        Figure("server.deliveries_per_cpu_second", "answers / CPU-s", digits=0), "--newcomers",
    ),
    over_udp(
        "matches", "Matches of two by MC1, cookies and confirmations included, beside echoes",
        "matches", Figure("server.work_per_cpu_second", "pairs (echoes) / CPU-s", digits=0),
        "--newcomers",
    ),
    over_udp(
        "bindings", "STUN Binding requests, beside echoes", "bindings",
        Figure("server.deliveries_per_cpu_second", "answers / CPU-s", digits=0),
        others={"stun": "bindings"}, rival="coturn",
    ),
]
