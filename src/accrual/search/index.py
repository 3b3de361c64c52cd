"""The text index: one document a study, kept in step with the records.

Comes in: changed records (study key and canonical JSON), in batches. Goes out: a searcher over what was last
committed, the table of points, and what a result line needs (`Line`), without touching the records. Refuses:
nothing of a record; a body that is no study any more is left out and counted in `skipped`.

On disk, in the folder given: `text/` (tantivy) and `points.bin` (`geo.PointFile`). Applying a change again changes
nothing: what is held of the study is deleted first. Points reach the disk before the commit that needs them, so a
reader that opens the index and then reads the points has them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import msgspec
import tantivy

from accrual.basic import GeoPoint, PartialDate, nct_id
from accrual.errors import QueryError, RecordError, StoreError
from accrual.registry.ctgov_json import read_json
from accrual.registry.record import Trial
from accrual.search.countries import country_name
from accrual.search.geo import PointFile, PointTable, keys_of, point_code
from accrual.search.localities import localities_of, path_key
from accrual.search.measures import MOST_MINUTES, read_age, read_age_end
from accrual.search.passages import PASSAGES, read_passages
from accrual.search.pieces import PIECES, TEXT_FIELDS, read_pieces
from accrual.search.places import Places
from accrual.search.query import FACETS, Facet, FacetCount
from accrual.search.segments import Segments
from accrual.search.sites import SiteRow, SiteTable, is_recruiting
from accrual.search.words import ANALYZER, analyzer, fold, plain, stem_of

FORMAT = "3"
"""Raise it when a document's fields change: the store then builds a new index beside the old one."""
_EPOCH = date(1990, 1, 1).toordinal()  # before the registry's first date; later days count from here
_MAX_DAYS = 2**16 - 1
_IDS_BITS = 27  # NCT numbers have eight digits: < 2**27


class Change(Protocol):
    """What the index needs of a changed record; `accrual.store.records.Change` is one."""

    @property
    def study(self) -> int: ...

    @property
    def body(self) -> bytes:
        """The record; empty where the study is gone from its source."""


class Line(msgspec.Struct, array_like=True, frozen=True):
    """What a result line shows, stored in the index."""

    nct_id: str
    title: str
    status: str
    conditions: tuple[str, ...]
    phases: tuple[str, ...]
    sites: SiteTable
    texts: bytes
    """Encoded `[(piece number, text as words.plain leaves it)]`, decoded only to say which pieces matched."""


_decode_trial = msgspec.json.Decoder(Trial).decode
_encode = msgspec.msgpack.Encoder().encode
_decode_line = msgspec.msgpack.Decoder(Line).decode
_decode_texts = msgspec.msgpack.Decoder(tuple[tuple[int, str], ...]).decode


