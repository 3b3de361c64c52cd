"""The facade: the chain from files to verdicts over one data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import accrual.reading
from accrual import Finder
from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients, demo_records
from accrual.errors import QueryError, SourceError, StudyNotFoundError
from accrual.reading import read_all
from accrual.registry.files import SourceRecord, read_record
from accrual.search.query import Near, Query
from accrual.search.studies import StudyQuery
from accrual.store.criteria_cache import criteria_recipe
from accrual.store.derived import catch_up
from accrual.store.records import RecordStore

SEED = "NCT04785833"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finder]:
    with Finder.demo(tmp_path_factory.mktemp("demo")) as finder:
        yield finder


def test_an_empty_folder_answers_with_nothing(tmp_path: Path) -> None:
    with Finder(tmp_path / "new") as finder:
        assert finder.find(Query()).total == 0
        assert finder.status().studies == finder.status().criteria == 0
        with pytest.raises(StudyNotFoundError, match=SEED):
            finder.show(SEED)
        with pytest.raises(QueryError, match="NCT number"):
            finder.show("seed")


def test_the_demo_is_loaded_once(tmp_path: Path) -> None:
    studies = sum(1 for _ in demo_records())
    with Finder.demo(tmp_path) as finder:
        first = finder.status()
    with Finder.demo(tmp_path) as finder:
        again = finder.status()
    assert first == again
    assert first.studies == first.versions == first.studies_read == studies


def test_the_demo_opens_while_another_process_loads(tmp_path: Path) -> None:
    with Finder.demo(tmp_path):
        lock = RecordStore(tmp_path)
        from accrual.store.records import writer_lock

        with writer_lock(tmp_path), Finder.demo(tmp_path) as finder:
            assert finder.find(Query()).total > 0
        lock.close()


def test_searching_while_records_come_in_is_served_what_was_committed(tmp_path: Path) -> None:
    """A reader beside a load neither fails nor indexes the registry in the loader's stead."""
    bodies, seen = list(demo_records()), []

    def source() -> Iterator[SourceRecord]:
        for body in bodies[30:]:
            yield read_record(body)
            with Finder(tmp_path) as reader:
                seen.append(reader.find(Query()).total)

    with Finder(tmp_path) as loader:
        loader.load_records(read_record(body) for body in bodies[:30])
        loader.load_records(source())
        assert seen == [30] * (len(bodies) - 30)
        assert loader.find(Query()).total == len(bodies)


def test_every_study_is_found_by_its_number_and_by_an_empty_search(demo: Finder) -> None:
    numbers = list(demo.nct_ids())
    assert demo.find(Query()).total == len(numbers)
    for number in numbers:
        assert demo.find(Query(text=number)).results[0].nct_id == number


def test_a_place_measures_the_nearest_site(demo: Finder) -> None:
    place = demo.place("Suzhou, China")
    found = demo.find(Query(text="CD7 CAR-T", near=Near(place.point, 100, place.name)))
    assert found.total >= 1
    site = found.results[0].nearest_site
    assert site is not None
    assert site.distance_km is not None
    assert site.distance_km <= 100


def test_counts_of_understood_criteria_add_up(demo: Finder) -> None:
    status = demo.status()
    compiled = [demo.criteria(number) for number in demo.nct_ids()]
    marks = [criterion.understood for trial in compiled for criterion in trial.criteria]
    assert status.criteria == len(marks)
    assert status.understood_whole == marks.count("whole")
    assert status.understood_part == marks.count("part")
    assert status.understood_none == marks.count("none")


def test_matching_agrees_with_screening(demo: Finder) -> None:
    """Every ranked verdict is the one that screening that study alone gives."""
    for data in demo_patients().values():
        patient = demo.read_patient(data)
        matches = demo.match(patient, DEMO_TODAY)
        assert matches
        for match in matches:
            assert match.verdict == demo.screen(match.nct_id, patient, DEMO_TODAY).verdict


def test_matching_twice_gives_the_same(demo: Finder) -> None:
    patient = demo.read_patient(demo_patients()[DEFAULT_PATIENT])
    assert demo.match(patient, DEMO_TODAY) == demo.match(patient, DEMO_TODAY)
    assert demo.match(patient, DEMO_TODAY, top=1) == demo.match(patient, DEMO_TODAY)[:1]


def test_matching_keeps_to_the_statuses_asked_for(demo: Finder) -> None:
    patient = demo.read_patient(demo_patients()[DEFAULT_PATIENT])
    matches = demo.match(patient, DEMO_TODAY, status=("RECRUITING",))
    assert {match.status for match in matches} == {"RECRUITING"}


