"""A patient as one short line of text, to be carried by the page that asks and given back with each answer.

Comes in: a `Patient` from any reader. Goes out: the line, and from the line the same facts again. Refuses
(PatientError): a patient with too many facts for a page to carry, a line that nothing here wrote. A note's own words
and the patient's id stay behind: they decide nothing.

The line is the JSON of the facts, packed. Nothing guards it against being changed: it is its sender's own.
"""

from __future__ import annotations

import base64
import binascii
import zlib

import msgspec

from accrual.basic import PartialDate, Quantity
from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import qualifiers
from accrual.codes.units import units
from accrual.codes.variables import variable_of
from accrual.codes.wording import code_of
from accrual.errors import PatientError, VocabularyError
from accrual.patient.model import Fact, Patient, Source
from accrual.patient.terms import impossible

MOST_CHARS = 200_000
"""Characters of a line, some 20,000 facts. Set by hand: it goes up and down the wire with every answer."""

_MOST_BYTES = 8_000_000  # unpacked; set by hand: 200,000 characters of real facts unpack to some 2 MB
_MOST_UNUSED = 50  # parts that were not used, named on the page; set by hand
_LONGEST = 2_000  # characters of a fact's own words; set by hand


def write_carried(patient: Patient) -> str:
    """Return the line that carries a patient's facts.

    Raises:
        PatientError: there are too many.

    Example:
        >>> read_carried(write_carried(Patient(sex="female"))).sex
        'female'
    """
    kept = msgspec.structs.replace(
        patient,
        id="",
        words="",
        left_out=(),
        facts=tuple(_short(fact) for fact in patient.facts),
        unused=patient.unused[:_MOST_UNUSED],
    )
    line = base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(kept), 9)).decode()
    if len(line) > MOST_CHARS:
        raise PatientError(
            f"this file holds {len(patient.facts):,} facts, more than a page can carry: give one with fewer"
        )
    return line


def read_carried(line: bytes) -> Patient:
    """Return the patient that a line carries.

    Raises:
        PatientError: nothing here wrote the line.
    """
    try:
        if len(line) > MOST_CHARS:
            raise ValueError("too long")
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(line, b"-_", validate=True), _MOST_BYTES)
        if not unpacker.eof:
            raise ValueError("cut short, or too long")
        patient = msgspec.json.decode(data, type=Patient)
        _check(patient)
    except (
        binascii.Error,
        zlib.error,
        msgspec.MsgspecError,
        UnicodeError,
        RecursionError,
        OverflowError,
        ValueError,
        VocabularyError,
    ):
        raise PatientError("what was read from your file did not come back whole: start again") from None
    return patient


def _short(fact: Fact) -> Fact:
    source = Source(fact.source.where[:_LONGEST], fact.source.quote[:_LONGEST])
    return msgspec.structs.replace(fact, text=fact.text[:_LONGEST], source=source)


def _check(patient: Patient) -> None:
    """Refuse (ValueError) what no reader makes: everything past this line trusts the tables' names."""
    for day in (patient.birth_date, patient.age_date):
        _check_day(day)
    if patient.age_years is not None and not 0 <= patient.age_years <= 130:
        raise ValueError("age")
    if patient.point is not None and not (
        -90 <= patient.point.lat <= 90 and -180 <= patient.point.lon <= 180
    ):
        raise ValueError("point")
    known = qualifiers()
    for fact in patient.facts:
        _check_day(fact.date)
        _check_day(fact.end)
        if any(word not in known for word in fact.qualifiers):
            raise ValueError("qualifier")
        if fact.kind == "measurement":
            _check_value(fact)
        elif fact.variable is not None or fact.value is not None:
            raise ValueError("variable")
        if fact.concept is not None:
            held = code_of(vocabulary().get(fact.concept.code))
            if (held.system, held.code) != (fact.concept.system, fact.concept.code):
                raise ValueError("concept")


def _check_day(day: PartialDate | None) -> None:
    if day is not None and PartialDate.parse(str(day)) != day:
        raise ValueError("date")


def _check_value(fact: Fact) -> None:
    variable = variable_of(fact.variable or "")
    if variable is None or fact.value is None:
        raise ValueError("value")
    if isinstance(fact.value, Quantity):
        if variable.kind == "category" or (fact.value.unit and fact.value.unit not in units()):
            raise ValueError("unit")
        if impossible(variable, fact.value):
            raise ValueError("impossible")
    elif fact.value not in variable.values:
        raise ValueError("category")
