"""The people a study looks for, and the sites where it looks, as FHIR R4 resources inside a ResearchStudy.

Comes in: a record, or one of its sites. Goes out: a `Group` with the eligibility in it, a `Location`. Refuses nothing;
an age in words that are no number of a unit is left out of the Group's ranges and stays in the criteria.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from accrual.registry.enums import legacy_value
from accrual.registry.export import fhir_types as r4
from accrual.registry.fields import find_field
from accrual.registry.record import Trial
from accrual.registry.record_protocol import Location

_UCUM = "http://unitsofmeasure.org"
# UCUM's codes for units of time (The Unified Code for Units of Measure, table "units of time").
_UNITS = {"year": "a", "month": "mo", "week": "wk", "day": "d", "hour": "h", "minute": "min"}
_AGE = re.compile(r"(\d{1,6}) (year|month|week|day|hour|minute)s?", re.IGNORECASE)


def group(trial: Trial) -> r4.Group:
    """Return the participants: how many, their sex and ages, and the criteria in the authors' words."""
    return r4.Group(
        id="participants",
        type="person",
        actual=trial.enrollment_type == "ACTUAL",
        # FHIR's unsignedInt ends here (R4, data types).
        quantity=trial.enrollment if 0 <= (trial.enrollment or 0) < 2**31 else None,
        characteristic=tuple(_characteristics(trial)),
    )


def site(number: int, location: Location) -> r4.Location:
    """Return one site; its number in the record makes its id, `site-0` for the first."""
    address = r4.Address(
        city=location.city, state=location.state, postal_code=location.zip, country=location.country
    )
    point = location.geoPoint
    points = dict.fromkeys(
        (system, value)
        for contact in location.contacts
        for system, value in (("phone", contact.phone), ("email", contact.email))
        if value
    )
    return r4.Location(
        id=f"site-{number}",
        name=location.facility,
        description=legacy_value(find_field("LocationStatus"), location.status),
        mode="instance",
        telecom=tuple(r4.ContactPoint(system=system, value=value) for system, value in points),
        address=None if address == r4.Address() else address,
        position=None if point is None else r4.Position(longitude=point.lon, latitude=point.lat),
    )


def _characteristics(trial: Trial) -> Iterator[r4.Characteristic]:
    if trial.sex in ("FEMALE", "MALE"):
        coding = r4.Coding(system="http://hl7.org/fhir/administrative-gender", code=trial.sex.lower())
        yield r4.Characteristic(
            code=r4.CodeableConcept(text="Sex"),
            value_codeable_concept=r4.CodeableConcept(coding=(coding,), text=trial.sex.capitalize()),
            exclude=False,
        )
    low, high = _age(trial.minimum_age), _age(trial.maximum_age)
    if low is not None or high is not None:
        yield r4.Characteristic(
            code=r4.CodeableConcept(text="Age"), value_range=r4.Range(low=low, high=high), exclude=False
        )
    if trial.healthy_volunteers is not None:
        yield r4.Characteristic(
            code=r4.CodeableConcept(text="Healthy volunteers accepted"),
            value_boolean=trial.healthy_volunteers,
            exclude=False,
        )
    if trial.criteria_text.strip():
        yield r4.Characteristic(
            code=r4.CodeableConcept(text="Eligibility criteria"),
            value_codeable_concept=r4.CodeableConcept(text=trial.criteria_text),
            exclude=False,
        )


def _age(text: str) -> r4.Quantity | None:
    found = _AGE.fullmatch(text.strip())
    if found is None:
        return None
    unit = found[2].lower()
    return r4.Quantity(value=int(found[1]), unit=unit, system=_UCUM, code=_UNITS[unit])
