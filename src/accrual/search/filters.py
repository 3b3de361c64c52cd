"""Filters: one row for each of the nine facets, with the registry's values and the words people use for them.

Comes in: a facet and a word ("recruiting", "phase 2", "women", "industry", "usa"). Goes out: registry values
(`RECRUITING`, `PHASE2`, …) for `Query.filters`. Refuses: a facet or value that does not exist (QueryError, listing
the known ones).
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import cast

import msgspec

from accrual.errors import QueryError
from accrual.message import Original, joined, message, word
from accrual.search.countries import country_code, country_name, country_names
from accrual.search.query import FACETS, Facet
from accrual.search.words import fold


class Filter(msgspec.Struct, frozen=True):
    """One filter: its facet (also the index field), the registry's field, what it asks, and its values' words."""

    facet: Facet
    registry_field: str
    question: str
    values: dict[str, tuple[str, ...]]
    """Registry value → words that mean it. Empty for countries, which have a table of their own."""
    groups: dict[str, tuple[str, ...]] = {}
    """Words that mean several values at once."""


# Registry values: enumerations of the OpenAPI document 2.0.3. The words are ours.
FILTERS: tuple[Filter, ...] = (
    Filter(
        "status",
        "OverallStatus",
        "Is the study recruiting?",
        {
            "RECRUITING": ("recruiting", "recruiting now"),
            "NOT_YET_RECRUITING": ("not yet recruiting", "not yet"),
            "ENROLLING_BY_INVITATION": ("enrolling by invitation", "by invitation", "invitation"),
            "ACTIVE_NOT_RECRUITING": ("active not recruiting", "active"),
            "COMPLETED": ("completed", "complete", "finished"),
            "SUSPENDED": ("suspended",),
            "TERMINATED": ("terminated", "stopped"),
            "WITHDRAWN": ("withdrawn",),
            "UNKNOWN": ("unknown", "unknown status"),
            "AVAILABLE": ("available",),
            "NO_LONGER_AVAILABLE": ("no longer available",),
            "TEMPORARILY_NOT_AVAILABLE": ("temporarily not available",),
            "APPROVED_FOR_MARKETING": ("approved for marketing", "approved"),
            "WITHHELD": ("withheld",),
        },
        {
            "open": ("RECRUITING", "NOT_YET_RECRUITING"),
            "closed": ("COMPLETED", "TERMINATED", "WITHDRAWN", "SUSPENDED"),
        },
    ),
    Filter(
        "phase",
        "Phase",
        "Which phase?",
        {
            "EARLY_PHASE1": ("early phase 1", "phase 0", "0"),
            "PHASE1": ("phase 1", "1", "phase i", "i"),
            "PHASE2": ("phase 2", "2", "phase ii", "ii"),
            "PHASE3": ("phase 3", "3", "phase iii", "iii"),
            "PHASE4": ("phase 4", "4", "phase iv", "iv"),
            "NA": ("not applicable", "n a", "none"),
        },
        {
            "1 2": ("PHASE1", "PHASE2"),
            "phase 1 2": ("PHASE1", "PHASE2"),
            "phase 2 3": ("PHASE2", "PHASE3"),
            "2 3": ("PHASE2", "PHASE3"),
        },
    ),
    Filter(
        "study_type",
        "StudyType",
        "What kind of study?",
        {
            "INTERVENTIONAL": ("interventional", "intervention", "clinical trial", "trial"),
            "OBSERVATIONAL": ("observational", "observation"),
            "EXPANDED_ACCESS": ("expanded access", "compassionate use"),
        },
    ),
    Filter(
        "sex",
        "Sex",
        "Who can join, by sex?",
        {
            "ALL": ("all", "any", "both"),
            "FEMALE": ("female", "females", "female only", "women only"),
            "MALE": ("male", "males", "male only", "men only"),
        },
        {
            "women": ("FEMALE", "ALL"),
            "woman": ("FEMALE", "ALL"),
            "men": ("MALE", "ALL"),
            "man": ("MALE", "ALL"),
        },
    ),
    Filter(
        "age_group",
        "StdAge",
        "Who can join, by age?",
        {
            "CHILD": ("child", "children", "birth 17", "pediatric", "paediatric", "kids"),
            "ADULT": ("adult", "adults", "18 64"),
            "OLDER_ADULT": ("older adult", "older adults", "older", "elderly", "65", "senior", "seniors"),
        },
    ),
    Filter(
        "funder",
        "FunderTypeSearch",
        "Who pays for or runs the study?",
        {
            "INDUSTRY": ("industry", "company", "companies"),
            "NIH": ("nih", "national institutes of health"),
            "FED": ("fed", "federal", "us federal", "other us federal agency"),
            "OTHER_GOV": ("other gov", "government", "other government"),
            "INDIV": ("indiv", "individual", "individuals"),
            "NETWORK": ("network", "networks"),
            "AMBIG": ("ambig", "ambiguous"),
            "OTHER": ("other", "university", "universities", "hospital", "hospitals", "academic"),
            "UNKNOWN": ("unknown",),
        },
    ),
    Filter(
        "healthy_volunteers",
        "HealthyVolunteers",
        "Are healthy volunteers taken?",
        {"true": ("true", "yes", "y", "accepted", "1"), "false": ("false", "no", "n", "not accepted", "0")},
    ),
    Filter("country", "LocationCountry", "In which country is a site?", {}),
    Filter(
        "results",
        "HasResults",
        "Are results posted?",
        {
            "true": ("true", "yes", "y", "with", "with results", "posted", "1"),
            "false": ("false", "no", "n", "without", "without results", "0"),
        },
    ),
)

_BY_FACET = {row.facet: row for row in FILTERS}


def filter_row(facet: str) -> Filter:
    """Return the row of a facet.

    Raises:
        QueryError: there is no such facet.
    """
    row = _BY_FACET.get(cast(Facet, facet))
    if row is None:
        raise QueryError(f"there is no filter {facet!r}: the filters are {', '.join(FACETS)}")
    return row


def filter_values(facet: str, words: str) -> tuple[str, ...]:
    """Return the registry values that a word or a registry value means.

    Example:
        >>> filter_values("phase", "phase 2"), filter_values("country", "USA")
        (('PHASE2',), ('United States',))

    Raises:
        QueryError: the facet has no such value; the message lists those it has.
    """
    row = filter_row(facet)
    said = fold(words)
    if facet == "country":
        return (_country(words),)
    for value, spellings in row.values.items():
        if said in (fold(value), *spellings):
            return (value,)
    if said in row.groups:
        return row.groups[said]
    known = ", ".join(_readable(value, spellings) for value, spellings in row.values.items())
    raise QueryError(
        message(
            "%(facet)s has no value %(words)s: it is one of %(known)s",
            facet=Original(facet),
            words=Original(repr(words[:80])),
            known=Original(known),
        )
    )


def read_filters(asked: dict[str, Sequence[str]]) -> dict[Facet, tuple[str, ...]]:
    """Return `Query.filters` from facets and people's words, each word's values once.

    Raises:
        QueryError: an unknown facet or value.
    """
    filters: dict[Facet, tuple[str, ...]] = {}
    for facet, words in asked.items():
        values = tuple(dict.fromkeys(value for word in words for value in filter_values(facet, word)))
        if values:
            filters[filter_row(facet).facet] = values
    return filters


def _readable(value: str, spellings: tuple[str, ...]) -> str:
    return f"{value} ({spellings[0]})" if spellings and fold(value) != spellings[0] else value


def _country(words: str) -> str:
    if country_code(words):
        return country_name(words)
    close = get_close_matches(words.strip(), country_names().values(), 3)
    hint = (
        message("did you mean %(words)s?", words=joined(" or ", [word(name, "country") for name in close]))
        if close
        else message("write its English name or ISO name, like South Korea")
    )
    raise QueryError(
        message("country has no value %(words)s: %(hint)s", words=Original(repr(words[:80])), hint=hint)
    )
