"""A second process builds beside this one; where it fails, or is not waited for, nothing is lost but its work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from accrual import folder
from accrual.building import Build, SideProcess, Tell
from accrual.errors import StoreError
from accrual.finder import Finder
from accrual.search.query import Query
from accrual.search.studies import StudyQuery
from accrual.store.derived import CatchUpProgress

LEFT = "left.txt"
HELD = "held.fifo"


def build(home: Path, tell: Tell) -> None:
    tell(CatchUpProgress("beside", 3, 4))
    (home / LEFT).write_text("built")


def refuse(home: Path, tell: Tell) -> None:
    tell(CatchUpProgress("beside", 0, 4))
    raise StoreError(f"{home}: the disk is full")


def stop(home: Path, tell: Tell) -> None:
    """Wait for what never comes: the fifo has no writer."""
    (home / HELD).read_text()
    (home / LEFT).write_text("built")


def vanish(home: Path, tell: Tell) -> None:
    os._exit(1)


def test_what_was_built_beside_is_there_once_it_was_waited_for(tmp_path: Path) -> None:
    with SideProcess(build, tmp_path) as side:
        side.wait()
        assert (tmp_path / LEFT).read_text() == "built"


def test_a_process_that_fails_says_nothing_of_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with SideProcess(refuse, tmp_path) as side:
        side.wait()
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that nobody writes to")
def test_a_process_that_is_not_waited_for_is_ended(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / HELD)
    with pytest.raises(ZeroDivisionError), SideProcess(stop, tmp_path):
        raise ZeroDivisionError
    assert not (tmp_path / LEFT).exists()


def answers(home: Path) -> tuple[object, ...]:
    """What each kind of derived data answers."""
    with Finder(home) as finder:
        return (
            finder.find(Query(text="leukemia")).total,
            finder.studies(StudyQuery()).total,
            finder.figures.values(),
            finder.locations.inside("", "count", 50, 0),
            finder.programs.trials,
        )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """The answers of a folder that one process built."""
    home = tmp_path_factory.mktemp("plain")
    Finder.demo(home).close()
    return answers(home)


@pytest.mark.parametrize("beside", [folder._build_beside, vanish])
def test_a_load_is_the_same_whether_a_second_process_builds_or_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: tuple[object, ...], beside: Build
) -> None:
    monkeypatch.setattr(folder, "BESIDE_STUDIES", 1)
    monkeypatch.setattr(folder, "_build_beside", beside)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    started: list[Build] = []

    def note(build: Build, home: Path) -> SideProcess:
        started.append(build)
        return SideProcess(build, home)

    monkeypatch.setattr(folder, "SideProcess", note)
    Finder.demo(tmp_path).close()
    assert started == [beside]
    assert answers(tmp_path) == plain
