"""The themes of a data folder: which concepts each study is about, kept up to date.

Comes in: changes of the store. Goes out: `ThemeFile`, with the `Themes` of every study. Refuses nothing of a record: a
body that is no study any more has no themes; what is damaged, or was made with another vocabulary, is built again by
`accrual.store.derived`.

On disk, in the artefact's folder: `vocabulary.json` (what names were looked for) and `themes.npz`, written anew as a
whole: some 20 bytes a study.

Stands beside the facade because it joins rooms that do not know each other: matching, search and store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.codes.shelves import version as imported_version
from accrual.errors import RecordError
from accrual.match.themes import FORMAT, Named, Part, Themes, read, write
from accrual.registry.record import Trial
from accrual.search.index import read_body
from accrual.store.derived import Recipe
from accrual.store.records import Change

NAME = "themes"
_FILE, _VOCABULARY = "themes.npz", "vocabulary.json"
NO_THEMES = Themes.merged(None, {})
"""The themes of an empty registry."""


class ThemeFile:
    """Themes of every study. As an artefact it is filled in batches; opened for reading it is what was last written."""

    def __init__(self, folder: Path, writable: bool, names: str) -> None:
        """Open the folder's themes, or make it ready for the first.

        Arguments:
            names: the version of the names that are looked for.

        Raises:
            OSError: a file cannot be read.
            ValueError: the files are damaged, or were made with other names.
        """
        self._path = folder / _FILE
        label = folder / _VOCABULARY
        if writable and not label.exists():
            write(NO_THEMES, self._path)
            label.write_bytes(msgspec.json.encode(names))
        if msgspec.json.decode(label.read_bytes(), type=str) != names:
            raise ValueError(f"{folder}: made with another vocabulary")
        self.themes = read(self._path)
        self._fresh: dict[int, tuple[Named, ...]] = {}
        self._gone: set[int] = set()

    def apply(self, changes: Sequence[Change]) -> None:
        """Take studies as they are now; removed ones are about nothing."""
        for change in changes:
            if change.removed:
                number = int(change.nct_id[3:])
                self._gone.add(number)
                self._fresh.pop(number, None)
                continue
            try:
                trial = read_body(change.body)
            except RecordError:
                continue
            number = int(trial.nct_id[3:])
            self._fresh[number] = tuple(themes_of(trial))
            self._gone.discard(number)

    def commit(self) -> None:
        """Write what was applied beside what is held, in one step."""
        if self._fresh or self._gone:
            self.themes = Themes.merged(self.themes, self._fresh, self._gone)
            write(self.themes, self._path)
            self._fresh, self._gone = {}, set()

    def close(self) -> None:
        """Let go of the arrays."""
        self.themes = NO_THEMES


def themes_of(trial: Trial) -> Iterator[Named]:
    """Yield the concepts that a record says it is about, and where."""
    texts: tuple[tuple[Part, Sequence[str]], ...] = (
        ("title", (trial.title,)),
        ("official title", (trial.official_title,)),
        ("condition", trial.conditions),
        ("keyword", trial.keywords),
        ("intervention", tuple(one.name for one in trial.interventions)),
    )
    for part, lines in texts:
        for line in lines:
            for concept in _spotted(line):
                yield concept, part


@lru_cache(maxsize=100_000)
def _spotted(text: str) -> tuple[str, ...]:
    """The concepts in a text; conditions and interventions repeat among studies."""
    return tuple(dict.fromkeys(one.concept.id for one in vocabulary().spot(text)))


@cache
def names_version() -> str:
    """Return what names are looked for, and how, hashed: another version looks anew."""
    digest = hashlib.blake2b(digest_size=8)
    for package in ("accrual.codes", "accrual.codes.data"):
        for entry in sorted(files(package).iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith((".py", ".tsv")):
                digest.update(entry.read_bytes())
    digest.update(imported_version().encode())
    return digest.hexdigest()


def themes_recipe() -> Recipe[ThemeFile]:
    """Return how `accrual.store.derived.catch_up` opens the themes."""
    names = names_version()
    return Recipe(
        name=NAME,
        format_version=str(FORMAT),
        open=lambda folder, writable: ThemeFile(folder, writable, names),
        damage=(OSError, ValueError),
    )
