"""A study that is gone from its source is found nowhere, and everywhere again when it is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accrual import Finder, demo
from accrual.basic import NctId
from accrual.cli.run import run
from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients
from accrual.errors import StudyRemovedError
from accrual.match.evaluate import Screener
from accrual.registry.files import read_record
from accrual.search.query import Query
from accrual.search.studies import Filters, StudyQuery
from accrual.store.records import RecordStore
from accrual.store.writer import RecordWriter
from accrual.web.app import create_app

GONE = NctId("NCT04785833")
STUDIES = len([*demo.demo_records()])
NUMBER = int(GONE[3:])
DAY = "2026-11-20"


def remove(home: Path, *numbers: str) -> None:
    with RecordStore(home) as store, RecordWriter(store) as writer:
        writer.remove(numbers, DAY)


@pytest.fixture
def finder(tmp_path: Path) -> Iterator[Finder]:
    """The demo registry, everything derived, then without one study."""
    Finder.demo(tmp_path).close()
    remove(tmp_path, GONE)
    with Finder(tmp_path) as finder:
        finder.catch_up()
        yield finder


def bring_back(finder: Finder) -> None:
    bodies = [read_record(body, "demo") for body in demo.demo_records()]
    finder.load_records([one for one in bodies if one.trial.nct_id == GONE])


def found(finder: Finder) -> bool:
    hits = {hit.nct_id for hit in finder.find(Query(text="", top=1000)).results}
    assert len(hits) == finder.find(Query()).total
    return GONE in hits


def listed(finder: Finder) -> bool:
    by_number = finder.studies(StudyQuery(filters=(Filters(ids=(GONE,)),))).nct_ids
    every = finder.studies(StudyQuery(), page_size=1000).nct_ids
    assert (GONE in by_number) == (GONE in every)
    return GONE in every


def swept(finder: Finder) -> bool:
    patient = finder.read_patient(demo_patients()[DEFAULT_PATIENT])
    return NUMBER in finder.sweep([Screener(patient, DEMO_TODAY)]).numbers.tolist()


def about(finder: Finder) -> bool:
    return NUMBER in finder.themes.numbers.tolist()


def counted(finder: Finder) -> bool:
    total = finder.figures.study_sizes()["totalStudies"]
    assert total == finder.status().studies
    return bool(total == STUDIES)


def located(finder: Finder) -> bool:
    _, countries = finder.locations.inside("", "count", 500, 0)
    return any(
        trial.nct_id == GONE for one in countries for trial in finder.locations.trials(one.path, 1000, 0)
    )


def read(finder: Finder) -> bool:
    status = finder.status()
    assert status.studies_read == status.studies
    return status.studies == STUDIES


ARTEFACTS = {
    "the text index": found,
    "the registry index": listed,
    "the programs": swept,
    "the themes": about,
    "the figures": counted,
    "the places": located,
    "the criteria": read,
}


@pytest.mark.parametrize("held_by", ARTEFACTS.values(), ids=list(ARTEFACTS))
def test_a_removed_study_is_in_no_artefact_and_one_that_is_back_is(
    finder: Finder, held_by: Callable[[Finder], bool]
) -> None:
    assert not held_by(finder)
    bring_back(finder)
    assert held_by(finder)


def test_a_registry_that_lost_a_study_is_as_one_that_never_had_it(finder: Finder, tmp_path: Path) -> None:
    home = tmp_path / "without"
    bodies = [read_record(body, "demo") for body in demo.demo_records()]
    with Finder(home) as without:
        without.load_records([one for one in bodies if one.trial.nct_id != GONE])
        assert finder.figures.values() == without.figures.values()
        assert finder.figures.sizes() == without.figures.sizes()
        assert finder.locations.inside("", "count", 500, 0) == without.locations.inside("", "count", 500, 0)
        assert [*finder.nct_ids()] == [*without.nct_ids()]
        patient = finder.read_patient(demo_patients()[DEFAULT_PATIENT])
        verdicts = [
            # Without scores: a search index counts the words of what was deleted until it is merged.
            {
                (match.nct_id, match.verdict, match.met, match.unmet)
                for match in one.match(patient, DEMO_TODAY, 50)
            }
            for one in (finder, without)
        ]
        assert verdicts[0] == verdicts[1]


def test_a_removed_study_is_refused_by_name_with_the_day(finder: Finder) -> None:
    for ask in (finder.show, finder.record, finder.criteria):
        with pytest.raises(StudyRemovedError, match=f"gone from its source since {DAY}") as caught:
            ask(GONE)
        assert caught.value.day == DAY
    held = finder.held(GONE)
    trial, compiled = finder.read(held.body)
    assert (trial.nct_id, compiled.nct_id, held.gone) == (GONE, GONE, DAY)
    assert len(finder.versions(GONE)) == 1
    assert finder.records([GONE]) == []
    assert GONE not in {number for number, _ in finder.all_records()}


def test_a_removed_study_is_not_compiled_again(finder: Finder, tmp_path: Path) -> None:
    before = finder.status().studies_read
    with pytest.raises(StudyRemovedError):
        finder.criteria(GONE)
    assert finder.status().studies_read == before == finder.status().studies


def test_the_command_line_shows_the_last_version_and_says_since_when_it_is_gone(
    finder: Finder, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    home = ("--home", str(finder.home))
    assert run([*home, "show", GONE, "--json"]) == 0
    out, err = capfdbinary.readouterr()
    assert GONE.encode() in out
    assert err.decode() == f"{GONE} is gone from its source since {DAY}: this is its last version.\n"
    assert run([*home, "criteria", GONE]) == 1
    assert f"gone from its source since {DAY}" in capfdbinary.readouterr().err.decode()


@pytest.mark.parametrize("path", ["studies/{}", "studies/{}?format=csv"])
def test_the_api_has_no_removed_study(finder: Finder, path: str) -> None:
    client = TestClient(create_app(finder))
    answer = client.get(f"/api/v2/{path.format(GONE)}", follow_redirects=False)
    assert (answer.status_code, answer.text) == (404, f"NCT number {GONE} not found")


@pytest.mark.parametrize(
    "path", ["/api/int/studies/{}?history=true", "/api/int/studies/{}/history/0", "/trials/{}"]
)
def test_no_page_and_no_history_is_served_of_a_removed_study(finder: Finder, path: str) -> None:
    with TestClient(create_app(finder)) as client:
        assert client.get(path.format(GONE)).status_code == 404
