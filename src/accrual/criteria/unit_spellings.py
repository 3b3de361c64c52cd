"""Where a unit stands behind a number: "x 10 ^ 9 cells / L", "gram (g)/deciliter (dL)", "times the upper limit (ULN)".

Comes in: a text made plain, its tokens, and a place among them. Goes out: where the unit ends and its UCUM name.
Refuses (None): words that spell no unit of `codes/units.py`.
"""

from __future__ import annotations

from functools import cache, lru_cache

from accrual.codes.units import may_be_unit, unit_beginnings, unit_named, units
from accrual.criteria.cues import cue_at
from accrual.criteria.signs import plain
from accrual.criteria.tokens import Token, tokens_of

MAX_UNIT_TOKENS = 8  # "x 10 ^ 9 cells / L" is seven
MAX_UNIT = 48  # characters: "milliliters per minute per 1.73 square meters" has 45


@lru_cache(maxsize=32768)
def _unit(words: str) -> str | None:
    return unit_named(" ".join(words.split()))


@cache
def _unit_starts() -> frozenset[str]:
    """The first words and signs of all units: most words after a number begin none."""
    spellings = {
        *unit_beginnings(),
        *(spelling.lower() for unit in units().values() for spelling in unit.spellings),
    }
    return frozenset(tokens_of(plain(each), 0, len(each))[0].low for each in spellings if each.strip("'\" "))


def unit_at(text: str, tokens: list[Token], at: int) -> tuple[int, str] | None:
    """Return where the longest unit that starts at token `at` ends, and its name."""
    low = tokens[at].low
    if low not in _unit_starts() and low[0] not in "x×*·✕" and not low.startswith("10"):
        return None
    furthest = at
    while furthest < min(len(tokens), at + MAX_UNIT_TOKENS) and may_be_unit(tokens[furthest].low):
        furthest += 1
    for to in range(furthest, at, -1):
        last = tokens[to - 1]
        if last.kind == "sign" and last.low not in "%)³²]":
            continue
        if last.end - tokens[at].start > MAX_UNIT:
            continue
        unit = _unit(text[tokens[at].start : last.end])
        if unit is not None:
            return to, unit
    return None


def spelled_out(text: str, tokens: list[Token], at: int, to: int, unit: str) -> tuple[int, str]:
    """ "gram (g)/deciliter (dL)", "milliseconds (msec)": the unit with its abbreviations in brackets taken in.

    `to` is where the unit named `unit` ends without them.
    """
    if to >= len(tokens) or tokens[to].low not in "([":
        return to, unit
    words, step, best = text[tokens[at].start : tokens[to - 1].end], to, (to, unit)
    for _ in range(MAX_UNIT_TOKENS * 3):
        if step >= len(tokens) or tokens[step].start - tokens[at].start > 80:
            break
        if tokens[step].low in "([":
            close = next(
                (k for k in range(step + 1, min(step + 9, len(tokens))) if tokens[k].low in ")]"), None
            )
            if close is None:
                break
            inside = text[tokens[step].end : tokens[close].start]
            opened, step = step, close + 1
            if _unit(words) is not None and _unit(inside) is not None:
                best = (step, _unit(words) or unit)
                continue
            if any(token.kind == "number" and token.low not in "23" for token in tokens[opened:close]):
                break  # "9 g/dL (90 g/L)" is the value again, and read as that
            if not inside.replace("/", "").replace(" ", "").replace("^", "").isalnum():
                break
            continue  # taken in only if the unit goes on behind it
        gap = text[tokens[step - 1].end : tokens[step].start]
        words += (" " if gap else "") + text[tokens[step].start : tokens[step].end]
        step += 1
        found = _unit(words)
        if found is not None and "/" in words.replace(" per ", "/"):
            best = (step, found)
    return best


def end_of_limit(tokens: list[Token], at: int, to: int) -> int:
    """ "times the upper limit of normal (ULN)": the unit's own spelling may be only the beginning."""
    for step in range(at, min(at + 4, to)):
        cue = cue_at(tokens, step)
        if cue is not None and cue[1][0] == "limit":
            to = max(to, cue[0])
    return to


def said_limit(tokens: list[Token], to: int, unit: str) -> int:
    """ "2 x ULN (upper limit of normal)": where the bracket ends that says the limit again."""
    if to + 2 < len(tokens) and tokens[to].low in "([":
        cue = cue_at(tokens, to + 1)
        if (
            cue is not None
            and cue[1] == ("limit", unit)
            and cue[0] < len(tokens)
            and tokens[cue[0]].low in ")]"
        ):
            return cue[0] + 1
    return to
