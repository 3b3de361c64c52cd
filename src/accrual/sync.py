"""Sync: the records of a registry into the store, all of them once, and after that what is new.

Comes in: a store, an `Upstream`, and a `SyncPlan`. Goes out: a `SyncReport`; the records, and how far the registry has
been read, are in the store. Refuses, as UpstreamError: a registry that cannot be read to its end; as StoreError: a
folder in which another process syncs or loads. What came before stays, and the next run begins where this one began.

What to fetch is decided by the registry's own days, never by this machine's clock. How far the registry was read is
noted last, so that a crash at any point repeats work and skips none. What looks like damage (a study that loses most
of itself, many studies gone at once) is kept back until somebody says that it is right.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

import msgspec

from accrual.errors import StudyNotFoundError, UpstreamError
from accrual.registry.bulk import read_archive
from accrual.registry.fetch import RefusedError
from accrual.registry.files import Refusal, SourceRecord
from accrual.registry.shrinkage import shrinkage
from accrual.registry.upstream import DataSet, Selection, Upstream
from accrual.store.load import LoadReport, Progress, load_records
from accrual.store.lock import FileLock
from accrual.store.records import RecordStore
from accrual.store.roster import read_roster, roster_path, write_roster
from accrual.store.sources import Source
from accrual.store.writer import RecordWriter

OVERLAP_DAYS: Final = 1
"""Read again each time: a record may be posted late on a day that was read already."""
LIST_EVERY_DAYS: Final = 7
"""Days of the registry after which the lists are compared in any case: 606 requests for all of it. Set by hand."""
MASS_SHARE: Final = 0.005
MASS_STUDIES: Final = 50
"""More studies gone at once than this share of them, and than this number, are not believed. Set by hand."""
CHECKED_AT_MOST: Final = 5_000
"""Studies gone from the list that are asked for one by one, before they are too many to be true. Set by hand."""
SHOWN: Final = 100
"""Of what was kept back, told in the report."""

INCOMING: Final = "incoming"
LOCK_NAME: Final = "sync.lock"

Kind: TypeAlias = Literal["first", "update", "nothing new", "older"]
OnProgress: TypeAlias = Callable[[Progress], None]


class SyncPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a sync."""

    selection: Selection = Selection()
    full: bool = False
    """Fetch everything again, as if for the first time."""
    check_removed: bool = False
    """Compare the lists of studies now."""
    accept_removals: bool = False
    """Take also what was kept back, or would be."""


class KeptBack(msgspec.Struct, frozen=True):
    """A study whose new version was not taken; the one that is held stays."""

    nct_id: str
    reason: str


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync did."""

    base_url: str
    query: str
    """The selection, as `Selection.spelling`; empty for the whole registry."""
    kind: Kind
    data_timestamp: str
    """The registry's own date of its data."""
    updated_through: str
    """Updates up to this day have been read (ISO day)."""
    loaded: LoadReport | None = None
    listed: bool = False
    """Whether the lists of studies were compared."""
    removed: tuple[str, ...] = ()
    """Studies that the registry has no more."""
    not_removed: int = 0
    """Studies that seem to be gone, too many at once to be believed; they stay."""
    not_removed_first: tuple[str, ...] = ()
    """The first of those."""
    kept_back: tuple[KeptBack, ...] = ()
    """The first studies whose new version lost most of itself."""
    requests: int = 0
    received_bytes: int = 0
    seconds: float = 0.0

    @property
    def asks(self) -> bool:
        """Whether something was kept back that somebody has to look at."""
        return bool(self.not_removed or self.kept_back)


def sync(
    store: RecordStore, upstream: Upstream, plan: SyncPlan, on_progress: OnProgress | None = None
) -> SyncReport:
    """Bring the store up to a registry.

    Raises:
        UpstreamError, StoreError: see the head of this module.

    Example:
        >>> with Client("https://clinicaltrials.gov/api/v2") as client:
        ...     sync(store, Upstream(client), SyncPlan(selection=Selection(condition="leukemia"))).kind
        'first'
    """
    with FileLock(store.home / LOCK_NAME, "syncing"):
        return _Run(store, upstream, plan, on_progress).run()


def mass_limit(studies: int) -> int:
    """Return how many of so many studies may be gone at once.

    Example:
        >>> mass_limit(1_000), mass_limit(600_000)
        (50, 3000)
    """
    return max(MASS_STUDIES, int(studies * MASS_SHARE))


class _State(msgspec.Struct, frozen=True):
    """What a source is to remember beside its days."""

    etag: str = ""
    """Tag of the answer that named the data."""
    kept_back: tuple[str, ...] = ()
    """Studies to be asked for again, however old their update is by then."""
    not_removed: int = 0
    """Studies that are in the list and not at the registry."""


