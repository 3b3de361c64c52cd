"""A matrix as tables for a spreadsheet: the trials, every rule with its proof, and a page that says what this is.

Comes in: what a page carries, its rows decided, the date of the data. Goes out: tables, in the language of the request,
with the same numbers as the page. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

from accrual.plain.matrix import topical_rules
from accrual.plain.participation import Rule, group_rules
from accrual.plain.patient import person_words
from accrual.plain.proof import fact_of, step_of
from accrual.plain.screening import NOT_ADVICE
from accrual.plain.topics import TOPIC_NAMES, TOPICS
from accrual.web.language import marked
from accrual.web.language import say as _
from accrual.web.matrix_rows import Asked, Line
from accrual.web.spreadsheet import Table, Value

NOT_KNOWN = marked(
    "“Not known” means: the file does not say it, the facts do not settle it, or this program does not understand the "
    "rule. It is never read as yes or as no."
)


def matrix_tables(asked: Asked, lines: Sequence[Line], data_date: str, today: date) -> tuple[Table, ...]:
    """Return the matrix, its rules and its page about itself."""
    return (
        _trials(asked, lines, data_date),
        _rules(lines),
        about_table(
            (
                (_("One patient"), _(person_words(asked.patient, asked.as_of))),
                (_("Search"), _(asked.search_words) or _("none: the trials that suit the patient best")),
            ),
            asked.as_of,
            data_date,
            today,
        ),
    )


def about_table(first: Sequence[tuple[str, str]], as_of: date, data_date: str, today: date) -> Table:
    """Return the sheet that says what a file holds, of when, and what it is not.

    Arguments:
        first: what the file is about, in pairs of name and words.
        as_of: the day that the rules were decided for.
    """
    rows = (
        *first,
        (_("Decided as of"), as_of.isoformat()),
        (_("Trial data of"), data_date or _("Not stated")),
        (_("File made on"), today.isoformat()),
        (_("Made by"), f"accrual {version('accrual')}"),
        (_("Not known"), _(NOT_KNOWN)),
        (_("No medical advice"), _(NOT_ADVICE)),
    )
    return Table(_("About"), (_("About this file"), ""), rows)


def stamp_columns() -> tuple[str, ...]:
    """Return the columns by which a table that stands alone says of when it is."""
    return (_("Decided as of"), _("Trial data of"), _("Made by"))


def stamp(as_of: date, data_date: str) -> tuple[str, ...]:
    """Return the cells of `stamp_columns`."""
    return (as_of.isoformat(), data_date, f"accrual {version('accrual')}")


def _trials(asked: Asked, lines: Sequence[Line], data_date: str) -> Table:
    counts = (_("met"), _("not known"), _("not met"))
    columns = (
        _("NCT number"),
        _("Title"),
        _("Status"),
        _("Nearest site"),
        _("Verdict"),
        *(f"{_(TOPIC_NAMES[topic])}: {word}" for topic in TOPICS for word in counts),
        *stamp_columns(),
    )
    rows: list[tuple[Value, ...]] = []
    for line in lines:
        trial = line.trial
        numbers = (number for cell in line.cells for number in (cell.met, cell.unknown, cell.unmet))
        rows.append(
            (
                trial.nct_id,
                trial.title,
                _(trial.status),
                _(trial.site),
                _(line.word),
                *numbers,
                *stamp(asked.as_of, data_date),
            )
        )
    return Table(_("Trials"), columns, tuple(rows))


def _rules(lines: Sequence[Line]) -> Table:
    columns = (
        _("NCT number"),
        _("About"),
        _("Group"),
        _("Kind"),
        _("Rule"),
        _("How it stands"),
        _("What the patient's file says"),
        _("Where it says so"),
        _("Why"),
        _("What to find out"),
    )
    rows: list[tuple[Value, ...]] = []
    for line in lines:
        for topic, rule in topical_rules(line.screening):
            rows.append((line.trial.nct_id, _(TOPIC_NAMES[topic]), "", *_cells(rule)))
        for group in group_rules(line.screening):
            name = _(TOPIC_NAMES["other"])
            rows += ((line.trial.nct_id, name, _(group.title), *_cells(rule)) for rule in group.rules)
    return Table(_("Rules"), columns, tuple(rows))


def _cells(rule: Rule) -> tuple[str, ...]:
    line = rule.line
    why = (*(_(step_of(proof.step)) for proof in line.evidence), *map(_, line.notes), *map(_, line.unread))
    return (
        _("Must be true") if rule.kind == "inclusion" else _("Must not be true"),
        _(line.text),
        _(line.meaning),
        "; ".join(dict.fromkeys(_(fact_of(proof.fact)) for proof in line.evidence)),
        "; ".join(dict.fromkeys(proof.source for proof in line.evidence if proof.source)),
        "; ".join(dict.fromkeys(why)),
        "; ".join(map(_, line.questions)),
    )
