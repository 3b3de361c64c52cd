"""The facade: load, find, show, read, screen and match over one data folder. `accrual.Finder`.

Comes in: a data folder, and what a face asks. Goes out: typed answers of the rooms below; nothing is decided here,
the rooms are only joined. Refuses what they refuse (see `accrual.errors`).

A Finder may be used from many threads, and several processes may have one on the same folder: one loads, the
others serve what was last committed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

import msgspec

from accrual import demo
from accrual.basic import GeoPoint, NctId, nct_id
from accrual.criteria.compile import compile_text
from accrual.criteria.tree import CompiledTrial, Criterion
from accrual.errors import PlaceNotFoundError, StoreError
from accrual.match.ask import Question, questions
from accrual.match.change import change
from accrual.match.evaluate import Screener
from accrual.match.rank import Candidate, Match, rank
from accrual.match.sweep import Sweep
from accrual.match.verdict import Assumption, Screening, Tally, Verdict, tally
from accrual.patient.model import Patient
from accrual.patient.patients import find_patient
from accrual.patient.reader import read_patient
from accrual.programs import Programs, programs_recipe
from accrual.reading import compile_studies, compiler_version, read_all
from accrual.registry.ctgov_json import read_json
from accrual.registry.files import Refusal, SourceRecord, read_record
from accrual.registry.record import Trial
from accrual.retrieval import Retrieved, retrieve
from accrual.search.facets import count_facets
from accrual.search.index import FORMAT as TEXT_FORMAT
from accrual.search.index import TextIndex
from accrual.search.places import Place, Places
from accrual.search.query import Facet, FacetCount, Found, Near, NearestSite, Query
from accrual.search.rank import find
from accrual.store.criteria_cache import CriteriaCache, criteria_recipe
from accrual.store.derived import CatchUpProgress, Recipe, catch_up
from accrual.store.load import LoadReport, Progress, load, load_records
from accrual.store.records import RecordStore
from accrual.store.writer import identity

ASKED_AMONG = 200
"""Trials that a question may decide: the best matches."""

OnProgress: TypeAlias = Callable[[Progress | CatchUpProgress], None]


class Status(msgspec.Struct, frozen=True):
    """What a data folder holds. JSON of `accrual status --json`."""

    studies: int
    versions: int
    generation: int
    data_date: str
    studies_read: int
    """Studies whose criteria have been compiled; the rest are compiled when they are asked for."""
    criteria: int
    understood_whole: int
    understood_part: int
    understood_none: int
    understood_by_words: int
    """Of the whole ones, those in which some name is known by its words alone."""
    rightly_text: int
    """Of those not understood, the ones that are a judgement or said of the trial."""


class Matched(msgspec.Struct, frozen=True):
    """One patient matched: the best trials, and what all trials here come to."""

    matches: tuple[Match[NearestSite], ...]
    verdicts: dict[Verdict, int] | None
    """How many trials have each verdict; None where nothing is laid out (a folder for reading only)."""


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
        self._on_progress = on_progress
        self._store = RecordStore(home)
        self._guard = threading.RLock()
        # Kept as files beside the derived data: reading the world's cities anew takes every process seconds.
        self._places = Places(home / "derived" / "places")
        self._index: TextIndex | None = None
        self._cache: CriteriaCache | None = None
        self._programs: Programs | None = None

    @classmethod
    def demo(cls, home: Path) -> Finder:
        """Open a data folder that holds the embedded demo registry, loading it where it is not there yet."""
        finder = cls(home)
        records = [read_record(body, "the demo registry") for body in demo.demo_records()]
        held = {change.identity for change in finder._store.current_of(tuple(finder.nct_ids()), bodies=False)}
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
        self._prepare()
        report = load(self._store, paths, on_progress)
        self.catch_up(on_progress)
        return report

    def load_records(self, records: Iterable[SourceRecord | Refusal]) -> LoadReport:
        """Load records that are already read; see `load`."""
        self._prepare()
        report = load_records(self._store, records)
        self.catch_up()
        return report

    def _prepare(self) -> None:
        """Have an index, if only an empty one, before records come in: who searches meanwhile is served that."""
        _ = self.index, self.cache

    def catch_up(self, on_progress: OnProgress | None = None) -> None:
        """Bring everything derived up to the records: the text index, then every study's compiled criteria."""
        with self._guard:
            self._close_derived()
            self._index = catch_up(self._store, self._text_recipe(), on_progress)
            self._cache = catch_up(self._store, criteria_recipe(compiler_version()), on_progress)
            read_all(self._store, self._cache, on_progress)
            self._programs = catch_up(self._store, self._programs_recipe(), on_progress)

    # -- find

    def find(self, query: Query) -> Found:
        """Return the studies that match, ranked, with the nearest site and the fields that matched.

        Raises:
            QueryError: the search makes no sense.
        """
        return find(self.index, query)

    def facets(self, query: Query) -> dict[Facet, tuple[FacetCount, ...]]:
        """Count the values of each facet over a search, each with the other facets' filters but not its own."""
        return count_facets(self.index, query)

    def place(self, name: str) -> Place:
        """Return the place of that name: a city, a country, a US state or postcode, or `lat,lon`.

        Raises:
            PlaceNotFoundError: no table has it.
        """
        return self._places.find(name)

    # -- show

    def show(self, nct: str) -> Trial:
        """Return a study as a typed record.

        Raises:
            QueryError: not an NCT number.
            StudyNotFoundError: not in the store.
        """
        return read_json(self.record(nct), nct)

    def record(self, nct: str) -> bytes:
        """Return a study as registry JSON (API v2); raises as `show`."""
        return self._store.get(nct_id(nct))

    # -- read

    def criteria(self, nct: str) -> CompiledTrial:
        """Return a study's eligibility, compiled; raises as `show`."""
        number = nct_id(nct)
        self._store.study(number)  # raises where there is no such study
        return self._compiled([number])[number]

    def read_criteria(self, text: str) -> tuple[Criterion, ...]:
        """Compile an eligibility text that belongs to no study."""
        return compile_text(text)

    def _compiled(self, numbers: Sequence[NctId]) -> dict[str, CompiledTrial]:
        """Return the compiled eligibility of studies: from the cache, or compiled now and kept."""
        held = self._store.current_of(numbers, bodies=False)
        cached = self.cache.get_many({change.study: change.identity for change in held})
        absent = [change.nct_id for change in held if change.study not in cached]
        fresh = compile_studies(self._store.current_of(absent))
        if fresh:
            self.cache.put(fresh)
        bodies = {**cached, **{entry.study: entry.body for entry in fresh}}
        return {
            change.nct_id: _decode_compiled(bodies[change.study]) for change in held if change.study in bodies
        }

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
        return find_patient(source, person)

    def screen(self, nct: str, patient: Patient, today: date, assumption: Assumption = "open") -> Screening:
        """Decide one trial for a patient, criterion by criterion, with what would have to change; raises as `show`.

        Arguments:
            assumption: how silence is read; `notes` where the patient's notes are complete.
        """
        screener, compiled = Screener(patient, today, assumption), self.criteria(nct)
        screening = screener.screen(compiled)
        return msgspec.structs.replace(screening, change=change(screener, compiled, screening))

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
    ) -> tuple[Match[NearestSite], ...]:
        """Return the trials that fit a patient best: retrieved by what he has, decided, then ranked.

        Arguments:
            top: how many at most.
            status: registry statuses to keep (`RECRUITING`); empty keeps all.
            assumption: how silence is read; under any but `open` trials are decided one by one, more slowly.
            open_first: False leaves out whether a trial takes patients (for benchmarks over closed trials).
        """
        return self.match_many([patient], today, top, status, assumption, open_first)[0].matches

    def match_many(
        self,
        patients: Sequence[Patient],
        today: date,
        top: int = 20,
        status: tuple[str, ...] = (),
        assumption: Assumption = "open",
        open_first: bool = True,
    ) -> tuple[Matched, ...]:
        """Match several patients, as `match` does each; a dozen together cost little more than two or three."""
        screeners = [Screener(patient, today, assumption) for patient in patients]
        try:  # a sweep knows `open` alone
            swept = self.sweep(screeners) if assumption == "open" else None
        except StoreError:  # nothing was ever laid out here, and nothing can be: a folder for reading only
            swept = None
        found = []
        for at, screener in enumerate(screeners):
            retrieved = self._retrieved(screener.chart.patient, today, status)
            tallies = self._tallies(screener, swept, at, [one.hit.nct_id for one in retrieved])
            candidates = (
                Candidate(
                    nct_id=one.hit.nct_id,
                    title=one.hit.title,
                    status=one.hit.status,
                    relevance=one.relevance,
                    nearest_site=one.hit.nearest_recruiting_site or one.hit.nearest_site,
                    tally=tallies[one.hit.nct_id],
                    likeness=one.likeness,
                )
                for one in retrieved
                if one.hit.nct_id in tallies  # a study may go while it is looked at
            )
            matches = rank(candidates, open_first)
            found.append(Matched(matches[:top], swept.counted(at) if swept is not None else None))
        return tuple(found)

    def _retrieved(self, patient: Patient, today: date, status: tuple[str, ...]) -> tuple[Retrieved, ...]:
        """Return the studies to decide for a patient, by what he has."""
        point = self._point_of(patient)
        filters: dict[Facet, tuple[str, ...]] = {"status": status} if status else {}
        return retrieve(self.index, patient, today, filters, Near(point) if point is not None else None)

    def ask(
        self, patient: Patient, today: date, top: int = 1, among: int = ASKED_AMONG, skip: Iterable[str] = ()
    ) -> tuple[tuple[Question, ...], int]:
        """Return the questions that would decide most of the trials still possible, and how many those are.

        Arguments:
            among: the best matches to decide among.
            skip: what not to ask about again, by `Question.about`.
        """
        possible = [
            one.nct_id for one in self.match(patient, today, top=among) if one.verdict == "undetermined"
        ]
        compiled = self._compiled([*map(NctId, possible)])
        trials = (compiled[number] for number in possible if number in compiled)
        return questions(Screener(patient, today), trials, top, skip), len(possible)

    def _tallies(
        self, screener: Screener, sweep: Sweep | None, at: int, numbers: Sequence[NctId]
    ) -> dict[str, Tally]:
        """Return what studies come to for a patient: out of the sweep, or decided one by one where it lacks them."""
        tallies = sweep.tallies([int(number[3:]) for number in numbers], at) if sweep is not None else {}
        swept = {f"NCT{number:08d}": one for number, one in tallies.items()}
        absent = [number for number in numbers if number not in swept]
        compiled = self._compiled(absent) if absent else {}
        return {**swept, **{number: tally(screener.screen(one)) for number, one in compiled.items()}}

    def _point_of(self, patient: Patient) -> GeoPoint | None:
        if patient.point is not None or not patient.place:
            return patient.point
        try:
            return self.place(patient.place).point
        except PlaceNotFoundError:
            return None  # a place no table has measures no distance; nothing else depends on it

    # -- status

    def status(self) -> Status:
        """Count what is here and how much of it is understood."""
        totals = self.cache.totals()
        return Status(
            studies=self._store.count(),
            versions=self._store.version_count(),
            generation=self._store.generation,
            data_date=self._store.data_date(),
            studies_read=totals.studies,
            criteria=totals.whole + totals.part + totals.none,
            understood_whole=totals.whole,
            understood_part=totals.part,
            understood_none=totals.none,
            understood_by_words=totals.by_words,
            rightly_text=totals.judgement,
        )

    def nct_ids(self) -> Iterable[NctId]:
        """Yield every study's NCT number, in order."""
        return self._store.nct_ids()

    # -- derived data, opened when first needed

    @property
    def index(self) -> TextIndex:
        """The text index, caught up."""
        with self._guard:
            if self._index is None:
                self._index = catch_up(self._store, self._text_recipe(), self._on_progress)
            return self._index

    @property
    def cache(self) -> CriteriaCache:
        """The compiled criteria that are already here."""
        with self._guard:
            if self._cache is None:
                self._cache = catch_up(self._store, criteria_recipe(compiler_version()), self._on_progress)
            return self._cache

    @property
    def programs(self) -> Programs:
        """Every study's criteria as arrays."""
        with self._guard:
            if self._programs is None:
                self._programs = catch_up(self._store, self._programs_recipe(), self._on_progress)
            return self._programs

    def _programs_recipe(self) -> Recipe[Programs]:
        return programs_recipe(compiler_version(), lambda numbers: self._compiled([*map(NctId, numbers)]))

    def _text_recipe(self) -> Recipe[TextIndex]:
        """How the store opens the text index."""
        return Recipe(
            name="text",
            format_version=TEXT_FORMAT,
            open=lambda folder, writable: TextIndex(folder, writable, self._places if writable else None),
        )

    def close(self) -> None:
        """Let go of every file."""
        with self._guard:
            self._close_derived()
            self._store.close()

    def _close_derived(self) -> None:
        if self._index is not None:
            self._index.close()
        if self._cache is not None:
            self._cache.close()
        if self._programs is not None:
            self._programs.close()
        self._index = self._cache = self._programs = None

    def __enter__(self) -> Finder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


_decode_compiled = msgspec.json.Decoder(CompiledTrial).decode
