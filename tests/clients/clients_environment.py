"""Programs that others wrote, each in an environment of its own.

Environments are made with `venv` and pip when a test first needs one, under the system's temporary folder, and kept
there for the next run. Where the package index cannot be reached the tests are skipped, with pip's last line.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"

PACKAGES: dict[str, tuple[str, ...]] = {
    "altissimo": ("altissimo-clinicaltrials==2.0.5",),
    "clinical_trials_gov": ("clinical-trials-gov==1.0.0",),
    "ctgforge": ("--no-deps", "ctgforge==0.2.5", "httpx==0.28.1", "httpcore==1.0.9", "h11==0.16.0", "anyio", "certifi",
                 "idna", "pydantic==2.12.5", "pydantic-core==2.41.5", "typing-extensions", "annotated-types",
                 "typing-inspection"),
    "ctgov": ("ctgov==0.1.1",),
    "pytrials": ("pytrials-v2==0.1.0",),
    "schemathesis": ("schemathesis>=4,<5",),
}  # fmt: skip
"""program → what pip installs for it. ctgforge's pandas is only for its own tables, and 100 MB."""

INSTALL_SECONDS = 240


class Environments:
    """The environments, made side by side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pool = ThreadPoolExecutor(3)
        self._made: dict[str, Future[str]] = {}

    def begin(self, name: str) -> None:
        """Start making an environment, if nobody has."""
        if name not in self._made:
            self._made[name] = self._pool.submit(self._make, name)

    def python(self, name: str) -> Path:
        """Return the environment's Python; skip the test where it cannot be made."""
        self.begin(name)
        problem = self._made[name].result()
        if problem:
            pytest.skip(f"{name} cannot be installed here: {problem}")
        return self.folder / name / "bin" / "python"

    def _make(self, name: str) -> str:
        """Make an environment, and return what was wrong."""
        home, mark = self.folder / name, self.folder / name / "installed"
        wanted = json.dumps([*PACKAGES[name], sys.version])
        if mark.exists() and mark.read_text() == wanted:
            return ""
        building = self.folder / f"{name}.{os.getpid()}"
        venv.create(building, symlinks=True, with_pip=False)
        command = [sys.executable, "-m", "pip", "--python", str(building / "bin" / "python"), "install", "--quiet",
                   "--disable-pip-version-check", "--no-compile", "--retries", "1", "--timeout", "20",
                   *PACKAGES[name]]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return f"pip took more than {INSTALL_SECONDS} seconds"
        if done.returncode != 0:
            shutil.rmtree(building, ignore_errors=True)
            return (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        (building / "installed").write_text(wanted)
        # An environment is found by its Python's path, so it may be moved; its scripts may not, and none is used.
        shutil.rmtree(home, ignore_errors=True)
        building.rename(home)
        return ""
