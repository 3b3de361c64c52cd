"""Whom a note is about: age and sex.

Comes in: the text. Goes out: what is said of the patient's age and sex, with its place, and why something said is
not used. Refuses nothing: a decade ("in her 60s"), an age of a relative or of an earlier day is no age; nouns that
contradict each other leave the sex unknown.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from accrual.patient.note_words import OTHERS, RELATIVES

_FEMALE = r"woman|female|girl|lady|mrs\.?|ms\.?|primigravida|multigravida"
_MALE = r"man|male|gentleman|boy|mr\.?"
_BETWEEN = r"(?:[\w'/+-]+[ ,]+){0,4}?"  # "58-year-old right-handed Caucasian man"
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_NUMBER = (
    r"(?P<n>\d{1,3}(?:\.\d)?|(?:"
    + "|".join(_WORDS)
    + r")(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?)"
)
_UNIT = r"(?P<u>years?|yrs?|y|months?|mos?|weeks?|wks?|days?|hours?)"
_AGES = (
    re.compile(rf"\b{_NUMBER}[ -]*{_UNIT}[ -]*(?:old|of age)\b(?! (?:history|hx))", re.IGNORECASE),
    re.compile(r"\b(?P<n>\d{1,3}) ?-?(?P<u>y)[./]? ?o[./]?(?=[ ,fmFM]|$)"),
    re.compile(rf"\b(?P<n>\d{{1,3}})[ -]?(?P<u>year|yr|y)[ -](?={_BETWEEN}(?:{_FEMALE}|{_MALE}|patient|child"
        rf"|infant)\b)", re.IGNORECASE),
    re.compile(r"(?:^|(?<=[.:\n] )|(?<=\n)|(?<=\ba )|(?<=\ban )|(?<=is ))(?P<n>\d{1,3}) ?(?P<u>)(?:[MF]\b"
        r"|(?:male|female|man|woman|boy|girl)\b)"),
    re.compile(r"\b(?:age|aged)\b ?[:=]? ?(?P<n>\d{1,3})(?! ?(?:%|weeks?|wks?|months|days|/))(?P<u>)(?: years?\b)?",
        re.IGNORECASE),
    re.compile(rf"\b(?:i am|i'm|he is|she is|patient is) (?:an? )?(?P<n>\d{{1,3}})(?: ?(?P<u>years?|months?))"
        rf"?(?=[ ,.]*(?:$|{_BETWEEN}(?:{_FEMALE}|{_MALE})|and |years|old|,|\.))", re.IGNORECASE),
)  # fmt: skip
_DECADE = re.compile(
    r"\bin (?:his|her|their|my) (?:early |mid(?:dle)?[- ]|late )?(?:\d0'?s|teens|twenties|thirties|forties"
    r"|fifties|sixties|seventies|eighties|nineties)\b",
    re.IGNORECASE,
)
# What stands before an age that is not the patient's of today.
_THEN = re.compile(r"(?:\bat (?:the )?(?:age|ages)(?: of)?|\bwhen (?:he|she|i|they) (?:was|were)(?: an?)?"
    r"|\bsince (?:the )?(?:age)?(?: of)?|\buntil|\bby|\bfrom|\bhad (?:an?|her|his)|"
                   r"\bdiagnosed (?:at )?|\bdied (?:at )?)\s*$", re.IGNORECASE)  # fmt: skip
_RELATIVE_NEAR = re.compile(
    rf"\b(?:{RELATIVES}|{OTHERS}|patients|adults|children|subjects|women|men)s?\b", re.IGNORECASE
)
_YEARS = {"y": 1.0, "m": 12.0, "w": 52.1775, "d": 365.2425, "h": 8765.82}  # Gregorian mean year

_HEAD = re.compile(
    rf"\b(?P<n>\d{{1,3}}|{'|'.join(_WORDS)})[\w/. -]{{0,14}}?[ -]{_BETWEEN}(?:(?P<f>{_FEMALE}|F)|(?P<m>{_MALE}|M))\b",
    re.IGNORECASE,
)
_LETTER = re.compile(
    r"\b\d{1,3} ?-?(?:y[./]?o\.?|yrs?|years?)?[ -]?(?:old )?[ -]?(?:(?P<f>F)|(?P<m>M))\b(?![a-z]|-?\d)"
)
_NOUN = re.compile(
    rf"\b(?:patient|pt|he|she|i|this|who)(?: is| was|'s| am|'m) (?:an? |the )?{_BETWEEN}(?:(?P<f>{_FEMALE})"
    rf"|(?P<m>{_MALE}))\b|"
    rf"(?:^|(?<=\n))(?:an? |the |this )?{_BETWEEN}(?:(?P<f2>{_FEMALE})|(?P<m2>{_MALE}))\b|"
    r"\b(?:sex|gender) ?[:=]? ?(?:(?P<f3>female|F|woman)|(?P<m3>male|M|man))\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:(?P<f>she|her|hers|herself)|(?P<m>he|his|him|himself))\b", re.IGNORECASE)
_ONLY_WOMEN = re.compile(r"\b(?:pregnant|postmenopausal|G\d+ ?P\d+|gravida)\b", re.IGNORECASE)

Sex = Literal["female", "male"]


class Said(msgspec.Struct, frozen=True):
    """What is said of the patient at `text[start:end]`."""

    start: int
    end: int
    age: float | None = None
    sex: Sex | None = None


class Person(msgspec.Struct, frozen=True):
    """The patient's age and sex as the note has them, and (place, reason) for what was not used."""

    age: Said | None = None
    sex: Said | None = None
    unused: tuple[tuple[int, int, str], ...] = ()


