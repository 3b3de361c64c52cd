"""From the characters of one criterion to lexemes: words, numbers, comparators, units, and everything named.

Comes in: text already made plain by `plain`, and the stretch to read. Goes out: lexemes with spans into the
original text, longest names first, none overlapping, nothing left out but white space, hyphens inside words and
brackets of quotation. Refuses nothing: what no table knows is a lexeme of kind `word`.

Time is linear in the text: one pass of one expression, one pass of each index of names, and bounded look-ahead.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from math import isfinite
from typing import Any, TypeAlias

import msgspec

from accrual.codes.concepts import Concept, vocabulary
from accrual.codes.qualifiers import GRADES, LEADING_RELATIONS, qualifiers
from accrual.codes.units import may_be_unit, unit_beginnings, unit_named, units
from accrual.codes.variables import Variable, variable_named
from accrual.criteria.amount_words import NUMBER_WORDS
from accrual.criteria.names import Explained, Named, named_in
from accrual.criteria.tokens import Token, tokens_of
from accrual.criteria.words import phrases_of_text

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


# One character for one, so that offsets stay true: the registry's markdown escapes and look-alike signs.
_SAME_LENGTH = str.maketrans(
    {
        **dict.fromkeys("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳", " "),  # numbers of items run together
        **dict.fromkeys("\n\r\t\f\v\u00a0\u2002\u2003\u2009\u202f\u200b\ufeff", " "),
        **dict.fromkeys("‐‑‒–—−－", "-"),
        **dict.fromkeys("’‘ʼ´`", "'"),
        **dict.fromkeys("“”„", '"'),
        **dict(zip("（），；：＜＞＝％．［］＋≧≦⩾⩽﹥﹤》《〉〈˃˂", "(),;:<>=%.[]+≥≤≥≤><><><><", strict=True)),
        "。": ".",
        "、": ",",
        "_": " ",
        "µ": "u",
        "μ": "u",
    }
)
_RARE = re.compile(f"[{re.escape(''.join(chr(sign) for sign in _SAME_LENGTH if sign > 127))}]")
# What a symbol font leaves of "≥" and "≤" that were copied as text: "LVEF ³ 50%"; "10³ cells" is none.
_LOST_SIGN = re.compile(r"(?<![\w)/^*])[³£](?= ?\d)")
_ESCAPE = re.compile(r"\\(?=[\\`*_{}\[\]()#+\-.!<>~^|=&$])")


def plain(text: str) -> str:
    """Return `text` with markdown escapes, line ends and look-alike signs made plain; every offset stays true.

    Example:
        >>> plain("Age \\\\>= 18")
        'Age  >= 18'
    """
    if "\\" in text:
        text = _ESCAPE.sub(" ", text)
    if not text.isascii():
        if "³" in text or "£" in text:
            text = _LOST_SIGN.sub(lambda found: "≥" if found.group() == "³" else "≤", text)
        if _RARE.search(text):
            return text.translate(_SAME_LENGTH)
    # The same, ten times as fast, where only the plain signs of the table can stand.
    text = text.replace("\n", " ").replace("_", " ").replace("\r", " ").replace("\t", " ").replace("`", "'")
    return text.replace("\f", " ").replace("\v", " ")


_SIGN_KIND = {
    ",": "comma", ";": "semi", ":": "colon", "/": "slash", "(": "open", "[": "open", "{": "open", ")": "close",
    "]": "close", "}": "close", "-": "dash", ".": "dot", "~": "dash",
}  # fmt: skip
_COMPARATOR = {">": ">", "<": "<", "≥": ">=", "≤": "<=", "=": "="}
# How a diagnosis was made sure, not what it is; see `words.HARMLESS`.
HARMLESS_VARIABLES = frozenset(("histology-confirmed",))
MAX_UNIT_TOKENS = 8  # "x 10 ^ 9 cells / L" is seven
MAX_UNIT = 48  # characters: "milliliters per minute per 1.73 square meters" has 45
MAX_PHRASE_TOKENS = 12


# Cues that keep their meaning where the table of qualifiers has the same words: "in the past" before a number.
_STRONGER = frozenset(
    (
        "history",
        "before",
        "after",
        "ago",
        "value",
        "drop",
        "within",
        "not",
        "and",
        "or",
        "op",
        "suffix",
        "receive",
        "limit",
    )
)


_Trie: TypeAlias = dict[str, Any]  # word -> deeper trie; "" -> what ends here


@cache
def _phrases() -> _Trie:
    root: _Trie = {}
    entries: dict[str, tuple[str, str]] = {}
    for qualifier in qualifiers().values():
        if qualifier.id in GRADES:
            continue
        for alias in qualifier.aliases:
            if qualifier.id not in LEADING_RELATIONS:
                entries[alias.lower()] = ("qualifier", qualifier.id)
            elif " " in alias:  # the bare word ("allergy") is no cue: it names nothing that it is related to
                entries[alias.lower()] = ("relation", qualifier.id)
    for phrase, (kind, payload) in phrases_of_text().items():
        if entries.get(phrase, ("",))[0] not in ("qualifier", "relation") or kind in _STRONGER:
            entries[phrase] = (kind, payload)
    for phrase, entry in entries.items():
        node = root
        for token in tokens_of(phrase, 0, len(phrase)):
            node = node.setdefault(token.low, {})
        node[""] = entry
    return root


def _cue_at(tokens: list[Token], at: int, named: Named | None = None) -> tuple[int, tuple[str, str]] | None:
    """The longest cue at token `at`; a shorter one, if the longest would cut a name in two ("who | are pregnant")."""
    node: _Trie | None = _phrases().get(tokens[at].low)
    if node is None:
        return None
    found = whole = (at + 1, node[""]) if "" in node else None
    reach = 0
    for to in range(at + 1, min(len(tokens), at + MAX_PHRASE_TOKENS)):
        token = tokens[to]
        node = node.get(token.low)
        if node is None:
            break
        if named and token.start in named:
            reach = max(reach, named[token.start][0])
        if "" in node:
            found = (to + 1, node[""])
            if reach <= token.end:
                whole = found
    return whole or found


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


def _unit_at(text: str, tokens: list[Token], at: int) -> tuple[int, str] | None:
    """The longest unit that starts at token `at`."""
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


def _spelled_out(text: str, tokens: list[Token], at: int, to: int, unit: str) -> tuple[int, str]:
    """ "gram (g)/deciliter (dL)", "milliseconds (msec)": the unit with its abbreviations in brackets taken in."""
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
    if _unit_at(text, tokens, at + 3) is None:
        return None
    return Lexeme(
        "number", whole.start, part.end, f"{whole.low},{part.low}", value=float(f"{whole.low}.{part.low}")
    )


def _end_of_limit(tokens: list[Token], at: int, to: int) -> int:
    """ "times the upper limit of normal (ULN)": the unit's own spelling may be only the beginning."""
    for step in range(at, min(at + 4, to)):
        cue = _cue_at(tokens, step)
        if cue is not None and cue[1][0] == "limit":
            to = max(to, cue[0])
    return to


