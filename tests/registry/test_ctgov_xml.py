"""Legacy XML into the v2 shape: every element is carried over or listed, and hostile XML is refused."""

from __future__ import annotations

import gzip
import json
import math
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from lxml import etree

from accrual.errors import RecordError
from accrual.registry.ctgov_json import read_json, write_json
from accrual.registry.ctgov_xml import NO_PLACE, read_xml
from accrual.registry.ctgov_xml_design import standard_ages
from accrual.registry.legacy_value import iso_date, made, registry_value
from accrual.registry.record import Trial

EVERY = int(os.environ.get("ACCRUAL_RECORD_STRIDE", "4"))
"""Each fourth record is read in `make test`, every one in `make fuzz-properties`."""
DOCS = Path(__file__).resolve().parents[2] / "docs/records.md"


def record(inside: str = "", number: str = "NCT00000001") -> Trial:
    text = f"<clinical_study><id_info><nct_id>{number}</nct_id></id_info>{inside}</clinical_study>"
    return read_xml(text.encode(), "made-up.xml")


def members(shared_data: Path) -> Iterator[tuple[str, bytes]]:
    for archive in sorted((shared_data / "registry/xml").glob("*.zip")):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                yield name, opened.read(name)


@pytest.mark.slow
def test_every_element_of_every_record_is_carried_over_or_listed(shared_data: Path) -> None:
    """`read_xml` warns of each path that it neither took nor knows to have no place in v2."""
    count = 0
    unknown: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for name, data in islice(members(shared_data), None, None, EVERY):
        trial = read_xml(data, name)
        count += 1
        assert trial.nct_id == name[-15:-4]
        for warning in trial.warnings:
            (unknown if "does not know" in warning else labels)[warning] += 1
        if count % 25 == 0:
            body = write_json(trial)
            again = read_json(body)
            assert again.residue == ()
            assert write_json(again) == body
    assert count == math.ceil(9911 / EVERY)
    assert not unknown
    # What is left are words that people typed before the registry fixed its lists.
    assert {warning.split(":")[0] for warning in labels} <= {"observational model", "time perspective"}
    assert labels.total() == 6 or (labels.total() < 6 and EVERY > 1)


def test_text_of_every_element_arrives_in_v2(shared_data: Path) -> None:
    """Independent of the reader's own book-keeping: words of the XML are looked for in the v2 JSON."""
    told_otherwise = {  # v2 says these by a value, a place in the tree or another spelling, or has no place for them
        *("clinical_study/" + path for path in NO_PLACE),
        "clinical_study/clinical_results/certain_agreements/pi_employee",
        "clinical_study/clinical_results/certain_agreements/restrictive_agreement",
        "clinical_study/location_countries/country",
        "clinical_study/provided_document_section/provided_document/document_url",
        "clinical_study/required_header/download_date",
        "clinical_study/study_design",
    }
    ends = ("/scope", "/default_vocab", "/default_assessment", "_list/event/sub_title")
    values = re.compile(
        r"date|_posted|_submitted|submitted_qc|status|phase|study_type|has_|is_|gender|healthy|_age|"
        r"sharing_ipd|ipd_info_type|_type$|/type$|/role$|agency_class|/masking$|/allocation$|"
        r"assignment|model$|primary_purpose|time_perspective|param$|dispersion$|sampling_method|"
        r"retention|ci_n_sides|non_inferiority|assessment|group_id$|pending_results|expanded_access"
    )
    letters = re.compile(r"[^\w]+|_")
    checked = 0
    for index, (name, data) in enumerate(members(shared_data)):
        if index % 20:
            continue
        body = letters.sub(
            "", json.dumps(json.loads(write_json(read_xml(data))), ensure_ascii=False).replace("\\n", " ")
        )
        root = etree.fromstring(data)
        for element in root.iter(etree.Element):
            steps = [str(one.tag) for one in (element, *element.iterancestors())]
            path = "/".join(reversed(steps))
            if element.text == "Total":
                continue  # the category of sums over adverse events; v2 has them in the groups
            if path in told_otherwise or path.endswith(ends) or values.search(path) or len(element):
                continue
            words = letters.sub("", (element.text or "").replace("\n", " "))
            assert words in body, f"{name}: {path}: {element.text!r}"
            checked += 1
    assert checked > 25_000


