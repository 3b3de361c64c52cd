"""Later days: when a demand that is NO today stops being NO by the calendar alone, and whether it never can.

Comes in: a `Screener` of today, a tree. Goes out: a day, or whether it stays NO for ever. Refuses nothing; what is not
certain gives no day, and is not said to last.

On a later day only ages and windowed claims are decided anew, by a `Screener` of that day; every other leaf keeps its
truth of today. So that nothing goes stale and nothing new comes in, the patient of the later day has today's age, no
fact dated after today, and goes on taking what an order of today says is taken. A value in a window is a matter of
measuring again, not of time, and keeps its truth; so does a claim that is false, or contested: outside a window
nothing is denied, so that only a claim that is true, or open, can move.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from accrual.basic import Interval, PartialDate
from accrual.codes.concepts import vocabulary
from accrual.codes.units import days
from accrual.criteria.tree import Compare, Opaque, Present, Tree
from accrual.errors import VocabularyError
from accrual.match.chart import Finding
from accrual.match.evaluate import Screener
from accrual.match.fold import Leaf, Windows, combined
from accrual.match.inference import NOT_HEALTHY
from accrual.match.qualification import NOW, ORDER_DAYS, OVER, VAGUE
from accrual.match.timing import Birth, hangs_on_today, recent
from accrual.match.values import LASTING
from accrual.patient.model import Fact, Patient
from accrual.truth import Truth

# No later day is looked at, set by hand: nobody waits longer, and dates stay on the calendar.
HORIZON_DAYS = 150 * 366
# The days looked at for one criterion, set by hand: a chart with more dated events than this gives no day.
MOST_DAYS = 600
# Conditions that, once there and not said to be over, go on: those that nobody is called healthy with, but for heart
# disease, of which many kinds are events (a heart attack). Set by hand.
GO_ON = tuple(kind for kind in NOT_HEALTHY if kind != "heart-disease")
_ONE = timedelta(days=1)
_MEAN_DAYS = {"a": 365.2425, "mo": 365.2425 / 12, "wk": 7.0, "d": 1.0}  # Gregorian mean year


class Later:
    """One patient on the days to come."""

    def __init__(self, screener: Screener) -> None:
        self.screener = screener
        self.today = screener.chart.today
        self._patient = unchanging(screener.chart.patient, self.today)
        self._days: dict[date, Screener] = {}
        self._stopped: dict[date, Screener] = {}

    def opens(self, tree: Tree) -> date | None:
        """Return the first day on which a tree that is NO today is no longer NO; None where time alone does nothing."""
        if self.screener.holds(tree) is not Truth.NO:
            return None
        candidates = self._boundaries(tree)
        if len(candidates) > MOST_DAYS:
            return None
        for day in candidates:
            if self._holds(tree, day) is not Truth.NO:
                return day if self._holds(tree, day - _ONE) is Truth.NO else None
        return None

    def never(self, tree: Tree) -> bool:
        """Say whether a tree is NO for ever: too old, a history that excludes, a marker that stays."""
        far = self.today + timedelta(days=HORIZON_DAYS)
        candidates = [*self._boundaries(tree), far]
        if len(candidates) > MOST_DAYS:
            return False

        def look(leaf: Leaf, windows: Windows) -> Truth:
            if isinstance(leaf, Opaque):
                return Truth.UNKNOWN
            truth = self.screener.find(leaf, windows).holds
            if _is_age(leaf):
                kept = all(self._on(day).find(leaf, windows).holds is truth for day in candidates)
            elif isinstance(leaf, Present):
                kept = truth is Truth.YES and self._is_past(leaf, windows)
                times = candidates if windows else ()
                kept = kept and all(
                    self._stopped_on(day).find(leaf, windows).holds is truth for day in (self.today, *times)
                )
            else:
                kept = leaf.variable == "sex" or (
                    leaf.variable in LASTING
                    and all(fact.value != "no" for fact in self.screener.chart.measured(leaf.variable))
                )
            return truth if kept else Truth.UNKNOWN

        return combined(tree, (), look) is Truth.NO

    def _is_past(self, leaf: Present, windows: Windows) -> bool:
        """Say whether a claim that is true is of what has been, and so cannot cease to be true by a new fact."""
        try:
            kind = vocabulary().get(leaf.concept.code).kind
        except VocabularyError:
            return False
        words = frozenset(leaf.qualifiers)
        if words & NOW or not words <= {"history", "prior", "known"}:
            return False
        return bool(windows) or bool(words & {"history", "prior"}) or kind == "procedure"

    def _holds(self, tree: Tree, day: date) -> Truth:
        if day <= self.today:
            return self.screener.holds(tree)
        on = self._on(day)

        def look(leaf: Leaf, windows: Windows) -> Truth:
            if isinstance(leaf, Opaque):
                return Truth.UNKNOWN
            found = self.screener.find(leaf, windows)
            return on.find(leaf, windows).holds if self._can_move(leaf, windows, found) else found.holds

        return combined(tree, (), look)

    def _can_move(self, leaf: Leaf, windows: Windows, found: Finding) -> bool:
        """Say whether the calendar alone may change a leaf's truth of today."""
        if _is_age(leaf):
            return True
        if not isinstance(leaf, Present) or not windows or found.holds is Truth.NO:
            return False
        if found.holds is Truth.UNKNOWN and found.reason == "conflict":
            return False
        if any(window.direction == "throughout" for window in windows):
            return False
        return not any(map(self._goes_on, self.screener.chart.kinds_of(leaf.concept.code)))

    def _goes_on(self, fact: Fact) -> bool:
        """Say whether a fact is of a condition that is still there: it does not leave a window by waiting."""
        if not fact.asserted or fact.kind != "condition" or fact.end is not None or fact.concept is None:
            return False
        said = frozenset(fact.qualifiers)
        if said & (OVER | VAGUE):
            return False
        known, own = vocabulary(), fact.concept.code
        return bool(said & NOW) or any(known.is_a(own, kind) for kind in GO_ON)

    def _on(self, day: date) -> Screener:
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = Screener(self._patient, day, self.screener.assumption)
        return found

    def _stopped_on(self, day: date) -> Screener:
        found = self._stopped.get(day)
        if found is None:
            patient = _stopped(self._patient, self.today)
            found = self._stopped[day] = Screener(patient, day, self.screener.assumption)
        return found

    def _boundaries(self, tree: Tree) -> list[date]:
        """Return the days to come on which an age or a windowed claim of the tree may change."""
        found: set[date] = set()

        def look(leaf: Leaf, windows: Windows) -> Truth:
            if isinstance(leaf, Compare) and leaf.variable == "age" and self.screener.chart.birth is not None:
                found.update(_birthdays(leaf.interval, self.screener.chart.birth))
            elif isinstance(leaf, Present) and windows:
                found.update(self._window_ends(leaf, windows))
            return Truth.UNKNOWN

        combined(tree, (), look)
        last = self.today + timedelta(days=HORIZON_DAYS)
        return sorted(day for day in found if self.today < day <= last)

    def _window_ends(self, leaf: Present, windows: Windows) -> Iterator[date]:
        facts = [fact for fact in self.screener.chart.kinds_of(leaf.concept.code) if fact.asserted]
        known = [day for fact in facts for day in (fact.date, fact.end) if day is not None]
        starts = {day for one in known for day in (one.first, one.last)}
        for window in windows:
            if not hangs_on_today(window):
                continue
            for bound in (window.distance.low, window.distance.high):
                if bound is None:
                    continue
                for length in days(bound, window.distance.unit):
                    for start in starts:
                        yield from _around(start, int(length))