def _said_limit(tokens: list[Token], to: int, unit: str) -> int:
    """ "2 x ULN (upper limit of normal)": where the bracket ends that says the limit again."""
    if to + 2 < len(tokens) and tokens[to].low in "([":
        cue = _cue_at(tokens, to + 1)
        if (
            cue is not None
            and cue[1] == ("limit", unit)
            and cue[0] < len(tokens)
            and tokens[cue[0]].low in ")]"
        ):
            return cue[0] + 1
    return to


def _number(low: str) -> float | None:
    try:
        found = float(low.replace(",", "").replace(" ", ""))
    except ValueError:
        return None
    return found if isfinite(found) else None  # four hundred digits are no number


def lex(
    text: str, start: int = 0, end: int | None = None, explained: Explained | None = None
) -> list[Lexeme]:
    """Return the lexemes of `text[start:end]`, where `text` comes from `plain`. Spans are offsets into `text`.

    `explained` is what the abbreviations mean; None: what `text` itself explains.
    """
    end = len(text) if end is None else end
    tokens = tokens_of(text, start, end)
    named = named_in(text, start, end, explained)
    out: list[Lexeme] = []
    at, count = 0, len(tokens)
    begins = _phrases()
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
            unit = _unit_at(text, tokens, at)
            if unit is not None:
                if unit[1] in ("[ULN]", "[LLN]"):
                    to = _said_limit(tokens, _end_of_limit(tokens, at, unit[0]), unit[1])
                else:
                    to, name_of_unit = _spelled_out(text, tokens, at, unit[0], unit[1])
                    unit = (to, name_of_unit)
                lexeme = _make("unit", text, token.start, tokens[to - 1].end, payload=unit[1])
        if lexeme is None:
            lexeme = _decimal_comma(text, tokens, at) if token.kind == "number" else None
            to = at + 3 if lexeme is not None else to
        if lexeme is None:
            name = named.get(token.start)
            name_to = _index_after(tokens, at, name[0]) if name is not None else at
            cue = _cue_at(tokens, at, named) if token.low in begins else None
            if cue is not None and cue[1][0] == "suffix" and cue[0] - at == 2 and _compares(tokens, cue[0]):
                cue = _cue_at(tokens[: at + 1], at)  # "≥ 8 and less | than 11", "under 18 or | over 80"
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
