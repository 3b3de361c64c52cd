"""Parts of a study record: the fields that a request names, and nothing else.

Comes in: names (search areas, pieces, dotted paths, branches of the record, `@query`) and a record as decoded JSON.
Goes out: a smaller record. Refuses (UnknownFieldError): a name that is none of these; capitals count.

A named branch stays whole, with all that the record has below it. Items of lists keep their positions, so that what is
the third site stays the third: an item without any of the fields is `{}` among others. A list or a group in which
nothing is left is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from accrual.errors import UnknownFieldError
from accrual.registry.areas import Area, find_area
from accrual.registry.fields import Field, Record

QUERY = "@query"
"""The name that stands for all fields that the request's queries search."""

_Tree: TypeAlias = "dict[str, _Tree]"


class Projection:
    """The fields that a request asks for, ready to be taken from many records.

    Example:
        >>> Projection(("Phase",)).take({"protocolSection": {"designModule": {"phases": ["PHASE1"], "bioSpec": {}}}})
        {'protocolSection': {'designModule': {'phases': ['PHASE1']}}}
    """

    def __init__(self, names: Iterable[str], queried: Iterable[Area] = ()) -> None:
        """Look the names up; `@query` means the fields of the `queried` areas.

        Raises:
            UnknownFieldError: a name that is no area, piece, path or `@query`.
        """
        self._tree: _Tree = {}
        for field in select_fields(names, queried):
            self._add(field)

    def _add(self, field: Field) -> None:
        here = self._tree
        *above, last = field.path.split(".")
        for name in above:
            if name in here and not here[name]:
                return  # a branch above it is wanted whole
            here = here.setdefault(name, {})
        here[last] = {}

    def take(self, record: Record) -> dict[str, Any]:
        """Return what the record has of the fields, in the record's order."""
        return _take(record, self._tree)


def select_fields(names: Iterable[str], queried: Iterable[Area] = ()) -> tuple[Field, ...]:
    """Return the fields that names stand for, each once, in the order of the names.

    Raises:
        UnknownFieldError: a name that is no area, piece, path or `@query`.
    """
    found: dict[str, Field] = {}
    for name in names:
        if name == QUERY:
            areas = tuple(queried)
        else:
            try:
                areas = (find_area(name),)
            except UnknownFieldError:
                raise UnknownFieldError(name) from None
        for area in areas:
            found.update((field.path, field) for field in area.fields)
    return tuple(found.values())


def project(record: Record, names: Sequence[str], queried: Iterable[Area] = ()) -> dict[str, Any]:
    """Return the fields of one record that names stand for; for many records make one `Projection`.

    Raises:
        UnknownFieldError: a name that is no area, piece, path or `@query`.

    Example:
        >>> project({"hasResults": False, "derivedSection": {}}, ("HasResults",))
        {'hasResults': False}
    """
    return Projection(names, queried).take(record)


def _take(value: Record, tree: _Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, below in value.items():
        if name not in tree:
            continue
        wanted = tree[name]
        if not wanted:
            if below not in ({}, [], None):
                found[name] = below
        elif isinstance(below, dict):
            if part := _take(below, wanted):
                found[name] = part
        elif isinstance(below, list):
            parts = [_take(item, wanted) if isinstance(item, dict) else {} for item in below]
            if any(parts):
                found[name] = parts
    return found
