"""Which names of the merged concepts texts may be searched for.

Comes in: the drafts with all names that their sources give them. Goes out: each name with the one concept it means, and
the acronyms apart. Refuses nothing: a name that is doubtful is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from accrual.codes.concept import Concept
from accrual.codes.draft import Draft, Rules, content
from accrual.codes.spelling import folded_key, is_strict

_REACTIONS = frozenset(("allergy", "hypersensitivity", "intolerance"))
# DOID's names went into MONDO: the two are one witness.
_COPIES = {"DOID": "MONDO"}
# "Diarrhea 9" is the ninth kind in a list of genes, and in a criterion the beginning of a number of times.
_COUNTED = re.compile(r"(?<!type) (?:\d+|[ivx]+|\d[a-z])$")
_SHORTEST = 4  # letters of an imported name
_ACRONYM = 8  # letters up to which a name in capitals is an acronym, and may be another word written large


def names_of(
    drafts: Mapping[str, Draft],
    named_in_seed: Callable[[str], str | None],
    rules: Rules,
    is_taken: Callable[[str], bool],
    composed: Callable[[str, Draft], bool],
) -> tuple[dict[str, list[str]], tuple[tuple[str, str], ...]]:
    """The names that may be searched for, each for one concept; and the acronyms."""
    first: dict[str, str] = {}  # folded name -> who has it as its preferred name
    claimed: dict[str, set[str]] = {}
    accepted: list[tuple[str, str, str]] = []
    acronyms: dict[str, set[str]] = {}
    for draft in drafts.values():
        words = content(draft.name)
        for name, sources in draft.names.items():
            key = folded_key(name)
            if (len(name) <= _ACRONYM and name.isupper() and name.isalpha()) or is_strict(name):
                acronyms.setdefault(name, set()).add(draft.id)
                continue
            if draft.kind == "condition" and _COUNTED.search(key):
                continue
            if ", " in name or sum(sign.isalpha() for sign in key) < _SHORTEST or key in rules.names:
                continue
            if named_in_seed(name) is not None or is_taken(name):
                continue
            preferred = key in draft.preferred
            if preferred:
                first.setdefault(key, draft.id)
            elif not (
                draft.kind == "drug"
                or len({_COPIES.get(source, source) for source in sources}) > 1
                or key in rules.allowed
                or content(name) == words
            ):
                continue
            if draft.kind == "condition" and composed(key, draft):
                continue
            claimed.setdefault(key, set()).add(draft.id)
            accepted.append((key, name, draft.id))
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for key, name, owner in accepted:
        if key in seen or (first.get(key, owner) != owner) or (key not in first and len(claimed[key]) > 1):
            continue
        seen.add(key)
        found.setdefault(owner, []).append(name)
    alone = sorted((name, min(owners)) for name, owners in acronyms.items() if len(owners) == 1)
    return found, tuple(pair for pair in alone if named_in_seed(pair[0]) is None)


def composed_names(
    seed: Mapping[str, Concept],
    drafts: Mapping[str, Draft],
    named_in_seed: Callable[[str], str | None],
    is_qualifier: Callable[[str], bool],
) -> Callable[[str, Draft], bool]:
    """Says of a name that it is a qualifier and another name, "chronic hepatitis", or a drug and how one takes it,
    "aspirin allergy": the reader reads it as two.
    """
    called: dict[str, str] = {}
    for draft in drafts.values():
        for key in draft.preferred:
            called.setdefault(key, draft.id)

    @cache
    def above(key: str) -> frozenset[str]:
        parents = (*drafts[key].parents, *(seed[key].parents if key in seed else ()))
        return frozenset((key,)).union(*map(above, parents))

    def is_composed(key: str, draft: Draft) -> bool:
        start, _, last = key.rpartition(" ")
        if last in _REACTIONS and (found := named_in_seed(start) or called.get(start)) is not None:
            return drafts[found].kind == "drug"
        first, _, rest = key.partition(" ")
        if not rest or not is_qualifier(first):
            return False
        tail = named_in_seed(rest) or called.get(rest)
        return tail is not None and (tail in above(draft.id) or {"MONDO", "DOID"}.isdisjoint(draft.sources))

    return is_composed
