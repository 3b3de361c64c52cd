"""The steps of a proof are read apart again, each of them, without a change of their words."""

from __future__ import annotations

import pytest

from accrual.demo import DEMO_TODAY, demo_patients
from accrual.finder import Finder
from accrual.message import Joined, Message, Original
from accrual.plain.proof import fact_of, step_of

RECORDED = "%(name)s is recorded"


def _parts(step: str) -> tuple[str, ...]:
    return step.parts if isinstance(step, Joined) else (step,)


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """Every step that the demo's patients and trials bring about."""
    found = set()
    with Finder.demo(tmp_path_factory.mktemp("proof")) as finder:
        patients = [finder.read_patient(data) for data in demo_patients().values()]
        for number in list(finder.nct_ids())[::3]:
            for patient in patients[::2]:
                for assumption in ("open", "notes"):
                    screening = finder.screen(number, patient, DEMO_TODAY, assumption)
                    lines = (*screening.fields, *screening.criteria)
                    found |= {one.step for line in lines for one in line.evidence}
    return frozenset(found)


def test_every_step_is_known_and_keeps_its_words(steps: frozenset[str]) -> None:
    assert len(steps) > 100
    assert [step for step in steps if str(step_of(step)) != step] == []
    unknown = [part for step in steps for part in _parts(step_of(step)) if isinstance(part, Original)]
    assert unknown == []


@pytest.mark.parametrize(
    ("step", "patterns"),
    [
        ("asthma is recorded; said to be severe", ("%(name)s is recorded", "said to be %(words)s")),
        ("cancer is recorded; melanoma is only one kind of it", (RECORDED, "%(wider)s is only one kind of it")),
        ("23 years old on 2026-11-01; 12 years ≤ 23 years", ("%(time)s old on %(day)s", "%(amount)s")),
        ("recorded sex is male, so pregnant is no", ("recorded sex is male, so %(name)s is %(value)s",)),
        ("not certainly inside ≤ 4 weeks before 2026-11-01", ("not certainly inside %(time)s before %(day)s",)),
        ("gives informed consent: yes is yes", ("%(name)s: %(value)s is %(values)s",)),
    ],
)  # fmt: skip
def test_a_step_is_told_by_its_sentences(step: str, patterns: tuple[str, ...]) -> None:
    parts = _parts(step_of(step))
    assert tuple(part.pattern for part in parts if isinstance(part, Message)) == patterns


def test_the_words_of_a_variable_stand_for_its_id() -> None:
    (part,) = _parts(step_of("recorded sex is male, so childbearing-potential is no"))
    assert isinstance(part, Message)
    assert part.values["name"] == "childbearing potential"


@pytest.mark.parametrize("text", ["", "frobnicated", "; ; ", "a" * 5_000, "x is y; " * 400])
def test_other_words_stay_as_they_are(text: str) -> None:
    assert str(step_of(text)).replace("; ", "") == text.replace("; ", "")


def test_a_fact_stays_in_its_own_words_and_a_missing_one_is_said_in_ours() -> None:
    assert isinstance(fact_of("Karnofsky 80 (2026-10-20)"), Original)
    assert isinstance(fact_of("not mentioned in the notes"), Message)
