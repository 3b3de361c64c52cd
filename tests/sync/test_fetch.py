"""The network client: polite, patient up to a point, and never content with half an answer."""

from __future__ import annotations

import gzip

import fault_proxy as faults
import msgspec
import pytest
from fault_proxy import Fault, FaultProxy
from local_upstream import Clock

from accrual.errors import UpstreamError
from accrual.registry.fetch import (
    ATTEMPTS,
    OTHER_RATE,
    REGISTRY_RATE,
    REGISTRY_URL,
    Client,
    Patience,
    RefusedError,
    default_rate,
    read_address,
    user_agent,
)

decode = msgspec.json.decode


def test_an_answer_comes_with_its_tag_and_a_second_question_costs_no_body(client: Client) -> None:
    got = client.get("/version", {}, decode)
    assert got is not None
    assert got[0]["dataTimestamp"].startswith("2026-03-10")
    assert client.get("/version", {}, decode, got[1].headers["etag"]) is None


def test_it_says_who_it_is_and_takes_gzip_over_one_connection(client: Client, proxy: FaultProxy) -> None:
    for _ in range(3):
        client.get("/version", {}, decode)
    for _, headers in proxy.requests:
        assert headers["user-agent"] == user_agent()
        assert headers["accept-encoding"] == "gzip"
    assert user_agent().startswith("accrual/")
    pools = client._manager.pools
    assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118 - no mapping


@pytest.mark.parametrize(
    "fault",
    [
        faults.reset,
        faults.cut(0.5),
        faults.cut(0.5, abrupt=True),
        faults.too_long,
        faults.too_short,
        faults.refuse(500),
        faults.refuse(503),
        faults.refuse(429),
        faults.say(b"<html>maintenance</html>"),
        faults.say(b'{"dataTimestamp": '),
        faults.say(b"not gzip", content_encoding="gzip"),
        faults.say(b"[]"),
    ],
    ids=[
        "reset", "half", "reset in the middle", "too long", "too short", "500", "503", "429", "html",
        "half json", "broken gzip", "other json",
    ],
)  # fmt: skip
def test_what_passes_by_is_waited_out(client: Client, proxy: FaultProxy, clock: Clock, fault: Fault) -> None:
    proxy.next("/version", fault, fault)
    got = client.get("/version", {}, msgspec.json.Decoder(dict[str, str]).decode)
    assert got is not None
    assert "dataTimestamp" in got[0]
    assert len(proxy.paths("/version")) == 3
    assert clock.sleeps == [1.0, 2.0]


def test_a_server_that_stalls_is_left_and_asked_again(proxy: FaultProxy, clock: Clock) -> None:
    proxy.next("/version", faults.stall)
    patience = Patience(rate=0, stall_seconds=0.5, attempts=100)
    with Client(proxy.url, patience, clock=clock.now, sleep=clock.sleep, chance=lambda: 1.0) as client:
        assert client.get("/version", {}, decode) is not None
    assert clock.sleeps[0] == 1.0


def test_it_gives_up_in_the_end_and_says_what_where_and_what_to_do(client: Client, proxy: FaultProxy) -> None:
    proxy.next("/version", *[faults.refuse(500, "out of order")] * 20)
    with pytest.raises(
        UpstreamError, match=r"/version: refused with HTTP 500 \(out of order\); tried 6.*later"
    ):
        client.get("/version", {}, decode)
    assert len(proxy.requests) == ATTEMPTS


def test_pauses_grow_up_to_a_limit_and_never_keep_to_a_beat(proxy: FaultProxy, clock: Clock) -> None:
    chances = iter([0.0, 1.0] * 5)
    proxy.next("/version", *[faults.refuse(502)] * 9)
    patience = Patience(rate=0, attempts=10)
    with Client(
        proxy.url, patience, clock=clock.now, sleep=clock.sleep, chance=lambda: next(chances)
    ) as client:
        client.get("/version", {}, decode)
    assert clock.sleeps == [0.5, 2.0, 2.0, 8.0, 8.0, 32.0, 30.0, 60.0, 30.0]


