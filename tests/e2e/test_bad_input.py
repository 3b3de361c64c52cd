"""Bad input, end to end: a clear message, the rest is loaded, every refusal is reported, nothing stored is lost."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

Accrual = Callable[..., SimpleNamespace]
Report = Callable[[], list[dict[str, Any]]]

ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
BOMB = (
    f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{ENTITIES}]>'
    "<clinical_study><brief_title>&e8;</brief_title></clinical_study>"
)


def record(number: int, **modules: object) -> str:
    """One small study as a line of JSON."""
    identity = {"nctId": f"NCT9{number:07d}", "briefTitle": f"Study {number}"}
    return json.dumps({"protocolSection": {"identificationModule": identity, **modules}})


def zipped(**members: str) -> bytes:
    """A zip file; the members' names get `.json`."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.json", text)
    return body.getvalue()


MANY = "".join(f"{record(number)}\n" for number in range(100, 400)).encode()
GZIP = gzip.compress(MANY, mtime=0)
XZ = lzma.compress(MANY)

NOTHING: dict[str, tuple[str, bytes, str]] = {
    # what is wrong: (file name, its bytes, what the message says)
    "truncated zip": ("studies.zip", zipped(a=record(1), b=record(2))[:-30], "not a whole zip"),
    "truncated gzip, before its first line ends": ("studies.jsonl.gz", GZIP[:40], "truncated gzip"),
    "not a gzip at all": ("studies.json.gz", record(1).encode(), "gzip"),
    "invalid JSON": ("study.json", b'{"protocolSection": {', "JSON"),
    "an empty file": ("study.json", b"", "empty"),
    "Latin-1": (
        "study.json",
        record(1).replace("Study", "\u00c9tude").encode("latin-1"),
        "not UTF-8: byte 0xC9",
    ),
    "UTF-16": ("study.json", record(1).encode("utf-16"), "UTF-16"),
    "an XML entity bomb": ("study.xml", BOMB.encode(), "entity"),
    "XML of something else": ("study.xml", b"<html><body>Not found</body></html>", "html"),
    "no NCT number": ("study.json", b'{"protocolSection": {}}', "no NCT number"),
    "an impossible NCT number": ("study.json", record(1).replace("NCT9", "XYZ9").encode(), "XYZ9"),
    "a member that is broken": ("studies.zip", zipped(broken="{"), "studies.zip!broken.json"),
    "a file of another kind": ("study.docx", b"PK", "unknown kind of file"),
    "JSON that never stops opening": ("study.json", b"[" * 1_000_000, "study.json"),
}


@pytest.mark.parametrize("case", NOTHING)
def test_a_file_of_nothing_but_bad_input_exits_2_and_says_why(
    accrual_here: Accrual, report: Report, tmp_path: Path, case: str
) -> None:
    name, body, says = NOTHING[case]
    (tmp_path / name).write_bytes(body)
    ran = accrual_here("load", tmp_path / name)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert ran.err.count("\n") == 1
    assert "load-report.jsonl" in ran.err
    (refusal,) = report()
    assert name in refusal["where"]
    assert says in refusal["where"] + refusal["reason"]
    assert name in ran.out
    assert says.split("!")[-1] in ran.out


def test_a_record_of_fifty_megabytes_is_refused_without_being_held(
    accrual: Accrual, report: Report, tmp_path: Path
) -> None:
    with gzip.open(tmp_path / "studies.jsonl.gz", "wt", compresslevel=1) as file:
        file.write(
            f"{record(1)}\n{record(2, descriptionModule={'briefSummary': 'x' * 50_000_000})}\n{record(3)}\n"
        )
    ran = accrual("load", tmp_path / "studies.jsonl.gz", "--json")
    assert (ran.code, ran.json["added"], ran.json["refused"]) == (0, 2, 1)
    (refusal,) = report()
    assert refusal["where"].endswith("studies.jsonl.gz:2")
    assert "limit" in refusal["reason"]


