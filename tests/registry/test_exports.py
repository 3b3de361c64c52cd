"""Studies in the forms that other programs read.

The demo's studies against files that a person has read; real records against what must hold of any.
`python -m tests.registry.test_exports` rewrites the files; review the diff.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accrual.demo
from accrual.errors import UnknownFieldError
from accrual.registry.ctgov_json import read_json
from accrual.registry.export.fhir import research_study, write_fhir
from accrual.registry.export.markup import legacy_record, legacy_text
from accrual.registry.export.ris import TAGS, select_tags, write_ris
from accrual.registry.export.table import COLUMNS, select_columns, write_table
from accrual.registry.fields import find_field, read_values
from accrual.registry.record import Trial
from accrual.registry.textblock import escape, unescape

STUDIES = Path(accrual.demo.__file__).parent / "studies"
GOLDEN = Path(__file__).parent / "golden"
SHOWN = ("NCT04785833", "NCT90000001")
EVERY = 13  # of the 1,886 real records, so many apart: 146 of them


def demo(nct_id: str) -> Trial:
    return read_json((STUDIES / f"{nct_id}.json").read_bytes())


def minimal(**modules: Any) -> Trial:
    protocol = {"identificationModule": {"nctId": "NCT00000102"}, **modules}
    return read_json(json.dumps({"protocolSection": protocol}).encode())


def written() -> dict[str, str]:
    """Every golden file's name, and what belongs in it."""
    trials = [demo(nct_id) for nct_id in SHOWN]
    files = {"studies.csv": write_table(trials, COLUMNS)}
    for trial in trials:
        files[f"{trial.nct_id}.ris"] = write_ris(trial, TAGS)
        fhir = msgspec.json.format(write_fhir(trial), indent=1)
        files[f"{trial.nct_id}.fhir.json"] = fhir.decode() + "\n"
    return files


@pytest.fixture(scope="module")
def real(shared_data: Path) -> list[tuple[dict[str, Any], Trial]]:
    found = []
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz") as lines:
        for number, line in enumerate(lines):
            if number % EVERY == 0:
                found.append((json.loads(line), read_json(line.strip())))
    return found


@pytest.mark.parametrize("name", sorted(written()))
def test_the_demo_is_written_as_before(name: str) -> None:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        assert file.read() == written()[name]


# --- CSV ----------------------------------------------------------------------------------------------------


def test_columns_and_their_pieces_are_the_recorded_ones(shared_reference: Path) -> None:
    recorded = json.loads((shared_reference / "ctgov-api-v2/csv_columns.json").read_bytes())
    assert [{"column": each.name, "pieces": list(each.pieces)} for each in COLUMNS] == recorded


def test_an_unknown_column_is_refused_in_the_registrys_words(shared_reference: Path) -> None:
    recorded = json.loads((shared_reference / "ctgov-api-v2/error_bodies.json").read_bytes())
    [body] = [each["body"] for each in recorded["errors"] if each["request"].endswith("csv&fields=NCTId")]
    with pytest.raises(UnknownFieldError) as caught:
        select_columns(["NCT Number", "NCTId"])
    assert str(caught.value) == body


def test_csv_read_back_gives_the_values_of_real_records(real: list[tuple[dict[str, Any], Trial]]) -> None:
    text = write_table((trial for _, trial in real), COLUMNS)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == len(real)
    single = [(column.name, find_field(column.pieces[0])) for column in COLUMNS if len(column.pieces) == 1]
    single = [(name, field) for name, field in single if name not in ("Study URL", "Study Results")]
    assert len(single) > 15
    for row, (record, _) in zip(rows, real, strict=True):
        assert None not in {*row, *row.values()}
        for name, field in single:
            assert row[name] == "|".join(str(value) for value in read_values(record, field)), name
        assert row["Study URL"].endswith("/" + row["NCT Number"])
        assert (row["Study Results"] == "YES") == record.get("hasResults", "resultsSection" in record)
        assert row["Locations"].count("|") + 1 >= min(1, len(read_values(record, find_field("Location"))))


def test_several_pieces_are_joined_as_the_registry_joins_them() -> None:
    trial = minimal(
        armsInterventionsModule={
            "interventions": [{"type": "DRUG", "name": "X, Y"}, {"type": "DEVICE", "name": "Z"}]
        },
        designModule={
            "designInfo": {
                "allocation": "RANDOMIZED",
                "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
            }
        },
        eligibilityModule={"stdAges": ["ADULT", "OLDER_ADULT"]},
        outcomesModule={
            "primaryOutcomes": [{"measure": 'Pain "now"', "timeFrame": "1 day"}, {"measure": "Sleep"}]
        },
        contactsLocationsModule={
            "locations": [{"facility": "Ward", "city": "Oslo", "country": "Norway"}, {}]
        },
    )
    names = ("Interventions", "Study Design", "Age", "Primary Outcome Measures", "Locations")
    [row] = csv.reader(io.StringIO(write_table([trial], select_columns(names), header=False)))
    assert row == [
        "DRUG: X, Y|DEVICE: Z",
        'Pain "now", 1 day|Sleep',
        "ADULT, OLDER_ADULT",
        "Allocation: RANDOMIZED|Masking: DOUBLE (PARTICIPANT, INVESTIGATOR)",
        "Ward, Oslo, Norway",
    ]


