"""What the page over many trials shows: the funnel of trials left, three groups of trials, questions for the doctor.

Comes in: counts, and trials decided with proofs. Goes out: frozen views in plain words for the templates. Refuses
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from accrual.basic import Quantity
from accrual.codes.variables import variable_of
from accrual.criteria.everyday_clause import unit_words
from accrual.message import Original, joined, message, word
from accrual.patient.model import Fact, Patient
from accrual.plain.distance import site_words
from accrual.plain.participation import GroupRules, Rule, doctor_questions, group_rules, rules_of, side
from accrual.plain.prose import printable, unescape
from accrual.plain.status import standing_words
from accrual.plain.tone import MARKS, Tone
from accrual.prospects import Shown, Standing
from accrual.registry.labels import label
from accrual.web.interview import Told
from accrual.web.language import marked

WIDTH = 100
"""Units that the longest bar is wide."""
REASONS = 2  # rules named beside a trial that does not fit; set by hand: one is enough to decide
MOST_QUESTIONS = 12  # for the doctor; set by hand: what one visit can hold
MOST_FACTS = 60  # of a file, shown so that its reading can be checked; set by hand
SEARCHED, AFTER_FILE = marked("All trials we look at"), marked("After your note or file")


class Bar(msgspec.Struct, frozen=True):
    """One row of the funnel."""

    kind: str
    """"all", "file" or "answer"."""
    words: str
    """The answer's question; words of the catalogs for the other kinds."""
    answer: Told | None
    count: int
    width: float
    """Of `WIDTH`."""
    gone: int
    """How many fewer than in the row before."""


Funnel = tuple[Bar, ...]


class TrialView(msgspec.Struct, frozen=True):
    """One trial, decided, in words."""

    nct_id: str
    title: str
    status: str
    standing: str
    """How far the status can be relied on, in words; empty for a final one."""
    recruiting: bool
    site: str
    """The nearest recruiting site, or the nearest of any kind where no site's own status is known."""
    site_recruits: bool
    why: tuple[Rule, ...]
    """The rules that keep the person out; the first few."""
    rules: tuple[Rule, ...]
    """Rules for everybody: what does not fit, what is not known, what fits."""
    groups: tuple[GroupRules, ...]
    good: int
    open: int
    bad: int
    questions: tuple[str, ...]


class TrialGroup(msgspec.Struct, frozen=True):
    """Trials of which the same can be said."""

    tone: Tone
    count: int
    trials: tuple[TrialView, ...]

    @property
    def rest(self) -> int:
        """Trials that are counted and not shown."""
        return self.count - len(self.trials)

    @property
    def mark(self) -> str:
        """The sign that goes with the words."""
        return MARKS[self.tone]


def draw_funnel(looked_at: int, left: Sequence[int], from_file: bool, answers: Sequence[Told]) -> Funnel:
    """Return the rows of the funnel: all trials, what a file leaves, what each answer leaves.

    Example:
        >>> [bar.count for bar in draw_funnel(20, (20, 5), False, (Told("age", "How old?", "70", "years"),))]
        [20, 5]
    """
    rows: list[tuple[str, str, Told | None, int]] = [("all", SEARCHED, None, looked_at)]
    if from_file:
        rows.append(("file", AFTER_FILE, None, left[0]))
    rows += [("answer", one.text, one, count) for one, count in zip(answers, left[1:], strict=True)]
    most = max(looked_at, 1)
    counts = [looked_at, *(count for *_, count in rows[:-1])]
    return tuple(
        Bar(kind, words, answer, count, round(WIDTH * min(count / most, 1.0), 2), max(before - count, 0))
        for (kind, words, answer, count), before in zip(rows, counts, strict=True)
    )


def groups_of(
    standing: Standing, shown: int, decide: Callable[[Sequence[int]], Iterable[Shown]]
) -> tuple[TrialGroup, ...]:
    """Return the three groups, the kindest first, with the first trials of each decided rule by rule."""
    sides: tuple[tuple[Tone, tuple[int, ...]], ...] = (
        ("good", standing.fits),
        ("open", standing.open),
        ("bad", standing.out),
    )
    return tuple(
        TrialGroup(
            tone, len(numbers), tuple(_trial(one) for one in decide(numbers[:shown])) if numbers else ()
        )
        for tone, numbers in sides
    )


def questions_for_doctor(trials: Iterable[TrialView]) -> tuple[tuple[str, int], ...]:
    """Return what would settle open rules, with the number of trials that ask; what most ask first."""
    counted = Counter(words for trial in trials for words in dict.fromkeys(trial.questions))
    return tuple(sorted(counted.items(), key=lambda pair: -pair[1])[:MOST_QUESTIONS])


def said_facts(patient: Patient) -> tuple[tuple[bool, str], ...]:
    """Return what was read from a file: whether it is so, and its words; the first `MOST_FACTS`."""
    return tuple((fact.asserted, _fact_words(fact)) for fact in patient.facts[:MOST_FACTS])


def _fact_words(fact: Fact) -> str:
    name = fact.concept.name if fact.concept is not None else ""
    words: str = word(printable(name), "name") if name else Original(printable(fact.text))
    row = variable_of(fact.variable or "")
    if isinstance(fact.value, Quantity):
        number = f"{fact.comparator}{fact.value.value:g}"
        amount = joined(" ", (number, unit_words(printable(fact.value.unit))))
        words = message("%(name)s: %(value)s", name=word(row.name, "name") if row else words, value=amount)
    elif fact.value is not None and fact.value not in words:
        value = word(printable(fact.value), "answer")
        words = message("%(name)s: %(value)s", name=word(row.name, "name") if row else words, value=value)
    more = [word(each.replace("-", " "), "adjective") for each in fact.qualifiers]
    if fact.date is not None:
        more.append(message("%(day)s", day=str(fact.date)))
    return message("%(words)s (%(more)s)", words=words, more=joined(", ", more)) if more else words


def _trial(one: Shown) -> TrialView:
    hit = one.hit
    rules, groups = rules_of(one.screening), group_rules(one.screening)
    good, unknown, bad = (side(rules, tone) for tone in ("good", "open", "bad"))
    of_groups = tuple(rule for group in groups for rule in group.rules if rule.line.tone == "bad")
    near = hit.nearest_recruiting_site or hit.nearest_site
    return TrialView(
        nct_id=hit.nct_id,
        title=unescape(hit.title) or hit.nct_id,
        status=label("status", hit.status) if hit.status else "",
        standing=standing_words(hit.standing),
        recruiting=hit.status == "RECRUITING",
        site=site_words(near) if near is not None and near.distance_km is not None else "",
        site_recruits=hit.nearest_recruiting_site is not None,
        why=(bad or of_groups)[:REASONS] if one.screening.verdict == "ineligible" else (),
        rules=(*bad, *unknown, *good),
        groups=groups,
        good=len(good),
        open=len(unknown),
        bad=len(bad),
        questions=doctor_questions(rules, groups),
    )
