"""Retrieval by a passage: the words of a patient's note, in a record's own words and in its criteria.

Comes in: an index and a text of any length. Goes out: hits, best first by BM25, whatever number of words they share
with the text. Refuses nothing: a text without a word that stands in a record finds nothing.

A search asks for every word and a passage for none in particular: a word counts by how rare it is, and a word that
comes more than once in the passage counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tantivy

from accrual.search.index import SCHEMA, TextIndex, study_of
from accrual.search.narrowing import filter_clauses, near_clauses
from accrual.search.query import Facet, Hit, Near, Query
from accrual.search.rank import hits_of
from accrual.search.words import terms_of

Q = tantivy.Query
FIELDS: tuple[tuple[str, float], ...] = (("all", 1.0), ("criteria", 1.0))
"""Where the words are looked for, and what they weigh there: plain BM25 of a record with its criteria."""

MAX_CHARS = 100_000
"""No more than this is read of a passage; a hospital's discharge summary has some 10,000 characters."""

MAX_TERMS = 400
"""Different words asked for: the rarest. Every one costs a look at each study that has it."""

_EMPTY = frozenset(
    terms_of(
        "the of and in for with an to on or by from at is are "
        "disease disorder syndrome condition patient chronic acute other unspecified"
    )
)
"""Words of names that say nothing of which thing is meant: half of all conditions are a chronic disease."""

_OF_ANY_NOTE = frozenset(
    terms_of(
        "the of and in for with an to on or by from at is are was were be been has have had he she his her him who "
        "which that this it as not no any all other than then after before during patient presents presented year "
        "old yo man woman male female boy girl history"
    )
)
"""Words of notes that say nothing of what trial is sought."""


def passage_terms(searcher: tantivy.Searcher, text: str) -> tuple[str, ...]:
    """Return the words of a passage that stand in the index, each once, at most `MAX_TERMS`, rarest first."""
    terms = dict.fromkeys(terms_of(text[:MAX_CHARS]))
    counts = {term: searcher.doc_freq("all", term) + searcher.doc_freq("criteria", term) for term in terms}
    known = sorted((term for term in terms if counts[term]), key=lambda term: (counts[term], term))
    return tuple(known[:MAX_TERMS])


