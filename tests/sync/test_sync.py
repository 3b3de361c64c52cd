"""Sync: everything once, then what is new; what looks like damage is kept back; a crash loses and skips nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import fault_proxy as faults
import made_up
import pytest
from fault_proxy import Edit, Fault, FaultProxy
from local_upstream import FIRST, STUDIES, Clock, LocalUpstream, made_up_records

from accrual.errors import StoreError, UpstreamError
from accrual.registry.fetch import Client, Patience
from accrual.registry.upstream import Selection, Upstream
from accrual.store.load import Progress, load_records
from accrual.store.lock import FileLock
from accrual.store.records import RecordStore
from accrual.store.roster import read_roster, roster_path
from accrual.sync import LOCK_NAME, SyncPlan, SyncReport, mass_limit, sync

ALL = [f"NCT{FIRST + at:08d}" for at in range(STUDIES)]
HIDDEN = ALL[3]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    with RecordStore(tmp_path / "home") as made:
        yield made


Run = Callable[..., SyncReport]


@pytest.fixture
def run(store: RecordStore, client: Client) -> Run:
    """Sync from the proxy, in pages of ten."""

    def go(on_progress: Any = None, **plan: Any) -> SyncReport:
        client.requests = 0
        return sync(store, Upstream(client, page_studies=10), SyncPlan(**plan), on_progress)

    return go


def stamped(proxy: FaultProxy, day: str) -> None:
    """Have the registry say once that its data is of a day."""
    proxy.next("/version", faults.say(f'{{"dataTimestamp":"{day}T09:00:05"}}'.encode()))


def hiding(*numbers: str) -> Edit:
    """Take studies out of every page, as if the registry had them no more."""

    def edit(page: dict[str, Any]) -> dict[str, Any]:
        kept = [one for one in page["studies"] if _number(one) not in numbers]
        if "totalCount" in page:  # of a narrower search it is not known here: no promise then
            page["totalCount"] = STUDIES - len(numbers) if page["totalCount"] == STUDIES else 0
        return page | {"studies": kept}

    return edit


def emptied(number: str, keep: Callable[[dict[str, Any]], dict[str, Any]]) -> Edit:
    """Have a study come with only a part of itself."""

    def edit(page: dict[str, Any]) -> dict[str, Any]:
        return page | {"studies": [keep(one) if _number(one) == number else one for one in page["studies"]]}

    return edit


def _number(study: dict[str, Any]) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def bare(study: dict[str, Any]) -> dict[str, Any]:
    """A study of which its number alone is left, and a new date."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": _number(study)},
            "statusModule": {"lastUpdatePostDateStruct": {"date": "2026-03-11"}},
        }
    }


def test_the_first_sync_has_everything(run: Run, store: RecordStore, proxy: FaultProxy) -> None:
    report = run()
    assert report.kind == "first"
    assert list(store.nct_ids()) == ALL
    assert report.loaded is not None
    assert (report.loaded.added, report.loaded.refused) == (STUDIES, 0)
    assert report.updated_through == "2026-03-09"
    assert not report.listed
    assert not report.asks
    (source,) = store.sources()
    assert (source.base_url, source.query) == (f"{proxy.url}/api/v2", "")
    assert source.data_timestamp == "2026-03-10T00:00:00"
    assert source.listed_on == "2026-03-10"
    assert read_roster(roster_path(store.home, source.base_url, "")) == set(ALL)
    assert not list((store.home / "incoming").iterdir())


def test_records_are_the_upstreams_byte_for_byte(
    run: Run, store: RecordStore, upstream: LocalUpstream
) -> None:
    run()
    for number in ALL:
        assert store.get(number) == upstream.finder.record(number)


def test_nothing_new_is_found_out_in_one_request(run: Run, proxy: FaultProxy, store: RecordStore) -> None:
    run()
    generation = store.generation
    proxy.requests.clear()
    report = run()
    assert (report.kind, report.requests, report.loaded) == ("nothing new", 1, None)
    assert [path for path, _ in proxy.requests] == ["/api/v2/version"]
    assert "if-none-match" in proxy.requests[0][1]
    assert store.generation == generation
    assert report.data_timestamp == "2026-03-10T00:00:00"


