"""A trial page as a run of headed parts: what the terminal and markdown lay out.

Comes in: `TrialPage`. Goes out: parts in the order of the public trial page. Refuses: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from accrual.plain.prose import Block
from accrual.plain.status import staleness_words, status_words
from accrual.plain.trial import CriterionLine, TrialPage
from accrual.registry.standing import Standing


class SheetLine(msgspec.Struct, frozen=True):
    """One line: its words, whether it is a bullet, how deep it is nested."""

    text: str
    bullet: bool = False
    depth: int = 0


class Part(msgspec.Struct, frozen=True):
    """A heading and what stands under it; level 1 is the page's own title."""

    title: str
    lines: tuple[SheetLine, ...] = ()
    level: int = 3


def parts(page: TrialPage, standing: Standing | None = None) -> tuple[Part, ...]:
    """Return the page's parts, in order; the status with how far it can be relied on, where that is known."""
    head = [SheetLine(page.sponsor)]
    if page.fictional:
        head.append(SheetLine("A fictional study of the demo registry."))
    status = status_words(page.status_value, standing) or page.status
    status += f": {page.why_stopped}" if page.why_stopped else ""
    stale = staleness_words(standing) if standing is not None else ""
    found = [
        Part(page.title, tuple(head), level=1),
        Part("Status", _plain(status, stale)),
        Part("Phase", _plain(*page.phases)),
        Part("Conditions", _plain(*page.conditions)),
        Part("Treatments", _plain(*page.treatments)),
        Part("Study type", _plain(page.study_type)),
        Part("Funder types", _plain(*page.funder_types)),
        Part("Identifiers", _plain(*page.identifiers)),
        Part("Details and patient eligibility", level=2),
        Part("About", _prose(page.about)),
        Part("Enrollment", _plain(page.enrollment)),
        Part("Sex", _plain(page.sex)),
        Part("Ages", _plain(page.ages)),
        Part("Volunteers", _plain(page.volunteers)),
        Part("Inclusion criteria", _criteria(page.inclusion)),
        Part("Exclusion criteria", _criteria(page.exclusion)),
        Part("Trial design", level=2),
        *(Part(name, _plain(value)) for name, value in page.design),
        Part(page.groups or "Patient groups", tuple(_arms(page))),
        Part("Main outcomes measured", tuple(SheetLine(words, bullet=True) for words in page.outcomes)),
        Part("Trial contacts and locations", tuple(_sites(page)), level=2),
        Part("Central trial contact", _plain("; ".join(page.central_contacts))),
        Part("Data sourced from clinicaltrials.gov", tuple(_sources(page)), level=2),
    ]
    return tuple(part for part in found if part.lines or part.level == 2)


def markdown_of(page: TrialPage, standing: Standing | None = None) -> str:
    """Return the page as CommonMark; the record's own signs are escaped."""
    written: list[str] = []
    for part in parts(page, standing):
        written += [f"{'#' * part.level} {escape(part.title)}", ""]
        for line in part.lines:
            indent = "  " * line.depth
            words = [escape(one) for one in line.text.split("\n")]
            # A statement of several lines stays one bullet: hard breaks, indented as CommonMark wants.
            broken = f"\\\n{indent}{'  ' if line.bullet else ''}".join(words)
            written.append(f"{indent}{'- ' if line.bullet else ''}{broken}")
            if not line.bullet:
                written.append("")
        if part.lines and part.lines[-1].bullet:
            written.append("")
    return "\n".join(written).rstrip() + "\n"


def escape(words: str) -> str:
    """Return words that CommonMark shows as they are."""
    escaped = re.sub(r"([\\`*_\[\]<>|~&])", r"\\\1", words)
    escaped = re.sub(r"^(\s*)([#+\-=])", r"\1\\\2", escaped)  # headings, bullets, rules
    return re.sub(r"^(\s*\d{1,9})([.)])(?=\s|$)", r"\1\\\2", escaped)  # numbered lists


def _plain(*words: str) -> tuple[SheetLine, ...]:
    return tuple(SheetLine(word) for word in words if word)


def _prose(found: Iterable[Block]) -> tuple[SheetLine, ...]:
    return tuple(
        SheetLine(line.text, bullet=block.kind == "bullets", depth=line.depth)
        for block in found
        for line in block.lines
    )


def _criteria(lines: tuple[CriterionLine, ...]) -> tuple[SheetLine, ...]:
    found: list[SheetLine] = []
    heading = ""
    for line in lines:
        if line.heading and line.heading != heading:
            found.append(SheetLine(line.heading))
        heading = line.heading
        found.append(SheetLine(line.text, bullet=True))
    return tuple(found)


def _arms(page: TrialPage) -> Iterable[SheetLine]:
    for arm in page.arms:
        yield SheetLine(f"{arm.label}: {arm.type}" if arm.type else arm.label, bullet=True)
        for block in arm.description:
            for line in block.lines:
                yield SheetLine(line.text, bullet=True, depth=1)
        for treatment in arm.treatments:
            yield SheetLine(f"Treatment: {treatment}", bullet=True, depth=1)


def _sites(page: TrialPage) -> Iterable[SheetLine]:
    count = len(page.sites)
    yield SheetLine(f"{count:,} location{'' if count == 1 else 's'}")
    for site in page.sites:
        status = f" ({site.status})" if site.status else ""
        yield SheetLine(f"{site.where}{status}", bullet=True)
        for contact in site.contacts:
            yield SheetLine(contact, bullet=True, depth=1)


def _sources(page: TrialPage) -> Iterable[SheetLine]:
    dates = (
        ("Start", page.start_date),
        ("Completion", page.completion_date),
        ("Last update", page.last_update),
        ("Data date", page.data_date),
    )
    for name, value in dates:
        if value:
            yield SheetLine(f"{name}: {value}")
    yield SheetLine(page.registry_url)
