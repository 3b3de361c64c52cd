"""`aggFilters`: the registry's check boxes, one row for each, with the fields and values each key stands for.

Comes in: items such as `status:not rec`. Goes out: `AggFilter`s, and what must hold of a study. Refuses (QueryError) an
id that is none. A key that is none finds nothing, as in the registry: keys are case-sensitive.

Of one id any of the keys, of different ids all. Source: the ids and keys that the registry's search pages use (read
2026-11). What a key means is the wording of those pages: `sex:f` is "female", the studies of women alone; `funderType`
asks the lead sponsor and the collaborators; `other` are all who are neither NIH, another federal agency nor industry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec
import tantivy

from accrual.errors import QueryError
from accrual.search.plan import Q, every, some
from accrual.search.registry_schema import STUDY_SCHEMA

Value: TypeAlias = tuple[str, str]
"""A piece and one of its values, yes or no as `true` and `false`."""


class AggFilter(msgspec.Struct, frozen=True):
    """One filter as it was asked: its id and keys."""

    id: str
    keys: tuple[str, ...]


def _pieces(piece: str, keys: Mapping[str, str]) -> dict[str, tuple[Value, ...]]:
    return {key: ((piece, value),) for key, value in keys.items()}


_OTHER_FUNDERS = ("OTHER_GOV", "INDIV", "NETWORK", "AMBIG", "OTHER", "UNKNOWN")
_FUNDERS: Final = {"nih": ("NIH",), "fed": ("FED",), "industry": ("INDUSTRY",), "other": _OTHER_FUNDERS}

AGG_FILTERS: Final[Mapping[str, Mapping[str, tuple[Value, ...]]]] = {
    "status": _pieces(
        "OverallStatus",
        {
            "not": "NOT_YET_RECRUITING",
            "rec": "RECRUITING",
            "act": "ACTIVE_NOT_RECRUITING",
            "com": "COMPLETED",
            "ter": "TERMINATED",
            "enr": "ENROLLING_BY_INVITATION",
            "sus": "SUSPENDED",
            "wit": "WITHDRAWN",
            "unk": "UNKNOWN",
            "ava": "AVAILABLE",
            "nla": "NO_LONGER_AVAILABLE",
            "tna": "TEMPORARILY_NOT_AVAILABLE",
            "afm": "APPROVED_FOR_MARKETING",
        },
    ),
    "phase": _pieces(
        "Phase",
        {"0": "EARLY_PHASE1", "1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4", "NA": "NA"},
    ),
    "studyType": {
        **_pieces("StudyType", {"int": "INTERVENTIONAL", "obs": "OBSERVATIONAL", "exp": "EXPANDED_ACCESS"}),
        "obs_patreg": (("PatientRegistry", "true"),),
        "exp_indiv": (("ExpAccTypeIndividual", "true"),),
        "exp_inter": (("ExpAccTypeIntermediate", "true"),),
        "exp_treat": (("ExpAccTypeTreatment", "true"),),
    },
    "ages": _pieces("StdAge", {"child": "CHILD", "adult": "ADULT", "older": "OLDER_ADULT"}),
    "sex": _pieces("Sex", {"f": "FEMALE", "m": "MALE"}),
    "healthy": _pieces("HealthyVolunteers", {"y": "true"}),
    "results": _pieces("HasResults", {"with": "true", "without": "false"}),
    "docs": {
        "prot": (("LargeDocHasProtocol", "true"),),
        "sap": (("LargeDocHasSAP", "true"),),
        "icf": (("LargeDocHasICF", "true"),),
    },
    "funderType": {
        key: tuple((piece, value) for value in values for piece in ("LeadSponsorClass", "CollaboratorClass"))
        for key, values in _FUNDERS.items()
    },
    "violation": _pieces("FDAAA801Violation", {"y": "true"}),
}


def read_agg_filter(item: str) -> AggFilter:
    """Return a filter as the API writes it: `id:keys`, the keys with spaces between them.

    Raises:
        QueryError: there is no such id.

    Example:
        >>> read_agg_filter("status:not rec")
        AggFilter(id='status', keys=('not', 'rec'))
    """
    name, _, keys = item.strip().partition(":")
    if name not in AGG_FILTERS:
        raise QueryError(f"aggFilters has no id {name[:80]!r}: it has {', '.join(AGG_FILTERS)}")
    return AggFilter(name, tuple(keys.split()))


def agg_query(asked: tuple[AggFilter, ...]) -> tantivy.Query:
    """Return the query of what all filters let through."""
    return every(
        some(value_query(*value) for key in each.keys for value in AGG_FILTERS[each.id].get(key, ()))
        for each in asked
    )


def value_query(piece: str, value: str) -> tantivy.Query:
    """Return the query of studies that have a fixed value."""
    return Q.term_query(STUDY_SCHEMA, f"values.{piece}", value, "basic")