def person_in(text: str) -> Person:
    """Return whom the note is about.

    Example:
        >>> found = person_in("A 58-year-old woman with cough")
        >>> (found.age.age, found.sex.sex)
        (58.0, 'female')
    """
    unused: list[tuple[int, int, str]] = []
    ages = sorted(_ages(text), key=lambda said: said.start)
    age = ages[0] if ages else None
    if age is None:
        decade = _DECADE.search(text)
        if decade is not None:
            unused.append(
                (decade.start(), decade.end(), "the age is told as a decade, and the years are not known")
            )
    elif any(abs((said.age or 0) - (age.age or 0)) > 1 for said in ages[1:]):
        other = next(said for said in ages[1:] if abs((said.age or 0) - (age.age or 0)) > 1)
        unused.append((other.start, other.end, "a second age that differs: age is not known"))
        age = None
    return Person(age, _sex(text, age, unused), tuple(unused))


def _ages(text: str) -> list[Said]:
    found: list[Said] = []
    for pattern in _AGES:
        for match in pattern.finditer(text):
            before, after = (
                text[max(0, match.start() - 30) : match.start()],
                text[match.end() : match.end() + 30],
            )
            clause = re.split(r"[.;\n]", before)[-1]
            if (
                _THEN.search(before)
                or _RELATIVE_NEAR.search(clause)
                or _RELATIVE_NEAR.match(after.lstrip(" ,-"))
            ):
                continue
            years = _in_years(match.group("n"), (match.group("u") or "y").lower()[0])
            if years is not None and not any(
                said.start < match.end() and match.start() < said.end for said in found
            ):
                found.append(Said(match.start(), match.end(), age=years))
        if found and pattern is not _AGES[0]:
            break
    return found


def _in_years(words: str, unit: str) -> float | None:
    """The age in years: whole years are completed years; of less, as many digits as the words are exact for."""
    if words[0].isdigit():
        number = float(words)
    else:
        parts = re.split(r"[- ]", words.lower())
        number = float(sum(_WORDS[part] for part in parts))
    if unit == "y":
        return number if number <= 125 else None
    years = number / _YEARS[unit]
    if years == int(years):
        return years
    middle = (number + 0.5) / _YEARS[unit]
    for digits in (1, 2, 3):
        rounded = round(middle, digits)
        if rounded != int(rounded):
            return rounded
    return None


def _sex(text: str, age: Said | None, unused: list[tuple[int, int, str]]) -> Said | None:
    nouns = [said for said in _nouns(text) if said.sex]
    if age is not None:
        near = [said for said in nouns if said.start <= age.end + 60 and said.end >= age.start]
        nouns = near[:1] or nouns
    kinds = {said.sex for said in nouns}
    if len(kinds) == 1:
        return nouns[0]
    if len(kinds) > 1:
        unused.append((nouns[0].start, nouns[0].end, "both sexes are named: sex is not known"))
        return None
    women = _ONLY_WOMEN.search(text)
    said = list(_PRONOUN.finditer(text))
    female = [match for match in said if match.group("f")]
    male = [match for match in said if match.group("m")]
    if female and not male and (len(female) > 1 or women):
        return Said(female[0].start(), female[0].end(), sex="female")
    if male and not female and len(male) > 1:
        return Said(male[0].start(), male[0].end(), sex="male")
    if said:
        unused.append((said[0].start(), said[0].end(), "pronouns alone do not say the sex surely"))
    return None


def _nouns(text: str) -> list[Said]:
    found: list[Said] = []
    for pattern in (_LETTER, _HEAD, _NOUN):
        for match in pattern.finditer(text):
            groups = match.groupdict()
            female = any(value for key, value in groups.items() if key.startswith("f"))
            words = match.group()
            if _RELATIVE_NEAR.search(words) or _RELATIVE_NEAR.search(
                re.split(r"[.;\n]", text[max(0, match.start() - 30) : match.start()])[-1]
            ):
                continue
            found.append(Said(match.start(), match.end(), sex="female" if female else "male"))
        if found:
            break
    return found
