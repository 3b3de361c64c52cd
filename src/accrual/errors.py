"""Every error that accrual raises on purpose.

Each message names what is wrong, where, and what to do. Each class also inherits the builtin that a caller
would guess, so `except ValueError` works for someone who does not know this tree::

    AccrualError
    ├── SourceError (OSError)             a file or folder that cannot be read at all
    ├── RecordError (ValueError)          one study record that cannot be read
    ├── StudyNotFoundError (LookupError)  no study has this NCT number
    │   └── StudyRemovedError             the study is gone from its source; its versions are kept
    ├── PatientError (ValueError)         a patient file of no known form, or broken
    ├── PlaceNotFoundError (LookupError)  a place name or postcode that no table has
    ├── QueryError (ValueError)           a search that makes no sense
    │   ├── ExpressionError               an expression of the registry's query language that cannot be read
    │   ├── QueryTooLargeError            a search that would take too long
    │   └── CursorExpiredError            a page of a search whose data is not kept any more
    ├── UnknownFieldError (LookupError)   no field or search area of a record has this name
    ├── UnitError (ValueError)            a unit that is unknown or cannot be converted
    ├── VocabularyError (ValueError)      a row of our own tables that is wrong
    ├── SimulationError (ValueError)      a parameter of the virtual trial that is unknown or out of range
    ├── PackageError (OSError)            a package with data of others that cannot be had
    ├── UpstreamError (OSError)           a registry that cannot be reached, or answers what it should not
    └── StoreError (OSError)              the data folder: missing, locked, damaged, full
"""

from __future__ import annotations

__all__ = [
    "AccrualError",
    "CursorExpiredError",
    "ExpressionError",
    "PackageError",
    "PatientError",
    "PlaceNotFoundError",
    "QueryError",
    "QueryTooLargeError",
    "RecordError",
    "SimulationError",
    "SourceError",
    "StoreError",
    "StudyNotFoundError",
    "StudyRemovedError",
    "UnitError",
    "UnknownFieldError",
    "UpstreamError",
    "VocabularyError",
]


class AccrualError(Exception):
    """The root: catch this to catch everything accrual raises on purpose."""


class SourceError(AccrualError, OSError):
    """A file or folder that cannot be read at all: missing, not permitted, not of a known kind."""


class RecordError(AccrualError, ValueError):
    """One study record that cannot be read. The message says why; `where` says file, line or member."""

    def __init__(self, reason: str, where: str = "") -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason = reason
        self.where = where


class StudyNotFoundError(AccrualError, LookupError):
    """No study in the store has this NCT number."""


class StudyRemovedError(StudyNotFoundError):
    """The study with this NCT number is gone from its source since `day` (ISO day); its versions are kept."""

    def __init__(self, message: str, day: str) -> None:
        super().__init__(message)
        self.day = day


class PatientError(AccrualError, ValueError):
    """A patient file that is of no known form, or is broken."""


class PlaceNotFoundError(AccrualError, LookupError):
    """A place name or postcode that no table has."""


class QueryError(AccrualError, ValueError):
    """A search that makes no sense: an unknown filter value, a radius without a place."""


class UnknownFieldError(AccrualError, LookupError):
    """No field of a study record, and no search area, has this name. The messages are the registry's own."""

    def __init__(self, name: str, message: str = "Unknown piece name of field path: {}") -> None:
        # A name is a parameter that anyone sends: what an error shows of it stays short.
        super().__init__(message.format(name if len(name) <= 200 else name[:200] + "…"))
        self.name = name


class ExpressionError(QueryError):
    """An expression of the registry's query language that cannot be read; the text is the registry's own.

    `where` names the search box, `position` is the character at which reading failed, counted from 0.
    """

    def __init__(self, reason: str, where: str, position: int) -> None:
        super().__init__(f"Error parsing query in {where}: {reason}")
        self.reason = reason
        self.where = where
        self.position = position


class QueryTooLargeError(QueryError):
    """A search that would read more than one search may. It is refused before it runs."""


class CursorExpiredError(QueryError):
    """The next page of a search was asked for, and the state of the data it began on is gone: begin anew."""


class UnitError(AccrualError, ValueError):
    """A unit that is unknown, or two units that do not convert into each other."""


class VocabularyError(AccrualError, ValueError):
    """A row of accrual's own tables that breaks the table's rules."""


class SimulationError(AccrualError, ValueError):
    """A virtual trial that cannot be run: a parameter unknown or out of its range, a library that is missing."""


class PackageError(AccrualError, OSError):
    """A package with data of others that cannot be fetched, or is not the pinned one."""


class UpstreamError(AccrualError, OSError):
    """The registry or mirror that records are fetched from cannot be reached, refuses, or answers nonsense."""


class StoreError(AccrualError, OSError):
    """The data folder is missing, locked, damaged or full."""
