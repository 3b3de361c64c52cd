"""Many patients and one trial: verdicts as screening gives them, by number alone, bounded, and kept nowhere."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from accrual.demo import DEMO_TODAY, demo_patients
from accrual.finder import Finder
from accrual.match.verdict import tally
from accrual.web.caseload import MOST

from .browser import DESKTOP, PHONE, take_picture, violations
from .conftest import ATTACK
from .fields import held
from .workbook import opened

PAGE = "/coordinators/patients"
TRIAL = "NCT90000001"
FILES = [("file", (f"{name} Smith.json", body)) for name, body in sorted(demo_patients().items())]


def sent(client: TestClient, files: list[tuple[str, tuple[str, bytes]]], **fields: str) -> str:
    """The table of some files."""
    answer = client.post(PAGE, data={"trial": TRIAL, **fields}, files=files)
    assert answer.status_code == 200, re.findall(r'role="alert">(.*?)</div>', answer.text, re.DOTALL)
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


def rows(page: str) -> list[str]:
    """The rows of the table."""
    return page.split("<tbody>")[1].split("</tbody>")[0].split("</tr>")[:-1]


def test_every_patient_has_the_verdict_of_a_screening(client: TestClient, web_home: Path) -> None:
    body = client.post(
        f"{PAGE}/file", data={"held": held(sent(client, FILES)), "form": "csv"}
    ).content.decode("utf-8-sig")
    found = {row["Patient"]: row for row in csv.DictReader(io.StringIO(body))}
    assert len(found) == len(FILES)
    words = {"eligible": "May be eligible", "undetermined": "Not decided yet", "ineligible": "Not eligible"}
    with Finder(web_home) as finder:
        for number, (_, (_, data)) in enumerate(FILES, start=1):
            screening = finder.screen(TRIAL, finder.read_patient(data), DEMO_TODAY)
            row, counted = found[str(number)], tally(screening)
            assert row["Verdict"] == words[screening.verdict]
            assert [int(row[name]) for name in ("met", "not known", "not met")] == [
                counted.met,
                counted.unknown,
                counted.unmet,
            ]
            assert bool(row["Deciding rule"]) == (screening.verdict != "eligible")


def test_no_id_and_no_file_name_is_shown_unless_asked(client: TestClient) -> None:
    table = b"id,sex,age,conditions\nMary Jones,female,30,T-ALL\nMary Jones,male,40,asthma\n"
    page = sent(client, [("file", ("Jones.csv", table))])
    assert "Jones" not in page
    assert "Could not be read" in page  # the second has the id of the first
    with_ids = sent(client, [("file", ("Jones.csv", table))], ids="1")
    assert "Mary Jones" in with_ids
    assert "Smith" not in sent(client, FILES)


@pytest.mark.parametrize("name", ["patients.ndjson", "patients.csv", "patients.zip", "bulk"])
def test_patients_come_in_many_forms(client: TestClient, name: str) -> None:
    bodies = {
        "patients.ndjson": b"".join(
            json.dumps({"accrual_patient": 1, "id": f"p{n}", "sex": "male", "age": 20 + n}).encode() + b"\n"
            for n in range(3)
        ),
        "patients.csv": b"id,sex,age\np0,male,20\np1,female,30\np2,male,40\n",
    }
    if name == "patients.zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, body in enumerate(list(demo_patients().values())[:3]):
                archive.writestr(f"folder/{number}.json", body)
        files = [("file", (name, packed.getvalue()))]
    elif name == "bulk":
        people = [{"resourceType": "Patient", "id": f"p{n}", "gender": "male"} for n in range(3)]
        things = [
            {
                "resourceType": "Condition",
                "id": f"c{n}",
                "subject": {"reference": f"Patient/p{n}"},
                "code": {"text": "asthma"},
            }
            for n in range(3)
        ]
        files = [
            ("file", (f"{kind}.ndjson", "\n".join(map(json.dumps, held)).encode()))
            for kind, held in (("Patient", people), ("Condition", things))
        ]
    else:
        files = [("file", (name, bodies[name]))]
    page = sent(client, files)
    assert len(rows(page)) == 3
    assert "Could not be read" not in page


def test_pasted_patients_are_read(client: TestClient) -> None:
    answer = client.post(PAGE, data={"trial": TRIAL, "text": "id,sex,age\np0,male,20\np1,female,99\n"})
    assert len(rows(answer.text)) == 2


def test_more_than_the_limit_is_kindly_refused(client: TestClient) -> None:
    lines = "".join(f"p{number},male,30\n" for number in range(MOST + 1))
    answer = client.post(PAGE, data={"trial": TRIAL, "text": f"id,sex,age\n{lines}"})
    assert answer.status_code == 400
    assert f"these are more than {MOST} patients" in answer.text


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        ("", "no trial was named"),
        ("NCT00000001", "NCT00000001"),
        ("<b>", "&lt;b&gt;"),
        (TRIAL, "no patients"),
    ],
)
def test_what_is_missing_is_said(client: TestClient, trial: str, words: str) -> None:
    answer = client.post(PAGE, data={"trial": trial, "text": "" if trial == TRIAL else "id,sex\np,male\n"})
    assert answer.status_code in (400, 404)
    assert words in answer.text
    assert "<b>" not in answer.text.split("<main")[1].replace("<b></b>", "")


@pytest.mark.parametrize(
    "body", [b"PK\x03\x04 broken", b"PK\x03\x04", b"{", b"\x00\xff\x00", b"[]", b"<xml/>", b"\x1f\x8b\x08"]
)
def test_a_broken_file_is_a_row_and_costs_the_others_nothing(client: TestClient, body: bytes) -> None:
    page = sent(client, [("file", ("x", body)), FILES[0]])
    assert len(rows(page)) == 2
    assert page.count("Could not be read") == 1


def test_a_zip_bomb_is_not_unpacked(client: TestClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(f"{number}.txt", b"0" * 10_000_000)
    page = sent(client, [("file", ("x.zip", packed.getvalue()))], ids="1")
    assert "once unpacked" in page


def test_words_of_a_patient_stay_text_and_formulas_too(client: TestClient) -> None:
    table = f'id,sex,age,conditions\n"=1+1{ATTACK.replace(chr(34), chr(39))}",female,95,asthma\n'
    page = sent(client, [("file", ("x.csv", table.encode()))], ids="1")
    assert "<script>alert" not in page
    sheets = opened(client.post(f"{PAGE}/file", data={"held": held(page)}).content)  # fails on a formula
    assert sheets["Patients"][1][1].startswith("=1+1")
    body = client.post(f"{PAGE}/file", data={"held": held(page), "form": "csv"}).content
    assert next(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))["Id in the file"].startswith("'=1+1")


def test_the_excel_file_says_what_the_page_says(client: TestClient) -> None:
    page = sent(client, FILES)
    sheets = opened(client.post(f"{PAGE}/file", data={"held": held(page)}).content)
    assert list(sheets) == ["Patients", "About"]
    head, *found = sheets["Patients"]
    assert head[0] == "Patient"
    shown = [re.search(r'<th scope="row">(\d+)', row) for row in rows(page)]
    assert [row[0] for row in found] == [one.group(1) for one in shown if one is not None]
    for row, line in zip(found, rows(page), strict=True):
        assert row[1] in line
        assert html.escape(row[5], quote=False).split("\n")[0][:20] in html.unescape(line) or not row[5]
    assert dict(row[:2] for row in sheets["About"][1:])["Decided as of"] == DEMO_TODAY.isoformat()


def test_rows_that_no_page_wrote_make_no_file(client: TestClient) -> None:
    answer = client.post(f"{PAGE}/file", data={"held": "AAAA"})
    assert answer.status_code == 400
    assert "send the file again" in answer.text


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_files_are_chosen_and_kept_without_scripts(
    browser: Browser, served: str, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served}/trials/{TRIAL}")
    page.get_by_role("link", name="Check many patients").click()
    assert violations(page) == []
    page.get_by_label("Patient files").set_input_files(
        [{"name": name, "mimeType": "application/json", "buffer": body} for _, (name, body) in FILES]
    )
    page.get_by_role("button", name="Show the table").press("Enter")
    page.get_by_role("region", name="Patients and the trial").wait_for()
    assert violations(page) == []
    take_picture(page, f"coordinators-patients-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    with page.expect_download() as download:
        page.get_by_role("button", name="As an Excel file").press("Enter")
    assert list(opened(Path(download.value.path()).read_bytes())) == ["Patients", "About"]
    context.close()
