"""Pages of a registry: every study once, none lost in silence, no walk without an end."""

from __future__ import annotations

import json
from typing import Any

import fault_proxy as faults
import made_up
import pytest
from fault_proxy import Fault, FaultProxy, Handler, Sent
from local_upstream import FIRST, STUDIES, Clock

from accrual.errors import UpstreamError
from accrual.registry.fetch import Client
from accrual.registry.files import Refusal, SourceRecord
from accrual.registry.upstream import DataSet, Selection, Upstream

ALL = [f"NCT{FIRST + at:08d}" for at in range(STUDIES)]


@pytest.fixture
def registry(client: Client) -> Upstream:
    """The upstream, asked in pages of ten."""
    return Upstream(client, page_studies=10)


def numbers(found: Any) -> list[str]:
    return [one.trial.nct_id for one in found if isinstance(one, SourceRecord)]


def edited(**changes: Any) -> Fault:
    """Answer a page with some of its keys changed; None takes a key out."""

    def fault(handler: Handler, sent: Sent) -> None:
        page = faults.read_page(sent) | changes
        body = json.dumps({key: value for key, value in page.items() if value is not None}).encode()
        faults.send(handler, Sent(200, {}, body))

    return fault


def test_the_data_set_has_its_day_and_its_tag(registry: Upstream) -> None:
    found = registry.data_set()
    assert found is not None
    assert (found.day, found.has_hour) == ("2026-03-10", False)
    assert registry.data_set(found.etag) is None
    assert DataSet("2026-08-14T09:00:05").has_hour
    assert not DataSet("2026-08-14").has_hour


@pytest.mark.parametrize("stamp", [b"{}", b'{"dataTimestamp":"yesterday"}', b'{"dataTimestamp":""}'])
def test_a_registry_that_names_no_day_is_refused(registry: Upstream, proxy: FaultProxy, stamp: bytes) -> None:
    proxy.next("/version", faults.say(stamp))
    with pytest.raises(UpstreamError, match="names no data of a certain day"):
        registry.data_set()


def test_all_pages_are_walked(registry: Upstream, proxy: FaultProxy) -> None:
    assert sorted(numbers(registry.studies(Selection()))) == ALL
    assert len(proxy.paths("/studies")) == 6
    assert sorted(registry.numbers(Selection())) == ALL


def test_only_what_is_newer_is_asked_for(registry: Upstream) -> None:
    found = [
        one for one in registry.studies(Selection(), since="2026-03-08") if isinstance(one, SourceRecord)
    ]
    assert {one.last_update for one in found} == {"2026-03-08", "2026-03-09"}
    assert len(found) == sum(at % 9 >= 7 for at in range(STUDIES))


def test_a_selection_narrows_also_what_is_newer(registry: Upstream) -> None:
    some = Selection(expression="AREA[NCTId](NCT90000001 OR NCT90000009)")
    assert sorted(numbers(registry.studies(some))) == ["NCT90000001", "NCT90000009"]
    assert numbers(registry.studies(some, since="2026-03-05")) == ["NCT90000009"]
    assert registry.count(some) == 2
    assert registry.count(Selection()) == STUDIES


def test_studies_are_had_by_their_numbers_and_those_that_are_gone_are_left_out(registry: Upstream) -> None:
    assert numbers(registry.named(["NCT90000003", "NCT12345678"])) == ["NCT90000003"]
    assert numbers(registry.named([])) == []


def test_a_token_that_repeats_is_not_followed_for_ever(registry: Upstream, proxy: FaultProxy) -> None:
    page = {"studies": [json.loads(made_up.body(FIRST))], "nextPageToken": "round"}
    proxy.next("pageToken", *[faults.say(json.dumps(page).encode())] * 20)
    with pytest.raises(UpstreamError, match=r"page 3 leads back to an earlier one.*tried 3 times"):
        list(registry.studies(Selection()))


def test_tokens_without_an_end_are_not_followed_for_ever(registry: Upstream, proxy: FaultProxy) -> None:
    count = iter(range(1000))

    def endless(handler: Handler, sent: Sent) -> None:
        body = json.dumps({"studies": [{}], "totalCount": 57, "nextPageToken": f"t{next(count)}"}).encode()
        faults.send(handler, Sent(200, {}, body))

    proxy.next("/studies", *[endless] * 100)
    with pytest.raises(UpstreamError, match="the pages do not end"):
        list(registry.studies(Selection()))
    assert len(proxy.requests) == 3 * (57 // 10 + 5)


def test_a_broken_walk_begins_anew_and_then_is_whole(
    registry: Upstream, proxy: FaultProxy, clock: Clock
) -> None:
    proxy.next("pageToken", edited(nextPageToken=None))
    found = numbers(registry.studies(Selection()))
    assert len(found) == 20 + STUDIES
    assert set(found) == set(ALL)
    assert clock.sleeps == [1.0]


def test_pages_that_end_early_are_not_taken_for_the_whole(registry: Upstream, proxy: FaultProxy) -> None:
    proxy.next("pageToken", *[edited(nextPageToken=None)] * 3)
    with pytest.raises(UpstreamError, match=r"ended after 20 of 57 studies; tried 3 times"):
        list(registry.numbers(Selection()))


def test_a_token_of_data_that_was_replaced_begins_anew(registry: Upstream, proxy: FaultProxy) -> None:
    proxy.next("pageToken", faults.refuse(400, "the token is of data that has been replaced"))
    assert set(numbers(registry.studies(Selection()))) == set(ALL)


def test_a_total_that_is_asked_for_must_be_told(registry: Upstream, proxy: FaultProxy) -> None:
    proxy.next("/studies", edited(totalCount=None))
    with pytest.raises(UpstreamError, match="does not say how many studies"):
        list(registry.studies(Selection()))


def test_what_is_no_study_is_refused_alone_in_pages_and_spoils_a_list(
    registry: Upstream, proxy: FaultProxy
) -> None:
    proxy.next("/studies", edited(studies=[{"protocolSection": {}}], totalCount=1, nextPageToken=None))
    (refusal,) = registry.studies(Selection())
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("no NCT number")
    assert refusal.where.endswith("/api/v2/studies page 1, study 1")
    proxy.next("/studies", edited(studies=[{"protocolSection": {}}], totalCount=1, nextPageToken=None))
    with pytest.raises(UpstreamError, match="something else in it"):
        list(registry.numbers(Selection()))


def test_an_expression_that_cannot_be_read_is_the_askers_to_mend(registry: Upstream) -> None:
    with pytest.raises(UpstreamError, match=r"HTTP 400.*mismatched input"):
        list(registry.studies(Selection(expression="AREA[")))


def test_a_selection_has_one_spelling() -> None:
    assert Selection().spelling == ""
    assert Selection(condition="lung cancer").spelling == "query.cond=lung+cancer"
    assert Selection(expression="AREA[Phase]PHASE3").spelling == "filter.advanced=AREA%5BPhase%5DPHASE3"
