"""Suggestions while someone types, as JSON for `static/find.js`.

Comes in: what stands in a box, and which box it is. Goes out: a few names with their kinds, and what the kinds are
called. Refuses nothing: what nothing begins with has no suggestions. Nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from accrual.api.limits import Workers
from accrual.codes.concepts import vocabulary
from accrual.finder import Finder
from accrual.match.themes import Themes
from accrual.plain.suggestion import Kind, Names, Suggestion, suggest, suggest_places
from accrual.search.words import cut_words
from accrual.web.language import marked
from accrual.web.language import say as _

MOST_TYPED = 100
"""Characters that are looked at."""
TITLES: dict[Kind, str] = {
    "condition": marked("Conditions"),
    "treatment": marked("Treatments"),
    "place": marked("Places"),
}


class SuggestionPages:
    """What the search boxes ask while someone types."""

    def __init__(self, finder: Finder, workers: Workers) -> None:
        self.finder = finder
        self.workers = workers
        self._guard = Lock()
        self._of: Themes | None = None
        self._names = Names(())

    async def suggest(self, request: Request) -> Response:
        """Return, as JSON, names that begin as what is typed; none where they take too long."""
        try:
            return await self.workers.run(self._suggest, request)
        except HTTPException as error:
            return _answer((), error.status_code)

    def make_ready(self) -> None:
        """Lay the names out, so that nobody's first key waits for it."""
        self._current_names()

    def _suggest(self, request: Request) -> Response:
        typed = request.query_params.get("q", "")[:MOST_TYPED]
        find_places = self.finder.places.suggest
        if request.query_params.get("kind") == "places":
            found = suggest_places(typed, find_places)
        else:
            found = suggest(typed, self._current_names(), self._stands, find_places)
        return _answer(found)

    def _stands(self, name: str) -> bool:
        return all(self.finder.index.frequency(word) for word in cut_words(name))

    def _current_names(self) -> Names:
        """Return the names of what studies are about as of now; laid out anew once that has changed."""
        themes = self.finder.themes
        with self._guard:
            if self._of is not themes:
                known = vocabulary().concepts
                studies = themes.studies()
                self._names = Names((known[key], count) for key, count in studies.items() if key in known)
                self._of = themes
            return self._names


def _answer(found: Sequence[Suggestion], status: int = 200) -> Response:
    kinds = dict.fromkeys(one.kind for one in found)
    answer = {"suggestions": found, "titles": {kind: _(TITLES[kind]) for kind in kinds}}
    return Response(msgspec.json.encode(answer), status, media_type="application/json")