def test_the_same_hour_is_the_same_data_whatever_the_tag(run: Run, proxy: FaultProxy) -> None:
    stamped(proxy, "2026-03-10")
    run()
    stamped(proxy, "2026-03-10")
    assert run().kind == "nothing new"


def test_the_same_day_with_another_tag_is_read_again(run: Run, proxy: FaultProxy) -> None:
    run()
    proxy.next("/version", faults.say(b'{"dataTimestamp":"2026-03-10T00:00:00"}', etag='W/"another"'))
    assert run().kind == "update"


def test_a_day_later_only_the_newest_and_a_day_before_are_asked_for(run: Run, proxy: FaultProxy) -> None:
    run()
    proxy.requests.clear()
    stamped(proxy, "2026-03-11")
    report = run()
    assert report.kind == "update"
    assert all("RANGE%5B2026-03-08%2CMAX" in path for path in proxy.paths("/studies?"))
    assert report.loaded is not None
    assert report.loaded.seen == report.loaded.unchanged == sum(at % 9 >= 7 for at in range(STUDIES))
    assert report.requests == 4  # version, two pages, size


def test_a_registry_that_is_behind_changes_nothing(run: Run, proxy: FaultProxy, store: RecordStore) -> None:
    run()
    held = store.sources()
    stamped(proxy, "2026-03-09")
    assert run().kind == "older"
    assert store.sources() == held


def test_a_day_in_the_far_future_does_not_skip_the_years_up_to_it(run: Run, proxy: FaultProxy) -> None:
    stamped(proxy, "2099-01-01")
    assert run().updated_through == "2026-03-09"
    stamped(proxy, "2099-01-02")
    proxy.requests.clear()
    run()
    assert any("RANGE%5B2026-03-08%2CMAX" in path for path in proxy.paths("/studies?"))


def test_a_selection_is_fetched_in_pages_and_kept_apart(
    run: Run, store: RecordStore, proxy: FaultProxy
) -> None:
    some = Selection(expression=f"AREA[NCTId]({ALL[0]} OR {ALL[1]})")
    report = run(selection=some)
    assert list(store.nct_ids()) == ALL[:2]
    assert not proxy.paths("download")
    assert report.query == some.spelling
    assert run(selection=some).kind == "nothing new"
    assert run().kind == "first"
    assert len(store.sources()) == 2
    assert list(store.nct_ids()) == ALL