def test_the_list_of_elements_without_a_place_is_the_documented_one() -> None:
    text = DOCS.read_text(encoding="utf-8")
    table = text[text.index("## Legacy elements without a place in v2") :].split("\n## ")[0]
    assert set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)) == NO_PLACE


def test_criteria_agree_with_v2_where_both_forms_of_a_version_are_here(shared_data: Path) -> None:
    v2: dict[str, Trial] = {}
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz") as lines:
        for line in lines:
            trial = read_json(line)
            v2[trial.nct_id] = trial
    pairs = [(read_xml(data), v2[name[-15:-4]]) for name, data in members(shared_data) if name[-15:-4] in v2]
    assert len(pairs) == 25
    same = [(old, new) for old, new in pairs if new.last_update and old.last_update == new.last_update]
    assert len(same) == 12
    for old, new in same:
        assert old.criteria_text.split() == new.criteria_text.split()
        assert old.title == new.title
        assert old.phases == new.phases
        assert old.std_ages == new.std_ages
        assert old.arms == new.arms
        assert old.primary_outcomes == new.primary_outcomes
    assert sum(old.criteria_text == new.criteria_text for old, new in same) >= len(same) - 1


def test_the_seed_records_read_well(shared_data: Path) -> None:
    trial = read_xml((shared_data / "seed/NCT04004637.xml").read_bytes())
    assert trial.warnings == ()
    assert (trial.status, trial.phases, trial.masking) == ("RECRUITING", ("PHASE1",), "NONE")
    assert trial.last_update == "2020-07-14"
    assert trial.protocolSection.ipdSharingStatementModule.ipdSharing == "UNDECIDED"


def test_arms_name_their_interventions_as_v2_does() -> None:
    trial = record(
        "<arm_group><arm_group_label>A</arm_group_label><arm_group_type>Experimental</arm_group_type></arm_group>"
        "<intervention><intervention_type>Drug</intervention_type><intervention_name>X</intervention_name>"
        "<arm_group_label>A</arm_group_label></intervention>"
    )
    assert trial.arms[0].type == "EXPERIMENTAL"
    assert trial.arms[0].interventionNames == ("Drug: X",)


@pytest.mark.parametrize(
    ("text", "masking", "who"),
    [
        ("Double (Participant, Investigator)", "DOUBLE", ("PARTICIPANT", "INVESTIGATOR")),
        ("Double Blind (Participant)", "DOUBLE", ("PARTICIPANT",)),
        ("None (Open Label)", "NONE", ()),
        ("Open Label", "NONE", ()),
        ("No masking", "NONE", ()),
        ("Quadruple", "QUADRUPLE", ()),
        ("Participant, Investigator", "DOUBLE", ("PARTICIPANT", "INVESTIGATOR")),
        ("Double Blind (Subject, Caregiver)", "DOUBLE", ("PARTICIPANT", "CARE_PROVIDER")),
        ("Whatever", "Whatever", ()),
    ],
)
def test_masking_is_split_into_how_and_who(text: str, masking: str, who: tuple[str, ...]) -> None:
    trial = record(f"<study_design_info><masking>{text}</masking></study_design_info>")
    assert (trial.masking, trial.who_masked) == (masking, who)


def test_a_label_nobody_defines_is_kept_and_reported() -> None:
    trial = record("<overall_status>Dormant</overall_status>")
    assert trial.status == "Dormant"
    assert trial.warnings == ("status: 'Dormant' is not a label that the registry defines; kept",)


def test_an_unknown_element_is_reported() -> None:
    trial = record("<phase>Phase 1</phase><shoe_size unit='EU'>42</shoe_size><phase>Phase 2</phase>")
    assert trial.warnings == (
        "shoe_size: an element that accrual does not know; left out",
        "phase: an element that accrual does not know; left out",
    )


@pytest.mark.parametrize(
    ("phase", "kind", "expected"),
    [
        ("Phase 1/Phase 2", "Interventional", ("PHASE1", "PHASE2")),
        ("N/A", "Interventional", ("NA",)),
        ("N/A", "Observational", ()),
        ("Early Phase 1", "Interventional", ("EARLY_PHASE1",)),
    ],
)
def test_phases_are_listed_as_in_v2(phase: str, kind: str, expected: tuple[str, ...]) -> None:
    trial = record(f"<phase>{phase}</phase><study_type>{kind}</study_type>")
    assert trial.phases == expected


