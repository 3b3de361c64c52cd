"""What changed among the sites of a study, in sentences: added, removed, now recruiting.

Comes in: the differences of the list of sites, and both versions. Goes out: `Told`s; of many sites that changed alike
one sentence, with all of them beside it. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from accrual.message import Original, counted, joined, message
from accrual.plain.prose import unescape
from accrual.plain.told import (
    Record,
    Told,
    arrow,
    changed_quotes,
    field_words,
    item_at,
    told,
    value_text,
)
from accrual.registry.difference import Difference, Json
from accrual.registry.labels import label

EACH: Final = 3
"""Sites that changed alike are told one by one up to so many, set by hand."""


def tell_sites(differences: Sequence[Difference], before: Record, after: Record) -> Iterator[Told]:
    """Return what changed among the sites."""
    del after
    come = [each for each in differences if _is_site(each) and each.kind == "added"]
    gone = [each for each in differences if _is_site(each) and each.kind == "removed"]
    yield from _tell_come(come)
    yield from _tell_gone(gone)
    statuses: dict[tuple[str, str], list[Difference]] = {}
    contacts: list[Difference] = []
    addresses: dict[str | int, list[Difference]] = {}
    for each in differences:
        if _is_site(each) and each.kind != "changed":
            continue
        if len(each.path) == 5 and each.path[4] == "status":
            statuses.setdefault((str(each.before or ""), str(each.after or "")), []).append(each)
        elif len(each.path) > 4 and each.path[4] == "contacts":
            contacts.append(each)
        else:
            addresses.setdefault(each.path[3] if len(each.path) > 3 else "", []).append(each)
    for some in statuses.values():
        yield from _tell_statuses(some, before)
    if contacts:
        sites = dict.fromkeys(each.path[3] for each in contacts)
        words = counted(
            "Contacts changed at %(count)s site", "Contacts changed at %(count)s sites", len(sites)
        )
        yield told(words, contacts, _lines(contacts, "before"), _lines(contacts, "after"), "other")
    yield from _tell_addresses(list(addresses.values()), before)


def site_words(site: Json) -> str:
    """Return a site as one line: facility, city, state, country.

    Example:
        >>> site_words({"facility": "Charité", "city": "Berlin", "country": "Germany"})
        'Charité, Berlin, Germany'
    """
    if not isinstance(site, dict):
        return Original(value_text(site))
    parts = dict.fromkeys(str(site.get(name) or "") for name in ("facility", "city", "state", "country"))
    return Original(unescape(", ".join(filter(None, parts))))


def _is_site(each: Difference) -> bool:
    """Say whether a whole site is meant: `protocolSection.contactsLocationsModule.locations[3]`."""
    return len(each.path) == 4 or (len(each.path) == 3 and each.kind == "changed")


def _tell_come(come: Sequence[Difference]) -> Iterator[Told]:
    if len(come) > EACH:
        words = counted("%(count)s site added", "%(count)s sites added", len(come))
        yield told(words, come, "", "\n".join(site_words(each.after) for each in come))
        return
    for each in come:
        status = label("status", str(each.after.get("status") or "")) if isinstance(each.after, dict) else ""
        site = site_words(each.after)
        words = (
            message("Site added: %(site)s (%(status)s)", site=site, status=status)
            if status
            else message("Site added: %(site)s", site=site)
        )
        yield told(words, [each], "", value_text(each.after))


def _tell_gone(gone: Sequence[Difference]) -> Iterator[Told]:
    if len(gone) > EACH:
        words = counted("%(count)s site removed", "%(count)s sites removed", len(gone))
        yield told(words, gone, "\n".join(site_words(each.before) for each in gone))
        return
    for each in gone:
        words = message("Site removed: %(site)s", site=site_words(each.before))
        yield told(words, [each], value_text(each.before))


def _tell_statuses(some: Sequence[Difference], before: Record) -> Iterator[Told]:
    first = some[0]
    was, now = label("status", str(first.before or "")), label("status", str(first.after or ""))
    sites = [site_words(item_at(before, each.path[:4])) for each in some]
    if len(some) > EACH:
        words = counted(
            "%(count)s site: %(before)s → %(after)s",
            "%(count)s sites: %(before)s → %(after)s",
            len(some),
            before=was or message("status not stated"),
            after=now or message("status not stated"),
        )
        yield told(words, some, "", "\n".join(sites))
        return
    for each, site in zip(some, sites, strict=True):
        words = message(
            "Site %(site)s: %(before)s → %(after)s",
            site=site,
            before=was or message("status not stated"),
            after=now or message("status not stated"),
        )
        yield told(words, [each], value_text(each.before), value_text(each.after))


def _tell_addresses(sites: Sequence[list[Difference]], before: Record) -> Iterator[Told]:
    """Sites whose name, address or point changed."""
    if len(sites) > EACH:
        words = counted(
            "Name or address changed at %(count)s site",
            "Name or address changed at %(count)s sites",
            len(sites),
        )
        every = [each for some in sites for each in some]
        was = "\n".join(site_words(item_at(before, some[0].path[:4])) for some in sites)
        yield told(words, every, was, _lines(every, "after"), "other")
        return
    for some in sites:
        site = site_words(item_at(before, some[0].path[:4]))
        words = message("Site %(site)s, %(change)s", site=site, change=joined("; ", map(_change, some)))
        yield told(words, some, _lines(some, "before"), _lines(some, "after"), "other")


def _change(each: Difference) -> str:
    """One field of a site."""
    field = str(each.path[4]) if len(each.path) > 4 else ""
    if isinstance(each.before, str) and isinstance(each.after, str):
        return arrow(field_words(field), *changed_quotes(each.before, each.after))
    if field == "geoPoint":
        return message("its point on the map changed")
    return arrow(
        field_words(field or "site"), Original(value_text(each.before)), Original(value_text(each.after))
    )


def _lines(some: Sequence[Difference], side: Literal["before", "after"]) -> str:
    return "\n".join(filter(None, (value_text(getattr(each, side)) for each in some)))
