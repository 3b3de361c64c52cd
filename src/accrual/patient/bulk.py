"""Reads many patients from a FHIR R4 bulk export: NDJSON, one resource a line, in one file or in several.

Comes in: the files, open for reading. Goes out: a member for each patient, who is read when asked for. Refuses nothing:
a line that is broken or too long is noted as unused for every patient, for nobody knows whom it is about. Source: HL7
FHIR Bulk Data Access 2.0.0.

Only the place of each line is held in memory, so that an export may be larger than it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import msgspec

from accrual.patient.fhir import read_resources
from accrual.patient.fhir_entries import Entry, broken
from accrual.patient.fhir_people import People
from accrual.patient.fhir_types import Head
from accrual.patient.ledger import Ledger
from accrual.patient.member import Member
from accrual.patient.model import Patient

FORM = "FHIR R4 bulk export"
MAX_LINE = 50_000_000
"""Bytes of one resource; the largest of 120 Synthea bundles has 1.6 MB in all."""


class Bulk:
    """The lines of an export, found again by their place."""

    def __init__(self, files: Sequence[tuple[str, BinaryIO]], where: str = "") -> None:
        """Look at every line once.

        Args:
            files: each with its name for messages; a single file needs none. They must allow seeking.
        """
        self.where = where
        self._files = files
        self._places: list[tuple[int, int, int]] = []  # file, line, offset
        self._ledger = Ledger()
        self._people = People()
        self._shared: dict[str, int] | None = None
        for number, (_, file) in enumerate(files):
            self._scan(number, file)

    def members(self) -> Iterator[Member]:
        """Yield the patients, in the order of the files."""

        def read(own: list[int]) -> Callable[[], Patient]:
            return lambda: read_resources(
                [self._entry(index) for index in own],
                self.where,
                FORM,
                self._medication,
                self._ledger.unused(),
            )

        for name, own in self._people.groups():
            yield Member(name, read(own))

    def _scan(self, number: int, file: BinaryIO) -> None:
        for line, (offset, data) in enumerate(_lines(file), 1):
            at = self._at(number, line)
            if data is None:
                self._ledger.skip(at, "line", f"longer than {MAX_LINE // 10**6} MB")
                continue
            if not data.strip():
                continue
            try:
                head = msgspec.json.decode(data, type=Head)
            except msgspec.ValidationError as error:
                self._ledger.skip(at, "line", broken(error))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self._ledger.skip(at, "line", "not JSON in UTF-8")
            else:
                if not head.resource_type:
                    self._ledger.skip(at, "line", "it holds no FHIR resource")
                    continue
                self._people.add(len(self._places), head)
                self._places.append((number, line, offset))

    def _entry(self, index: int) -> Entry:
        number, line, offset = self._places[index]
        file = self._files[number][1]
        file.seek(offset)
        return Entry(self._at(number, line), msgspec.Raw(file.readline()))

    def _at(self, number: int, line: int) -> str:
        return f"{self._files[number][0]} line {line}".lstrip()

    def _medication(self, reference: str) -> msgspec.Raw | None:
        if self._shared is None:
            self._shared = {}
            for index in self._people.shared:
                head = msgspec.json.decode(self._entry(index).resource, type=Head)
                self._shared.setdefault(f"Medication/{head.id}", index)
                self._shared.setdefault(f"urn:uuid:{head.id}", index)
        found = self._shared.get(reference)
        return self._entry(found).resource if found is not None else None


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield the offset and the bytes of each line; None for the bytes of one that is too long."""
    file.seek(0)
    offset = 0
    while data := file.readline(MAX_LINE):
        start, size = offset, len(data)
        whole = data.endswith(b"\n") or size < MAX_LINE
        while not whole:
            more = file.readline(MAX_LINE)
            size += len(more)
            whole = more.endswith(b"\n") or len(more) < MAX_LINE
            data = b""
        offset += size
        yield start, data or None
