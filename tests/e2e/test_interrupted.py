"""Ctrl-C at any moment of a load: quiet, exit code 130, and a store that is good and can be loaded again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

PROGRAM = (sys.executable, "-m", "accrual")
STUDIES = 1200


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough studies to keep a load busy for some seconds."""
    path = tmp_path_factory.mktemp("studies") / "studies.jsonl"
    text = "Inclusion Criteria:\n\n" + "\n".join(f"* Age {age} or older, ECOG 0-1" for age in range(18, 30))
    with path.open("w") as file:
        for number in range(STUDIES):
            identity = {"nctId": f"NCT92{number:06d}", "briefTitle": f"Study {number}"}
            modules = {"identificationModule": identity, "eligibilityModule": {"eligibilityCriteria": text}}
            file.write(json.dumps({"protocolSection": modules}) + "\n")
    return path


def test_a_load_stopped_at_any_moment_leaves_a_good_store(
    accrual: Callable[..., SimpleNamespace], home: Path, studies: Path
) -> None:
    held = 0
    for delay in (0.5, 1.2, 2.0):
        arguments = [*PROGRAM, "--home", str(home), "load", str(studies)]
        with subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as loading:
            time.sleep(delay)
            os.killpg(loading.pid, signal.SIGINT)  # as a terminal does: to the whole group
            out, err = loading.communicate(timeout=60)
        assert err == ""
        assert (loading.returncode, out) == (130, "") or loading.returncode == 0
        now = accrual("status", "--json").json["studies"]
        assert held <= now <= STUDIES  # what was committed stays
        held = now
    assert accrual("load", studies, "--json").json["seen"] == STUDIES
    assert accrual("find", "--json", "--top", "1").json["total"] == STUDIES