def unchanging(patient: Patient, today: date) -> Patient:
    """Return the patient as known today, so that no later day brings in, ages or forgets anything.

    An age without a day is of today; what is dated after today has not happened; an order that says today that a drug
    is taken says so until somebody says otherwise.
    """
    facts = tuple(
        msgspec.structs.replace(fact, order=False)
        if fact.order and fact.date is not None and recent(fact.date, today, ORDER_DAYS)
        else fact
        for fact in patient.facts
        if fact.date is None or fact.date.first <= today
    )
    aged = patient.age_years is not None and patient.birth_date is None and patient.age_date is None
    stated = PartialDate(today.year, today.month, today.day) if aged else patient.age_date
    return msgspec.structs.replace(patient, facts=facts, age_date=stated)


def _stopped(patient: Patient, today: date) -> Patient:
    """Return the patient as if all that goes on ended today: what is true then is true of the past."""
    end = PartialDate(today.year, today.month, today.day)
    facts = tuple(
        msgspec.structs.replace(fact, end=end)
        if fact.asserted and fact.kind != "measurement" and (fact.end is None or fact.end.last > today)
        else fact
        for fact in patient.facts
    )
    return msgspec.structs.replace(patient, facts=facts)


def _is_age(leaf: Leaf) -> bool:
    return isinstance(leaf, Compare) and leaf.variable == "age"


def _birthdays(bounds: Interval, birth: Birth) -> Iterator[date]:
    """Yield the days on which an age may enter or leave an interval, and those beside them."""
    for bound in (bounds.low, bounds.high):
        if bound is None or bounds.unit not in _MEAN_DAYS:
            continue
        for born in (birth.first, birth.last):
            for age in (
                math.floor(bound),
                math.floor(bound) + 1,
            ):  # an open end is certain one birthday later
                yield from _around(_aged(born, age, bounds.unit), 0)
            if bound != math.floor(bound):
                yield from _around(born, math.floor(bound * _MEAN_DAYS[bounds.unit]))


def _aged(born: date, age: int, unit: str) -> date:
    """Return the day on which somebody has that age in whole units; the last day of the calendar at most."""
    if unit not in ("a", "mo"):
        return born + timedelta(days=min(age * int(_MEAN_DAYS[unit]), HORIZON_DAYS))
    months = born.year * 12 + born.month - 1 + min(age * (12 if unit == "a" else 1), HORIZON_DAYS // 31)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(born.day, calendar.monthrange(year, month)[1]))


def _around(start: date, length: int) -> Iterator[date]:
    """Yield the days about the end of a stretch: an end may count or not, and hours have a day's slack."""
    if length <= 2 * HORIZON_DAYS:
        for more in range(-1, 3):
            yield start + timedelta(days=length + more)
