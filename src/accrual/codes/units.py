"""Units of measurement: from the spellings of prose to UCUM, and from one UCUM unit to another.

Comes in: a unit as criteria and charts write it (`x10^9/L`, `cells/mm³`, `years old`), or a UCUM string. Goes
out: one canonical UCUM string for each, and converted numbers. Refuses (UnitError): an unknown unit, and two units
of different dimensions. `%` is a dimension of its own; so are `[ULN]` and `[LLN]`, multiples of a laboratory's own
limit, which only the laboratory's report can turn into a number.

The table `units.tsv` holds what eligibility texts use, so that nothing common waits for pint to start (1.5 s);
any other UCUM unit goes through pint and ucumvert. The table's factors are tested against pint.

Sources: UCUM 2.1 (ucum.org) for units and factors; spellings counted in registry criteria texts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from accrual.codes.table import items, number, read_table
from accrual.errors import UnitError, VocabularyError

_COLUMNS = ("ucum", "dimension", "factor", "offset", "spellings", "source")

_SAME = str.maketrans(
    {
        **dict.fromkeys("µμ", "u"),
        **dict.fromkeys("×✕✖·⋅∙", "x"),
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f\t\n\r", " "),
        "∕": "/",
        "ℓ": "l",
    }
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED_DIGITS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_TIMES_TEN = re.compile(r"[x*] *(?=10)")
_POWER_OF_TEN = re.compile(r"(?<!\d)10(?: ?\^ ?|\*\*|\*|e\+?|exp| (?=\d+ ?/))(?=\d)")
_LOST_POWER = re.compile(r"x10(?=(?:3|6|9|12)(?!\d))")
_OTHER_POWER = re.compile(r"(?<!10) ?\^ ?")
# Words of units, and what they are written as in the table: one spelling there stands for all of these.
_WORDS: Mapping[str, str] = {
    "milliliter": "ml", "millilitre": "ml", "mls": "ml",
    "deciliter": "dl", "decilitre": "dl", "liter": "l", "litre": "l",
    "minute": "min", "gram": "g", "gm": "g", "milligram": "mg", "microgram": "ug", "mcg": "ug", "nanogram": "ng",
    "picogram": "pg", "kilogram": "kg", "kgs": "kg", "millimole": "mmol", "mmole": "mmol", "micromole": "umol",
    "nanomole": "nmol", "picomole": "pmol", "microliter": "ul", "microlitre": "ul", "mcl": "ul", "copies": "copies",
    "square meter": "m2", "square metre": "m2", "meter squared": "m2", "metre squared": "m2", "meters squared": "m2",
    "metres squared": "m2", "sq m": "m2", "cubic millimeter": "mm3", "cubic millimetre": "mm3", "cubic mm": "mm3",
    "cu mm": "mm3", "cumm": "mm3", "millimeter cubed": "mm3", "micromol": "umol", "millimol": "mmol", "meter2": "m2",
    "milliequivalent": "meq", "meter^2": "m2", "milliliter minute": "ml/min", "nanomol": "nmol", "picomol": "pmol",
}  # fmt: skip
_UNIT_WORD = re.compile(
    r"(?<![a-z0-9])(?:"
    + "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
    + r")(s?)(?![a-z0-9])"
)
_AROUND_SLASH = re.compile(r" *(?:/|\bper\b) *")
_SPACES = re.compile(r" +")


class Unit(msgspec.Struct, frozen=True):
    """One row of `units.tsv`: `value_in_base = value * factor + offset` within its dimension."""

    ucum: str
    dimension: str
    factor: float
    offset: float
    spellings: tuple[str, ...]
    source: str


@cache
def units() -> Mapping[str, Unit]:
    """Return the table, UCUM string to row."""
    table: dict[str, Unit] = {}
    for row in read_table("units.tsv", _COLUMNS):
        where = f"units.tsv, {row['ucum']}"
        factor = number(row["factor"], where)
        if factor is None or factor <= 0:
            raise VocabularyError(f"{where}: the factor must be a number above 0")
        table[row["ucum"]] = Unit(
            row["ucum"],
            row["dimension"],
            factor,
            number(row["offset"], where) or 0.0,
            items(row["spellings"]),
            row["source"],
        )
    return MappingProxyType(table)


def unit_key(text: str) -> str:
    """Return the form in which unit spellings are compared: lower case, plain signs, no space around `/`.

    Example:
        >>> unit_key("× 10⁹ / L"), unit_key("cells per mm³")
        ('x10^9/l', 'cells/mm3')
    """
    key = _RAISED_DIGITS.sub(lambda found: "^" + found.group().translate(_RAISED), text)
    key = key.translate(_SAME).lower().strip().rstrip(".,;")
    key = _TIMES_TEN.sub("x", key)
    key = _POWER_OF_TEN.sub("10^", key)
    key = _LOST_POWER.sub("x10^", key)
    key = _OTHER_POWER.sub("", key)
    key = _SPACES.sub(" ", _AROUND_SLASH.sub("/", key))
    return _UNIT_WORD.sub(lambda found: _WORDS[found.group()[:-1] if found.group(1) else found.group()], key)


@cache
def _by_key() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for unit in units().values():
        for spelling in unit.spellings:
            key = unit_key(spelling)
            if found.setdefault(key, unit.ucum) != unit.ucum:
                raise VocabularyError(f"units.tsv: {spelling!r} means both {found[key]} and {unit.ucum}")
    return found


def unit_named(text: str) -> str | None:
    """Return the UCUM string for a unit as prose spells it, or for a UCUM string of the table; None if unknown.

    Lost superscripts are understood only after a multiplication sign: `x 109/L` is 10*9/L, `109/L` is nothing.

    Example:
        >>> unit_named("cells/mm³"), unit_named("x 10^9/L"), unit_named("years old")
        ('/mm3', '10*9/L', 'a')
    """
    stripped = text.strip()
    if stripped in units():
        return stripped
    return _by_key().get(unit_key(text))


def unit_beginnings() -> frozenset[str]:
    """Return UCUM strings and whole words that a unit may begin with beyond the table's own spellings."""
    plural = {f"{word}s" for word in _WORDS}
    return frozenset({*(unit.lower() for unit in units()), *_WORDS, *plural})


