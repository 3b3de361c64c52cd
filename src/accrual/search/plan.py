"""An Essie expression as a query of the registry index: which studies match, exactly, in no order.

Comes in: an `Expression` and a snapshot of the index. Goes out: a tantivy query. Refuses (QueryTooLargeError): an
expression that would read more of the index than one search may.

tantivy cannot be interrupted, so what a query costs is known before it runs: how many terms it looks up, and how many
entries their lists have. A term that no study has costs nothing and is left out.

Where one site must fulfil a whole part (`SEARCH[Location]`), a part that a study fulfils exactly if one of its sites
does is asked of the study, and so are words of its city, state, country and status together (`site_words.py`); any
other is asked of the index of sites, and its studies are kept with the snapshot.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import msgspec
import tantivy

from accrual.basic import GeoPoint
from accrual.errors import QueryTooLargeError
from accrual.registry.fields import Field
from accrual.search.expansion import Widened
from accrual.search.expression import (
    And,
    Coverage,
    Distance,
    Everything,
    Expression,
    Missing,
    Not,
    Or,
    Range,
    Scoped,
    Words,
)
from accrual.search.measures import measure_of, read_number
from accrual.search.registry_index import Snapshot
from accrual.search.registry_schema import (
    BEGIN,
    END,
    SITE_SCHEMA,
    STUDY_SCHEMA,
    is_counted,
    measure_field,
    shield,
    size_field,
    words_field,
)
from accrual.search.scope import Scope, amounts, is_of_the_study
from accrual.search.site_words import Choice, choices
from accrual.search.words import stem_of

Q: Final = tantivy.Query
MUST, SHOULD, NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot
Clause: TypeAlias = tuple[tantivy.Occur, tantivy.Query]

MAX_TERMS = 20_000
"""Terms and phrases that a query may look up. Set by hand: each costs 1 to 10 µs before anything is read."""
MAX_ENTRIES = 40_000_000
"""List entries that a query may read. Set by hand: about a second; a word of all 600,000 studies has 600,000."""
MAX_WORDS = 128
"""Words of one phrase. Set by hand: the longest title of the shared records has 80."""
_PHRASE_COST = 3  # of a phrase's rarest word, an entry: measured 2026-11, positions and all
_FEW_KEYS = 200  # up to so many points a union is faster than a set (measured for `rank.py`)
_SITES_READ = 200_000  # sites whose studies are read at a time: what bounds memory
_COLUMN_SPEED = 10  # of a column so many values are read while a list gives one entry
_BYTES_A_KEY = 64  # of a study in a kept set; about what tantivy's term and ours take

COMBINED: Final = {"PatientSearch": ("patient",), "BasicSearch": ("patient", "basic")}
"""Areas whose pieces stand together in fields of their own."""


class Planner:
    """Makes the queries of one search, and counts what they cost together."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.terms = 0
        self.entries = 0

    def match(self, node: Expression, scope: Scope) -> tantivy.Query:
        """Return the query of a part.

        Raises:
            QueryTooLargeError: all that was asked of this planner is too much.
        """
        match node:
            case Words():
                return self._words(node, scope)
            case Range():
                return self._range(node, scope)
            case Distance():
                return self.near(GeoPoint(node.latitude, node.longitude), node.radius_km, scope.site)
            case Missing():
                return without(self._present(scope))
            case Everything():
                return Q.all_query()
            case And(parts=parts):
                return every(self.match(part, scope) for part in parts)
            case Or(parts=parts):
                return some(self.match(part, scope) for part in parts)
            case Not(part=part):
                return without(self.match(part, scope))
            case Scoped(part=part):
                inner = scope.inside(node)
                if inner.site and not scope.site:
                    return self._in_one_site(part, inner)
                return self.match(part, inner)

    def near(self, centre: GeoPoint, within_km: float, site: bool = False) -> tantivy.Query:
        """Return the query of everything that stands within a circle."""
        keys = self.snapshot.points.inside(centre, within_km)
        schema = _schema(site)
        self._count(len(keys), len(keys))
        if len(keys) > _FEW_KEYS:
            return Q.term_set_query(schema, "point", keys)
        return some(Q.term_query(schema, "point", key, "basic") for key in keys)

    # --- words --------------------------------------------------------------------------------------------------

    def _words(self, node: Words, scope: Scope) -> tantivy.Query:
        if scope.sized:
            size = read_number(node.text)
            return Q.empty_query() if size is None else self._counted(size, size, scope)
        parts = [
            self._between(field, *ends, scope)
            for field in scope.fields
            if (ends := amounts(field, node.text)) is not None
        ]
        asked = scope.widened(node)
        names = self._names(scope, asked.exact)
        if names and asked.units:
            parts.append(self._widened(asked, names, scope))
        return some(parts)

    def _names(self, scope: Scope, exact: bool) -> Sequence[str]:
        """Return the index fields that hold the words of an area."""
        if not exact and not scope.site and scope.covered is Coverage.CONTAINS and scope.area in COMBINED:
            return COMBINED[scope.area]
        worded = (field for field in scope.fields if measure_of(field.type) is None)
        return [words_field(field.piece, exact, scope.site) for field in worded]

    def _widened(self, asked: Widened, names: Sequence[str], scope: Scope) -> tantivy.Query:
        def anywhere(sequences: Iterable[Sequence[str]]) -> list[tantivy.Query]:
            return [self._sequence(name, each, scope, asked.exact) for name in names for each in sequences]

        if asked.needed < len(asked.groups):
            groups = [(SHOULD, some(anywhere(group))) for group in asked.groups]
            return Q.boolean_query(groups, asked.needed)
        return every(
            some([every(some(anywhere(group)) for group in unit.words), *anywhere(unit.synonyms)])
            for unit in asked.units
        )

    def _sequence(self, name: str, words: Sequence[str], scope: Scope, exact: bool) -> tantivy.Query:
        """Return the query of words that stand together in one value of an index field."""
        if len(words) > MAX_WORDS:
            raise QueryTooLargeError(f"a phrase of {len(words)} words: at most {MAX_WORDS} are searched")
        terms = [shield(word if exact else stem_of(word)) for word in words]
        if scope.covered in (Coverage.FULL_MATCH, Coverage.STARTS_WITH):
            terms.insert(0, BEGIN)
        if scope.covered in (Coverage.FULL_MATCH, Coverage.ENDS_WITH):
            terms.append(END)
        return self._phrase(name, terms, scope.site)

    def _phrase(self, name: str, terms: Sequence[str], site: bool) -> tantivy.Query:
        """Return the query of terms that stand together in an index field; it counts their lists."""
        schema = _schema(site)
        searcher = self.snapshot.sites if site else self.snapshot.studies
        rarest = min((searcher.doc_freq(name, term) for term in terms), default=0)
        self._count(len(terms), rarest * (1 if len(terms) == 1 else _PHRASE_COST * len(terms)))
        if not rarest:
            return Q.empty_query()
        if len(terms) == 1:
            return Q.term_query(schema, name, terms[0], "freq")
        return Q.phrase_query(schema, name, list(terms))

    # --- what is measured -----------------------------------------------------------------------------------------

    def _range(self, node: Range, scope: Scope) -> tantivy.Query:
        if scope.sized:
            low, high = (read_number(end) if end else None for end in (node.low, node.high))
            if (node.low and low is None) or (node.high and high is None):
                return Q.empty_query()
            return self._counted(low, high, scope)
        parts = []
        for field in scope.fields:
            if measure_of(field.type) is None:
                continue
            low_ends = amounts(field, node.low) if node.low else (None, None)
            high_ends = amounts(field, node.high) if node.high else (None, None)
            if low_ends is not None and high_ends is not None:
                parts.append(self._between(field, low_ends[0], high_ends[1], scope))
        return some(parts)

    def _between(self, field: Field, low: float | None, high: float | None, scope: Scope) -> tantivy.Query:
        name = measure_field(field.piece)
        self._count(1, self._documents(scope) // _COLUMN_SPEED)
        if low is None and high is None:
            return Q.exists_query(name)
        return Q.range_query(_schema(scope.site), name, tantivy.FieldType.Float, low, high)

    def _counted(self, low: float | None, high: float | None, scope: Scope) -> tantivy.Query:
        """Return the query of lists that have from `low` to `high` items; a list that is not there has none."""
        (field,) = scope.fields
        present = self._present(scope)
        least = 1 if low is None else max(1, math.ceil(low))
        most = None if high is None else math.floor(high)
        if most is not None and most < least:
            filled = Q.empty_query()
        elif is_counted(field):
            self._count(1, self._documents(scope) // _COLUMN_SPEED)
            filled = Q.range_query(
                _schema(scope.site),
                size_field(field.piece),
                tantivy.FieldType.Unsigned,
                min(least, _MOST_ITEMS),
                None if most is None else min(most, _MOST_ITEMS),
            )
        else:
            filled = present if least == 1 else Q.empty_query()
        holds_none = (low is None or low <= 0) and (high is None or high >= 0)
        return some([filled, without(present)]) if holds_none else filled

    def _documents(self, scope: Scope) -> int:
        return int((self.snapshot.sites if scope.site else self.snapshot.studies).num_docs)

    # --- what is there --------------------------------------------------------------------------------------------

    def _present(self, scope: Scope) -> tantivy.Query:
        """Return the query of everything that has any value in an area."""
        return some(self._has(field, scope) for field in scope.fields)

    def _has(self, field: Field, scope: Scope) -> tantivy.Query:
        if is_counted(field):
            self._count(1, self._documents(scope) // _COLUMN_SPEED)
            return Q.exists_query(size_field(field.piece))
        return self._phrase(words_field(field.piece, True, scope.site), [BEGIN], scope.site)

    # --- sites ----------------------------------------------------------------------------------------------------

    def _in_one_site(self, node: Expression, scope: Scope) -> tantivy.Query:
        """Return the query of studies that have a site for which a part holds."""
        if isinstance(node, Or):
            return some(self._in_one_site(part, scope) for part in node.parts)
        if isinstance(node, Scoped):
            return self._in_one_site(node.part, scope.inside(node))
        if is_of_the_study(node, scope):
            return self.match(node, msgspec.structs.replace(scope, site=False))
        together = choices(node, scope)
        if together is not None:
            return some(self._at_one_site(choice) for choice in together)
        key = ("sites", node, scope)
        held: tantivy.Query | None = self.snapshot.recall(key)
        if held is not None:
            return held
        studies = self._studies_of(self.match(node, scope))
        found = Q.term_set_query(STUDY_SCHEMA, "study", studies) if studies else Q.empty_query()
        self.snapshot.keep(key, found, _BYTES_A_KEY * len(studies) + 1_000)
        return found

    def _at_one_site(self, choice: Choice) -> tantivy.Query:
        """Return the query of studies of which one site has all tokens."""
        rarest = min((self.snapshot.studies.doc_freq("site", token) for token in choice), default=0)
        self._count(len(choice), rarest * _PHRASE_COST * len(choice))
        if not rarest:
            return Q.empty_query()
        tokens = sorted(choice)
        if len(tokens) == 1:
            return Q.term_query(STUDY_SCHEMA, "site", tokens[0], "basic")
        return Q.phrase_query(STUDY_SCHEMA, "site", [(0, token) for token in tokens])

    def _studies_of(self, query: tantivy.Query) -> list[int]:
        """Return the keys of the studies whose sites match."""
        sites = self.snapshot.sites
        total = int(sites.search(query, 1, count=True).count or 0)  # type: ignore[attr-defined]
        if total > _MOST_SITES:
            raise QueryTooLargeError(
                f"SEARCH[Location] finds {total:,} sites: at most {_MOST_SITES:,} are looked at; narrow it"
            )
        found: list[int] = []
        left, rest = total, query
        while left:
            hits = sites.search(
                rest, _SITES_READ, count=False, order_by_field="study", order=tantivy.Order.Asc
            ).hits
            found.extend(dict.fromkeys(int(study) for study, _ in hits))
            if left <= _SITES_READ:
                break
            beyond = Q.range_query(
                SITE_SCHEMA, "study", tantivy.FieldType.Unsigned, found[-1], include_lower=False
            )
            rest = every([query, beyond])
            left = int(sites.search(rest, 1, count=True).count or 0)  # type: ignore[attr-defined]
        return found

    def _count(self, terms: int, entries: int) -> None:
        self.terms += terms
        self.entries += entries
        if self.terms > MAX_TERMS:
            raise QueryTooLargeError(
                f"the search asks for more than {MAX_TERMS:,} terms: ask for less in one search"
            )
        if self.entries > MAX_ENTRIES:
            raise QueryTooLargeError(
                f"the search would read more than {MAX_ENTRIES:,} entries of the index: "
                "use rarer words or narrower areas"
            )


_MOST_ITEMS = 2**53
_MOST_SITES = 3_000_000  # set by hand: reading that many takes seconds, and is kept


def _schema(site: bool) -> tantivy.Schema:
    return SITE_SCHEMA if site else STUDY_SCHEMA


# --- queries joined -----------------------------------------------------------------------------------------------


def every(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    """Return the query of what matches all."""
    parts = list(queries)
    return parts[0] if len(parts) == 1 else Q.boolean_query([(MUST, part) for part in parts])


def some(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    """Return the query of what matches any; of none at all, nothing."""
    parts = list(queries)
    if not parts:
        return Q.empty_query()
    return parts[0] if len(parts) == 1 else Q.boolean_query([(SHOULD, part) for part in parts])


def without(query: tantivy.Query) -> tantivy.Query:
    """Return the query of what does not match."""
    return Q.boolean_query([(MUST, Q.all_query()), (NOT, query)])
