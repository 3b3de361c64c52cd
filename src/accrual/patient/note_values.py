"""Numbers and answers in a sentence: laboratory values, vital signs, scores, markers, states.

Comes in: a sentence, and the names of variables in it. Goes out: values, each with its place; and names without a
usable value, with the reason. Refuses nothing: a number without a unit is used only where `bare_units.tsv` says that
charts leave the unit out and the size of the number leaves one unit; a range, a ratio and a list are no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Literal, TypeAlias

import msgspec

from accrual.basic import Quantity
from accrual.codes.units import unit_at
from accrual.codes.variables import Variable, spot_variables, variables
from accrual.errors import UnitError
from accrual.patient.note_words import bare_units, chart_variables
from accrual.patient.terms import category, impossible

Comparator: TypeAlias = Literal["", "<", "<=", ">", ">="]


class Value(msgspec.Struct, frozen=True):
    """One value of a variable at `text[start:end]`."""

    start: int
    end: int
    variable: str
    value: Quantity | str
    comparator: Comparator = ""
    low: float | None = None
    high: float | None = None


class Nothing(msgspec.Struct, frozen=True):
    """A variable named at `text[start:end]` whose value cannot be used, and why."""

    start: int
    end: int
    reason: str


class Measured(msgspec.Struct, frozen=True):
    """A variable's name in a sentence, as the table or a chart writes it."""

    start: int
    end: int
    variable: Variable
    is_chart: bool = False
    """Named by a letter or two that mean it only right before a number."""


