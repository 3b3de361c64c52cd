"""Fresh statuses first: what the index knows agrees with the records, and an order is all that changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from accrual import Finder
from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients
from accrual.errors import QueryError
from accrual.registry.files import SourceRecord, read_record
from accrual.registry.labels import labels
from accrual.search import freshness
from accrual.search.freshness import kept_share, staleness_by_number
from accrual.search.query import Query

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finder]:
    with Finder.demo(tmp_path_factory.mktemp("demo")) as finder:
        yield finder


def made(
    number: int, verified: str, status: str = "RECRUITING", title: str = "Asthma", **dates: str
) -> SourceRecord:
    module = {"overallStatus": status, "statusVerifiedDate": verified}
    for name, day in dates.items():
        module[f"{name}DateStruct"] = {"date": day}  # type: ignore[assignment]
    body = {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": title},
            "statusModule": module,
        }
    }
    return read_record(json.dumps(body).encode(), "made up")


def numbers(finder: Finder, **asked: object) -> list[int]:
    found = finder.find(Query(today=TODAY, sort="fresh", **asked))  # type: ignore[arg-type]
    return [int(hit.nct_id[3:]) for hit in found.results]


def test_the_index_scores_every_study_as_its_record_does(demo: Finder) -> None:
    every = [str(number) for number in demo.nct_ids()]
    standings = demo.standings(every, TODAY)
    scores = staleness_by_number(demo._folder.registry.snapshot(), [int(each[3:]) for each in every], TODAY)
    assert {number: scores[int(number[3:])] for number in every} == {
        number: standings[number].staleness for number in every
    }
    assert len(set(scores.values())) > 5


def test_the_index_scores_every_kind_of_status_and_date_as_the_record_does(tmp_path: Path) -> None:
    statuses = ["", *labels("status")]
    days = {"completion": "2024-02", "start": "2025-11-30"}
    records = [made(at + 1, "2025-03", status, **days) for at, status in enumerate(statuses)]
    records += [made(90, ""), made(91, "2025-02-31"), made(92, "2030-01"), made(93, "1850-01")]
    with Finder(tmp_path) as finder:
        finder.load_records(records)
        every = [str(number) for number in finder.nct_ids()]
        standings = finder.standings(every, TODAY)
        scores = staleness_by_number(
            finder._folder.registry.snapshot(), [int(each[3:]) for each in every], TODAY
        )
    assert len(every) == len(records)
    for number in every:
        assert scores[int(number[3:])] == standings[number].staleness, number


def test_equal_hits_come_freshest_first_and_final_ones_before_stale(tmp_path: Path) -> None:
    with Finder(tmp_path) as finder:
        finder.load_records(
            [made(1, "2020-01"), made(2, "2026-11"), made(3, "2025-11"), made(4, "2001-01", "COMPLETED")]
        )
        assert numbers(finder, text="asthma")[2:] == [3, 1]
        assert set(numbers(finder, text="asthma")[:2]) == {2, 4}
        assert numbers(finder)[2:] == [3, 1]  # no words: by freshness alone
        assert numbers(finder, offset=2, top=1) == [3]
        assert numbers(finder, offset=9) == []


def test_what_fits_far_better_still_comes_first(tmp_path: Path) -> None:
    with Finder(tmp_path) as finder:
        padding = [made(number, "2026-11", title="Something else") for number in range(100, 140)]
        fresh = made(
            2, "2026-11", title="A study of many things that also has to do, in passing, with zoster"
        )
        finder.load_records([made(1, "2019-01", title="Zoster zoster"), fresh, *padding])
        assert numbers(finder, text="zoster") == [1, 2]


def test_pages_behind_the_window_go_on_where_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "WINDOW", 4)
    with Finder(tmp_path) as finder:
        finder.load_records([made(number, f"20{26 - number:02d}-01") for number in range(1, 11)])
        whole = numbers(finder, text="asthma", top=10)
        assert sorted(whole) == list(range(1, 11))
        pages = [numbers(finder, text="asthma", top=3, offset=at) for at in range(0, 10, 3)]
        assert [number for page in pages for number in page] == whole


def test_an_order_by_freshness_needs_its_day(demo: Finder) -> None:
    with pytest.raises(QueryError, match="needs a day"):
        demo.find(Query(sort="fresh"))


def test_a_study_that_the_index_lacks_counts_as_stale(demo: Finder) -> None:
    assert staleness_by_number(demo._folder.registry.snapshot(), [7], TODAY) == {7: 1.0}
    assert staleness_by_number(demo._folder.registry.snapshot(), [], TODAY) == {}


def test_hits_have_their_standing_where_a_day_was_given(demo: Finder) -> None:
    hit = demo.find(Query(top=1, today=TODAY)).results[0]
    assert hit.standing == demo.standings([hit.nct_id], TODAY)[hit.nct_id]
    assert demo.find(Query(top=1)).results[0].standing is None


def test_preferring_fresh_trials_changes_no_verdict_and_only_lowers_scores(demo: Finder) -> None:
    patient = demo.read_patient(demo_patients()[DEFAULT_PATIENT])
    plain = {one.nct_id: one for one in demo.match(patient, DEMO_TODAY, top=1000)}
    fresh = demo.match(patient, DEMO_TODAY, top=1000, prefer_fresh=True)
    assert {one.nct_id for one in fresh} == set(plain)
    for one in fresh:
        before = plain[one.nct_id]
        assert (one.verdict, one.met, one.unmet, one.unknown) == (
            before.verdict,
            before.met,
            before.unmet,
            before.unknown,
        )
        assert one.standing is not None
        assert one.score == pytest.approx(before.score * kept_share(one.standing.staleness), abs=2e-4)
    ruled_out = [one.verdict == "ineligible" for one in fresh]
    assert ruled_out == sorted(ruled_out)
