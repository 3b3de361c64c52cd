"""How compiled criteria, a screening and ranked matches look in a terminal.

Comes in: typed results. Goes out: rich renderables that fit any width. Each criterion shows a mark and a word; colour
only repeats them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from accrual.cli.output import STYLES, mark, text
from accrual.criteria.check import check
from accrual.criteria.render import english
from accrual.criteria.tree import CompiledTrial
from accrual.match.verdict import Evidence, Screening
from accrual.plain.change import HEADING, outlook, steps
from accrual.plain.distance import site_words
from accrual.plain.patient import patient_words
from accrual.plain.score import score_words
from accrual.plain.screening import (
    NOT_ADVICE,
    Decided,
    field_words,
    groups,
    verdict_reason,
    verdict_tone,
    verdict_word,
)
from accrual.plain.status import status_words
from accrual.plain.trial import UNDERSTOOD_WORDS, criterion_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from accrual.match.rank import Match
    from accrual.patient.model import Patient
    from accrual.search.query import NearestSite

WORD_WIDTH = 14
"""Columns for mark and meaning: "✗ does not meet" wraps to two lines rather than squeezing the words beside it."""


def criteria_layout(compiled: CompiledTrial, everyday: bool = False) -> Iterator[RenderableType]:
    """Lay out each criterion, how it is read (or told to a patient), and how much is understood."""
    for kind, title in (("inclusion", "Inclusion criteria"), ("exclusion", "Exclusion criteria")):
        lines = [criterion_line(criterion) for criterion in compiled.criteria if criterion.kind == kind]
        if not lines:
            continue
        yield Padding(text(title, "bold underline"), (1, 0, 0, 0))
        heading = ""
        for line in lines:
            if line.heading and line.heading != heading:
                yield Padding(text(line.heading, "italic"), (1, 0, 0, 2))
            heading = line.heading
            yield Padding(text(line.text), (1, 0, 0, 2))
            yield Padding(text(line.everyday) if everyday else _reads(line.reading), (0, 0, 0, 4))
            if line.understood != "whole":
                yield Padding(text(line.understood_words, "yellow"), (0, 0, 0, 4))
    if compiled.fields:
        yield Padding(text("From the record's own fields", "bold underline"), (1, 0, 0, 0))
        for field in compiled.fields:
            yield Padding(text(field_words(field.field, field.text)), (0, 0, 0, 2))
            yield Padding(_reads(english(field.tree)), (0, 0, 0, 4))
    findings = check(compiled)
    if findings and not everyday:
        yield Padding(text("Worth a look", "bold underline"), (1, 0, 0, 0))
        for found in findings:
            yield Padding(text(f"{found.severity}: {found.message} ({found.rule})"), (0, 0, 0, 2))
    counts = {word: sum(item.understood == word for item in compiled.criteria) for word in UNDERSTOOD_WORDS}
    total = len(compiled.criteria)
    parts = ", ".join(f"{counts[level]} {words}" for level, words in UNDERSTOOD_WORDS.items())
    yield Padding(text(f"{total} criteri{'on' if total == 1 else 'a'}: {parts}."), (1, 0, 0, 0))


def screening_layout(found: Screening, patient: Patient, title: str, as_of: date) -> Iterator[RenderableType]:
    """Lay out one screening: the verdict, each criterion with its proof or question, the warning."""
    yield text(f"{found.nct_id}  {title}", "bold")
    yield text(f"Patient: {patient_words(patient, as_of)}; as of {as_of.isoformat()}")
    for unused in patient.unused[:UNUSED_SHOWN]:
        yield text(f"Not used: {unused.where}: {unused.reason}", "yellow")
    if len(patient.unused) > UNUSED_SHOWN:
        yield text(f"… and {len(patient.unused) - UNUSED_SHOWN} more entries not used", "yellow")
    for group in groups(found):
        yield Padding(text(group.title, "bold underline"), (1, 0, 0, 0))
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(width=1)
        table.add_column(width=7)
        table.add_column(width=WORD_WIDTH)
        table.add_column(ratio=1, overflow="fold")
        for line in group.lines:
            style = STYLES[line.tone]
            table.add_row(
                Text(mark(line.tone), style=style),
                text(line.holds, style),
                text(line.meaning, style),
                _why(line),
            )
        yield table
    tone = verdict_tone(found.verdict)
    yield Padding(
        text(f"{mark(tone)} {verdict_word(found.verdict)}. {verdict_reason(found)}", f"bold {STYLES[tone]}"),
        (1, 0, 0, 0),
    )
    if found.change is not None:
        yield Padding(text(HEADING, "bold underline"), (1, 0, 0, 0))
        for number, step in enumerate(steps(found.change), start=1):
            yield Padding(text(f"{number}. {step.text}"), (0, 0, 0, 2))
            yield Padding(text(step.when, "bold"), (0, 0, 0, 5))
        yield Padding(text(outlook(found.change)), (0, 0, 1, 0))
    yield text(NOT_ADVICE)


UNUSED_SHOWN = 3


def match_layout(
    found: Sequence[Match[NearestSite]], patient: Patient, as_of: date
) -> Iterator[RenderableType]:
    """Lay out ranked matches as a table."""
    yield text(f"Patient: {patient_words(patient, as_of)}; as of {as_of.isoformat()}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), expand=True)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Study", no_wrap=True, width=11)
    table.add_column("Title, state and nearest site", ratio=1, overflow="fold")
    table.add_column("Verdict", width=22)
    for number, item in enumerate(found, start=1):
        tone = verdict_tone(item.verdict)
        about = [item.title, status_words(item.status, item.standing)]
        if item.nearest_site is not None:
            about.append(site_words(item.nearest_site))
        verdict = text(f"{mark(tone)} {verdict_word(item.verdict)}", STYLES[tone])
        verdict.append_text(text(f"\n{item.met} met, {item.unmet} not, {item.unknown} open", "default"))
        verdict.append_text(text(f"\nscore {item.score:.2f}: {score_words(item.parts)}", "dim"))
        table.add_row(str(number), text(item.nct_id, "bold"), text("\n".join(filter(None, about))), verdict)
    yield table
    yield text("`accrual screen NCT PATIENT` shows the proof for one study.")
    yield text(NOT_ADVICE)


def _why(line: Decided) -> Group:
    """Return the trial's words, and below them, indented, the proof or what to ask."""
    below = [_evidence(item) for item in line.evidence]
    below += [text(words, "yellow") for words in line.notes]
    below += [text(f"Ask: {question}", "bold") for question in line.questions]
    below += [text(words, "dim") for words in line.unread]
    return Group(text(line.text), *(Padding(one, (0, 0, 0, 2)) for one in below))


def _evidence(item: Evidence) -> Text:
    source = f" [{item.source}]" if item.source else ""
    return text(f"Patient: {item.fact}{source}; {item.step}", "dim")


def _reads(reading: str) -> Text:
    return text(f"reads as: {reading}", "dim")
