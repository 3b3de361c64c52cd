"""What records were and are, by number: which version a study is at now, an earlier one by its hash, one that is gone.

Comes in: a `RecordStore`. Goes out: hashes and bodies, for whoever remembers what he saw last and asks what it has
become (`accrual.watch`). Refuses nothing: what is not here is None.
"""

from __future__ import annotations

from collections.abc import Sequence

from accrual.basic import NctId
from accrual.errors import StudyNotFoundError
from accrual.store.records import RecordStore


class Archive:
    """Versions by their hash.

    Example:
        >>> archive = Archive(store)
        >>> archive.version_with("NCT04785833", archive.identities([4785833])[4785833]) is not None
        True
    """

    def __init__(self, records: RecordStore) -> None:
        self._records = records

    @property
    def generation(self) -> int:
        """Number of the newest committed batch."""
        return self._records.generation

    def digest(self, generation: int) -> str | None:
        """Return what identifies the content up to a generation; None where there is no such one."""
        return self._records.digest(generation)

    def identities(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the hash of each study's record as it is now; what is not here, or removed, is left out."""
        held = self._records.current_of([f"NCT{number:08d}" for number in numbers], bodies=False)
        return {int(change.nct_id[3:]): change.identity.hex() for change in held}

    def version_with(self, nct_id: NctId, identity: str) -> bytes | None:
        """Return the version of a study that has a hash; None where it is not kept here."""
        try:
            versions = self._records.versions(nct_id)
        except StudyNotFoundError:
            return None
        found = (one.version for one in versions if one.identity.hex() == identity)
        version = next(found, None)
        return self._records.get_version(version) if version is not None else None

    def last_known(self, nct_id: NctId) -> tuple[bytes | None, str]:
        """Return a study as it was last seen, and the day since which it is gone; None where it never was here."""
        try:
            return self._records.get(nct_id), self._records.removed_on(nct_id) or ""
        except StudyNotFoundError:
            return None, ""
