"""From the characters of one criterion to lexemes: words, numbers, comparators, units, and everything named.

Comes in: text already made plain by `signs.plain`, and the stretch to read. Goes out: lexemes with spans into the
original text, longest names first, none overlapping, nothing left out but white space, hyphens inside words and
brackets of quotation. Refuses nothing: what no table knows is a lexeme of kind `word`.

Time is linear in the text: one pass of one expression, one pass of each index of names, and bounded look-ahead.
"""

from __future__ import annotations

from math import isfinite
from typing import TypeAlias

import msgspec

from accrual.codes.concepts import Concept, vocabulary
from accrual.codes.variables import Variable, variable_named
from accrual.criteria.amount_words import NUMBER_WORDS
from accrual.criteria.cues import cue_at, cue_words
from accrual.criteria.names import Explained, Named, named_in
from accrual.criteria.tokens import Token, tokens_of
from accrual.criteria.unit_spellings import end_of_limit, said_limit, spelled_out, unit_at

Kind: TypeAlias = str
"""A cue of `words.Cue`, or one of: word, number, unit, variable, concept, qualifier, relation, comma, semi, colon,
slash, open, close, dash, dot, mark."""


class Lexeme(msgspec.Struct, frozen=True, gc=False):
    """One named stretch of text: `text[start:end]`; `low` is it in lower case with single spaces."""

    kind: Kind
    start: int
    end: int
    low: str
    payload: str = ""
    """What a cue stands for: `>=`, `female`, `positive`, a UCUM unit, a qualifier's id."""
    value: float | None = None
    concept: Concept | None = None
    variable: Variable | None = None


_SIGN_KIND = {
    ",": "comma", ";": "semi", ":": "colon", "/": "slash", "(": "open", "[": "open", "{": "open", ")": "close",
    "]": "close", "}": "close", "-": "dash", ".": "dot", "~": "dash",
}  # fmt: skip
_COMPARATOR = {">": ">", "<": "<", "≥": ">=", "≤": "<=", "=": "="}
# How a diagnosis was made sure, not what it is; see `words.HARMLESS`.
HARMLESS_VARIABLES = frozenset(("histology-confirmed",))


def _decimal_comma(text: str, tokens: list[Token], at: int) -> Lexeme | None:
    """ "2,5 x ULN", "7,5 %": a decimal comma, where a unit follows; without one it may be a list ("ECOG 0,1")."""
    if at + 3 >= len(tokens) or tokens[at].kind != "number" or tokens[at + 1].low != ",":
        return None
    whole, part = tokens[at], tokens[at + 2]
    if part.kind != "number" or not part.low.isdecimal() or len(part.low) > 2 or not whole.low.isdecimal():
        return None
    if whole.end != tokens[at + 1].start or tokens[at + 1].end != part.start:
        return None
    if (whole.start and text[whole.start - 1] == ",") or tokens[at + 3].low == ",":
        return None
    if unit_at(text, tokens, at + 3) is None:
        return None
    return Lexeme(
        "number", whole.start, part.end, f"{whole.low},{part.low}", value=float(f"{whole.low}.{part.low}")
    )


def _number(low: str) -> float | None:
    try:
        found = float(low.replace(",", "").replace(" ", ""))
    except ValueError:
        return None
    return found if isfinite(found) else None  # four hundred digits are no number


