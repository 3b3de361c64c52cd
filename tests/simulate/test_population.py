"""Populations: the same seed the same patients, distributions as the table says, missing stays missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from accrual.codes.table import items, read_rows
from accrual.codes.variables import variables
from accrual.demo import demo_records
from accrual.errors import SimulationError, SourceError, VocabularyError
from accrual.match.evaluate import Screener
from accrual.patient.model import Fact, Patient
from accrual.reading import compile_record
from accrual.registry.ctgov_json import read_json
from accrual.simulate import profiles
from accrual.simulate.funnel import funnel, screen
from accrual.simulate.population import Population, draw_population, read_population
from accrual.simulate.profiles import (
    PROFILES,
    Choice,
    Derived,
    LogNormal,
    Normal,
    Share,
    Uniform,
    profile,
    values_at,
)
from accrual.simulate.trial import DATA, read_trial

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def leukemia() -> Population:
    return draw_population("t-all", 1500, np.random.default_rng(3), TODAY)


def fact(patient: Patient, name: str) -> Fact | None:
    return next(
        (one for one in patient.facts if name in (one.variable, one.concept.code if one.concept else None)),
        None,
    )


def numbers(population: Population, name: str) -> np.ndarray:
    held = [fact(patient, name) for patient in population.patients]
    return np.array([one.value.value for one in held if one is not None])  # type: ignore[union-attr]


def test_the_same_seed_gives_the_same_patients_to_the_bit() -> None:
    one, two = (draw_population("adult", 40, np.random.default_rng(5), TODAY) for _ in range(2))
    assert msgspec.json.encode(one) == msgspec.json.encode(two)
    other = draw_population("adult", 40, np.random.default_rng(6), TODAY)
    assert msgspec.json.encode(one) != msgspec.json.encode(other)


@pytest.mark.parametrize("name", PROFILES)
def test_every_synthetic_value_is_one_that_a_person_can_have(name: str) -> None:
    for patient in draw_population(name, 200, np.random.default_rng(1), TODAY).patients:
        assert patient.birth_date is not None
        assert 0 <= (TODAY - patient.birth_date.first).days < 96 * 366
        assert patient.sex in ("female", "male")
        told = [one.variable or (one.concept.code if one.concept else "") for one in patient.facts]
        assert len(told) == len(set(told)), "a fact is said twice"
        for one in patient.facts:
            assert one.date is None or one.date.last <= TODAY
            if one.variable is None:
                continue
            variable = variables()[one.variable]
            if isinstance(one.value, str):
                assert one.value in variable.values
            else:
                assert one.value is not None
                assert variable.is_possible(variable.canonical(one.value.value, one.value.unit))


def test_rows_speak_only_of_whom_they_are_said(leukemia: Population) -> None:
    for patient in leukemia.patients:
        assert patient.birth_date is not None
        years = (TODAY - patient.birth_date.first).days / 365.25
        if patient.sex == "male":
            assert fact(patient, "pregnant") is None
        elif years < 11.9 or years > 55.1:
            told = fact(patient, "pregnant")
            assert told is not None
            assert told.value == "no"
        assert (fact(patient, "egfr") is not None) == (years >= 18) or abs(years - 18) < 0.01
    asked = [fact(patient, "family-agrees-to-treatment-plan") is not None for patient in leukemia.patients]
    assert 0.87 < np.mean(asked) < 0.93  # of one in ten nothing is known


def test_distributions_are_as_the_table_says(leukemia: Population) -> None:
    cd7, blasts = numbers(leukemia, "cd7-expression"), numbers(leukemia, "bone-marrow-blasts")
    assert 0.025 < (cd7 <= 30).mean() < 0.07
    assert (blasts.min(), blasts.max()) == (5, 95)
    assert abs(np.median(blasts) - 50) < 4
    assert abs(np.median(numbers(leukemia, "hemoglobin")) - 9) < 0.2
    ecog = numbers(leukemia, "ecog")
    assert [round((ecog == grade).mean(), 1) for grade in (0, 1, 2, 3)] == [0.2, 0.4, 0.2, 0.1] or (
        abs((ecog == 1).mean() - 0.4) < 0.04
    )
    men = np.mean([patient.sex == "male" for patient in leukemia.patients])
    assert abs(men - 0.66) < 0.04


def test_facts_correlate_as_the_table_says(leukemia: Population) -> None:
    ecog, karnofsky = numbers(leukemia, "ecog"), numbers(leukemia, "karnofsky")
    assert np.corrcoef(ecog, karnofsky)[0, 1] < -0.85
    assert np.corrcoef(np.log(numbers(leukemia, "alt")), np.log(numbers(leukemia, "ast")))[0, 1] > 0.6
    assert abs(np.corrcoef(numbers(leukemia, "cd7-expression"), ecog)[0, 1]) < 0.1


def published_rate(sex: str, creatinine: float, years: float) -> float:
    """CKD-EPI 2021 as the paper writes it, line by line (doi:10.1056/NEJMoa2102953)."""
    if sex == "female":
        power = -0.241 if creatinine <= 0.7 else -1.2
        return 142 * (creatinine / 0.7) ** power * 0.9938**years * 1.012
    power = -0.302 if creatinine <= 0.9 else -1.2
    return 142 * (creatinine / 0.9) ** power * 0.9938**years


def test_the_filtration_rate_is_the_published_formula() -> None:
    for patient in draw_population("adult", 300, np.random.default_rng(8), TODAY).patients:
        assert patient.birth_date is not None
        years = (TODAY - patient.birth_date.first).days / 365.25
        held, found = fact(patient, "creatinine"), fact(patient, "egfr")
        assert held is not None
        assert found is not None
        rate = published_rate(patient.sex or "", held.value.value, years)  # type: ignore[union-attr, arg-type]
        assert abs(found.value.value - rate) <= 0.51  # type: ignore[union-attr, operator]


def test_the_clearance_is_the_published_formula() -> None:
    # Cockcroft and Gault 1976 (doi:10.1159/000180580): (140 - age) * weight / (72 * creatinine), women 0.85 of it.
    for patient in draw_population("t-all", 200, np.random.default_rng(8), TODAY).patients:
        weight, creatinine, found = (
            fact(patient, name) for name in ("weight", "creatinine", "creatinine-clearance")
        )
        assert creatinine is not None
        if found is None:
            assert weight is None  # a child
            continue
        assert weight is not None
        birth = patient.birth_date
        assert birth is not None
        years = TODAY.year - birth.year - ((TODAY.month, TODAY.day) < (birth.month, birth.day))  # type: ignore[operator]
        rate = (140 - years) * weight.value.value / (72 * creatinine.value.value)  # type: ignore[union-attr, operator]
        rate *= 0.85 if patient.sex == "female" else 1
        assert abs(found.value.value - rate) <= 0.51 + rate / (140 - years)  # type: ignore[union-attr, operator]


def test_conditions_of_a_trial_are_had_by_all_and_denied_by_none() -> None:
    plain = draw_population("adult", 60, np.random.default_rng(2), TODAY)
    having = draw_population(
        "adult", 60, np.random.default_rng(2), TODAY, having=["T-ALL", "a rare nameless thing"]
    )
    assert all(fact(patient, "cancer") for patient in plain.patients)
    for patient in having.patients:
        assert fact(patient, "cancer") is None  # nobody is drawn to be without one
        assert fact(patient, "healthy-volunteer") is None
        told = fact(patient, "t-all")
        assert told is not None
        assert told.asserted
        assert any(one.text == "a rare nameless thing" for one in patient.facts)


def test_the_profile_answers_all_that_its_trial_asks_except_where_nothing_is_known(
    leukemia: Population,
) -> None:
    body = next(iter(demo_records()))
    design = read_trial(read_json(body), compile_record(body))
    found = funnel(screen(design, leukemia.patients, TODAY))
    unknown = {step.id: step.unknown_alone for step in found.steps if step.unknown_alone}
    assert list(unknown) == ["15"]  # the family was not asked
    assert found.pool > found.eligible > 100
    assert found.steps[7].removed_alone > 0  # a share of cells with CD7 of 30 % or less


def test_a_leukemia_of_b_cells_has_its_own_antigens_and_ages() -> None:
    people = draw_population("b-all", 300, np.random.default_rng(1), TODAY)
    assert (numbers(people, "cd19-expression") <= 30).mean() < 0.03
    assert all(fact(patient, "cd7-expression") is None for patient in people.patients)
    for patient in people.patients:
        told = fact(patient, "b-all")
        assert told is not None
        assert told.qualifiers == ("relapsed", "refractory")
        assert patient.birth_date is not None
        assert 1 <= (TODAY - patient.birth_date.first).days / 365.25 <= 55.01


def test_synthetic_patients_are_screened_as_each_would_be_alone() -> None:
    people = draw_population("t-all", 25, np.random.default_rng(4), TODAY).patients
    people += draw_population("adult", 25, np.random.default_rng(4), TODAY).patients
    screeners = [Screener(patient, TODAY) for patient in people]
    for body in list(demo_records())[::7]:
        compiled = compile_record(body)
        if compiled.criteria:
            found = screen(read_trial(read_json(body), compiled, enrolment=1), people, TODAY)
            alone = [[one.holds(asked.tree).rank for one in screeners] for asked in found.requirements]
            assert found.truths.tolist() == alone, compiled.nct_id


def test_the_users_own_patients_are_read_and_missing_stays_missing(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("id,age,sex,ecog,hemoglobin (g/dL)\na,30,f,1,12.5\nb,,male,,\nc,44,f,9 boo,x\n")
    found = read_population(table, TODAY)
    assert (found.name, found.profile, found.today) == ("people.csv", "", TODAY)
    assert [patient.id for patient in found.patients] == ["a", "b", "c"]
    assert fact(found.patients[1], "ecog") is None
    assert found.patients[1].age_years is None


def test_patients_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text('{"accrual_patient": 1, "age": 30}')
    (tmp_path / "bad.json").write_text('{"accrual_patient": 1, "age": 300}')
    found = read_population(tmp_path, TODAY)
    assert (len(found.patients), found.unreadable) == (1, 1)
    (tmp_path / "good.json").unlink()
    with pytest.raises(SimulationError, match=r"no patient in it can be read.*bad\.json"):
        read_population(tmp_path, TODAY)
    with pytest.raises(SourceError):
        read_population(tmp_path / "nowhere", TODAY)


def test_too_many_patients_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from accrual.simulate import population

    few = population.RANGES["population"]._replace(high=2)
    monkeypatch.setitem(population.RANGES, "population", few)
    table = tmp_path / "people.csv"
    table.write_text("id,age\n1,30\n2,31\n3,32\n")
    with pytest.raises(SimulationError, match="more than 2 patients: give a sample"):
        read_population(table, TODAY)


@pytest.mark.parametrize(("name", "size", "message"), [
    ("t-al", 10, "'t-al' is no profile.*t-all"),
    ("t-all", 0, "population is 0"),
    ("t-all", 10**9, "population is 1e"),
    ("t-all", 1.5, "whole number"),
])  # fmt: skip
def test_populations_that_make_no_sense_are_refused(name: str, size: int, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        draw_population(name, size, np.random.default_rng(1), TODAY)


def test_every_row_of_the_tables_has_a_source_and_a_profile() -> None:
    rows = read_rows(DATA / "profiles.tsv", profiles._COLUMNS, keyed=False)
    assert all(row["source"] for row in rows)
    assert {name for row in rows for name in items(row["profiles"])} == set(PROFILES)
    pairs = read_rows(DATA / "correlations.tsv", profiles._PAIRS, keyed=False)
    assert all(row["source"] for row in pairs)
    for name in PROFILES:
        drawn = profile(name)
        assert drawn.rows[0].kind == "age"
        assert np.allclose(np.diag(drawn.factor @ drawn.factor.T), 1)
        for row in drawn.rows:
            if row.kind == "number" and not isinstance(row.distribution, Choice | Derived):
                middle = values_at(row.distribution, np.array([0.001, 0.5, 0.999]), row.within)
                assert np.all(np.diff(middle) > 0), row.fact
                assert np.all(np.isfinite(middle))


def test_distributions_are_drawn_by_their_inverse() -> None:
    shares = (np.arange(20_000) + 0.5) / 20_000
    every = profiles._EVERY
    assert values_at(Normal(9, 2), shares, every).std() == pytest.approx(2, rel=1e-3)
    assert np.median(values_at(LogNormal(5, 0.5, "x"), shares, every)) == pytest.approx(5, rel=1e-3)
    assert values_at(Uniform(2, 4, "x"), shares, every).mean() == pytest.approx(3)
    assert values_at(Share(0.3), shares, every).mean() == pytest.approx(0.3, abs=1e-3)
    steps = profiles._distribution("steps 0 0.5 1 0.5 11", "x", "here")
    assert values_at(steps, np.array([0.25, 0.5, 0.75]), every).tolist() == [0.5, 1, 6]
    cut = values_at(Normal(9, 2), shares, profiles.Range(8, 10, ""))
    assert (cut.min() >= 8, cut.max() <= 10, round(cut.mean(), 3)) == (True, True, 9)
    with pytest.raises(AssertionError):
        values_at(Derived("ckd-epi-2021"), shares, every)


@pytest.mark.parametrize(
    "words",
    ["choice a 0.5 b 0.4", "steps 1 0.5", "normal 1", "gamma 1 2", "share x", "uniform 4 2", "derived x"],
)
def test_rows_that_cannot_be_read_are_refused(words: str) -> None:
    with pytest.raises(VocabularyError, match="is no distribution that is known"):
        profiles._distribution(words, "x", "profiles.tsv, age")
