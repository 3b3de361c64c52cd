"""Measurements that no table names: "PANSS total score ≥ 70", "central subfield thickness (CST) ≥ 320 µm".

Comes in: a run of plain words with an amount behind it. Goes out: `Compare` on a variable that is its own words
(`text|central-subfield-thickness`), decided only by a fact of the same words and a unit that converts. Refuses (None)
words that tell of a deed, a time or a group, a condition's or drug's own name, a number that nothing compares, and a
number whose unit is not known.

The words stand maximal to the left: a name never begins in the middle of another.
"""

from __future__ import annotations

from accrual.codes.variables import Variable, measure_id, variable_named
from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.limits import WORDS_BEFORE
from accrual.criteria.phrases.measure import OF_THEIR_OWN, values_of
from accrual.criteria.phrases.method import method_end
from accrual.criteria.phrases.named_measure_words import (
    COUNTED,
    EMPTY,
    HEADS,
    LEADING,
    PLAIN_HEADS,
    SEVERAL,
    TIMES,
    VERBS,
)
from accrual.criteria.phrases.stream import HAS_AMOUNT, Family, Read, Stream
from accrual.criteria.tree import Any_, Compare, Tree
from accrual.errors import UnitError

MAX_NAME = 10  # lexemes from the first word of the name to its amount
MAX_WORDS = 7  # words of a name: a longer one is a sentence
_NAMING = frozenset(("word", "concept", "variable", "qualifier", "drop"))
_LINKING = frozenset(("of", "in", "on", "to"))
_AMOUNTS = frozenset(("op", "between", "number", "limit"))
_SHIFTED = frozenset(("symptoms", "symptom", "response"))  # of these a number may be: "duration of symptoms"
_INTRODUCING = (
    "with",
    "with a",
    "with an",
    "have",
    "has",
    "having",
    "have a",
    "that is",
    "who",
    "evidenced by",
    "defined as",
)
_TIME_UNITS = frozenset(("d", "wk", "mo", "a", "h", "min", "[half-life]"))
# Units of a dose, not of a measurement, unless a head says so.
_DOSES = frozenset(("mg", "g", "ug", "mg/d", "g/d", "ug/d", "mg/kg", "mg/kg/d", "mg/m2", "Gy", "cGy", "[IU]", "[IU]/d",
                    "{PackYears}", "{cigarettes}/d", "{drinks}/d", "{drinks}/wk", "{packs}/d", "mL/d"))  # fmt: skip


def read_named_measure(stream: Stream, at: int) -> Read | None:
    """Read one name with its amount."""
    if stream.last_amount < at or (at and not _begins(stream, at)):
        return None
    found = _name(stream, at)
    if found is None:
        return None
    words, last, step = found
    row = variable_named(" ".join(words))
    if row is not None and (row.kind == "category" or row.id in OF_THEIR_OWN or len(words) == 1):
        return None
    read = amount(stream, step, roman=words[-1] in ("grade", "class", "stage"))
    if read is None or read.suffix or not read.compared or read.end >= len(stream) + 1:
        return None
    read = _counted(stream, read)
    if row is not None:  # a name of the tables with words in it that say nothing: "UPC ratio must be"
        told = None if read is None else values_of(stream, [(at, step, row)], "", read)
        return None if told is None or read is None else Read(read.end, "measure", told)
    if read is None or not _fits(stream, words, last, read):
        return None
    end, more = method_end(stream, read.end), None
    joints = ("or", "and") if stream.kind == "exclusion" else ("or",)
    if stream.kind_at(end) in joints and stream.kind_at(end + 1) == "op":
        other = amount(stream, end + 1)
        if other is not None and other.compared and not other.suffix and _apart(read, other):
            more = _counted(stream, other)
    span_to = more.end if more is not None else end
    name = measure_id(" ".join(words))
    unit = read.unit or (more.unit if more is not None else None) or ""
    unit = "" if unit == "{score}" else unit
    span = stream.span(at, span_to)
    node: Tree = Compare(variable=name, interval=read.interval(unit), span=span)
    if more is not None:
        second = Compare(variable=name, interval=more.interval(more.unit or unit), span=span)
        node = Any_(children=(node, second), span=span)
    return Read(span_to, "measure", node)


def _apart(one: Amount, other: Amount) -> bool:
    """ "< 100 or > 500": two stretches that do not touch."""
    if one.high is not None and one.low is None and other.low is not None and other.high is None:
        return one.high <= other.low
    if one.low is not None and one.high is None and other.high is not None and other.low is None:
        return other.high <= one.low
    return False


def _begins(stream: Stream, at: int) -> bool:
    """Say whether a name may begin here: not in the middle of another."""
    before = stream.lexemes[at - 1]
    if before.kind in (
        "word",
        "concept",
        "variable",
        "qualifier",
        "number",
        "unit",
        "op",
        "shift",
        "relation",
    ):
        return False
    if before.kind in ("prep", "link"):
        return before.low.endswith(_INTRODUCING) and stream.kind_at(at - 2) != "word"
    return True


