"""No word of ours stays English on the way through a conversation or a coordinator's table."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from .fields import held
from .fields import hidden_of_question as hidden
from .pseudo import CODE, untranslated
from .test_web_any_trial import NOTE

ONE = "/trials/NCT04785833/take-part"
ALL = "/take-part"
MATRIX = "/coordinators/matrix"
PATIENTS = "/coordinators/patients"


@pytest.fixture
def speaking(client: TestClient, pseudo: str) -> TestClient:
    client.cookies.set("lang", CODE)
    return client


def test_one_trial_asked_to_its_end(speaking: TestClient) -> None:
    page = speaking.post(ONE, data={"start": "1"}).text
    for answer in ("12", "yes", "?", "abc", "1,200", "no", "in the past", "never", "?"):
        assert untranslated(page, *hidden(page).values(), "abc") == []
        field = "number" if 'id="number"' in page else "answer"
        page = speaking.post(ONE, data={**hidden(page), field: answer}).text
    assert untranslated(speaking.post(ONE, data={**hidden(page), "show": "1"}).text, "abc") == []


@pytest.mark.parametrize(
    "begun", [{"about_what": "leukemia"}, {"about_what": "leukemia", "note": NOTE, "age": "23"}]
)
def test_all_trials_asked_to_the_end(speaking: TestClient, begun: dict[str, str]) -> None:
    page = speaking.post(ALL, data={"begin": "1", **begun}).text
    for answer in ("yes, now", "?", "no"):
        assert untranslated(page, "leukemia") == []
        page = speaking.post(ALL, data={**hidden(page), "answer": answer}).text
    assert untranslated(speaking.post(ALL, data={**hidden(page), "show": "1"}).text, "leukemia") == []


@pytest.mark.parametrize(
    "sent",
    [{"begin": "1"}, {"begin": "1", "about_what": "xyzzyplugh"}, {"search": "text=leukemia", "held": "no"}],
)
def test_a_beginning_that_is_refused(speaking: TestClient, sent: dict[str, str]) -> None:
    assert untranslated(speaking.post(ALL, data=sent).text, "xyzzyplugh", "leukemia") == []


def test_a_patient_and_many_trials(speaking: TestClient, patient: bytes) -> None:
    page = speaking.post(MATRIX, data={"text": patient.decode()}).text
    assert untranslated(page) == []
    for topic in ("person", "disease", "organs", "other"):
        cell = {"held": held(page), "cell": f"NCT04785833-{topic}"}
        assert untranslated(speaking.post(MATRIX, data=cell).text) == []
    for text in ("", "{", "%PDF-1.4"):
        assert untranslated(speaking.post(MATRIX, data={"text": text}).text, "%PDF-1.4") == []


def test_many_patients_and_a_trial(speaking: TestClient, patient: bytes) -> None:
    for trial, text in (
        ("NCT04785833", patient.decode()),
        ("NCT04785833", "{"),
        ("", ""),
        ("NCT00000000", "x"),
    ):
        sent = {"trial": trial, "text": text, "ids": "1"}
        page = speaking.post(PATIENTS, data=sent).text
        assert untranslated(page, "NCT00000000") == []
