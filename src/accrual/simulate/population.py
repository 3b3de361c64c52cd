"""A population to screen: synthetic patients out of a profile, or the user's own.

Comes in: the name of a profile with a seeded generator, or a file or folder of patients in any form that accrual
reads. Goes out: a `Population` of the project's own `Patient`s. Refuses (SimulationError): no such profile, no
patients, too many.

Synthetic patients are a Gaussian copula: each fact is drawn by the inverse of its distribution function from one normal
variable, and these correlate (`profiles`). Who is not spoken of in a row (a man of a pregnancy), and whom the table
calls unknown, has no such fact: missing stays missing. The same state of the generator gives the same patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from accrual.basic import Code, PartialDate, Quantity
from accrual.codes.concepts import vocabulary
from accrual.codes.variables import variables
from accrual.errors import PatientError, SimulationError
from accrual.patient.facts import named_facts
from accrual.patient.model import Fact, FactKind, Patient, Source
from accrual.patient.omop_tables import Databases, no_databases
from accrual.patient.patients import read_patients
from accrual.simulate.parameters import RANGES, Floats, check_count
from accrual.simulate.profiles import Choice, Derived, Profile, Row, profile, values_at

FORM: Final = "synthetic"
MEASURED_DAYS: Final = 3
"""How long ago synthetic values were measured: set by hand, at screening."""
_YEAR_DAYS: Final = 365.25  # a Julian year
_FORMULAS_NEED: Final = ("creatinine", "weight")  # rows of these stand above those that follow from them
_EDGE: Final = 1e-12  # shares of a distribution stay so far from 0 and 1, where some are infinite

Sex: TypeAlias = Literal["female", "male"]
_Flags = NDArray[np.bool_]


class Population(msgspec.Struct, frozen=True):
    """People to screen, as of one day."""

    name: str
    """What to call them: "2,000 synthetic patients (t-all)"."""
    patients: tuple[Patient, ...]
    today: date
    profile: str = ""
    """The profile of synthetic patients; empty for the user's own."""
    unreadable: int = 0
    """Of the user's own: how many could not be read, and are not among the patients."""


def draw_population(
    name: str,
    size: int,
    generator: np.random.Generator,
    today: date,
    having: Sequence[str] = (),
) -> Population:
    """Return synthetic patients of a profile.

    Arguments:
        name: of a profile: see `profiles.PROFILES`.
        having: conditions that all of them have besides, in words, such as those of a trial's record.

    Raises:
        SimulationError: no such profile, or a number of patients out of range.

    Example:
        >>> draw_population("t-all", 3, np.random.default_rng(1), date(2026, 1, 1)).patients[0].form
        'synthetic'
    """
    drawn_from, count = profile(name), check_count("population", size)
    shared = tuple(
        fact
        for words in having
        for fact in named_facts("condition", words, (), "the conditions of the trial")
    )
    people = _People(drawn_from, count, generator, today, shared)
    return Population(f"{count:,} synthetic patients ({name})", tuple(people.patients()), today, name)


def read_population(path: Path, today: date, databases: Databases = no_databases) -> Population:
    """Return the user's own patients: a CSV table, a folder of FHIR bundles, an OMOP database, any form that is read.

    Arguments:
        databases: opens database files, as for `patient.patients.read_patients`.

    Raises:
        SourceError: the path cannot be read at all.
        SimulationError: no patient in it can be read, or there are too many.

    Example:
        >>> len(read_population(Path("cohort.csv"), date(2026, 1, 1)).patients)
        212
    """
    failed: list[PatientError] = []
    most = int(RANGES["population"].high)
    patients: list[Patient] = []
    for patient in read_patients(path, failed.append, databases):
        patients.append(patient)
        if len(patients) > most:
            raise SimulationError(f"{path}: more than {most:,} patients: give a sample of them")
    if not patients:
        why = f"; the first of {len(failed)} that cannot: {failed[0]}" if failed else ""
        raise SimulationError(f"{path}: no patient in it can be read{why}")
    return Population(path.name, tuple(patients), today, unreadable=len(failed))


