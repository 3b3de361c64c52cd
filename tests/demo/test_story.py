"""What the demo shows: one trial of each verdict, and clear questions where the file is silent."""

from __future__ import annotations

import pytest

from accrual.criteria.compile import compile_trial
from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients, demo_records
from accrual.match.evaluate import screen
from accrual.match.verdict import Screening
from accrual.patient.reader import read_patient
from accrual.registry.ctgov_json import read_json
from accrual.truth import Truth


def screened(nct_id: str, patient: str) -> Screening:
    """Screen one demo patient for one demo study on the demo's day."""
    trial = next(trial for trial in map(read_json, demo_records()) if trial.nct_id == nct_id)
    compiled = compile_trial(
        nct_id=trial.nct_id,
        criteria_text=trial.criteria_text,
        sex=trial.sex,
        minimum_age=trial.minimum_age,
        maximum_age=trial.maximum_age,
        healthy_volunteers=trial.healthy_volunteers,
    )
    return screen(compiled, read_patient(demo_patients()[patient], patient), DEMO_TODAY)


def test_the_seed_trial_is_undetermined_for_the_default_patient_and_asks_what_the_file_leaves_out() -> None:
    found = screened("NCT04785833", DEFAULT_PATIENT)
    open_criteria = {each.text: each.missing for each in found.criteria if each.holds is Truth.UNKNOWN}
    assert found.verdict == "undetermined"
    assert len(found.criteria) == 15
    assert set(open_criteria) == {
        "Expected survival time ≥ 3 months",
        "Congenital immunodeficiency patients",
        "The patient and/or family members do not agree to the treatment plan",
    }
    assert all(missing.question for several in open_criteria.values() for missing in several)


@pytest.mark.parametrize(
    ("nct_id", "patient", "verdict"),
    [
        ("NCT90000063", "t-all", "eligible"),
        ("NCT90000064", "diabetes-ckd", "eligible"),
        # The bundle says nothing of dialysis and pregnancy, and silence is unknown.
        ("NCT90000064", "diabetes-ckd-fhir", "undetermined"),
        ("NCT90000033", "lupus-pregnant", "ineligible"),
        ("NCT90000016", "healthy", "ineligible"),
    ],
)
def test_each_verdict_has_a_patient(nct_id: str, patient: str, verdict: str) -> None:
    found = screened(nct_id, patient)
    assert found.verdict == verdict, [(each.text, each.holds) for each in found.criteria]
