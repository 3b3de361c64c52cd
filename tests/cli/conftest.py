"""A demo registry loaded once, and a way to run the command line in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accrual.cli.run import run
from accrual.demo import DEFAULT_PATIENT, demo_patients
from accrual.finder import Finder


class Ran(msgspec.Struct, frozen=True):
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds the demo registry."""
    home = tmp_path_factory.mktemp("demo")
    Finder.demo(home).close()
    return home


@pytest.fixture(scope="session")
def patient_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first demo patient as a file."""
    path = tmp_path_factory.mktemp("patients") / "patient.json"
    path.write_bytes(demo_patients()[DEFAULT_PATIENT])
    return path


@pytest.fixture
def accrual(
    demo_home: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Run one command on the demo registry in this process."""
    monkeypatch.setenv("ACCRUAL_HOME", str(demo_home))
    monkeypatch.setenv("COLUMNS", "80")

    def ran(*arguments: str) -> Ran:
        capfdbinary.readouterr()
        code = run(arguments)
        out, err = capfdbinary.readouterr()
        return Ran(int(code), out.decode(), err.decode())

    return ran
