"""`accrual simulate`: the virtual trial of a study in the terminal and as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("scipy")
pytest.importorskip("numba")

from accrual.report.page import write_page
from accrual.simulate.notice import NOTICE
from accrual.simulate.simulation import Simulation


def test_the_seed_trial_shows_its_design_and_its_virtual_participants(accrual: Callable[..., Any]) -> None:
    ran = accrual("simulate", "nct04785833", "--replicates", "20")
    assert ran.code == 0
    words = " ".join(ran.out.split())
    assert NOTICE in words
    assert "yes from 15 responders" in words
    assert "4/7, 13/20" in words
    assert "18 of 20 90 % 68 % to 99 % yes" in words
    assert "Cytokine release" in words
    assert "20 trials of 20, seed 1" in words


def test_json_holds_the_whole_simulation_and_the_same_seed_gives_the_same(
    accrual: Callable[..., Any],
) -> None:
    asked = ("simulate", "NCT04785833", "--replicates", "20", "--participants", "12", "--json")
    ran = accrual(*asked)
    assert (ran.json["participants"], len(ran.json["course"]["group"]["members"])) == (12, 12)
    assert ran.json["notice"] == NOTICE
    assert ran.out == accrual(*asked).out


def test_a_trial_of_two_arms_has_the_design_part_alone(accrual: Callable[..., Any]) -> None:
    ran = accrual("simulate", "NCT90000034")
    assert ran.code == 0
    assert "What 100 participants can show" in ran.out
    assert "Left out" in ran.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("NCT90000026",), "enrolment of 0"),
        (("NCT90000018",), "3,100 participants"),
        (("NCT04785833", "--therapy", "magic"), "magic"),
        (("NCT90000034", "--therapy", "CD28"), "single-arm"),
        (("NCT04785833", "--null-rate", "0.9"), "above the null rate"),
        (("NCT04785833", "--null-rate", "nan"), "null_rate"),
    ],
)
def test_what_cannot_be_simulated_is_one_clear_line(
    accrual: Callable[..., Any], arguments: tuple[str, ...], says: str
) -> None:
    ran = accrual("simulate", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("accrual: ")
    assert ran.err.count("\n") == 1
    assert says in ran.err


def test_without_the_extra_the_error_says_what_to_install(
    accrual: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrual.simulate.settings._LIBRARIES", ("scipy", "no_such_library"))
    ran = accrual("simulate", "NCT04785833")
    assert ran.code == 2
    assert "pip install accrual[simulate]" in ran.err


def test_the_report_is_one_page_that_needs_nothing_else(accrual: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    ran = accrual("simulate", "NCT04785833", "--replicates", "20", "--out", str(out))
    assert (ran.code, ran.out) == (0, "")
    assert NOTICE in ran.err
    page = out.read_text("utf-8")
    assert NOTICE in page
    assert not re.search(r"<script|src=|href=|url\(|@import", page)
    assert page.count("<figure") == page.count("<details>") == 6
    assert list(tmp_path.iterdir()) == [out]


def test_what_a_record_says_is_text_in_the_report(accrual: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    assert accrual("simulate", "NCT90000048", "--out", str(out)).code == 0
    found = msgspec.json.decode(out.read_bytes(), type=Simulation)
    page = write_page(msgspec.structs.replace(found, title="<script>x</script>{{ 7 * 7 }}"))
    assert "<script>" not in page
    assert "{{ 7 * 7 }}" in page


def test_parquet_holds_every_virtual_participant(accrual: Callable[..., Any], tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "people.parquet"
    asked = ("simulate", "NCT04785833", "--replicates", "20")
    assert accrual(*asked, "--out", str(out)).code == 0
    table = parquet.read_table(out)
    assert table.num_rows == 400
    rows = table.to_pylist()
    infused = [row for row in rows if row["infusion"] == "given"]
    (share,) = (
        row
        for row in accrual(*asked, "--json").json["course"]["summary"]["shares"]
        if row["name"] == "remission"
    )
    assert sum(row["remission"] for row in infused) / len(infused) == pytest.approx(share["share"])
    assert {row["remission"] for row in rows if row["infusion"] != "given"} == {None}
    assert table.schema.metadata[b"notice"].decode() == NOTICE


@pytest.mark.parametrize(
    ("name", "says"),
    [("report.docx", ".html, .json, .parquet"), ("no-such-folder/report.html", "cannot be written")],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_simulated(
    accrual: Callable[..., Any], tmp_path: Path, name: str, says: str
) -> None:
    ran = accrual("simulate", "NCT04785833", "--out", str(tmp_path / name))
    assert ran.code == 2
    assert says in ran.err


def test_parquet_of_a_trial_without_virtual_participants_is_refused(
    accrual: Callable[..., Any], tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    ran = accrual("simulate", "NCT90000034", "--out", str(tmp_path / "people.parquet"))
    assert ran.code == 2
    assert "no virtual participants" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_who_would_be_screened_in_is_counted_by_rule(accrual: Callable[..., Any]) -> None:
    asked = ("simulate", "NCT04785833", "--therapy", "none")
    funnel = accrual(*asked, "--json").json["funnel"]
    assert funnel["screened"] == 2000 == funnel["eligible"] + funnel["undetermined"] + funnel["ineligible"]
    assert funnel["steps"][0]["text"].startswith("Age")
    assert accrual(*asked, "--json", "--today", "2031-02-28").json["funnel"] == funnel
    ran = accrual(*asked)
    assert f"{funnel['steps'][0]['removed_alone']:,}" in ran.out
    assert "never counts as met" in " ".join(ran.out.split())


def test_patients_of_a_file_are_screened(accrual: Callable[..., Any], patient_file: Path) -> None:
    asked = ("simulate", "NCT04785833", "--therapy", "none", "--population")
    funnel = accrual(*asked, str(patient_file), "--today", "2026-11-20", "--json").json["funnel"]
    assert (funnel["population"], funnel["screened"]) == (patient_file.name, 1)
    for wrong, code in (("no-such-file", 2), (str(patient_file.parent / "nobody"), 2)):
        assert accrual(*asked, wrong).code == code
    assert accrual(*asked, "none", "--json").json["funnel"] is None


def test_a_limit_is_relaxed_by_the_number_of_its_criterion(accrual: Callable[..., Any]) -> None:
    asked = ("simulate", "NCT04785833", "--therapy", "none", "--relax", "5=50", "--relax", "1:high=70")
    costs = accrual(*asked, "--json").json["costs"]
    relaxed = [row for row in costs["rows"] if row["change"] != "dropped"]
    assert [row["requirement"] for row in relaxed] == ["5", "1", ""]
    assert relaxed[-1]["pool"] >= relaxed[0]["pool"] > costs["base"]["pool"]
    assert "Karnofsky performance status ≥ 50" in " ".join(accrual(*asked).out.split())
    for wrong in ("5", "x=1", "5=1e", "99=3", "5=90"):
        refused = accrual("simulate", "NCT04785833", "--therapy", "none", "--relax", wrong)
        assert (refused.code, refused.out) == (2, ""), wrong
