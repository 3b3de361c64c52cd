"""The demo registry: studies and patients that come with the package, so that everything can be tried at once.

Comes in: nothing. Goes out: the bytes of registry records (API v2 JSON, one study each) and of patient files.
Refuses: nothing; the files are part of the package and tests/demo keeps them right.

`studies/` holds the seed trial NCT04785833 (facts of its registry record, the summary in the project's own words,
contacts left out) and fictional studies from NCT90000001 on, each marked so in its title and its summary.
`patients/` holds invented patients. `diabetes-ckd` stands there twice: in accrual's own form and, as
`diabetes-ckd-fhir`, as a FHIR R4 bundle. To change the demo, edit those files; no code lists them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

__all__ = ["DEFAULT_PATIENT", "DEMO_TODAY", "demo_patients", "demo_records"]

DEMO_TODAY = date(2026, 11, 1)
"""The day on which the demo patients are screened: all their facts are dated before it."""

DEFAULT_PATIENT = "t-all"
"""The patient of `make run`: relapsed T-ALL near Suzhou, with some facts left unknown on purpose."""


def demo_records() -> Iterator[bytes]:
    """Yield the demo studies as API v2 JSON, one study each, by NCT number; the seed trial comes first.

    Example:
        >>> b"NCT04785833" in next(demo_records())
        True
    """
    for entry in _json_files("studies"):
        yield entry.read_bytes()


def demo_patients() -> Mapping[str, bytes]:
    """Return the demo patient files by name; `DEFAULT_PATIENT` is one of the names.

    Example:
        >>> sorted(demo_patients())[0]
        'asthma-child'
    """
    found = {entry.name.removesuffix(".json"): entry.read_bytes() for entry in _json_files("patients")}
    return MappingProxyType(found)


def _json_files(folder: str) -> list[Traversable]:
    entries = files(__name__).joinpath(folder).iterdir()
    return sorted((entry for entry in entries if entry.name.endswith(".json")), key=lambda entry: entry.name)
