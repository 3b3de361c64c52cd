"""Suggestions while someone types: conditions, treatments and places that begin so.

Comes in: concepts with the number of studies about each; then what was typed so far. Goes out: a few suggestions, each
with its kind. Refuses nothing.

Every beginning of a word in a name lies in one sorted list, made once for a state of the data. What begins so is one
stretch of it, and of a stretch only the heaviest are looked at: the work grows with neither the records nor the names.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, TypeAlias

import msgspec
import numpy as np

from accrual.codes.concept import Concept

Kind: TypeAlias = Literal["condition", "treatment", "place"]
FindPlaces: TypeAlias = Callable[[str, int, int], Sequence[str]]
"""From a beginning, how many at most, and how many people at least, to full names, the largest first."""
MOST: Final = 8
MOST_PLACES: Final = 3
"""Of `MOST`, where names begin so too. Set by hand."""
_LARGE: Final = 100_000
"""People of a place that is suggested beside names: a beginning is that of some village always. Set by hand."""
_LOOKED_AT: Final = 200
"""Names of a stretch that are looked at, the heaviest: several may be names of one concept. Set by hand."""
_LONGEST: Final = 60  # characters of what is typed
_LONGEST_TAIL: Final = 5  # words
_SHORTEST_TAIL: Final = 2  # characters: one letter after other words says nothing
# How much less it weighs that only a later word of a name begins so, and that it is a second name. Set by hand.
_INNER: Final = 0.3
_SECOND: Final = 0.15
_BEFORE_PLACE: Final = re.compile(
    r"^(?P<head>.*?)(?:^|\s)(?:near|around|close to|in|from|at|en|cerca de)\s+(?P<place>[^\d\s].*)$",
    re.IGNORECASE,
)


class Suggestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A name to search for."""

    words: str
    kind: Kind
    text: str = ""
    """What the search box holds once it is chosen, where that is not `words` alone."""
    near: str = ""
    """The place to search near, where it is one."""


class Names:
    """The names of conditions and treatments by how they begin. Immutable; safe for many threads.

    Example:
        >>> Names([(vocabulary().get("leukemia"), 1200)]).suggest("leuk", lambda name: True)[0].words
        'leukemia'
    """

    def __init__(self, concepts: Iterable[tuple[Concept, int]]) -> None:
        """Lay out the names of concepts, each with the number of studies about it."""
        rows: list[tuple[str, int, float]] = []
        self._names: list[str] = []
        self._concepts: list[int] = []
        self._kinds: list[Kind] = []
        for number, (concept, studies) in enumerate(concepts):
            self._kinds.append("condition" if concept.kind == "condition" else "treatment")
            for name in dict.fromkeys((concept.name, *concept.synonyms)):
                weight = studies * (1.0 if name == concept.name else _SECOND)
                lowered = name.lower()
                starts = [0, *(at + 1 for at, sign in enumerate(lowered[:-1]) if sign in " -")]
                rows += [
                    (lowered[at : at + _LONGEST], len(self._names), weight * (_INNER if at else 1.0))
                    for at in starts
                ]
                self._names.append(name)
                self._concepts.append(number)
        rows.sort()
        self._begins = [begins for begins, _, _ in rows]
        self._owners = np.array([owner for _, owner, _ in rows], np.int32)
        self._weights = np.array([weight for _, _, weight in rows], np.float64)

    def suggest(self, typed: str, stands: Callable[[str], bool]) -> tuple[Suggestion, ...]:
        """Return names that the last words typed begin, the kind of the likeliest first.

        Arguments:
            stands: whether all words of a name stand in the records.
        """
        words = typed.split()
        for size in range(len(words), max(len(words) - _LONGEST_TAIL, 0), -1):
            tail = " ".join(words[-size:]).lower()[:_LONGEST]
            if size < len(words) and len(tail) < _SHORTEST_TAIL:
                break
            found = self._beginning(tail, stands)
            if found:
                head = " ".join(words[:-size])
                shown = [Suggestion(name, kind, f"{head} {name}" if head else "") for name, kind in found]
                kinds = list(dict.fromkeys(one.kind for one in shown))
                return tuple(sorted(shown, key=lambda one: kinds.index(one.kind)))
        return ()

    def _beginning(self, key: str, stands: Callable[[str], bool]) -> list[tuple[str, Kind]]:
        """Return names with a word that begins so, most studies first, one of each concept."""
        start = bisect_left(self._begins, key)
        stop = bisect_left(self._begins, f"{key}\U0010ffff")
        weights = self._weights[start:stop]
        best = np.arange(len(weights))
        if len(weights) > _LOOKED_AT:
            best = np.argpartition(-weights, _LOOKED_AT)[:_LOOKED_AT]
        ranked = best[np.lexsort((best, -weights[best]))]
        found: list[tuple[str, Kind]] = []
        seen: set[int] = set()
        for owner in self._owners[start + ranked].tolist():
            concept, name = self._concepts[owner], self._names[owner]
            if concept not in seen and stands(name):
                found.append((name, self._kinds[concept]))
                if len(found) == MOST:
                    break
            seen.add(concept)
        return found


def suggest(
    typed: str,
    names: Names,
    stands: Callable[[str], bool],
    find_places: FindPlaces,
) -> tuple[Suggestion, ...]:
    """Return conditions, treatments and places for the one search box; equal kinds stand together.

    Where "in" or "near" comes before the last words, places come first.
    """
    said = _BEFORE_PLACE.match(typed.strip())
    if said is not None:
        places = find_places(said["place"], MOST_PLACES, 0)
        if places:
            head = said["head"].strip()
            return tuple(Suggestion(place, "place", head, place) for place in places)
    found = names.suggest(typed, stands)
    places = find_places(typed, MOST_PLACES if found else MOST, _LARGE if found else 0)
    most = MOST - len(places)
    return (*found[:most], *(Suggestion(place, "place", "", place) for place in places))


def suggest_places(typed: str, find_places: FindPlaces) -> tuple[Suggestion, ...]:
    """Return places for a box that takes a place alone."""
    return tuple(Suggestion(place, "place") for place in find_places(typed, MOST, 0))
