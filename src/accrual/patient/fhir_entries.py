"""The resources of one FHIR file: what each is, where it stands, and which one a reference means.

Comes in: resources, still undecoded, with their places. Goes out: their heads, and look-ups by reference. Refuses
nothing: a resource whose head is broken is noted in the ledger and has no head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from accrual.patient.fhir_types import Fhir, Head
from accrual.patient.ledger import Ledger

F = TypeVar("F", bound=Fhir)


class Entry(msgspec.Struct, frozen=True):
    """One resource: `at` is its place in the file, `url` the bundle's own name for it."""

    at: str
    resource: msgspec.Raw
    url: str = ""


class Entries:
    """All resources of a file that may be about one patient."""

    def __init__(
        self,
        entries: Sequence[Entry],
        ledger: Ledger,
        elsewhere: Callable[[str], msgspec.Raw | None] = lambda _: None,
    ) -> None:
        """Look at every resource's head.

        Args:
            elsewhere: finds a Medication that several patients share, by its reference.
        """
        self._entries = entries
        self._elsewhere = elsewhere
        self.ledger = ledger
        self.heads: list[Head | None] = []
        self._places: dict[str, int] = {}
        for index, entry in enumerate(entries):
            try:
                head = msgspec.json.decode(entry.resource, type=Head)
            except msgspec.ValidationError as error:
                head = None
                ledger.skip(entry.at, "entry", broken(error))
            self.heads.append(head)
            if head is not None:
                for name in self.names(index):
                    self._places.setdefault(name, index)

    def __len__(self) -> int:
        return len(self._entries)

    def at(self, index: int) -> str:
        """The place of a resource."""
        return self._entries[index].at

    def raw(self, index: int) -> msgspec.Raw:
        """A resource, undecoded."""
        return self._entries[index].resource

    def decode(self, index: int, type_: type[F]) -> F:
        """A resource as one of the shapes of `fhir_types`."""
        return msgspec.json.decode(self.raw(index), type=type_)

    def of_kind(self, kind: str) -> list[int]:
        """Where the resources of a kind stand."""
        return [index for index, head in enumerate(self.heads) if head and head.resource_type == kind]

    def names(self, index: int) -> frozenset[str]:
        """All references that mean a resource."""
        head, url = self.heads[index], self._entries[index].url
        spelled = {url} if url else set()
        if head is not None and head.id:
            spelled |= {f"{head.resource_type}/{head.id}", f"urn:uuid:{head.id}"}
        return frozenset(spelled)

    def find(self, reference: str, kind: str) -> int | None:
        """Return where the resource of this kind stands that a reference means, None when it is not here."""
        index = self._places.get(reference)
        head = self.heads[index] if index is not None else None
        return index if head is not None and head.resource_type == kind else None

    def medication(self, reference: str) -> msgspec.Raw | None:
        """Return the Medication that a reference means."""
        index = self.find(reference, "Medication")
        return self.raw(index) if index is not None else self._elsewhere(reference)


def broken(error: msgspec.ValidationError) -> str:
    """Return what is wrong with a shape: types and path, never a value."""
    return f"broken: {error}"
