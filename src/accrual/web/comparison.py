"""Up to four trials side by side: facts, groups of people, main outcomes, places, and their rules by the same topics.

Comes in: an address with NCT numbers. Goes out: a page; numbers that no study here has are named on it, and so is what
is more than four. Refuses nothing: an address without numbers shows where to write them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from accrual.api.limits import Workers
from accrual.criteria.groups import group_words
from accrual.criteria.tree import CompiledTrial, Kind
from accrual.errors import QueryError, StudyNotFoundError
from accrual.finder import Finder
from accrual.message import word
from accrual.plain.prose import printable, statement
from accrual.plain.status import standing_words
from accrual.plain.topics import TOPIC_NAMES, TOPICS, Topic, topic_of
from accrual.plain.trial import TrialPage, trial_page
from accrual.registry.record import Trial
from accrual.registry.standing import Standing, read_standing
from accrual.web.layout import render
from accrual.web.speech import COUNTRY

MOST = 4
"""Trials side by side: more do not fit a screen."""
MOST_NAMED = 8  # of the numbers that could not be shown; set by hand
_LONGEST = 20  # characters of a number that is repeated on the page
_BETWEEN = re.compile(r"[\s,;]+")


class RuleLine(msgspec.Struct, frozen=True):
    """One rule of a trial, in the record's words."""

    kind: Kind
    text: str
    group: str
    """The group of people that it is asked of; empty: everybody."""


class Compared(msgspec.Struct, frozen=True):
    """One trial of a comparison."""

    page: TrialPage
    standing: Standing
    standing_words: str
    rules: dict[Topic, tuple[RuleLine, ...]]
    countries: tuple[str, ...]
    recruiting_sites: int
    without_url: str
    """The address of the comparison without it."""


class ComparisonPages:
    """The page that compares trials."""

    def __init__(self, finder: Finder, workers: Workers, today: Callable[[], date]) -> None:
        self.finder = finder
        self.workers = workers
        self.today = today

    async def show(self, request: Request) -> Response:
        """Show the trials of the address side by side."""
        written = " ".join(request.query_params.getlist("id"))[:2_000]
        return await self.workers.run(self._show, list(dict.fromkeys(filter(None, _BETWEEN.split(written)))))

    def _show(self, asked: Sequence[str]) -> Response:
        trials: dict[str, Trial] = {}
        unknown: list[str] = []
        left_out: list[str] = []
        for number in asked[: MOST + MOST_NAMED]:
            try:
                found = None if len(trials) == MOST else self.finder.show(number)
            except (QueryError, StudyNotFoundError):
                unknown.append(printable(number)[:_LONGEST])
                continue
            if found is None:
                left_out.append(printable(number)[:_LONGEST])
            else:
                trials[found.nct_id] = found
        return render(
            "compare.html",
            compared=tuple(self._compared(trial, [*trials]) for trial in trials.values()),
            unknown=unknown,
            left_out=left_out,
            topics=TOPICS,
            topic_names=TOPIC_NAMES,
            most=MOST,
        )

    def _compared(self, trial: Trial, numbers: Sequence[str]) -> Compared:
        compiled = self.finder.criteria(trial.nct_id)
        page = trial_page(trial, compiled)
        standing = read_standing(trial, self.today())
        places = dict.fromkeys(site.country for site in trial.sites if site.country)
        return Compared(
            page=page,
            standing=standing,
            standing_words=standing_words(standing),
            rules=_rules(compiled),
            countries=tuple(word(printable(place), COUNTRY) for place in places),
            recruiting_sites=sum(site.recruiting for site in page.sites),
            without_url=address(number for number in numbers if number != trial.nct_id),
        )


def address(numbers: Iterable[str]) -> str:
    """Return the address that compares trials.

    Example:
        >>> address(["NCT04785833"])
        '/compare?id=NCT04785833'
    """
    pairs = [("id", number) for number in numbers]
    return f"/compare?{urlencode(pairs)}" if pairs else "/compare"


def _rules(compiled: CompiledTrial) -> dict[Topic, tuple[RuleLine, ...]]:
    found: dict[Topic, list[RuleLine]] = {topic: [] for topic in TOPICS}
    for one in compiled.criteria:
        group = group_words(one.group) if one.group is not None else ""
        found[topic_of(one.tree)].append(RuleLine(one.kind, statement(one.text), printable(group)))
    return {topic: tuple(lines) for topic, lines in found.items()}
