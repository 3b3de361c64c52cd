"""The program as its users meet it: a process of its own, with files, pipes and signals."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accrual.cli.run import run

PROGRAM = (sys.executable, "-m", "accrual")
REPORT = "load-report.jsonl"


class Ran(msgspec.Struct, frozen=True):
    """What one process did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh data folder."""
    return tmp_path / "home"


@pytest.fixture
def accrual(home: Path) -> Callable[..., Ran]:
    """Run the program on the fresh data folder; `before` is put in front of the command line."""

    def ran(*arguments: object, before: tuple[str, ...] = ()) -> Ran:
        done = subprocess.run(
            [*before, *PROGRAM, "--home", str(home), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "COLUMNS": "100"},
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return ran


@pytest.fixture
def accrual_here(home: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the same in this process: for the many cases of one kind, where starting up would cost most of the time."""

    def ran(*arguments: object) -> Ran:
        capfd.readouterr()
        code = run(["--home", str(home), *map(str, arguments)])
        return Ran(int(code), *capfd.readouterr())

    return ran


@pytest.fixture
def report(home: Path) -> Callable[[], list[dict[str, Any]]]:
    """Read the report file: its refusals and warnings; the last line, the summary, is checked and left out."""

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in (home / REPORT).read_text(encoding="utf-8").splitlines()]
        assert found[-1]["refused"] == sum("reason" in line for line in found[:-1])
        assert found[-1]["warnings"] == sum("warning" in line for line in found[:-1])
        return found[:-1]

    return lines


@pytest.fixture
def powerless() -> tuple[str, ...]:
    """What to put before a command so that file permissions bind it, even where the tests run as root."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("the tests run as root, whom no permission stops, and setpriv is not installed")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