def test_columns_come_in_the_registrys_order_and_the_header_only_when_asked_for() -> None:
    columns = select_columns(["Sponsor", "NCT Number", "Sponsor"])
    assert write_table([minimal()], columns) == "NCT Number,Sponsor\r\nNCT00000102,\r\n"
    assert write_table([minimal()], columns, header=False) == "NCT00000102,\r\n"


@pytest.mark.parametrize(
    "title", ['a "b", c', "a\nb", "a\r\nb", "a\rb", " a ", "=1+1", "a|b", "\u2028x", "ä😀"]
)
def test_any_text_comes_back_from_a_cell(title: str) -> None:
    trial = minimal(identificationModule={"nctId": "NCT00000102", "briefTitle": title})
    text = write_table([trial], select_columns(["NCT Number", "Study Title"]), header=False)
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["NCT00000102", title]]


# --- RIS ----------------------------------------------------------------------------------------------------


def test_ris_of_real_records_is_well_formed(real: list[tuple[dict[str, Any], Trial]]) -> None:
    for _, trial in real:
        text = write_ris(trial, TAGS)
        assert text.endswith("\r\n")
        lines = text[:-2].split("\r\n")
        assert lines[0] == "TY  - DBASE"
        assert lines[-1] == "ER  - "
        for line in lines[1:-1]:
            assert re.fullmatch(r"[A-Z][A-Z0-9]  - \S(.*\S)?", line), line
            assert len(line.splitlines()) == 1, line
        assert f"ID  - {trial.nct_id}" in lines


def test_ris_keeps_to_the_wanted_tags_in_its_own_order() -> None:
    trial = minimal(conditionsModule={"conditions": ["A", "B"], "keywords": ["A"]})
    assert write_ris(trial, select_tags(["KW", "ID", "TY"])).split("\r\n") == [
        "TY  - DBASE", "ID  - NCT00000102", "KW  - A", "KW  - B", "ER  - ", ""
    ]  # fmt: skip
    with pytest.raises(UnknownFieldError, match="invalid RIS tag: 'ti'"):
        select_tags(["ti"])


# --- FHIR ---------------------------------------------------------------------------------------------------

STATUS_CODES = {
    "active", "administratively-completed", "approved", "closed-to-accrual", "closed-to-accrual-and-intervention",
    "completed", "disapproved", "in-review", "temporarily-closed-to-accrual",
    "temporarily-closed-to-accrual-and-intervention", "withdrawn",
}  # fmt: skip
"""R4's value set research-study-status."""


def values(element: Any) -> Iterator[Any]:
    yield element
    for below in (
        element.values() if isinstance(element, dict) else element if isinstance(element, list) else ()
    ):
        yield from values(below)


def test_fhir_of_real_records_keeps_to_r4(real: list[tuple[dict[str, Any], Trial]]) -> None:
    for record, trial in real:
        study = json.loads(write_fhir(trial))
        assert next(iter(study)) == "resourceType"
        assert study["resourceType"] == "ResearchStudy"
        assert not [value for value in values(study) if value in ("", [], {}, None)], (
            "FHIR has no empty element"
        )
        assert ("status" in study) != ("_status" in study)
        assert study.get("status", "active") in STATUS_CODES
        assert ("_status" in study) == (trial.status in ("UNKNOWN", "WITHHELD", ""))
        contained = {f"#{each['id']}" for each in study["contained"]}
        assert len(contained) == len(study["contained"])
        wanted = [each["reference"] for each in (*study["enrollment"], *study.get("site", ()))]
        assert contained == set(wanted), "what is contained is referred to"
        assert len(study.get("site", ())) == len(read_values(record, find_field("Location")))
        assert all(each["name"] for each in study.get("arm", ()))
        for group in study["contained"]:
            for each in group.get("characteristic", ()):
                assert sum(name.startswith("value") for name in each) == 1
                assert each["exclude"] is False


