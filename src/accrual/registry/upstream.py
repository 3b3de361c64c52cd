"""A registry as it is asked over the network: its data set, its studies in pages, its numbers.

Comes in: a `Client` (`registry/fetch.py`), and what to ask for. Goes out: `DataSet`, streams of `SourceRecord` and
`Refusal`, NCT numbers. Refuses, as UpstreamError, what a registry must not answer: JSON that is none, a page token that
repeats, pages without end, a list that ends before it is whole.

API v2 of ClinicalTrials.gov (docs/api.md); another accrual answers the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from accrual.errors import RecordError, UpstreamError
from accrual.registry.fetch import Client, PassingError, RefusedError
from accrual.registry.files import MAX_RECORD_BYTES, Refusal, SourceRecord, read_record

T = TypeVar("T")

PAGE_STUDIES: Final = 1000
"""The most that the registry gives on a page."""
NUMBERS_AT_ONCE: Final = 250
"""NCT numbers in one request: some 3 kB of address, which every server and proxy on the way takes. Set by hand."""
ROUNDS: Final = 3
"""How often a walk through pages is begun anew when it breaks off in the middle. Set by hand."""
SPARE_PAGES: Final = 5
"""Pages more than the total asks for: studies come in while one pages. Set by hand."""

_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)(T[\d:.]+Z?)?")
_NUMBER = re.compile(r"NCT\d{8}")


class Selection(msgspec.Struct, frozen=True):
    """Which studies are wanted: all of them where nothing is said."""

    condition: str = ""
    """Words, as in the registry's box for conditions."""
    expression: str = ""
    """In the registry's query language (docs/essie.md)."""

    @property
    def is_all(self) -> bool:
        """Whether the whole registry is wanted."""
        return not (self.condition or self.expression)

    @property
    def spelling(self) -> str:
        """The selection in one line, always the same for the same: the name under which its state is kept."""
        return urlencode(self.parameters())

    def parameters(self, since: str = "") -> dict[str, str]:
        """Return the parameters of a search.

        Arguments:
            since: only studies whose last update was posted on this ISO day or later.

        Example:
            >>> Selection(expression="AREA[Condition]leukemia").parameters("2026-03-01")["filter.advanced"]
            '(AREA[Condition]leukemia) AND AREA[LastUpdatePostDate]RANGE[2026-03-01,MAX]'
        """
        asked = {"query.cond": self.condition} if self.condition else {}
        expression = self.expression
        if since:
            newer = f"AREA[LastUpdatePostDate]RANGE[{since},MAX]"
            expression = f"({expression}) AND {newer}" if expression else newer
        return {**asked, "filter.advanced": expression} if expression else asked


class DataSet(msgspec.Struct, frozen=True):
    """The state of the registry's data, as it names it itself."""

    timestamp: str
    """`dataTimestamp` as given."""
    etag: str = ""
    """Tag of the answer that said so; may be empty."""

    @property
    def day(self) -> str:
        """The ISO day of the timestamp."""
        return self.timestamp[:10]

    @property
    def has_hour(self) -> bool:
        """Whether the timestamp names one state; midnight is what a server says that knows the day alone."""
        return len(self.timestamp) > 10 and not self.timestamp[10:].startswith("T00:00:00")


class _Version(msgspec.Struct):
    dataTimestamp: str = ""  # noqa: N815 - the registry's own name


class _Size(msgspec.Struct):
    totalStudies: int  # noqa: N815 - the registry's own name


class _Page(msgspec.Struct):
    studies: list[msgspec.Raw]
    nextPageToken: str = ""  # noqa: N815 - the registry's own name
    totalCount: int | None = None  # noqa: N815 - the registry's own name


class _Identification(msgspec.Struct):
    nctId: str  # noqa: N815 - the registry's own name


class _Protocol(msgspec.Struct):
    identificationModule: _Identification  # noqa: N815 - the registry's own name


class _Numbered(msgspec.Struct):
    protocolSection: _Protocol  # noqa: N815 - the registry's own name


_read_version = msgspec.json.Decoder(_Version).decode
_read_size = msgspec.json.Decoder(_Size).decode
_read_page = msgspec.json.Decoder(_Page).decode
_read_number = msgspec.json.Decoder(_Numbered).decode


