"""How long finished trials took: what a record gives, what a fit finds again, how often its intervals hold."""

from __future__ import annotations

import gzip
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from accrual.errors import SimulationError
from accrual.registry.ctgov_json import read_json
from accrual.registry.record import Trial
from accrual.simulate.calibration import REGISTRY, Calibration, Course, course_of, fit, held

KNOWN = Calibration(2.0, 3.0, 0.3, 0.1, 0, "made up")


def made_up(count: int, seed: int) -> list[Course]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        n, sites = int(rng.integers(5, 500)), int(rng.integers(1, 50))
        mean = math.exp(KNOWN.intercept + 0.3 * math.log(sites) + 0.1 * math.log(n))
        found.append(Course(n, sites, float(rng.gamma(2.0, mean / 2.0))))
    return found


def record(**changes: str) -> Trial:
    said = {
        "status": "COMPLETED",
        "type": "INTERVENTIONAL",
        "start": "2020-01-01",
        "end": "2021-01-01",
        "count": "20",
        "kind": "ACTUAL",
        "sites": "Suzhou Beijing",
    } | changes
    status = {"overallStatus": said["status"], "startDateStruct": {"date": said["start"]}}
    study = {
        "identificationModule": {"nctId": "NCT00000001"},
        "statusModule": status | {"primaryCompletionDateStruct": {"date": said["end"]}},
        "designModule": {
            "studyType": said["type"],
            "enrollmentInfo": {"count": int(said["count"]), "type": said["kind"]},
        },
        "contactsLocationsModule": {"locations": [{"city": city} for city in said["sites"].split()]},
    }
    return read_json(json.dumps({"protocolSection": study}).encode())


def test_a_finished_trial_gives_its_participants_sites_and_months() -> None:
    found = course_of(record())
    assert found is not None
    assert (found.participants, found.sites) == (20, 2)
    assert found.months == pytest.approx(366 / 30.4375)


def test_a_date_without_its_day_is_the_middle_of_its_month() -> None:
    found = course_of(record(start="2020-06", end="2020-09"))
    assert found is not None
    assert found.months == pytest.approx(92 / 30.4375)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "RECRUITING"},
        {"type": "OBSERVATIONAL"},
        {"kind": "ESTIMATED"},
        {"count": "0"},
        {"sites": ""},
        {"end": "2019-01-01"},
        {"end": "2020-01-01"},
        {"start": ""},
    ],
)
def test_a_record_that_does_not_say_how_long_it_took_gives_nothing(changes: dict[str, str]) -> None:
    assert course_of(record(**changes)) is None


def test_a_fit_finds_the_numbers_that_courses_were_made_with_and_holds_on_others() -> None:
    found = fit(made_up(3000, seed=1), "made up")
    assert found.shape == pytest.approx(KNOWN.shape, rel=0.1)
    assert found.per_ln_sites == pytest.approx(0.3, abs=0.05)
    assert found.per_ln_participants == pytest.approx(0.1, abs=0.05)
    for level in (0.5, 0.95):
        assert held(found, made_up(3000, seed=2), level) == pytest.approx(level, abs=0.03)


def test_the_forecast_is_the_interval_that_is_held_against() -> None:
    forecast = KNOWN.forecast(100, 4, level=0.8)
    mean = math.exp(3 + 0.3 * math.log(4) + 0.1 * math.log(100))
    drawn = np.random.default_rng(3).gamma(2.0, mean / 2.0, 50_000)
    assert ((drawn >= forecast.low) & (drawn <= forecast.high)).mean() == pytest.approx(0.8, abs=0.01)
    assert forecast.mean == pytest.approx(mean)
    inside = [Course(100, 4, forecast.low * 1.001), Course(100, 4, forecast.high * 0.999)]
    outside = [Course(100, 4, forecast.low * 0.999), Course(100, 4, forecast.high * 1.001)]
    assert (held(KNOWN, inside, 0.8), held(KNOWN, outside, 0.8)) == (1, 0)
    assert KNOWN.site_rate(100, 4) == pytest.approx(100 / 4 / forecast.median)


def test_the_registrys_calibration_holds_on_real_trials_it_was_not_fitted_on(shared_data: Path) -> None:
    courses = []
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz", "rb") as lines:
        for line in itertools.islice(lines, 600):
            trial = read_json(line)
            course = course_of(trial) if int(trial.nct_id[3:]) % 2 else None
            courses += [course] if course else []
    assert len(courses) > 60
    assert held(REGISTRY, courses, 0.95) > 0.88
    assert 0.65 < held(REGISTRY, courses, 0.8) < 0.92


def test_what_cannot_be_calibrated_is_refused() -> None:
    with pytest.raises(SimulationError, match="19 finished trials are too few"):
        fit(made_up(19, seed=1), "few")
    with pytest.raises(SimulationError, match="give at least one"):
        held(KNOWN, [], 0.9)
    with pytest.raises(SimulationError, match="wanted is 0"):
        KNOWN.forecast(0, 1)
    with pytest.raises(SimulationError, match="sites is 0"):
        KNOWN.forecast(1, 0)
