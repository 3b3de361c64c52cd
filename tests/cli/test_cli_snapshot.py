"""What was found in a snapshot is found again, byte for byte, whatever was loaded since; a study as of a day."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accrual.cli.run import run
from accrual.demo import demo_records
from accrual.finder import Finder
from accrual.registry.files import read_record
from accrual.store.records import RecordStore
from accrual.store.writer import RecordWriter


class Ran(msgspec.Struct, frozen=True):
    """What one command did."""

    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


SEED, OTHER = "NCT04785833", "NCT90000001"


@pytest.fixture
def home(tmp_path: Path, demo_home: Path) -> Path:
    """A data folder with the demo registry, to be changed."""
    return Path(shutil.copytree(demo_home, tmp_path / "home"))


@pytest.fixture
def ask(
    home: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Run one command on that folder in this process."""
    monkeypatch.setenv("ACCRUAL_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "80")

    def ran(*arguments: str, code: int = 0) -> Ran:
        capfdbinary.readouterr()
        found = run(arguments)
        out, err = capfdbinary.readouterr()
        assert found == code, err.decode()
        return Ran(out.decode(), err.decode())

    return ran


def changed(nct: str, day: str, **modules: dict[str, Any]) -> bytes:
    """Return a demo record as a later version has it."""
    for body in demo_records():
        if nct.encode() in body:
            record = json.loads(body)
            if record["protocolSection"]["identificationModule"]["nctId"] == nct:
                break
    protocol = record["protocolSection"]
    for name, fields in modules.items():
        protocol.setdefault(name, {}).update(fields)
    protocol["statusModule"]["lastUpdatePostDateStruct"] = {"date": day, "type": "ACTUAL"}
    return msgspec.json.encode(record)


def load_changes(home: Path) -> None:
    """Change one study, add one, remove one."""
    new = changed(
        SEED,
        "2027-01-01",
        identificationModule={"nctId": "NCT90009999", "briefTitle": "A new leukemia trial"},
    )
    later = changed(
        OTHER,
        "2027-01-01",
        identificationModule={"briefTitle": "Changed"},
        statusModule={"overallStatus": "TERMINATED"},
    )
    with Finder(home) as finder:
        finder.load_records([read_record(new, "new"), read_record(later, "later")])
    with RecordStore(home) as store, RecordWriter(store) as writer:
        writer.remove([SEED], "2027-01-01")


def test_questions_to_a_snapshot_have_the_same_answers_for_good(
    ask: Callable[..., Ran], home: Path, patient_file: Path
) -> None:
    ask("snapshot", "create", "review")
    questions = [
        ("find", "leukemia", "--json"),
        ("find", "leukemia", "--near", "Suzhou"),
        ("match", str(patient_file), "--json"),
        ("match", str(patient_file)),
        ("screen", SEED, str(patient_file), "--json"),
        ("show", SEED, "--json"),
        ("show", OTHER),
        ("criteria", OTHER, "--json"),
        ("status", "--json"),
    ]
    before = [ask("--snapshot", "review", *question) for question in questions]
    live = [ask(*question).out for question in questions]
    load_changes(home)
    assert [ask("--snapshot", "review", *question) for question in questions] == before
    shutil.rmtree(home / "snapshots" / "review" / "derived")
    assert [ask("--snapshot", "review", *question) for question in questions] == before
    changed_now = [run(question) for question in questions]
    assert 1 in changed_now, "the removed study is gone from the data folder"
    assert ask(*questions[0]).out != live[0]


def test_every_answer_says_which_snapshot_it_is_of(ask: Callable[..., Ran], home: Path) -> None:
    made = ask("snapshot", "create", "review", "--json").json
    for words in (("find", "leukemia"), ("status",)):
        ran = ask("--snapshot", "review", *words, "--json")
        assert ran.err == f"Snapshot review of {made['day']}: {made['studies']} studies.\n"
        assert ran.json["snapshot"] == {"name": "review", "day": made["day"], "sha256": made["sha256"]}
    assert "snapshot" not in ask("find", "leukemia", "--json").json
    record = ask("--snapshot", "review", "show", SEED, "--json").json
    assert "snapshot" not in record, "a record stays as the registry has it"


def test_a_snapshot_in_use_answers_and_loading_goes_on_in_the_data_folder(
    ask: Callable[..., Ran], home: Path, tmp_path: Path
) -> None:
    ask("snapshot", "create", "review")
    assert "the snapshot review" in ask("snapshot", "use", "review").out
    count = ask("status", "--json").json["studies"]
    assert "in use" in ask("snapshot", "list").out
    new = tmp_path / "new.json"
    new.write_bytes(changed(SEED, "2027-01-01", identificationModule={"nctId": "NCT90009999"}))
    assert ask("load", str(new), "--json").json["added"] == 1
    assert ask("status", "--json").json["studies"] == count
    assert "data folder itself" in ask("snapshot", "use", "--none").out
    assert ask("status", "--json").json["studies"] == count + 1
    assert ask("snapshot", "use", "--none", "--json").json == {"in_use": None}


def test_what_changes_a_snapshot_or_names_none_is_refused(
    ask: Callable[..., Ran], home: Path, tmp_path: Path
) -> None:
    ask("snapshot", "create", "review")
    assert "never changes" in ask("--snapshot", "review", "load", str(tmp_path), code=2).err
    assert "there is: review" in ask("--snapshot", "nine", "find", code=3).err
    assert "there already" in ask("snapshot", "create", "review", code=3).err
    for words in (("use",), ("use", "review", "--none")):
        assert "either the NAME" in ask("snapshot", *words, code=2).err
    ask("snapshot", "use", "review")
    shutil.rmtree(home / "snapshots" / "review")
    assert "no snapshot review here" in ask("find", code=3).err
    ask("snapshot", "use", "--none")
    ask("find")


def test_history_tells_of_the_data_folder_whatever_is_in_use(ask: Callable[..., Ran], older: Path) -> None:
    ask("snapshot", "create", "review")
    ask("snapshot", "use", "review")
    assert "Now for the very old" in ask("history", OTHER, "--json").out
    assert "holds one version" in ask("--snapshot", "review", "history", OTHER, code=2).err
    with RecordStore(older) as store, RecordWriter(store) as writer:
        writer.remove([OTHER], "2026-11-15")
    assert ask("history", OTHER, "--json").json["removed_on"] == "2026-11-15"


def test_an_empty_list_says_how_to_make_one(ask: Callable[..., Ran]) -> None:
    ran = ask("snapshot", "list")
    assert (ran.out, "accrual snapshot create" in ran.err) == ("", True)
    assert ask("snapshot", "list", "--json").json == {"in_use": None, "snapshots": []}


def test_a_snapshot_travels_as_one_file(ask: Callable[..., Ran], tmp_path: Path) -> None:
    made = ask("snapshot", "create", "review", "--json").json
    file = tmp_path / "review.jsonl.zst"
    assert ask("snapshot", "export", "review", str(file), "--json").json == made
    elsewhere = ("--home", str(tmp_path / "elsewhere"))
    assert ask(*elsewhere, "snapshot", "import", str(file), "--json").json == made
    here = ask("--snapshot", "review", "find", "leukemia", "--json")
    there = ask(*elsewhere, "--snapshot", "review", "find", "leukemia", "--json")
    assert (here.out, here.err) == (there.out, there.err)
    assert "there already" in ask("snapshot", "export", "review", str(file), code=3).err


def test_another_compiler_is_said_in_one_line(ask: Callable[..., Ran], home: Path) -> None:
    made = ask("snapshot", "create", "review", "--json").json
    manifest = home / "snapshots" / "review" / "manifest.json"
    manifest.write_text(manifest.read_text().replace(made["made_by"]["compiler"], "f" * 16))
    assert "which may read criteria otherwise than this one" in ask("--snapshot", "review", "find").err


# -- as of a day


@pytest.fixture
def older(home: Path) -> Path:
    """The same, after one study was shut to all women and gone for a while."""
    text = "Inclusion Criteria:\n- Age 90 years or older\n"
    later = changed(
        OTHER, "2026-11-10", identificationModule={"briefTitle": "Now for the very old"}, eligibilityModule={
            "eligibilityCriteria": text, "minimumAge": "90 Years"})  # fmt: skip
    with Finder(home) as finder:
        finder.load_records([read_record(later, "later")])
    return home


def test_a_study_is_shown_as_it_was_on_a_day(ask: Callable[..., Ran], older: Path) -> None:
    with RecordStore(older) as store:
        newest, oldest = (version.last_update for version in store.versions(OTHER))
    now = ask("show", OTHER, "--json")
    assert "Now for the very old" in now.out
    then = ask("show", OTHER, "--as-of", "2026-11-09", "--json")
    assert "Now for the very old" not in then.out
    assert then.err == f"{OTHER} as of 2026-11-09: the version posted on {oldest}.\n"
    assert ask("show", OTHER, "--as-of", newest, "--json").out == now.out
    refused = ask("show", OTHER, "--as-of", "1999-01-01", code=1)
    assert f"the oldest here was posted on {oldest}" in refused.err


def test_criteria_and_verdicts_are_those_of_the_day(
    ask: Callable[..., Ran], older: Path, patient_file: Path
) -> None:
    assert "90" in ask("criteria", OTHER).out
    assert "90 years" not in ask("criteria", OTHER, "--as-of", "2026-11-09").out.lower()
    now = ask("screen", OTHER, str(patient_file), "--today", "2026-11-20", "--json").json
    then = ask("screen", OTHER, str(patient_file), "--as-of", "2026-11-09", "--json")
    assert now["verdict"] == "ineligible"
    assert then.json["verdict"] != "ineligible"
    same_day = ask(
        "screen", OTHER, str(patient_file), "--as-of", "2026-11-09", "--today", "2026-11-09", "--json"
    )
    assert same_day.json == then.json
    assert "the version posted on" in then.err


def test_finding_as_of_a_day_needs_its_snapshot_and_says_how_to_make_it(
    ask: Callable[..., Ran], older: Path, patient_file: Path
) -> None:
    day = ("--as-of", "2026-11-09")
    for question in (("find", "leukemia"), ("match", str(patient_file))):
        assert "`accrual snapshot create NAME --as-of 2026-11-09`" in ask(*question, *day, code=3).err
    made = ask("snapshot", "create", "then", *day, "--json").json
    assert (made["day"], made["past"]) == ("2026-11-09", True)
    ask("snapshot", "create", "a-later-one", "--as-of", "2026-11-10")
    found = ask("find", *day, "--top", "100", "--json")
    titles = [hit["title"] for hit in found.json["results"]]
    assert "Now for the very old" not in titles
    assert len(titles) == made["studies"]
    matched = ask("match", str(patient_file), *day, "--json")
    assert matched.out == ask("--snapshot", "then", "match", str(patient_file), "--json").out
    assert matched.out == ask("match", str(patient_file), *day, "--today", "2026-11-09", "--json").out
    ask("snapshot", "create", "other")
    assert "leave out --as-of" in ask("--snapshot", "other", "find", *day, code=2).err


def test_many_patients_are_matched_as_of_a_day(
    ask: Callable[..., Ran], older: Path, patient_file: Path
) -> None:
    ask("snapshot", "create", "then", "--as-of", "2026-11-09")
    out = patient_file.parent / "many.jsonl"
    ran = ask("match", "--patients", str(patient_file), "--out", str(out), "--as-of", "2026-11-09", "--json")
    assert ran.json["patients"] == 1
    assert "Now for the very old" not in out.read_text()
    out.unlink()


def test_a_study_that_was_gone_on_a_day_is_not_decided_on_it(
    ask: Callable[..., Ran], older: Path, patient_file: Path
) -> None:
    with RecordStore(older) as store, RecordWriter(store) as writer:
        writer.remove([OTHER], "2026-11-15")
    assert "gone from its source since 2026-11-15" in ask("screen", OTHER, str(patient_file), code=1).err
    assert "gone" in ask("screen", OTHER, str(patient_file), "--as-of", "2026-11-15", code=1).err
    ask("screen", OTHER, str(patient_file), "--as-of", "2026-11-14")
    shown = ask("show", OTHER, "--as-of", "2026-11-16", "--json")
    assert "is gone from its source since 2026-11-15" in shown.err
    assert "gone" not in ask("show", OTHER, "--as-of", "2026-11-14", "--json").err
    ask("snapshot", "create", "after", "--as-of", "2026-11-15")
    assert ask("find", OTHER, "--as-of", "2026-11-15", "--json").json["total"] == 0


def test_a_day_goes_with_a_study_and_not_with_a_text(ask: Callable[..., Ran], tmp_path: Path) -> None:
    text = tmp_path / "criteria.txt"
    text.write_text("Inclusion Criteria:\n- Adults\n")
    assert "not for --text" in ask("criteria", "--text", str(text), "--as-of", "2026-01-01", code=2).err
