"""Where records come from: how far each source has been read, kept in `records.db` beside what was read from it.

Comes in: a `Source`. Goes out: the same, as it was last set. Refuses nothing; what the words in it mean is the
business of who reads the source.
"""

from __future__ import annotations

from typing import Any

import msgspec

from accrual.store.database import Connection


class Source(msgspec.Struct, frozen=True):
    """One source, and one search of it; an empty search is all of it."""

    base_url: str
    query: str = ""
    data_timestamp: str = ""
    """The source's own date of its data when it was last read."""
    updated_through: str = ""
    """Updates up to this day have been read (ISO day)."""
    listed_on: str = ""
    """The day on which the numbers of its studies were last compared with those here (ISO day)."""
    state: str = ""
    """What else the reader wants to find again."""


_NAMES = ", ".join(Source.__struct_fields__)


def read_sources(connection: Connection) -> tuple[Source, ...]:
    """Return every source, in the order of their addresses."""
    rows: list[tuple[Any, ...]] = connection.execute(
        f"SELECT {_NAMES} FROM source ORDER BY base_url, query"
    ).fetchall()
    return tuple(Source(*row) for row in rows)


def write_source(connection: Connection, source: Source) -> None:
    """Put a source in, in place of what is held of the same address and search."""
    places = ", ".join("?" * len(Source.__struct_fields__))
    connection.execute(
        f"INSERT OR REPLACE INTO source ({_NAMES}) VALUES ({places})", msgspec.structs.astuple(source)
    )
