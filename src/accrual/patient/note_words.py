"""The words by which a note says how a thing bears on its patient: cues, headings, relatives, states.

Comes in: the tables in `patient/data`. Goes out: their rows. Refuses (VocabularyError): a broken table. A cue has an
axis and a kind (what it says), a side (it speaks of what stands after it or before it) and a reach (a list, a list
near by, the next thing alone). The method is ConText's: a cue governs what follows until something ends it (Harkema
2009, doi:10.1016/j.jbi.2009.05.002; Chapman 2001, doi:10.1006/jbin.2001.1029); the words were gathered from clinical
vignettes of 2021 and written anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

import ahocorasick_rs
import msgspec

from accrual.codes.spelling import fold
from accrual.codes.table import items, read_rows
from accrual.errors import VocabularyError

Axis: TypeAlias = Literal["truth", "time", "whom", "therapy", "relation", "end", "verb", "none", "such"]
"""What a cue speaks of. Of two cues on one axis the nearer counts. `end` ends all, `verb` ends after a comma."""
"""What a cue speaks of. Of two cues on one axis the nearer counts. `end` ends all, `verb` ends after a comma."""


Section: TypeAlias = Literal[
    "", "history", "surgery", "medications", "allergies", "family", "social", "plan", "exam"
]
"""What a heading says of what stands under it; empty where there is none or it says nothing."""


class Cue(msgspec.Struct, frozen=True):
    """What a phrase says, of what stands after or before it, and how far."""

    axis: Axis
    kind: str
    side: Literal["after", "before"] = "after"
    """`after`: it governs what stands after it."""
    reach: Literal["list", "next", "near"] = "list"
    """`next`: the next thing alone; `near`: a list that begins within a few words."""


_HEADINGS: Mapping[Section, str] = {
    "history": "past medical history | pmh | pmhx | medical history | past history | pmhx | problem list | history | "
    "active problems | comorbidities | chronic conditions | past medical hx | past medical and surgical history",
    "surgery": "past surgical history | psh | surgical history | procedures | past procedures | pshx",
    "medications": "medications | current medications | home medications | meds | home meds | medication | "
    "medications on admission | discharge medications | medication list | drugs | current meds | "
    "medications at home | prescriptions",
    "allergies": "allergies | allergy | drug allergies | adverse reactions | allergies and intolerances",
    "family": "family history | fh | fhx | family medical history | family hx",
    "social": "social history | sh | shx | habits | social hx",
    "plan": "plan | recommendations | treatment plan | disposition | follow up | plans",
    "exam": "physical exam | physical examination | exam | examination | vitals | vital signs | labs | laboratory | "
    "laboratory data | laboratory results | lab results | results | imaging | review of systems | ros | objective | "
    "investigations | data | studies | pertinent results",
    "": "history of present illness | hpi | chief complaint | assessment | assessment and plan | impression | "
    "reason for visit | reason for admission | presenting complaint | brief hospital course | hospital course | "
    "diagnosis | diagnoses | subjective | oncologic history | oncology history | discharge diagnosis | summary | "
    "cc | presentation | case | reason for referral",
}  # fmt: skip

SECTIONS: Mapping[str, Section] = {
    words: name for name, spelled in _HEADINGS.items() for words in spelled.split(" | ")
}
"""The words of a heading, in lower case, to the name of its section."""

RELATIVES = (
    "mother|father|sister|brother|aunt|uncle|cousin|grandmother|grandfather|grandparent|parent|sibling|"
    "son|daughter|mom|dad|twin|niece|nephew|grandma|grandpa|relative|family member"
)
"""Blood relatives, as a pattern; each may have an s."""
OTHERS = (
    "husband|wife|partner|spouse|boyfriend|girlfriend|roommate|friend|neighbor|coworker|colleague|classmate"
)
"""Who else a note may speak of, as a pattern."""

REPAIRS = frozenset(("repair", "surgery", "resection", "removal", "operation", "excision"))
"""After the name of a condition: it was there, and may be gone."""

_TABLES = Path(__file__).parent / "data"


@cache
def cue_table() -> tuple[tuple[str, tuple[Cue, ...]], ...]:
    """Return the phrases of `cues.tsv`, each with what it says.

    Raises:
        VocabularyError: the table breaks a rule.
    """
    return tuple(
        (row["words"], tuple(_cue(one, row["words"]) for one in items(row["says"])))
        for row in read_rows(_TABLES / "cues.tsv", ("words", "says"))
    )


def _cue(cell: str, words: str) -> Cue:
    try:
        return msgspec.convert(dict(zip(Cue.__struct_fields__, cell.split(), strict=True)), Cue)
    except (ValueError, msgspec.ValidationError) as error:
        raise VocabularyError(f"cues.tsv, {words!r}: write axis, kind, side and reach") from error


_AUXILIARY = re.compile(r"(?:(?:is|was|were|are|am|be|been|has|have|had|to|will|does|did|do|not|no) ?)*")


@cache
def _automaton() -> ahocorasick_rs.AhoCorasick:
    return ahocorasick_rs.AhoCorasick([words for words, _ in cue_table()])


def cues_in(text: str) -> list[tuple[int, int, tuple[Cue, ...]]]:
    """Return the cues of a sentence, in its order, none overlapping: the longer one at a place.

    "Was not | relieved by" and "not relieved by" overlap in part: there the later counts, for what the earlier has
    before it is an auxiliary verb alone.
    """
    folded = fold(text)
    table = cue_table()
    hits = sorted(
        (
            (start, end, index)
            for index, start, end in _automaton().find_matches_as_indexes(folded, overlapping=True)
            if not (start and folded[start - 1].isalnum())
            and not (end < len(folded) and folded[end].isalnum())
        ),
        key=lambda hit: (hit[0], -hit[1]),
    )
    found: list[tuple[int, int, tuple[Cue, ...]]] = []
    for start, end, index in hits:
        if found and start < found[-1][1]:
            before, reached, _ = found[-1]
            if end <= reached or not _AUXILIARY.fullmatch(folded, before, start):
                continue
            found.pop()
        found.append((start, end, table[index][1]))
    return found


@cache
def chart_names() -> tuple[tuple[str, str], ...]:
    """Return abbreviations that charts use and criteria texts leave open, each with a name of the vocabulary."""
    rows = read_rows(_TABLES / "chart_names.tsv", ("short", "name"))
    return tuple((row["short"], row["name"]) for row in rows)


@cache
def chart_variables() -> Mapping[str, str]:
    """Return what charts write for a variable right before a number, to the variable's id."""
    rows = read_rows(_TABLES / "chart_variables.tsv", ("short", "variable"))
    return {row["short"]: row["variable"] for row in rows}


