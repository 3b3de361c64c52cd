"""The vocabulary: conditions, drugs and procedures, their names, their families, their codes elsewhere.

Comes in: words, or a code of another system. Goes out: concepts, the places where a text names them, and whether
one is a kind of another. Refuses (VocabularyError): an id no row has; a table with a missing parent, a circle, a
parent of another kind, or one spelling for two concepts.

`is_a` means true subsumption only: every patient with the child has the parent. A wrong parent makes a wrong
verdict, so a doubtful one is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import cast, get_args

import msgspec

from accrual.codes.concept import Concept as Concept
from accrual.codes.concept import ConceptKind as ConceptKind
from accrual.codes.shelf import Shelf
from accrual.codes.shelves import open_shelf
from accrual.codes.spelling import folded_key
from accrual.codes.spotting import Spotter
from accrual.codes.table import CONCEPT_COLUMNS, items, read_table
from accrual.codes.wording import same_words, wording
from accrual.errors import VocabularyError

SYSTEMS: Mapping[str, str] = {
    "http://snomed.info/sct": "SNOMED",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD10",
    "http://hl7.org/fhir/sid/icd-10": "ICD10",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RXNORM",
    "http://id.nlm.nih.gov/mesh": "MESH",
    "http://purl.obolibrary.org/obo/mondo.owl": "MONDO",
    "http://purl.obolibrary.org/obo/hp.owl": "HP",
    "http://purl.obolibrary.org/obo/doid.owl": "DOID",
    "http://fdasis.nlm.nih.gov": "UNII",
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://www.omim.org": "OMIM",
    "http://www.orpha.net": "ORPHA",
}
"""Code systems as FHIR names them (HL7 terminology, "Using codes in FHIR") to the short names of the table."""


class Spotted(msgspec.Struct, frozen=True):
    """A concept named in a text: `text[start:end]`."""

    start: int
    end: int
    concept: Concept


class Vocabulary:
    """All concepts, with the indexes to find them. Built once, read only.

    The rows of the seed table lie in memory; the imported ones stay on the shelf until they are asked for. Where both
    name the same place of a text, the longer name counts, then the seed's.
    """

    def __init__(self, concepts: Iterable[Concept], shelf: Shelf | None = None) -> None:
        self.shelf = shelf
        seed = {concept.id: concept for concept in concepts}
        self._ancestors = _families(seed)
        if shelf is not None:
            seed = {key: _widened(concept, shelf, self._ancestors) for key, concept in seed.items()}
            self._ancestors = {}
        self.concepts: Mapping[str, Concept] = _Shelved(seed, shelf)
        self._children: dict[str, list[str]] | None = None
        self._codes: dict[str, str] = {}
        for concept in seed.values():
            for code in concept.codes:
                if self._codes.setdefault(code, concept.id) != concept.id:
                    raise VocabularyError(f"{code} stands at {self._codes[code]} and {concept.id}: keep one")
        self._spotter: Spotter[str] = Spotter(
            (
                (name, concept.id)
                for concept in seed.values()
                for name in dict.fromkeys((concept.name, *concept.synonyms))
            ),
            shelf.hits if shelf is not None else None,
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
        if found is None and self.shelf is not None:
            found = self.shelf.lookup(folded_key(text))
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
        return ancestor in self._family(concept_id)

    def ancestors(self, concept_id: str) -> frozenset[str]:
        """Return the ids of the concept and of all it is a kind of.

        Raises:
            VocabularyError: no row has this id.
        """
        return self._family(self.get(concept_id).id)

    def descendants(self, concept_id: str) -> frozenset[str]:
        """Return the ids of the concept and of all its kinds. The first call reads the whole table.

        Raises:
            VocabularyError: no row has this id.
        """
        if self._children is None:
            children: dict[str, list[str]] = {}
            for concept in self.concepts.values():
                for parent in concept.parents:
                    children.setdefault(parent, []).append(concept.id)
            self._children = children
        found: set[str] = set()
        waiting = [self.get(concept_id).id]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._children.get(one, ())
        return frozenset(found)

    def _family(self, concept_id: str) -> frozenset[str]:
        """The ids of a concept and of all above it; empty for what is no concept."""
        known = self._ancestors.get(concept_id)
        if known is None and ":" in concept_id:
            return same_words(concept_id)
        if known is None:
            concept = self.concepts.get(concept_id)
            if concept is None:
                return frozenset()
            known = frozenset((concept_id,)).union(*(self._family(parent) for parent in concept.parents))
            self._ancestors[concept_id] = known
        return known

    def by_code(self, system: str, code: str) -> Concept | None:
        """Return the concept for a code of `SNOMED`, `ICD10`, `RXNORM`, `MESH`, `MONDO`, `OMIM`, … or of a FHIR URI.

        ICD-10 codes fall back on their category: `C91.01` finds the row with `C91.0`. None if no row has it.
        """
        name = SYSTEMS.get(system, system).upper()
        found = self._code(f"{name}:{code}")
        if found is None and name == "ICD10":
            shorter = code
            while found is None and len(shorter) > 3:
                shorter = shorter[:-1].rstrip(".")
                found = self._code(f"{name}:{shorter}")
        return None if found is None else self.concepts[found]

    def _code(self, code: str) -> str | None:
        found = self._codes.get(code)
        return self.shelf.by_code(code) if found is None and self.shelf is not None else found


class _Shelved(Mapping[str, Concept]):
    """The seed's concepts and the imported ones as one mapping; the imported are decoded when asked for.

    What is known by its words alone (`codes.wording`) is found by its id, and is not among those that are counted.
    """

    def __init__(self, seed: Mapping[str, Concept], shelf: Shelf | None) -> None:
        self._seed = seed
        self._shelf = shelf

    def __getitem__(self, key: str) -> Concept:
        concept = self._seed.get(key)
        if concept is None:
            shelved = self._shelf.get(key) if self._shelf is not None else None
            concept = shelved or wording(key)
        if concept is None:
            raise KeyError(key)
        return concept

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        yield from self._seed
        if self._shelf is not None:
            yield from (concept.id for concept in self._shelf if concept.id not in self._seed)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _widened(concept: Concept, shelf: Shelf, seed: Mapping[str, frozenset[str]]) -> Concept:
    """A seed row with the parents and codes that the sources add to it; the seed's own say what is above it."""
    more = shelf.get(concept.id)
    if more is None:
        return concept
    above = seed[concept.id]
    parents = tuple(
        key for key in more.parents if key not in above and (key in seed or shelf.get(key) is not None)
    )
    return msgspec.structs.replace(
        concept,
        parents=(*concept.parents, *parents),
        codes=(*concept.codes, *(code for code in more.codes if code not in concept.codes)),
        source=f"{concept.source}; {more.source}" if parents or more.codes else concept.source,
    )


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
    """Return the vocabulary: `concepts.tsv`, and the imported concepts where they have been built.

    Raises:
        VocabularyError: the table breaks a rule.
    """
    return Vocabulary(seed_concepts(), open_shelf())


def seed_concepts() -> tuple[Concept, ...]:
    """Return the rows of `concepts.tsv`.

    Raises:
        VocabularyError: the table breaks a rule.
    """
    return tuple(_read(row) for row in read_table("concepts.tsv", CONCEPT_COLUMNS))


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