def _name(stream: Stream, at: int) -> tuple[list[str], int, int] | None:
    """The words of the name, its last lexeme, and where its amount begins."""
    while at < len(stream) and all(word in LEADING for word in stream.low_at(at).split()):
        if stream.kind_at(at) not in _NAMING:
            break
        at += 1
    words: list[str] = []
    last = step = at
    while step < min(len(stream), at + MAX_NAME):
        lexeme = stream.lexemes[step]
        kind = lexeme.kind
        if kind == "number" and words and _is_index(stream, step):
            words.append(lexeme.low)
            last, step = step, step + 1
            continue
        if kind in _AMOUNTS and not (kind == "number" and not words):
            break
        if kind in ("colon", "must", "dash", "comma") or (
            kind == "link" and lexeme.low in ("is", "has", "that is")
        ):
            if kind == "comma" or not words:
                return None
            step += 1
            if kind != "dash" and stream.kind_at(step) not in _AMOUNTS | {"drop"}:
                return None
            continue
        if kind == "open":
            if stream.kind_at(step + 2) != "close" or not words or not _is_short(stream, step + 1):
                return None
            step += 3
            continue
        if kind == "prep":
            if lexeme.low not in _LINKING or not words:
                return None
            if stream.kind_at(step + 1) not in _AMOUNTS:
                words.append(lexeme.low)
            step += 1
            continue
        if kind not in _NAMING and kind != "slash" and lexeme.low not in _SHIFTED:
            return None
        if kind != "slash":
            parts = lexeme.low.partition(" (")[0].split()
            if any(part in VERBS for part in parts) and lexeme.variable is None and lexeme.concept is None:
                return None
            if kind == "drop" and (
                lexeme.low in ("the", "a", "an")
                or not all(part in HEADS or part in WORDS_BEFORE for part in parts)
            ):
                if lexeme.low in ("the", "a", "an", "of the"):
                    words.extend(["of"] if lexeme.low == "of the" else [])
                    step += 1
                    continue
                if lexeme.low in ("is", "are", "was", "be", "at screening", "at baseline") and words:
                    step += 1
                    if stream.kind_at(step) not in _AMOUNTS:
                        return None
                    continue
                return None
            words.extend(parts)
            last = step
        step += 1
    if not words or step >= len(stream) or stream.kind_at(step) not in _AMOUNTS or words[0] in ("of", "and"):
        return None
    while words and words[-1] in ("of", "in", "on", "to"):
        words.pop()
    return (words, last, step) if words and len(words) <= MAX_WORDS else None


def _is_index(stream: Stream, at: int) -> bool:
    """ "PAI-1", "IL-6", "CD4": a figure that belongs to the word before it."""
    start = stream.lexemes[at].start
    before = stream.text[max(0, start - 2) : start]
    return len(before) == 2 and before[1] == "-" and before[0].isupper()


def _is_short(stream: Stream, at: int) -> bool:
    """A bracket with an abbreviation or one word in it: "(CST)", "(CAT)"."""
    lexeme = stream.lexemes[at]
    if lexeme.kind not in ("word", "concept", "variable"):
        return False
    said = stream.text[lexeme.start : lexeme.end]
    return sum(sign.isupper() for sign in said) >= 2 and " " not in said.strip()


def _counted(stream: Stream, read: Amount) -> Amount | None:
    """The amount with "points", "letters" taken in; None where a word that may be its unit follows it."""
    end = read.end
    if read.unit is None and stream.low_at(end) in COUNTED:
        return Amount(
            end + 1, read.low, read.high, read.low_open, read.high_open, None, unit_words=stream.low_at(end)
        )
    follows = stream.kind_at(end)
    if read.unit is None and follows in ("word", "concept", "variable", "slash", "mark", "number", "unit", "qualifier",
                                         "dash", "sex", "child", "adult", "subject", "limit"):  # fmt: skip
        return None
    if follows in ("slash", "mark", "number", "unit", "suffix", "to"):
        return None
    return read


def _fits(stream: Stream, words: list[str], last: int, read: Amount) -> bool:
    """Say whether the words surely name what the amount measures."""
    unit, lexeme = read.unit, stream.lexemes[last]
    if words[-1] == "grade" and stream.lexemes[last - 1].concept is not None:
        return False  # of a condition: `grade.py`
    headed = any(word in HEADS for word in words)
    if len(words) == 1 and words[0] in EMPTY:
        return False
    if all(word in EMPTY or word in _LINKING or word in WORDS_BEFORE for word in words):
        return False
    if lexeme.variable is not None:
        if lexeme.variable.kind == "category" or len(words) == len(lexeme.low.split()):
            return False
        if not _measures(lexeme.variable, unit, read):
            return False
        headed = True
    elif lexeme.concept is not None and not any(word in HEADS for word in lexeme.low.split()):
        # A condition is not a number; a substance is one where it is dissolved in something.
        dissolved = unit is not None and "/" in unit and unit not in _DOSES
        if lexeme.concept.kind != "drug" or not dissolved:
            return False
    if words[-1] in SEVERAL or (words[-1] not in HEADS and words[-1].endswith(("ed", "ing"))):
        return False
    if unit is None:
        return (
            words[-1] in PLAIN_HEADS
            or any(word in PLAIN_HEADS for word in words)
            or _is_scale(stream, words, last)
        )
    if unit in _TIME_UNITS:
        return any(word in TIMES for word in words) and "since" not in words
    if unit in _DOSES:
        return headed and lexeme.concept is None
    return headed or len(words) <= 4


def _measures(variable: Variable, unit: str | None, read: Amount) -> bool:
    if unit in ("[ULN]", "[LLN]"):
        return variable.kind == "number"
    if unit is None:
        return variable.kind == "score"
    try:
        variable.canonical(read.low if read.low is not None else read.high or 0, unit)
    except UnitError:
        return unit == "%"  # a share or a change of it
    return True


def _is_scale(stream: Stream, words: list[str], last: int) -> bool:
    """ "MADRS ≥ 22", "CAC > 100": an abbreviation with a bare number behind it."""
    lexeme = stream.lexemes[last]
    said = stream.text[lexeme.start : lexeme.end]
    return (
        len(words) == 1
        and lexeme.kind == "word"
        and len(said) >= 3
        and sum(sign.isupper() for sign in said) >= max(2, len(said) // 2)
    )


NAMED_MEASURE = Family("named measure", _NAMING | {"number"}, read_named_measure, needs=HAS_AMOUNT)