def build_schema() -> tantivy.Schema:
    """Return the fields of the index."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("all", tokenizer_name=ANALYZER, index_option="position")
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name=ANALYZER, index_option="position")
    builder.add_text_field("criteria", tokenizer_name=ANALYZER, index_option="freq")
    for name in PASSAGES:
        builder.add_text_field(name, tokenizer_name=ANALYZER, index_option="freq")
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    for facet in FACETS:
        builder.add_text_field(facet, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_unsigned_field("study", indexed=True, fast=True)
    builder.add_unsigned_field("updated", fast=True)
    builder.add_unsigned_field("start", fast=True)
    builder.add_unsigned_field("point", indexed=True)
    builder.add_unsigned_field("recruiting_point", indexed=True)
    builder.add_unsigned_field("place", indexed=True)
    builder.add_unsigned_field("recruiting_place", indexed=True)
    builder.add_unsigned_field("youngest", fast=True)
    builder.add_unsigned_field("oldest", fast=True)
    builder.add_bytes_field("line", stored=True)
    return builder.build()


SCHEMA = build_schema()


def id_key(text: str) -> str:
    """Return an identifier as identifiers are compared: letters and digits only, lower case."""
    return fold(text).replace(" ", "")


def facet_values(trial: Trial) -> dict[str, tuple[str, ...]]:
    """Return what a study counts as in each facet: registry values; `true`/`false` for yes and no."""
    healthy = trial.healthy_volunteers
    return {
        "status": (trial.status,),
        "phase": trial.phases,
        "study_type": (trial.study_type,),
        "sex": (trial.sex,),
        "age_group": trial.std_ages,
        "funder": trial.funder_classes,
        "healthy_volunteers": () if healthy is None else ("true" if healthy else "false",),
        "country": tuple(dict.fromkeys(country_name(country) for country in trial.countries)),
        "results": ("true" if trial.has_results else "false",),
    }


def order_key(day: PartialDate | str | None, study_id: str) -> int:
    """Return a number that sorts by day, then the lower NCT number first: largest is newest. No date is oldest."""
    if isinstance(day, str):
        day = PartialDate.parse(day) if day else None
    days: int = 0 if day is None else min(max(day.first.toordinal() - _EPOCH, 1), _MAX_DAYS)
    older = (1 << _IDS_BITS) - 1 - int(study_id[3:])
    return (days << _IDS_BITS) | older


def study_of(key: int) -> str:
    """Return the NCT number in a key of `order_key`: a fast field, where the stored line is a look at the disk."""
    last = (1 << _IDS_BITS) - 1
    return f"NCT{last - (key & last):08d}"


def read_body(body: bytes) -> Trial:
    """Return the study of a stored body, without what the typed fields cannot hold: nothing of that is searched.

    Raises:
        RecordError: the body is no study.
    """
    try:
        trial = _decode_trial(body)
        nct_id(trial.protocolSection.identificationModule.nctId)
    except (msgspec.MsgspecError, QueryError):
        return read_json(body, "")  # slower, and takes records with values of a wrong type
    return trial


class TextIndex:
    """The index of one folder, for reading or for writing. Safe to search from many threads.

    Example:
        >>> index = TextIndex(folder, writable=True, places=Places())
        >>> index.apply(changes); index.commit()
        >>> rank.find(index, Query(text="leukemia")).total
    """

    def __init__(self, folder: Path, writable: bool = False, places: Places | None = None) -> None:
        """Open the index, or make an empty one where `writable`.

        Raises:
            StoreError: there is no index, it is damaged, or another process is writing to it.
        """
        self._folder = folder
        self._points = PointFile(folder / "points.bin")
        self._places = places
        self._lock = Lock()
        self.skipped = 0
        try:
            self._segments = Segments(folder / "text", SCHEMA, {ANALYZER: analyzer()}, writable)
            if writable:
                self._points.open_for_writing()
        except (ValueError, OSError) as error:
            raise StoreError(
                f"{folder}: the text index cannot be opened ({error}); delete this folder to rebuild it"
            ) from error
        self._stamp: tuple[int, int] = (0, 0)
        self._table_size = -1
        self._table = PointTable([])
        self._searcher = self._segments.searcher()
        self._counts: dict[str, dict[Facet, tuple[FacetCount, ...]]] = {}

    # --- writing --------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> None:
        """Replace what is held of each of these studies. Idempotent; visible only after `commit`."""
        newest = {change.study: change for change in changes}
        self._segments.delete_studies(newest)
        for change in newest.values():
            if not change.body:
                continue
            try:
                document = self._document(change.study, read_body(change.body))
            except RecordError:
                self.skipped += 1
                continue
            self._segments.add(change.study, [document])

    def commit(self) -> None:
        """Make everything applied so far durable and visible.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            self._points.flush()
        except OSError as error:
            raise StoreError(
                f"{self._folder}: the text index cannot be written ({error}); is the disk full?"
            ) from error
        self._segments.commit()

    def close(self) -> None:
        """Let go of the writer's lock. What was applied and not committed is dropped."""
        self._segments.close()

    def _document(self, study: int, trial: Trial) -> tantivy.Document:
        document = tantivy.Document()
        lowered = []
        for number, texts in read_pieces(trial):
            field = PIECES[number].field
            for text in texts:
                document.add_text("all", text)
                if field:
                    document.add_text(field, text)
            lowered.append((number, plain("\n".join(texts))))
        document.add_text("criteria", trial.criteria_text)
        for name, text in read_passages(trial):
            document.add_text(name, text)
        for identifier in (
            trial.nct_id,
            trial.org_study_id,
            *trial.secondary_ids,
            *trial.nct_aliases,
        ):
            if identifier:
                document.add_text("id", id_key(identifier))
        for facet, values in facet_values(trial).items():
            for value in values:
                if value:
                    document.add_text(facet, value)
        rows = self._site_rows(trial)
        self._points.add(row.code for row in rows if row.code is not None)
        for key in keys_of({row.code for row in rows if row.code is not None}):
            document.add_unsigned("point", key)
        for key in keys_of({row.code for row in rows if row.code is not None and row.recruiting}):
            document.add_unsigned("recruiting_point", key)
        for path, locality in localities_of(trial).items():
            document.add_unsigned("place", path_key(path))
            if locality.open:
                document.add_unsigned("recruiting_place", path_key(path))
        document.add_unsigned("youngest", min(read_age(trial.minimum_age) or 0, MOST_MINUTES))
        document.add_unsigned("oldest", min(read_age_end(trial.maximum_age) or MOST_MINUTES, MOST_MINUTES))
        document.add_unsigned("study", study)
        document.add_unsigned("updated", order_key(trial.last_update, trial.nct_id))
        document.add_unsigned("start", order_key(trial.start_date, trial.nct_id))
        line = Line(
            trial.nct_id,
            trial.title,
            trial.status,
            trial.conditions,
            trial.phases,
            SiteTable.of(rows),
            _encode(lowered),
        )
        document.add_bytes("line", _encode(line))
        return document

    def _site_rows(self, trial: Trial) -> list[SiteRow]:
        with_status = any(site.status for site in trial.sites)
        rows = []
        for site in trial.sites:
            point: GeoPoint | None = site.geoPoint
            if point is None and self._places is not None:
                point = self._places.place_site(site.city, site.state, site.country)
            rows.append(
                SiteRow(
                    facility=site.facility,
                    city=site.city,
                    country=site.country,
                    status=site.status,
                    code=None if point is None else point_code(point),
                    recruiting=is_recruiting(trial.status, site.status, with_status),
                )
            )
        return rows

    # --- reading --------------------------------------------------------------------------------------------

    def searcher(self) -> tuple[tantivy.Searcher, PointTable]:
        """Return a searcher over what was last committed by any process, and every point its studies stand on."""
        with self._lock:
            stamp = self._segments.stamp()
            if stamp != self._stamp:
                self._searcher = self._segments.searcher()
                self._counts = {}
                size = self._points.size()
                if size != self._table_size:
                    self._table = PointTable(self._points.read())
                    self._table_size = size
                self._stamp = stamp
            return self._searcher, self._table

    @property
    def counts(self) -> dict[str, dict[Facet, tuple[FacetCount, ...]]]:
        """Facet counts as far as `facets.py` keeps them: of what is searched now, and another dict after a change."""
        self.searcher()
        return self._counts

    def frequency(self, word: str) -> int:
        """Return in how many studies a word stands, whatever its ending."""
        return int(self.searcher()[0].doc_freq("all", stem_of(word)))

    def count(self) -> int:
        """Return how many studies the index holds."""
        return int(self.searcher()[0].num_docs)


def read_line(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Line:
    """Return the stored line of a hit."""
    data: Any = searcher.doc(address).get_first("line")
    return _decode_line(data)


def read_texts(line: Line) -> Iterable[tuple[str, str]]:
    """Return the pieces of a study: (registry name, text in lower case without accents)."""
    return ((PIECES[number].name, text) for number, text in _decode_texts(line.texts))
