"""What a page carries in its own form: unchanged, of this server, of its kind, and of a bounded size."""

from __future__ import annotations

import os

import pytest

from accrual.demo import demo_patients
from accrual.errors import QueryError
from accrual.patient.model import Patient, Unused
from accrual.patient.reader import read_patient
from accrual.web.carried import MOST_BYTES, MOST_UNUSED, Carrier, lightened

CARRIER = Carrier(b"a key")


@pytest.mark.parametrize("name", demo_patients())
def test_a_patient_comes_back_as_it_went(name: str) -> None:
    patient = read_patient(demo_patients()[name])
    assert CARRIER.read(CARRIER.write(patient).encode(), Patient) == patient


@pytest.mark.parametrize("field", [b"", b"x", b"\xff\xfe", b"AAAA" * 20, b"=" * 7])
def test_what_no_page_wrote_is_refused(field: bytes) -> None:
    with pytest.raises(QueryError, match="send the file again"):
        CARRIER.read(field, Patient)


def test_a_changed_field_is_refused() -> None:
    field = CARRIER.write(Patient(id="p1"))
    changed = field[:-6] + ("A" if field[-6] != "A" else "B") + field[-5:]
    with pytest.raises(QueryError):
        CARRIER.read(changed.encode(), Patient)


def test_the_field_of_another_server_is_refused() -> None:
    with pytest.raises(QueryError):
        CARRIER.read(Carrier(b"another key").write(Patient()).encode(), Patient)


def test_a_field_of_another_kind_is_refused() -> None:
    with pytest.raises(QueryError):
        CARRIER.read(CARRIER.write(Unused("", "")).encode(), Patient)


def test_what_is_too_large_is_said() -> None:
    with pytest.raises(QueryError, match="too large"):
        CARRIER.write(Patient(place=os.urandom(MOST_BYTES).hex()))


@pytest.mark.parametrize("name", demo_patients())
def test_what_decides_travels_and_the_id_and_the_words_stay_behind(name: str) -> None:
    patient = read_patient(demo_patients()[name])
    light = lightened(patient)
    assert (light.id, light.words) == ("", "")
    assert light.facts == patient.facts
    assert (light.sex, light.birth_date, light.age_years, light.place) == (
        patient.sex,
        patient.birth_date,
        patient.age_years,
        patient.place,
    )


def test_the_words_of_a_note_stay_behind_and_its_facts_travel() -> None:
    patient = read_patient(b"67-year-old woman with breast cancer. Hb 9.1 g/dL. ECOG 1.")
    assert patient.words
    assert patient.facts
    again = CARRIER.read(CARRIER.write(lightened(patient)).encode(), Patient)
    assert again.words == ""
    assert again.facts == patient.facts


def test_of_what_was_not_used_the_first_are_named() -> None:
    patient = Patient(unused=tuple(Unused(f"entry {number}", "not known") for number in range(5_000)))
    assert len(lightened(patient).unused) == MOST_UNUSED
