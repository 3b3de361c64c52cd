"""Runs of a watch: what is new, changed or gone, and whose verdict changed because of which words."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from watched import CRITERIA, SALT, Registry, woman

from accrual.errors import QueryError
from accrual.finder import Finder
from accrual.registry.files import read_record
from accrual.watch import run as watch_run
from accrual.watch.news import Report, VerdictNews
from accrual.watch.plan import plan_of
from accrual.watch.run import run_watch

ONE = 91000001


def searching(**search: Any) -> dict[str, Any]:
    return {"searches": [{"name": "mine", **search}]}


def watching(patient: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"patients": [{"name": "Jane Doe", "patient": patient, "trials": [f"NCT{ONE}"], **other}]}


def test_the_first_run_only_remembers(registry: Registry) -> None:
    registry.publish(ONE)
    registry.plan(searching(condition="breast cancer") | watching(woman()))
    report = registry.run()
    assert report.first
    assert not report.has_news
    assert (report.searches[0].first, report.searches[0].total) == (True, 1)
    assert (report.patients[0].first, report.patients[0].counts["ineligible"]) == (True, 1)


def test_nothing_new_is_nothing(registry: Registry) -> None:
    registry.publish(ONE)
    registry.plan(searching(condition="breast cancer") | watching(woman()))
    registry.run()
    again = registry.run("2026-06-02")
    assert not again.first
    assert not again.has_news
    assert again.since == "2026-06-01"


def test_a_trial_that_begins_to_match_is_new_and_one_that_ends_to_is_gone(registry: Registry) -> None:
    registry.publish(ONE)
    registry.publish(ONE + 1, status="COMPLETED")
    registry.plan(searching(condition="breast cancer", status="recruiting"))
    registry.run()
    registry.publish(ONE, status="COMPLETED")
    registry.publish(ONE + 1)
    registry.publish(ONE + 2)
    (search,) = registry.run().searches
    assert [one.nct_id for one in search.new] == [f"NCT{ONE + 1}", f"NCT{ONE + 2}"]
    assert [(one.nct_id, one.changes) for one in search.gone] == [
        (f"NCT{ONE}", ("Recruitment status: Recruiting → Completed",))
    ]
    assert not registry.run().has_news


def test_a_change_that_matters_is_told_and_a_new_date_is_not(registry: Registry) -> None:
    registry.publish(ONE)
    registry.publish(ONE + 1)
    registry.plan(searching(condition="breast cancer"))
    registry.run()
    registry.publish(ONE, title="Another title")
    registry.publish(ONE + 1)
    report = registry.run()
    assert [(one.nct_id, one.changes) for one in report.searches[0].changed] == [
        (f"NCT{ONE}", (f"Title: Study {ONE} → Another title",))
    ]
    assert report.unremarkable == 1


def test_a_trial_that_the_registry_removed_says_since_when(registry: Registry) -> None:
    registry.publish(ONE)
    registry.publish(ONE + 1)
    registry.plan(
        searching(condition="breast cancer")
        | watching(woman(birth_date="1990"), trials=[f"NCT{ONE}", f"NCT{ONE + 1}"])
    )
    registry.run()
    registry.remove(ONE, "2026-05-30")
    report = registry.run()
    (gone,) = report.searches[0].gone
    assert (gone.nct_id, gone.removed_on, gone.title) == (f"NCT{ONE}", "2026-05-30", f"Study {ONE}")
    (verdict,) = report.patients[0].verdicts
    assert verdict.after == "gone"
    assert "since 2026-05-30" in verdict.causes[0].words


def only(report: Report) -> VerdictNews:
    (patient,) = report.patients
    (verdict,) = patient.verdicts
    return verdict


@pytest.mark.parametrize(
    ("before", "after", "verdicts", "words"),
    [
        (
            CRITERIA,
            CRITERIA.replace("65", "70"),
            ("ineligible", "undetermined"),
            "Inclusion criterion changed: “Age up to 65 years” → “Age up to 70 years”",
        ),
        (
            CRITERIA.replace("65", "70"),
            CRITERIA,
            ("undetermined", "ineligible"),
            "Inclusion criterion changed: “Age up to 70 years” → “Age up to 65 years”",
        ),
        (
            CRITERIA.replace("* Age up to 65 years\n", ""),
            CRITERIA,
            ("undetermined", "ineligible"),
            "Inclusion criterion added: “Age up to 65 years”",
        ),
        (
            CRITERIA,
            CRITERIA.replace("* Age up to 65 years\n", ""),
            ("ineligible", "undetermined"),
            "Inclusion criterion removed: “Age up to 65 years”",
        ),
        (
            "Inclusion Criteria:\n\n* Breast cancer",
            "Inclusion Criteria:\n\n* Breast cancer\n* ECOG 0-1",
            ("eligible", "undetermined"),
            "Inclusion criterion added: “ECOG 0-1”",
        ),
    ],
)
def test_the_words_that_changed_a_verdict_are_named(
    registry: Registry, before: str, after: str, verdicts: tuple[str, str], words: str
) -> None:
    registry.publish(ONE, before)
    registry.plan(watching(woman()))
    registry.run()
    registry.publish(ONE, after)
    told = only(registry.run("2026-06-02"))
    assert (told.before, told.after) == verdicts
    assert [(cause.why, cause.words) for cause in told.causes] == [("record", words)]


def test_a_reordered_list_changes_no_verdict_and_is_not_told(registry: Registry) -> None:
    registry.publish(ONE)
    registry.plan(searching(condition="breast cancer") | watching(woman()))
    registry.run()
    registry.publish(
        ONE,
        CRITERIA.replace("* Breast cancer\n* Age up to 65 years", "- Age up to 65 years\n- Breast cancer"),
    )
    report = registry.run()
    assert not report.has_news
    assert report.unremarkable == 1


def test_a_field_of_the_record_that_changed_a_verdict_is_named(registry: Registry) -> None:
    text = "Inclusion Criteria:\n\n* Breast cancer"
    registry.publish(ONE, text, maximumAge="70 Years")
    registry.plan(watching(woman()))
    registry.run()
    registry.publish(ONE, text, maximumAge="60 Years")
    (cause,) = only(registry.run()).causes
    assert (cause.why, cause.words) == ("record", "Highest age: 70 years → Highest age: 60 years")


def test_a_birthday_is_the_calendar(registry: Registry) -> None:
    registry.publish(ONE)
    registry.plan(watching(woman(birth_date="1960-07-15")))
    registry.run("2026-07-14")
    told = only(registry.run("2026-07-15"))
    assert (told.before, told.after) == ("undetermined", "ineligible")
    assert [(cause.why, cause.after) for cause in told.causes] == [("calendar", "Age up to 65 years")]
    assert "The calendar alone" in told.causes[0].words


def test_another_patients_file_is_the_patients(registry: Registry) -> None:
    registry.publish(ONE)
    registry.plan(watching(woman(birth_date="1980")))
    registry.run()
    registry.plan(watching(woman(birth_date="1950")))
    told = only(registry.run())
    assert [cause.why for cause in told.causes] == ["patient"]
    assert "Age up to 65 years" in told.causes[0].words
    assert "1950" not in told.causes[0].words


def test_several_causes_are_told_each(registry: Registry) -> None:
    registry.publish(ONE, CRITERIA.replace("65", "60"))
    registry.plan(watching(woman(birth_date="1970")))
    registry.run()
    registry.plan(watching(woman(birth_date="1964-01-01")))  # 62: too old for 60
    registry.publish(ONE, CRITERIA.replace("65", "62"))  # and fits 62 again, until the birthday
    told = only(registry.run("2027-02-01"))
    assert [cause.why for cause in told.causes] == ["patient", "record", "calendar"]


def test_another_program_is_said_and_not_taken_for_the_patient(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.publish(ONE)
    registry.plan(watching(woman(birth_date="1980")))
    registry.run()
    registry.plan(watching(woman(birth_date="1950")))
    monkeypatch.setattr(watch_run, "compiler_version", lambda: "another")
    (cause,) = only(registry.run()).causes
    assert cause.why == "program"


def test_a_trial_that_is_new_to_a_patient_is_told_unless_it_rules_him_out(registry: Registry) -> None:
    registry.publish(ONE)
    registry.plan(
        {
            "searches": [{"name": "breast", "condition": "breast cancer"}],
            "patients": [{"name": "J", "patient": woman(), "searches": ["breast"]}],
        }
    )
    registry.run()
    registry.publish(ONE + 1, CRITERIA.replace("65", "80"))
    registry.publish(ONE + 2)
    told = only(registry.run())
    assert (told.nct_id, told.before, told.after) == (f"NCT{ONE + 1}", "", "undetermined")


def test_a_trial_that_is_not_here_is_said(registry: Registry) -> None:
    registry.publish(ONE)
    registry.plan(watching(woman(), trials=[f"NCT{ONE}", "NCT00000007"]))
    assert registry.run().patients[0].absent == ("NCT00000007",)


def test_silence_read_as_absence_is_decided_so_too(registry: Registry) -> None:
    registry.publish(ONE, CRITERIA.replace("65", "70"))
    registry.plan(watching(woman(), assume="notes"))
    assert registry.run().patients[0].watched == 1
    registry.publish(ONE, CRITERIA)
    assert only(registry.run()).after == "ineligible"


def test_a_patient_that_cannot_be_read_does_not_stop_the_others(registry: Registry) -> None:
    registry.publish(ONE)
    both = watching(woman())
    both["patients"].append({"name": "Other", "file": "there.json", "trials": [f"NCT{ONE}"]})
    registry.plan(both)
    there = registry.file.with_name("there.json")
    there.write_text(json.dumps(woman(birth_date="1980")))
    registry.run()
    there.unlink()
    first, second = registry.run().patients
    assert (first.failed, second.first) == ("", False)
    assert "there.json" in second.failed
    there.write_text(json.dumps(woman(birth_date="1950")))
    assert only_of(registry.run(), "Other").before == "undetermined"  # what was known before is known still


def only_of(report: Report, name: str) -> VerdictNews:
    (verdict,) = next(one for one in report.patients if one.name == name).verdicts
    return verdict


def test_a_search_and_a_patient_that_come_later_begin_by_themselves(registry: Registry) -> None:
    registry.publish(ONE)
    registry.plan(searching(condition="breast cancer"))
    registry.run()
    more = searching(condition="breast cancer") | watching(woman())
    more["searches"].append({"name": "new", "text": "breast"})
    registry.plan(more)
    report = registry.run()
    assert not report.first
    assert [one.first for one in (*report.searches, *report.patients)] == [False, True, True]
    assert not report.has_news


def test_another_data_folder_is_said(registry: Registry, tmp_path: Path) -> None:
    registry.publish(ONE)
    registry.plan(searching(condition="breast cancer"))
    registry.run()
    registry.home = tmp_path / "other"
    registry.publish(ONE, title="Another")
    report = registry.run()
    assert "another than at the last run" in report.notes[0]
    assert report.searches[0].changed[0].note == "Changed; its earlier version is not kept here."


def test_a_search_that_finds_too_much_is_refused(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_run, "MOST_FOUND", 1)
    registry.publish(ONE)
    registry.publish(ONE + 1)
    registry.plan(searching(condition="breast cancer"))
    with pytest.raises(QueryError, match="finds 2 studies"):
        registry.run()


def test_the_real_histories_replayed_are_told_as_they_came(
    tmp_path: Path, shared_data: Path, demo_chart: Callable[[], dict[str, Any]]
) -> None:
    with gzip.open(shared_data / "registry/history/versions.jsonl.gz", "rb") as lines:
        rows = [json.loads(line) for line in lines]
    rows.sort(key=lambda row: (row["nct_id"], row["last_update_posted"], row["version_holder"]))
    firsts = {row["nct_id"]: row for row in reversed(rows)}
    lasts = {row["nct_id"]: row for row in rows}
    numbers = sorted(firsts)
    plan = plan_of(
        json.dumps(
            {
                "searches": [{"name": "all"}],
                "patients": [{"name": "P", "patient": demo_chart(), "trials": numbers}],
            }
        ).encode(),
        tmp_path / "mine.yaml",
    )

    def load(some: list[dict[str, Any]]) -> None:
        finder.load_records([read_record(json.dumps(row["study"]).encode(), "shared") for row in some])

    day = date(2026, 3, 20)
    with Finder(tmp_path / "home") as finder:
        load(list(firsts.values()))
        _, state = run_watch(finder, plan, tmp_path / "mine.yaml", None, day, SALT)
        load(list(lasts.values()))
        report, state = run_watch(finder, plan, tmp_path / "mine.yaml", state, day, SALT)
        changed = report.searches[0].changed
        assert len(changed) + report.unremarkable == len(numbers)
        assert len(changed) >= 40
        assert all(one.changes and not one.note for one in changed)
        texts = " ".join(words for one in changed for words in one.changes)
        assert "Recruitment status: Not yet recruiting → Recruiting" in texts
        assert "Exclusion criterion changed" in texts
        assert not run_watch(finder, plan, tmp_path / "mine.yaml", state, day, SALT)[0].has_news


@pytest.fixture
def demo_chart() -> Callable[[], dict[str, Any]]:
    return lambda: woman(conditions=[{"name": "non-small cell lung cancer"}])
