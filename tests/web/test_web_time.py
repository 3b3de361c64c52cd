"""Work that does not end in its time is given up: each page says so, and the others still answer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import pytest
from starlette.testclient import TestClient

from accrual.api.limits import WORKERS, Limits, Workers
from accrual.api.refusals import out_of_time
from accrual.finder import Finder
from accrual.web.app import create_app

OURS = {"origin": "http://testserver"}
SHOWN = [
    "/",
    "/places",
    "/places/united-states?show=trials&text=leukemia",
    "/trials/NCT04785833",
    "/trials/NCT04785833/history",
    "/trials/NCT04785833/dates.ics",
    "/trials/NCT04785833/simulate?null=40",
    "/compare?id=NCT04785833",
    "/about-the-data",
    "/trials/NCT04785833/take-part",
    "/trials/NCT04785833/screen",
    "/take-part?text=leukemia",
]
SENT = {
    "/take-part": {"begin": "1", "about_what": "leukemia"},
    "/trials/NCT04785833/take-part": {"start": "1"},
    "/trials/NCT04785833/screen": {"text": "a woman of 61 with asthma"},
    "/match": {"text": "a woman of 61 with asthma"},
    "/coordinators/matrix": {"text": "a woman of 61 with asthma"},
    "/coordinators/patients": {"trial": "NCT04785833", "text": "a woman of 61 with asthma"},
}


ASKED_AT_START = frozenset({"snapshot"})
"""What the pages ask of the facade before they serve: were it to wait, so would everything."""


class Stuck:
    """A facade all of whose work waits until it is told to go on; `free` names what does not."""

    def __init__(self, finder: Finder, over: Event, free: frozenset[str] = frozenset()) -> None:
        self._held = (finder, over, free)
        self.arrived = Semaphore(0)

    def __getattr__(self, name: str) -> Any:
        finder, _, free = self._held
        if name in free or name in ASKED_AT_START:
            return getattr(finder, name)
        if not callable(getattr(type(finder), name)):
            self._wait()  # a property: its work is done when it is asked for
            return getattr(finder, name)

        def late(*given: object, **named: object) -> object:
            self._wait()
            return getattr(finder, name)(*given, **named)

        return late

    def _wait(self) -> None:
        self.arrived.release()
        self._held[1].wait(60)


@pytest.fixture(scope="module")
def stuck(web_home: Path) -> Iterator[TestClient]:
    """The pages over a facade that answers nothing in time."""
    over = Event()
    with Finder(web_home) as finder:
        app = create_app(Stuck(finder, over), limits=Limits(seconds=0.01))  # type: ignore[arg-type]
        yield TestClient(app, raise_server_exceptions=False, follow_redirects=False)
        over.set()


@pytest.mark.parametrize("address", SHOWN)
def test_a_page_that_takes_too_long_offers_to_try_again(stuck: TestClient, address: str) -> None:
    page = stuck.get(address)
    assert page.status_code == 503
    assert page.headers["retry-after"]
    assert "This took too long" in page.text
    assert f'href="{address.replace("&", "&amp;")}">Try again</a>' in page.text
    assert "content-security-policy" in page.headers


@pytest.mark.parametrize("address", SENT)
def test_a_form_that_takes_too_long_says_to_go_back_and_shows_nothing_of_it(
    stuck: TestClient, address: str
) -> None:
    page = stuck.post(address, data=SENT[address], headers=OURS)
    assert page.status_code == 503
    assert page.headers["cache-control"] == "no-store"
    assert "What you sent was not stored" in page.text
    assert "Try again</a>" not in page.text
    assert "asthma" not in page.text


def test_a_cell_that_takes_too_long_says_so_in_its_place(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(self: Workers, work: object, *given: object) -> None:
        raise out_of_time(self.seconds)

    monkeypatch.setattr(Workers, "run", late)
    sent = {"held": "AAAA", "cell": "NCT04785833-person"}
    part = client.post("/coordinators/matrix", data=sent, headers={"hx-request": "true"})
    assert part.status_code == 503
    assert "The rules of this cell took too long" in part.text
    assert "<html" not in part.text


@pytest.mark.parametrize("address", ["/map?text=leukemia", "/trials/NCT04785833/map"])
def test_a_map_that_takes_too_long_says_so_as_json(stuck: TestClient, address: str) -> None:
    answer = stuck.get(address)
    assert answer.status_code == 503
    assert answer.json() == {"error": "The map took too long."}


@pytest.mark.parametrize("kind", ["words", "places"])
def test_suggestions_that_take_too_long_are_none(stuck: TestClient, kind: str) -> None:
    answer = stuck.get("/suggest", params={"q": "leu", "kind": kind})
    assert answer.status_code == 503
    assert answer.json() == {"suggestions": [], "titles": {}}


def test_where_all_searches_are_stuck_trials_and_places_still_answer(web_home: Path) -> None:
    over = Event()
    with Finder(web_home) as finder, ThreadPoolExecutor(WORKERS) as visitors:
        slow = Stuck(finder, over, frozenset({"show", "criteria", "versions", "locations"}))
        client = TestClient(create_app(slow))  # type: ignore[arg-type]
        try:
            searches = [visitors.submit(client.get, "/search?text=leukemia") for _ in range(WORKERS)]
            assert all(slow.arrived.acquire(timeout=60) for _ in searches)
            assert client.get("/places").status_code == 200
            assert client.get("/trials/NCT04785833").status_code == 200
            assert not any(one.done() for one in searches)
        finally:
            over.set()
        assert [one.result(60).status_code for one in searches] == [200] * WORKERS
