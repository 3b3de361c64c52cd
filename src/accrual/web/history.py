"""The history of a trial's record: its versions side by side as a page, and as an Atom feed to follow it by.

Comes in: a trial's number. Goes out: HTML, or a feed (RFC 4287) in the language of the page. Refuses what the trial's
own page refuses: an unknown trial, and one that the registry took down.
"""

from __future__ import annotations

import uuid
from hashlib import blake2b
from typing import Final

import msgspec
from starlette.responses import Response

from accrual.basic import PartialDate
from accrual.finder import Finder
from accrual.message import joined, message
from accrual.plain.history import Version, read_history
from accrual.plain.prose import unescape
from accrual.plain.trial import REGISTRY_URL
from accrual.registry.record import Trial
from accrual.watch.atom import MEDIA_TYPE, AtomEntry, entry_element, write_atom
from accrual.web.days import day_words
from accrual.web.language import current
from accrual.web.language import say as _
from accrual.web.layout import render
from accrual.web.speech import spoken

VERSIONS_SHOWN: Final = 50  # of a record's history, the newest; set by hand


def history_page(finder: Finder, trial: Trial) -> Response:
    """Return the page of what changed in a trial's record."""
    bodies = finder.versions(trial.nct_id)
    return render(
        "history.html",
        nct_id=trial.nct_id,
        title=unescape(trial.title) or trial.nct_id,
        versions=_told(bodies),
        versions_left=max(len(bodies) - VERSIONS_SHOWN, 0),
    )


def history_feed(finder: Finder, trial: Trial) -> Response:
    """Return the same as an Atom feed: a version an entry, the newest first."""
    bodies = finder.versions(trial.nct_id)
    own = uuid.uuid5(uuid.NAMESPACE_URL, f"{REGISTRY_URL}{trial.nct_id}#history")
    url = f"/trials/{trial.nct_id}/history"
    entries = []
    for version, body in zip(_told(bodies), reversed(bodies), strict=False):
        # A version is the same entry whatever older ones are loaded later.
        id_ = uuid.uuid5(own, blake2b(body, digest_size=20).hexdigest())
        entries.append(AtomEntry(id_, _title(version), _lines(version), url, _moment(version.date)))
    feed = write_atom(
        own,
        f"{trial.nct_id}: {unescape(trial.title) or trial.nct_id}",
        _("What changed in the record"),
        max((one.updated for one in entries), default=_moment("")),
        map(entry_element, entries),
        url,
        current(),
    )
    return Response(feed, headers={"content-type": MEDIA_TYPE, "vary": "accept-language, cookie"})


def _told(bodies: list[bytes]) -> tuple[Version, ...]:
    shown = [msgspec.json.decode(body) for body in bodies[-VERSIONS_SHOWN - 1 :]]
    return read_history(shown)[:VERSIONS_SHOWN]


def _title(version: Version) -> str:
    day = day_words(version.date, current()) or _("No date")
    return spoken(joined(": ", (day, version.status)), current())


def _lines(version: Version) -> tuple[str, ...]:
    if version.changes:
        return tuple(spoken(change.words, current()) for change in version.changes)
    oldest = version.number == 0
    told = (
        message("The oldest version kept here.")
        if oldest
        else message("Only the date of the update has changed.")
    )
    return (spoken(told, current()),)


def _moment(day: str) -> str:
    """The beginning of a day, or of a month or year alone, as RFC 3339 writes it."""
    try:
        found = PartialDate.parse(day).first
    except ValueError:
        return "1970-01-01T00:00:00Z"
    return f"{found.isoformat()}T00:00:00Z"
