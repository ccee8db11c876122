#!/usr/bin/env python3
"""Draws a terminal as SVG: what `tmux capture-pane -e -p` prints, from stdin to stdout.

usage: terminal_picture.py COLUMNS TITLE
"""

import html
import re
import sys
import unicodedata

CELL, ROW, MARGIN, BAR = 8.4, 18, 14, 30
INK, PAPER = "#d8dee9", "#1e2430"
EIGHT = ["#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9"]

# Characters two columns wide, and the pieces that are each drawn at a place of their own. A browser
# draws several spaces as one and drops those at either end, and would stretch the letters instead.
WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"
    "\U0001f300-\U0001faff"
)
PIECES = re.compile(rf"[^\s{WIDE}]+(?: [^\s{WIDE}]+)*|[{WIDE}]+")


def indexed(number):
    """One of the 256 colours that terminals have."""
    if number < 16:
        return EIGHT[number % 8]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    steps = [0, 95, 135, 175, 215, 255]
    number -= 16
    return "#" + "".join(f"{steps[part]:02x}" for part in (number // 36, number // 6 % 6, number % 6))


def width(text):
    """Columns of a text."""
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    return len(text) + wide - sum(unicodedata.combining(one) > 0 for one in text)


class Pen:
    """How text looks after the codes that were read so far."""

    def __init__(self):
        self.codes([0])

    def codes(self, numbers):
        numbers = list(numbers)
        while numbers:
            code = numbers.pop(0)
            if code == 0:
                self.ink, self.paper, self.signs = None, None, set()
            elif code in (1, 2, 3, 4, 7):
                self.signs.add(code)
            elif code in (22, 23, 24, 27):
                self.signs -= {1, 2} if code == 22 else {code - 20}
            elif 30 <= code <= 37:
                self.ink = EIGHT[code - 30]
            elif 40 <= code <= 47:
                self.paper = EIGHT[code - 40]
            elif code in (38, 48) and numbers[:1] == [5]:
                colour = indexed(numbers[1])
                del numbers[:2]
                self.ink, self.paper = (colour, self.paper) if code == 38 else (self.ink, colour)
            elif code == 39:
                self.ink = None
            elif code == 49:
                self.paper = None

    def draw(self, text, column, row):
        """The text at a place, and what is behind it."""
        ink, paper = self.ink or INK, self.paper
        if 7 in self.signs:
            ink, paper = paper or PAPER, self.ink or INK
        x, y, wide = MARGIN + column * CELL, BAR + row * ROW, width(text) * CELL
        if paper:
            yield f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{ROW}" fill="{paper}"/>'
        look = [f'fill="{ink}"']
        look += ['font-weight="bold"'] if 1 in self.signs else []
        look += ['opacity="0.6"'] if 2 in self.signs else []
        look += ['font-style="italic"'] if 3 in self.signs else []
        look += ['text-decoration="underline"'] if 4 in self.signs else []
        for words in PIECES.finditer(text):
            x = MARGIN + (column + width(text[: words.start()])) * CELL
            place = f'x="{x:.1f}" y="{y + 13}" textLength="{width(words[0]) * CELL:.1f}"'
            yield f'<text {place} {" ".join(look)}>{html.escape(words[0])}</text>'


def main():
    columns, title = int(sys.argv[1]), sys.argv[2]
    rows = sys.stdin.read().rstrip("\n").split("\n")
    pen, drawn = Pen(), []
    for row, line in enumerate(rows):
        column = 0
        for part in re.split(r"(\x1b\[[0-9;]*m|\x0f)", line):
            if part.startswith("\x1b["):
                pen.codes(int(code or 0) for code in part[2:-1].split(";"))
            elif part and part != "\x0f":
                drawn += pen.draw(part, column, row)
                column += width(part)
    wide, high = columns * CELL + 2 * MARGIN, BAR + len(rows) * ROW + MARGIN
    dots = "".join(
        f'<circle cx="{18 + 18 * at}" cy="15" r="5" fill="{EIGHT[colour]}"/>'
        for at, colour in enumerate((1, 3, 2))
    )
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high}" '
        f'font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14">'
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>{dots}'
        f'<text x="50%" y="20" text-anchor="middle" fill="{INK}" opacity="0.6">'
        f"{html.escape(title)}</text>"
    )
    print("\n".join(drawn))
    print("</svg>")


main()
