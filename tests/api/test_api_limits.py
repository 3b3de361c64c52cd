"""What a request may cost: an end to its time, and a pace for each address."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from accrual.api.caching import answer, is_unchanged, takes_gzip
from accrual.api.limits import MAX_CLIENTS_REMEMBERED, RateLimit, Workers


def test_work_that_does_not_end_is_given_up_and_other_work_goes_on() -> None:
    stuck = threading.Event()
    workers = Workers(seconds=0.1, threads=2)

    async def ask() -> str:
        with pytest.raises(HTTPException, match=r"longer than 0\.1 seconds"):
            await workers.run(lambda: stuck.wait(10))
        return await workers.run(lambda: "answered")

    try:
        assert asyncio.run(ask()) == "answered"
    finally:
        stuck.set()
        workers.close()


def test_work_that_finds_no_free_thread_runs_out_of_time_too() -> None:
    stuck = threading.Event()
    workers = Workers(seconds=0.1, threads=1)

    async def ask() -> list[int]:
        asked = [workers.run(lambda: stuck.wait(10)), workers.run(lambda: True)]
        return [
            one.status_code
            for one in await asyncio.gather(*asked, return_exceptions=True)
            if isinstance(one, HTTPException)
        ]

    try:
        assert asyncio.run(ask()) == [503, 503]
    finally:
        stuck.set()
        workers.close()


def test_parts_are_made_one_by_one_as_they_are_taken() -> None:
    made: list[int] = []

    def parts() -> Iterator[bytes]:
        for number in range(5):
            made.append(number)
            yield bytes([number])

    workers = Workers(seconds=5)

    async def take_two() -> list[bytes]:
        taken = []
        async for part in workers.pace(parts()):
            taken.append(part)
            if len(taken) == 2:
                break
        return taken

    assert asyncio.run(take_two()) == [b"\0", b"\1"]
    assert made == [0, 1]
    workers.close()


async def _hello(request: Request) -> Response:
    return PlainTextResponse("hello")


def test_an_address_that_asks_too_often_is_told_when_to_come_back() -> None:
    app = Starlette(routes=[Route("/", _hello)], middleware=[Middleware(RateLimit, rate=0.5, burst=3)])
    client = TestClient(app)
    answers = [client.get("/") for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert answers[3].headers["content-type"] == "text/plain; charset=UTF-8"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 2


def test_the_pace_comes_back_with_time_and_is_each_addresss_own() -> None:
    now = 0.0
    limit = RateLimit(Starlette(), rate=2, burst=1, clock=lambda: now)
    assert limit.take("a") == 0
    assert limit.take("b") == 0
    assert limit.take("a") == 0.5
    now = 0.5
    assert limit.take("a") == 0


def test_a_flood_of_addresses_takes_no_more_memory() -> None:
    limit = RateLimit(Starlette(), rate=1, burst=1)
    for number in range(MAX_CLIENTS_REMEMBERED + 50):
        limit.take(str(number))
    assert len(limit._tokens) == MAX_CLIENTS_REMEMBERED


def _request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw})


@pytest.mark.parametrize(
    ("header", "same"),
    [('W/"a"', True), ('"a"', True), ('"b", W/"a"', True), ("*", True), ('"b"', False), ("", False)],
)
def test_a_tag_that_is_named_means_that_nothing_changed(header: str, same: bool) -> None:
    assert is_unchanged(_request(if_none_match=header), 'W/"a"') is same


@pytest.mark.parametrize(
    ("header", "takes"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("identity", False), ("", False)],
)
def test_only_who_takes_gzip_gets_it(header: str, takes: bool) -> None:
    request = _request(accept_encoding=header)
    assert takes_gzip(request.headers) is takes
    response = answer(request, b"plain", b"packed", "application/json", 'W/"a"')
    assert ("content-encoding" in response.headers) is takes
    assert response.body == (b"packed" if takes else b"plain")
