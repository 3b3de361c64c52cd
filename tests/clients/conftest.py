"""A server on loopback with real records, and the environments of the programs that ask it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from clients_environment import PACKAGES, PROGRAMS, Environments


@pytest.fixture(scope="session")
def environments() -> Environments:
    folder = Path(tempfile.gettempdir()) / f"accrual-clients-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    made = Environments(folder)
    for name in PACKAGES:
        made.begin(name)
    return made


@pytest.fixture(scope="session")
def server(real_home: Path) -> Iterator[str]:
    """`accrual serve` over real records, as a process of its own; gives its address."""
    command = [sys.executable, "-m", "accrual", "--home", str(real_home), "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            said = "".join(takewhile(lambda line: line != "}\n", process.stdout))
            assert said, "the server did not start"
            yield json.loads(f"{said}}}")["url"]
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def run_program(environments: Environments, server: str) -> Callable[[str], dict[str, Any]]:
    """Runs a program against the server, and gives the JSON that it prints."""

    def run(name: str) -> dict[str, Any]:
        command = [str(environments.python(name)), str(PROGRAMS / f"{name}_program.py"), server]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return run
