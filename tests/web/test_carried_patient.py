"""A patient carried by a page: the same facts come back, and nothing that no page wrote."""

from __future__ import annotations

import base64
import zlib

import msgspec
import pytest

from accrual.basic import Code, PartialDate, Quantity
from accrual.demo import demo_patients
from accrual.errors import PatientError
from accrual.patient.carried import MOST_CHARS, read_carried, write_carried
from accrual.patient.model import Fact, Patient, Source
from accrual.patient.reader import read_patient

NOTE = b"""Progress note. 62-year-old woman with stage III breast cancer, diagnosed in March 2024.
She had a mastectomy. She takes tamoxifen. No diabetes. ECOG 1. Hemoglobin 11.2 g/dL."""


def packed(body: bytes) -> bytes:
    return base64.urlsafe_b64encode(zlib.compress(body))


@pytest.mark.parametrize("name", sorted(demo_patients()))
def test_every_fact_comes_back(name: str) -> None:
    patient = read_patient(demo_patients()[name])
    again = read_carried(write_carried(patient).encode())
    assert again.facts == patient.facts
    assert (again.sex, again.birth_date, again.age_years) == (
        patient.sex,
        patient.birth_date,
        patient.age_years,
    )
    assert again.place == patient.place


def test_the_facts_of_a_note_come_back_and_its_words_do_not() -> None:
    patient = read_patient(NOTE)
    again = read_carried(write_carried(patient).encode())
    assert patient.words
    assert patient.facts
    assert again.facts == patient.facts
    assert again.words == ""


def test_an_id_stays_behind() -> None:
    assert read_carried(write_carried(Patient(id="12345", sex="male")).encode()).id == ""


def _body(**changes: object) -> bytes:
    return packed(msgspec.json.encode({"sex": "female", **changes}))


def _fact(**changes: object) -> bytes:
    fact = {"kind": "condition", "text": "x", "source": {"where": "here"}, **changes}
    return _body(facts=[fact])


def test_a_plain_body_is_read() -> None:
    assert read_carried(_body()).sex == "female"
    assert len(read_carried(_fact()).facts) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not base64!",
        b"\xff\xfe",
        base64.urlsafe_b64encode(b"not packed"),
        packed(b"{"),
        packed(b"[" * 100_000),
        packed(b"[]"),
        packed(b"{}")[:-6],
        packed(b" " * 9_000_000 + b"{}"),
        b"A" * (MOST_CHARS + 4),
        _body(sex="<b>"),
        _body(age_years=-3),
        _body(age_years=1e300),
        _body(birth_date={"year": 0}),
        _body(birth_date={"year": 2020, "month": 13}),
        _body(point={"lat": 900.0, "lon": 0.0}),
        _fact(date={"year": 2023, "month": 2, "day": 30}),
        _fact(qualifiers=["no such word"]),
        _fact(concept={"system": "accrual", "code": "no-such-concept"}),
        _fact(concept={"system": "ICD10", "code": "asthma"}),
        _fact(variable="ecog"),
        _fact(kind="measurement"),
        _fact(kind="measurement", variable="nonsense", value={"value": 1}),
        _fact(kind="measurement", variable="hemoglobin", value={"value": 1e308, "unit": "g/dL"}),
        _fact(kind="measurement", variable="hemoglobin", value={"value": 11, "unit": "elephants"}),
        _fact(kind="measurement", variable="hemoglobin", value="much"),
        _fact(kind="measurement", variable="pregnant", value="perhaps"),
        _fact(kind="measurement", variable="pregnant", value={"value": 1}),
    ],
    ids=range(28),
)
def test_what_no_page_wrote_is_refused_without_repeating_it(line: bytes) -> None:
    with pytest.raises(PatientError, match="start again") as refused:
        read_carried(line)
    assert "elephants" not in str(refused.value)


def test_too_many_facts_are_said_so() -> None:
    facts = tuple(
        Fact(
            kind="measurement",
            text=f"{number * 7919 % 100_003:x}{number * 104_729 % 1_000_003:x}",
            source=Source(f"entry {number * 15_485_863 % 1_000_033}"),
            variable="hemoglobin",
            value=Quantity(10 + number % 7, "g/dL"),
            date=PartialDate(2020, 1 + number % 12, 1 + number % 28),
        )
        for number in range(20_000)
    )
    with pytest.raises(PatientError, match="20,000 facts, more than a page can carry"):
        write_carried(Patient(facts=facts))


def test_a_code_by_words_alone_comes_back() -> None:
    fact = Fact(
        kind="condition",
        text="facet joint cyst",
        source=Source("conditions[0]"),
        concept=Code("text", "condition:facet-joint-cyst", "facet joint cyst"),
    )
    assert read_carried(write_carried(Patient(facts=(fact,))).encode()).facts == (fact,)
