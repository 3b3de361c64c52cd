"""Decides the leaves that ask for a value: `Compare` (a number in an interval) and `OneOf` (a category).

Comes in: the leaf, the windows it stands in, the chart. Goes out: a `Finding`. Refuses nothing; what cannot be
decided is UNKNOWN with its reason.

The latest value counts while it is not too old to speak of today (a year; what never changes, for ever).
Values that may be the latest and disagree are a conflict. A value outside a window, or without a date where
there is a window, is not used. Units are converted; a value that does not convert, or has no unit where one
is needed, is not precise enough, and so is a multiple of a limit of normal without the laboratory's own limit
beside the value. ECOG and Karnofsky are different variables and are never turned into each other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from accrual.basic import Interval, Quantity
from accrual.codes.variables import Variable, variable_of, variables
from accrual.criteria.tree import Compare, OneOf, Window
from accrual.errors import UnitError
from accrual.match.bounds import Bounds
from accrual.match.chart import Chart, Finding, Ground, Reason, Selected, latest, told
from accrual.match.inference import INFERRED, inferred
from accrual.match.timing import UNIT_WORDS, age_words, ages_in, completed, inside, reaches_today, recent
from accrual.patient.model import Fact
from accrual.truth import Truth, TruthArray, agreed_arrays, all_of

MANY_VALUED = ("language",)

# How long a value speaks of today: a year, the usual interval of routine checks; for a pregnancy its own length
# (294 days: ACOG Committee Opinion 579, 2013, calls 42 weeks post-term), for a pregnancy test the time to the next
# ovulation. What is once found and stays (a tumor's markers, a birth weight, a menopause) speaks for ever.
CURRENT_DAYS = 366
CURRENT_DAYS_OF: Mapping[str, int] = {"pregnant": 294, "pregnancy-test": 31, "covid-test": 31}
LASTING = frozenset(
    (
        "alk-rearrangement",
        "birth-weight",
        "braf-mutation",
        "braf-v600-mutation",
        "braf-v600e-mutation",
        "brca-mutation",
        "cftr-mutation",
        "egfr-exon-19-deletion",
        "egfr-exon-20-insertion",
        "egfr-l858r-mutation",
        "egfr-mutation",
        "er-status",
        "fgfr2-fusion",
        "flt3-mutation",
        "gleason",
        "her2-status",
        "histology-confirmed",
        "hormone-receptor-status",
        "idh-mutation",
        "idh1-mutation",
        "idh2-mutation",
        "jak2-mutation",
        "jak2-v617f-mutation",
        "ki-67",
        "kras-g12c-mutation",
        "kras-mutation",
        "language",
        "mgmt-methylation",
        "microsatellite-instability",
        "mmr-deficiency",
        "npm1-mutation",
        "nras-mutation",
        "ntrk-fusion",
        "pd-l1",
        "philadelphia-chromosome",
        "pik3ca-mutation",
        "postmenopausal",
        "pr-status",
        "ret-fusion",
        "ros1-rearrangement",
        "surgically-sterile",
        "tp53-mutation",
    )
)
_LIMITS = ("[ULN]", "[LLN]")

# Values that the same finding is called by, so that one does not deny the other. A HER2 that is low was called negative
# until laboratories began to tell it apart, and a FISH test cannot. Source: ASCO-CAP, doi:10.1200/JCO.22.02864 (2023).
BLURRED: Mapping[str, frozenset[str]] = {"her2-status": frozenset(("negative", "low"))}


class _Decided(msgspec.Struct, frozen=True):
    """What one fact says about a leaf."""

    holds: Truth
    step: Callable[[], str]


def compare(leaf: Compare, windows: tuple[Window, ...], chart: Chart) -> Finding:
    """Decide whether a number of the patient lies in the leaf's interval."""
    variable = variable_of(leaf.variable)
    if variable is None:
        return Finding(Truth.UNKNOWN, about=leaf.variable)
    if leaf.variable == "age":
        return _age(leaf, variable, windows, chart)
    return _agreed(
        variable,
        windows,
        chart,
        lambda fact: _number(fact, leaf.interval, variable),
    )


