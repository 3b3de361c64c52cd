"""The text of a note cut into sentences, each with its section and its number.

Comes in: bytes, or the text of a note. Goes out: text, and sentences as offsets into it. Refuses nothing: bytes
that are not UTF-8 are read as Windows-1252, which clinical systems still write, and what neither knows is a sign
of its own. Offsets are those of the text that came in; nothing is moved or removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from accrual.patient.note_words import SECTIONS, Section

MAX_SENTENCE = 2000
"""Characters: a text without any full stop is cut here, so that time stays linear."""
_LINE = 60  # characters: a shorter line was ended by its writer, a longer one by the edge of the page


class Sentence(msgspec.Struct, frozen=True, gc=False):
    """One sentence, list item or line: `text[start:end]`."""

    start: int
    end: int
    number: int
    """Its own number in a numbered vignette, else its place, from 1."""
    section: Section


_NUMBERED = re.compile(r"(?m)^[ \t]*(\d{1,3})\.[ \t]+(?=\S)")
# What looks like an end and is none: titles, abbreviations of medicine, initials.
_NO_END = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|prof|st|vs|etc|approx|ca|no|dx|hx|tx|rx|pt|pts|hosp|resp|e\.g|i\.e|y\.o|b\.i\.d|t\.i\.d)"
    r"|(?<![A-Za-z])[A-Z])\.$",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"[.!?](?=[\s\"')\]]*(?:\s|$))|\n[ \t]*\n|\n(?=[ \t]*(?:[-*•–>+]|\d{1,2}[.)])\s)|\n|"
    r"\s-+\s(?=[A-Z(])|--(?=\w)|\s\*\s|(?<=\s)(?:\(?\d{1,2}[.)])\s(?=[A-Z])|[•·;]"
)
_HEAD = re.compile(r"(?:(?<=[.;?!\n])|^|(?<=\s))([A-Z][A-Za-z/&'() ]{1,50}?)\s*(?::|\n|\s-\s)")


_SAID = re.compile(rb"[A-Za-z]{2,}[ ,.:;\r\n\t]")


def is_prose(data: bytes) -> bool:
    """Say whether a file is text of words: no JSON, no table, nothing binary, and three words at least."""
    head = data[:65536].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] in (b"{", b'"') or (head[:1] == b"[" and head[1:2] in b'[{"') or b"\0" in head:
        return False
    if _has_cells(head) or len(_SAID.findall(head + b" ")) < 3:
        return False
    return sum(byte < 32 and byte not in b"\t\n\r\f\v" for byte in head) <= len(head) // 50


def _has_cells(head: bytes) -> bool:
    """Say whether the first two lines have the same number of cells, three or more, and are no sentences."""
    lines = head.splitlines()[:2]
    if len(lines) < 2:
        return False
    return any(
        lines[0].count(sign) == lines[1].count(sign) > 1
        and b". " not in lines[0]
        and sign + b" " not in lines[0]
        for sign in (b",", b";", b"\t", b"|")
    )


def decoded(data: bytes) -> tuple[str, int]:
    """Return the text, and how many bytes were not UTF-8.

    Example:
        >>> decoded(b"38\\xb0C")
        ('38°C', 1)
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8"), 0
    except UnicodeDecodeError:
        text = data.decode("utf-8", "surrogateescape")
    wrong = sum("\udc80" <= sign <= "\udcff" for sign in text)
    table = {0xDC00 + byte: bytes((byte,)).decode("cp1252", "replace") for byte in range(0x80, 0x100)}
    return text.translate(table), wrong


def sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a note in reading order; white space and numbers of items lie outside them."""
    numbers = {found.end(): int(found.group(1)) for found in _NUMBERED.finditer(text)}
    numbered = len(numbers) > 2 and list(numbers.values())[:3] in ([0, 1, 2], [1, 2, 3])
    found: list[Sentence] = []
    own = 0
    for start, end, section in _sectioned(text):
        for first, last in _cut(text, start, end):
            if numbered:
                own = next((numbers[at] for at in range(first, first + 1) if at in numbers), own)
            found.append(Sentence(first, last, own if numbered else len(found) + 1, section))
    return tuple(found)


def _sectioned(text: str) -> Iterator[tuple[int, int, Section]]:
    """The stretches between headings. An unknown heading at the beginning of a line ends a section too."""
    at = 0
    section: Section = ""
    for found in _HEAD.finditer(text):
        words = " ".join(found.group(1).lower().replace("&", "and").split())
        named, start = SECTIONS.get(words), found.start(1)
        if named is None:
            # "Admitted with. Past Medical History:" leaves the words before the name outside.
            parts = words.split()
            for skip in range(1, min(len(parts), 6)):
                named = SECTIONS.get(" ".join(parts[skip:]))
                if named is not None:
                    tail = found.group(1).split(None, skip)[-1]
                    start = found.end(1) - len(tail)
                    break
        line_start = not text[text.rfind("\n", 0, start) + 1 : start].strip()
        if named is None and line_start and found.group().endswith(":") and found.group(1)[:1].isupper():
            named = "" if len(words.split()) < 5 and section else None
        if named is None or (not found.group().endswith(":") and not line_start):
            continue
        if start > at:
            yield at, start, section
        at, section = (found.end(), named) if named else (start, "")
    if at < len(text):
        yield at, len(text), section


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    item = 0  # the number of the last item of a list that runs on in one line
    for found in _BREAK.finditer(text, start, end):
        sign = found.group()
        if sign.strip("( ")[:1].isdigit():
            number = int(sign.strip("().\n\t "))
            before = text[max(start, found.start() - 40) : found.start()].rstrip()
            if number != item + 1 or (number == 1 and before and before[-1].isalnum()):
                # "His BMI is 27. He", "ECOG 1. Bilirubin": no item of a list, and the end of a sentence.
                if sign.rstrip()[-1] == ".":
                    stop = found.start() + len(sign.rstrip())
                    yield from _pieces(text, at, stop)
                    at = stop
                continue
            item = number
        if sign == "." and _NO_END.search(text, max(at, found.start() - 8), found.end()):
            continue
        if sign == "\n" and not _ends_line(text, found.start()):
            continue
        stop = found.end() if sign in (".", "!", "?") else found.start()
        yield from _pieces(text, at, stop)
        at = found.end()
    yield from _pieces(text, at, end)


def _ends_line(text: str, at: int) -> bool:
    """Say whether a line ends where its writer ended it: it is short, or closed by a sign."""
    first = text.rfind("\n", 0, at) + 1
    return at - first < _LINE or text[at - 1 : at] in ".:;,?!"


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    number = _NUMBERED.match(text, start, end)
    if number is not None:
        start = number.end()
    while start < end and (text[start].isspace() or text[start] in "-*•>"):
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > MAX_SENTENCE:
        cut = text.rfind(" ", start, start + MAX_SENTENCE)
        cut = cut if cut > start else start + MAX_SENTENCE
        yield start, cut
        start = cut
    if end > start:
        yield start, end
