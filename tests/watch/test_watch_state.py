"""The watch file and its state: what is refused, and that nothing of a patient is kept."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from watched import Registry

from accrual.errors import SourceError, StoreError
from accrual.watch.plan import plan_of, read_plan
from accrual.watch.state import read_state, require_writable, state_path, watch_lock, write_state

ONE = 91000001
SECRET = {"birth_date": "1960-03-01", "conditions": [{"name": "breast cancer"}], "place": "Tuebingen"}


@pytest.fixture
def kept(registry: Registry) -> Registry:
    """A registry with one run behind it."""
    registry.publish(ONE)
    registry.plan(
        {
            "searches": [{"name": "Anna's", "condition": "breast cancer"}],
            "patients": [{"name": "Jane Doe", "patient": SECRET, "trials": [f"NCT{ONE}"]}],
        }
    )
    registry.run()
    return registry


def test_the_state_is_its_owners_alone_and_says_nothing_of_the_patient(kept: Registry) -> None:
    path = state_path(kept.file)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    held = path.read_text()
    for word in ("Jane", "Doe", "1960", "breast", "Anna", "Tuebingen", "mine.yaml", "female"):
        assert word not in held
    assert list(json.loads(held)["studies"]) == [str(ONE)]


def test_nothing_is_left_beside_the_state(kept: Registry) -> None:
    assert sorted(one.name for one in kept.file.parent.iterdir()) == [
        "home",
        "mine.yaml",
        "mine.yaml.state.json",
    ]


@pytest.mark.parametrize(
    "damage",
    [
        lambda held: held[: len(held) // 2],
        lambda held: b"",
        lambda held: b"[" * 100_000,
        lambda held: held.replace(b'"salt":"', b'"salt":"zz'),
        lambda held: held.replace(b'"format":1', b'"format":2'),
        lambda held: b'{"format": 1}',
        lambda held: b"\xff\xfe" + held,
        lambda held: held.replace(b'"generation":', b'"generation":"x'),
    ],
)
def test_a_damaged_state_is_refused_and_stays(kept: Registry, damage: object) -> None:
    path = state_path(kept.file)
    broken = damage(path.read_bytes())  # type: ignore[operator]
    path.write_bytes(broken)
    with pytest.raises(SourceError, match="move it away"):
        read_state(kept.file)
    assert path.read_bytes() == broken


def test_the_state_of_another_watch_file_is_refused(kept: Registry) -> None:
    other = kept.file.with_name("other.yaml")
    other.write_bytes(kept.file.read_bytes())
    state_path(other).write_bytes(state_path(kept.file).read_bytes())
    with pytest.raises(SourceError, match="another watch file"):
        read_state(other)


def test_a_state_that_lies_about_its_contents_does_no_harm(kept: Registry) -> None:
    """Numbers and hashes that never were: they are gone trials, and nothing breaks."""
    state = read_state(kept.file)
    assert state is not None
    searches = tuple(msgspec.structs.replace(one, studies=(1, 10**12, -5)) for one in state.searches)
    patients = tuple(
        msgspec.structs.replace(one, verdicts={"eligible": (7, 10**15)}) for one in state.patients
    )
    write_state(
        kept.file, msgspec.structs.replace(state, searches=searches, patients=patients, studies={7: "zz"})
    )
    report = kept.run()
    assert len(report.searches[0].gone) == 3
    assert {one.note for one in report.searches[0].gone} == {"This data folder does not hold it any more."}


def test_a_link_laid_there_is_replaced_and_not_followed(kept: Registry, tmp_path: Path) -> None:
    state = read_state(kept.file)
    assert state is not None
    victim = tmp_path / "victim"
    victim.write_text("precious")
    state_path(kept.file).unlink()
    state_path(kept.file).symlink_to(victim)
    write_state(kept.file, state)
    assert victim.read_text() == "precious"
    assert not state_path(kept.file).is_symlink()


def test_a_second_run_at_once_is_refused(kept: Registry) -> None:
    with watch_lock(kept.file), pytest.raises(StoreError, match="in use by"), watch_lock(kept.file):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_for_reading_only_says_so(kept: Registry) -> None:
    kept.file.parent.chmod(0o500)
    try:
        with pytest.raises(SourceError, match="--dry-run"):
            require_writable(kept.file)
    finally:
        kept.file.parent.chmod(0o700)


def test_a_folder_that_cannot_be_written_says_so(kept: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SourceError, match="--dry-run"):
        require_writable(kept.file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "one document"),
        ("searches: []", "nothing to watch"),
        ("searches: [{text: x}]", "name"),
        ("searches: [{name: a, colour: red}]", "colour"),
        ("searches: [{name: a}, {name: a}]", "number 2 of the searches"),
        ("patients: [{name: Jane, trials: [NCT1]}]", "either file or patient"),
        ("patients: [{name: Jane, file: a.json}]", "searches or trials"),
        ("patients: [{name: Jane, file: a.json, searches: [x]}]", "a search that the file does not have"),
        ("patients: [{name: Jane, file: a.json, trials: [hello]}]", "not an NCT number"),
        ("patients: [{name: Jane, file: a.json, trials: [NCT1], assume: Jane}]", "not one of those known"),
        ("searches: [", "not YAML"),
        ("a: &x [*x]", "alias"),
    ],
)
def test_a_watch_file_that_makes_no_sense_is_refused_without_naming_the_patient(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        plan_of(text.encode(), Path("mine.yaml"))
    assert "Jane" not in str(caught.value)
    assert "mine.yaml" in str(caught.value)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_a_plan_or_refused(data: bytes) -> None:
    for name in ("mine.yaml", "mine.json"):
        try:
            plan_of(data, Path(name))
        except SourceError:
            continue


def test_yaml_and_json_say_the_same(tmp_path: Path) -> None:
    yaml = "searches:\n  - name: a\n    phase: [1, 2]\n    status: recruiting\n    age: 67\n"
    (tmp_path / "a.yaml").write_text(yaml)
    (tmp_path / "a.json").write_text(
        '{"searches": [{"name": "a", "phase": [1, 2], "status": "recruiting", "age": 67}]}'
    )
    assert read_plan(tmp_path / "a.yaml") == read_plan(tmp_path / "a.json")
    with pytest.raises(SourceError, match=r"none\.yaml"):
        read_plan(tmp_path / "none.yaml")


def test_the_opaque_id_is_another_in_another_state(kept: Registry) -> None:
    state = read_state(kept.file)
    assert state is not None
    assert state.patients[0].id not in ("", "Jane Doe")
