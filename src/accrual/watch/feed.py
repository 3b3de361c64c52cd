"""Reports as an Atom feed in a file: each piece of news an entry, the newest first, with the entries of earlier runs.

Comes in: a `Report`, a moment, the feed as it is. Goes out: the bytes of the feed (RFC 4287). Patients stand there by
their opaque ids alone. Refuses (SourceError) a file that is there already and is no feed of this watch.

An entry's id is made of what it tells, so that a run that is repeated makes the same entry, and a reader shows it once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from lxml import etree

from accrual.errors import SourceError
from accrual.plain.trial import REGISTRY_URL
from accrual.watch.atom import ATOM, AtomEntry, entry_element, write_atom
from accrual.watch.news import Report, TrialNews
from accrual.watch.words import summary, trial_lines, verdict_line

ENTRIES: Final = 500
"""Entries kept. Set by hand: some weeks of a busy watch."""
MAX_BYTES: Final = 20_000_000


class Entry(msgspec.Struct, frozen=True):
    """One piece of news."""

    key: str
    title: str
    lines: tuple[str, ...]
    nct_id: str


def feed_id(salt: bytes) -> uuid.UUID:
    """Return the id of a watch's feed: the same for good, and of no other watch."""
    return uuid.UUID(bytes=(salt * 2)[:16], version=5)


def write_feed(
    report: Report, salt: bytes, moment: datetime, old: bytes | None = None, where: str = ""
) -> bytes:
    """Return the feed with a report's news in front.

    Arguments:
        moment: when the news were found, with its time zone.
        old: the feed as it is; None: there is none yet.
        where: its name, for messages.

    Raises:
        SourceError: `old` is no feed of this watch.
    """
    own = feed_id(salt)
    kept = _entries_of(old, own, where) if old is not None else []
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    fresh = [_entry(one, own, stamp) for one in entries(report)]
    ids = {one.findtext(f"{{{ATOM}}}id") for one in fresh}
    every = [*fresh, *(one for one in kept if one.findtext(f"{{{ATOM}}}id") not in ids)][:ENTRIES]
    return write_atom(own, "Clinical trials watched by accrual", summary(report), stamp, every)


def read_feed(path: Path) -> bytes | None:
    """Return the feed that is there; None where there is none.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}; give another file with --atom") from error
    if len(data) > MAX_BYTES:
        raise SourceError(f"{path}: more than {MAX_BYTES // 10**6} MB: no feed of a watch; give another file")
    return data


def entries(report: Report) -> Iterator[Entry]:
    """Yield a report's pieces of news."""
    report = report.without_names()
    for search in report.searches:
        for word, trials in (("New", search.new), ("Changed", search.changed), ("Gone", search.gone)):
            for trial in trials:
                yield _of_trial(word, search.id, search.name, trial)
    for patient in report.patients:
        for one in patient.verdicts:
            key = f"{patient.id}|{one.nct_id}|{one.before}|{one.after}|{one.identity}|{report.day}"
            lines = tuple(cause.words for cause in one.causes)
            yield Entry(key, f"Patient {patient.id}: {verdict_line(one)}", lines, one.nct_id)


def _of_trial(word: str, search: str, name: str, trial: TrialNews) -> Entry:
    key = f"{search}|{trial.nct_id}|{word}|{trial.identity}|{trial.removed_on}"
    lines = (f"Search: {name}", *((trial.status,) if trial.status else ()), *trial_lines(trial))
    return Entry(key, f"{word}: {trial.nct_id} {trial.title}", lines, trial.nct_id)


def _entry(one: Entry, own: uuid.UUID, stamp: str) -> Any:
    url = f"{REGISTRY_URL}{one.nct_id}"
    return entry_element(AtomEntry(uuid.uuid5(own, one.key), one.title, one.lines, url, stamp))


def _entries_of(data: bytes, own: uuid.UUID, where: str) -> Sequence[Any]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(f"{where}: there is a file that is no Atom feed: give another file") from error
    if root.tag != f"{{{ATOM}}}feed" or root.findtext(f"{{{ATOM}}}id") != f"urn:uuid:{own}":
        raise SourceError(f"{where}: there is a file that is no feed of this watch: give another file")
    return root.findall(f"{{{ATOM}}}entry")
