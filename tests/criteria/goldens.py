"""Reads and writes the golden files of compiled criteria: source line, criterion, canonical tree, as plain text.

A golden file is a list of blocks. `+` begins an inclusion criterion, `-` an exclusion criterion, `#` a comment; the
indented line below is the canonical tree it must compile to.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical

FOLDER = Path(__file__).parent / "golden"


class Golden(NamedTuple):
    kind: str
    text: str
    tree: str


def compiled(kind: str, text: str) -> str:
    """Return the canonical trees of one criterion; several, if it is split, stand on one line with `;;` between."""
    heading = "Inclusion" if kind == "+" else "Exclusion"
    return " ;; ".join(canonical(each.tree) for each in compile_text(f"{heading} Criteria:\n\n* {text}"))


def read(path: Path) -> list[Golden]:
    found: list[Golden] = []
    kind = text = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line[:2] in ("+ ", "- "):
            kind, text = line[0], line[2:]
        elif line.startswith("    ") and kind:
            found.append(Golden(kind, text, line.strip()))
            kind = ""
    return found


def rewritten(path: Path) -> str:
    """Return the file with every tree as it compiles now; comments and order stay."""
    out: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            continue
        out.append(line.rstrip())
        if line[:2] in ("+ ", "- "):
            out.append(f"    {compiled(line[0], line[2:])}")
    return "\n".join(out) + "\n"
