"""From record to design: what is taken from a record, and which records are refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from accrual.criteria.tree import CompiledTrial
from accrual.errors import SimulationError
from accrual.reading import compile_record
from accrual.registry.ctgov_json import read_json
from accrual.registry.record import Trial
from accrual.simulate.trial import TrialDesign, _cues, read_trial, require_therapy

NUMBER = "NCT00000001"


def record(**changes: object) -> Trial:
    """A single-arm trial of CAR-T cells in leukemia, with some of it changed."""
    told: dict[str, object] = {
        "model": "SINGLE_GROUP",
        "allocation": "NA",
        "arms": ["CAR-T"],
        "names": ["CD7 CAR-T cells"],
        "conditions": ["T-ALL"],
        "enrolment": 20,
        "type": "INTERVENTIONAL",
        **changes,
    }
    arms, names = told["arms"], told["names"]
    assert isinstance(arms, list)
    assert isinstance(names, list)
    protocol = {
        "identificationModule": {"nctId": NUMBER, "briefTitle": "A trial"},
        "conditionsModule": {"conditions": told["conditions"]},
        "designModule": {
            "studyType": told["type"],
            "phases": ["PHASE1"],
            "designInfo": {
                "allocation": told["allocation"],
                "interventionModel": told["model"],
                "maskingInfo": {"masking": "NONE"},
            },
            "enrollmentInfo": {"count": told["enrolment"], "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [{"label": label, "type": "EXPERIMENTAL"} for label in arms],
            "interventions": [{"type": "BIOLOGICAL", "name": name} for name in names],
        },
        "eligibilityModule": {"minimumAge": "18 Years", "sex": "ALL"},
        "contactsLocationsModule": {"locations": [{"city": "Suzhou"}, {"city": "Wuxi"}]},
    }
    return read_json(msgspec.json.encode({"protocolSection": protocol}))


def design(**changes: object) -> TrialDesign:
    return read_trial(record(**changes), CompiledTrial(NUMBER))


def test_a_design_holds_what_the_record_says() -> None:
    found = design()
    assert (found.nct_id, found.title, found.enrolment, found.enrolment_type) == (
        NUMBER,
        "A trial",
        20,
        "ESTIMATED",
    )
    assert (found.model, found.allocation, found.masking, found.phases) == (
        "SINGLE_GROUP",
        "NA",
        "NONE",
        ("PHASE1",),
    )
    assert (found.minimum_age, found.maximum_age, found.sex, found.sites) == ("18 Years", "", "ALL", 2)
    assert [(arm.label, arm.kind) for arm in found.arms] == [("CAR-T", "EXPERIMENTAL")]
    assert found.single_arm
    assert require_therapy(found) == "CAR-T"


@pytest.mark.parametrize(
    ("changes", "single"),
    [
        ({"arms": ["a", "b"]}, False),
        ({"arms": ["a", "b"], "allocation": "RANDOMIZED", "model": "PARALLEL"}, False),
        ({"arms": ["a"], "allocation": "RANDOMIZED", "model": "PARALLEL"}, False),
        ({"arms": [], "model": "PARALLEL"}, False),
        ({"arms": []}, True),
        ({"arms": ["a"], "model": "", "allocation": ""}, True),
    ],
)
def test_one_arm_without_randomization_is_a_single_arm(changes: dict[str, object], single: bool) -> None:
    found = design(**changes)
    assert found.single_arm is single
    if not single:
        with pytest.raises(SimulationError, match=rf"{NUMBER}.*single-arm"):
            require_therapy(found)


@pytest.mark.parametrize(
    ("name", "therapy", "parameter_set"),
    [
        ("T cell injection targeting CD7 chimeric antigen receptor", "CAR-T", ""),
        ("Tisagenlecleucel", "CAR-T", "4-1BB"),
        ("KTE-X19; axicabtagene ciloleucel", "CAR-T", "CD28"),
        ("CD19.CD28Z CAR-T", "CAR-T", "CD28"),
        ("CD19/CD22-BBz chimeric antigen receptor (CAR) T cells", "CAR-T", "4-1BB"),
        ("CD7 UCAR-T", "CAR-T", ""),
        ("CAR-NK cells", None, ""),
        ("gdT cell injection targeting B7-H3 chimeric antigen receptor", None, ""),
        ("cART", None, ""),
        ("NOVOCART Disc", None, ""),
        ("Sipuleucel-T", None, ""),
        ("Blinatumomab", None, ""),
    ],
)
def test_the_therapy_is_known_by_the_names_of_interventions(
    name: str, therapy: str | None, parameter_set: str
) -> None:
    found = design(names=["Cyclophosphamide", name])
    assert (found.therapy, found.parameter_set) == (therapy, parameter_set)
    assert found.therapy_said == (name if therapy else "")


def test_no_model_speaks_of_another_disease_or_another_therapy() -> None:
    assert design(conditions=["Acute Lymphoblastic Leukemia"]).therapy == "CAR-T"
    for changes in (
        {"conditions": ["Glioblastoma"]},
        {"conditions": []},
        {"names": ["Imatinib"]},
        {"names": []},
    ):
        found = design(**changes)
        assert found.therapy is None
        with pytest.raises(SimulationError, match=rf"{NUMBER}.*CAR-T cells in leukemia.*without a therapy"):
            require_therapy(found)


@pytest.mark.parametrize("enrolment", [0, -3])
def test_a_trial_of_nobody_is_refused_unless_a_number_is_given(enrolment: int) -> None:
    with pytest.raises(SimulationError, match=rf"{NUMBER}.*enrolment of {enrolment}.*1 or more"):
        design(enrolment=enrolment)
    found = read_trial(record(enrolment=enrolment), CompiledTrial(NUMBER), enrolment=12)
    assert (found.enrolment, found.enrolment_type) == (12, "GIVEN")
    with pytest.raises(SimulationError, match=r"0 participants.*1 or more"):
        read_trial(record(), CompiledTrial(NUMBER), enrolment=0)


def test_a_record_that_does_not_say_how_many_is_refused() -> None:
    with pytest.raises(SimulationError, match=rf"{NUMBER}.*says nothing of how many"):
        design(enrolment=None)


def test_studies_that_give_nothing_have_no_therapy() -> None:
    found = design(type="OBSERVATIONAL", allocation="", model="")
    assert not found.single_arm
    with pytest.raises(SimulationError, match=rf"{NUMBER}.*OBSERVATIONAL.*interventional"):
        require_therapy(found)


def test_criteria_of_another_study_are_refused() -> None:
    with pytest.raises(SimulationError, match="NCT00000002"):
        read_trial(record(), CompiledTrial("NCT00000002"))


def test_every_cue_names_a_parameter_set_that_there_is() -> None:
    pytest.importorskip("numba", reason="numba is not installed: accrual[simulate]")
    from accrual.simulate.therapies import THERAPIES

    assert {cue.parameter_set for cue in _cues()} - {""} <= set(THERAPIES)
    assert {cue.kind for cue in _cues()} == {"CAR-T", "other"}


def test_the_seed_trial_is_read(shared_data: Path) -> None:
    body = (shared_data / "seed" / "NCT04785833.json").read_bytes()
    found = read_trial(read_json(body), compile_record(body))
    assert (found.nct_id, found.enrolment, found.sites, found.single_arm) == ("NCT04785833", 20, 1, True)
    assert (found.therapy, found.parameter_set, found.masking) == ("CAR-T", "", "NONE")
    assert (found.minimum_age, found.maximum_age) == ("12 Years", "65 Years")
