"""The demo registry, with one hostile study in it, behind the web application."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from starlette.testclient import TestClient

from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients
from accrual.finder import Finder
from accrual.web.app import create_app

from .browser import ARGUMENTS, CHROMIUM
from .pseudo import spoken_in

HOSTILE = "NCT90009999"
ATTACK = '<script>alert("x")</script><img src=x onerror=alert(1)> {{ 7*7 }} " onmouseover="x'


def hostile_record() -> dict[str, object]:
    """A study whose every text tries to be HTML."""
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": HOSTILE,
                "briefTitle": f"Hostile {ATTACK}",
                "orgStudyIdInfo": {"id": ATTACK},
            },
            "statusModule": {"overallStatus": "RECRUITING", "whyStopped": ATTACK},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": ATTACK, "class": "<b>"}},
            "descriptionModule": {"briefSummary": f"{ATTACK}\n\n* {ATTACK}", "detailedDescription": ATTACK},
            "conditionsModule": {"conditions": [ATTACK]},
            "designModule": {"studyType": "<i>", "phases": ["<i>"], "enrollmentInfo": {"count": 3}},
            "armsInterventionsModule": {
                "armGroups": [{"label": ATTACK, "type": "<b>", "interventionNames": [ATTACK]}],
                "interventions": [{"type": "<b>", "name": ATTACK}],
            },
            "eligibilityModule": {"eligibilityCriteria": f"Inclusion Criteria:\n\n* {ATTACK}", "sex": "<b>"},
            "contactsLocationsModule": {
                "centralContacts": [{"name": ATTACK}],
                "locations": [{"facility": ATTACK, "city": "Oslo", "country": "Norway", "status": "<b>"}],
            },
        }
    }


@pytest.fixture(scope="session")
def web_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo registry and the hostile study."""
    home = tmp_path_factory.mktemp("web")
    record = tmp_path_factory.mktemp("record") / "hostile.json"
    record.write_text(json.dumps(hostile_record()))
    with Finder.demo(home) as finder:
        assert finder.load([record]).added == 1
    return home


@pytest.fixture
def client(application: TestClient) -> Iterator[TestClient]:
    """The application for one test: what a test leaves behind in cookies (a language) is gone in the next."""
    application.cookies.clear()
    yield application
    application.cookies.clear()


@pytest.fixture(scope="session")
def application(web_home: Path) -> Iterator[TestClient]:
    """The application, called in this process; unexpected errors become pages, as when served."""
    with Finder(web_home) as finder:
        app = create_app(finder, today=lambda: DEMO_TODAY)
        yield TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The part of an address that asks for the language made for tests."""
    with spoken_in(monkeypatch) as asked:
        yield asked


@pytest.fixture(scope="session")
def patient() -> bytes:
    """The first demo patient's file."""
    return demo_patients()[DEFAULT_PATIENT]


@pytest.fixture(scope="session")
def served(web_home: Path) -> Iterator[str]:
    """The address of a real server on the demo registry."""
    arguments = [sys.executable, "-m", "accrual", "--home", str(web_home), "serve", "--port", "0", "--json"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        written = "".join(server.stdout.readline() for _ in range(3))
        yield json.loads(written)["url"]
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=60) == 0


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One chromium for the tests of the pages; a test that asks for it is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started
        started.close()