def test_it_waits_as_long_as_it_is_told_to(client: Client, proxy: FaultProxy, clock: Clock) -> None:
    proxy.next("/version", faults.refuse(429, retry_after="17"))
    proxy.next("/version", faults.refuse(503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"))
    proxy.next("/version", faults.refuse(503, retry_after="soon"))
    client.get("/version", {}, decode)
    assert clock.sleeps == [17.0, 2.0, 4.0]


def test_nobody_is_made_to_wait_for_hours(client: Client, proxy: FaultProxy, clock: Clock) -> None:
    proxy.next("/version", faults.refuse(429, retry_after="7200"))
    with pytest.raises(UpstreamError, match=r"asks to wait 7,200 seconds"):
        client.get("/version", {}, decode)
    assert clock.sleeps == []


def test_it_asks_no_oftener_than_its_rate(proxy: FaultProxy, clock: Clock) -> None:
    with Client(proxy.url, Patience(rate=2), clock=clock.now, sleep=clock.sleep) as client:
        for _ in range(5):
            client.get("/version", {}, decode)
    assert clock.sleeps == [0.5] * 4


def test_the_public_registry_is_asked_least() -> None:
    assert default_rate(REGISTRY_URL) == REGISTRY_RATE < default_rate("http://127.0.0.1:8000") == OTHER_RATE


def test_a_refusal_that_will_not_pass_is_not_asked_again(client: Client, proxy: FaultProxy) -> None:
    with pytest.raises(RefusedError, match="HTTP 404") as caught:
        client.get("/nowhere", {}, decode)
    assert caught.value.status == 404
    assert len(proxy.requests) == 1


def test_too_large_an_answer_is_not_taken_even_when_it_comes_small(proxy: FaultProxy, clock: Clock) -> None:
    bomb = gzip.compress(b" " * 5_000_000)
    assert len(bomb) < 10_000
    proxy.next("/version", faults.say(bomb, content_encoding="gzip"))
    patience = Patience(rate=0, max_answer_bytes=1_000_000)
    with (
        Client(proxy.url, patience, clock=clock.now, sleep=clock.sleep) as client,
        pytest.raises(UpstreamError, match="more than 1,000,000 bytes"),
    ):
        client.get("/version", {}, decode)
    assert len(proxy.requests) == 1


def test_an_answer_that_only_trickles_comes_to_an_end(proxy: FaultProxy) -> None:
    ticks = iter(range(0, 100_000, 400))
    patience = Patience(rate=0, answer_seconds=300, attempts=1)
    with (
        Client(proxy.url, patience, clock=lambda: next(ticks), sleep=lambda _: None) as client,
        pytest.raises(UpstreamError, match="trickles"),
    ):
        client.get("/version", {}, decode)


def test_a_redirection_is_followed_on_the_same_host_only(client: Client, proxy: FaultProxy) -> None:
    proxy.next("/old", faults.refuse(301, location="/api/v2/version"))
    got = client.get("/old", {}, decode)
    assert got is not None
    assert "dataTimestamp" in got[0]
    proxy.next("/old", faults.refuse(302, location="http://elsewhere.example/api/v2/version"))
    with pytest.raises(UpstreamError, match=r"another host \(elsewhere.example\)"):
        client.get("/old", {}, decode)
    proxy.next("/round", *[faults.refuse(302, location="/api/v2/round")] * 9)
    with pytest.raises(UpstreamError, match="again and again"):
        client.get("/round", {}, decode)


def test_a_server_that_is_not_there_is_told_as_that(clock: Clock) -> None:
    with (
        Client("http://127.0.0.1:9", Patience(rate=0), clock=clock.now, sleep=clock.sleep) as client,
        pytest.raises(UpstreamError, match="cannot be reached: the connection is refused; tried 6 times"),
    ):
        client.get("/version", {}, decode)


def test_through_a_proxy_the_whole_address_is_asked_for(proxy: FaultProxy, clock: Clock) -> None:
    proxy.next("http://registry.example/api/v2/version", faults.refuse(404))
    address = proxy.url.replace("//", "//me:secret@")
    with (
        Client("http://registry.example", proxy=address, clock=clock.now, sleep=clock.sleep) as client,
        pytest.raises(UpstreamError) as caught,
    ):
        client.get("/version", {}, decode)
    assert "HTTP 404" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert proxy.requests[0][1]["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "text",
    ["", "clinicaltrials.gov", "ftp://x.example", "http://", "http://x:99999", "http://[", "http://x/?a=b"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UpstreamError, match=r"not the address of a registry: give one like https"):
        read_address(text)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(UpstreamError, match=r"^x.example: ") as caught:
        read_address("https://me:secret@x.example/api/v2")
    assert "secret" not in str(caught.value)


def test_an_address_has_one_spelling() -> None:
    assert read_address("https://ClinicalTrials.gov/api/v2/") == REGISTRY_URL
    assert read_address("https://clinicaltrials.gov") == REGISTRY_URL
    assert read_address("http://127.0.0.1:8000/mirror/") == "http://127.0.0.1:8000/mirror"