def test_a_study_of_unknown_status_gives_the_reason_in_its_stead() -> None:
    study = json.loads(
        write_fhir(minimal(statusModule={"overallStatus": "UNKNOWN", "lastKnownStatus": "RECRUITING"}))
    )
    assert "status" not in study
    assert study["_status"]["extension"][0]["valueCode"] == "unknown"
    assert {"text": "Last known status: Recruiting"} in study["note"]


def test_phases_purposes_and_ages_become_codes() -> None:
    study = research_study(
        minimal(
            designModule={
                "phases": ["PHASE1", "PHASE2"],
                "designInfo": {"primaryPurpose": "ECT"},
                "enrollmentInfo": {"count": 40, "type": "ACTUAL"},
            },
            eligibilityModule={
                "sex": "FEMALE",
                "minimumAge": "6 Months",
                "maximumAge": "N/A",
                "healthyVolunteers": False,
            },
        )
    )
    assert study.phase is not None
    assert study.phase.coding[0].code == "phase-1-phase-2"
    assert study.primary_purpose_type is not None
    assert study.primary_purpose_type.coding == ()
    assert study.primary_purpose_type.text == "Educational/Counseling/Training"
    group = json.loads(write_fhir(minimal(eligibilityModule={"sex": "FEMALE", "minimumAge": "6 Months"})))[
        "contained"
    ][0]
    assert group["actual"] is False
    assert [each["code"]["text"] for each in group["characteristic"]] == ["Sex", "Age"]
    low = group["characteristic"][1]["valueRange"]["low"]
    assert low == {"value": 6, "unit": "month", "system": "http://unitsofmeasure.org", "code": "mo"}


# --- markup of old ------------------------------------------------------------------------------------------


def test_legacy_markup_undoes_escapes_and_ends_lines_as_of_old() -> None:
    assert legacy_text("Age \\> 18\n\n* a\\_b\r\n1\\. c \\\\ d") == "Age > 18\r\n\r\n* a_b\r\n1. c \\ d"
    assert legacy_text("C:\\dir \\é") == "C:\\dir \\é"


def test_only_markup_is_rewritten(real: list[tuple[dict[str, Any], Trial]]) -> None:
    summary, title = find_field("BriefSummary"), find_field("BriefTitle")
    changed = 0
    for record, _ in real:
        before = json.dumps(record)
        legacy = legacy_record(record)
        assert json.dumps(record) == before
        assert read_values(legacy, title) == read_values(record, title)
        assert read_values(legacy, summary) == [legacy_text(text) for text in read_values(record, summary)]
        changed += legacy != record
    assert changed > len(real) / 2


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_undoing_escapes_is_the_inverse_of_escaping(text: str) -> None:
    assert unescape(escape(text)) == text


# --- whatever a record says ---------------------------------------------------------------------------------

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
MODULES = st.fixed_dictionaries(
    {},
    optional={
        "statusModule": st.fixed_dictionaries(
            {"overallStatus": ANY, "startDateStruct": st.fixed_dictionaries({"date": ANY})}
        ),
        "sponsorCollaboratorsModule": st.fixed_dictionaries(
            {"leadSponsor": st.fixed_dictionaries({"name": ANY})}
        ),
        "descriptionModule": st.fixed_dictionaries({"briefSummary": ANY}),
        "conditionsModule": st.fixed_dictionaries({"conditions": st.lists(ANY, max_size=3)}),
        "designModule": st.fixed_dictionaries({"phases": st.lists(ANY, max_size=2)}),
        "eligibilityModule": st.fixed_dictionaries(
            {"sex": ANY, "minimumAge": ANY, "eligibilityCriteria": ANY}
        ),
        "referencesModule": st.fixed_dictionaries(
            {"references": st.lists(st.fixed_dictionaries({"pmid": ANY, "citation": ANY}), max_size=2)}
        ),
    },
)


@settings(deadline=None)
@given(MODULES)
def test_any_text_leaves_every_form_whole(modules: dict[str, Any]) -> None:
    trial = minimal(**modules)
    [row] = csv.reader(io.StringIO(write_table([trial], COLUMNS, header=False), newline=""), strict=True)
    cells = dict(zip((column.name for column in COLUMNS), row, strict=True))
    assert cells["Brief Summary"] == trial.summary
    assert cells["Sponsor"] == trial.lead_sponsor.name
    lines = write_ris(trial, TAGS).split("\r\n")
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - \S(.*\S)?", line) for line in lines[1:-2])
    assert all(len(line.splitlines()) == 1 for line in lines[:-1])
    study = json.loads(write_fhir(trial))
    assert not [value for value in values(study) if value in ("", [], {}, None)]
    assert study["identifier"][0]["value"] == "NCT00000102"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for file_name, file_text in written().items():
        (GOLDEN / file_name).write_text(file_text, encoding="utf-8", newline="")