_SPARE = r"""(?:\s*[:=~(,-]\s*|\s+)"""
_FILLER = (
    r"(?:was|is|of|at|were|are|has been|had been|showed|showing|measured|measures|measuring|levels?|counts?"
    r"|values?|scores?|"
    r"status|class|stage|grade|rates?|results?|today|now|currently|on admission|approximately|approx|about|around|"
    r"estimated|high|low|elevated|increased|decreased|reduced|raised|normal|came back|returned|scored|noted"
    r"|to be|as|found|ps|"
    r"recently|baseline|peak|a|an|the|in|to|with|only|just|reads?|read|total|index|serum|blood|reached|remained"
    r"|dropped to|"
    r"rose to|fell to|functional|performance|grade|\([A-Za-z0-9 -]{1,12}\)|up|down|concentration|weekly|most recent)"
)
_LINK = re.compile(rf"(?:{_SPARE}{_FILLER}(?![\w])){{0,5}}{_SPARE}?(?:[:=~(-]\s*)?", re.IGNORECASE)
_COMPARE = re.compile(
    r"(?P<c><=|>=|<|>|≤|≥|less than|greater than|more than|over|under|below|above|at least|up to)\s*",
    re.IGNORECASE,
)
_SIGNS: Mapping[str, Comparator] = {
    "<": "<", ">": ">", "≤": "<=", "≥": ">=", "<=": "<=", ">=": ">=", "less than": "<", "greater than": ">",
    "more than": ">", "over": ">", "under": "<", "below": "<", "above": ">", "at least": ">=", "up to": "<=",
}  # fmt: skip
_NUMBER = re.compile(r"(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?P<k>[kK]\b)?")
_ROMAN = re.compile(r"(?P<r>iv|i{1,3}|v)(?P<l>[a-d]?)(?:\s*[-/]\s*(?:iv|i{1,3}))?\b", re.IGNORECASE)
_ROMAN_VALUE = {"i": 1.0, "ii": 2.0, "iii": 3.0, "iv": 4.0, "v": 5.0}
_RANGE = re.compile(r"\s*(?:-|–|to|and)\s*\d")
_PRESSURE = re.compile(
    r"\b(?:BPs?|blood pressures?)\b(?: ?\(BP\))?(?:[\s:=,~]|of|was|is|at|with|the|her|his|approximately|about"
    r"|measured|today|in|high|low|elevated|\()"
    r"{0,8}?(?P<s>\d{2,3}) ?/ ?(?P<d>\d{2,3})\b(?!/)(?: ?mm ?Hg)?|"
    r"\b(?P<s2>\d{2,3})/(?P<d2>\d{2,3}) ?mm ?Hg",
    re.IGNORECASE,
)
_FEET = re.compile(
    r"\b(?P<f>[3-7])\s*(?:'|’|ft\.?|feet|foot)\s*(?P<i>\d{1,2}(?:\.\d)?)?\s*(?:\"|''|”|in\b\.?|inch(?:es)?)?",
    re.IGNORECASE,
)
_AROUND: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"\b(?P<n>\d{1,2})(?: ?w| ?weeks?| ?wks?|-weeks?)(?: ?\d ?d| ?[+&]? ?\d(?:/7)?(?: weeks?)?)"
        r"?(?: of)? ?(?:gestation\w*|pregnan\w+|ga\b)(?: age)?", re.IGNORECASE), "gestational-age", "wk"),
    (re.compile(r"\b(?P<n>\d{1,3})[-\s]+pack[-\s]?/? ?years?\b", re.IGNORECASE), "pack-years", "{PackYears}"),
    (re.compile(r"\b(?P<n>\d{1,3}) cigarettes? (?:per|a|each|/) ?day\b", re.IGNORECASE),
        "cigarettes-per-day", "{cigarettes}/d"),
    (re.compile(r"\b(?P<n>\d{2,3}(?:\.\d+)?) ?cm tall\b", re.IGNORECASE), "height", "cm"),
)  # fmt: skip
_NORMAL = re.compile(
    r"\s*[\[(,]?\s*(?:the )?(?:normal|reference|ref)(?: range| value)?s?(?: is| of|:)?\s*(?P<a>\d+(?:\.\d+)?)"
    r"\s*(?:-|–|to)\s*(?P<b>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"[\s:=(-]*(?:(?:was|is|were|are|status|test|tests|testing|result|results|came back|gene|mutation|receptor"
    r"|amplification|expression|strongly|weakly|for)[\s:-]+){0,3}"
    r"(?P<a>positive|negative|pos\b|neg\b|\+(?!\d)|[-−–](?=[\s,;./)]|$)|mutated|mutant|mutation\b|wild[- ]?type"
    r"|amplified|not amplified|overexpress\w+|"
    r"not detected|undetected|undetectable|detected|reactive|non[- ]?reactive|high\b|low\b|stable\b|equivocal"
    r"|rearranged|non-?mutated|deficient|proficient|unmutated)",
    re.IGNORECASE,
)
_ANSWER_WORDS: Mapping[str, str] = {
    "+": "positive", "-": "negative", "−": "negative", "–": "negative", "pos": "positive", "neg": "negative",
    "mutated": "positive", "mutant": "positive", "mutation": "positive",
    "wild type": "negative", "wildtype": "negative",
    "amplified": "positive", "not amplified": "negative", "undetectable": "negative", "rearranged": "positive",
    "nonmutated": "negative", "non mutated": "negative", "unmutated": "negative",
    "deficient": "positive", "proficient": "negative",
    "non reactive": "negative", "nonreactive": "negative",
}  # fmt: skip
_BEFORE = re.compile(
    r"(?P<a>positive|negative)(?:\s+(?:for|urine|serum|rapid|her|his|the|a|an|home|test|result)){0,3}\s+$",
    re.IGNORECASE,
)
_FOUND_IN_NAME = re.compile(
    r"mutation|mutant|mutated|deletion|insertion|rearrange|fusion|translocation|amplif|positiv|v600|l858r|t790m"
    r"|g12c|methylated|msi-h|dmmr|\bdel",
    re.IGNORECASE,
)
_POSITIVE = re.compile(r"\+(?!\d)|[- ]?positive\b", re.IGNORECASE)
_TRIPLE = re.compile(r"\btriple[- ]negative\b", re.IGNORECASE)
_SLASHED = re.compile(r"\s*(?:/|,|and|&|\+/)\s*", re.IGNORECASE)


@cache
def _chart() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """Names with capitals as they are written ("K" is potassium, "k" is not), the others in any case."""
    names = chart_variables()
    exact = sorted((name for name in names if not name.islower()), key=len, reverse=True)
    loose = sorted((name for name in names if name.islower()), key=len, reverse=True)
    words = rf"(?<![\w-])(?:{'|'.join(map(re.escape, exact))}|(?i:{'|'.join(loose)}))(?!\w)"
    return re.compile(words), names


def measured_in(text: str) -> tuple[Measured, ...]:
    """Return where a sentence names variables, as the tables or as charts write them; the longer name counts."""
    found = [Measured(spot.start, spot.end, spot.variable) for spot in spot_variables(text)]
    known = variables()
    pattern, names = _chart()
    for match in pattern.finditer(text):
        start, end = match.span()
        variable = names.get(match.group()) or names[match.group().lower()]
        over = [one for one in found if one.start < end and start < one.end]
        if all(one.end - one.start <= end - start for one in over):
            found = [one for one in found if one not in over]
            found.append(
                Measured(start, end, known[variable], is_chart=not over or over[0].variable.id != variable)
            )
    return tuple(sorted(found, key=lambda one: one.start))


def values_in(text: str, named: Sequence[Measured]) -> tuple[list[Value], list[Nothing]]:
    """Return the values of a sentence, and the names that have none that can be used.

    Example:
        >>> text = "Hb 9.1 g/dL, HER2-negative"
        >>> [(one.variable, str(one.value)) for one in values_in(text, measured_in(text))[0]]
        [('hemoglobin', '9.1 g/dL'), ('her2-status', 'negative')]
    """
    shaped = tuple(_shaped(text))
    values = list(shaped)
    nothing: list[Nothing] = []
    for at, one in enumerate(named):
        if any(done.start < one.end and one.start < done.end for done in shaped):
            continue
        if one.variable.id in ("age", "sex"):
            continue
        after = named[at + 1].start if at + 1 < len(named) else len(text)
        got = (
            _category(text, one, named, at)
            if one.variable.kind == "category"
            else _number(text, one, after, named[at - 1] if at else None)
        )
        if isinstance(got, Nothing):
            if not one.is_chart:
                nothing.append(got)
        else:
            values += got
    done = {value.variable for value in values}
    known = {one.start: one.variable.id for one in named}
    return values, [one for one in nothing if known[one.start] not in done]


def _shaped(text: str) -> Iterator[Value]:
    """Values with a shape of their own: a pressure, feet and inches, weeks of gestation, triple negative."""
    for match in _PRESSURE.finditer(text):
        high, low = float(match.group("s") or match.group("s2")), float(match.group("d") or match.group("d2"))
        if 30 <= low < high <= 300:
            yield Value(match.start(), match.end(), "systolic-blood-pressure", Quantity(high, "mm[Hg]"))
            yield Value(match.start(), match.end(), "diastolic-blood-pressure", Quantity(low, "mm[Hg]"))
    for match in _FEET.finditer(text):
        near = text[max(0, match.start() - 24) : match.start()].lower()
        tall = text[match.end() : match.end() + 6].lower().strip()
        if any(word in near for word in ("height", "ht", "tall", "stands")) or tall.startswith("tall"):
            inches = float(match.group("f")) * 12 + float(match.group("i") or 0)
            yield Value(match.start(), match.end(), "height", Quantity(round(inches * 2.54, 1), "cm"))
    for pattern, variable, unit in _AROUND:
        for match in pattern.finditer(text):
            yield Value(match.start(), match.end(), variable, Quantity(float(match.group("n")), unit))
    for match in _TRIPLE.finditer(text):
        for variable in ("er-status", "pr-status", "her2-status"):
            yield Value(match.start(), match.end(), variable, "negative")


def _number(text: str, one: Measured, after: int, before: Measured | None) -> list[Value] | Nothing:
    variable = one.variable
    link = _LINK.match(text, one.end)
    at = link.end() if link is not None else one.end
    if one.is_chart and at - one.end > 12:
        return Nothing(one.start, one.end, "named without a number")
    said = _COMPARE.match(text, at)
    comparator: Comparator = ""
    if said is not None:
        comparator = _SIGNS[said.group("c").lower()]
        at = said.end()
    if before is not None and text[before.end : one.start].strip().lower() in (
        "and",
        "/",
        ",",
        "or",
        "and the",
    ):
        # "LDL-C and HDL-C levels were 545 and 53": which number belongs to which is not read off.
        number = _NUMBER.match(text, at)
        if number is not None and re.match(
            r"[^.;]{0,12}?\b(?:and|/)\s*\d", text[number.end() : number.end() + 24]
        ):
            return Nothing(one.start, one.end, "several names share several numbers")
    number = _NUMBER.match(text, at)
    if number is None or (at >= after > one.end and after < at):
        roman = _ROMAN.match(text, at) if variable.kind == "score" else None
        if roman is not None:
            return [
                Value(
                    one.start,
                    roman.end(),
                    variable.id,
                    Quantity(_ROMAN_VALUE[roman.group("r").lower()]),
                    comparator,
                )
            ]
        positive = _POSITIVE.search(text, one.start, min(one.end + 10, len(text)))
        if positive is not None and positive.start() <= one.end + 1 and variable.id.endswith("-expression"):
            return [Value(one.start, max(one.end, positive.end()), variable.id, Quantity(0.0, "%"), ">")]
        return Nothing(one.start, one.end, "named without a number")
    value, end = float(number.group("n").replace(",", "")), number.end()
    rest = text[end : end + 24]
    if variable.id == "gleason":
        parts = re.match(r"\s*\+\s*(\d)(?:\s*=\s*(\d{1,2}))?", rest)
        if parts is not None:
            value, end = value + float(parts.group(1)), end + parts.end()
            return _possible(one, variable, end, value, "", comparator)
    if re.match(r"/\d{1,2}/\d{2,4}\b|-\d{1,2}-\d{2,4}", rest):
        return Nothing(one.start, one.end, "followed by a date")
    ratio = re.match(r"\s*/\s*(\d+)(?!\d|/)", rest)
    if ratio is not None:
        if variable.kind != "score" or variable.high not in (float(ratio.group(1)), None):
            return Nothing(one.start, one.end, "its value is a ratio")
        return _possible(one, variable, end + ratio.end(), value, "", comparator)
    if re.match(
        r"'?s\b|th\b|st\b|nd\b|rd\b|[^.;]{0,8}/ ?(?:hpf|lpf)|[^.;]{0,4}\bper (?:high|low)",
        rest,
        re.IGNORECASE,
    ):
        return Nothing(one.start, one.end, "its number counts something else")
    if _RANGE.match(rest):
        return Nothing(one.start, one.end, "its value is a range")
    if number.group("k"):
        value *= 1000
    return _with_unit(text, one, variable, end, value, comparator)


def _with_unit(
    text: str, one: Measured, variable: Variable, end: int, value: float, comparator: Comparator
) -> list[Value] | Nothing:
    at = end
    while at < len(text) and text[at] == " ":
        at += 1
    unit, stop = "", end
    found = unit_at(text, at)
    if (found is not None and not text[at].isalpha()) or (
        found is not None and _measures(variable, found[1], value)
    ):
        stop, unit = found
    if unit and not _measures(variable, unit, value):
        if variable.unit or unit not in ("%", "{score}"):
            return Nothing(one.start, one.end, "its unit does not measure it")
        unit = ""
    if not unit and variable.unit:
        unit = next(
            (name for low, high, name in bare_units().get(variable.id, ()) if low <= value <= high), ""
        )
        if not unit:
            return Nothing(
                one.start, one.end, f"it has no unit; {variable.name} is measured in {variable.unit}"
            )
    got = _possible(one, variable, stop, value, unit, comparator)
    if isinstance(got, list):
        normal = _NORMAL.match(text, stop)
        if normal is not None and float(normal.group("a")) < float(normal.group("b")):
            return [
                msgspec.structs.replace(got[0], low=float(normal.group("a")), high=float(normal.group("b")))
            ]
    return got


def _measures(variable: Variable, unit: str, value: float) -> bool:
    try:
        variable.canonical(value, unit)
    except UnitError:
        return False
    return True


def _possible(
    one: Measured, variable: Variable, end: int, value: float, unit: str, comparator: Comparator
) -> list[Value] | Nothing:
    quantity = Quantity(value, "" if unit == "{score}" else unit)
    why = impossible(variable, quantity) or _unlikely(variable, quantity)
    return (
        Nothing(one.start, one.end, why)
        if why
        else [Value(one.start, end, variable.id, quantity, comparator)]
    )


def _unlikely(variable: Variable, quantity: Quantity) -> str:
    """Return why a number cannot be what was measured: "platelets 300000 /ml" is a slip of the unit."""
    held = next((row for row in bare_units().get(variable.id, ()) if row[2] == variable.unit), None)
    if held is None or held[0] <= variable.canonical(quantity.value, quantity.unit) <= held[1]:
        return ""
    return f"not a likely {variable.name}: a slip of the number or of the unit"


def _category(text: str, one: Measured, named: Sequence[Measured], at: int) -> list[Value] | Nothing:
    variable = one.variable
    if variable.values[:1] == ("yes",) or variable.id in ("smoker", "language"):
        return []  # states are read by note_states
    if variable.id in ("stage", "child-pugh"):
        return _staged(text, one)
    answer = _ANSWER.match(text, one.end)
    before = _BEFORE.search(text, max(0, one.start - 40), one.start)
    words, end, start = "", one.end, one.start
    if answer is not None:
        words, end = (
            answer.group("a").lower().replace("-", " " if len(answer.group("a")) > 1 else "-"),
            answer.end(),
        )
    elif _FOUND_IN_NAME.search(text, one.start, one.end):
        words = "found"
    elif before is not None:
        words, start = before.group("a").lower(), before.start()
    if not words:
        chain = _shared_answer(text, named, at)
        if chain is None:
            return Nothing(one.start, one.end, "named without an answer")
        words, end = chain
    held = "positive" if words == "found" else category(variable, _ANSWER_WORDS.get(words, words))
    if held is None or held not in variable.values:
        return Nothing(one.start, one.end, "its answer is none of the table's")
    if words == "found" or words == "mutation":
        return [Value(start, end, variable.id, "found")]
    return [Value(start, end, variable.id, held)]


def _shared_answer(text: str, named: Sequence[Measured], at: int) -> tuple[str, int] | None:
    """ "ER/PR negative": the answer that stands behind the last of several names."""
    end = named[at].end
    for other in named[at + 1 : at + 5]:
        if not _SLASHED.fullmatch(text, end, other.start):
            return None
        answer = _ANSWER.match(text, other.end)
        if answer is not None:
            return answer.group("a").lower(), answer.end()
        end = other.end
    return None


def _staged(text: str, one: Measured) -> list[Value] | Nothing:
    found = re.compile(
        r"[\s:=-]*(?:class |score |grade |group |stage )?(?P<s>[0-4IViv]{1,3}[A-Da-d]?\d?|[ABC])"
        r"\b(?!\s*[-/]\s*[\dIV])(?! ?[%/])"
    ).match(text, one.end)
    if found is None:
        return Nothing(one.start, one.end, "named without a stage")
    held = category(
        one.variable, found.group("s").lower() if one.variable.id == "stage" else found.group("s").upper()
    )
    if held is None:
        return Nothing(one.start, one.end, "its stage is none of the table's")
    return [Value(one.start, found.end(), one.variable.id, held)]


def is_found(value: Value) -> bool:
    """Say whether the value is that the name itself was found ("EGFR mutation"), which a denial turns around."""
    return value.value == "found"


def turned(value: Value, denied: bool) -> Value:
    """Return the value with "found" put into its category."""
    return msgspec.structs.replace(value, value="negative" if denied else "positive")
