"""Lists of studies as the registry's API gives them: pages of a search, as JSON or CSV, and all of it in a zip file.

Comes in: a `Finder`, and what was asked. Goes out: answers; long ones in parts that are made while they are sent.
Refuses what `selection` and the engine refuse, and names that no field or column has, with the registry's text.

JSON carries one study a line; `nextPageToken` comes last. CSV has its header line on the first page only, and says the
total and the next page's token in headers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, Final, TypeVar

import msgspec
from starlette.exceptions import HTTPException

from accrual.api import refusals
from accrual.api.endpoint import Answer, Asked
from accrual.api.paging import read_token, write_token
from accrual.api.parameters import MAX_PAGE_SIZE, PAGE_SIZE, Arguments
from accrual.api.selection import Selection, read_selection
from accrual.basic import PartialDate
from accrual.errors import CursorExpiredError, UnknownFieldError
from accrual.finder import Finder
from accrual.registry.ctgov_json import read_json
from accrual.registry.export.archive import zip_parts
from accrual.registry.export.markup import legacy_record
from accrual.registry.export.table import select_columns, write_table
from accrual.registry.projection import Projection
from accrual.search.studies import StudyPage

T = TypeVar("T")

CSV_TYPE: Final = "text/csv; charset=UTF-8"
ZIP_TYPE: Final = "application/zip"

AT_ONCE: Final = 32
"""Studies read and written in one go: a longer page is sent in parts, so that no page is held whole."""

_EMPTY = b"  "  # between the brackets of a list without studies, as the registry writes it (recorded)

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def list_studies(finder: Finder, asked: Asked) -> Answer:
    """Answer `/studies`."""
    arguments = asked.arguments
    selection = read_selection(arguments)
    is_csv = arguments.text("format") == "csv"
    write = _write_csv(arguments) if is_csv else _write_json(arguments, selection)
    token = arguments.text("pageToken")
    page = _page(finder, selection, min(arguments.number("pageSize") or PAGE_SIZE, MAX_PAGE_SIZE), token)
    counted = page.total if arguments.flag("countTotal") and not token else None
    following = write_token(page.next_cursor, selection.spelling) if page.next_cursor is not None else None
    parts = write(finder, page.nct_ids, counted, following, not token)
    body: bytes | Iterator[bytes] = b"".join(parts) if len(page.nct_ids) <= AT_ONCE else parts
    if asked.head and not isinstance(body, bytes):
        body = iter(())
    if not is_csv:
        return Answer(body)
    headers = {"x-total-count": str(counted)} if counted is not None else {}
    if following is not None:
        headers["x-next-page-token"] = following
    return Answer(body, CSV_TYPE, headers)


def download_studies(finder: Finder, asked: Asked) -> Answer:
    """Answer `/studies/download`: every study that is selected, one JSON file each, in a zip file."""
    selection = read_selection(asked.arguments)
    day = data_day(finder) or date(1980, 1, 1)  # zip's first day
    headers = {"content-disposition": 'attachment; filename="ctg-studies.json.zip"'}
    if asked.head:
        return Answer(iter(()), ZIP_TYPE, headers, packed=True)
    everything = not selection.spelling.replace(f"geoDecay={asked.arguments.text('geoDecay')}", "")
    records = finder.all_records() if everything else _selected(finder, selection)
    files = ((f"{number}.json", record) for number, record in records)
    return Answer(zip_parts(files, day), ZIP_TYPE, headers, packed=True)


def data_day(finder: Finder) -> date | None:
    """Return the newest day that a record carries; its first day where the record has only a month or a year."""
    try:
        return PartialDate.parse(finder.state.data_date).first
    except ValueError:
        return None


def read_projection(names: Sequence[str], selection: Selection | None = None) -> Projection | None:
    """Return what `fields` asks for; None where all is asked for.

    Raises:
        HTTPException: 400, a name that no field has.
    """
    queried = selection.areas if selection is not None else ()
    return read_names(lambda some: Projection(some, queried), names) if names else None


def read_names(read: Callable[[Sequence[str]], T], names: Sequence[str]) -> T:
    """Return what names stand for.

    Raises:
        HTTPException: 400, one of them stands for nothing.
    """
    try:
        return read(names)
    except UnknownFieldError as error:
        raise HTTPException(400, str(error)) from error


def write_record(record: bytes, projection: Projection | None, legacy: bool) -> bytes:
    """Return a record as asked for: whole or in part, its markup as kept or as of old."""
    if projection is None and not legacy:
        return record
    found: dict[str, Any] = _decode(record)
    if projection is not None:
        found = projection.take(found)
    return _encode(legacy_record(found) if legacy else found)


_Writer = Callable[[Finder, Sequence[str], int | None, str | None, bool], Iterator[bytes]]
"""finder, NCT numbers, total, next token, whether it is the first page → the body in parts."""


def _write_json(arguments: Arguments, selection: Selection) -> _Writer:
    projection = read_projection(arguments.items("fields"), selection)
    legacy = arguments.text("markupFormat") == "legacy"

    def write(
        finder: Finder, numbers: Sequence[str], total: int | None, following: str | None, first: bool
    ) -> Iterator[bytes]:
        head = b'{"totalCount":%d,"studies":[' % total if total is not None else b'{"studies":['
        between = b"\n  "
        for some in _portions(numbers):
            lines = [write_record(record, projection, legacy) for _, record in finder.records(some)]
            if lines:
                yield head + between + b",\n  ".join(lines)
                head, between = b"", b",\n  "
        end = b"%s]" % (head + _EMPTY) if head else b"\n]"
        yield end + (b',"nextPageToken":"%s"}' % following.encode() if following is not None else b"}")

    return write


def _write_csv(arguments: Arguments) -> _Writer:
    columns = read_names(select_columns, arguments.items("fields"))

    def write(
        finder: Finder, numbers: Sequence[str], total: int | None, following: str | None, first: bool
    ) -> Iterator[bytes]:
        yield write_table((), columns, header=first).encode()
        for some in _portions(numbers):
            trials = (read_json(record) for _, record in finder.records(some))
            yield write_table(trials, columns, header=False).encode()

    return write


def _page(finder: Finder, selection: Selection, size: int, token: str) -> StudyPage:
    cursor = read_token(token, selection.spelling) if token else None
    try:
        return finder.studies(selection.query, size, cursor)
    except CursorExpiredError:
        raise refusals.expired_token() from None


def _selected(finder: Finder, selection: Selection) -> Iterator[tuple[str, bytes]]:
    """Yield the studies of a selection."""
    # All numbers first, four bytes each: what is loaded meanwhile does not change which studies these are.
    numbers = array("I")
    cursor: bytes | None = None
    while True:
        page = finder.studies(selection.query, MAX_PAGE_SIZE, cursor)
        numbers.extend(int(number[3:]) for number in page.nct_ids)
        cursor = page.next_cursor
        if cursor is None:
            break
    for some in _portions(numbers):
        yield from finder.records([f"NCT{number:08d}" for number in some])


def _portions(numbers: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]
