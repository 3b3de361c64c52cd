"""The watch file: saved searches and saved patients, written by the user in YAML or JSON. See docs/watch.md.

Comes in: a path. Goes out: a frozen `Plan`. Refuses, as SourceError: a file that cannot be read, is neither YAML nor
JSON, has a key that is none of ours, gives one name twice, or names a search that it does not have. The messages name
places and keys, never what is said of a patient.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from accrual.basic import NctId, nct_id
from accrual.errors import PatientError, QueryError, SourceError
from accrual.finder import Finder
from accrual.match.verdict import Assumption
from accrual.patient.answers import answered
from accrual.patient.model import Patient
from accrual.patient.yaml_text import ENDINGS, json_of
from accrual.plain.question import build_query
from accrual.search.query import FACETS, Query

MAX_BYTES: Final = 5_000_000
"""A hundred patients written down have some hundred kB; YAML ends at 1 MB."""
MOST: Final = 10_000
"""Searches, and patients, of one file. Set by hand."""

Words: TypeAlias = str | int | list[str | int]
"""Values of a filter: one, or several."""


class SavedSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One search, in the words of `accrual find`'s options."""

    name: str
    text: str = ""
    condition: str = ""
    intervention: str = ""
    status: Words = ""
    phase: Words = ""
    study_type: Words = ""
    sex: Words = ""
    age_group: Words = ""
    funder: Words = ""
    healthy_volunteers: Words = ""
    country: Words = ""
    results: Words = ""
    near: str = ""
    within: str = ""
    recruiting_sites: bool = False
    age: str | int = ""

    @property
    def digest(self) -> bytes:
        """What the search asks, hashed; its name is left out."""
        asked = msgspec.json.encode(msgspec.structs.replace(self, name=""))
        return hashlib.blake2b(asked, digest_size=16).digest()

    def query(self, finder: Finder) -> Query:
        """Return the search that the words mean.

        Raises:
            QueryError, PlaceNotFoundError: as `accrual find`.
        """
        return build_query(
            find_place=finder.place,
            text=self.text,
            condition=self.condition,
            intervention=self.intervention,
            filters={facet: _listed(getattr(self, facet)) for facet in FACETS},
            near=self.near,
            within=self.within,
            recruiting_sites=self.recruiting_sites,
            age=str(self.age),
        )


class SavedPatient(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One patient, by a file or written out, and the trials that he is watched on."""

    name: str
    file: str = ""
    """Relative to the watch file."""
    person: str | int = ""
    """Which patient, where the file holds several."""
    answers: str = ""
    patient: dict[str, Any] | None = None
    """The patient in accrual's own form, written out."""
    searches: tuple[str, ...] = ()
    trials: tuple[str, ...] = ()
    assume: Assumption = "open"

    @property
    def key(self) -> bytes:
        """What tells this patient from the others of the file: his name in it."""
        return self.name.encode()

    @property
    def numbers(self) -> tuple[NctId, ...]:
        """The trials named one by one."""
        return tuple(map(nct_id, self.trials))


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a watch file asks for."""

    searches: tuple[SavedSearch, ...] = ()
    patients: tuple[SavedPatient, ...] = ()


def read_plan(path: Path) -> Plan:
    """Return what a watch file asks for.

    Raises:
        SourceError: see the head of this module.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}; give a watch file that can be read") from error
    if len(data) > MAX_BYTES:
        raise SourceError(f"{path}: more than {MAX_BYTES // 10**6} MB: no watch file (docs/watch.md)")
    return plan_of(data, path)


def plan_of(data: bytes, path: Path) -> Plan:
    """Return what the bytes of a watch file ask for; raises as `read_plan`."""
    is_yaml = path.suffix.lower() in ENDINGS or data.lstrip()[:1] != b"{"
    try:
        documents = json_of(data, str(path)) if is_yaml else [data]
        if len(documents) != 1:
            raise SourceError(
                f"{path}: a watch file is one document with searches or patients (docs/watch.md)"
            )
        plan = msgspec.json.decode(documents[0], type=Plan)
    except PatientError as error:  # the YAML reader's, which names the place
        raise SourceError(str(error)) from error
    except msgspec.ValidationError as error:
        raise SourceError(f"{path}: {_safe(str(error))}: see docs/watch.md") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{path}: neither YAML nor JSON that can be read: see docs/watch.md") from error
    _check(plan, path)
    return plan


def patient_of(saved: SavedPatient, folder: Path, finder: Finder) -> Patient:
    """Return the patient himself.

    Arguments:
        folder: that of the watch file.

    Raises:
        PatientError, SourceError: his file cannot be read.
    """
    person = str(saved.person)
    if saved.patient is not None:
        body = msgspec.json.encode({"accrual_patient": 1, **saved.patient})
        found = finder.read_patient(body, "a patient written out in the watch file")
    else:
        found = finder.read_patient(folder / saved.file, person=person)
    if not saved.answers:
        return found
    return answered(found, finder.read_patient(folder / saved.answers))


def _check(plan: Plan, path: Path) -> None:
    if not plan.searches and not plan.patients:
        raise SourceError(f"{path}: neither searches nor patients: nothing to watch (docs/watch.md)")
    for many, what in ((plan.searches, "searches"), (plan.patients, "patients")):
        if len(many) > MOST:
            raise SourceError(f"{path}: more than {MOST:,} {what}: part the file")
        names = [one.name for one in many]
        if any(not name.strip() for name in names):
            raise SourceError(f"{path}: one of the {what} has no name: give each its own")
        if len(set(names)) < len(names):
            at = next(at for at, name in enumerate(names) if name in names[:at])
            raise SourceError(f"{path}: number {at + 1} of the {what} has a name that is there already")
    known = {one.name for one in plan.searches}
    for at, one in enumerate(plan.patients, 1):
        where = f"{path}: number {at} of the patients"
        if bool(one.file) == (one.patient is not None):
            raise SourceError(f"{where}: give either file or patient")
        if not one.searches and not one.trials:
            raise SourceError(f"{where}: give searches or trials to watch the patient on")
        if set(one.searches) - known:
            raise SourceError(f"{where}: watched on a search that the file does not have: check the name")
        try:
            _ = one.numbers
        except QueryError as error:
            raise SourceError(f"{where}: {error}") from error


def _safe(words: str) -> str:
    """msgspec's words name types and places; a value would stand in quotes behind "Invalid enum value"."""
    return (
        words.partition("Invalid enum value")[0] + "a value that is not one of those known"
        if ("Invalid enum value" in words)
        else words
    )


def _listed(words: Words) -> list[str]:
    if isinstance(words, list):
        return [str(word) for word in words]
    return [str(words)] if words != "" else []