def lex(
    text: str, start: int = 0, end: int | None = None, explained: Explained | None = None
) -> list[Lexeme]:
    """Return the lexemes of `text[start:end]`, where `text` comes from `signs.plain`. Spans are offsets into `text`.

    `explained` is what the abbreviations mean; None: what `text` itself explains.
    """
    end = len(text) if end is None else end
    tokens = tokens_of(text, start, end)
    named = named_in(text, start, end, explained)
    out: list[Lexeme] = []
    at, count = 0, len(tokens)
    begins = cue_words()
    after_number = False
    while at < count:
        token = tokens[at]
        if (
            token.kind == "word"
            and token.low not in begins
            and token.start not in named
            and not after_number
            and token.low not in NUMBER_WORDS
            and token.low.isalpha()
            and not (out and out[-1].low == "non")
        ):  # a word of no table, as `_simple` has it: every second token
            out.append(Lexeme("word", token.start, token.end, token.low))
            at += 1
            continue
        lexeme: Lexeme | None = None
        to = at + 1
        if after_number:
            unit = unit_at(text, tokens, at)
            if unit is not None:
                if unit[1] in ("[ULN]", "[LLN]"):
                    to = said_limit(tokens, end_of_limit(tokens, at, unit[0]), unit[1])
                else:
                    to, name_of_unit = spelled_out(text, tokens, at, unit[0], unit[1])
                    unit = (to, name_of_unit)
                lexeme = _make("unit", text, token.start, tokens[to - 1].end, payload=unit[1])
        if lexeme is None:
            lexeme = _decimal_comma(text, tokens, at) if token.kind == "number" else None
            to = at + 3 if lexeme is not None else to
        if lexeme is None:
            name = named.get(token.start)
            name_to = _index_after(tokens, at, name[0]) if name is not None else at
            cue = cue_at(tokens, at, named) if token.low in begins else None
            if cue is not None and cue[1][0] == "suffix" and cue[0] - at == 2 and _compares(tokens, cue[0]):
                cue = cue_at(tokens[: at + 1], at)  # "≥ 8 and less | than 11", "under 18 or | over 80"
            if (
                name is not None
                and name_to > at
                and (cue is None or cue[0] <= name_to)
                and not _cue_wins(cue, name_to)
            ):
                to = name_to
                if name[1] is not None and name[2] is None:
                    name, to = _with_letter(text, tokens, at, to, name[1]) or (name, to)
                kind = "variable" if name[2] is not None else "concept"
                if name[2] is not None and name[2].id in HARMLESS_VARIABLES:
                    kind = "drop"
                lexeme = Lexeme(
                    kind, token.start, tokens[to - 1].end, _low(text, token.start, tokens[to - 1].end),
                    concept=name[1], variable=name[2],
                )  # fmt: skip
            elif cue is not None:
                to = cue[0]
                if to == at + 1 and token.kind == "word":
                    lexeme = Lexeme(cue[1][0], token.start, token.end, token.low, cue[1][1])
                else:
                    lexeme = _make(cue[1][0], text, token.start, tokens[to - 1].end, payload=cue[1][1])
                if to - at > 1:
                    _name_rest(text, tokens, at, to, named)
        if lexeme is None:
            lexeme = _simple(text, tokens, at)
            if (
                lexeme.kind == "word"
                and lexeme.low.isdecimal()
                and _grades(tokens, at)
                and out
                and out[-1].kind != "op"
            ):
                lexeme = Lexeme("number", lexeme.start, lexeme.end, lexeme.low, value=float(lexeme.low))
            if lexeme.kind == "word" and out and out[-1].low == "non":
                # The tables do not name a thing after "non-", so that it is not taken for the thing itself.
                denied = variable_named(lexeme.low)
                if denied is not None:
                    lexeme = Lexeme("variable", lexeme.start, lexeme.end, lexeme.low, variable=denied)
        out.append(lexeme)
        # "6 or more weeks"; but "18 or older, a man": a short word is no unit there.
        told = lexeme.kind == "suffix" and to < count and len(tokens[to].low) > 3
        after_number = lexeme.kind == "number" or (after_number and (lexeme.kind == "close" or told))
        at = to
    return out


def _name_rest(text: str, tokens: list[Token], at: int, to: int, named: Named) -> None:
    """ "Oral or intravenous | corticosteroids": what a cue leaves of a name, if it is a name too."""
    for step in range(at + 1, to):
        cut = named.get(tokens[step].start)
        if cut is not None and to < len(tokens) and cut[0] >= tokens[to].end:
            found = vocabulary().lookup(" ".join(text[tokens[to].start : cut[0]].split()))
            if found is not None:
                named.setdefault(tokens[to].start, (cut[0], found, None))


