"""A short run of the fuzzer of the API, so that it is known to work and to find nothing."""

from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path

import fuzz_api
from accrual.finder import Finder
from accrual.web.app import create_app


def test_no_changed_request_breaks_the_api(tmp_path: Path) -> None:
    with Finder.demo(tmp_path) as finder:
        app = create_app(finder)
        statuses, failed, _ = asyncio.run(fuzz_api.fuzz(app, 2_500, seed=11))
    assert failed == []
    assert {200, 204, 301, 304, 400, 404, 405} - {301} <= statuses.keys()
    assert statuses[200] > 300


def test_what_is_wrong_with_an_answer_is_told() -> None:
    ask = next(islice(fuzz_api.requests(1), 1))
    for answered in (
        fuzz_api.Answered(500, "text/plain", b"a fault", 0.0),
        fuzz_api.Answered(400, "application/json", b"{}", 0.0),
        fuzz_api.Answered(200, "application/json", b"{", 0.0),
        fuzz_api.Answered(200, "application/json", b"{}", 60.0),
    ):
        assert fuzz_api.fault(fuzz_api.Ask("GET", ask.path, ask.query), answered)