def compare_all(
    name: str, unit: str, bounds: Bounds, windows: tuple[Window, ...], chart: Chart
) -> TruthArray:
    """Decide many `Compare` leaves of one variable, unit and window at once, as `compare` does each.

    Arguments:
        bounds: the ends of their intervals, shape (n,).
    """
    unknown = np.full(len(bounds), Truth.UNKNOWN.rank, np.int8)
    variable = variable_of(name)
    if variable is None:
        return unknown
    if name == "age":
        if chart.birth is None or not _ages_asked(unit, windows):
            return unknown
        return ages_in(bounds, unit, chart.birth, chart.today)
    chosen = _selected(variable, windows, chart)
    if not chosen.deciding:
        return unknown
    rows = []
    for fact in (*chosen.deciding, *chosen.rivals):
        number = _comparable(fact, unit, variable)
        rows.append(unknown if isinstance(number, str) else bounds.holding(number, fact.comparator))
    return agreed_arrays(np.stack(rows))


def one_of(leaf: OneOf, windows: tuple[Window, ...], chart: Chart) -> Finding:
    """Decide whether a category of the patient is one of the leaf's values."""
    variable = variables().get(leaf.variable)
    if variable is None:
        return Finding(Truth.UNKNOWN, about=leaf.variable)
    if leaf.variable == "sex":
        return _sex(leaf, variable, chart)
    if leaf.variable in MANY_VALUED:
        return _any_value(leaf, variable, chart)
    found = _stated(leaf, windows, chart)
    if found.holds is Truth.UNKNOWN and found.reason == "no fact":
        return inferred(leaf, chart, lambda one: _stated(one, windows, chart)) or found
    return found


def _stated(leaf: OneOf, windows: tuple[Window, ...], chart: Chart) -> Finding:
    """Decide a category by what is said of it."""
    variable = variables()[leaf.variable]
    return _agreed(variable, windows, chart, lambda fact: _category(fact, leaf.values, variable))


def variables_decided(chart: Chart) -> frozenset[str]:
    """Return the variables of which something is known, or follows: leaves about any other are UNKNOWN."""
    return chart.variables | {"age", "sex", *INFERRED}


def _age(leaf: Compare, variable: Variable, windows: tuple[Window, ...], chart: Chart) -> Finding:
    def ask() -> str:
        return variable.question

    if chart.birth is None:
        return Finding(Truth.UNKNOWN, reason="no fact", about=variable.id, ask=ask)
    born, unit = chart.birth, leaf.interval.unit
    if not _ages_asked(unit, windows):
        return Finding(Truth.UNKNOWN, reason="not precise enough", about=variable.id, ask=ask)
    holds = Truth.ranked(int(ages_in(Bounds.of([leaf.interval]), unit, born, chart.today)[0]))

    def prove() -> tuple[Ground, ...]:
        years = completed(born.last, chart.today, unit)
        age, words = age_words(born, chart.today, unit), UNIT_WORDS[unit]
        patient = chart.patient
        fact = f"born {patient.birth_date}" if patient.birth_date else f"{patient.age_years:g} years old"
        if patient.age_date is not None:
            fact += f" on {patient.age_date}"
        step = f"{age} {words} old on {chart.today}; {_said(age, years, leaf.interval, words, holds)}"
        return (Ground(fact, patient.age_source.where if patient.age_source else "", step),)

    return Finding(holds, prove, "not precise enough", variable.id, ask)


def _ages_asked(unit: str, windows: tuple[Window, ...]) -> bool:
    """Say whether the age of today answers the question."""
    return unit in ("a", "mo", "wk", "d") and all(reaches_today(window) for window in windows)


def _sex(leaf: OneOf, variable: Variable, chart: Chart) -> Finding:
    sex, source = chart.patient.sex, chart.patient.sex_source
    if sex is None:
        return Finding(Truth.UNKNOWN, reason="no fact", about=variable.id, ask=lambda: variable.question)
    holds = Truth.of(sex in leaf.values)

    def prove() -> tuple[Ground, ...]:
        step = f"{sex} {'is' if holds is Truth.YES else 'is not'} {' or '.join(leaf.values)}"
        return (Ground(sex, source.where if source else "", step),)

    return Finding(holds, prove, about=variable.id)


