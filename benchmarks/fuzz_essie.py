"""Looks for expressions that break the reader of the registry's query language, or take it too long.

Comes in: how many, a seed, a file of real expressions (without it the language's own words alone). Goes out: counts,
the slowest, and each failing expression. The exit status is 1 where something failed. Refuses (exit 2) a file that
cannot be read.

    python benchmarks/fuzz_essie.py --count 100000 ../shared/data/essie/queries.txt

What is promised of every text: it is read, or refused by `ExpressionError` with a place inside it; what is read is
written, reads back as the same, and is widened; all of it in `MOST_MS`; a text of 1 MB is refused at once. Time is the
processor's, not the clock's.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from accrual.basic import Span
from accrual.errors import ExpressionError
from accrual.search.essie import read_expression
from accrual.search.essie_tokens import MAX_CHARS, OPERATORS
from accrual.search.essie_writing import write_expression
from accrual.search.expansion import expand
from accrual.search.expression import And, Expansion, Expression, Not, Or, Scoped, Words

MOST_MS = 5.0
"""The bound for one expression of up to `LONG` characters, its reading alone."""
LONG = 2_000
LARGE = 1_000_000

BASES = (
    "heart attack", '"heart attack" AND AREA[Condition]asthma', "(a OR b) AND NOT c",
    "AREA[StartDate]RANGE[2016, MAX]",
    "SEARCH[Location](AREA[LocationCity]Boston AND AREA[LocationStatus]RECRUITING)",
    "DISTANCE[39.0, -77.1, 50mi]", "EXPANSION[None]COVERAGE[FullMatch]AREA[BriefTitle]aspirin",
    "AREA[Location:size]RANGE[MIN, 3] NOT AREA[Phase]MISSING", "TILT[StudyFirstPostDate]ALL",
    "AREA[MinimumAge]RANGE[MIN, 16 years]", r"\AND \"quoted\" (gate)",
)  # fmt: skip
PIECES = (
    *OPERATORS, "(", ")", "[", "]", ",", '"', "\\", " ", "\n", "\x00", "\t", "\u00a0", "\u200b", "\ufeff",
    "\U0001f600", "\ud800", "İ", "ß", "é", "e\u0301", "٣", "１", "1e999", "9"*400, "-0", "nan", "MIN", "MAX",
    "NOT ", "((((", "))))", "[[", "]]", '""', "AREA[Condition]", "AREA[X]", "AREA[ConditionSearch]",
    "AREA[Phase:size]", "AREA[protocolSection.designModule]", "COVER[", "COVERAGE[FullMatch]",
    "COVERAGE[fullmatch]", "EXPANSION[Lossy]", "EXPANSION[None]", "RANGE[01/01/2016, MAX]",
    "RANGE[18 years, 65 Years]", "RANGE[,]", "DISTANCE[1,2,3km]", "DISTANCE[91,181,501mi]", "SEARCH[Location]",
    "SEARCH[Study]", "TILT[StartDate]", "MISSING", "CAR-T", "type 2 diabetes", "heart attack", "the", "of",
    "a", "x"*70, "Crohn's", "' '",
)  # fmt: skip


class BrokenError(Exception):
    """What was promised of every expression does not hold of this one."""


def expressions(bases: list[str], seed: int) -> Iterator[str]:
    """Yield changed expressions without end, the same for the same seed."""
    rng = random.Random(seed)
    while True:
        pick = rng.random()
        if pick < 0.7:
            yield changed(rng.choice(bases), rng)
        elif pick < 0.9:
            yield "".join(rng.choice(PIECES) + rng.choice(("", " ")) for _ in range(rng.randrange(1, 20)))
        elif pick < 0.99:
            unit = rng.choice(PIECES) + rng.choice(("", " ", "(", " OR "))
            yield unit * rng.randrange(1, 60)
        else:
            unit = rng.choice(PIECES) + rng.choice(("", " ", "(", " OR "))
            yield (unit * (MAX_CHARS // len(unit) + 1))[: MAX_CHARS + rng.choice((0, 1))]


def changed(text: str, rng: random.Random) -> str:
    """Return the text with a few changes: pieces put in, parts deleted, doubled, moved, put in brackets."""
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(text) + 1)
        to = min(len(text), at + int(rng.expovariate(1 / 12)))
        match rng.randrange(6):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:to] + text[at:to] * rng.choice((1, 2, 20)) + text[to:]
            case 2:
                text = text[:at] + text[to:] + text[at:to]
            case 3:
                text = text[:at] + "(" + text[at:to] + rng.choice((")", "", "]")) + text[to:]
            case _:
                text = text[:at] + rng.choice(PIECES) + text[at:]
    return text[:MAX_CHARS]


def examine(text: str) -> str:
    """Read an expression and check what is promised of every one; say what became of it: "read" or the error's start.

    Raises:
        BrokenError: a promise is broken.
    """
    spent, found = _timed(text)
    if spent > MOST_MS and len(text) <= LONG:
        spent = min(spent, *(_timed(text)[0] for _ in range(9)))  # a table was read, or the machine shared
        if spent > MOST_MS:
            raise BrokenError(f"{spent:.1f} ms for {len(text):,} characters")
    if isinstance(found, ExpressionError):
        if not 0 <= found.position <= len(text) or len(found.reason) > 500:
            raise BrokenError(f"an error at {found.position} of {len(text)}: {found.reason[:80]}")
        return found.reason.split(" ")[0]
    written = write_expression(
        found
    )  # "a b" is written "a AND b": what was just short enough may be too long
    if len(written) <= MAX_CHARS and bare(read_expression(written, "")) != bare(found):
        raise BrokenError("does not read back")
    for words in said(found):
        for expansion in Expansion:
            widened = expand(words.text, words.quoted, expansion)
            if not 0 <= widened.needed <= len(widened.groups):
                raise BrokenError(f"{words.text!r} needs {widened.needed} of {len(widened.groups)} groups")
    return "read"


def _timed(text: str) -> tuple[float, Expression | ExpressionError]:
    """Milliseconds, and what came of reading."""
    began = time.process_time()
    found: Expression | ExpressionError
    try:
        found = read_expression(text, "Other terms")
    except ExpressionError as error:
        found = error
    return (time.process_time() - began) * 1_000, found


def bare(tree: Expression) -> Expression:
    """Return an expression without the places of its parts."""
    nowhere = Span(0, 0)
    match tree:
        case And(parts=parts) | Or(parts=parts):
            return msgspec.structs.replace(tree, span=nowhere, parts=tuple(bare(part) for part in parts))
        case Not(part=part) | Scoped(part=part):
            return msgspec.structs.replace(tree, span=nowhere, part=bare(part))
        case _:
            return msgspec.structs.replace(tree, span=nowhere)


def said(tree: Expression) -> Iterator[Words]:
    """Yield the words of an expression."""
    match tree:
        case Words():
            yield tree
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from said(part)
        case Not(part=part) | Scoped(part=part):
            yield from said(part)
        case _:
            pass


def main(arguments: list[str] | None = None) -> int:
    """Run through so many expressions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    bases = list(BASES)
    try:
        for path in asked.files:
            if path.exists():
                bases += path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    outcomes: Counter[str] = Counter()
    failed = 0
    made = expressions(bases, asked.seed)
    began = time.process_time()
    for _ in range(asked.count):
        text = next(made)
        try:
            outcomes[examine(text)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            failed += 1
            print(f"{type(error).__name__}: {str(error)[:160]}: {text[:300]!a}", flush=True)
    spent = time.process_time() - began
    for unit in ("(", "NOT ", "a ", '"', "\\", "AREA[Condition]", ", ", "a OR "):
        milliseconds, found = _timed(unit * (LARGE // len(unit)))
        if milliseconds > MOST_MS or not isinstance(found, ExpressionError):
            failed += 1
            print(f"1 MB of {unit!r}: {milliseconds:.1f} ms", flush=True)
    print(f"{asked.count:,} expressions in {spent:.0f} s, {failed} failed: {dict(outcomes.most_common())}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
