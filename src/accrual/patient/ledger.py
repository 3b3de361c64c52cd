"""What of a patient's file was not used: every place with its reason, equal reasons counted together.

Comes in: a place in the file, what stands there, and why it cannot be used. Goes out: `Unused` entries for the
patient. Refuses nothing.
"""

from __future__ import annotations

from accrual.patient.model import Unused


class NotUsed(Exception):  # noqa: N818  # a signal between readers, never seen outside
    """An entry that is not used: `reason` says why; `what` names it when its kind is not enough."""

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.what = what


class Ledger:
    """Gathers what was not used while one patient is read."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], list[str]] = {}

    def skip(self, at: str, what: str, reason: str) -> None:
        """Note that what stands at a place was not used."""
        self._places.setdefault((what, reason), []).append(at)

    def unused(self) -> tuple[Unused, ...]:
        """Return one entry for each reason: its first place, and how many more there are."""
        return tuple(
            Unused(
                places[0] + (f" and {len(places) - 1} more" if len(places) > 1 else ""),
                f"{what}: {reason}" if what else reason,
            )
            for (what, reason), places in self._places.items()
        )
