"""`accrual sync` as it is called: what it prints, and the code it ends with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import fault_proxy as faults
import pytest
from fault_proxy import FaultProxy
from local_upstream import FIRST, STUDIES

from accrual.cli.run import ExitCode, run
from accrual.store.lock import FileLock
from accrual.sync import LOCK_NAME


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def from_proxy(home: Path, proxy: FaultProxy) -> list[str]:
    return ["--home", str(home), "sync", "--base-url", proxy.url, "--rate", "1000"]


def test_it_fetches_everything_and_then_has_nothing_new(
    from_proxy: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(from_proxy) == ExitCode.OK
    printed = capsys.readouterr().out
    assert printed.startswith("Fetched everything from http://127.0.0.1:")
    assert f"\n  {STUDIES} new\n" in printed
    assert "updates read through 2026-03-09" in printed
    assert run(from_proxy) == ExitCode.OK
    assert capsys.readouterr().out.startswith("Nothing new: http://127.0.0.1:")
    assert run(["--home", str(home), "find", "made-up", "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["total"] == STUDIES
    assert run(["--home", str(home), "sync", "--check"]) == ExitCode.OK
    days = (datetime.now(UTC).date() - datetime(2026, 3, 10, tzinfo=UTC).date()).days
    assert f"{days:,} days old: data of 2026-03-10T00:00:00" in capsys.readouterr().out


def test_a_selection_is_told_in_the_report(from_proxy: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    expression = f"AREA[NCTId]NCT{FIRST}"
    assert run([*from_proxy, "--query", expression, "--json"]) == ExitCode.OK
    report = json.loads(capsys.readouterr().out)
    assert report["kind"] == "first"
    assert report["query"].startswith("filter.advanced=AREA")
    assert report["loaded"]["added"] == 1


def test_what_is_kept_back_is_asked_about(
    from_proxy: list[str], proxy: FaultProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(from_proxy) == ExitCode.OK
    proxy.next("fields=NCTId", faults.say(b'{"studies":[],"totalCount":0}'))
    proxy.next("filter.ids", faults.say(b'{"studies":[],"totalCount":0}'))
    capsys.readouterr()
    assert run([*from_proxy, "--check-removed"]) == ExitCode.ASKS
    assert f"{STUDIES} studies seem to be gone, which is too many" in capsys.readouterr().out


def test_a_registry_that_refuses_has_a_code_of_its_own(
    from_proxy: list[str], proxy: FaultProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    proxy.next("/version", faults.refuse(403, "go away"))
    assert run(from_proxy) == ExitCode.UPSTREAM
    said = capsys.readouterr().err
    assert "/api/v2/version: refused with HTTP 403 (go away)" in said
    assert "Traceback" not in said


def test_the_second_sync_at_once_is_told_who_is_first(
    from_proxy: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    with FileLock(home / LOCK_NAME, "syncing"):
        assert run(from_proxy) == ExitCode.UNAVAILABLE
    assert "syncing: wait for it, or stop it" in capsys.readouterr().err


def test_the_environments_proxy_is_heeded_by_the_command(
    home: Path, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    proxy.next("http://registry.example/api/v2/version", faults.refuse(404))
    assert run(["--home", str(home), "sync", "--base-url", "http://registry.example"]) == ExitCode.UPSTREAM
    assert proxy.paths() == ["http://registry.example/api/v2/version"]


def test_the_timer_names_the_folder_and_the_selection(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(["--home", str(home), "sync", "--timer", "--query", "AREA[Phase]PHASE3 AND 50%"]) == ExitCode.OK
    )
    printed = capsys.readouterr().out
    assert f"--home {home} sync --query 'AREA[Phase]PHASE3 AND 50%%'\n" in printed
    assert r"--query 'AREA[Phase]PHASE3 AND 50\%'" in printed
    assert "OnCalendar=Mon..Fri 15:00 UTC" in printed
    assert not home.exists()


def test_nothing_synced_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "sync", "--check"]) == ExitCode.OK
    assert capsys.readouterr().out == "Nothing was synced yet: accrual sync\n"


def test_an_address_that_is_none_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(home), "sync", "--base-url", "registry"]) == ExitCode.UPSTREAM
    assert "not the address of a registry" in capsys.readouterr().err
