"""Studies as CSV: the registry's thirty columns, in its order.

Comes in: records, and the names of columns. Goes out: CSV text (RFC 4180: CRLF, quotes where they are needed, doubled
inside), several values of a study in one cell joined by `|`. Refuses (UnknownFieldError, in the registry's words): a
name that no column has.

Text stays as the record has it, with its markdown and its line ends. Source of the columns and of the pieces behind
them: the registry's CSV (recorded 2026-11). How it joins several pieces in one cell is not recorded; it follows what
files from the registry look like: `DRUG: X`, `Masking: DOUBLE (PARTICIPANT, INVESTIGATOR)`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import msgspec

from accrual.errors import UnknownFieldError
from accrual.registry.export.address import document_url, study_url
from accrual.registry.record import Trial
from accrual.registry.record_protocol import Location, Outcome

SEPARATOR = "|"
_UNKNOWN = "Parameter 'fields' contains invalid CSV column name: '{}'"  # the registry's words (recorded)


class Column(msgspec.Struct, frozen=True):
    """One column: its name, the pieces it shows, and how a study's cell is made."""

    name: str
    pieces: tuple[str, ...]
    read: Callable[[Trial], str]


def select_columns(names: Iterable[str] = ()) -> tuple[Column, ...]:
    """Return the columns of these names, in the registry's order; all of them where no name is given.

    Raises:
        UnknownFieldError: no column has this name; capitals count.

    Example:
        >>> [column.name for column in select_columns(["Acronym", "NCT Number"])]
        ['NCT Number', 'Acronym']
    """
    wanted = set()
    for name in names:
        if name not in _BY_NAME:
            raise UnknownFieldError(name, _UNKNOWN)
        wanted.add(name)
    return tuple(column for column in COLUMNS if column.name in wanted) if wanted else COLUMNS


