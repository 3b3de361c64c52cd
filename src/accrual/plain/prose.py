r"""Registry prose into blocks: paragraphs and bullets, with the registry's escapes undone.

Comes in: summaries and descriptions in the registry's light markdown ("* " bullets, "1. " numbers, escapes such
as ``\>``). Goes out: blocks of bare text; each face escapes it in its own way. Nothing is ever taken as HTML or
as a terminal command: control characters are dropped.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

from accrual.message import Original
from accrual.registry import textblock

BlockKind: TypeAlias = Literal["paragraph", "bullets"]

# Terminal commands and text-direction overrides: never part of a study's meaning, and both can mislead a reader.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BULLET = re.compile(r"^(\s*)(?:[*•\-–]|\d{1,3}[.)])\s+")


class Line(msgspec.Struct, frozen=True):
    """One bullet: its words, and how deep it is nested (0 is the outermost)."""

    text: str
    depth: int = 0


class Block(msgspec.Struct, frozen=True):
    """A paragraph (one line) or a run of bullets."""

    kind: BlockKind
    lines: tuple[Line, ...]


def printable(text: str) -> str:
    """Return the text without control characters; line ends and tabs stay."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def unescape(text: str) -> str:
    r"""Undo the registry's markdown escapes: ``\>`` becomes ``>``."""
    return textblock.unescape(printable(text))


def original(text: str) -> str:
    """Return words of a record on one line, marked as the record's own; empty for none."""
    return Original(" ".join(unescape(text).split()))


def statement(text: str) -> str:
    """Return one criterion's words: escapes undone, lines kept where the text has them, no empty lines."""
    return "\n".join(line for raw in unescape(text).split("\n") if (line := " ".join(raw.split())))


def blocks(text: str) -> tuple[Block, ...]:
    """Split registry prose into paragraphs and bullets.

    Example:
        >>> [block.kind for block in blocks("Two groups:\\n\\n* one\\n* two")]
        ['paragraph', 'bullets']
    """
    found: list[Block] = []
    paragraph: list[str] = []
    bullets: list[Line] = []

    def close() -> None:
        if paragraph:
            found.append(Block("paragraph", (Line(unescape(" ".join(paragraph))),)))
            paragraph.clear()
        if bullets:
            found.append(Block("bullets", tuple(bullets)))
            bullets.clear()

    for raw in printable(text).split("\n"):
        bullet = _BULLET.match(raw)
        words = raw.strip()
        if bullet is not None:
            if paragraph:
                close()
            depth = min(len(bullet.group(1).expandtabs(2)) // 2, 4)
            bullets.append(Line(unescape(raw[bullet.end() :].strip()), depth))
        elif not words:
            if paragraph:
                close()
        elif bullets and raw[:1] in (" ", "\t"):
            last = bullets.pop()
            bullets.append(Line(f"{last.text} {unescape(words)}", last.depth))
        else:
            if bullets:
                close()
            paragraph.append(words)
    close()
    return tuple(found)
