"""Accrual makes clinical trials computable: it finds trials, reads their criteria, and decides them for a patient.

`Finder` is the whole of it over one data folder; the modules below it can be used alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accrual.finder import Finder as Finder

__all__ = ["Finder"]


def __getattr__(name: str) -> object:
    # Imported when asked for: `import accrual.errors` must not cost the whole house.
    if name == "Finder":
        from accrual.finder import Finder

        return Finder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