_LONG_WORD = re.compile(r"[a-z]{4,}")


@cache
def _long_words() -> frozenset[str]:
    """The words of four letters and more that stand in some spelling, one and many."""
    spelled = (*_by_key(), *units(), *_WORDS, *(each for unit in units().values() for each in unit.spellings))
    words = {word for spelling in spelled for word in _LONG_WORD.findall(spelling.lower())}
    return frozenset(words | {f"{word}s" for word in words})


@lru_cache(maxsize=4096)
def may_be_unit(word: str) -> bool:
    """Say whether a lower-case word may be part of a unit: quick, and never wrong where the answer is no.

    Example:
        >>> may_be_unit("liters"), may_be_unit("x"), may_be_unit("months"), may_be_unit("before")
        (True, True, True, False)
    """
    return not (_LONG_WORD.fullmatch(word) and word not in _long_words())


@cache
def units_spellings() -> Mapping[str, str]:
    """Return every spelling, lower-cased and with the signs texts use (µ, ³, ^), to its UCUM string.

    For a lexer that matches text as it stands; `unit_named` is the more tolerant way for a string cut out already.
    """
    found: dict[str, str] = {}
    for unit in units().values():
        for spelling in unit.spellings:
            for variant in _written(spelling.lower()):
                found[variant] = unit.ucum
    return MappingProxyType(found)


def _written(spelling: str) -> set[str]:
    """Return the ways one table spelling is written with other signs and spaces."""
    forms = {spelling}
    for plain, others in (*_POWERS.items(), *_SIGNS.items()):
        forms |= {form.replace(plain, other) for form in tuple(forms) if plain in form for other in others}
    forms |= {_MICRO.sub(sign, form) for form in tuple(forms) for sign in "µμ"}
    return {form.strip() for form in forms}


_MICRO = re.compile(r"(?<![a-z0-9])u(?=g|l|mol|kat|iu|u/)")
_POWERS: Mapping[str, tuple[str, ...]] = {
    "10^3": ("10³", "10*3", "10e3", "10**3"),
    "10^6": ("10⁶", "10*6", "10e6", "10**6"),
    "10^9": ("10⁹", "10*9", "10e9", "10**9"),
    "10^12": ("10¹²", "10*12", "10e12", "10**12"),
}
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "m2": ("m²", "m^2"),
    "m3": ("m³", "m^3"),
    "x10": ("x 10", "×10", "× 10", "*10"),
    "/": (" / ", " per "),
}


_NOT_IN_PROSE = frozenset(("a", "m", "u"))  # UCUM's, but in prose an article, "months" or "million", a letter
_FIRST_TOKEN = re.compile(r"[a-z]+|.", re.DOTALL)


@cache
def _longest_by_first_token() -> Mapping[str, int]:
    """The first word or sign of each spelling, and how long the spellings that begin so are."""
    longest: dict[str, int] = {}
    for spelling in (*units_spellings(), *(unit.lower() for unit in units())):
        token = _FIRST_TOKEN.match(spelling.translate(_SAME))
        assert token is not None
        longest[token.group()] = max(longest.get(token.group(), 0), len(spelling))
    return longest


def unit_at(text: str, start: int) -> tuple[int, str] | None:
    """Return the end and the UCUM string of the longest unit that begins at `text[start]`, None if none does.

    Example:
        >>> unit_at("platelets > 100 x 10^9/L or", 16)
        (24, '10*9/L')
    """
    window = text[start : start + 80].translate(_SAME).lower()
    token = _FIRST_TOKEN.match(window)
    longest = _longest_by_first_token().get(token.group()) if token is not None else None
    if longest is None:
        return None
    for end in range(
        min(len(text), start + longest + 4), start, -1
    ):  # 4: spaces and signs the table leaves out
        if end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
            continue
        if text[end - 1].isspace() or text[end - 1] in ".,;":
            continue
        words = text[start:end]
        found = None if words.lower() in _NOT_IN_PROSE else unit_named(words)
        if found is not None:
            return end, found
    return None


