"""What accrual knows of one patient: facts, each asserted or denied, with value, date and source.

Comes in: whatever a reader of a foreign format (`form`, `fhir`) found. Goes out: one frozen `Patient`, the only
patient type in accrual. What was never said is simply not here: it is unknown, not absent.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from accrual.basic import Code, GeoPoint, PartialDate, Quantity

FactKind: TypeAlias = Literal["condition", "drug", "procedure", "measurement"]


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a fact stands in the patient's file: `where` names the entry, `quote` repeats its own words."""

    where: str
    quote: str = ""


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing said of the patient.

    A condition, drug or procedure names a `concept` (a row of `codes/data/concepts.tsv`; None when the words are
    not in the vocabulary, and then `text` still finds trials). A measurement names a `variable` (a row of
    `codes/data/variables.tsv`) and has a `value`: a Quantity, or a category such as "positive".
    """

    kind: FactKind
    text: str
    source: Source
    asserted: bool = True
    """False when the patient is said *not* to have it."""
    concept: Code | None = None
    variable: str | None = None
    value: Quantity | str | None = None
    comparator: Literal["", "<", "<=", ">", ">="] = ""
    """A laboratory's "less than 5": the true value lies on that side of `value`."""
    qualifiers: tuple[str, ...] = ()
    date: PartialDate | None = None
    """When it began, was given, or was measured."""
    end: PartialDate | None = None
    """When it stopped or was resolved; None when it goes on or nobody said."""
    order: bool = False
    """An order or prescription: it was asked for on `date`; that it is taken today, nobody has said."""
    reference_low: float | None = None
    """The laboratory's lower limit of normal, in the value's unit."""
    reference_high: float | None = None
    """The laboratory's upper limit of normal, in the value's unit."""


class Unused(msgspec.Struct, frozen=True):
    """A part of the patient's file that was not used, and why."""

    where: str
    reason: str


class Patient(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One patient. Age comes from `birth_date`, or from `age_years` as of `age_date`."""

    id: str = ""
    form: str = ""
    """Which reader understood the file: "accrual form", "FHIR R4 bundle"."""
    sex: Literal["female", "male"] | None = None
    sex_source: Source | None = None
    birth_date: PartialDate | None = None
    age_years: float | None = None
    age_date: PartialDate | None = None
    age_source: Source | None = None
    place: str = ""
    point: GeoPoint | None = None
    words: str = ""
    """A free-text note itself: besides its facts, its words find trials, and what they do not mention is silence.

    By themselves they decide nothing, and they are never stored.
    """
    facts: tuple[Fact, ...] = ()
    unused: tuple[Unused, ...] = ()
    left_out: tuple[str, ...] = ()
    """Concepts that a note names and that became no fact: nothing is known of them, and the note is not silent."""
