"""A figure: what is drawn, in percent of the picture, and the same numbers as a table.

Comes in: values in their own units, and the scales of both axes. Goes out: `Figure`, which a template draws as SVG
(`templates/figures.html`). Refuses nothing: what lies outside the scales is drawn at their ends, what is not known is
left out.

A picture has no width of its own: all places are in percent, so it fits a phone and a sheet of paper, and words and
signs keep their size. Lines lie in an inner picture that is stretched, 100 by 100.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

LEFT: Final = 12.0  # percent of the width that the numbers of the upright axis need on a phone; set by hand
RIGHT: Final = 96.0
TOP: Final = 4.0
BOTTOM: Final = 90.0

EDGES: Final = {"left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM}
"""Where the axes of every figure lie, for the templates."""


class Scale(msgspec.Struct, frozen=True):
    """One axis: what lies at its ends, and whether each step multiplies."""

    low: float
    high: float
    multiplies: bool = False

    def share(self, value: float) -> float:
        """Return where a value lies, 0 at the low end and 1 at the high one.

        Example:
            >>> Scale(1, 10_000, multiplies=True).share(100)
            0.5
        """
        low, high = self.low, self.high
        value = min(max(value, low), high)
        if self.multiplies:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)


class Tick(msgspec.Struct, frozen=True):
    """A number beside an axis; `at` in percent of the picture."""

    at: float
    words: str


class Line(msgspec.Struct, frozen=True):
    """A line through points, as SVG writes them, in the inner picture; `kind` says how it is drawn."""

    points: str
    kind: str = "one"


class Bar(msgspec.Struct, frozen=True):
    """A filled rectangle, in percent of the picture."""

    x: float
    y: float
    width: float
    height: float
    kind: str = "one"


class Sign(msgspec.Struct, frozen=True):
    """A sign or a short word at a place, in percent of the picture."""

    x: float
    y: float
    words: str
    kind: str = "one"


class Key(msgspec.Struct, frozen=True):
    """What a kind of line, bar or sign means."""

    kind: str
    """`line-…`, `bar-…` or `sign-…`, as the style sheet draws it."""
    words: str
    sign: str = ""


class Table(msgspec.Struct, frozen=True):
    """The numbers of a figure; the first cell of each row names it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Figure(msgspec.Struct, frozen=True):
    """A picture with its title, a sentence that says what it shows, and its numbers."""

    name: str
    title: str
    summary: str
    across: str
    """What the level axis shows, and in which unit."""
    up: str
    table: Table
    height: int = 280
    across_ticks: tuple[Tick, ...] = ()
    up_ticks: tuple[Tick, ...] = ()
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()
    signs: tuple[Sign, ...] = ()
    keys: tuple[Key, ...] = ()


class Frame(msgspec.Struct, frozen=True):
    """Both axes of a figure: puts values into places."""

    across: Scale
    up: Scale

    def x(self, value: float) -> float:
        """Return the place of a value on the level axis."""
        return round(LEFT + (RIGHT - LEFT) * self.across.share(value), 2)

    def y(self, value: float) -> float:
        """Return the place of a value on the upright axis; the top of a picture is 0."""
        return round(BOTTOM - (BOTTOM - TOP) * self.up.share(value), 2)

    def across_ticks(self, values: Iterable[tuple[float, str]]) -> tuple[Tick, ...]:
        """Return numbers below the level axis."""
        return tuple(Tick(self.x(value), words) for value, words in values)

    def up_ticks(self, values: Iterable[tuple[float, str]]) -> tuple[Tick, ...]:
        """Return numbers beside the upright axis."""
        return tuple(Tick(self.y(value), words) for value, words in values)

    def line(self, across: Sequence[float], up: Sequence[float], kind: str = "one") -> Line:
        """Return a line through points; those that are not known are left out."""
        points = (
            f"{100 * self.across.share(x):.2f},{100 - 100 * self.up.share(y):.2f}"
            for x, y in zip(across, up, strict=True)
            if not math.isnan(y)
        )
        return Line(" ".join(points), kind)

    def level(self, up: float, kind: str) -> Line:
        """Return a line across the whole picture."""
        return self.line((self.across.low, self.across.high), (up, up), kind)

    def upright(self, across: float, kind: str) -> Line:
        """Return a line from the bottom of the picture to its top."""
        return self.line((across, across), (self.up.low, self.up.high), kind)

    def bar(self, from_x: float, to_x: float, from_y: float, to_y: float, kind: str = "one") -> Bar:
        """Return the rectangle between two values of each axis."""
        left, right = sorted((self.x(from_x), self.x(to_x)))
        top, bottom = sorted((self.y(from_y), self.y(to_y)))
        return Bar(left, top, round(right - left, 2), round(bottom - top, 2), kind)

    def sign(self, across: float, up: float, words: str, kind: str = "one") -> Sign:
        """Return a sign at a place."""
        return Sign(self.x(across), self.y(up), words, kind)
