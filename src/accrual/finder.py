"""The facade: load, find, show, read, screen and match over one data folder. `accrual.Finder`.

Comes in: a data folder, and what a face asks. Goes out: typed answers of the rooms below; nothing is decided here,
the rooms are only joined. Refuses what they refuse (see `accrual.errors`).

A Finder may be used from many threads, and several processes may have one on the same folder: one loads, the
others serve what was last committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from accrual import demo, matching
from accrual.basic import GeoPoint, NctId, nct_id
from accrual.criteria.tree import CompiledTrial, Criterion
from accrual.errors import PatientError, StoreError, StudyRemovedError
from accrual.figures import Figures
from accrual.folder import DataFolder, OnProgress
from accrual.holdings import DataState, Held, Holdings, Status
from accrual.locations import Locations
from accrual.match.ask import Question
from accrual.match.evaluate import Screener
from accrual.match.rank import Match
from accrual.match.sweep import Sweep
from accrual.match.themes import Themes
from accrual.match.verdict import Assumption, Screening
from accrual.matching import ASKED_AMONG, Matched
from accrual.nearby import RecruitingSite, nearest_recruiting_sites
from accrual.patient.model import Patient
from accrual.patient.patients import find_patient, read_patients
from accrual.patient.reader import read_patient
from accrual.programs import Programs
from accrual.prospects import Prospects
from accrual.reading import compile_record
from accrual.registry.ctgov_json import read_json
from accrual.registry.files import Refusal, SourceRecord, read_record
from accrual.registry.record import Trial
from accrual.registry.standing import Standing, read_standing
from accrual.search.counts import count_values
from accrual.search.explanation import Reason, Record, explain_search
from accrual.search.facets import count_facets
from accrual.search.freshness import find_fresh
from accrual.search.index import TextIndex
from accrual.search.places import Place, Places
from accrual.search.query import Facet, FacetCount, Found, NearestSite, Query
from accrual.search.rank import find
from accrual.search.studies import StudyPage, StudyQuery, find_studies
from accrual.simulate.settings import Settings, require_libraries
from accrual.store.archive import Archive
from accrual.store.criteria_cache import CriteriaCache
from accrual.store.load import LoadReport, load, load_records
from accrual.store.manifest import Manifest
from accrual.store.omop_database import open_omop
from accrual.store.snapshot import OnSnapshot
from accrual.store.sources import Source
from accrual.store.writer import identity

if TYPE_CHECKING:
    from accrual.simulate.simulation import OnParticipants, Simulation

if TYPE_CHECKING:
    from accrual.registry.upstream import Upstream
    from accrual.sync import SyncPlan, SyncReport

RECORDS_AT_ONCE = 200
"""Studies read in one go where all are read: some 4 MB."""


class Finder:
    """Everything accrual does, over one data folder.

    Example:
        >>> with Finder(Path("data")) as finder:
        ...     finder.load([Path("studies.jsonl.gz")])
        ...     finder.find(Query(text="CD7 CAR-T", condition="leukemia")).total
    """

    def __init__(self, home: Path, on_progress: OnProgress | None = None) -> None:
        """Open a data folder, making it where it is missing. Derived data is caught up when it is first needed.

        Raises:
            StoreError: the folder cannot be used.
        """
        self.home = home
        self._folder = DataFolder(home, on_progress)
        self._holdings = Holdings(self._folder)

    @classmethod
    def demo(cls, home: Path) -> Finder:
        """Open a data folder that holds the embedded demo registry, loading it where it is not there yet."""
        finder = cls(home)
        records = [read_record(body, "the demo registry") for body in demo.demo_records()]
        held = {
            change.identity
            for change in finder._folder.records.current_of(tuple(finder.nct_ids()), bodies=False)
        }
        # Loading takes the writer's lock, which a second demo beside this one, or a read-only folder, does not have.
        if any(identity(record.body) not in held for record in records):
            finder.load_records(records)
        return finder

    # -- load

    def load(self, paths: Sequence[Path], on_progress: OnProgress | None = None) -> LoadReport:
        """Load files and folders, then bring the index and the compiled criteria up to date.

        Raises:
            SourceError: none of the paths exists.
            StoreError: another process is loading, or the disk is full. What was committed stays.
        """
        self._folder.prepare()
        report = load(self._folder.records, paths, on_progress)
        self.catch_up(on_progress)
        return report

    def load_records(self, records: Iterable[SourceRecord | Refusal]) -> LoadReport:
        """Load records that are already read; see `load`."""
        self._folder.prepare()
        report = load_records(self._folder.records, records)
        self.catch_up()
        return report

    def sync(self, upstream: Upstream, plan: SyncPlan, on_progress: OnProgress | None = None) -> SyncReport:
        """Bring the records up to a registry, and all that is derived up to the records; see `accrual.sync`.

        Raises:
            UpstreamError: the registry cannot be read to its end. What came before stays.
            StoreError: another process syncs or loads, or the disk is full.
        """
        from accrual.sync import sync  # here: it loads all that speaks to a network, for this one command

        self._folder.prepare()
        report = sync(self._folder.records, upstream, plan, on_progress)
        # Also where nothing is new: the run before may have been stopped in the middle of this.
        self.catch_up(on_progress)
        return report

    def sources(self) -> tuple[Source, ...]:
        """Return every registry that records were synced from, and how far."""
        return self._folder.records.sources()

    def catch_up(self, on_progress: OnProgress | None = None) -> None:
        """Bring everything derived up to the records: the indexes, then every study's compiled criteria."""
        self._folder.catch_up(on_progress)

    def make_ready(self) -> None:
        """Bring up to date what is searched, so that nobody's first question waits for it.

        What cannot be built, in a folder for reading only, is left: who asks for it is told.
        """
        for open_artefact in (
            lambda: self._folder.prepare(),
            lambda: self._folder.programs,
            lambda: self._folder.figures,
            lambda: self._folder.locations,
            lambda: self._folder.places.is_known(
                "London"
            ),  # makes the tables of cities, where there are none yet
        ):
            with suppress(StoreError):
                open_artefact()

    # -- find

    def find(self, query: Query) -> Found:
        """Return the studies that match, ranked, with the nearest site and the fields that matched.

        Raises:
            QueryError: the search makes no sense.
        """
        if query.sort == "fresh":
            found = find_fresh(self.index, self._folder.registry.snapshot(), query)
        else:
            found = find(self.index, query)
        if query.today is None:
            return found
        standings = self.standings([hit.nct_id for hit in found.results], query.today)
        hits = (replace(hit, standing=standings.get(hit.nct_id)) for hit in found.results)
        return replace(found, results=tuple(hits))

    def standings(self, numbers: Sequence[str], today: date) -> dict[str, Standing]:
        """Return how far each study's status can be relied on, as of a day; leaves out those that are not here."""
        return {number: read_standing(read_json(body), today) for number, body in self.records(numbers)}

    def studies(self, query: StudyQuery, page_size: int = 10, cursor: bytes | None = None) -> StudyPage:
        """Return a page of the studies that a search of the registry finds; see `accrual.search.studies`.

        Raises:
            QueryTooLargeError: the search would take too long.
            CursorExpiredError: the state of the data that the cursor belongs to is gone.
        """
        return find_studies(self._folder.registry, query, page_size, cursor)

    def reasons(self, query: StudyQuery, record: Record) -> tuple[tuple[str, Reason], ...]:
        """Return why a search finds a record: the parameter that asked, and where it was found."""
        return explain_search(query, record, self._folder.places)

    def count_values(self, query: StudyQuery) -> dict[Facet, tuple[FacetCount, ...]]:
        """Count the values of each facet over a search in the registry's language."""
        return count_values(self._folder.registry, query)

    def nearest_recruiting_sites(
        self, query: StudyQuery, centre: GeoPoint, within_km: float, top: int
    ) -> tuple[RecruitingSite, ...]:
        """Return the nearest recruiting sites of the studies that a search finds; see `accrual.nearby`."""
        return nearest_recruiting_sites(self._folder, query, centre, within_km, top)

    @property
    def search_state(self) -> int:
        """Names the state of the data that `studies` searches; another one after every change."""
        return self._folder.registry.snapshot().stamp

    def facets(self, query: Query) -> dict[Facet, tuple[FacetCount, ...]]:
        """Count the values of each facet over a search, each with the other facets' filters but not its own."""
        return count_facets(self.index, query)

    def place(self, name: str) -> Place:
        """Return the place of that name; raises as `Places.find`."""
        return self._folder.places.find(name)

    @property
    def places(self) -> Places:
        """The tables of places."""
        return self._folder.places

    @property
    def locations(self) -> Locations:
        """Countries, regions, cities and sites with their trials; see `accrual.locations`."""
        return self._folder.locations

    # -- show

    def show(self, nct: str) -> Trial:
        """Return a study as a typed record.

        Raises:
            QueryError: not an NCT number.
            StudyNotFoundError: not in the store.
            StudyRemovedError: gone from its source; `held` has what was seen last.
        """
        return read_json(self.record(nct), nct)

    def record(self, nct: str, as_of: date | None = None) -> bytes:
        """Return a study as registry JSON (API v2), as it is or as it was on an earlier day; raises as `show`."""
        number = nct_id(nct)
        day = self._folder.records.removed_on(number, as_of)
        if day is not None:
            raise StudyRemovedError(
                f"{number} is gone from its source since {day}: `accrual show {number}` has its last version",
                day,
            )
        return self._folder.records.get(number, as_of)

    def held(self, nct: str, as_of: date | None = None) -> Held:
        """Return the version of a study that is the newest, or was on an earlier day; of a removed one too.

        Raises:
            QueryError: not an NCT number.
            StudyNotFoundError: not in the store, or no version here is that old; the message names the oldest.
        """
        return self._holdings.held(nct_id(nct), as_of)

    def records(self, numbers: Sequence[str]) -> list[tuple[NctId, bytes]]:
        """Return many studies as registry JSON, in the order asked for; leaves out those that are not here."""
        return [(change.nct_id, change.body) for change in self._folder.records.current_of(numbers)]

    def all_records(self) -> Iterator[tuple[NctId, bytes]]:
        """Yield every study's number and registry JSON, in the order of the numbers, a few at a time."""
        numbers = iter(self._folder.records.nct_ids())
        while some := list(islice(numbers, RECORDS_AT_ONCE)):
            yield from self.records(some)

    def versions(self, nct: str, most: int | None = None) -> list[bytes]:
        """Return the versions of a study that are here as registry JSON, oldest first; raises as `show`.

        Arguments:
            most: the oldest and the newest, so many in all; None for every one.
        """
        held = self._folder.records.versions(nct_id(nct))
        if most is not None and len(held) > most:
            held = (*held[: most - 1], held[-1])
        return [self._folder.records.get_version(version.version) for version in reversed(held)]

    @property
    def archive(self) -> Archive:
        """Versions by their hash, also of studies that are gone."""
        return Archive(self._folder.records)

    @property
    def state(self) -> DataState:
        """What the records are as of now: cheap enough to ask before every answer."""
        return self._holdings.state

    # -- read

    def criteria(self, nct: str, as_of: date | None = None) -> CompiledTrial:
        """Return a study's eligibility, compiled, as it is or as it was on an earlier day; raises as `show`."""
        number = nct_id(nct)
        if as_of is not None:
            return compile_record(self.record(number, as_of))
        compiled = self._folder.compiled([number]).get(number)
        if compiled is None:
            return compile_record(self.record(number))  # raises where there is no such study
        return compiled

    def read(self, body: bytes) -> tuple[Trial, CompiledTrial]:
        """Return a record that may not be here any more as it is: typed, and its eligibility compiled.

        Raises:
            RecordError: it is no study.
        """
        return read_json(body), compile_record(body)

    def read_criteria(self, text: str) -> tuple[Criterion, ...]:
        """Compile an eligibility text that belongs to no study."""
        from accrual.criteria.compile import compile_text  # as in `reading.py`: most commands compile nothing

        return compile_text(text)

    # -- decide

    def read_patient(self, source: Path | bytes, where: str = "", person: str = "") -> Patient:
        """Return the patient in a file or folder, or in what a file holds, whichever known form it has.

        Args:
            where: the name of what `source` holds, for messages.
            person: the id of the patient, where there are several.

        Raises:
            PatientError: no known form, broken, or several and none chosen; the message says which there are.
            SourceError: the file cannot be read.
        """
        if isinstance(source, bytes):
            return read_patient(source, where, person)
        return find_patient(source, person, open_omop)

    def read_patients(
        self, source: Path, failed: Callable[[PatientError], None] | None = None
    ) -> Iterator[Patient]:
        """Yield every patient of a file or folder, each under an id of its own.

        Args:
            failed: is told of each that cannot be read; without it the first such error is raised.

        Raises:
            PatientError: see `failed`. SourceError: the source cannot be read at all.
        """
        return read_patients(source, failed, open_omop)

    def screen(
        self,
        nct: str,
        patient: Patient,
        today: date,
        assumption: Assumption = "open",
        as_of: date | None = None,
    ) -> Screening:
        """Decide one trial for a patient, criterion by criterion, with what would have to change; raises as `show`.

        Arguments:
            assumption: how silence is read; `notes` where the patient's notes are complete.
            as_of: an earlier day: the trial as it was then.
        """
        return matching.screen(self.criteria(nct, as_of), patient, today, assumption)

    def sweep(self, patients: Sequence[Screener]) -> Sweep:
        """Decide every study for patients at once, without proofs; a study's proof is `screen`."""
        return self.programs.sweep(patients)

    def match(
        self,
        patient: Patient,
        today: date,
        top: int = 20,
        status: tuple[str, ...] = (),
        assumption: Assumption = "open",
        open_first: bool = True,
        prefer_fresh: bool = False,
    ) -> tuple[Match[NearestSite], ...]:
        """Return the trials that fit a patient best: retrieved by what he has, decided, then ranked.

        Arguments:
            top: how many at most.
            status: registry statuses to keep (`RECRUITING`); empty keeps all.
            assumption: how silence is read; under any but `open` trials are decided one by one, more slowly.
            open_first: False leaves out whether a trial takes patients (for benchmarks over closed trials).
            prefer_fresh: trials with a stale status come later; no verdict changes.
        """
        (matched,) = self.match_many([patient], today, top, status, assumption, open_first, prefer_fresh)
        return matched.matches

    def match_many(
        self,
        patients: Sequence[Patient],
        today: date,
        top: int = 20,
        status: tuple[str, ...] = (),
        assumption: Assumption = "open",
        open_first: bool = True,
        prefer_fresh: bool = False,
    ) -> tuple[Matched, ...]:
        """Match several patients, as `match` does each; a dozen together cost little more than two or three."""
        found = matching.match(
            self._folder, patients, today, top, status, assumption, open_first, prefer_fresh
        )
        standings = self.standings([*{one.nct_id for each in found for one in each.matches}], today)
        return tuple(
            replace(
                each,
                matches=tuple(replace(one, standing=standings.get(one.nct_id)) for one in each.matches),
            )
            for each in found
        )

    def ask(
        self, patient: Patient, today: date, top: int = 1, among: int = ASKED_AMONG, skip: Iterable[str] = ()
    ) -> tuple[tuple[Question, ...], int]:
        """Return the questions that would decide most of the trials still possible, and how many those are.

        Arguments:
            among: the best matches to decide among.
            skip: what not to ask about again, by `Question.about`.
        """
        return matching.ask(self._folder, patient, today, top, among, skip)

    @property
    def prospects(self) -> Prospects:
        """What is left of a search's trials for a person; see `accrual.prospects`."""
        return Prospects(self._folder)

    # -- simulate

    def simulate(
        self, nct: str, settings: Settings | None = None, on_participants: OnParticipants | None = None
    ) -> Simulation:
        """Return the virtual trial of a study's design, as `accrual.simulate` does; raises as it and as `show`."""
        require_libraries()
        from accrual.simulate.simulation import simulate_record  # takes seconds to import

        return simulate_record(self.show(nct), self.criteria(nct), settings, on_participants, open_omop)

    # -- snapshots

    @property
    def snapshot(self) -> Manifest | None:
        """What this folder says of itself as a snapshot; None of any other data folder."""
        return self._folder.records.manifest

    @property
    def made_as_now(self) -> bool:
        """Whether this program reads criteria as the one did that made the snapshot; True of what is none."""
        return self._holdings.made_as_now

    def make_snapshot(
        self, name: str, today: date, as_of: date | None = None, on_progress: OnSnapshot | None = None
    ) -> Manifest:
        """Keep the records as they are, or as they were on an earlier day; see `accrual.store.snapshot`.

        Raises:
            StoreError: the name is taken, nothing here is that old, another makes one, the disk is full.
        """
        return self._holdings.make_snapshot(name, today, as_of, on_progress)

    # -- status

    def status(self) -> Status:
        """Count what is here and how much of it is understood; once all is read, anew only after a change."""
        return self._holdings.status()

    @property
    def written_on(self) -> date:
        """The day (UTC) on which records were last added here."""
        return self._folder.records.written_on()

    def nct_ids(self) -> Iterable[NctId]:
        """Yield every study's NCT number, in order."""
        return self._folder.records.nct_ids()

    # -- derived data, opened when first needed

    @property
    def index(self) -> TextIndex:
        """The text index, caught up."""
        return self._folder.index

    @property
    def cache(self) -> CriteriaCache:
        """The compiled criteria that are already here."""
        return self._folder.cache

    @property
    def programs(self) -> Programs:
        """Every study's criteria as arrays."""
        return self._folder.programs

    @property
    def themes(self) -> Themes:
        """The concepts that every study is about."""
        return self._folder.themes

    @property
    def figures(self) -> Figures:
        """The statistics of the fields of all studies."""
        return self._folder.figures

    def close(self) -> None:
        """Let go of every file."""
        self._folder.close()

    def __enter__(self) -> Finder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
