"""Draws results as bars in an SVG that can be read on light and on dark ground.

Up to four panels, each the headline of one row. Bars are linear: what looks ten times as long is.
"""

from dataclasses import dataclass
from html import escape
from typing import Any

import table
from rows import ALL_ROWS, Row

PANELS = ["fan-out-10x64-1000", "fan-out-1x64-1000", "chatter-most", "storm"]
TITLES = {
    "fan-out-10x64-1000": "Ten talk at once to 1,000",
    "fan-out-1x64-1000": "One talks to 1,000, 64 in flight",
    "chatter-most": "1,000 chat: the most at p99 ≤ 25 ms",
    "storm": "Connect, register, leave",
}
WIDTH, MARGIN, GAP = 880, 16, 32
PANEL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / 2
HEAD, LINE, BAR, FOOT = 46, 20, 13, 22
NAME_WIDTH, VALUE_WIDTH = 118, 52

STYLE = """
text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #57606a }
.title { font-size: 14px; font-weight: 600; fill: #24292f }
.name { text-anchor: end }
.ours, .limit { font-weight: 600; fill: #24292f }
rect { fill: #9aa5b1 } rect.ours { fill: #d9622b } rect.limit { fill: #4f7cac }
@media (prefers-color-scheme: dark) {
  text { fill: #9da7b3 } .title, .ours, .limit { fill: #e6edf3 }
  rect { fill: #5b6673 } rect.ours { fill: #f0883e } rect.limit { fill: #6ea8e0 }
}
"""


@dataclass(frozen=True)
class Bar:
    """One server in a panel."""

    name: str
    value: float
    label: str

    @property
    def kind(self) -> str:
        starts = {table.OURS: "ours"} | dict.fromkeys(table.LIMITS, "limit")
        return next((kind for start, kind in starts.items() if self.name.startswith(start)), "")


def svg(results: dict[str, Any]) -> str:
    rows = {row.key: row for row in ALL_ROWS}
    panels = [(rows[key], bars(results, rows[key])) for key in PANELS]
    panels = [(row, found) for row, found in panels if found]
    parts, top = [], float(MARGIN)
    for pair in (panels[start : start + 2] for start in range(0, len(panels), 2)):
        for column, (row, found) in enumerate(pair):
            parts.append(panel(row, found, MARGIN + column * (PANEL_WIDTH + GAP), top))
        top += HEAD + LINE * max(len(found) for _, found in pair) + FOOT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top:.0f}" '
        f'width="{WIDTH}" height="{top:.0f}" role="img" '
        f'aria-label="{table.PICTURE_SHOWS}">\n'
        f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def bars(results: dict[str, Any], row: Row) -> list[Bar]:
    """The best first; who could not do the work is left out."""
    found = []
    for server in results["servers"]:
        one = table.cell(results, row, server["name"])
        if one and one.headline is not None:
            label = table.number(row.figures[0], one.headline)
            found.append(Bar(server["name"], one.headline, label))
    return sorted(found, key=lambda bar: bar.value, reverse=row.more_is_better)


def panel(row: Row, found: list[Bar], x: float, top: float) -> str:
    longest = max(bar.value for bar in found) or 1.0
    room = PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH
    lines = [
        text(x, top + 14, TITLES[row.key], "title"),
        text(x, top + 32, row.figures[0].title),
    ]
    for number, bar in enumerate(found):
        y = top + HEAD + LINE * number
        length = max(1.0, room * bar.value / longest)
        start = x + NAME_WIDTH
        lines.append(text(start - 8, y + 11, bar.name, f"name {bar.kind}".strip()))
        lines.append(
            f'<rect class="{bar.kind}" x="{start:.1f}" y="{y:.1f}" width="{length:.1f}" '
            f'height="{BAR}" rx="2"/>'
        )
        lines.append(text(start + length + 6, y + 11, bar.label, bar.kind))
    return "\n".join(lines)


def text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'