def _any_value(leaf: OneOf, variable: Variable, chart: Chart) -> Finding:
    """Decide a variable of which a patient may have several values: one is enough, and another denies nothing."""
    for fact in chart.measured(variable.id):
        decided = _category(fact, leaf.values, variable)
        if decided.holds is Truth.YES and fact.asserted:
            against = [
                one for one in chart.measured(variable.id) if not one.asserted and one.value == fact.value
            ]
            if against:
                both = [(one, _category(one, leaf.values, variable)) for one in (fact, *against)]
                return Finding(
                    Truth.UNKNOWN, _proof(both), "conflict", variable.id, lambda: variable.question
                )
            return Finding(Truth.YES, _proof([(fact, decided)]), about=variable.id)
    return Finding(
        Truth.UNKNOWN,
        lambda: chart.later(variable.id),
        "no fact",
        variable.id,
        lambda: variable.question,
    )


def _agreed(
    variable: Variable,
    windows: tuple[Window, ...],
    chart: Chart,
    decide: Callable[[Fact], _Decided],
) -> Finding:
    """Decide by the latest value; by none when the candidates disagree or their time is not certain."""
    chosen = _selected(variable, windows, chart)

    def ask() -> str:
        return variable.question

    if not chosen.deciding:
        reason: Reason = "not precise enough" if chosen.doubtful else "no fact"

        def context() -> tuple[Ground, ...]:
            newest = latest(chosen.doubtful or chart.measured(variable.id))
            return tuple(_untimed(fact, windows) for fact in newest) + chart.later(variable.id)

        return Finding(Truth.UNKNOWN, context, reason, variable.id, ask)
    decided = [(fact, decide(fact)) for fact in chosen.deciding]
    truths = {one.holds for _, one in decided} | {decide(fact).holds for fact in chosen.rivals}
    if len(truths) == 1 and Truth.UNKNOWN not in truths:
        return Finding(truths.pop(), _proof(decided[:1]), about=variable.id)
    reason = "conflict" if {Truth.YES, Truth.NO} <= truths else "not precise enough"
    proof = _proof(decided)
    return Finding(Truth.UNKNOWN, lambda: proof() + chart.later(variable.id), reason, variable.id, ask)


def _proof(decided: list[tuple[Fact, _Decided]]) -> Callable[[], tuple[Ground, ...]]:
    return lambda: tuple(Ground(told(fact), fact.source.where, one.step()) for fact, one in decided)


def _selected(variable: Variable, windows: tuple[Window, ...], chart: Chart) -> Selected:
    """Return the values that count in some windows: the same whatever they are compared with."""
    key = (variable.id, windows)
    found = chart.selected.get(key)
    if found is None:
        timed = [(fact, _in_time(fact, variable, windows, chart)) for fact in chart.measured(variable.id)]
        deciding = latest(fact for fact, within in timed if within is Truth.YES)
        doubtful = tuple(fact for fact, within in timed if within is Truth.UNKNOWN)
        rivals = tuple(fact for fact in doubtful if deciding and fact in latest((*deciding, fact)))
        found = chart.selected[key] = Selected(deciding, rivals, doubtful)
    return found


def _in_time(fact: Fact, variable: Variable, windows: tuple[Window, ...], chart: Chart) -> Truth:
    """Say whether the value is of the time that is asked for: inside the windows, or of late when there are none."""
    if fact.date is None:
        return Truth.UNKNOWN if windows else Truth.YES
    if not windows:
        limit = CURRENT_DAYS_OF.get(variable.id, CURRENT_DAYS)
        lasting = variable.id in LASTING and fact.value != "no"  # "not yet" may have changed
        fresh = lasting or recent(fact.date, chart.today, limit)
        return Truth.YES if fresh else Truth.UNKNOWN
    return all_of(inside(fact.date, window, chart.today) for window in windows)


def _untimed(fact: Fact, windows: tuple[Window, ...]) -> Ground:
    step = (
        "it has no date, and the criterion asks for a time"
        if fact.date is None
        else "not certainly inside the time asked for"
    )
    return Ground(told(fact), fact.source.where, step if windows else "too old to speak of today")


def _category(fact: Fact, values: tuple[str, ...], variable: Variable) -> _Decided:
    if not isinstance(fact.value, str):
        return _Decided(Truth.UNKNOWN, lambda: f"{variable.name} is not stated in words")
    held = fact.value
    if not fact.asserted:
        # "Does not smoke" may be never or no more: it rules its own answer out and leaves the others open.
        others = frozenset(variable.values) - {held}
        ruled_out = Truth.YES if held not in values and others <= frozenset(values) else Truth.UNKNOWN
        return _Decided(Truth.NO if values == (held,) else ruled_out, lambda: f"{variable.name}: not {held}")
    blurred = BLURRED.get(variable.id, frozenset())
    if held not in values and held in blurred and not blurred.isdisjoint(values):
        return _Decided(
            Truth.UNKNOWN, lambda: f"{variable.name}: {held} may be {' or '.join(blurred - {held})}"
        )
    truth = Truth.of(held in values)
    word = "is" if truth is Truth.YES else "is not"
    return _Decided(truth, lambda: f"{variable.name}: {held} {word} {' or '.join(values)}")


