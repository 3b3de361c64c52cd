"""The assumption `notes` for words that were not understood, where there is a note whose words can be looked through.

Comes in: words and the chart of a patient with a free-text note. Goes out: a `Finding` NO that names what the note does
not mention, or None where silence answers nothing. Refuses nothing. Of patients without a note it says nothing.

The words are parted into the alternatives that they list. What only narrows them is taken away first: "that may affect
absorption", "(QTc > 450 ms)" behind a name. Each alternative must then be one that the note is silent about:

- a condition, drug or procedure that the vocabulary names, by `absence`;
- a thing that it does not name: no word of it, but the words of every trial, begins like a word of the note;
- an allergy to anything, where the note speaks of no allergy; drugs of any kind, where it names none.

One at least must plainly be a thing. Nothing is answered where a word turns the meaning round, and where the words are
about what a note need not tell: plans, tests and values, habits, vaccines, relatives, circumstances (`UNTOLD_WORDS`).
Who keeps to a protocol by the note is not one who does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeAlias

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.codes.variables import variables
from accrual.criteria.tree import Mention
from accrual.match.absence import STEP, absent_words, is_silent, tells_of_allergy, would_be_told
from accrual.match.chart import Chart, Finding, Ground, stems, told
from accrual.match.unread import NAMES, WORD, codes_of, inside, marked, parts
from accrual.match.unsaid_words import (
    ALLERGY,
    ASIDE,
    BRACKET,
    BUT,
    CONDITION,
    DRUGS,
    ILLS,
    KEEPS,
    LETS_OFF,
    MODAL,
    NARROWS,
    ORGANS,
    SENTENCE,
    SLIGHT,
    TIMES,
    TRIALS,
    TURNED,
    UNTOLD_PATTERN,
)
from accrual.patient.model import Fact
from accrual.truth import Truth

MAX_LOOKED_AT = 2_000
"""Characters; a longer text says too much to be answered as a whole."""

Sort: TypeAlias = Literal["named", "worded", "allergy", "trial", "drugs", "ills", "slight"]


class Part(msgspec.Struct, frozen=True):
    """One alternative of some words: what it names, or the words that name it."""

    sort: Sort
    words: str
    codes: tuple[str, ...] = ()
    stems: frozenset[str] = frozenset()
    behind: bool = False
    """It stands behind "other than": it does not count, and is not to be mentioned either."""
    ever: bool = False
    """It may be of a time that is over: what everybody had once may then be so."""


class Parted(msgspec.Struct, frozen=True):
    """Words as alternatives.

    `catch_all`: they say of things of any kind what these may do; `narrowed`: they say which of a kind are meant.
    """

    parts: tuple[Part, ...] = ()
    catch_all: bool = False
    narrowed: bool = False


def answer_note(text: str, chart: Chart) -> Finding | None:
    """Return that the note mentions nothing that the words speak of; None where silence answers nothing.

    Example:
        >>> from datetime import date
        >>> from accrual.patient.model import Patient
        >>> chart = Chart(Patient(words="A man with a cough."), date(2026, 1, 1))
        >>> answer_note("Surgical resection of thyroid tissue", chart).holds
        <Truth.NO: 'no'>
    """
    if not chart.said or len(text) > MAX_LOOKED_AT:
        return None
    kept = _kept(text, chart)
    if kept is not None:
        return kept
    parted = _parted(text)
    gone: dict[str, None] = {}
    for part in parted.parts:
        found = _unmentioned(part, chart, parted)
        if found is None:
            return None
        gone |= dict.fromkeys(found if not part.behind else ())
    if not gone and parted.catch_all and parted.parts:
        gone["anything that does so"] = None
    return absent_words(tuple(gone)) if gone else None


def _unmentioned(part: Part, chart: Chart, parted: Parted) -> tuple[str, ...] | None:
    """Return what of an alternative is not mentioned; None where it is, or may be."""
    match part.sort:
        case "named":
            known = vocabulary()
            return (
                tuple(
                    known.get(code).name
                    for code in part.codes
                    if would_be_told(code) and is_silent(code, chart, part.ever)
                )
                or None
            )
        case "worded":
            return (part.words,) if part.stems.isdisjoint(chart.said) and not _ails(part, chart) else None
        case "trial":
            return (part.words,)
        case "allergy":
            return (part.words,) if not tells_of_allergy(chart) else None
        case "drugs":
            if not part.stems.isdisjoint(chart.said):
                return None
            allergy = parted.parts[0].sort == "allergy"  # "or related drugs": to be allergic to them
            return () if parted.narrowed or allergy else None if _tells(chart, "drug") else ("drugs",)
        case "ills":
            return () if parted.catch_all else None if _tells(chart, "condition") else ("illnesses",)
        case _:
            return () if part.stems.isdisjoint(chart.said) and not _ails(part, chart) else None


def _ails(part: Part, chart: Chart) -> bool:
    """Say whether the note tells of an illness of the part of the body that some words speak of."""
    return not all(is_silent(kind, chart, ever=False) for kind in _of_body(part))


def _of_body(part: Part) -> tuple[str, ...]:
    """Return the illnesses of the parts of the body that some words speak of."""
    return tuple(kind for words, kinds in ORGANS if words.search(part.words) for kind in kinds)


def _tells(chart: Chart, kind: str) -> bool:
    """Say whether the note names anything of a kind that it would tell of."""
    known = vocabulary()
    names = [*chart.asserted, *chart.patient.left_out]
    return any(
        name in known.concepts and known.get(name).kind == kind and would_be_told(name) for name in names
    )


def _kept(text: str, chart: Chart) -> Finding | None:
    """Return that the patient does keep to the protocol, or gives consent, where the words are of one who does not."""
    bare, _ = _blanked(BRACKET, _blanked(NARROWS, text)[0])
    for variable, asked, wanting in KEEPS:
        if (
            asked.search(bare) is None
            or wanting.search(bare) is None
            or _speaks_of_more(bare, asked, wanting)
        ):
            continue
        facts = [fact for fact in chart.measured(variable) if fact.asserted and fact.value == "yes"]
        if facts:
            return _contrary(tuple(facts), variable)
    return None


def _speaks_of_more(text: str, asked: re.Pattern[str], wanting: re.Pattern[str]) -> bool:
    """Say whether some alternative is about something else than the answer that is asked for."""
    if any(each.kind in NAMES and codes_of(each) for each in marked(text)):
        return True
    return any(
        asked.search(text, first, last) is None
        and wanting.search(text, first, last) is None
        and any(not SLIGHT.fullmatch(word.group()) for word in WORD.finditer(text, first, last))
        for first, last in parts(text, [])
    )


def _contrary(facts: tuple[Fact, ...], about: str) -> Finding:
    def prove() -> tuple[Ground, ...]:
        return tuple(Ground(told(fact), fact.source.where, f"says the contrary: {STEP}") for fact in facts)

    return Finding(Truth.NO, prove, about=about)


@lru_cache(maxsize=4096)
def _parted(text: str) -> Parted:
    """Return words as their alternatives; none where the words may say more or less than these."""
    condition = CONDITION.match(text)
    text = condition.group(1) if condition is not None else text
    text, _ = _blanked(LETS_OFF, text)
    text, modal = _blanked(MODAL, text)
    text, narrowed = _blanked(NARROWS, text)
    mentions = marked(text)
    named = {each: codes_of(each) for each in mentions if each.kind in NAMES}
    whole = [each for each in named if vocabulary().lookup(each.text) is not None]
    for bracket in BRACKET.finditer(text):
        if _says_how(bracket, mentions, named) or ASIDE.search(bracket.group()) is not None:
            text = text[: bracket.start()] + " " * len(bracket.group()) + text[bracket.end() :]
    if any(not inside(turn, whole) for turn in (*TURNED.finditer(text), *UNTOLD_PATTERN.finditer(text))):
        return Parted()
    found: list[Part] = []
    behind = False
    for first, last in _alternatives(text, whole):
        part = _part(text, first, last, mentions, named)
        if part is None:
            return Parted()
        behind = behind or BUT.match(text, first) is not None
        found.append(msgspec.structs.replace(part, behind=behind))
    return Parted(
        tuple(part for part in found if part.sort != "slight" or part.stems or _of_body(part)),
        bool(modal),
        bool(modal or narrowed),
    )


def _part(
    text: str, first: int, last: int, mentions: Sequence[Mention], named: dict[Mention, tuple[str, ...]]
) -> Part | None:
    own = [each for each in mentions if first <= each.start < last]
    words = " ".join(text[first:last].split()).strip(" .:")
    if any(map(_is_value, own)):
        return None
    if TRIALS.search(text, first, last):
        return Part("trial", words)
    if ALLERGY.search(text, first, last):
        return Part("allergy", words)
    codes = dict.fromkeys(code for each in own for code in named.get(each, ()))
    # How it was seen is no matter: "cancer on imaging" is not absent for want of the imaging.
    names = [name for name in codes if vocabulary().get(name).kind != "procedure"] or list(codes)
    if names:
        ever = any(each.kind in ("history", "status", "time") for each in own)
        return Part("named", words, tuple(names), ever=ever)
    slight = [(each.start, each.end) for each in own if each.kind in TIMES]
    content = " ".join(
        word.group()
        for word in WORD.finditer(text, first, last)
        if not SLIGHT.fullmatch(word.group())
        and not DRUGS.fullmatch(word.group())
        and not ILLS.fullmatch(word.group())
        and not any(low <= word.start() and word.end() <= high for low, high in slight)
    )
    if DRUGS.search(text, first, last):
        return Part("drugs", words, stems=stems(content))
    if content:
        if any(each.kind == "value" for each in own):
            return None
        things = [each for each in own if each.kind in NAMES or each.kind == "observation"]
        return Part("worded" if things else "slight", words, stems=stems(content))
    if ILLS.search(text, first, last):
        return Part("ills", words)
    people = any(each.kind in ("sex", "age", "person") for each in own)
    return None if people else Part("slight", words)


def _is_value(mention: Mention) -> bool:
    """Say whether what is named is measured: "uncontrolled blood pressure"."""
    variable = variables().get(mention.code.code) if mention.code is not None else None
    return mention.kind == "measurement" or (variable is not None and variable.kind == "number")


def _alternatives(text: str, whole: Sequence[Mention]) -> Iterator[tuple[int, int]]:
    """Yield where the alternatives stand; also parted at the end of a sentence, and before "other than"."""
    for first, last in parts(text, whole):
        cuts = [first, last]
        cuts += [stop.end() for stop in SENTENCE.finditer(text, first, last)]
        cuts += [but.start() for but in BUT.finditer(text, first, last)]
        yield from pairwise(sorted(set(cuts)))


def _says_how(
    bracket: re.Match[str], mentions: Sequence[Mention], named: dict[Mention, tuple[str, ...]]
) -> bool:
    """ "Hypokalemia (≤ 3 mmol/L)": the value in brackets says how a name before it is meant."""
    held = [each for each in mentions if bracket.start() < each.end and each.start < bracket.end()]
    before = any(codes and each.end <= bracket.start() for each, codes in named.items())
    return (
        before
        and any(each.kind in ("value", "measurement") for each in held)
        and not any(each.kind in NAMES and named.get(each) for each in held)
    )


def _blanked(pattern: re.Pattern[str], text: str) -> tuple[str, int]:
    """Return the text without what fits the pattern, and how often it did."""
    return pattern.subn(" ", text)
