"""Where the built vocabulary lies, and which of those built is opened.

Comes in: the tables and the code that a vocabulary is built with. Goes out: the folder for it, and the open shelf.
Refuses nothing: where none is built, or it is damaged, there is no shelf, and `missing` says why.

A folder is named for its recipe, a hash over tables and code, so that several checkouts can share the place. Where
the very recipe is not there, the newest build stands in: a row added to `concepts.tsv` does not cost the rest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from functools import cache
from pathlib import Path

from accrual.codes.shelf import FORMAT, Shelf, read_manifest
from accrual.codes.table import DATA
from accrual.errors import VocabularyError

PLACE = "ACCRUAL_VOCABULARY"
"""Environment variable: another folder for built vocabularies; `none` for the seed table alone."""

_INGREDIENTS = (
    "build.py", "draft.py", "merge.py", "naming.py", "shelf.py", "spelling.py", "sources/*.py",
    "data/concepts.tsv", "data/imported.tsv", "data/qualifiers.tsv", "data/variables.tsv",
)  # fmt: skip


def place() -> Path | None:
    """Return the folder that holds built vocabularies, None where they are switched off."""
    named = os.environ.get(PLACE)
    if named == "none":
        return None
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("accrual", appauthor=False) / "vocabulary"


@cache
def recipe() -> str:
    """Return the hash of what a vocabulary is built with: tables and code."""
    digest = hashlib.blake2b(digest_size=8)
    for pattern in _INGREDIENTS:
        for path in sorted(DATA.parent.glob(pattern)):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    for path in own_files():
        digest.update(f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}".encode())
    return f"{FORMAT}-{digest.hexdigest()}"


def own_files() -> tuple[Path, ...]:
    """Return the files that the user has added, in order of their names."""
    home = place()
    folder = home / "own" if home is not None else None
    if folder is None or not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if path.is_file()))


def add_own(path: Path) -> Path:
    """Copy a file to where the next build takes it from; one of the same name is replaced.

    Raises:
        VocabularyError: it cannot be read, or the imported vocabulary is switched off.
    """
    home = place()
    if home is None:
        raise VocabularyError(f"${PLACE} switches the imported vocabulary off")
    target = home / "own" / path.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    except OSError as error:
        raise VocabularyError(f"{path} cannot be added: {error}") from error
    recipe.cache_clear()
    return target


def is_current() -> bool:
    """Say whether the vocabulary of this very recipe is built."""
    home = place()
    return home is not None and _is_whole(home / recipe())


@cache
def open_shelf() -> Shelf | None:
    """Return the imported vocabulary: of this recipe, else the newest; None where there is none."""
    home = place()
    if home is None or not home.is_dir():
        return None
    others = sorted(
        (path for path in home.glob(f"{FORMAT}-*") if path.name != recipe()),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for folder in (home / recipe(), *others):
        if _is_whole(folder):
            try:
                return Shelf(folder)
            except VocabularyError:
                continue
    return None


def version() -> str:
    """Return the version of the imported vocabulary in use; empty where there is none."""
    shelf = open_shelf()
    return "" if shelf is None else shelf.manifest.digest


def _is_whole(folder: Path) -> bool:
    try:
        read_manifest(folder)
    except VocabularyError:
        return False
    return True