@cache
def bare_units() -> Mapping[str, tuple[tuple[float, float, str], ...]]:
    """Return, by variable, the unit that charts leave out: from, to, unit."""
    found: dict[str, tuple[tuple[float, float, str], ...]] = {}
    for row in read_rows(_TABLES / "bare_units.tsv", ("id", "variable", "low", "high", "unit")):
        held = found.get(row["variable"], ())
        found[row["variable"]] = (*held, (float(row["low"]), float(row["high"]), row["unit"]))
    return found


@cache
def courses() -> Mapping[str, frozenset[str]]:
    """Return `lasting` and `passing` conditions, by id; their kinds go with them."""
    rows = read_rows(_TABLES / "courses.tsv", ("concept", "course", "reason"))
    return {
        course: frozenset(row["concept"] for row in rows if row["course"] == course)
        for course in ("lasting", "passing")
    }


@cache
def followers() -> Mapping[str, str]:
    """Return the words that, right after a name, make it part of something else, each with the reason."""
    return {row["word"]: row["reason"] for row in read_rows(_TABLES / "followers.tsv", ("word", "reason"))}


@cache
def state_rows() -> tuple[tuple[str, str, bool, re.Pattern[str]], ...]:
    """Return the rows of `states.tsv`: variable, answer, whether it holds, and the words."""
    rows = read_rows(_TABLES / "states.tsv", ("id", "variable", "answer", "holds", "pattern"))
    return tuple(
        (
            row["variable"],
            row["answer"],
            row["holds"] == "yes",
            re.compile(rf"\b(?:{row['pattern']})", re.IGNORECASE),
        )
        for row in rows
    )