def word_weights(texts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the words of weighted texts, each once, with the greatest weight that it has in any; no empty words.

    Example:
        >>> word_weights([("chronic asthma", 1.0), ("asthma inhaler", 0.5)])["asthma"]
        1.0
    """
    found: dict[str, float] = {}
    for text, weight in texts:
        for term in terms_of(text):
            if len(term) > 1 and term not in _EMPTY:
                found[term] = max(found.get(term, 0.0), weight)
    return found


def likeness(
    index: TextIndex, numbers: Sequence[str], words: Mapping[str, float], field: str
) -> dict[str, float]:
    """Return the BM25 score of weighted words in one field of some studies, by NCT number; 0 is left out.

    Arguments:
        words: index terms (`word_weights`, `passage_terms`) with weights.
        field: a field of the index: `all`, `criteria`, `title`, `condition`.
    """
    return likenesses(index, numbers, words, (field,))[field]


def likenesses(
    index: TextIndex, numbers: Sequence[str], words: Mapping[str, float], fields: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return for each field what `likeness` returns of it."""
    if not words or not numbers:
        return {field: {} for field in fields}
    held = Q.const_score_query(Q.term_set_query(SCHEMA, "id", [_id(number) for number in numbers]), 0.0)
    return {field: _scores(index, held, len(numbers), words, field) for field in fields}


def _scores(
    index: TextIndex, held: tantivy.Query, limit: int, words: Mapping[str, float], field: str
) -> dict[str, float]:
    searcher, _ = index.searcher()
    either = [
        (tantivy.Occur.Should, Q.boost_query(Q.term_query(SCHEMA, field, term, "freq"), weight))
        for term, weight in _heaviest(words)
    ]
    both = [(tantivy.Occur.Must, Q.boolean_query(either)), (tantivy.Occur.Must, held)]
    hits: list[Any] = searcher.search(Q.boolean_query(both), limit, count=False).hits
    keys = searcher.fast_field_values("updated", [address for _, address in hits])
    return {study_of(int(key or 0)): score for (score, _), key in zip(hits, keys, strict=True)}


def candidates_of_words(
    index: TextIndex,
    text: str,
    limit: int,
    filters: dict[Facet, tuple[str, ...]] | None = None,
    near: Near | None = None,
) -> tuple[Hit, ...]:
    """Return the studies whose words are most like those of a text, best first; `matched` stays empty."""
    terms = passage_terms(index.searcher()[0], text)
    return candidates_by(index, dict.fromkeys(terms, 1.0), FIELDS, limit, filters, near)


def candidates_by(
    index: TextIndex,
    words: Mapping[str, float],
    fields: Sequence[tuple[str, float]],
    limit: int,
    filters: dict[Facet, tuple[str, ...]] | None = None,
    near: Near | None = None,
) -> tuple[Hit, ...]:
    """Return the studies that have most of weighted words in some fields, best first; `matched` stays empty.

    Arguments:
        words: index terms with weights; of more than `MAX_TERMS` the lightest are not asked for.
        fields: fields of the index with weights.
    """
    searcher, points = index.searcher()
    if not words or limit < 1:
        return ()
    either = [
        (tantivy.Occur.Should, Q.boost_query(Q.term_query(SCHEMA, field, term, "freq"), weight * share))
        for term, weight in _heaviest(words)
        for field, share in fields
    ]
    clauses = [
        (tantivy.Occur.Must, Q.boolean_query(either)),
        *filter_clauses(filters or {}),
        *near_clauses(points, near),
    ]
    # Words alone are asked for without a clause around them: so the index may pass over what cannot be among the best.
    asked = Q.boolean_query(clauses if len(clauses) > 1 else either)
    found: list[Any] = searcher.search(asked, limit, count=False).hits
    keys = searcher.fast_field_values("updated", [address for _, address in found])
    order = sorted(range(len(found)), key=lambda rank: (-found[rank][0], -int(keys[rank] or 0)))
    return hits_of(searcher, [found[rank] for rank in order], Query(near=near))


def hits_among(
    index: TextIndex,
    numbers: Sequence[str],
    filters: dict[Facet, tuple[str, ...]] | None = None,
    near: Near | None = None,
) -> tuple[Hit, ...]:
    """Return those of some studies that a search's filters let through, newest update first, without scores."""
    if not numbers:
        return ()
    searcher, points = index.searcher()
    held = Q.term_set_query(SCHEMA, "id", [_id(number) for number in numbers])
    clauses = [
        (tantivy.Occur.Must, Q.const_score_query(held, 0.0)),
        *filter_clauses(filters or {}),
        *near_clauses(points, near),
    ]
    found: list[Any] = searcher.search(
        Q.boolean_query(clauses), len(numbers), count=False, order_by_field="updated"
    ).hits
    # An identifier of another study may be the number of this one.
    asked = frozenset(numbers)
    hits = hits_of(searcher, [(0.0, address) for _, address in found], Query(near=near))
    return tuple(hit for hit in hits if hit.nct_id in asked)


def note_words(searcher: tantivy.Searcher, text: str) -> dict[str, float]:
    """Return the telling words of a note, 1 each: those of `passage_terms` without numbers and what any note says."""
    return {
        term: 1.0
        for term in passage_terms(searcher, text)
        if len(term) > 1 and not term.isdigit() and term not in _OF_ANY_NOTE
    }


def _id(number: str) -> str:
    """Return what `id_key` returns of an NCT number, of which there are a thousand."""
    return number.lower()


def _heaviest(words: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(words.items(), key=lambda item: (-item[1], item[0]))[:MAX_TERMS]
