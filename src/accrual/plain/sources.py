"""What to read beside a study: papers, links and documents that its record names.

Comes in: a `Trial`. Goes out: frozen `Source`s, each with an address only where it is a web address. Refuses nothing; a
link of another kind ("javascript:") stays as bare words.
"""

from __future__ import annotations

from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from accrual.plain.prose import unescape
from accrual.registry.export.address import document_url, paper_url
from accrual.registry.record import Trial

SourceKind: TypeAlias = Literal["result", "background", "derived", "link", "document"]


class Source(msgspec.Struct, frozen=True):
    """One paper, link or document."""

    kind: SourceKind
    words: str
    url: str
    retracted: bool = False
    date: str = ""


_KINDS: dict[str, SourceKind] = {"RESULT": "result", "DERIVED": "derived"}


def read_sources(trial: Trial) -> tuple[Source, ...]:
    """Return the papers, then the links, then the documents; results of the study first.

    Example:
        >>> web_address("javascript:alert(1)"), web_address("https://example.org/a")
        ('', 'https://example.org/a')
    """
    module = trial.protocolSection.referencesModule
    papers = [
        Source(
            _KINDS.get(paper.type, "background"),
            _line(paper.citation) or f"PubMed {paper.pmid}",
            paper_url(paper.pmid),
            bool(paper.retractions),
        )
        for paper in module.references
        if paper.citation or paper.pmid
    ]
    order: tuple[SourceKind, ...] = ("result", "derived", "background")
    papers.sort(key=lambda paper: order.index(paper.kind))
    links = [
        Source("link", _line(link.label) or _line(link.url), web_address(link.url))
        for link in module.seeAlsoLinks
        if link.label or link.url
    ]
    documents = [
        Source(
            "document",
            _line(one.label) or _line(one.filename),
            document_url(trial.nct_id, one.filename),
            date=one.date,
        )
        for one in trial.documentSection.largeDocumentModule.largeDocs
        if one.label or one.filename
    ]
    return (*papers, *links, *documents)


def web_address(text: str) -> str:
    """Return the text where it is a web address; else an empty text."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return ""
    return text.strip() if parts.scheme in ("http", "https") and parts.netloc else ""


def _line(text: str) -> str:
    return " ".join(unescape(text).split())