class _Run:
    """One sync, step by step."""

    def __init__(
        self, store: RecordStore, upstream: Upstream, plan: SyncPlan, on_progress: OnProgress | None
    ) -> None:
        self.store, self.upstream, self.plan, self._on_progress = store, upstream, plan, on_progress
        self.base_url, self.query = upstream.client.base_url, plan.selection.spelling
        self.source = store.source(self.base_url, self.query)
        self.state = _read_state(self.source)
        self.first = self.source is None or plan.full
        self.through = "" if self.source is None else self.source.updated_through
        self.listed_on = "" if self.source is None else self.source.listed_on
        self.roster = roster_path(store.home, self.base_url, self.query)
        self.known: set[str] = set()
        self.seen: set[str] = set()
        self.removed: set[str] = set()
        self.not_removed: set[str] = set()
        self.kept_back: dict[str, str] = {}
        self.newest = ""
        self.expected = 0
        self.listed = False
        self._empty = False

    def run(self) -> SyncReport:
        began = time.monotonic()
        data = self._news()
        if isinstance(data, str):
            return self._report(data, self.source.data_timestamp if self.source else "", None, began)
        self.known = read_roster(self.roster)
        self._empty = self.store.count() == 0
        told = None if self._on_progress is None else self._tell
        loaded = load_records(self.store, self._records(data), told)
        self._note(data)
        return self._report("first" if self.first else "update", data.timestamp, loaded, began)

    def _news(self) -> DataSet | Kind:
        """Return the state of the registry's data, or why there is nothing to do."""
        source = self.source
        if source is None or self.plan != SyncPlan(selection=self.plan.selection):
            data = self.upstream.data_set()
            assert data is not None  # no tag was sent
        else:
            found = self.upstream.data_set(self.state.etag)
            if found is None:
                return "nothing new"
            data = found
            same = data.timestamp == source.data_timestamp
            if same and (data.has_hour or (data.etag and data.etag == self.state.etag)):
                return "nothing new"
        if source is not None and not self.plan.full and data.day < source.data_timestamp[:10]:
            return "older"
        return data

    # -- what comes

    def _records(self, data: DataSet) -> Iterator[SourceRecord | Refusal]:
        """Yield all that is to be loaded. Each part begins when the one before it has been read."""
        if self.first:
            self.expected = self.upstream.count(self.plan.selection)
            yield from self._guarded(self._everything())
        else:
            yield from self._guarded(self._since(self.through))
        if self.state.kept_back:
            yield from self._guarded(self.upstream.named(self.state.kept_back))
        # A day that no record bears out is not believed: it could skip years.
        self.through = max(self.through, min(self.newest, data.day))
        total = self.expected if self.first else self.upstream.count(self.plan.selection)
        if self.first and len(self.seen) == total and self.known <= self.seen:
            self.known, self.listed_on = set(self.seen), data.day
        elif self._is_listing_due(data, total):
            yield from self._compared(data, total)
        else:
            self.known |= self.seen

    def _everything(self) -> Iterator[SourceRecord | Refusal]:
        if not self.plan.selection.is_all:
            yield from self.upstream.studies(self.plan.selection)
            return
        folder = self.store.home / INCOMING
        folder.mkdir(exist_ok=True)
        try:
            yield from read_archive(
                self.upstream.client, folder / f"{self.roster.name.partition('.')[0]}.part"
            )
        except RefusedError:  # a mirror without the download has its pages
            yield from self.upstream.studies(self.plan.selection)
            return
        # The zip may be older than what the registry says of itself.
        yield from self._since(self.newest)

    def _since(self, day: str) -> Iterator[SourceRecord | Refusal]:
        try:
            begin = (date.fromisoformat(day) - timedelta(days=OVERLAP_DAYS)).isoformat()
        except (ValueError, OverflowError):
            begin = ""  # nothing with a day has been read yet
        yield from self.upstream.studies(self.plan.selection, begin)

    def _guarded(self, records: Iterable[SourceRecord | Refusal]) -> Iterator[SourceRecord | Refusal]:
        """Pass records on, but for those that lost most of themselves."""
        for record in records:
            if isinstance(record, Refusal):
                yield record
                continue
            number = record.trial.nct_id
            self.seen.add(number)
            if len(record.last_update) == len("2026-03-10"):  # a month alone says no day
                self.newest = max(self.newest, record.last_update)
            lost = "" if self.plan.accept_removals or self._empty else self._loss(number, record.body)
            if not lost:
                self.kept_back.pop(number, None)
                yield record
                continue
            self.kept_back[number] = lost
            if len(self.kept_back) > mass_limit(self.store.count()):
                raise UpstreamError(
                    f"{self.base_url}: {len(self.kept_back):,} studies came without most of what they had; nothing"
                    " more is taken from it: look at it, and run sync --accept-removals if that is right"
                )
            yield Refusal(where=record.where, reason=f"{number}: {lost}: the version that is held stays")

    def _loss(self, number: str, body: bytes) -> str:
        try:
            return shrinkage(self.store.get(number), body)
        except StudyNotFoundError:
            return ""

    # -- what is gone

    def _is_listing_due(self, data: DataSet, total: int) -> bool:
        known = self.known | self.seen
        return (
            self.plan.check_removed
            or self.plan.accept_removals
            or not self.known
            or _days_between(self.listed_on, data.day) >= LIST_EVERY_DAYS
            or total < len(known) - self.state.not_removed
        )

    def _compared(self, data: DataSet, total: int) -> Iterator[SourceRecord | Refusal]:
        """Compare the list of studies with the one that is kept; yield studies of which either has no word."""
        known = self.known | self.seen
        listed: set[str] = set()
        for number in self.upstream.numbers(self.plan.selection):
            listed.add(number)
            self._tell_listing(len(listed), total)
        self.listed, self.listed_on = True, data.day
        # Without a list of old, what is in the store counts as had: else all of it would be fetched one by one.
        had = known if self.known else known | set(self.store.nct_ids())
        yield from self._guarded(self.upstream.named(sorted(listed - had)))
        gone = known - listed
        certain = len(gone) <= CHECKED_AT_MOST or self.plan.accept_removals
        if certain:
            unread = len(self.kept_back)
            for record in self._guarded(self.upstream.named(sorted(gone))):
                if isinstance(record, SourceRecord):
                    gone.discard(record.trial.nct_id)
                else:
                    unread += 1
                yield record
            gone -= self.kept_back.keys()
            certain = unread == len(self.kept_back)  # else something is there, and what it is cannot be said
        if not certain or (len(gone) > mass_limit(len(known)) and not self.plan.accept_removals):
            self.not_removed = gone
        else:
            self.removed = gone - self._listed_elsewhere()
        self.known = listed | self.not_removed

    def _listed_elsewhere(self) -> set[str]:
        """Return the studies that another source has: one source cannot take away what is another's."""
        found: set[str] = set()
        for other in self.store.sources():
            if (other.base_url, other.query) != (self.base_url, self.query):
                found |= read_roster(roster_path(self.store.home, other.base_url, other.query))
        return found

    # -- the end

    def _note(self, data: DataSet) -> None:
        """Note what is gone and how far the registry has been read: after the records, which are committed."""
        state = _State(data.etag, tuple(sorted(self.kept_back)), len(self.not_removed))
        with RecordWriter(self.store) as writer:
            if self.removed:
                writer.remove(sorted(self.removed), data.day)
            write_roster(self.roster, self.known)
            writer.set_source(
                Source(
                    base_url=self.base_url,
                    query=self.query,
                    data_timestamp=data.timestamp,
                    updated_through=self.through,
                    listed_on=self.listed_on,
                    state=msgspec.json.encode(state).decode(),
                )
            )

    def _report(self, kind: Kind, timestamp: str, loaded: LoadReport | None, began: float) -> SyncReport:
        waiting = self.kept_back or dict.fromkeys(
            self.state.kept_back if loaded is None else (), "still kept back"
        )
        return SyncReport(
            base_url=self.base_url,
            query=self.query,
            kind=kind,
            data_timestamp=timestamp,
            updated_through=self.through,
            loaded=loaded,
            listed=self.listed,
            removed=tuple(sorted(self.removed)),
            not_removed=len(self.not_removed) if loaded is not None else self.state.not_removed,
            not_removed_first=tuple(sorted(self.not_removed)[:SHOWN]),
            kept_back=tuple(KeptBack(*one) for one in sorted(waiting.items())[:SHOWN]),
            requests=self.upstream.client.requests,
            received_bytes=self.upstream.client.received_bytes,
            seconds=round(time.monotonic() - began, 3),
        )

    def _tell(self, progress: Progress) -> None:
        if self._on_progress is not None:
            # The last days come twice in a first sync: once in the download, once asked for.
            total = max(self.expected, progress.records) if self.expected else 0
            self._on_progress(msgspec.structs.replace(progress, records_total=total))

    def _tell_listing(self, done: int, total: int) -> None:
        if self._on_progress is not None and done % 1000 == 0:
            self._on_progress(Progress(done, 0, 0, 0, "listing", total))


def _read_state(source: Source | None) -> _State:
    if source is None or not source.state:
        return _State()
    try:
        return msgspec.json.decode(source.state.encode(), type=_State)
    except msgspec.MsgspecError:
        return _State()  # of another version of accrual: it only makes the next run ask more


def _days_between(earlier: str, later: str) -> float:
    """Return the days from one ISO day to another; endless where one of them is none."""
    try:
        return (date.fromisoformat(later) - date.fromisoformat(earlier)).days
    except ValueError:
        return float("inf")
