"""accrual's own patient form: one small JSON object that a person or a program can write (docs/patient.md).

Comes in: the bytes of such a file. Goes out: a `Patient`. Refuses (PatientError): an unknown key (with the nearest
known one), a value of the wrong type, a date that is not on the calendar, a state that is not in the table. The
message names the place in the file, never what the patient's file says there. A condition or a measurement that
the tables do not have is no error: it is kept as plain words, or listed in `unused`.
"""

from __future__ import annotations

import re
from typing import Literal, TypeVar, cast

import msgspec

from accrual.basic import GeoPoint, PartialDate, Quantity
from accrual.codes.qualifiers import qualifier_named, qualifiers
from accrual.codes.units import unit_named
from accrual.codes.variables import Variable, measure_id, variable_named, variable_of, variables
from accrual.errors import PatientError
from accrual.message import Original, message
from accrual.patient.model import Fact, FactKind, Patient, Source, Unused
from accrual.patient.refusal import nearest, refusal, wrong_type
from accrual.patient.terms import (
    Meaning,
    agree,
    by_words,
    category,
    code_pair,
    impossible,
    meanings,
    named,
    quantity,
)

FORM = "accrual form"
VERSION = 1


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition, drug or procedure as the form writes it."""

    name: str
    code: str | None = None
    qualifiers: list[str] = []
    date: str | None = None
    end: str | None = None
    present: bool = True


class Measurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One measured value as the form writes it."""

    name: str
    value: float | str
    unit: str = ""
    date: str | None = None
    low: float | None = None
    high: float | None = None


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole form; lists are read entry by entry, so that a mistake is named with its place."""

    accrual_patient: int = VERSION
    id: str = ""
    sex: str | None = None
    birth_date: str | None = None
    age: float | None = None
    age_date: str | None = None
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    conditions: list[msgspec.Raw] = []
    drugs: list[msgspec.Raw] = []
    procedures: list[msgspec.Raw] = []
    measurements: list[msgspec.Raw] = []
    states: dict[str, str] = {}


KEYS: tuple[str, ...] = Form.__struct_fields__
"""The keys by which a file without `accrual_patient` is recognised."""

_LISTS: tuple[tuple[str, FactKind], ...] = (
    ("conditions", "condition"),
    ("drugs", "drug"),
    ("procedures", "procedure"),
)
_NAMES = re.compile(r"[^\W\d_]")  # a name has a letter
_OWN_KEYS = ("age", "sex")
# A laboratory's "less than 5" and "5 or more"; the spellings with one sign are folded first.
_COMPARED = re.compile(r"^(<=|>=|<|>)\s*(\d+(?:\.\d+)?)$")

S = TypeVar("S", bound=msgspec.Struct)


def read_form(data: bytes, where: str = "") -> Patient:
    """Return the patient that a form describes.

    Raises:
        PatientError: broken JSON, an unknown key, a wrong type, an impossible date, an unknown state.

    Example:
        >>> read_form(b'{"accrual_patient": 1, "sex": "female", "age": 23}').sex
        'female'
    """
    return FormReader(where).patient(data)


class FormReader:
    """Reads one form, or parts of one; holds where the file came from and what was not used."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.unused: list[Unused] = []

    def patient(self, data: bytes) -> Patient:
        form = self.struct(data, Form, "")
        if form.accrual_patient != VERSION:
            raise self.error(
                "accrual_patient",
                message("this is version %(version)s of the form: write %(version)s", version=VERSION),
            )
        if form.sex is not None and form.sex not in ("female", "male"):
            raise self.error("sex", message('write "female" or "male", or leave it out when it is not known'))
        if form.birth_date is not None and form.age is not None:
            raise self.error("age", message("birth_date is there too: keep one of them"))
        if form.age_date is not None and form.age is None:
            raise self.error("age_date", message("it says when the age was true, and there is no age"))
        if form.age is not None and not 0 <= form.age <= 130:
            raise self.error("age", message("write the age in years, 0 to 130"))
        facts: list[Fact] = []
        for key, kind in _LISTS:
            for index, raw in enumerate(cast("list[msgspec.Raw]", getattr(form, key))):
                at = f"{key}[{index}]"
                facts += self.entry(self.struct(raw, Entry, at), kind, at)
        for index, raw in enumerate(form.measurements):
            at = f"measurements[{index}]"
            fact = self.measurement(self.struct(raw, Measurement, at), at)
            facts += [fact] if fact is not None else []
        facts += [self.state(name, value) for name, value in form.states.items()]
        aged = "birth_date" if form.birth_date is not None else "age" if form.age is not None else ""
        return Patient(
            id=form.id,
            form=FORM,
            sex=cast("Literal['female', 'male'] | None", form.sex),
            sex_source=Source("sex") if form.sex else None,
            birth_date=self.date(form.birth_date, "birth_date"),
            age_years=form.age,
            age_date=self.date(form.age_date, "age_date"),
            age_source=Source(aged) if aged else None,
            place=form.place,
            point=self.point(form),
            facts=tuple(facts),
            unused=tuple(self.unused),
        )

    def point(self, form: Form) -> GeoPoint | None:
        if form.lat is None and form.lon is None:
            return None
        if form.lat is None or form.lon is None:
            raise self.error(
                "lat" if form.lat is None else "lon", message("lat and lon go together: one is missing")
            )
        if not (-90 <= form.lat <= 90 and -180 <= form.lon <= 180):
            raise self.error("lat", message("a point has lat -90 to 90 and lon -180 to 180, in degrees"))
        return GeoPoint(form.lat, form.lon)

    def entry(self, entry: Entry, kind: FactKind, at: str) -> tuple[Fact, ...]:
        """Return the facts of one condition, drug or procedure.

        Raises:
            PatientError: an impossible date, an unknown qualifier, a code without its system.
        """
        begun, ended = self.date(entry.date, f"{at}.date"), self.date(entry.end, f"{at}.end")
        if begun is not None and ended is not None and ended.last < begun.first:
            raise self.error(f"{at}.end", message("it lies before date"))
        told = tuple(self.qualifier(word, f"{at}.qualifiers[{i}]") for i, word in enumerate(entry.qualifiers))
        found = self.meanings(entry, kind, at)
        if found is None:
            return ()

        def fact(of: FactKind, meaning: Meaning | None) -> Fact:
            return Fact(
                kind=of,
                text=entry.name,
                source=Source(at, entry.name),
                asserted=entry.present,
                concept=meaning.concept if meaning else None,
                qualifiers=tuple(dict.fromkeys((*(meaning.qualifiers if meaning else ()), *told))),
                date=begun,
                end=ended,
            )

        found = found or by_words(entry.name, kind)
        if not found:
            return (fact(kind, None),)
        return tuple(fact(cast("FactKind", meaning.kind), meaning) for meaning in found)

    def meanings(self, entry: Entry, kind: FactKind, at: str) -> tuple[Meaning, ...] | None:
        """Return what the entry means, None when its code and its name contradict each other."""
        said = named(entry.name, drug=kind == "drug")
        if entry.code is None:
            return said
        if ":" not in entry.code:
            raise self.error(f"{at}.code", message('write the system and the code, like "SNOMED:91861009"'))
        coded = meanings("", (code_pair(entry.code),))
        if not agree(said, coded):
            self.unused.append(Unused(at, "its code and its name mean different things"))
            return None
        return meanings(entry.name, (code_pair(entry.code),), drug=kind == "drug")

    def qualifier(self, word: str, at: str) -> str:
        known = qualifier_named(word)
        if known is None:
            raise self.error(
                at, message("no such qualifier: %(advice)s", advice=nearest(word, tuple(qualifiers())))
            )
        return known.id

    def measurement(self, entry: Measurement, at: str) -> Fact | None:
        """Return the fact of one measured value; None where it is not used, and then it is noted.

        Raises:
            PatientError: an impossible date; age or sex, which have keys of their own.
        """
        date = self.date(entry.date, f"{at}.date")
        variable = variable_named(entry.name)
        if variable is None:
            own = variable_of(measure_id(entry.name)) if _NAMES.search(entry.name) else None
            if own is None or self.value(entry, own, at)[2]:
                self.unused.append(Unused(at, "the tables have no variable of this name"))
                return None
            variable = own
        if variable.id in _OWN_KEYS:
            raise self.error(
                at,
                message("%(name)s has a key of its own at the top of the form", name=Original(variable.id)),
            )
        value, comparator, problem = self.value(entry, variable, at)
        if problem or value is None:
            self.unused.append(Unused(at, problem))
            return None
        said = (
            f"{entry.name} {entry.value if isinstance(entry.value, str) else f'{entry.value:g}'} {entry.unit}"
        )
        return Fact(
            kind="measurement",
            text=entry.name,
            source=Source(at, said.rstrip()),
            variable=variable.id,
            value=value,
            comparator=comparator,
            date=date,
            reference_low=entry.low,
            reference_high=entry.high,
        )

    def value(
        self, entry: Measurement, variable: Variable, at: str
    ) -> tuple[Quantity | str | None, Literal["", "<", "<=", ">", ">="], str]:
        """Return value, comparator, and why it cannot be used (empty when it can)."""
        if variable.kind == "category":
            words = entry.value if isinstance(entry.value, str) else f"{entry.value:g}"
            held = category(variable, words)
            return held, "", "" if held else f"its value is none of {', '.join(variable.values)}"
        comparator = ""
        number = entry.value
        if isinstance(number, str):
            compared = _COMPARED.match(number.strip().replace("≤", "<=").replace("≥", ">="))
            if compared is None:
                return None, "", "its value is not a number"
            comparator, number = compared.group(1), float(compared.group(2))
        if entry.unit and unit_named(entry.unit) is None:
            return (
                None,
                "",
                f"its unit is not known; {variable.name} is measured in {variable.unit or 'points'}",
            )
        found = quantity(variable, number, entry.unit)
        if variable.unit and not found.unit:
            return None, "", f"it has no unit; {variable.name} is measured in {variable.unit}"
        return found, cast("Literal['', '<', '<=', '>', '>=']", comparator), impossible(variable, found)

    def state(self, name: str, value: str) -> Fact:
        at = f"states.{name[:60]}"
        variable = variables().get(name) or variable_named(name)
        known = tuple(row.id for row in variables().values() if row.kind == "category")
        if variable is None or variable.kind != "category":
            raise self.error(at, message("no such state: %(advice)s", advice=nearest(name, known)))
        if variable.id in _OWN_KEYS:
            raise self.error(
                at,
                message("%(name)s has a key of its own at the top of the form", name=Original(variable.id)),
            )
        held = category(variable, value)
        if held is None:
            raise self.error(
                at, message("write one of: %(words)s", words=Original(", ".join(variable.values)))
            )
        return Fact(
            kind="measurement",
            text=variable.name,
            source=Source(f"states.{name}", value),
            variable=variable.id,
            value=held,
        )

    def date(self, text: str | None, at: str) -> PartialDate | None:
        if text is None:
            return None
        try:
            return PartialDate.parse(text)
        except ValueError as error:
            raise self.error(
                at, message("not a date of the calendar: write YYYY-MM-DD, YYYY-MM or YYYY")
            ) from error

    def struct(self, data: bytes | msgspec.Raw, type_: type[S], at: str) -> S:
        """Decode one object, naming an unknown key with the nearest known one and a wrong type with its place."""
        try:
            keys = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
            unknown = next((key for key in keys if key not in type_.__struct_fields__), None)
            if unknown is not None:
                place = f"{at}.{unknown[:60]}" if at else unknown[:60]
                raise self.error(
                    place,
                    message("no such key: %(advice)s", advice=nearest(unknown, type_.__struct_fields__)),
                )
            return msgspec.json.decode(data, type=type_)
        except msgspec.ValidationError as error:
            reason, path = wrong_type(error)
            raise self.error((at + path).lstrip("."), reason) from error
        except msgspec.DecodeError as error:
            raise self.error(at, message("broken JSON: %(reason)s", reason=Original(error))) from error

    def error(self, at: str, reason: str) -> PatientError:
        return refusal(reason, self.where, at)