class _People:
    """Patients of one profile while they are drawn: arrays of shape (size,) for each fact."""

    def __init__(
        self, of: Profile, size: int, generator: np.random.Generator, today: date, shared: tuple[Fact, ...]
    ) -> None:
        facts = len(of.places)
        self.shared = shared
        self.profile, self.size, self.today = of, size, today
        shares = ndtr(generator.standard_normal((size, facts)) @ of.factor.T)
        self.shares: Floats = np.clip(shares, _EDGE, 1 - _EDGE)
        self.spoken_of: Floats = generator.random((size, facts))
        self.ago: Floats = generator.random((size, facts))
        self.ages: Floats = np.zeros(size)
        self.female: _Flags = np.zeros(size, np.bool_)
        self.drawn: dict[str, Floats] = {name: np.full(size, np.nan) for name in _FORMULAS_NEED}
        for row in of.rows:
            if row.kind == "age":
                self.ages = values_at(row.distribution, self.share(row), row.within)
            elif row.kind == "sex":
                chosen = cast("Choice", row.distribution)
                self.female = np.array(chosen.values)[chosen.places(self.share(row))] == "female"

    def share(self, row: Row) -> Floats:
        """Where each stands in the distribution of a fact."""
        return self.shares[:, self.profile.places[row.fact]]

    def patients(self) -> Iterator[Patient]:
        """Yield them, each with the facts that all share behind the own ones."""
        held: list[list[Fact]] = [[] for _ in range(self.size)]
        for row in self.profile.rows:
            if row.kind in ("age", "sex") or self._is_settled(row):
                continue
            for at, fact in zip(*self._facts(row), strict=True):
                held[at].append(fact)
        told = Source(f"profile {self.profile.name}")
        for at, facts in enumerate(held):
            born = self.today - timedelta(days=round(float(self.ages[at]) * _YEAR_DAYS))
            yield Patient(
                id=f"{self.profile.name}-{at + 1}",
                form=FORM,
                sex="female" if self.female[at] else "male",
                sex_source=told,
                birth_date=PartialDate(born.year, born.month, born.day),
                age_source=told,
                facts=(*facts, *self.shared),
            )

    def _is_settled(self, row: Row) -> bool:
        """Say whether what all patients have settles a row: with a leukemia nobody is drawn to be without cancer."""
        known = vocabulary()
        return any(
            row.fact == "healthy-volunteer"
            or (fact.concept is not None and known.is_a(fact.concept.code, row.fact))
            for fact in self.shared
        )

    def _facts(self, row: Row) -> tuple[list[int], list[Fact]]:
        """Whom a row is said of, and what."""
        only = row.only
        of = (self.ages >= only.first) & (self.ages < only.last)
        if only.sex:
            of &= self.female == (only.sex == "female")
        of &= self.spoken_of[:, self.profile.places[row.fact]] < row.known
        at = np.flatnonzero(of)
        if isinstance(row.distribution, Derived):
            values = np.round(self._derived(row.distribution, at), row.digits)
            known = ~np.isnan(values)
            return at[known].tolist(), self._measured(row, values[known])
        shares = self.share(row)[at]
        if row.kind == "category":
            chosen = cast("Choice", row.distribution)
            each = [self._category(row, value) for value in chosen.values]
            return at.tolist(), [each[place] for place in chosen.places(shares).tolist()]
        values = values_at(row.distribution, shares, row.within)
        if row.kind != "number":
            return at.tolist(), self._named(row, values > 0, at)
        values = np.round(values, row.digits)
        if row.fact in self.drawn:
            self.drawn[row.fact][at] = values
        return at.tolist(), self._measured(row, values)

    def _measured(self, row: Row, values: Floats) -> list[Fact]:
        name, unit = variables()[row.fact].name, row.unit
        source, day = Source(self._where(row)), self._day(MEASURED_DAYS)
        made: dict[float, Fact] = {}
        for value in np.unique(values).tolist():
            made[value] = Fact(
                kind="measurement",
                text=name,
                source=source,
                variable=row.fact,
                value=Quantity(value, unit),
                date=day,
                reference_low=row.normal_low,
                reference_high=row.normal_high,
            )
        return [made[value] for value in values.tolist()]

    def _category(self, row: Row, value: str) -> Fact:
        return Fact(
            kind="measurement",
            text=variables()[row.fact].name,
            source=Source(self._where(row)),
            variable=row.fact,
            value=value,
            date=self._day(MEASURED_DAYS),
        )

    def _named(self, row: Row, has: _Flags, at: NDArray[np.intp]) -> list[Fact]:
        concept = vocabulary().get(row.fact)

        def fact(asserted: bool, day: PartialDate | None) -> Fact:
            return Fact(
                kind=cast("FactKind", row.kind),
                text=concept.name,
                source=Source(self._where(row)),
                asserted=asserted,
                concept=Code("accrual", concept.id, concept.name),
                qualifiers=row.qualifiers,
                date=day,
            )

        denied, undated = fact(False, None), fact(True, None)
        if row.days is None:
            return [undated if one else denied for one in has.tolist()]
        first, last = row.days
        ago = first + (last - first) * self.ago[at, self.profile.places[row.fact]]
        return [
            fact(True, self._day(days)) if one else denied
            for one, days in zip(has.tolist(), np.round(ago).astype(int).tolist(), strict=True)
        ]

    def _where(self, row: Row) -> str:
        return f"profile {self.profile.name}: {row.fact}"

    def _day(self, ago: int) -> PartialDate:
        day = self.today - timedelta(days=ago)
        return PartialDate(day.year, day.month, day.day)

    def _derived(self, by: Derived, at: NDArray[np.intp]) -> Floats:
        """What follows from facts that were drawn before; NaN where they are not known."""
        female, ages = self.female[at], self.ages[at]
        creatinine, weight = (self.drawn[name][at] for name in _FORMULAS_NEED)
        if by.formula == "cockcroft-gault":  # mL/min (doi:10.1159/000180580); mg/dL, kg, completed years
            cleared: Floats = (
                (140 - np.floor(ages)) * weight / (72 * creatinine) * np.where(female, 0.85, 1.0)
            )
            return np.maximum(cleared, 0.0)
        # CKD-EPI 2021, mL/min/1.73 m2 (doi:10.1056/NEJMoa2102953); mg/dL.
        relative = creatinine / np.where(female, 0.7, 0.9)
        below = np.minimum(relative, 1) ** np.where(female, -0.241, -0.302)
        above = np.maximum(relative, 1) ** -1.2
        found: Floats = 142 * below * above * 0.9938**ages * np.where(female, 1.012, 1.0)
        return found
