"""The numbers of the studies that a source listed, kept beside the records so that what goes missing is noticed.

Comes in: the data folder, a source, NCT numbers. Goes out: the numbers kept of a source. Refuses, as StoreError: a
folder that cannot be written. A list that is missing or damaged is an empty one: then nothing counts as gone.

A study is taken for gone only where its source listed it before: studies from files, or from elsewhere, are not
touched. The list may lag behind the records, never lead: it is written after them.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from accrual.basic import path_words
from accrual.errors import StoreError
from accrual.store.replacement import replace_file

FOLDER: Final = "sources"
LEVEL: Final = 1
"""gzip's level. Set by hand: numbers in order pack well at any."""

_NUMBER = re.compile(r"NCT\d{8}")


def roster_path(home: Path, base_url: str, query: str) -> Path:
    """Return where the list of a source lies.

    Example:
        >>> roster_path(Path("data"), "https://clinicaltrials.gov/api/v2", "").name
        'f1cf82be84d4.numbers.gz'
    """
    name = hashlib.blake2b(f"{base_url}\n{query}".encode(), digest_size=6).hexdigest()
    return home / FOLDER / f"{name}.numbers.gz"


def read_roster(path: Path) -> set[str]:
    """Return the numbers of a list; none where it is missing or damaged."""
    try:
        lines = gzip.decompress(path.read_bytes()).decode("ascii").split()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return set()
    return set(lines) if all(map(_NUMBER.fullmatch, lines)) else set()


def write_roster(path: Path, numbers: Iterable[str]) -> None:
    """Put a list in place of the one that is there, whole or not at all.

    Raises:
        StoreError: it cannot be written; the one that is there stays.
    """
    text = "".join(f"{number}\n" for number in sorted(numbers)).encode()
    try:
        path.parent.mkdir(exist_ok=True)
        replace_file(path, gzip.compress(text, LEVEL, mtime=0))
    except OSError as error:
        raise StoreError(
            f"{path_words(path)}: cannot be written ({error.strerror}): make room on the disk, or check permissions"
        ) from error
