"""In which order studies come: what each of a search's words adds to a study's score.

Comes in: the expressions of `query.*`, each with its area. Goes out: clauses of a tantivy query, which score and decide
nothing. Refuses nothing.

BM25 of each word in the pieces of its area, times the registry's weights of the pieces; of the large areas in their
heaviest pieces, and of the rest in all together. Words that stand together in one of the heaviest pieces count once
more. Synonyms count less than what was written. What stands behind NOT adds nothing, nor do dates, numbers and places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import tantivy

from accrual.registry.areas import Area, find_area
from accrual.registry.fields import leaves
from accrual.search.expression import And, Expression, Or, Scoped, Words
from accrual.search.measures import measure_of
from accrual.search.plan import COMBINED, MAX_WORDS, MUST, SHOULD, Clause, Q
from accrual.search.registry_index import Snapshot
from accrual.search.registry_schema import OWN_FIELDS, STUDY_SCHEMA, shield, words_field
from accrual.search.scope import Scope
from accrual.search.words import stem_of

# Set by hand.
_SYNONYM_WEIGHT = 0.6  # of a synonym beside what was written
_SYNONYM_FIELDS = 4  # in which synonyms score, the heaviest
_SYNONYMS = 3  # synonyms that score, the vocabulary's first ones
_REST_WEIGHT = 0.35  # of all pieces of a large area together: the registry gives most of them 0.3 to 0.4
_TOGETHER_WEIGHT = 0.5  # of words that stand together in one value
_MOST_FIELDS = 15  # fields of one area that score each by itself
_MOST_CLAUSES = 500  # lookups that score
_MOST_ENTRIES = 10_000_000  # list entries that are read to score: some 0.2 s

_LONG: Final = frozenset(name for names in COMBINED.values() for name in names)
_OWN: Final = frozenset(field.piece for field in OWN_FIELDS)


def score_clauses(snapshot: Snapshot, node: Expression, scope: Scope) -> list[Clause]:
    """Return what scores the studies of an expression; of one with very many words, its first ones."""
    clauses: list[Clause] = []
    entries = 0
    for words, inner in _words(node, scope):
        for clause, cost in _score(snapshot, words, inner):
            entries += cost
            if len(clauses) >= _MOST_CLAUSES or entries > _MOST_ENTRIES:
                return clauses
            clauses.append(clause)
    return clauses


def _words(node: Expression, scope: Scope) -> Iterator[tuple[Words, Scope]]:
    """Yield the words that a study should have, each with where."""
    match node:
        case Words():
            yield node, scope
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _words(part, scope)
        case Scoped(part=part):
            yield from _words(part, scope.inside(node))


def _score(snapshot: Snapshot, node: Words, scope: Scope) -> Iterator[tuple[Clause, int]]:
    """Yield the clauses of words, what was written first, each with how many list entries it reads."""
    if scope.sized:
        return
    weights = _weights(find_area(scope.area))
    heaviest = sorted(weights, key=lambda each: -each[1])[:_SYNONYM_FIELDS]
    asked = scope.widened(node)
    written = [group[0] for unit in asked.units for group in unit.words]
    for words in written:
        yield from _weighed(snapshot, weights, words, 1.0)
    if len(written) > 1:
        heavy = [(name, weight) for name, weight in weights if name in _OWN]
        yield from _weighed(snapshot, heavy, [word for words in written for word in words], _TOGETHER_WEIGHT)
    for unit in asked.units:
        for synonym in unit.synonyms[:_SYNONYMS]:
            yield from _weighed(snapshot, heaviest, synonym, _SYNONYM_WEIGHT)


def _weights(area: Area) -> list[tuple[str, float]]:
    """Return the index fields in which an area's words score, with their weights."""
    weighed = [
        (leaf, part.weight)
        for part in area.parts
        for field in part.fields
        for leaf in leaves(field)
        if measure_of(leaf.type) is None
    ]
    if area.name in COMBINED:
        own = [(words_field(field.piece), weight) for field, weight in weighed if field.piece in _OWN]
        return own + [(name, _REST_WEIGHT) for name in COMBINED[area.name]]
    return [(words_field(field.piece), weight) for field, weight in weighed[:_MOST_FIELDS]]


def _weighed(
    snapshot: Snapshot, weights: Sequence[tuple[str, float]], words: Sequence[str], share: float
) -> Iterator[tuple[Clause, int]]:
    terms = [shield(stem_of(word)) for word in words[:MAX_WORDS]]
    for name, weight in weights:
        if not terms or (len(terms) > 1 and name in _LONG):
            continue  # positions of long texts are what costs most, and tell least
        rarest = min(snapshot.studies.doc_freq(name, term) for term in terms)
        if not rarest:
            continue
        if len(terms) == 1:
            query = Q.term_query(STUDY_SCHEMA, name, terms[0], "freq")
        else:
            query = Q.phrase_query(STUDY_SCHEMA, name, [*terms])
        yield (SHOULD, Q.boost_query(query, weight * share)), rarest


def scored(match: tantivy.Query, clauses: Sequence[Clause]) -> tantivy.Query:
    """Return the query of what matches, scored by the clauses alone."""
    return Q.boolean_query([(MUST, Q.const_score_query(match, 0.0)), *clauses])
