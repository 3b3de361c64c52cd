"""Whose each FHIR resource is, where a file or a bulk export holds several patients.

Comes in: the heads of resources, one by one. Goes out: for each patient, which resources are about him. Refuses
nothing: resources of a patient of whom there is no Patient resource make a group of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from accrual.patient.fhir_types import Head


class People:
    """Gathers resources by patient."""

    def __init__(self) -> None:
        self._about: dict[str, list[int]] = {}
        self._patients: list[tuple[str, int, tuple[str, ...]]] = []
        self.shared: list[int] = []
        """Medications, which several patients may point to."""

    def add(self, index: int, head: Head, url: str = "") -> None:
        """Note a resource; one that is about nobody is left out."""
        if head.resource_type == "Patient":
            names = (url, f"Patient/{head.id}", f"urn:uuid:{head.id}") if head.id else (url,)
            self._patients.append((head.id or url or f"patient {len(self._patients) + 1}", index, names))
        elif head.resource_type == "Medication":
            self.shared.append(index)
        elif subject := subject_of(head):
            self._about.setdefault(_relative(subject), []).append(index)

    def groups(self) -> Iterator[tuple[str, list[int]]]:
        """Yield each patient's id and resources, in the order of the file; those without Patient resource last."""
        left = dict.fromkeys(self._about)
        for name, index, names in self._patients:
            own = [index]
            for reference in dict.fromkeys(_relative(one) for one in names if one):
                own += self._about.get(reference, ())
                left.pop(reference, None)
            yield name, sorted(own)
        for reference in left:
            yield reference.rpartition("/")[2].removeprefix("urn:uuid:"), self._about[reference]


def subject_of(head: Head) -> str:
    """Return the reference to whom a resource is about; empty when it does not say."""
    about = head.subject or head.patient
    return about.reference if about else ""


def _relative(reference: str) -> str:
    """An absolute address as its relative one: https://host/fhir/Patient/1/_history/2 is Patient/1."""
    plain = reference.partition("/_history/")[0]
    return "/".join(plain.split("/")[-2:]) if "/" in plain else plain
