"""What the commands answer on the demo registry."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from accrual.demo import DEMO_TODAY
from accrual.plain.screening import NOT_ADVICE

SEED = "NCT04785833"
TODAY = ("--today", DEMO_TODAY.isoformat())


def test_find_answers_in_the_documented_shape(accrual: Callable[..., SimpleNamespace]) -> None:
    found = accrual("find", "CD7 CAR-T", "--json")
    assert found.code == 0
    assert found.err == ""
    assert found.json["total"] >= 1
    assert SEED in [hit["nct_id"] for hit in found.json["results"]]
    first = found.json["results"][0]
    assert {"nct_id", "title", "status", "conditions", "nearest_site", "matched"} <= first.keys()
    assert first["matched"]


def test_an_empty_search_finds_everything_page_by_page(accrual: Callable[..., SimpleNamespace]) -> None:
    everything = accrual("find", "--json", "--top", "1000").json
    assert everything["total"] == len(everything["results"]) >= 41
    second = accrual("find", "--json", "--top", "5", "--offset", "5").json
    assert second["results"] == everything["results"][5:10]


def test_words_in_spanish_are_read_as_english_and_said_so(accrual: Callable[..., SimpleNamespace]) -> None:
    found = accrual("find", "leucemia de células T", "--lang", "es", "--json")
    assert SEED in [hit["nct_id"] for hit in found.json["results"]]
    assert found.json == accrual("find", "T-cell leukemia", "--json").json
    assert "“leucemia de células T” is read as “T-cell leukemia”" in " ".join(found.err.split())
    refused = accrual("find", "leucemia", "--lang", "xx")
    assert refused.code == 2
    assert "choose en or es" in refused.err


def test_filters_take_human_words(accrual: Callable[..., SimpleNamespace]) -> None:
    found = accrual("find", "--status", "recruiting", "--phase", "2, 3", "--json").json
    assert 0 < found["total"] < 41
    assert {hit["status"] for hit in found["results"]} == {"RECRUITING"}
    assert all({"PHASE2", "PHASE3"} & set(hit["phases"]) for hit in found["results"])


def test_a_place_gives_the_nearest_site_and_sorts_by_it(accrual: Callable[..., SimpleNamespace]) -> None:
    found = accrual("find", "--near", "London, UK", "--sort", "distance", "--top", "10", "--json").json
    away = [hit["nearest_site"]["distance_km"] for hit in found["results"]]
    assert away == sorted(away)
    near = accrual("find", "--near", "London, UK", "--within", "100km", "--json").json
    assert 0 < near["total"] < found["total"]
    assert all(hit["nearest_site"]["distance_km"] <= 100 for hit in near["results"])


@pytest.mark.parametrize("width", [80, 120, 40])
def test_tables_fit_the_terminal(
    accrual: Callable[..., SimpleNamespace], monkeypatch: pytest.MonkeyPatch, patient_file: Path, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for arguments in (
        ("find", "--near", "Paris", "--top", "5"),
        ("match", str(patient_file), "--top", "5", *TODAY),
        ("screen", SEED, str(patient_file), *TODAY),
        ("criteria", SEED),
        ("show", SEED),
    ):
        shown = accrual(*arguments)
        assert shown.code == 0, shown.err
        assert max(map(len, shown.out.splitlines())) <= width, arguments


def test_nothing_found_helps_on_standard_error(accrual: Callable[..., SimpleNamespace]) -> None:
    found = accrual("find", "qqqqzzzz")
    assert (found.code, found.out) == (0, "")
    assert "Fewer words" in found.err


def test_show_has_every_section_in_the_public_pages_order(accrual: Callable[..., SimpleNamespace]) -> None:
    shown = accrual("show", "nct4785833").out
    expected = (
        "CD7 CAR-T in the Treatment of CD7 Positive Refractory Relapsed Acute Leukemia|PersonGen|Status|Unknown|"
        "Conditions|T-ALL|Treatments|Drug: T cell injection|Study type|Interventional|Funder types|Industry|"
        "Identifiers|NCT04785833|PA-CART-3-17-001|Details and patient eligibility|About|Enrollment|"
        "20 estimated patients|Sex|All|Ages|12 to 65 years old|Volunteers|No Healthy Volunteers|Inclusion criteria|"
        "Age 12-65|Exclusion criteria|Uncontrolled active infection|Trial design|Primary purpose|Treatment|"
        "Allocation|N/A|Interventional model|Single Group Assignment|Masking|None (Open label)|"
        "20 participants in 1 patient group|Experimental group|Treatment: Drug: T cell injection|"
        "Trial contacts and locations|Data sourced from clinicaltrials.gov"
    )
    at = 0
    for words in expected.split("|"):
        found = shown.find(words, at)
        assert found >= 0, f"{words!r} does not follow {shown[:at][-60:]!r}"
        at = found + len(words)


def test_show_gives_markdown_and_the_record(accrual: Callable[..., SimpleNamespace]) -> None:
    markdown = accrual("show", SEED, "--markdown").out
    assert markdown.startswith("# CD7 CAR-T in the Treatment")
    assert "\n### Inclusion criteria\n\n- Age 12-65\n" in markdown
    record = accrual("show", SEED, "--json").json
    assert record["protocolSection"]["identificationModule"]["nctId"] == SEED


def test_criteria_shows_words_reading_and_how_much_is_understood(
    accrual: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    shown = accrual("criteria", SEED)
    assert "reads as: " in shown.out
    assert re.search(r"15 criteria: \d+ fully understood, \d+ partly understood, \d+ not", shown.out)
    path = tmp_path / "criteria.txt"
    path.write_text("Inclusion Criteria:\n\n* ECOG 0-1\n\nExclusion Criteria:\n\n* Pregnant women\n")
    found = accrual("criteria", "--text", str(path), "--json").json["criteria"]
    assert [(one["kind"], one["text"], one["understood"]) for one in found] == [
        ("inclusion", "ECOG 0-1", "whole"),
        ("exclusion", "Pregnant women", "whole"),
    ]


def test_criteria_reads_standard_input(
    accrual: Callable[..., SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Age ≥ 18 years".encode())))
    assert len(accrual("criteria", "--text", "-", "--json").json["criteria"]) == 1


def test_screen_shows_mark_word_proof_question_and_warning(
    accrual: Callable[..., SimpleNamespace], patient_file: Path
) -> None:
    shown = accrual("screen", SEED, str(patient_file), *TODAY)
    assert shown.code == 0
    assert re.search(r"✓  yes +meets +Age 12-65\n +Patient: ", shown.out)
    assert re.search(r"✓  no +not excluded ", shown.out)
    assert re.search(r"\?  unknown +not known ", shown.out)
    assert "Ask: " in shown.out
    assert "Not decided yet. Nothing rules this patient out" in shown.out
    assert NOT_ADVICE in " ".join(shown.out.split())


def test_screen_json_is_the_documented_shape_and_repeats_itself(
    accrual: Callable[..., SimpleNamespace], patient_file: Path
) -> None:
    first = accrual("screen", SEED, str(patient_file), *TODAY, "--json")
    assert first.json["verdict"] == "undetermined"
    assert first.json["assumption"] == "open"
    assert len(first.json["criteria"]) == 15
    for criterion in first.json["criteria"]:
        keys = {"kind", "text", "start", "end", "holds", "tree", "evidence", "missing"}
        assert keys <= criterion.keys()
        assert criterion["holds"] in ("yes", "no", "unknown")
    assert accrual("screen", SEED, str(patient_file), *TODAY, "--json").out == first.out


def test_screen_and_match_take_the_notes_as_complete_where_asked(
    accrual: Callable[..., SimpleNamespace], patient_file: Path
) -> None:
    options = (str(patient_file), *TODAY, "--assume", "notes")
    assumed = accrual("screen", SEED, *options, "--json").json
    assert assumed["assumption"] == "notes"
    facts = [proof["fact"] for each in assumed["criteria"] for proof in each["evidence"]]
    silent = facts.count("not mentioned in the notes")
    shown = " ".join(accrual("screen", SEED, *options).out.split())
    assert silent > 0
    assert "counted as absent under the assumption `notes`" in shown
    assert "The notes are taken as complete: " in shown
    before = accrual("match", str(patient_file), *TODAY, "--json").json
    after = {match["nct_id"]: match for match in accrual("match", *options, "--json").json}
    assert any(after[one["nct_id"]]["met"] > one["met"] for one in before if one["nct_id"] in after)
    assert all(after[one["nct_id"]]["unmet"] == one["unmet"] for one in before if one["nct_id"] in after)


def test_match_ranks_the_seed_trial_for_its_patient(
    accrual: Callable[..., SimpleNamespace], patient_file: Path
) -> None:
    found = accrual("match", str(patient_file), "--top", "10", *TODAY, "--json").json
    assert SEED in [match["nct_id"] for match in found]
    keys = {"nct_id", "title", "verdict", "score", "met", "unmet", "unknown", "nearest_site"}
    assert all(keys <= match.keys() for match in found)
    verdicts = [match["verdict"] == "ineligible" for match in found]
    assert verdicts == sorted(verdicts)
    only = accrual("match", str(patient_file), "--status", "recruiting", *TODAY, "--json").json
    assert {match["status"] for match in only} == {"RECRUITING"}


def test_status_counts_and_says_how_much_is_understood(accrual: Callable[..., SimpleNamespace]) -> None:
    shown = accrual("status")
    assert shown.code == 0
    assert re.search(r"Studies +\d\d\n", shown.out)
    assert "fully understood" in shown.out
    assert accrual("status", "--json").json["studies"] >= 41


def test_demo_screens_and_matches_in_a_folder_of_its_own(
    accrual: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    shown = accrual("demo", "--no-serve", "--home", str(tmp_path), "--top", "3")
    assert shown.code == 0, shown.err
    assert "CD7 CAR-T" in shown.out
    assert "Title, state and nearest site" in shown.out
    assert (tmp_path / "demo" / "records.db").is_file()
    assert not (tmp_path / "records.db").exists()
    again = accrual("demo", "--no-serve", "--home", str(tmp_path), "--top", "3", "--json")
    assert again.json.keys() == {"screening", "matches"}


def test_the_demo_names_its_patients(accrual: Callable[..., SimpleNamespace]) -> None:
    refused = accrual("demo", "--no-serve", "--patient", "nobody")
    assert refused.code == 2
    assert "choose one of" in refused.err


def test_one_patient_of_many_is_chosen_by_id(accrual: Callable[..., SimpleNamespace], tmp_path: Path) -> None:
    table = tmp_path / "patients.csv"
    table.write_text("id,age,sex,conditions\np1,30,F,diabetes\np2,40,M,T-ALL\n")
    asked = accrual("screen", SEED, str(table), *TODAY)
    assert asked.code != 0
    assert asked.out == ""
    assert "2 patients: choose one by its id (--person); there are p1, p2" in asked.err
    told = accrual("screen", SEED, str(table), "--person", "p2", "--json", *TODAY)
    assert told.code == 0
    assert "T-ALL" in told.out
    assert accrual("match", str(tmp_path), "--person", "p2", *TODAY).code == 0