_DAYS = {"s": 1 / 86_400, "min": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0}
_FROM_FEBRUARY = (28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31)  # days of the months; Gregorian calendar


def days(value: float, unit: str) -> tuple[float, float]:
    """Return the shortest and the longest number of days that `value` units of time can mean.

    Months and years follow the calendar between 1901 and 2099, when every fourth year is a leap year: one month is
    28 to 31 days, twelve months 365 or 366.

    Raises:
        UnitError: the unit is not one of s, min, h, d, wk, mo, a; or the value is negative.

    Example:
        >>> days(1, "mo"), days(2, "wk"), days(12, "mo")
        ((28.0, 31.0), (14.0, 14.0), (365.0, 366.0))
    """
    if not 0 <= value < math.inf:
        raise UnitError(f"{value:g} {unit}: a stretch of time is a number, zero or more")
    if unit in _DAYS:
        return value * _DAYS[unit], value * _DAYS[unit]
    if unit not in ("mo", "a"):
        raise UnitError(f"{unit!r} is not a unit of time: use s, min, h, d, wk, mo or a")
    years, months = divmod(value if unit == "mo" else value * 12, 12)
    whole, fraction = int(months), months - int(months)
    low, high = _months_in_days()[whole]
    low_next, high_next = _months_in_days()[whole + 1]
    low += fraction * (low_next - low)
    high += fraction * (high_next - high)
    return 365.0 * years + years // 4 + low, 365.0 * years + (years + 3) // 4 + high


@cache
def _months_in_days() -> tuple[tuple[float, float], ...]:
    """Fewest and most days in 0 to 12 months in a row, over all months to start in, leap years included."""
    found: list[tuple[float, float]] = []
    for count in range(13):
        runs = [[(start + step) % 12 for step in range(count)] for start in range(12)]
        lengths = [sum(_FROM_FEBRUARY[month] for month in run) for run in runs]
        in_leap_years = [length + (0 in run) for length, run in zip(lengths, runs, strict=True)]
        found.append((float(min(lengths)), float(max(in_leap_years))))
    return tuple(found)


_MASS, _MOLAR = "mass concentration", "molar concentration"


def convert(value: float, unit: str, to: str, *, molar_mass: float | None = None) -> float:
    """Return `value`, given in `unit`, in the unit `to`; both are UCUM strings.

    Args:
        molar_mass: g/mol of the substance, needed between mass and molar concentration (mg/dL and umol/L).

    Raises:
        UnitError: a unit is unknown, or the two do not measure the same thing.

    Example:
        >>> convert(80, "g/L", "g/dL")
        8.0
    """
    if unit == to:
        return value
    source, target = units().get(unit), units().get(to)
    if source is None or target is None:
        return _convert_by_pint(value, unit, to)
    base = value * source.factor + source.offset
    if source.dimension != target.dimension:
        pair = (source.dimension, target.dimension)
        if pair not in ((_MASS, _MOLAR), (_MOLAR, _MASS)):
            raise UnitError(f"{unit} is a {source.dimension}, {to} a {target.dimension}: they do not convert")
        if molar_mass is None or molar_mass <= 0:
            raise UnitError(f"{unit} to {to} needs the substance's molar mass in g/mol")
        base = base / molar_mass if pair[0] == _MASS else base * molar_mass  # bases are g/L and mol/L
    return _clean((base - target.offset) / target.factor)


def _clean(value: float) -> float:
    """Return `value` with the noise of binary factors removed: 12 significant digits, more than any assay has."""
    return float(f"{value:.12g}")


@cache
def _registry() -> Any:
    from ucumvert import PintUcumRegistry  # takes 1.5 s to start: only for units outside the table

    return PintUcumRegistry()


def _convert_by_pint(value: float, unit: str, to: str) -> float:
    import pint
    from lark.exceptions import LarkError

    parsed = []
    for text in (unit, to):
        if text.startswith(("[ULN]", "[LLN]")) or text in ("", "%"):
            raise UnitError(f"{unit or 'a plain number'} does not convert to {to or 'a plain number'}")
        try:
            parsed.append(_registry().from_ucum(text))
        except (LarkError, pint.PintError, ValueError) as error:
            raise UnitError(f"{text!r} is not a unit: write it as UCUM does, like mg/dL or 10*9/L") from error
    source, target = parsed
    try:
        return _clean(float((value * source).to(target.units).magnitude / target.magnitude))
    except pint.PintError as error:
        raise UnitError(f"{unit} and {to} do not measure the same thing: they do not convert") from error
