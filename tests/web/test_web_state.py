"""What state the pages show is said: a snapshot, a trial that was removed; and a history is a feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from starlette.testclient import TestClient

from accrual.finder import Finder
from accrual.store.records import RecordStore
from accrual.store.snapshot import snapshot_folder
from accrual.store.writer import RecordWriter
from accrual.web.app import create_app

from .conftest import ATTACK
from .pseudo import CODE, untranslated

NUMBER = "NCT91000001"
ATOM = "{http://www.w3.org/2005/Atom}"
SAID = "These pages show a fixed state: snapshot review, the registry as it was on November 2, 2026."


def record(status: str, day: str, title: str = "A trial") -> str:
    status_module = {"overallStatus": status, "lastUpdatePostDateStruct": {"date": day}}
    study = {
        "identificationModule": {"nctId": NUMBER, "briefTitle": title},
        "statusModule": status_module,
    }
    return json.dumps({"protocolSection": study})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with one trial in two versions."""
    for number, body in enumerate(
        (record("RECRUITING", "2025-01-01"), record("COMPLETED", "2026-01", ATTACK))
    ):
        path = tmp_path / f"{number}.json"
        path.write_text(body)
        with Finder(tmp_path / "home") as finder:
            finder.load([path])
    return tmp_path / "home"


@pytest.fixture
def kept(home: Path) -> Iterator[TestClient]:
    """The pages over a snapshot of that folder."""
    with Finder(home) as finder:
        finder.make_snapshot("review", date(2026, 11, 2))
    with Finder(snapshot_folder(home, "review")) as finder:
        yield TestClient(create_app(finder))


@pytest.mark.parametrize("address", ["/", "/search", f"/trials/{NUMBER}", "/about-the-data", "/nowhere"])
def test_every_page_over_a_snapshot_names_it(kept: TestClient, address: str) -> None:
    page = kept.get(address).text
    assert page.count(SAID) == 1
    assert (
        "la copia review, con el registro como estaba el 2 de noviembre de 2026"
        in kept.get(address, params={"lang": "es"}).text
    )


def test_about_the_data_has_the_snapshot_among_its_facts(kept: TestClient, pseudo: str) -> None:
    assert "<dt>Snapshot</dt>" in kept.get("/about-the-data").text
    kept.cookies.set("lang", CODE)
    assert untranslated(kept.get("/about-the-data").text, "review") == []


@pytest.mark.parametrize("address", ["/", "/about-the-data"])
def test_pages_over_the_newest_state_name_none(client: TestClient, address: str) -> None:
    assert "snapshot" not in client.get(address).text.lower()


def test_a_history_is_a_feed_of_its_versions(home: Path) -> None:
    with Finder(home) as finder:
        client = TestClient(create_app(finder))
        answer = client.get(f"/trials/{NUMBER}/history.atom")
        again = client.get(f"/trials/{NUMBER}/history.atom")
        spanish = client.get(f"/trials/{NUMBER}/history.atom?lang=es").text
        page = client.get(f"/trials/{NUMBER}/history").text
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert again.content == answer.content
    assert page.count(f'href="/trials/{NUMBER}/history.atom"') == 2
    feed = etree.fromstring(answer.content)
    entries = feed.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}updated") for one in entries] == [
        "2026-01-01T00:00:00Z",
        "2025-01-01T00:00:00Z",
    ]
    assert feed.findtext(f"{ATOM}updated") == "2026-01-01T00:00:00Z"
    assert [one.findtext(f"{ATOM}title") for one in entries] == [
        "January 2026: Completed",
        "January 1, 2025: Recruiting",
    ]
    assert "Recruitment status: Recruiting → Completed" in entries[0].findtext(f"{ATOM}content", "")
    assert entries[1].findtext(f"{ATOM}content") == "The oldest version kept here."
    assert len({one.findtext(f"{ATOM}id") for one in entries}) == 2
    assert feed.findtext(f"{ATOM}title", "").startswith(f"{NUMBER}: ")
    assert "<script" not in answer.text
    assert 'xml:lang="es"' in spanish
    assert "La versión más antigua" in spanish


def test_an_entry_stays_the_same_when_an_older_version_is_loaded(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "older.json"
    path.write_text(record("NOT_YET_RECRUITING", "2024-01-01"))

    def ids() -> list[str | None]:
        with Finder(home) as finder:
            feed = TestClient(create_app(finder)).get(f"/trials/{NUMBER}/history.atom").content
        return [one.findtext(f"{ATOM}id") for one in etree.fromstring(feed).findall(f"{ATOM}entry")]

    before = ids()
    with Finder(home) as finder:
        finder.load([path])
    assert ids()[:2] == before


def test_a_feed_is_refused_as_its_page_is(client: TestClient) -> None:
    assert (
        client.get("/trials/NCT4785833/history.atom").headers["location"]
        == "/trials/NCT04785833/history.atom"
    )
    assert client.get("/trials/NCT01010101/history.atom").status_code == 404


@pytest.mark.parametrize("rest", ["", "/history", "/history.atom", "/take-part", "/dates.ics"])
def test_a_removed_trial_says_when_it_was_found_gone(home: Path, pseudo: str, rest: str) -> None:
    with RecordStore(home) as store, RecordWriter(store) as writer:
        writer.remove((NUMBER,), "2026-11-20")
    with Finder(home) as finder:
        client = TestClient(create_app(finder))
        page = client.get(f"/trials/{NUMBER}{rest}")
        assert page.status_code == 404
        assert "The registry took this trial down. It was found gone on November 20, 2026" in page.text
        assert str(home) not in page.text
        assert "A trial" not in page.text
        client.cookies.set("lang", CODE)
        assert untranslated(client.get(f"/trials/{NUMBER}{rest}").text) == []
