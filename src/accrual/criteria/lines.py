"""From a criteria text to its lines: bullets taken off, broken lines joined, run-in paragraphs cut into their parts.

Comes in: a text as it stands. Goes out: lines with their offsets, how far they are set in, and the style of their
bullet. Refuses nothing: a line that nothing says to join or to cut stays as it is.
"""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec

from accrual.criteria.runin import cuts_of
from accrual.criteria.sections import MIN_WORDS_BEFORE_RUN_IN, RUN_IN


class Line(msgspec.Struct):
    start: int  # of the words, after the bullet
    end: int
    indent: int
    bullet: str  # the style: "*", "1.", "(a)", or "" for none
    blank_before: bool
    column: int = 0  # where the words begin in their line


_LINE = re.compile(r"[^\n]+")
_BULLET = re.compile(
    r"""(?P<mark>
        \\?[*•●○▪■◦‣·–—]\s* | \\?-(?!\d)\s* | o(?=\s{1,})\s+
      | \(?\d{1,3}(?:\.\d{1,3}){0,3}\\?[.)](?!\d)\s*
      | \d{1,2}\s?[、．]\s* | （\d{1,2}）\s*
      | \(?[a-zA-Z]\\?[.)](?![a-zA-Z.])\s*
      | \(?[ivxIVX]{1,5}\\?[.)](?![a-zA-Z.])\s*
    )""",
    re.VERBOSE,
)
_NUMBERED = re.compile(r"(?:\(?\d{1,2}(?:\\?\)|\\?\.(?=\s))|[•●○▪■◦‣])\s*")


def lines_of(text: str) -> list[Line]:
    found: list[Line] = []
    before = -1
    for match in _LINE.finditer(text):
        start, end = match.span()
        run_ins = (cut.start() for cut in RUN_IN.finditer(text, start + 1, end))
        cuts = [start, *(cut for cut in run_ins if _ends_something(text[max(start, cut - 400) : cut])), end]
        for first, last in pairwise(cuts):
            line = _line(text, match.start(), first, last, before)
            if line is not None:
                found.append(line)
                before = match.end()
    return found


def _ends_something(before: str) -> bool:
    return before.rstrip()[-1:] in (".", ";") or len(before.split()) > MIN_WORDS_BEFORE_RUN_IN


def _line(text: str, line_start: int, first: int, last: int, before: int) -> Line | None:
    """One line, or the part of it from `first` to `last`, with its bullet taken off; None for an empty one."""
    raw = text[first:last]
    body = raw.lstrip()
    if not body.strip():
        return None
    start = first + len(raw) - len(body)
    end = first + len(raw.rstrip())
    blank = before < 0 or text.count("\n", before, line_start) > 1
    indent = start - line_start if first == line_start else 0
    bullet = _BULLET.match(text, start, end)
    style = ""
    if bullet is not None:
        if bullet.end() >= end:
            if not bullet.group().strip()[:1].isalpha():
                return None
        else:
            style = re.sub(r"\d+", "1", bullet.group("mark").strip().replace("\\", ""))
            style = re.sub(r"^(\(?)[ivx]{1,5}([.)])$", r"\1i\2", style)
            style = re.sub(r"^(\(?)[a-hj-uwyz]([.)])$", r"\1a\2", style)
            start = bullet.end()
            again = _NUMBERED.match(text, start, end)  # "* 1) Age"
            if again is not None and again.end() < end:
                start = again.end()
    return Line(start, end, indent, style, blank, start - line_start)


def joined(text: str, lines: list[Line]) -> list[Line]:
    """Join the lines that continue one item, and cut run-in paragraphs into their parts."""
    bulleted = any(line.bullet for line in lines)
    out: list[Line] = []
    previous_length = 0
    for line in lines:
        length = line.end - line.start + line.indent
        last = out[-1] if out else None
        if last is not None and not line.bullet and _continues(text, last, line, bulleted, previous_length):
            last.end = line.end
        else:
            out.append(line)
        previous_length = length
    found: list[Line] = []
    for line in out:
        found.extend(_parts(text, line, bulleted))
    return found


def _continues(text: str, last: Line, line: Line, bulleted: bool, previous_length: int) -> bool:
    if line.blank_before:
        return False
    if last.bullet:
        return (
            line.indent > last.indent
            and line.indent > 0
            and (line.indent >= last.column or previous_length >= 60)
        )
    if text[line.start].islower() and text[last.end - 1] not in ".;:":
        return True
    return line.indent == last.indent and line.indent > 0 and previous_length >= 70


def _parts(text: str, line: Line, bulleted: bool) -> list[Line]:
    """The criteria of a line that holds several; what a lead-in in it has listed stands one step below it."""
    parts = cuts_of(text[line.start : line.end], bulleted, bool(line.bullet))
    if len(parts) == 1:
        return [line]
    found: list[Line] = []
    for part in parts:
        indent, bullet = (line.indent + 1, "1)") if part.below else (line.indent, line.bullet)
        blank = line.blank_before or bool(found)
        found.append(Line(line.start + part.start, line.start + part.end, indent, bullet, blank, line.column))
    return found
