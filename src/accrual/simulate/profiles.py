"""Profiles: what synthetic patients are drawn from, a row a fact, each with its source.

Comes in: the tables `data/profiles.tsv` and `data/correlations.tsv`. Goes out: a `Profile`: rows with their
distributions, and how the normal variables behind them correlate. Refuses (VocabularyError): a row that cannot be read,
a fact that no table of `accrual.codes` has, correlations that cannot all hold at once; (SimulationError) a profile that
is none.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final, Literal, TypeAlias, cast, get_args

import msgspec
import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import qualifiers
from accrual.codes.table import items, number, read_rows
from accrual.codes.variables import variables
from accrual.errors import SimulationError, VocabularyError
from accrual.simulate.parameters import Floats, LogNormal, Range, Uniform
from accrual.simulate.trial import DATA

PROFILES: Final = {
    "t-all": "T-cell acute lymphoblastic leukemia, relapsed and refractory, all ages",
    "b-all": "B-cell acute lymphoblastic leukemia, relapsed and refractory, up to 55 years",
    "adult": "adults as they come to a clinic",
    "child": "children up to 18 years",
}
"""The profiles by name, and who they are."""

RowKind: TypeAlias = Literal["age", "sex", "number", "category", "condition", "drug", "procedure"]
_COLUMNS: Final = (
    "profiles", "kind", "fact", "qualifiers", "distribution", "unit", "digits", "low", "high", "normal_low",
    "normal_high", "only", "known", "days", "source",
)  # fmt: skip
_PAIRS: Final = ("profiles", "one", "other", "correlation", "source")
_EVERY: Final = Range(-math.inf, math.inf, "")


class Normal(msgspec.Struct, frozen=True):
    """A normal distribution, cut off at the ends of the row's range."""

    mean: float
    sd: float

    def at(self, shares: Floats, within: Range) -> Floats:
        """The value for each of `shares`, points of the distribution function."""
        low, high = (float(ndtr((edge - self.mean) / self.sd)) for edge in within[:2])
        drawn: Floats = self.mean + self.sd * ndtri(low + (high - low) * shares)
        return np.clip(drawn, within.low, within.high)


class Beta(msgspec.Struct, frozen=True):
    """A beta distribution from 0 to `scale`."""

    a: float
    b: float
    scale: float

    def at(self, shares: Floats, within: Range) -> Floats:
        """The value for each of `shares`."""
        return self.scale * np.asarray(betaincinv(self.a, self.b, shares), np.float64)