@pytest.mark.parametrize(
    ("name", "body"), [("cut.jsonl.gz", GZIP[: len(GZIP) // 2]), ("cut.jsonl.xz", XZ[: len(XZ) * 3 // 4])]
)
def test_what_stands_before_the_cut_is_loaded(
    accrual_here: Accrual, report: Report, tmp_path: Path, name: str, body: bytes
) -> None:
    (tmp_path / name).write_bytes(body)
    ran = accrual_here("load", tmp_path / name)
    assert ran.code == 0
    (refusal,) = report()
    assert "truncated" in refusal["reason"]
    assert "after line" in refusal["reason"]
    loaded = accrual_here("status", "--json").json["studies"]
    assert 0 < loaded < 300
    assert f"after line {loaded}" in refusal["reason"]


def test_an_impossible_date_is_a_warning_and_the_study_is_loaded(
    accrual_here: Accrual, report: Report, tmp_path: Path
) -> None:
    status = {"overallStatus": "RECRUITING", "startDateStruct": {"date": "2021-02-30"}}
    (tmp_path / "study.json").write_text(record(1, statusModule=status))
    ran = accrual_here("load", tmp_path / "study.json")
    assert ran.code == 0
    assert "1 warning" in ran.out
    (warning,) = report()
    assert "2021-02-30" in warning["warning"]
    assert accrual_here("show", "NCT90000001").code == 0
    assert accrual_here("find", "--sort", "start", "--json").json["total"] == 1


@pytest.mark.parametrize("kind", ["empty folder", "folder without studies"])
def test_a_folder_without_studies_exits_2(
    accrual_here: Accrual, report: Report, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    if kind != "empty folder":
        (folder / "notes.txt").write_text("hello")
    ran = accrual_here("load", folder)
    assert ran.code == 2
    (refusal,) = report()
    assert str(folder) in refusal["where"]
    assert "no study files" in refusal["reason"]


def test_a_path_that_does_not_exist_exits_2_alone_and_is_reported_beside_a_good_one(
    accrual: Accrual, report: Report, tmp_path: Path
) -> None:
    alone = accrual("load", tmp_path / "nowhere")
    assert (alone.code, alone.out) == (2, "")
    assert alone.err == f"accrual: {tmp_path / 'nowhere'}: no such file or folder\n"
    (tmp_path / "study.json").write_text(record(1))
    both = accrual("load", tmp_path / "nowhere", tmp_path / "study.json")
    assert both.code == 0
    assert [line["where"] for line in report()] == [str(tmp_path / "nowhere")]


def test_a_folder_without_permission_is_named_and_the_rest_is_loaded(
    accrual: Accrual, report: Report, tmp_path: Path, powerless: tuple[str, ...]
) -> None:
    for name in ("open", "closed"):
        (tmp_path / "all" / name).mkdir(parents=True)
        (tmp_path / "all" / name / "study.json").write_text(record(1))
    (tmp_path / "all" / "locked.json").write_text(record(2))
    (tmp_path / "all" / "locked.json").chmod(0)
    (tmp_path / "all" / "closed").chmod(0)
    try:
        ran = accrual("load", tmp_path / "all", before=powerless)
        alone = accrual("load", tmp_path / "all" / "closed", before=powerless)
        inside = accrual("load", tmp_path / "all" / "closed" / "study.json", before=powerless)
    finally:
        (tmp_path / "all" / "closed").chmod(0o755)
    assert ran.code == 0, ran.err
    assert "1 new" in ran.out
    assert "closed" in ran.out
    assert "locked.json" in ran.out
    assert (alone.code, inside.code) == (2, 2)
    assert "Permission denied" in alone.out
    assert "Permission denied" in inside.err
    assert [line["reason"] for line in report()] == ["cannot be read: Permission denied"]


def test_a_mixture_loads_what_is_good_and_keeps_what_was_stored(
    accrual_here: Accrual, report: Report, tmp_path: Path
) -> None:
    (tmp_path / "before.json").write_text(record(77))
    assert accrual_here("load", tmp_path / "before.json").code == 0
    stored = accrual_here("show", "NCT90000077", "--json").out

    folder = tmp_path / "mixture"
    folder.mkdir()
    for number, (name, body, _) in enumerate(NOTHING.values()):
        (folder / f"{number:02d}-{name}").write_bytes(body)
    (folder / "good.jsonl").write_text(f"{record(1)}\n{{oops\n{record(2)}\n\n[]\n{record(3)}\n")
    (folder / "good.zip").write_bytes(zipped(a=record(4), b="nonsense", c=record(5)))
    ran = accrual_here("load", folder)
    assert ran.code == 0
    assert ran.err == ""
    assert "5 new" in ran.out
    where = [line["where"] for line in report()]
    for name in ("good.jsonl:2", "good.jsonl:5", "good.zip!b.json"):
        assert any(one.endswith(name) for one in where), name
    read = [
        name for name, _, _ in NOTHING.values() if not name.endswith(".docx")
    ]  # in a folder, others are passed by
    assert len(where) == len(set(where)) == len(read) + 3
    assert f"{len(where)} refused" in ran.out
    assert accrual_here("show", "NCT90000077", "--json").out == stored
    assert accrual_here("status", "--json").json["studies"] == 6
    # What cannot be read later does not take away what was read before.
    assert accrual_here("load", folder / "00-studies.zip").code == 2
    assert accrual_here("status", "--json").json["studies"] == 6


def test_names_that_are_not_utf8_are_no_obstacle(accrual: Accrual, report: Report, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    good, bad = (tmp_path / "in" / os.fsdecode(name) for name in (b"caf\xe9.json", b"th\xe9.json"))
    good.write_text(record(1))
    bad.write_text("{oops")
    ran = accrual("load", tmp_path / "in", "--json")
    assert (ran.code, ran.json["added"], ran.json["refused"]) == (0, 1, 1)
    (refusal,) = report()
    assert refusal["where"].endswith("th\\udce9.json")
    assert accrual("load", bad).code == 2


PATIENTS: dict[str, tuple[bytes, str]] = {
    "PDF": (b"%PDF-1.7\n\x00\xff", "PDF"),
    "XML": (b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>', "XML"),
    "CSV of something else": (b"colour,shape\nred,round\n", "nothing of a patient"),
    "empty": (b"", "empty"),
    "a cohort": (b'{"id": "c1", "members": [], "metaData": {}}', "Cohort"),
    "another JSON": (b'{"height": 1.54}', ""),
    "a list": (b"[1, 2]", ""),
    "nested beyond reason": (b"[" * 9_000_000, "nested"),
    "50 MB": (b"[" * 50_000_000, "50 MB"),
    "Latin-1": ('{"accrual_patient": 1, "place": "Besançon"}'.encode("latin-1"), ""),
    "a FHIR resource alone": (b'{"resourceType": "Patient"}', "Bundle"),
}


@pytest.mark.parametrize("case", PATIENTS)
def test_a_patient_file_of_no_known_form_says_which_forms_there_are(
    accrual_here: Accrual, tmp_path: Path, case: str
) -> None:
    body, says = PATIENTS[case]
    (tmp_path / "patient.json").write_bytes(body)
    ran = accrual_here("match", tmp_path / "patient.json")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    for words in ("patient.json", "accrual form", "FHIR R4", says):
        assert words in ran.err
    assert "54" not in ran.err  # nothing of the patient is repeated
