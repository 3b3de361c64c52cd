"""A search from words: what a person typed into options, a form or an address becomes one `Query`.

Comes in: strings. Goes out: `accrual.search.query.Query`. Refuses: a filter word the registry does not have, a
radius without a place, a sort by distance without a place (QueryError), a place nobody knows (PlaceNotFoundError).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import get_args

from accrual.errors import QueryError
from accrual.message import Original, message
from accrual.plain.age import age_span
from accrual.plain.distance import read_distance
from accrual.search.filters import filter_values
from accrual.search.places import Place
from accrual.search.query import Facet, Near, Query, Sort

SORTS: tuple[Sort, ...] = get_args(Sort)


def build_query(
    *,
    find_place: Callable[[str], Place],
    text: str = "",
    condition: str = "",
    intervention: str = "",
    filters: Mapping[Facet, Iterable[str]] | None = None,
    near: str = "",
    within: str = "",
    recruiting_sites: bool = False,
    age: str = "",
    sort: str = "relevance",
    top: int = 20,
    offset: int = 0,
    today: date | None = None,
) -> Query:
    """Return the query that the words mean.

    Raises:
        QueryError: a word, distance or combination that makes no sense.
        PlaceNotFoundError: nobody knows the place.
    """
    for typed in (text, condition, intervention, near, age):
        _require_text(typed)
    chosen: dict[Facet, tuple[str, ...]] = {}
    for facet, words in (filters or {}).items():
        values = read_words(facet, words)
        if values:
            chosen[facet] = values
    order = next((known for known in SORTS if known == sort), None)
    if order is None:
        raise QueryError(
            message(
                "%(sort)s is not an order: choose one of %(orders)s",
                sort=Original(repr(sort)),
                orders=Original(", ".join(SORTS)),
            )
        )
    place = _near(find_place, near.strip(), within.strip(), recruiting_sites)
    if order == "distance" and place is None:
        raise QueryError(message("sorting by distance needs a place: say near which one, like --near Suzhou"))
    return Query(
        text=text.strip(),
        condition=condition.strip(),
        intervention=intervention.strip(),
        filters=chosen,
        near=place,
        age=age_span(age) if age.strip() else None,
        sort=order,
        top=top,
        offset=offset,
        today=today,
    )


def read_words(facet: Facet, words: Iterable[str]) -> tuple[str, ...]:
    """Return the registry values that filter words mean; commas part several words.

    Raises:
        QueryError: the registry has no such value.
    """
    found: list[str] = []
    for word in words:
        try:
            found += filter_values(facet, word)
        except QueryError:
            # Whole words first: some hold a comma of their own ("active, not recruiting").
            parts = [part.strip() for part in word.split(",")]
            if len(parts) == 1:
                raise
            for part in filter(None, parts):
                found += filter_values(facet, part)
    return tuple(dict.fromkeys(found))


def _require_text(words: str) -> None:
    """Refuse what is no text: a terminal hands on bytes that are not UTF-8 as lone surrogates (PEP 383)."""
    try:
        words.encode()
    except UnicodeEncodeError as error:
        raise QueryError(
            message("%(words)s is not UTF-8 text: write it again in UTF-8", words=Original(repr(words)))
        ) from error


def read_flag(name: str, text: str) -> bool:
    """Return whether a switch in an address is on; nothing is off.

    Raises:
        QueryError: neither a yes nor a no.
    """
    word = text.strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise QueryError(
        message("%(name)s=%(text)s: write true or false", name=Original(name), text=Original(repr(text)))
    )


def _near(find_place: Callable[[str], Place], near: str, within: str, recruiting_only: bool) -> Near | None:
    if not near:
        if within:
            raise QueryError(
                message(
                    "a distance (%(within)s) needs a place: say near which one, like --near Suzhou",
                    within=Original(within),
                )
            )
        if recruiting_only:
            raise QueryError(message("recruiting sites only: this needs a place, like --near Suzhou"))
        return None
    place = find_place(near)
    return Near(
        point=place.point,
        within_km=read_distance(within) if within else None,
        place=place.name,
        recruiting_only=recruiting_only,
    )
