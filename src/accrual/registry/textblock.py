r"""Legacy XML's pre-wrapped text back into the markdown that the registry's v2 JSON carries.

Comes in: the content of a `textblock`: indented, wrapped at about 100 columns, list items marked by `-` or a number
at an indentation that says how deep they nest. Goes out: paragraphs on one line each, `* ` and `1. ` lists nested by
their parent's marker width, and the characters that markdown would read escaped as the registry escapes them (`\\<`).
Refuses: nothing; text that follows no pattern comes out as paragraphs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ITEM = re.compile(r"(?P<indent> *)(?P<mark>[-*•]|\d{1,3}\.)(?P<gap> +)(?=\S)")
_MARKUP = re.compile(r"[\\<>\[\]^~*&_`]")  # what v2 escapes: counted over 1,842 v2 records, none stands bare
_BLOCK_START = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[-+](?:\s|$)))")
_ESCAPED = re.compile(
    r"\\([!-/:-@\[-`{-~])"
)  # CommonMark 0.28, section 6.1: a backslash before ASCII punctuation
_WRAP_COLUMN = 85  # the registry wraps at 100; a line that breaks well before it was broken by its author


def escape(text: str) -> str:
    r"""Escape one line of plain text as v2's markdown does: `age < 18` becomes `age \< 18`."""
    return _BLOCK_START.sub(r"\1\\", _MARKUP.sub(r"\\\g<0>", text))


def unescape(text: str) -> str:
    r"""Undo the escapes of markdown: `age \< 18` becomes `age < 18`. The inverse of `escape`."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph or list item: `column` is where its words begin, `mark` is `*`, a number with a dot, or empty."""

    column: int
    mark: str
    text: str


def markdown(textblock: str) -> str:
    """Return the text of a legacy `textblock` as v2 markdown.

    Example:
        >>> markdown("\\n        Inclusion Criteria:\\n\\n          -  Age 18 or older\\n\\n          -  HIV < 200\\n")
        'Inclusion Criteria:\\n\\n* Age 18 or older\\n* HIV \\\\< 200'
    """
    return _joined(_blocks(textblock))


def _joined(blocks: list[_Block]) -> str:
    out: list[str] = []
    stack: list[_Block] = []  # the open list items around the next block
    last: _Block | None = None
    for block in blocks:
        closed: _Block | None = None
        while stack and stack[-1].column >= block.column + (0 if block.mark else 1):
            closed = stack.pop()
        indent = " " * sum(len(item.mark) + 1 for item in stack)
        if last is not None:
            out.append("\n" if block.mark and closed is not None and _same_list(closed, block) else "\n\n")
        body = escape(block.text)
        out.append(f"{indent}{block.mark} {body}" if block.mark else f"{indent}{body}")
        if block.mark:
            stack.append(block)
        last = block
    return "".join(out)


def paragraphs(text: str) -> str:
    """Return text that was never wrapped as v2 markdown: each of its lines is a paragraph or a list item.

    Example:
        >>> paragraphs("Arm A\\n1. 5 mg daily\\n2. 10 mg daily")
        'Arm A\\n\\n1. 5 mg daily\\n2. 10 mg daily'
    """
    if "\n" not in text and not _ITEM.match(text):
        return escape(text)
    return _joined(_blocks("\n\n".join(f" {line}" for line in text.splitlines()), base=0))


def _same_list(before: _Block, after: _Block) -> bool:
    if before.column != after.column or (before.mark == "*") != (after.mark == "*"):
        return False
    return after.mark != "1."


def _blocks(textblock: str, base: int | None = None) -> list[_Block]:
    """Split into paragraphs and items. A number at the `base` indentation (the least one) is words, not an item."""
    lines = textblock.replace("\r", "").expandtabs(8).split("\n")
    if base is None:
        base = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    blocks: list[_Block] = []
    words: list[str] = []
    column, mark, previous = 0, "", ""

    def close() -> None:
        if words:
            blocks.append(_Block(column, mark, " ".join(words)))
            words.clear()

    for line in lines:
        if not line.strip():
            close()
            previous = ""
            continue
        found = _ITEM.match(line)
        # A marker counts at the start of a block or left of the words above it; "- 5" inside a paragraph is a wrap.
        starts = found is not None and (not words or len(found["indent"]) < column or _broken(previous, line))
        if found is not None and starts and (len(found["indent"]) > base or found["mark"] in "-*•"):
            close()
            mark = found["mark"] if found["mark"][0].isdigit() else "*"
            column = found.end()
            words.append(" ".join(line[column:].split()))
        elif words and not _broken(previous, line):
            words.append(" ".join(line.split()))
        else:
            close()
            column, mark = len(line) - len(line.lstrip()), ""
            words.append(" ".join(line.split()))
        previous = line
    close()
    return blocks


def _broken(line: str, following: str) -> bool:
    """Say whether an author ended `line`: the next word would have fitted well before the wrap column."""
    return len(line.rstrip()) + 1 + len(following.split(maxsplit=1)[0]) < _WRAP_COLUMN