class Upstream:
    """A registry, asked.

    Example:
        >>> with Client("http://127.0.0.1:8000") as client:
        ...     upstream = Upstream(client)
        ...     upstream.data_set(), sum(1 for _ in upstream.studies(Selection(condition="leukemia")))
    """

    def __init__(self, client: Client, page_studies: int = PAGE_STUDIES) -> None:
        self.client = client
        self.page_studies = page_studies

    def data_set(self, etag: str = "") -> DataSet | None:
        """Return the state of the registry's data; None where it still has this tag.

        Raises:
            UpstreamError: it cannot be had, or is none.
        """
        got = self.client.get("/version", {}, _read_version, etag)
        if got is None:
            return None
        version, reply = got
        if not _STAMP.fullmatch(version.dataTimestamp):
            raise UpstreamError(
                f"{self.client.base_url}/version: names no data of a certain day: does it hold any studies?"
            )
        return DataSet(version.dataTimestamp, reply.headers.get("etag", ""))

    def count(self, selection: Selection) -> int:
        """Return how many studies the registry has of a selection.

        Raises:
            UpstreamError: see the head of this module.
        """
        if selection.is_all:
            return self._ask("/stats/size", {}, _read_size).totalStudies
        asked = {**selection.parameters(), "countTotal": "true", "pageSize": "1", "fields": "NCTId"}
        return self._ask("/studies", asked, _read_page).totalCount or 0

    def studies(self, selection: Selection, since: str = "") -> Iterator[SourceRecord | Refusal]:
        """Yield the studies of a selection, each once or more; see `Selection.parameters`.

        Raises:
            UpstreamError: see the head of this module. What was yielded before is good.
        """
        for body, where in self._walk(selection.parameters(since)):
            yield read_study(body, where)

    def numbers(self, selection: Selection) -> Iterator[str]:
        """Yield the NCT numbers of a selection.

        Raises:
            UpstreamError: see the head of this module; also for a list in which something is no study.
        """
        for body, where in self._walk({**selection.parameters(), "fields": "NCTId"}):
            yield self._number(body, where)

    def named(self, numbers: Sequence[str]) -> Iterator[SourceRecord | Refusal]:
        """Yield the studies of these NCT numbers; those that the registry has no more are left out.

        A number that a study had formerly leads to that study, which comes under its number of now.
        """
        for start in range(0, len(numbers), NUMBERS_AT_ONCE):
            some = numbers[start : start + NUMBERS_AT_ONCE]
            for body, where in self._walk({"filter.ids": ",".join(some)}):
                yield read_study(body, where)

    # -- inside

    def _number(self, body: bytes, where: str) -> str:
        try:
            number = _read_number(body).protocolSection.identificationModule.nctId
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UpstreamError(f"{where}: a list of numbers with something else in it: {error}") from error
        if not _NUMBER.fullmatch(number):
            raise UpstreamError(f"{where}: a list of numbers with something else in it: {number[:40]!r}")
        return number

    def _walk(self, parameters: Mapping[str, str]) -> Iterator[tuple[bytes, str]]:
        """Yield the studies of all pages, beginning anew where the pages break off in the middle.

        Each round begins at the first page: a token belongs to a state of the data that may be gone.
        """
        for number in range(ROUNDS):
            try:
                yield from self._pages(parameters)
            except PassingError as error:
                if number == ROUNDS - 1:
                    raise UpstreamError(f"{error}; tried {ROUNDS} times: run sync again later") from error
                self.client.wait(number, error)
            else:
                return

    def _pages(self, parameters: Mapping[str, str]) -> Iterator[tuple[bytes, str]]:
        where = f"{self.client.base_url}/studies"
        asked = {**parameters, "pageSize": str(self.page_studies)}
        page = self._ask("/studies", {**asked, "countTotal": "true"}, _read_page)
        total, given, number, tokens = page.totalCount, 0, 1, {""}
        if total is None:
            raise UpstreamError(f"{where}: does not say how many studies there are, though asked")
        while True:
            for at, study in enumerate(page.studies):
                yield bytes(study), f"{where} page {number}, study {at + 1}"
            given += len(page.studies)
            token = page.nextPageToken
            if not token:
                break
            if token in tokens:
                raise PassingError(f"{where}: page {number} leads back to an earlier one (its token repeats)")
            tokens.add(token)
            if number >= total // self.page_studies + SPARE_PAGES:
                raise PassingError(f"{where}: {given:,} of {total:,} studies came, and the pages do not end")
            number += 1
            page = self._ask("/studies", {**asked, "pageToken": token}, _read_page, stale=True)
        if given < total:
            raise PassingError(f"{where}: the pages ended after {given:,} of {total:,} studies")

    def _ask(
        self, path: str, parameters: Mapping[str, str], read: Callable[[bytes], T], *, stale: bool = False
    ) -> T:
        try:
            got = self.client.get(path, parameters, read)
        except RefusedError as error:
            if stale and error.status == 400:  # the token is of data that has been replaced meanwhile
                raise PassingError(str(error)) from error
            raise
        if got is None:
            raise UpstreamError(f"{self.client.base_url}{path}: said 304 (unchanged) to who holds nothing")
        return got[0]


def read_study(body: bytes, where: str) -> SourceRecord | Refusal:
    """Return a study that came over the network, or why it is none.

    Example:
        >>> read_study(b"[]", "page 1, study 1").reason
        'a study is a JSON object, this is a list'
    """
    if len(body) > MAX_RECORD_BYTES:
        return Refusal(where=where, reason=f"over the limit of {MAX_RECORD_BYTES:,} bytes for one record")
    try:
        return read_record(body, where)
    except RecordError as error:
        return Refusal(where=where, reason=error.reason)
