"""The whole virtual trial: reproducible, its parts present where they apply, clear where they do not."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

pytest.importorskip("scipy")
pytest.importorskip("numba")

from accrual.basic import NctId
from accrual.criteria.tree import CompiledTrial
from accrual.errors import SimulationError
from accrual.message import Message
from accrual.report.words import (
    CRS,
    EVENT,
    INFUSION,
    SETS,
    SIGN,
    group_words,
    left_out_words,
    outcome_words,
)
from accrual.report.words import NOTICE as NOTICE_WORDS
from accrual.report.words import PROFILES as PROFILE_WORDS
from accrual.simulate.group import draw_group
from accrual.simulate.notice import NOTICE
from accrual.simulate.outcome import Event, Infusion
from accrual.simulate.profiles import PROFILES
from accrual.simulate.reactions import Grade
from accrual.simulate.settings import Settings
from accrual.simulate.showing import Rates, show
from accrual.simulate.simulation import Simulation, simulate
from accrual.simulate.therapies import THERAPIES
from accrual.simulate.trial import Arm, TrialDesign

SEED = TrialDesign(
    nct_id="NCT04785833",
    title="CD7 CAR-T",
    conditions=("Leukemia",),
    study_type="INTERVENTIONAL",
    phases=("PHASE1",),
    arms=(Arm("CAR-T"),),
    enrolment=20,
    enrolment_type="ESTIMATED",
    allocation="NA",
    model="SINGLE_GROUP",
    masking="NONE",
    sex="ALL",
    minimum_age="",
    maximum_age="",
    sites=1,
    compiled=CompiledTrial(NctId("NCT04785833"), ()),
    single_arm=True,
    therapy="CAR-T",
)
OF_TWO_ARMS = replace(SEED, arms=(Arm("a"), Arm("b")), single_arm=False)
OF_ANOTHER_DRUG = replace(SEED, therapy=None)
FEW = Settings(replicates=20)


@pytest.fixture(scope="module")
def found() -> Simulation:
    return simulate(SEED, FEW)


def test_the_same_settings_give_the_same_bytes_whatever_the_workers(found: Simulation) -> None:
    again = simulate(SEED, replace(FEW, workers=1))
    assert msgspec.json.encode(again) == msgspec.json.encode(found)
    other = simulate(SEED, replace(FEW, seed=2))
    assert other.course is not None
    assert found.course is not None
    assert other.course.group != found.course.group


def test_every_part_of_the_seed_trial_is_there(found: Simulation) -> None:
    assert found.course is not None
    assert found.participants == len(found.course.group.members) == 20
    assert len(found.showing.counts) == 21
    assert found.showing.two_stage is not None
    assert [reason.split(":")[0] for reason in found.left_out] == ["who would be screened"]
    assert found.notice == NOTICE == str(NOTICE_WORDS)


def test_courses_and_fates_are_of_the_same_people(found: Simulation) -> None:
    assert found.course is not None
    group = found.course.group
    day_28 = group.days.index(28.0)
    for member in group.members:
        if member.infusion == "given":
            assert member.log10_change == pytest.approx(
                member.log10_tumour[day_28] - member.log10_tumour[0], abs=1e-6
            )
            assert max(member.blood) <= (member.peak or 0) * (1 + 1e-9)
        else:
            assert member.blood == member.log10_tumour == ()
            assert member.remission is None


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (OF_TWO_ARMS, "single arm"),
        (OF_ANOTHER_DRUG, "CAR-T"),
    ],
)
def test_a_therapy_is_left_out_where_none_applies_and_the_reason_is_said(
    subject: TrialDesign, reason: str
) -> None:
    without = simulate(subject, FEW)
    assert without.course is None
    assert reason in without.left_out[-1]
    for one in without.left_out:
        (words,) = left_out_words(one).values.values()  # type: ignore[attr-defined]
        assert isinstance(words, Message)
    assert without.showing.participants == 20


@pytest.mark.parametrize(
    ("subject", "settings", "says"),
    [
        (replace(SEED, enrolment=5000), FEW, "5,000"),
        (OF_TWO_ARMS, Settings(therapy="CD28"), "2 arms"),
        (OF_ANOTHER_DRUG, Settings(therapy="CD28"), "models for CAR-T"),
        (SEED, Settings(therapy="nothing"), "'nothing' is not a therapy"),
        (SEED, Settings(null_rate=0.9), "above the null rate"),
        (SEED, Settings(seed=-1), "seed is -1"),
    ],
)
def test_what_cannot_be_simulated_is_refused_by_name(
    subject: TrialDesign, settings: Settings, says: str
) -> None:
    with pytest.raises(SimulationError, match=says):
        simulate(subject, settings)


def test_a_trial_too_small_for_two_stages_says_so() -> None:
    shown = show(10, Rates(0.1, 0.15))
    assert shown.two_stage is None
    assert "200 participants" in shown.without_two_stage


def test_a_long_table_keeps_where_no_turns_to_yes() -> None:
    shown = show(400, Rates(0.2, 0.4))
    rows = [row.responders for row in shown.few()]
    limit = shown.single.design.reject_above
    assert {0, limit, limit + 1, 400} <= set(rows)
    assert len(rows) <= 28


def test_more_participants_than_a_plot_shows_are_refused_one_by_one() -> None:
    with pytest.raises(SimulationError, match="one by one"):
        draw_group(THERAPIES["4-1BB"], 101, None)  # type: ignore[arg-type]


def test_every_name_in_a_simulation_has_words(found: Simulation) -> None:
    assert found.course is not None
    for row in found.course.summary.shares:
        assert outcome_words(row.name)
        assert group_words(row.name, row.among)
    assert INFUSION.keys() == {each.name.lower() for each in Infusion}
    assert EVENT.keys() == {each.name.lower() for each in Event} == SIGN.keys() | {"not_infused"}
    assert PROFILE_WORDS.keys() == PROFILES.keys()
    for one in THERAPIES.values():
        assert SETS[one.name] == (one.cells.stands_for, one.cells.confounded)
    assert CRS.keys() == {each.name.lower() for each in Grade}