def test_a_patient_is_read_from_a_path_or_from_bytes(demo: Finder, tmp_path: Path) -> None:
    file = tmp_path / "patient.json"
    file.write_bytes(demo_patients()[DEFAULT_PATIENT])
    assert demo.read_patient(file) == demo.read_patient(file.read_bytes())
    with pytest.raises(SourceError, match=r"absent\.json"):
        demo.read_patient(tmp_path / "absent.json")


def test_deleting_what_is_derived_loses_nothing(tmp_path: Path) -> None:
    import shutil

    with Finder.demo(tmp_path) as finder:
        before = finder.find(Query(text="leukemia")), finder.criteria(SEED)
    shutil.rmtree(tmp_path / "derived")
    with Finder(tmp_path) as finder:
        assert (finder.find(Query(text="leukemia")), finder.criteria(SEED)) == before


def test_a_changed_compiler_reads_everything_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Finder.demo(tmp_path) as finder:
        studies = finder.status().studies_read
    monkeypatch.setattr("accrual.folder.compiler_version", lambda: "another")
    with Finder(tmp_path) as finder:
        assert finder.status().studies_read == 0
        finder.catch_up()
        assert finder.status().studies_read == studies


def test_workers_compile_what_one_process_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Finder.demo(tmp_path) as finder:
        alone = {number: finder.criteria(number) for number in finder.nct_ids()}
    monkeypatch.setattr(accrual.reading, "ALONE_STUDIES", 0)
    monkeypatch.setattr(accrual.reading, "CHUNK_STUDIES", 10)
    with RecordStore(tmp_path) as store:
        cache = catch_up(store, criteria_recipe("anew"))
        read_all(store, cache, workers=2)
        assert cache.totals().studies == len(alone)
        cache.close()
    monkeypatch.setattr("accrual.folder.compiler_version", lambda: "anew")
    with Finder(tmp_path) as finder:
        assert {number: finder.criteria(number) for number in finder.nct_ids()} == alone


_READER = """
import sys, time
from pathlib import Path
import accrual.reading as reading
from accrual.store.criteria_cache import criteria_recipe
from accrual.store.derived import catch_up
from accrual.store.records import RecordStore
reading.ALONE_STUDIES, reading.CHUNK_STUDIES = 0, 1
if __name__ == "__main__":
    store = RecordStore(Path(sys.argv[1]))
    cache = catch_up(store, criteria_recipe("killed"))
    def pause(progress):
        print(progress.done, flush=True)
        time.sleep(60)
    reading.read_all(store, cache, pause, workers=2)
"""


def test_killing_the_reader_ends_its_workers(tmp_path: Path) -> None:
    """`kill -9` while criteria are compiled leaves no process behind."""
    with Finder.demo(tmp_path / "home"):
        pass
    script = tmp_path / "reader.py"
    script.write_text(_READER)
    reader = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "home")], stdout=subprocess.PIPE, text=True
    )
    try:
        assert reader.stdout is not None
        assert reader.stdout.readline().strip().isdigit()
        workers = children_of(reader.pid)
        assert workers
    finally:
        reader.send_signal(signal.SIGKILL)
        reader.wait()
    deadline = time.monotonic() + 20
    while (left := [pid for pid in workers if is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def test_real_versions_load_and_the_newest_is_served(tmp_path: Path, shared_data: Path) -> None:
    versions = shared_data / "registry" / "history"
    with Finder(tmp_path) as finder:
        report = finder.load([versions])
        assert report.seen == finder.status().versions == 104
        assert finder.status().studies == 46
        again = finder.load([versions])
        assert (again.added, again.changed, again.unchanged) == (0, 0, 104)


def test_the_real_seed_trial_is_screened_as_the_demo_one(
    demo: Finder, tmp_path: Path, shared_data: Path
) -> None:
    """The demo's copy has its own words for the summary; its criteria are the record's."""
    real = read_record((shared_data / "seed" / f"{SEED}.json").read_bytes()).trial
    assert real.criteria_text == demo.show(SEED).criteria_text
    patient = demo.read_patient(demo_patients()[DEFAULT_PATIENT])
    with Finder(tmp_path) as finder:
        finder.load([shared_data / "seed" / f"{SEED}.json"])
        assert finder.screen(SEED, patient, DEMO_TODAY) == demo.screen(SEED, patient, DEMO_TODAY)


def children_of(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(folder.name))
    return found


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_a_page_sequence_goes_on_over_a_load_in_the_same_finder(tmp_path: Path) -> None:
    records = [read_record(body, "the demo registry") for body in demo_records()]
    with Finder(tmp_path) as finder:
        finder.load_records(records[:-2])
        whole = finder.studies(StudyQuery(), 1000).nct_ids
        first = finder.studies(StudyQuery(), 2)
        finder.load_records(records[-2:])
        rest = finder.studies(StudyQuery(), 1000, first.next_cursor)
        assert first.nct_ids + rest.nct_ids == whole
        assert finder.studies(StudyQuery()).total == len(whole) + 2
