"""Shows results as Markdown: first every work in a line, then every server in a table per work.

Medians over the rounds. A ratio is made within a round, against the bare server of that round, and
then the median of them is taken: what the machine does to one it does to the other.
"""

import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rows import ALL_ROWS, Figure, Result, Row

LIMITS, OURS = ("relay-e", "echo-e"), "mio-chat"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
NOTHING = "–"
PICTURE_SHOWS = "What mio-chat, a bare relay and other servers can do, side by side"

Results = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """What one server did in one row."""

    medians: list[float | None]  # in the order of the row's figures
    ratio: float | None  # of the headline, to that of the row's limit
    spread: float | None  # of the headline: (most - least) / median
    notes: str

    @property
    def headline(self) -> float | None:
        return self.medians[0]


def cell(results: Results, row: Row, server: str, to: str = "") -> Cell | None:
    own, limit = rounds(results, row.key, server), rounds(results, row.key, to or row.limit)
    if not own:
        return None
    headline = row.figures[0]
    values = [value for result in own.values() if (value := headline.of(result)) is not None]
    ratios = [
        value / base
        for turn, result in own.items()
        if (value := headline.of(result)) is not None and (base := headline.of(limit.get(turn, {})))
    ]
    median = middle(values)
    return Cell(
        [middle([figure.of(result) for result in own.values()]) for figure in row.figures],
        middle(ratios),
        (max(values) - min(values)) / median if median and len(values) > 1 else None,
        "; ".join(dict.fromkeys(note for result in own.values() if (note := result.get("note")))),
    )


def rounds(results: Results, row: str, server: str) -> dict[int, Result]:
    return {
        one["round"]: one["result"]
        for one in results["runs"]
        if one["row"] == row and one["server"] == server
    }


def middle(values: list[Any]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def markdown(results: Results) -> str:
    names = [server["name"] for server in results["servers"]]
    rows = [row for row in ALL_ROWS if any(one["row"] == row.key for one in results["runs"])]
    parts = [origin(results), overview(results, rows, names)]
    parts += [detail(results, row, names) for row in rows]
    return "\n\n".join(parts) + "\n"


def origin(results: Results) -> str:
    machine = results["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (
        f"Measured on {results['date']}: {machine['cpu']}, {machine['cores']} cores, "
        f"Linux {machine['kernel']}; rounds: {results['rounds']}, of {results['seconds']:g} s "
        f"each. {packages}; Python {machine['python']}."
    )


def overview(results: Results, rows: list[Row], names: list[str]) -> str:
    others = [name for name in names if not name.startswith((*LIMITS, OURS))]
    lines = []
    for row in rows:
        limit, ours = cell(results, row, row.limit), cell(results, row, OURS)
        best = best_of(results, row, others)
        lines.append([
            row.title, row.figures[0].title, number(row.figures[0], headline(limit)),
            number(row.figures[0], headline(ours)), ratio(ours), best,
        ])
    titles = ["work", "figure", "the limit", OURS, f"{OURS} : limit", "the best of the others"]
    return grid(titles, lines, "ll---l")


def best_of(results: Results, row: Row, others: list[str]) -> str:
    """Only who did all of the work can be the best."""
    found = [
        (one.headline, name)
        for name in others
        if (one := cell(results, row, name)) and one.headline is not None
        and (not one.notes or one.notes.startswith("at least"))
    ]
    if not found:
        return NOTHING
    value, name = max(found) if row.more_is_better else min(found)
    return f"{number(row.figures[0], value)} ({name})"


def detail(results: Results, row: Row, names: list[str]) -> str:
    titles = ["server", row.figures[0].title, f": {row.limit}", "spread"]
    titles += [figure.title for figure in row.figures[1:]] + ["note"]
    lines = []
    for name in names:
        if one := cell(results, row, name):
            values = [number(*pair) for pair in zip(row.figures, one.medians, strict=True)]
            spread = NOTHING if one.spread is None else f"{100 * one.spread:.0f} %"
            lines.append([name, values[0], ratio(one), spread, *values[1:], one.notes])
    text = f"### {row.title}\n\n" + grid(titles, lines, "l" + "-" * (len(titles) - 2) + "l")
    if row.rival and (ours := cell(results, row, OURS, to=row.rival)):
        text += f"\n\n{OURS} : {row.rival} = {ratio(ours)}"
    return text


def headline(one: Cell | None) -> float | None:
    return one.headline if one else None


def ratio(one: Cell | None) -> str:
    return NOTHING if one is None or one.ratio is None else f"{one.ratio:.2f}"


def number(figure: Figure, value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.{figure.digits}f}"


def grid(titles: list[str], lines: list[list[str]], sides: str) -> str:
    """A table; a column's side is `l` for left or `-` for right."""
    marks = ["---" if side == "l" else "---:" for side in sides]
    return "\n".join("| " + " | ".join(line) + " |" for line in [titles, marks, *lines])


def publish(text: str, picture_name: str, document: Path) -> None:
    """Puts the chart and the tables between the marks of a document."""
    before, mark, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise SystemExit(f"{document.name} lacks {BEGIN} … {END}")
    picture = f"![{PICTURE_SHOWS}]({picture_name})"
    document.write_text(f"{before}{BEGIN}\n{picture}\n\n{text}{END}{after}")
