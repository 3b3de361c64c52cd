"""Reads patients from an OMOP Common Data Model: one person by id, or all, in the order of the person table.

Comes in: its tables. Goes out: a member for each person. Refuses (PatientError): tables without a person. What an entry
means is what its concept says in the table `concept`: name, and code in its own vocabulary; an entry without a known
concept is listed in `unused`. Source: OHDSI CDM 5.4 (ohdsi.github.io/CommonDataModel).

Memory holds one batch of persons at a time; each batch reads the tables once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Literal

import msgspec

from accrual.basic import PartialDate
from accrual.codes.variables import Variable, variable_by_loinc, variable_named
from accrual.patient.facts import after_birth, category_fact, named_facts, number_fact
from accrual.patient.ledger import Ledger, NotUsed
from accrual.patient.member import Member
from accrual.patient.model import Fact, FactKind, Patient, Source
from accrual.patient.omop_tables import Tables
from accrual.patient.terms import meanings, plain

FORM = "OMOP CDM"
BATCH = 20_000
"""Persons held at once: some hundred MB where each has a few hundred entries."""

_PERSON = (
    "person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth", "birth_datetime",
)  # fmt: skip
_SEXES: Mapping[str, Literal["female", "male"]] = {"8532": "female", "8507": "male"}
# Operator concepts. Source: OMOP vocabulary "Meas Value Operator".
_OPERATORS: Mapping[str, str] = {"4171754": "<=", "4171755": ">=", "4171756": "<", "4172704": ">"}
# Condition status concepts: a preliminary diagnosis is a suspicion; a resolved one is over.
_PRELIMINARY, _RESOLVED = ("32899", "4033240"), ("32906", "37109701")


class _Table(msgspec.Struct, frozen=True):
    """One table of events and the columns that are read of it, the person first."""

    name: str
    instead_of: str
    """A derived table is read only where the table it is made from is missing."""
    columns: tuple[str, ...]


_TABLES: tuple[_Table, ...] = (
    _Table("condition_occurrence", "", (
        "person_id", "condition_concept_id", "condition_source_concept_id", "condition_start_date",
        "condition_end_date", "condition_status_concept_id", "condition_occurrence_id",
    )),
    _Table("condition_era", "condition_occurrence", (
        "person_id", "condition_concept_id", "", "condition_era_start_date", "condition_era_end_date", "",
        "condition_era_id",
    )),
    _Table("drug_exposure", "", (
        "person_id", "drug_concept_id", "drug_source_concept_id", "drug_exposure_start_date",
        "drug_exposure_end_date", "", "drug_exposure_id",
    )),
    _Table("drug_era", "drug_exposure", (
        "person_id", "drug_concept_id", "", "drug_era_start_date", "drug_era_end_date", "", "drug_era_id",
    )),
    _Table("procedure_occurrence", "", (
        "person_id", "procedure_concept_id", "procedure_source_concept_id", "procedure_date", "procedure_end_date",
        "", "procedure_occurrence_id",
    )),
    _Table("measurement", "", (
        "person_id", "measurement_concept_id", "measurement_source_concept_id", "measurement_date",
        "operator_concept_id", "value_as_number", "value_as_concept_id", "unit_concept_id", "unit_source_value",
        "range_low", "range_high", "measurement_id",
    )),
    _Table("observation", "", (
        "person_id", "observation_concept_id", "observation_source_concept_id", "observation_date",
        "qualifier_concept_id", "value_as_number", "value_as_concept_id", "unit_concept_id", "unit_source_value",
        "value_as_string", "", "observation_id",
    )),
    _Table("death", "", ("person_id", "death_date")),
)  # fmt: skip
_EVENTS: Mapping[str, FactKind] = {
    "condition_occurrence": "condition",
    "condition_era": "condition",
    "drug_exposure": "drug",
    "drug_era": "drug",
    "procedure_occurrence": "procedure",
}
# Tables that are of the model and say nothing that is read.
_UNREAD = ("note", "note_nlp", "device_exposure", "specimen", "visit_occurrence", "episode", "dose_era")

Rows = list[tuple[str, ...]]


class _Concept(msgspec.Struct, frozen=True):
    """A row of the table `concept`."""

    name: str
    vocabulary: str
    code: str


class Omop:
    """The persons of an OMOP CDM."""

    def __init__(self, tables: Tables, where: str = "") -> None:
        self.where = where
        self._tables = tables
        self._concepts: dict[str, _Concept] = {}
        if "concept" in tables.names:
            columns = ("concept_id", "concept_name", "vocabulary_id", "concept_code")
            self._concepts = {
                _key(key): _Concept(name, vocabulary, code)
                for key, name, vocabulary, code in tables.rows("concept", columns)
            }
        self._templates: dict[tuple[object, ...], list[Fact]] = {}
        self._read = [
            table for table in _TABLES if table.name in tables.names and table.instead_of not in tables.names
        ]

    def members(self, only: str = "") -> Iterator[Member]:
        """Yield the persons, in the order of the person table; with `only`, just the one of this id."""
        persons = (row for row in self._tables.rows("person", _PERSON) if not only or _key(row[0]) == only)
        while batch := list(islice(persons, BATCH)):
            events = self._events({_key(row[0]) for row in batch})
            for row in batch:
                name = _key(row[0])
                yield Member(name, partial(self._patient, row, events.get(name, {})))

    def ids(self) -> list[str]:
        """The ids of all persons."""
        return [_key(row[0]) for row in self._tables.rows("person", ("person_id",))]

    def _events(self, persons: set[str]) -> dict[str, dict[str, Rows]]:
        found: dict[str, dict[str, Rows]] = {}
        for table in self._read:
            for row in self._tables.rows(table.name, table.columns):
                name = _key(row[0])
                if name in persons:
                    found.setdefault(name, {}).setdefault(table.name, []).append(row)
        return found

    # One person.

    def _patient(self, row: tuple[str, ...], events: dict[str, Rows]) -> Patient:
        name, gender, *birth_parts = row
        ledger = Ledger()
        sex = _SEXES.get(_key(gender))
        if sex is None:
            ledger.skip("person", "gender", "neither female nor male: it is not known")
        birth = _birth(birth_parts, ledger)
        readers: Mapping[str, Callable[[tuple[str, ...], str], list[Fact]]] = {
            **dict.fromkeys(_EVENTS, self._event),
            "measurement": self._measurement,
            "observation": self._observation,
        }
        facts: list[Fact] = []
        for table, rows in events.items():
            if table == "death":
                ledger.skip("death", "person", "the patient is recorded as deceased")
                continue
            for one in sorted(rows, key=lambda held: (held[3], held[-1])):
                at = f"{table} {_key(one[-1])}".rstrip()
                try:
                    facts += readers[table](one, at)
                except NotUsed as reason:
                    ledger.skip(at, reason.what or table, reason.reason)
                except ValueError:
                    ledger.skip(at, table, "a date or a number in it is none")
        for table in _UNREAD:
            if table in self._tables.names:
                ledger.skip(table, "", "this table is not read")
        return Patient(
            id=_key(name),
            form=FORM,
            sex=sex,
            sex_source=Source("person.gender_concept_id") if sex else None,
            birth_date=birth,
            age_source=Source("person.year_of_birth") if birth else None,
            facts=after_birth(facts, birth, ledger),
            unused=ledger.unused(),
        )

    def _named(self, *keys: str) -> list[_Concept]:
        """The standard concept and the one of the source, as far as the table has them."""
        found = [
            self._concepts[_key(key)] for key in keys if _key(key) in self._concepts and _key(key) != "0"
        ]
        if not found:
            there = "the table concept lacks it" if self._concepts else "there is no table concept"
            raise NotUsed(f"what its concept means is not known: {there}")
        return found

    def _event(self, row: tuple[str, ...], at: str) -> list[Fact]:
        _, concept, source, start, end, status, _ = row
        table = at.partition(" ")[0]
        kind = _EVENTS[table]
        held = self._named(concept, source)
        if _key(status) in _PRELIMINARY:
            raise NotUsed("a preliminary diagnosis: a suspicion that is not confirmed")
        finish = _date(end)
        facts = self._facts(
            kind, held, at, _date(start), finish if kind != "procedure" else finish or _date(start)
        )
        if _key(status) in _RESOLVED:
            facts = [msgspec.structs.replace(one, qualifiers=(*one.qualifiers, "resolved")) for one in facts]
        if kind == "drug" and finish is None:
            # That it was given once does not say that it is taken since: as an order, it speaks of a year.
            facts = [msgspec.structs.replace(one, order=one.kind == "drug") for one in facts]
        return facts

    def _facts(
        self,
        kind: FactKind,
        held: Sequence[_Concept],
        at: str,
        date: PartialDate | None,
        end: PartialDate | None,
    ) -> list[Fact]:
        if date is not None and end is not None and end.last < date.first:
            raise NotUsed("it ends before it begins")
        # A database says few things many times: what a concept means is looked up once.
        key = (kind, *held)
        known = self._templates.get(key)
        if known is None:
            codes = [(_system(one), one.code) for one in held]
            known = self._templates[key] = named_facts(kind, held[0].name, codes, "")
        return [
            msgspec.structs.replace(one, source=Source(at, one.source.quote), date=date, end=end)
            for one in known
        ]

    def _measurement(self, row: tuple[str, ...], at: str) -> list[Fact]:
        _, concept, source, day, operator, number, answer, unit, unit_words, low, high, _ = row
        held = self._named(concept, source)
        what = f"measurement {held[0].code} {held[0].name}"[:100]
        variable = _variable(held)
        if variable is None:
            raise NotUsed("the tables have no such variable", what)
        if not number and _key(answer) == "0":
            raise NotUsed("no value in it", what)
        return [self._value(variable, held[0].name, number, answer, (unit, unit_words), at, what, _date(day), operator,
                            (low, high))]  # fmt: skip

    def _value(
        self,
        variable: Variable,
        label: str,
        number: str,
        answer: str,
        units: tuple[str, str],
        at: str,
        what: str,
        day: PartialDate | None,
        operator: str = "",
        limits: tuple[str, str] = ("", ""),
    ) -> Fact:
        known = self._concepts.get(_key(answer))
        if variable.kind == "category" or not number:
            words = [known.name if known else "", number]
            if variable.kind != "category":
                raise NotUsed("its value is not a number", what)
            return category_fact(variable, words, at, label=plain(label), date=day, what=what)
        unit = self._concepts.get(_key(units[0]))
        return number_fact(
            variable,
            float(number),
            (unit.code if unit is not None and unit.vocabulary == "UCUM" else "", units[1]),
            at,
            label=plain(label),
            comparator=_OPERATORS.get(_key(operator), ""),
            date=day,
            low=float(limits[0]) if limits[0] else None,
            high=float(limits[1]) if limits[1] else None,
            what=what,
        )

    def _observation(self, row: tuple[str, ...], at: str) -> list[Fact]:
        _, concept, source, day, _, number, answer, unit, unit_words, text, _, _ = row
        held = self._named(concept, source)
        what = f"observation {held[0].code} {held[0].name}"[:100]
        variable = _variable(held)
        valued = bool(number or text) or _key(answer) != "0"
        if variable is not None and valued:
            return [
                self._value(
                    variable, held[0].name, number or text, answer, (unit, unit_words), at, what, _date(day)
                )
            ]
        if valued:
            raise NotUsed("the tables have no such variable", what)
        codes = [(_system(one), one.code) for one in held]
        if not meanings(held[0].name, codes):
            raise NotUsed("neither a condition, a drug or a procedure of the vocabulary, nor a value", what)
        return self._facts("condition", held, at, _date(day), None)


def _key(text: str) -> str:
    """An id as an integer is written: 10204.0, as some exports have it, is 10204; nothing is 0."""
    plain_text = text.strip()
    return plain_text.removesuffix(".0") or "0"


def _system(concept: _Concept) -> str:
    name = concept.vocabulary.upper()
    return {"ICD10CM": "ICD10", "ICD10": "ICD10", "RXNORM EXTENSION": "RXNORM_EXTENSION"}.get(name, name)


def _variable(held: Sequence[_Concept]) -> Variable | None:
    loinc = [one.code for one in held if one.vocabulary.upper() == "LOINC"]
    found = next((known for code in loinc if (known := variable_by_loinc(code)) is not None), None)
    if found is None and not loinc:
        # Only without a LOINC code: "Glucose" may be the name of a urine test that LOINC tells apart.
        found = variable_named(plain(held[0].name))
    return found if found is not None and found.id not in ("age", "sex") else None


def _date(text: str) -> PartialDate | None:
    return PartialDate.parse(text) if text.strip() else None


def _birth(parts: Sequence[str], ledger: Ledger) -> PartialDate | None:
    year, month, day, whole = (part.strip().removesuffix(".0") for part in parts)
    try:
        if year:
            rest = [month.zfill(2), day.zfill(2)] if month and day else [month.zfill(2)] if month else []
            return PartialDate.parse("-".join((year, *rest)))
        if whole:
            return PartialDate.parse(whole)
    except ValueError:
        ledger.skip("person", "birth date", "it is not on the calendar: age is not known")
        return None
    ledger.skip("person", "birth date", "there is none: age is not known")
    return None