def write_table(trials: Iterable[Trial], columns: Sequence[Column], header: bool = True) -> str:
    """Return studies as CSV, one row each.

    Args:
        trials: the studies, in the order of the rows.
        columns: what `select_columns` gave.
        header: whether the first line names the columns; only the first page has it.

    Example:
        >>> write_table((), select_columns(["NCT Number", "Study Title"]))
        'NCT Number,Study Title\\r\\n'
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow(column.name for column in columns)
    writer.writerows([column.read(trial) for column in columns] for trial in trials)
    return out.getvalue()


def _join(values: Iterable[str]) -> str:
    return SEPARATOR.join(value for value in values if value)


def _list(values: Iterable[str]) -> str:
    return ", ".join(value for value in values if value)


def _outcomes(outcomes: Iterable[Outcome]) -> str:
    return _join(_list((each.measure, each.description, each.timeFrame)) for each in outcomes)


def _design(trial: Trial) -> str:
    masked = f" ({_list(trial.who_masked)})" if trial.who_masked else ""
    parts = (
        ("Allocation", trial.allocation),
        ("Intervention Model", trial.intervention_model),
        ("Masking", trial.masking and trial.masking + masked),
        ("Primary Purpose", trial.primary_purpose),
        # The last two are of observational studies. The registry's list of pieces lacks them, its files name them.
        ("Observational Model", trial.observational_model),
        ("Time Perspective", trial.time_perspective),
    )
    return _join(f"{name}: {value}" for name, value in parts if value)


def _site(site: Location) -> str:
    return _list((site.facility, site.city, site.state, site.zip, site.country))


def _documents(trial: Trial) -> str:
    return _join(
        _list((document.label, document_url(trial.nct_id, document.filename)))
        for document in trial.documentSection.largeDocumentModule.largeDocs
    )


def _enrollment(trial: Trial) -> str:
    return "" if trial.enrollment is None else str(trial.enrollment)


COLUMNS: tuple[Column, ...] = (
    Column("NCT Number", ("NCTId",), lambda t: t.nct_id),
    Column("Study Title", ("BriefTitle",), lambda t: t.protocolSection.identificationModule.briefTitle),
    Column("Study URL", ("NCTId",), lambda t: study_url(t.nct_id)),
    Column("Acronym", ("Acronym",), lambda t: t.acronym),
    Column("Study Status", ("OverallStatus",), lambda t: t.status),
    Column("Brief Summary", ("BriefSummary",), lambda t: t.summary),
    Column("Study Results", ("HasResults",), lambda t: "YES" if t.has_results else "NO"),
    Column("Conditions", ("Condition",), lambda t: _join(t.conditions)),
    Column(
        "Interventions",
        ("InterventionType", "InterventionName"),
        lambda t: _join(": ".join(part for part in (i.type, i.name) if part) for i in t.interventions),
    ),
    Column(
        "Primary Outcome Measures",
        ("PrimaryOutcomeMeasure", "PrimaryOutcomeDescription", "PrimaryOutcomeTimeFrame"),
        lambda t: _outcomes(t.primary_outcomes),
    ),
    Column(
        "Secondary Outcome Measures",
        ("SecondaryOutcomeMeasure", "SecondaryOutcomeDescription", "SecondaryOutcomeTimeFrame"),
        lambda t: _outcomes(t.secondary_outcomes),
    ),
    Column(
        "Other Outcome Measures",
        ("OtherOutcomeMeasure", "OtherOutcomeDescription", "OtherOutcomeTimeFrame"),
        lambda t: _outcomes(t.protocolSection.outcomesModule.otherOutcomes),
    ),
    Column("Sponsor", ("LeadSponsorName",), lambda t: t.lead_sponsor.name),
    Column("Collaborators", ("CollaboratorName",), lambda t: _join(each.name for each in t.collaborators)),
    Column("Sex", ("Sex",), lambda t: t.sex),
    # Ages in years are behind the column, its cells show the groups that they make: "ADULT, OLDER_ADULT".
    Column("Age", ("MinimumAge", "MaximumAge", "StdAge"), lambda t: _list(t.std_ages)),
    Column("Phases", ("Phase",), lambda t: _join(t.phases)),
    Column("Enrollment", ("EnrollmentCount",), _enrollment),
    Column("Funder Type", ("LeadSponsorClass",), lambda t: t.lead_sponsor.class_),
    Column("Study Type", ("StudyType",), lambda t: t.study_type),
    Column(
        "Study Design",
        (
            "DesignAllocation",
            "DesignInterventionModel",
            "DesignMasking",
            "DesignWhoMasked",
            "DesignPrimaryPurpose",
        ),
        _design,
    ),
    Column("Other IDs", ("OrgStudyId", "SecondaryId"), lambda t: _join((t.org_study_id, *t.secondary_ids))),
    Column("Start Date", ("StartDate",), lambda t: t.protocolSection.statusModule.startDateStruct.date),
    Column(
        "Primary Completion Date",
        ("PrimaryCompletionDate",),
        lambda t: t.protocolSection.statusModule.primaryCompletionDateStruct.date,
    ),
    Column(
        "Completion Date",
        ("CompletionDate",),
        lambda t: t.protocolSection.statusModule.completionDateStruct.date,
    ),
    Column(
        "First Posted",
        ("StudyFirstPostDate",),
        lambda t: t.protocolSection.statusModule.studyFirstPostDateStruct.date,
    ),
    # Named for the posting, filled with the day of submission: so the registry has it.
    Column(
        "Results First Posted",
        ("ResultsFirstSubmitDate",),
        lambda t: t.protocolSection.statusModule.resultsFirstSubmitDate,
    ),
    Column(
        "Last Update Posted",
        ("LastUpdatePostDate",),
        lambda t: t.protocolSection.statusModule.lastUpdatePostDateStruct.date,
    ),
    Column(
        "Locations",
        ("LocationFacility", "LocationCity", "LocationState", "LocationZip", "LocationCountry"),
        lambda t: _join(_site(site) for site in t.sites),
    ),
    Column("Study Documents", ("NCTId", "LargeDocLabel", "LargeDocFilename"), _documents),
)
"""The columns, in the registry's order."""
_BY_NAME = {column.name: column for column in COLUMNS}