class Steps(msgspec.Struct, frozen=True):
    """So many between two edges, evenly."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def at(self, shares: Floats, within: Range) -> Floats:
        """The value for each of `shares`."""
        return np.interp(shares, np.concatenate(([0.0], np.cumsum(self.shares))), self.edges)


class Choice(msgspec.Struct, frozen=True):
    """One of several values, in the order in which they correlate with other facts."""

    values: tuple[str, ...]
    shares: tuple[float, ...]

    def places(self, shares: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
        """The place of the value for each of `shares`."""
        return np.searchsorted(np.cumsum(self.shares)[:-1], shares, side="right")

    def at(self, shares: Floats, within: Range) -> Floats:
        """The value as a number for each of `shares`."""
        numbers: Floats = np.array([float(value) for value in self.values])[self.places(shares)]
        return numbers


class Share(msgspec.Struct, frozen=True):
    """So many have it."""

    chance: float

    def at(self, shares: Floats, within: Range) -> Floats:
        """1 for who has it, else 0: the upper end of the shares has it, so that a positive correlation means more."""
        return (shares >= 1 - self.chance).astype(np.float64)


Formula: TypeAlias = Literal["ckd-epi-2021", "cockcroft-gault"]


class Derived(msgspec.Struct, frozen=True):
    """It follows from other facts, by a formula."""

    formula: Formula


Distribution: TypeAlias = Normal | LogNormal | Uniform | Beta | Steps | Choice | Share | Derived


def values_at(distribution: Distribution, shares: Floats, within: Range) -> Floats:
    """Return the value for each of `shares`, points of the distribution function between 0 and 1.

    Example:
        >>> values_at(Normal(9, 1.6), np.array([0.5]), Range(4, 14, "g/dL")).tolist()
        [9.0]
    """
    if isinstance(distribution, LogNormal | Uniform):
        return distribution.at(shares, within, "sd")
    if isinstance(distribution, Derived):
        raise AssertionError("what is derived is not drawn")
    return distribution.at(shares, within)


class Only(msgspec.Struct, frozen=True):
    """Of whom a row is said: a sex, ages from `first` up to, and without, `last`."""

    sex: str = ""
    first: float = 0.0
    last: float = math.inf


class Row(msgspec.Struct, frozen=True):
    """One fact of the patients of a profile."""

    fact: str
    """A variable or a concept; "age", "sex"."""
    kind: RowKind
    distribution: Distribution
    words: str
    """The distribution as the table has it."""
    unit: str
    digits: int
    within: Range
    only: Only
    known: float
    source: str
    qualifiers: tuple[str, ...] = ()
    normal_low: float | None = None
    normal_high: float | None = None
    days: tuple[float, float] | None = None
    """How long ago it was, from and to."""


class Profile(msgspec.Struct, frozen=True):
    """A profile: its rows, and for each fact its place among the correlated normal variables."""

    name: str
    about: str
    rows: tuple[Row, ...]
    places: dict[str, int]
    factor: Floats
    """The lower Cholesky factor of the correlations, shape (facts, facts)."""


@cache
def profile(name: str) -> Profile:
    """Return a profile by its name.

    Raises:
        SimulationError: there is none of that name.
        VocabularyError: its tables are broken.

    Example:
        >>> profile("t-all").rows[0].fact
        'age'
    """
    if name not in PROFILES:
        raise SimulationError(f"{name[:80]!r} is no profile of patients: choose one of {', '.join(PROFILES)}")
    table = read_rows(DATA / "profiles.tsv", _COLUMNS, keyed=False)
    rows = tuple(_row(line) for line in table if name in items(line["profiles"]))
    places: dict[str, int] = {}
    for row in rows:
        places.setdefault(row.fact, len(places))
    return Profile(name, PROFILES[name], rows, places, _factor(name, places))


def _factor(name: str, places: dict[str, int]) -> Floats:
    matrix = np.eye(len(places))
    for line in read_rows(DATA / "correlations.tsv", _PAIRS, keyed=False):
        if name not in items(line["profiles"]):
            continue
        one, other = places.get(line["one"]), places.get(line["other"])
        value = number(line["correlation"], "correlations.tsv")
        if one is None or other is None or value is None or not -1 < value < 1 or matrix[one, other] != 0:
            raise VocabularyError(
                f"correlations.tsv: {line['one']} and {line['other']} of {name}: give two facts of the profile once, "
                "and a number between -1 and 1"
            )
        matrix[one, other] = matrix[other, one] = value
    try:
        return np.asarray(np.linalg.cholesky(matrix), np.float64)
    except np.linalg.LinAlgError as error:
        raise VocabularyError(
            f"correlations.tsv: those of {name} cannot all hold at once: make some smaller"
        ) from error


def _row(line: dict[str, str]) -> Row:
    where = f"profiles.tsv, {line['fact']}"
    kind = line["kind"]
    if kind not in get_args(RowKind):
        raise VocabularyError(f"{where}: {kind!r} is no kind of fact")
    _check_fact(line["fact"], kind, where)
    told = items(line["qualifiers"])
    if not set(told) <= set(qualifiers()):
        raise VocabularyError(f"{where}: {line['qualifiers']!r} names a qualifier that no table has")
    low, high = number(line["low"], where), number(line["high"], where)
    known = number(line["known"], where)
    days = [float(word) for word in line["days"].split()]
    if known is None or not 0 < known <= 1 or len(days) not in (0, 2) or not line["source"]:
        raise VocabularyError(f"{where}: give a share known, two numbers of days or none, and a source")
    return Row(
        fact=line["fact"],
        kind=cast("RowKind", kind),
        distribution=_distribution(line["distribution"], line["source"], where),
        words=line["distribution"],
        unit=line["unit"],
        digits=int(line["digits"] or 0),
        within=Range(_EVERY.low if low is None else low, _EVERY.high if high is None else high, line["unit"]),
        only=_only(line["only"], where),
        known=known,
        source=line["source"],
        qualifiers=told,
        normal_low=number(line["normal_low"], where),
        normal_high=number(line["normal_high"], where),
        days=(days[0], days[1]) if days else None,
    )


def _check_fact(fact: str, kind: str, where: str) -> None:
    if kind in ("number", "category"):
        known = fact in variables()
    elif kind in ("age", "sex"):
        known = fact == kind
    else:
        known = fact in vocabulary().concepts and vocabulary().get(fact).kind == kind
    if not known:
        raise VocabularyError(f"{where}: no {kind} of that name")


def _distribution(words: str, source: str, where: str) -> Distribution:
    name, *told = words.split()
    try:
        match name, told:
            case "derived", [formula] if formula in get_args(Formula):
                return Derived(cast("Formula", formula))
            case "choice", [_, _, *_]:
                return Choice(tuple(told[::2]), _whole(told[1::2]))
            case "steps", [_, _, _, *_]:
                return Steps(tuple(map(float, told[::2])), _whole(told[1::2]))
            case "share", [chance]:
                return Share(float(chance))
            case "normal", [mean, sd]:
                return Normal(float(mean), float(sd))
            case "log-normal", [median, sd]:
                return LogNormal(float(median), float(sd), source)
            case "uniform", [low, high]:
                return Uniform(float(low), float(high), source)
            case "beta", [a, b, scale]:
                return Beta(float(a), float(b), float(scale))
            case _:
                raise ValueError("no such distribution")
    except ValueError as error:
        raise VocabularyError(f"{where}: {words!r} is no distribution that is known ({error})") from error


def _whole(shares: list[str]) -> tuple[float, ...]:
    found = tuple(map(float, shares))
    if min(found) < 0 or not math.isclose(sum(found), 1, abs_tol=1e-9):
        raise ValueError("the shares must make 1 together")
    return found


def _only(words: str, where: str) -> Only:
    sex, first, last = "", 0.0, math.inf
    for word in words.split():
        if word in ("female", "male"):
            sex = word
        elif "-" in word:
            begin, end = word.split("-", 1)
            first, last = float(begin or 0), float(end or math.inf)
        else:
            raise VocabularyError(f"{where}: {words!r} is neither a sex nor ages from-to")
    return Only(sex, first, last)
