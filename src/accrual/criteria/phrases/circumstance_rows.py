"""The rows of `circumstance.py`: what must be said of each circumstance, and what else may be.

Comes in: nothing; these are tables. Goes out: `ROWS`, and `CORES`, a word of which every such clause holds. Refuses
nothing.
"""

from __future__ import annotations

import msgspec

from accrual.criteria.words import word_set

_ANY = word_set(
    "a an the any all of to for with in by on or and is are be being been who that which have has "
    "having patient patients subject subjects participant participants volunteer volunteers individual "
    "individuals person persons people must should do does their his her they he she currently current "
    "either he/she his/her"
)


class Circumstance(msgspec.Struct, frozen=True):
    """One row: the words of which one must stand there, of each set; and the words that may."""

    variable: str
    cores: tuple[frozenset[str], ...]
    words: frozenset[str]


def _row(variable: str, cores: tuple[str, ...], words: str) -> Circumstance:
    sets = tuple(word_set(core) for core in cores)
    return Circumstance(variable, sets, _ANY.union(*sets, word_set(words)))


ROWS: tuple[Circumstance, ...] = (
    _row(
        "health-insurance",
        ("insurance security", "social health medical"),
        "system systems scheme schemes regime regimen coverage cover covered covers beneficiary "
        "beneficiaries benefiting benefit benefits affiliated affiliation affiliate registered "
        "member entitled entitlement insured french france national public under health-insurance "
        "plan holder valid assignee equivalent same through care",
    ),
    _row(
        "phone-access",
        ("phone phones telephone telephones smartphone smartphones cellphone cellphones",),
        "access own owns owning possess possesses possession use regular reliable working personal "
        "functioning mobile cell smart available availability able ability",
    ),
    _row(
        "internet-access",
        ("internet wifi",),
        "access regular reliable available availability connection use home stable service able "
        "ability daily",
    ),
    _row(
        "works-for-study",
        (
            "employee employees employed staff personnel member members",
            "investigator investigators sponsor site sites center centre clinic study institution cro",
        ),
        "principal study's team research trial clinical directly involved involvement conduct "
        "conducting associated working sponsor's investigator's investigational contract "
        "organization sub-investigator",
    ),
    _row(
        "plans-to-move",
        (
            "move moving relocate relocating relocation",
            "plan plans planning planned intend intends intending expect",
        ),
        "area out away from city country state region during study trial period within next year "
        "months follow-up duration course geographic geographical local relocation before end",
    ),
    _row(
        "walks",
        ("ambulatory ambulate ambulant walk walking",),
        "able ability capable can fully",
    ),
    _row(
        "took-part-before",
        (
            "participated participation enrolled enrollment enrolment randomized randomised included",
            "this same present",
            "previously previous prior earlier already past",
        ),
        "into study trial clinical current protocol research been was were had history",
    ),
)
BY_WORD: dict[str, tuple[Circumstance, ...]] = {
    word: tuple(row for row in ROWS if word in row.cores[0])
    for word in {word for row in ROWS for word in row.cores[0]}
}
CORES = frozenset(BY_WORD)