def _number(fact: Fact, interval: Interval, variable: Variable) -> _Decided:
    number = _comparable(fact, interval.unit, variable)
    if isinstance(number, str):
        return _Decided(Truth.UNKNOWN, functools.partial(str, number))
    holds = _lies(number, fact.comparator, interval)

    def step() -> str:
        assert isinstance(fact.value, Quantity)
        value, unit = fact.value.value, fact.value.unit
        if interval.unit in _LIMITS:
            name, limit = interval.unit.strip("[]"), _limit(fact, interval.unit) or 0.0
            written = f"{fact.comparator}{number:.4g} × {name}"
            said = _said(written, number, interval, f"× {name}", holds)
            return f"{_measure(value, unit)} = {written} ({_measure(limit, unit)}); {said}"
        written = fact.comparator + _measure(number, interval.unit)
        said = _said(written, number, interval, interval.unit, holds)
        return (
            said if unit == interval.unit else f"{fact.comparator}{_measure(value, unit)} = {written}; {said}"
        )

    return _Decided(holds, step)


def _comparable(fact: Fact, to: str, variable: Variable) -> float | str:
    """Return the fact's number in a unit, or as a multiple of the laboratory's limit; in words why there is none."""
    if not isinstance(fact.value, Quantity):
        return f"{variable.name} is not a number here"
    value, unit = fact.value.value, fact.value.unit
    if to in _LIMITS:
        limit = _limit(fact, to)
        if limit is None or limit <= 0:
            return f"the laboratory's {to.strip('[]')} is not given beside {_measure(value, unit)}"
        return float(f"{value / limit:.9g}")
    try:
        return _in_unit(value, unit, to, variable)
    except UnitError:
        return f"{_measure(value, unit)} cannot be put into {to or 'a plain number'}"


def _limit(fact: Fact, unit: str) -> float | None:
    return fact.reference_high if unit == "[ULN]" else fact.reference_low


def _in_unit(value: float, unit: str, to: str, variable: Variable) -> float:
    """Convert between units of one variable. No unit is no unit here: nothing is assumed for it."""
    if unit == to:
        return value
    if not unit or not to:
        raise UnitError(f"{variable.name}: a value without a unit does not convert")
    return float(f"{variable.in_unit(value, unit, to):.9g}")


def _lies(value: float, comparator: str, interval: Interval) -> Truth:
    """Say whether a value, or everything on its stated side, lies in the interval."""
    return Truth.ranked(int(Bounds.of([interval]).holding(value, comparator)[0]))


def _measure(value: float, unit: str) -> str:
    return f"{value:.6g} {UNIT_WORDS.get(unit, unit)}".rstrip()


def _said(written: str, number: float, interval: Interval, unit: str, holds: Truth) -> str:
    """Return the comparison that decides, in signs: "12 years ≤ 25 years ≤ 65 years", "72 g/L < 80 g/L"."""
    words = UNIT_WORDS.get(unit, unit)
    written = written if written.endswith(words) else f"{written} {words}"
    low = None if interval.low is None else f"{interval.low:.6g} {words}".rstrip()
    high = None if interval.high is None else f"{interval.high:.6g} {words}".rstrip()
    below, above = ("<" if interval.low_open else "≤"), ("<" if interval.high_open else "≤")
    if holds is Truth.UNKNOWN:
        return f"{written} may or may not be {interval}"
    if holds is Truth.YES:
        if low is not None and high is not None:
            return f"{written} = {low}" if low == high else f"{low} {below} {written} {above} {high}"
        return f"{written} {'>' if interval.low_open else '≥'} {low}" if low else f"{written} {above} {high}"
    if low is not None and (interval.low == interval.high or high is None or number < (interval.low or 0)):
        if interval.low == interval.high and number != interval.low:
            return f"{written} {'<' if number < (interval.low or 0) else '>'} {low}"
        return f"{written} {'≤' if interval.low_open else '<'} {low}"
    return f"{written} {'≥' if interval.high_open else '>'} {high}"