def test_patient_registries_are_observational_studies() -> None:
    trial = record("<study_type>Observational [Patient Registry]</study_type>")
    assert trial.study_type == "OBSERVATIONAL"
    assert trial.protocolSection.designModule.patientRegistry is True


def test_old_one_line_design_is_split() -> None:
    trial = record(
        "<study_design>Allocation:  Randomized, Endpoint Classification:  Safety/Efficacy Study, "
        "Intervention Model:  Parallel Assignment, Masking:  Double Blind (Subject), "
        "Primary Purpose:  Treatment</study_design>"
    )
    assert (trial.allocation, trial.intervention_model, trial.masking) == ("RANDOMIZED", "PARALLEL", "DOUBLE")
    assert trial.primary_purpose == "TREATMENT"


def test_pending_results_keep_their_order() -> None:
    trial = record(
        "<pending_results><submitted>March 1, 2020</submitted><returned>April 2, 2020</returned>"
        "<submitted>May 3, 2020</submitted><submission_canceled>Unknown</submission_canceled></pending_results>"
    )
    events = trial.annotationSection.annotationModule.unpostedAnnotation.unpostedEvents
    assert [(one.type, one.date) for one in events] == [
        ("RELEASE", "2020-03-01"),
        ("RESET", "2020-04-02"),
        ("RELEASE", "2020-05-03"),
        ("UNRELEASE", ""),
    ]
    assert events[-1].dateUnknown is True


def test_impossible_date_is_kept_and_reported() -> None:
    trial = record("<start_date>February 30, 2020</start_date>")
    assert trial.start_date is None
    assert "2020-02-30" in trial.warnings[0]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("September 1, 2019", "2019-09-01"),
        ("August 2015", "2015-08"),
        ("04/2017", "2017-04"),
        ("2025", "2025"),
        ("Smarch 2015", "Smarch 2015"),
        ("", ""),
    ],
)
def test_dates_become_iso(text: str, iso: str) -> None:
    assert iso_date(text) == iso


def test_standard_ages_are_derived_as_the_registry_does(shared_data: Path) -> None:
    checked = 0
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz") as lines:
        for line in lines:
            trial = read_json(line)
            if trial.std_ages and trial.version_holder:
                assert tuple(standard_ages(trial.minimum_age, trial.maximum_age)) == trial.std_ages, (
                    trial.nct_id
                )
                checked += 1
    assert checked > 1_500


def test_made_drops_what_is_empty_and_keeps_no_and_zero() -> None:
    assert made(a="", b=None, c=[], d={}, e=False, f=0, g="x") == {"e": False, "f": 0, "g": "x"}


def test_registry_value_ignores_case() -> None:
    warnings: list[str] = []
    assert registry_value("masking", "double", warnings) == "DOUBLE"
    assert warnings == []


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE clinical_study [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {x} "{("&" + y + ";") * 10}">' for x, y in zip("bcdefghij", "abcdefghi", strict=True)
    )
    + "]><clinical_study><id_info><nct_id>NCT00000001</nct_id></id_info><brief_title>&j;</brief_title></clinical_study>"
)
FILE_ENTITY = (
    '<!DOCTYPE clinical_study [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
    "<clinical_study><id_info><nct_id>NCT00000001</nct_id></id_info><brief_title>&f;</brief_title></clinical_study>"
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BOMB.encode(), "entity bomb"),
        (BOMB.replace('<?xml version="1.0"?>', "").encode("utf-16"), "entity bomb"),
        (FILE_ENTITY.encode(), "entity bomb"),
        (b"<clinical_study><id_info>", "invalid XML at line 1"),
        (b"<clinical_study>\n<a>&undefined;</a></clinical_study>", "invalid XML at line 2"),
        (b"<html/>", "the root element is <html>"),
        (b"<clinical_study/>", "no NCT number"),
        (b"", "invalid XML"),
        (b"<clinical_study><x>\xe9</x></clinical_study>", "invalid XML"),
        (b"<clinical_study>" + b"<a>" * 5_000 + b"</a>" * 5_000 + b"</clinical_study>", "invalid XML"),
    ],
)
def test_hostile_or_broken_xml_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_xml(data, "bulk.zip!a.xml")
    assert reason in refused.value.reason
    assert refused.value.where == "bulk.zip!a.xml"
