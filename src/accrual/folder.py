"""A data folder: its records, and everything derived from them, each opened when it is first needed.

Comes in: the folder's path. Goes out: the record store, the text index, the compiled criteria, the programs, the
themes, the statistics and the places, caught up with the records. Refuses what the store refuses.

It may be used from many threads, and several processes may have one on the same folder.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from accrual.basic import NctId
from accrual.building import SideProcess, Tell
from accrual.criteria.tree import CompiledTrial
from accrual.errors import StoreError
from accrual.figures import Figures, figures_recipe
from accrual.locations import Locations, locations_recipe
from accrual.match.themes import Themes
from accrual.programs import Programs, programs_recipe
from accrual.reading import compile_studies, compiler_version, read_all
from accrual.search.index import FORMAT as TEXT_FORMAT
from accrual.search.index import TextIndex
from accrual.search.places import Places
from accrual.search.registry_index import FORMAT as REGISTRY_FORMAT
from accrual.search.registry_index import RegistryIndex, Snapshots
from accrual.store.criteria_cache import CriteriaCache, criteria_recipe
from accrual.store.derived import CatchUpProgress, Recipe, catch_up, read_mark
from accrual.store.load import Progress
from accrual.store.records import RecordStore
from accrual.themes import NO_THEMES, ThemeFile, themes_recipe

OnProgress: TypeAlias = Callable[[Progress | CatchUpProgress], None]
BESIDE_STUDIES = 500
"""New studies from which on a second process builds beside this one: starting it takes two seconds, and a study some
ten milliseconds of its work. Set by hand."""


class DataFolder:
    """What a data folder holds.

    Example:
        >>> folder = DataFolder(Path("data"))
        >>> folder.records.count(), folder.index.searcher()
    """

    def __init__(self, home: Path, on_progress: Tell | None = None) -> None:
        """Open a data folder, making it where it is missing. Derived data is caught up when it is first needed.

        Raises:
            StoreError: the folder cannot be used.
        """
        self.records = RecordStore(home)
        # Kept as files beside the derived data: reading the world's cities anew takes every process seconds.
        self.places = Places(home / "derived" / "places")
        self._on_progress = on_progress
        self._guard = threading.RLock()
        self._snapshots = Snapshots()
        self._index: TextIndex | None = None
        self._registry: RegistryIndex | None = None
        self._cache: CriteriaCache | None = None
        self._programs: Programs | None = None
        self._themes: ThemeFile | None = None
        self._figures: Figures | None = None
        self._locations: Locations | None = None

    @property
    def index(self) -> TextIndex:
        """The text index, caught up."""
        with self._guard:
            if self._index is None:
                self._index = catch_up(self.records, self._text_recipe(), self._on_progress)
            return self._index

    @property
    def registry(self) -> RegistryIndex:
        """The registry index, caught up."""
        with self._guard:
            if self._registry is None:
                self._registry = catch_up(self.records, self._registry_recipe(), self._on_progress)
            return self._registry

    @property
    def cache(self) -> CriteriaCache:
        """The compiled criteria that are already here."""
        with self._guard:
            if self._cache is None:
                self._cache = catch_up(self.records, criteria_recipe(compiler_version()), self._on_progress)
            return self._cache

    @property
    def programs(self) -> Programs:
        """Every study's criteria as arrays."""
        with self._guard:
            if self._programs is None:
                self._programs = catch_up(self.records, self._programs_recipe(), self._on_progress)
            return self._programs

    @property
    def themes(self) -> Themes:
        """What every study is about; nothing in a folder for reading only where it was never gathered."""
        with self._guard:
            if self._themes is None:
                try:
                    self._themes = catch_up(self.records, themes_recipe(), self._on_progress)
                except StoreError:
                    return NO_THEMES
            return self._themes.themes

    @property
    def figures(self) -> Figures:
        """The statistics of the fields of all studies."""
        with self._guard:
            if self._figures is None:
                self._figures = catch_up(self.records, figures_recipe(self.records), self._on_progress)
            return self._figures

    @property
    def locations(self) -> Locations:
        """The places where studies have sites."""
        with self._guard:
            if self._locations is None:
                self._locations = catch_up(self.records, locations_recipe(), self._on_progress)
            return self._locations

    @property
    def recipes(self) -> tuple[Recipe[Any], ...]:
        """How each artefact is opened, in the order in which they are built."""
        return (
            self._text_recipe(),
            self._registry_recipe(),
            criteria_recipe(compiler_version()),
            self._programs_recipe(),
            themes_recipe(),
            figures_recipe(self.records),
            locations_recipe(),
        )

    def prepare(self) -> None:
        """Have an index, if only an empty one, before records come in: who searches meanwhile is served that."""
        _ = self.index, self.registry, self.cache

    def catch_up(self, on_progress: OnProgress | None = None) -> None:
        """Bring everything derived up to the records: the indexes, then every study's compiled criteria.

        Where much is new, another process builds meanwhile what does not need the criteria.
        """
        with self._guard:
            self._close_derived()
            with ExitStack() as stack:
                side: SideProcess | None = None
                if self._is_much_new():
                    side = stack.enter_context(SideProcess(_build_beside, self.records.home))
                self._index = catch_up(self.records, self._text_recipe(), on_progress)
                if side is None:
                    self._registry = catch_up(self.records, self._registry_recipe(), on_progress)
                self._compile(on_progress)
                if side is not None:
                    self._help(on_progress)
                    side.wait(on_progress)
            # What was built beside is only opened here.
            self._registry = self._registry or catch_up(self.records, self._registry_recipe(), on_progress)
            self._themes = catch_up(self.records, themes_recipe(), on_progress)
            self._figures = catch_up(self.records, figures_recipe(self.records), on_progress)
            self._locations = catch_up(self.records, locations_recipe(), on_progress)

    def _help(self, on_progress: OnProgress | None) -> None:
        """Build what the process beside this one comes to last; what it is at already, it goes on with."""
        for build in (
            lambda: catch_up(self.records, themes_recipe(), on_progress),
            lambda: catch_up(self.records, figures_recipe(self.records), on_progress),
        ):
            with suppress(StoreError):  # met again when it is opened
                build().close()

    def _compile(self, on_progress: OnProgress | None) -> None:
        self._cache = catch_up(self.records, criteria_recipe(compiler_version()), on_progress)
        read_all(self.records, self._cache, on_progress)
        self._programs = catch_up(self.records, self._programs_recipe(), on_progress)

    def _is_much_new(self) -> bool:
        """Say whether there is work for two processes, and a second core."""
        if not self.records.writable or (os.cpu_count() or 1) == 1:
            return False
        mark = read_mark(self._registry_recipe().folder(self.records.home))
        since = mark.generation if mark is not None else 0
        return self.records.changed_count(since) >= BESIDE_STUDIES

    def compiled(self, numbers: Sequence[str]) -> dict[str, CompiledTrial]:
        """Return the compiled eligibility of studies, by NCT number: from the cache, or compiled now and kept.

        Studies that are not here are left out.
        """
        held = self.records.current_of([*map(NctId, numbers)], bodies=False)
        cached = self.cache.get_many({change.study: change.identity for change in held})
        absent = [change.nct_id for change in held if change.study not in cached]
        fresh = compile_studies(self.records.current_of(absent))
        if fresh:
            self.cache.put(fresh)
        bodies = {**cached, **{entry.study: entry.body for entry in fresh}}
        return {
            change.nct_id: _decode_compiled(bodies[change.study]) for change in held if change.study in bodies
        }

    def _programs_recipe(self) -> Recipe[Programs]:
        return programs_recipe(compiler_version(), self.compiled)

    def _text_recipe(self) -> Recipe[TextIndex]:
        """How the store opens the text index."""
        return Recipe(
            name="text",
            format_version=TEXT_FORMAT,
            open=lambda folder, writable: TextIndex(folder, writable, self.places if writable else None),
        )

    def _registry_recipe(self) -> Recipe[RegistryIndex]:
        """How the store opens the registry index."""
        return Recipe(
            name="registry",
            format_version=REGISTRY_FORMAT,
            open=lambda folder, writable: RegistryIndex(
                folder, writable, self.places if writable else None, self._snapshots
            ),
        )

    def close(self) -> None:
        """Let go of every file."""
        with self._guard:
            self._close_derived()
            self.records.close()

    def _close_derived(self) -> None:
        for opened in (
            self._index, self._registry, self._cache, self._programs, self._themes, self._figures, self._locations,
        ):  # fmt: skip
            if opened is not None:
                opened.close()
        self._index = self._registry = self._cache = self._programs = None
        self._themes = self._figures = self._locations = None


def _build_beside(home: Path, tell: Tell) -> None:
    """Catch up what is built from the records alone, in a process of its own; the longest first."""
    folder = DataFolder(home, tell)
    _ = folder.registry, folder.locations, folder.figures, folder.themes
    folder.close()


_decode_compiled = msgspec.json.Decoder(CompiledTrial).decode