@pytest.mark.parametrize(
    "fault",
    [faults.refuse(404), faults.refuse(302, location="http://elsewhere.example/all.zip")],
    ids=["not there", "at another host"],
)
def test_where_the_download_cannot_be_had_the_pages_are_read(
    run: Run, store: RecordStore, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.next("download", fault)
    assert run().kind == "first"
    assert list(store.nct_ids()) == ALL


def test_a_study_that_is_gone_is_removed_and_stays_readable(
    run: Run, store: RecordStore, proxy: FaultProxy
) -> None:
    run()
    proxy.edits.append(hiding(HIDDEN))
    report = run(check_removed=True)
    assert report.listed
    assert report.removed == (HIDDEN,)
    assert store.removed_on(HIDDEN) == "2026-03-10"
    assert HIDDEN not in set(store.nct_ids())
    assert store.get(HIDDEN)
    proxy.edits.clear()
    report = run(check_removed=True)
    assert report.removed == ()
    assert store.removed_on(HIDDEN) is None
    assert list(store.nct_ids()) == ALL


def test_fewer_studies_than_before_have_the_lists_compared(
    run: Run, store: RecordStore, proxy: FaultProxy
) -> None:
    run()
    proxy.edits.append(hiding(HIDDEN))
    proxy.next("/stats/size", faults.say(f'{{"totalStudies":{STUDIES - 1}}}'.encode()))
    stamped(proxy, "2026-03-11")
    report = run()
    assert report.removed == (HIDDEN,)
    assert store.sources()[0].listed_on == "2026-03-11"


def test_the_lists_are_compared_every_week_of_the_registry(run: Run, proxy: FaultProxy) -> None:
    run()
    stamped(proxy, "2026-03-16")
    assert not run().listed
    stamped(proxy, "2026-03-17")
    assert run().listed


def test_studies_that_the_first_download_lacked_are_fetched(
    run: Run, store: RecordStore, proxy: FaultProxy
) -> None:
    from accrual.registry.export.archive import zip_parts

    most = ((f"{one.trial.nct_id}.json", one.body) for one in made_up_records()[:-5])
    proxy.archive = b"".join(zip_parts(most, date(2026, 3, 10)))
    report = run()
    assert report.listed
    assert list(store.nct_ids()) == ALL


def test_studies_from_files_are_nobodys_to_take_away(run: Run, store: RecordStore) -> None:
    load_records(store, [made_up.record(91_000_000 + at) for at in range(3)])
    run()
    assert run(check_removed=True).removed == ()
    assert store.count() == STUDIES + 3


def test_a_list_that_is_lost_takes_nothing_away_and_fetches_nothing_twice(
    run: Run, store: RecordStore, proxy: FaultProxy
) -> None:
    run()
    path = roster_path(store.home, f"{proxy.url}/api/v2", "")
    for damage in (
        path.unlink,
        lambda: path.write_bytes(b"no gzip"),
        lambda: path.write_bytes(path.read_bytes()[:9]),
    ):
        damage()
        proxy.requests.clear()
        report = run(check_removed=True)
        assert report.removed == ()
        assert not proxy.paths("filter.ids")
        assert read_roster(path) == set(ALL)


def test_what_another_source_lists_is_not_taken_away(run: Run, store: RecordStore, proxy: FaultProxy) -> None:
    run()
    some = Selection(expression=f"AREA[NCTId]({ALL[3]} OR {ALL[4]})")
    run(selection=some)
    proxy.edits.append(hiding(HIDDEN))
    assert run(selection=some, check_removed=True).removed == ()
    assert store.removed_on(HIDDEN) is None


def test_a_study_that_leaves_a_selection_is_not_gone(run: Run, store: RecordStore, proxy: FaultProxy) -> None:
    some = Selection(expression=f"AREA[NCTId]({ALL[0]} OR {ALL[1]})")
    run(selection=some)
    only = f'{{"studies":[{made_up.body(FIRST).decode()}],"totalCount":1}}'.encode()
    proxy.next("NCTId", *[faults.say(only)] * 3)
    report = run(selection=some, check_removed=True)
    assert report.removed == ()
    assert store.removed_on(ALL[1]) is None


def listing(*numbers: str) -> bytes:
    """A page of a list of numbers, the only one."""
    studies = [{"protocolSection": {"identificationModule": {"nctId": number}}} for number in numbers]
    return json.dumps({"studies": studies, "totalCount": len(numbers)}).encode()


def test_many_studies_gone_at_once_are_not_believed(run: Run, store: RecordStore, proxy: FaultProxy) -> None:
    def fewer() -> None:
        proxy.next("fields=NCTId", faults.say(listing(*ALL[52:])))
        proxy.next("filter.ids", faults.say(listing()))

    run()
    fewer()
    report = run(check_removed=True)
    assert report.asks
    assert (report.removed, report.not_removed, report.not_removed_first) == ((), 52, tuple(ALL[:52]))
    assert list(store.nct_ids()) == ALL
    assert run().asks  # it is told until somebody has looked
    fewer()
    report = run(accept_removals=True)
    assert report.removed == tuple(ALL[:52])
    assert list(store.nct_ids()) == ALL[52:]
    assert not run().asks


def test_a_study_that_comes_unreadable_is_not_taken_for_gone(
    run: Run, store: RecordStore, proxy: FaultProxy
) -> None:
    run()
    proxy.next("fields=NCTId", faults.say(listing(*ALL[1:])))
    proxy.next("filter.ids", faults.say(b'{"studies":[{"protocolSection":{}}],"totalCount":1}'))
    report = run(check_removed=True)
    assert (report.removed, report.not_removed) == ((), 1)
    assert store.removed_on(ALL[0]) is None


def test_a_study_that_shrinks_to_nothing_is_kept_as_it_was_until_somebody_says_so(
    run: Run, store: RecordStore, proxy: FaultProxy
) -> None:
    run()
    held = store.get(ALL[8])  # posted on the last day, so that a daily sync asks for it
    proxy.edits.append(emptied(ALL[8], bare))
    stamped(proxy, "2026-03-11")
    report = run()
    assert report.asks
    assert [one.nct_id for one in report.kept_back] == [ALL[8]]
    assert "2 of its 4 modules are left" in report.kept_back[0].reason
    assert store.get(ALL[8]) == held
    report_file = (store.home / "load-report.jsonl").read_text()
    assert f"{ALL[8]}: only " in report_file
    # It is asked for again although its day has passed long ago.
    stamped(proxy, "2026-03-13")
    assert run().asks
    stamped(proxy, "2026-03-13")
    assert run(accept_removals=True).kept_back == ()
    assert store.get(ALL[8]) != held
    stamped(proxy, "2026-03-14")
    assert not run().asks


def test_a_registry_full_of_shrunk_studies_is_not_read_on(
    run: Run, store: RecordStore, proxy: FaultProxy
) -> None:
    run()
    for number in ALL:
        proxy.edits.append(emptied(number, bare))
    proxy.next("download", faults.refuse(404))
    with pytest.raises(UpstreamError, match="51 studies came without most of what they had"):
        run(full=True)
    assert store.sources()[0].data_timestamp == "2026-03-10T00:00:00"


def test_a_break_at_any_request_loses_nothing_and_skips_nothing(
    run: Run, store: RecordStore, proxy: FaultProxy
) -> None:
    everything = Selection(expression="AREA[LastUpdatePostDate]RANGE[2026-01-01,MAX]")
    for broken in range(8):  # the data, the count, six pages
        # All requests up to this one are answered, and then no more.
        for at in range(100):
            if at >= broken:
                proxy.next("/", faults.refuse(404))
            else:
                proxy.next("/", faults.send)
        with pytest.raises(UpstreamError):
            run(selection=everything)
        proxy._faults.clear()
        assert store.sources() == ()
    run(selection=everything)
    assert list(store.nct_ids()) == ALL


def test_a_crash_before_the_end_is_made_good_by_the_next_run(
    run: Run, store: RecordStore, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    held = store.sources()
    proxy.edits.append(hiding(HIDDEN))
    monkeypatch.setattr("accrual.sync.write_roster", _crash)
    with pytest.raises(KeyboardInterrupt):
        run(check_removed=True)
    assert store.sources() == held
    monkeypatch.undo()
    assert run(check_removed=True).removed == (HIDDEN,)
    assert store.removed_on(HIDDEN) == "2026-03-10"


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_two_syncs_at_once_the_second_is_told_who(run: Run, store: RecordStore) -> None:
    with (
        FileLock(store.home / LOCK_NAME, "syncing"),
        pytest.raises(StoreError, match=r"in use by process \d+ on"),
    ):
        run()


def test_progress_says_how_many_there_will_be(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accrual.store.load.PROGRESS_SECONDS", 0)
    told: list[Progress] = []
    run(told.append)
    assert told
    assert told[0].records_total == STUDIES
    assert all(one.records <= one.records_total for one in told)


def test_how_many_may_be_gone_at_once() -> None:
    assert mass_limit(0) == mass_limit(10_000) == 50
    assert mass_limit(600_000) == 3_000


def test_one_accrual_feeds_another_day_after_day(tmp_path: Path, clock: Clock) -> None:
    """What is loaded into one arrives in the other by a sync, also twice on one day."""
    with (
        RecordStore(tmp_path / "own") as store,
        LocalUpstream(tmp_path / "other") as other,
        Client(other.url, Patience(rate=0), clock=clock.now, sleep=clock.sleep) as client,
    ):
        other.publish(made_up_records()[:5])

        def go() -> SyncReport:
            return sync(store, Upstream(client), SyncPlan())

        assert go().kind == "first"
        other.publish([made_up.record(FIRST, "2026-03-10", "2026-03-10", "changed")])
        report = go()
        assert report.kind == "update"
        assert report.loaded is not None
        assert report.loaded.changed == 1
        assert store.get(ALL[0]) == other.finder.record(ALL[0])
        assert go().kind == "nothing new"
