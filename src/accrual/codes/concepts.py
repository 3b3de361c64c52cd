"""The vocabulary: conditions, drugs and procedures, their names, their families, their codes elsewhere.

Comes in: words, or a code of another system. Goes out: concepts, the places where a text names them, and whether
one is a kind of another. Refuses (VocabularyError): an id no row has; a table with a missing parent, a circle, a
parent of another kind, or one spelling for two concepts.

`is_a` means true subsumption only: every patient with the child has the parent. A wrong parent makes a wrong
verdict, so a doubtful one is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal, TypeAlias, cast, get_args

import msgspec

from accrual.codes.spotting import Spotter
from accrual.codes.table import items, read_table
from accrual.errors import VocabularyError

ConceptKind: TypeAlias = Literal["condition", "drug", "procedure"]

_COLUMNS = ("id", "kind", "name", "parents", "synonyms", "codes", "source")

SYSTEMS: Mapping[str, str] = {
    "http://snomed.info/sct": "SNOMED",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD10",
    "http://hl7.org/fhir/sid/icd-10": "ICD10",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RXNORM",
    "http://id.nlm.nih.gov/mesh": "MESH",
    "http://purl.obolibrary.org/obo/mondo.owl": "MONDO",
    "http://hl7.org/fhir/sid/cvx": "CVX",
}
"""Code systems as FHIR names them (HL7 terminology, "Using codes in FHIR") to the short names of the table."""


class Concept(msgspec.Struct, frozen=True):
    """One row of `concepts.tsv`."""

    id: str
    kind: ConceptKind
    name: str
    parents: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """`SNOMED:91861009`, `ICD10:C91.0`, `RXNORM:6809`, `MESH:D015456`, `CVX:140`: ours is the same or wider."""
    source: str = ""


class Spotted(msgspec.Struct, frozen=True):
    """A concept named in a text: `text[start:end]`."""

    start: int
    end: int
    concept: Concept


class Vocabulary:
    """All concepts, with the indexes to find them. Built once, read only."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.concepts: Mapping[str, Concept] = {concept.id: concept for concept in concepts}
        self._ancestors = _families(self.concepts)
        self._descendants: dict[str, set[str]] = {}
        for child, family in self._ancestors.items():
            for parent in family:
                self._descendants.setdefault(parent, set()).add(child)
        self._codes: dict[str, str] = {}
        for concept in self.concepts.values():
            for code in concept.codes:
                if self._codes.setdefault(code, concept.id) != concept.id:
                    raise VocabularyError(f"{code} stands at {self._codes[code]} and {concept.id}: keep one")
        self._spotter: Spotter[str] = Spotter(
            (name, concept.id)
            for concept in self.concepts.values()
            for name in dict.fromkeys((concept.name, *concept.synonyms))
        )

    def get(self, concept_id: str) -> Concept:
        """Return the concept with this id.

        Raises:
            VocabularyError: no row has it.
        """
        try:
            return self.concepts[concept_id]
        except KeyError:
            raise VocabularyError(f"{concept_id!r} is no concept: concepts.tsv has no such row") from None

    def lookup(self, text: str) -> Concept | None:
        """Return the concept that the whole of `text` names: case, plural, hyphens and British spelling aside.

        Abbreviations of three capitals or fewer must be written so: `ALL` is a leukemia, `all` is not.
        """
        found = self._spotter.lookup(text)
        return None if found is None else self.concepts[found]

    def spot(self, text: str) -> tuple[Spotted, ...]:
        """Return the concepts named in `text`: leftmost, longest, none overlapping, whole words only.

        Example:
            >>> [spotted.concept.id for spotted in vocabulary().spot("All patients with T-ALL or HIV infection")]
            ['t-all', 'hiv-infection']
        """
        return tuple(
            Spotted(start, end, self.concepts[found]) for start, end, found in self._spotter.spot(text)
        )

    def is_a(self, concept_id: str, ancestor: str) -> bool:
        """Say whether the one is the other or a kind of it; False where either is no concept of the table."""
        return ancestor in self._ancestors.get(concept_id, ())

    def ancestors(self, concept_id: str) -> frozenset[str]:
        """Return the ids of the concept and of all it is a kind of.

        Raises:
            VocabularyError: no row has this id.
        """
        return self._ancestors[self.get(concept_id).id]

    def descendants(self, concept_id: str) -> frozenset[str]:
        """Return the ids of the concept and of all its kinds.

        Raises:
            VocabularyError: no row has this id.
        """
        return frozenset(self._descendants[self.get(concept_id).id])

    def by_code(self, system: str, code: str) -> Concept | None:
        """Return the concept for a code of `SNOMED`, `ICD10`, `RXNORM`, `MESH`, `MONDO`, `CVX`, or of a FHIR URI.

        ICD-10 codes fall back on their category: `C91.01` finds the row with `C91.0`. None if no row has it.
        """
        name = SYSTEMS.get(system, system).upper()
        found = self._codes.get(f"{name}:{code}")
        if found is None and name == "ICD10":
            shorter = code
            while found is None and len(shorter) > 3:
                shorter = shorter[:-1].rstrip(".")
                found = self._codes.get(f"{name}:{shorter}")
        return None if found is None else self.concepts[found]


def _families(concepts: Mapping[str, Concept]) -> dict[str, frozenset[str]]:
    """Return each concept's ancestors, itself included."""
    done: dict[str, frozenset[str]] = {}

    def climb(concept: Concept, below: tuple[str, ...]) -> frozenset[str]:
        if concept.id in done:
            return done[concept.id]
        if concept.id in below:
            raise VocabularyError(f"concepts.tsv: a circle of parents: {' > '.join((*below, concept.id))}")
        family = {concept.id}
        for name in concept.parents:
            parent = concepts.get(name)
            if parent is None:
                raise VocabularyError(f"concepts.tsv, {concept.id}: the parent {name!r} has no row")
            if parent.kind != concept.kind:
                raise VocabularyError(
                    f"concepts.tsv, {concept.id}: a {concept.kind}, its parent {name} a {parent.kind}"
                )
            family |= climb(parent, (*below, concept.id))
        done[concept.id] = frozenset(family)
        return done[concept.id]

    for concept in concepts.values():
        climb(concept, ())
    return done


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary of `concepts.tsv`.

    Raises:
        VocabularyError: the table breaks a rule.
    """
    return Vocabulary(_read(row) for row in read_table("concepts.tsv", _COLUMNS))


def allergy_to(name: str) -> Concept | None:
    """Return the condition that is the allergy to this, where the table has a row for it.

    Example:
        >>> allergy_to("penicillin").id
        'penicillin-allergy'
    """
    return vocabulary().lookup(f"{name} allergy")


def _read(row: Mapping[str, str]) -> Concept:
    if row["kind"] not in get_args(ConceptKind):
        raise VocabularyError(
            f"concepts.tsv, {row['id']}: kind {row['kind']!r} must be condition, drug or procedure"
        )
    return Concept(
        id=row["id"],
        kind=cast(ConceptKind, row["kind"]),
        name=row["name"],
        parents=items(row["parents"]),
        synonyms=items(row["synonyms"]),
        codes=items(row["codes"]),
        source=row["source"],
    )
