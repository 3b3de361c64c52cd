"""What a leaf `Present` claims of a patient, and how a single fact bears on it.

Comes in: the leaf with its concept, the windows it stands in, the chart; then facts. Goes out: whether a fact proves,
denies or contradicts the claim, the step from the one to the other in words, and what to ask. Refuses nothing. The
rules are at the head of `concepts.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from accrual.codes.concepts import Concept, vocabulary
from accrual.codes.qualifiers import RELATIONS
from accrual.criteria.tree import Present, Window
from accrual.match.asked import (
    AGO,
    BEFORE,
    BETWEEN,
    EVER_HAD,
    EVER_TAKEN,
    HAD,
    HAVE,
    HAVE_OR_HAD,
    LAST,
    LASTING,
    NAMED_TIME,
    RELATIONS_ASKED,
    TAKEN,
    TAKING,
    asked,
)
from accrual.match.chart import Chart, Finding, Ground, Reason, told
from accrual.match.qualification import (
    ACUTE_DAYS,
    EVER,
    EVERYBODY_HAD,
    NOW,
    ORDER_DAYS,
    OVER,
    PASSING,
    PASSING_DAYS_OF,
    TIMED,
    UNPROVEN,
    VAGUE,
    closed,
    passes,
    stated,
)
from accrual.match.timing import (
    UNIT_WORDS,
    ended,
    hangs_on_today,
    inside,
    lies_behind,
    over_by,
    reaches_today,
    recent,
)
from accrual.patient.model import Fact
from accrual.truth import Truth, all_of


class Claim:
    """What a `Present` leaf claims, and how single facts bear on it."""

    def __init__(self, concept: Concept, leaf: Present, windows: tuple[Window, ...], chart: Chart) -> None:
        self.concept = concept
        self.words = frozenset(leaf.qualifiers)
        self.excluding = tuple(code.code for code in leaf.excluding)
        self.windows = windows
        self.chart = chart
        self.says = closed(self.words - EVER)
        if not windows and not self.words & (EVER | {"resolved"}) and concept.kind != "procedure":
            self.says |= {"current"}

    def decided(self, facts: Sequence[Fact], holds: Truth) -> Finding:
        """Return that the facts make the claim true, or false."""
        return Finding(
            holds, lambda: tuple(self.ground(fact, holds) for fact in facts), about=self.concept.id
        )

    def unknown(self, facts: Sequence[Fact], reason: Reason, later: bool = False) -> Finding:
        """Return that the facts leave the claim open; `later` adds those dated after today."""

        def context() -> tuple[Ground, ...]:
            grounds = tuple(self.ground(fact, Truth.UNKNOWN) for fact in facts)
            return grounds + self.chart.later(self.concept.id) if later else grounds

        return Finding(Truth.UNKNOWN, context, reason, self.concept.id, self.question)

    def same_relation(self, fact: Fact) -> bool:
        """Say whether a fact speaks of the claim's relation: an allergy to a drug says nothing of taking it.

        What is said to be suspected or planned still bears on the plain claim, which it leaves UNKNOWN.
        """
        return self.words & RELATIONS == frozenset(fact.qualifiers) & (RELATIONS - (UNPROVEN - self.words))

    def proved_by(self, fact: Fact) -> Truth:
        """Say whether an asserted fact of the concept, or of a kind of it, makes the claim true."""
        said = closed(frozenset(fact.qualifiers))
        parts = [stated(word, said) for word in sorted(self.words - TIMED)]
        parts.append(self._in_time(fact, said) if not self.windows else self._in_windows(fact))
        if said & UNPROVEN - self.words or self._may_be_excepted(fact):
            parts.append(Truth.UNKNOWN)
        return all_of(parts)

    def _may_be_excepted(self, fact: Fact) -> bool:
        """Say whether a fact is of a kind that does not count, or so wide that it may be."""
        own = fact.concept.code if fact.concept is not None else ""
        known = vocabulary()
        return any(known.is_a(own, kind) or known.is_a(kind, own) for kind in self.excluding)

    def contrary(self, fact: Fact) -> bool:
        """Say whether a fact of the claim's very concept states the opposite of one of its qualifiers."""
        said = closed(frozenset(fact.qualifiers))
        opposed = any(stated(word, said) is Truth.NO for word in self.words - TIMED)
        return opposed and fact.concept is not None and fact.concept.code == self.concept.id

    def denied_by(self, fact: Fact) -> bool:
        """Say whether a denial of the concept, or of a wider one, makes the claim false.

        It does when the claim says all that is denied: "no active infection" denies an active pneumonia, not any
        pneumonia. A dated denial covers what came before its day.
        """
        if not frozenset(fact.qualifiers) - EVER <= self.says:
            return False
        if fact.date is None or fact.date.first >= self.chart.today:
            own = fact.concept.code if fact.concept is not None else ""
            if not all(map(lies_behind, self.windows)):
                return False
            return own not in EVERYBODY_HAD or not (self.words & EVER or self.windows)
        if not self.windows:
            return not self.words & NOW  # an old "no" says nothing of today when today is asked for
        return all(over_by(window, fact.date.first, self.chart.today) for window in self.windows)

    def _in_time(self, fact: Fact, said: frozenset[str]) -> Truth:
        """Say whether the fact stands in the time that the claim means, when there is no window."""
        over = self._over(fact, said)
        if self.words & {"history", "prior"}:
            # "Had an active infection": that it was active once, only a fact said to be active shows.
            asked_now = self.words & NOW and not (said & NOW and over is not Truth.YES)
            return Truth.UNKNOWN if asked_now else Truth.YES
        if self.words & {"past", "resolved"}:
            return over if over is not Truth.NO else Truth.UNKNOWN
        if self.concept.kind == "procedure":
            return Truth.UNKNOWN if self.words & NOW else Truth.YES
        if self.concept.kind == "drug":
            vague = bool(said & VAGUE) or self._lapsed(fact)
            return Truth.UNKNOWN if vague and over is not Truth.YES else ~over
        if self._passed(fact) and not said & OVER:
            return Truth.UNKNOWN
        if self.words & NOW:
            if "in-remission" in said and "active" in self.words:
                return Truth.NO
            stated_over = bool(said & OVER)  # an end date alone tells of then, not of now
            return (
                Truth.YES
                if said & NOW and over is not Truth.YES
                else Truth.NO
                if stated_over
                else Truth.UNKNOWN
            )
        settled = over is Truth.NO and not said & (VAGUE | {"in-remission"})
        return Truth.YES if settled else Truth.UNKNOWN

    def _over(self, fact: Fact, said: frozenset[str]) -> Truth:
        if said & OVER:
            return Truth.YES
        return ended(fact.end, self.chart.today) if fact.end is not None else Truth.NO

    def _lapsed(self, fact: Fact) -> bool:
        """Say whether the fact is an order too old, or without a date, to say that the drug is taken today."""
        if not fact.order:
            return False
        return fact.date is None or not recent(fact.date, self.chart.today, ORDER_DAYS)

    def _passed(self, fact: Fact) -> bool:
        """Say whether the claim is of something that passes, and the fact is too old to say that it is there."""
        own = fact.concept.code if fact.concept is not None else ""
        passing = self.words & PASSING or passes(self.concept.id) or passes(own)
        if not passing or fact.date is None:
            return False
        days = [limit for kind, limit in PASSING_DAYS_OF.items() if own and vocabulary().is_a(own, kind)]
        return not recent(fact.date, self.chart.today, days[0] if days else ACUTE_DAYS)

    def _in_windows(self, fact: Fact) -> Truth:
        return all_of(self._in_window(fact, window) for window in self.windows)

    def _in_window(self, fact: Fact, window: Window) -> Truth:
        """YES when the fact certainly held inside the window, else UNKNOWN."""
        if not hangs_on_today(window):
            return Truth.UNKNOWN
        today = self.chart.today
        if window.direction == "throughout":
            return self._all_along(fact, window)
        began = fact.date is not None and inside(fact.date, window, today) is Truth.YES
        stopped = (
            fact.end is not None and fact.end.last <= today and inside(fact.end, window, today) is Truth.YES
        )
        if self.concept.kind == "condition":
            return Truth.YES if began or stopped else Truth.UNKNOWN
        said = frozenset(fact.qualifiers)
        over = self._over(fact, said)
        if not reaches_today(window):
            # "More than 6 months ago" is not true of a drug that is still taken, or was taken last week.
            single = self.concept.kind == "procedure" and fact.end is None
            return Truth.YES if stopped or (single and began) else Truth.UNKNOWN
        taken_now = (
            self.concept.kind == "drug" and over is Truth.NO and not said & VAGUE and not self._lapsed(fact)
        )
        going_on = taken_now and (fact.date is not None or bool(said & NOW))
        return Truth.YES if began or stopped or going_on else Truth.UNKNOWN

    def _all_along(self, fact: Fact, window: Window) -> Truth:
        """YES when the fact began certainly as long ago as asked, and goes on: "asthma for at least 6 months"."""
        said = frozenset(fact.qualifiers)
        since = msgspec.structs.replace(window, direction="before")
        if (
            fact.date is None
            or self.concept.kind == "procedure"
            or inside(fact.date, since, self.chart.today) is not Truth.YES
        ):
            return Truth.UNKNOWN
        over = self._over(fact, said) is not Truth.NO or bool(said & (VAGUE | {"in-remission"}))
        return Truth.UNKNOWN if over or self._lapsed(fact) or self._passed(fact) else Truth.YES

    def ground(self, fact: Fact, holds: Truth) -> Ground:
        """Return the fact with the step from it to the claim, in words."""
        return Ground(told(fact), fact.source.where, "; ".join(self._steps(fact, holds)))

    def _steps(self, fact: Fact, holds: Truth) -> list[str]:
        own = fact.concept.code if fact.concept is not None else ""
        name = vocabulary().get(own).name if own else fact.text
        known = vocabulary()
        if own == self.concept.id:
            steps = [f"{name} is {'recorded' if fact.asserted else 'recorded as not present'}"]
        elif known.is_a(own, self.concept.id):
            steps = [f"{name} is a kind of {self.concept.name}"]
        elif fact.asserted:
            steps = [f"{name} is recorded; {self.concept.name} is only one kind of it"]
        else:
            steps = [f"{self.concept.name} is a kind of {name}, which is recorded as not present"]
        if fact.qualifiers:
            steps.append(f"said to be {', '.join(fact.qualifiers)}")
        wanted = sorted(self.words)
        if wanted and holds is not Truth.YES and fact.asserted:
            steps.append(f"asked for: {', '.join(wanted)}")
        for window in self.windows:
            if fact.asserted:
                where = {Truth.YES: "inside", Truth.UNKNOWN: "not certainly inside", Truth.NO: "outside"}[
                    holds
                ]
                unit = UNIT_WORDS.get(window.distance.unit, window.distance.unit)
                reach = str(window.distance).removesuffix(window.distance.unit).strip()
                steps.append(f"{where} {reach} {unit} {window.direction} {self.chart.today}")
        return steps

    def question(self) -> str:
        """Return what to ask the patient, in plain words."""
        words = [word.replace("-", " ") for word in sorted(self.words - TIMED - RELATIONS)]
        name = " ".join([*words, self.concept.name])
        if self.excluding:
            name += f" (other than {' or '.join(vocabulary().get(kind).name for kind in self.excluding)})"
        when = _asked_time(self.windows)
        relation = next(iter(sorted(self.words & RELATIONS)), "")
        if relation:
            return asked(RELATIONS_ASKED[relation], name)
        ever = bool(self.words & (EVER | {"resolved"}))
        if self.concept.kind == "drug":
            if when:
                return asked(TAKEN, name, when)
            return asked(EVER_TAKEN if ever else TAKING, name)
        if when:
            return asked(HAD, name, when)
        if ever or self.concept.kind == "procedure":
            return asked(EVER_HAD, name)
        return asked(HAVE if self.words & NOW else HAVE_OR_HAD, name)


def _asked_time(windows: tuple[Window, ...]) -> str:
    if len(windows) != 1 or not hangs_on_today(windows[0]):
        return NAMED_TIME.pattern if windows else ""
    distance = windows[0].distance
    ends = {
        "low": f"{distance.low or 0:g}",
        "high": f"{distance.high or 0:g}",
        "unit": UNIT_WORDS.get(distance.unit, distance.unit),
    }
    if windows[0].direction == "throughout":
        return LASTING.pattern % ends
    if not distance.low and distance.high is None:
        return BEFORE.pattern
    if distance.high is not None and not distance.low:
        return LAST.pattern % ends
    return (AGO if distance.high is None else BETWEEN).pattern % ends