def _with_letter(
    text: str, tokens: list[Token], at: int, to: int, concept: Concept
) -> tuple[tuple[int, Concept | None, Variable | None], int] | None:
    """ "viral hepatitis" before "B": the narrower concept, if the last words and the letter name one."""
    if to >= len(tokens) or len(tokens[to].low) > 2 or tokens[to].kind not in ("word", "number"):
        return None
    end = tokens[to].end
    for first in range(at + 1, to):
        found = vocabulary().lookup(" ".join(text[tokens[first].start : end].split()))
        if found is not None and vocabulary().is_a(found.id, concept.id):
            return (end, found, None), to + 1
    return None


def _cue_wins(cue: tuple[int, tuple[str, str]] | None, name_to: int) -> bool:
    """A sex or a comparator of the same length as a name is the sex, the comparator.

    "Allergy to" in front of "peanut" is the relation, so that it is there for all that the list goes on to name.
    """
    return (
        cue is not None
        and (cue[0] == name_to or cue[1][0] == "relation")
        and cue[1][0] in ("sex", "op", "not", "or", "and", "limit", "suffix", "relation")
    )


def _compares(tokens: list[Token], to: int) -> bool:
    if to < len(tokens) and tokens[to].kind == "number":
        return True
    return (
        to < len(tokens)
        and tokens[to].low in ("than", "then", "or")
        and (tokens[to].low != "or" or (to + 1 < len(tokens) and tokens[to + 1].low == "equal"))
    )


def _grades(tokens: list[Token], at: int) -> bool:
    """ "ECOG 0,1": two grades that follow each other, not a decimal comma."""
    digit = tokens[at].low
    for other, step in ((at + 2, 1), (at - 2, -1)):
        if 0 <= other < len(tokens) and tokens[(at + other) // 2].low == ",":
            next_to = tokens[other].low
            if next_to.isdecimal() and len(digit) == len(next_to) == 1 and int(next_to) - int(digit) == step:
                return True
    return False


def _index_after(tokens: list[Token], at: int, end: int) -> int:
    """The index after the token that ends at `end`; `at` itself if none does (a name that cuts a token)."""
    to = at
    while to < len(tokens) and tokens[to].end < end:
        to += 1
    return to + 1 if to < len(tokens) and tokens[to].end == end else at


def _low(text: str, start: int, end: int) -> str:
    low = text[start:end].lower()
    return low if low.isalnum() else " ".join(low.replace("-", " ").split())


def _make(kind: str, text: str, start: int, end: int, payload: str) -> Lexeme:
    return Lexeme(kind, start, end, _low(text, start, end), payload)


def _simple(text: str, tokens: list[Token], at: int) -> Lexeme:
    token = tokens[at]
    if token.kind == "comparator":
        signs = token.low
        sign = ">=" if ("=" in signs or "eq" in signs) and ">" in signs else ""
        sign = sign or ("<=" if ("=" in signs or "eq" in signs) and "<" in signs else "")
        return Lexeme("op", token.start, token.end, signs, sign or _COMPARATOR[signs[0]])
    if token.kind == "number":
        follows = tokens[at + 1] if at + 1 < len(tokens) else None
        # "3,9" is 3.9 in half of the world and a list in the other half; "10^9" outside a unit is a power.
        split = (
            follows is not None
            and follows.start == token.end
            and follows.low in (",", "^")
            and at + 2 < len(tokens)
            and tokens[at + 2].kind == "number"
            and tokens[at + 2].start == follows.end
        )
        before = text[token.start - 2 : token.start] if token.start > 1 else ""
        broken = len(before) == 2 and before[1] in ",^" and before[0].isdecimal()
        value = None if split or broken else _number(token.low)
        return Lexeme(
            "number" if value is not None else "word", token.start, token.end, token.low, value=value
        )
    if token.kind == "word":
        number = NUMBER_WORDS.get(token.low)
        if number is not None:
            return Lexeme("number", token.start, token.end, token.low, value=number)
        return Lexeme("word", token.start, token.end, token.low)
    return Lexeme(_SIGN_KIND.get(token.low, "mark"), token.start, token.end, token.low)
