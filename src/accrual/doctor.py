"""Looks a data folder over, and mends what can be mended without losing a record.

Comes in: the path of a data folder, and today's date. Goes out: `Finding`s, each what, where and what to do, of the
folder and then of the snapshots in it; an empty list where all is well. Refuses nothing: what is broken is a finding.
Mending builds again what is derived, removes what killed processes left, and saves what can be read of damaged records
(`accrual.store.recovery`); it never deletes one, and never changes the records of a snapshot.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from accrual.errors import StoreError
from accrual.folder import DataFolder, OnProgress
from accrual.search.soundness import broken_files
from accrual.store.derived import LOW_DISK_BYTES, MARK, Recipe, discard, read_mark
from accrual.store.examination import Finding, Tell, examine_records, study_words
from accrual.store.lock import FileLock
from accrual.store.manifest import FILE_NAME as MANIFEST
from accrual.store.manifest import Manifest, read_manifest
from accrual.store.records import FILE_NAME, LOCK_NAME, RecordStore
from accrual.store.recovery import FOLDER as RECOVERY_FOLDER
from accrual.store.recovery import recover_records
from accrual.store.snapshot import FOLDER as SNAPSHOTS
from accrual.store.snapshot import digest_of
from accrual.sync import INCOMING
from accrual.sync import LOCK_NAME as SYNC_LOCK

INDEXES: Final = {"text": ("text",), "registry": ("studies", "sites")}
"""Folders of an artefact that are tantivy indexes."""
_COUNTS: Final[dict[str, Callable[[Any], int]]] = {
    "text": lambda index: int(index.count()),
    "registry": lambda index: int(index.count()),
    "program": lambda programs: int(programs.trials),
    "themes": lambda file: len(file.themes.numbers),
    "figures": lambda figures: int(figures.check()),
}
"""How many studies an artefact holds. Criteria are compiled as they are needed, and places hold studies with a site."""
_LEFT_OVER: Final = ("derived/*.discarded-*", "derived/*/*.new", "snapshots/.*.part", RECOVERY_FOLDER)
"""What a killed process may leave: an artefact moved aside, a file half written, a snapshot, a recovery."""
RECORDS, LEFT_OVER = "records", "left-over"
"""Parts of a folder that a finding may be about, beside what is derived."""
_MAKE_ANEW: Final = (
    "import the file that it was exported to, or delete the folder and make it again: "
    "`accrual snapshot create NAME --as-of DAY`"
)
"""Of a snapshot: its records are those of one day, and what is lost of them cannot be made up."""
_NO_ARTEFACT: Final = frozenset({"places"})
_BUILT_AGAIN: Final = (
    "nothing: the next command that needs it builds it again; `accrual doctor --mend` does so now"
)


def examine(home: Path, today: date, quick: bool = False, tell: Tell | None = None) -> tuple[Finding, ...]:
    """Return everything that is wrong with a data folder, records first.

    Arguments:
        today: what the machine's clock says.
        quick: leaves out what reads every byte.

    Example:
        >>> examine(Path("data"), date(2026, 11, 23))
        ()
    """
    if not home.is_dir():
        return (Finding("damage", str(home), "there is no such folder", "name the data folder with --home"),)
    found = list(examine_records(home, today, quick, tell))
    readable = not any(one.part == RECORDS for one in found) and (home / FILE_NAME).exists()
    if (home / MANIFEST).exists():  # a snapshot: mending its records would make it another one
        found = [msgspec.structs.replace(one, part="", remedy=_MAKE_ANEW) for one in found]
    found += _left_overs(home)
    found += _downloads(home)
    found += _locks(home)
    found += _room(home)
    if readable:
        try:
            folder = DataFolder(home)
        except StoreError as error:
            return (*found, Finding("damage", str(home), str(error), "see the message"))
        try:
            found += _old_formats(home, {recipe.folder(home).name for recipe in folder.recipes})
            manifest = folder.records.manifest
            if manifest is not None and not quick:
                found += _unlike(folder.records, manifest)
            for recipe in folder.recipes:
                if manifest is not None and not recipe.folder(home).exists():
                    continue  # built when the snapshot is first used
                if tell is not None:
                    tell(f"Checking {recipe.name}", 0, 0)
                found += _artefact(folder.records, recipe, quick)
        finally:
            folder.close()
    for kept in _snapshots(home):
        try:
            manifest = read_manifest(kept)
        except StoreError as error:
            found.append(Finding("damage", str(kept), str(error), "see the message"))
            continue
        if manifest is None:
            what = "a snapshot without a manifest that can be read"
            found.append(Finding("damage", str(kept), what, _MAKE_ANEW))
        else:
            found += examine(kept, today, quick, tell)
    return tuple(found)


def mend(
    home: Path, found: Iterable[Finding], now: datetime, on_progress: OnProgress | None = None
) -> tuple[Finding, ...]:
    """Mend what was found, and return the same findings, each with whether it is mended and what came of it.

    Arguments:
        now: goes into the name that a damaged file is kept under.

    Raises:
        StoreError: the disk is full, or another process is at work here; what is not mended is as it was.
    """
    held = [lock.holder() for lock in _held_locks(home)]
    if held:
        raise StoreError(f"{home}: in use by {held[0]}: wait for it, or stop it, and mend then")
    snapshots: list[Finding] = []
    for kept in _snapshots(home):
        theirs = [one for one in found if Path(one.where).is_relative_to(kept)]
        found = [one for one in found if one not in theirs]
        if theirs:
            snapshots += mend(kept, theirs, now, on_progress)
    mended: list[Finding] = []
    recovered = False
    for one in found:
        if one.part == RECORDS:
            mended.append(
                msgspec.structs.replace(one, mended=True) if recovered else _recover(home, one, now)
            )
            recovered = True
        elif one.part == LEFT_OVER:
            _remove(Path(one.where))
            mended.append(msgspec.structs.replace(one, mended=True))
        else:
            mended.append(one)
    derived = {one.part for one in mended if one.part} - {RECORDS, LEFT_OVER}
    broken = {one.part for one in mended if one.part in derived and one.severity != "note"}
    if derived or recovered:
        folder = DataFolder(home)
        try:
            for recipe in folder.recipes:
                if recipe.name in broken:
                    discard(recipe.folder(home))
            folder.catch_up(on_progress)
        finally:
            folder.close()
    own = (msgspec.structs.replace(one, mended=True) if one.part in derived else one for one in mended)
    return (*own, *snapshots)


def _recover(home: Path, one: Finding, now: datetime) -> Finding:
    recovery = recover_records(home, now.strftime("%Y%m%d-%H%M%S"))
    what = f"{one.what}. Saved: {recovery.versions:,} versions; the damaged file is kept as {recovery.kept}"
    if recovery.lost:
        what += f". Lost: versions of {study_words(recovery.lost)}"
    if recovery.unknown:
        what += f". Lost: {recovery.unknown:,} versions of studies that nothing names any more"
    remedy = (
        "`accrual sync` reads its sources from the beginning and brings back what was lost, or load the files again"
        if recovery.lost or recovery.unknown
        else "nothing: every record is here; delete the damaged file when you like"
    )
    return msgspec.structs.replace(one, what=what, remedy=remedy, studies=recovery.lost, mended=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _snapshots(home: Path) -> list[Path]:
    """Return the folders of the snapshots here, whether they can be used or not."""
    return sorted(path for path in (home / SNAPSHOTS).glob("[!.]*/") if path.is_dir())


def _unlike(store: RecordStore, manifest: Manifest) -> Iterator[Finding]:
    if digest_of(store) != manifest.sha256:
        what = "holds other records than when it was made"
        yield Finding("damage", str(store.home), what, _MAKE_ANEW)


def _artefact(store: RecordStore, recipe: Recipe[Any], quick: bool) -> Iterator[Finding]:
    """Yield what is wrong with one artefact: its mark, its files, its answers, how much it holds."""
    folder = recipe.folder(store.home)
    mark = read_mark(folder)
    if mark is None:
        what = "was never built" if not folder.exists() else f"has no {MARK} that can be read"
        yield Finding(
            "note" if not folder.exists() else "warning", str(folder), what, _BUILT_AGAIN, recipe.name
        )
        return
    if store.digest(mark.generation) != mark.digest:
        yield Finding("warning", str(folder), "was made from other records", _BUILT_AGAIN, recipe.name)
        return
    broken = [words for each in INDEXES.get(recipe.name, ()) for words in broken_files(folder / each, quick)]
    if broken:
        yield Finding("damage", str(folder), "; ".join(broken[:3]), _BUILT_AGAIN, recipe.name)
        return
    if mark.generation != store.generation:
        behind = store.changed_count(mark.generation)
        what = f"is behind the records by {behind:,} changed studies"
        yield Finding("note", str(folder), what, _BUILT_AGAIN, recipe.name)
        return
    try:
        artefact = recipe.open(folder, False)
    except recipe.damage as error:
        yield Finding("damage", str(folder), f"cannot be opened: {error}", _BUILT_AGAIN, recipe.name)
        return
    try:
        count = _COUNTS.get(recipe.name)
        held = count(artefact) if count is not None else None
    except (OSError, ValueError, KeyError, IndexError) as error:
        yield Finding("damage", str(folder), f"does not answer: {error}", _BUILT_AGAIN, recipe.name)
        return
    finally:
        artefact.close()
    if held is not None and held != store.count():
        what = f"holds {held:,} studies, and there are {store.count():,}"
        yield Finding("warning", str(folder), what, _BUILT_AGAIN, recipe.name)


def _left_overs(home: Path) -> Iterator[Finding]:
    for pattern in _LEFT_OVER:
        for path in sorted(home.glob(pattern)):
            yield Finding(
                "note",
                str(path),
                f"left by a process that was killed, {_megabytes(path)}",
                "`accrual doctor --mend` removes it",
                LEFT_OVER,
            )


def _downloads(home: Path) -> Iterator[Finding]:
    for path in sorted((home / INCOMING).glob("*.part")):
        what = f"a download that was broken off, {_megabytes(path)}"
        yield Finding("note", str(path), what, "the next `accrual sync` goes on with it; or delete it")


def _old_formats(home: Path, current: set[str]) -> Iterator[Finding]:
    for path in sorted((home / "derived").glob("*/")):
        if path.name not in current | _NO_ARTEFACT and ".discarded-" not in path.name:
            yield Finding(
                "note",
                str(path),
                f"of another version of accrual, {_megabytes(path)}",
                "delete it when you do not go back to that version",
            )


def _held_locks(home: Path) -> Iterator[FileLock]:
    for path in (
        home / LOCK_NAME,
        home / SYNC_LOCK,
        *sorted(home.glob("derived/*.lock")),
        home / "snapshots/.lock",
    ):
        lock = FileLock(path, "")
        if lock.is_held():
            yield lock


def _locks(home: Path) -> Iterator[Finding]:
    for lock in _held_locks(home):
        yield Finding("note", str(lock.path), f"held by {lock.holder()}", "wait for it, or stop it")


def _room(home: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(home).free
    if free < LOW_DISK_BYTES:
        yield Finding(
            "warning",
            str(home),
            f"only {free >> 20} MB are free on this disk",
            "make room: nothing can be loaded",
        )


def _megabytes(path: Path) -> str:
    files = (path,) if path.is_file() else path.rglob("*")
    return f"{sum(file.stat().st_size for file in files if file.is_file()) / 2**20:,.1f} MB"
