"""`accrual ask`: questions listed, and asked at a terminal with each answer saved at once."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from accrual.demo import DEMO_TODAY

TODAY = f"--today={DEMO_TODAY}"


def test_the_best_questions_are_listed(accrual: Callable[..., Any], patient_file: Path) -> None:
    ran = accrual("ask", str(patient_file), TODAY, "--json", "--top", "3")
    assert ran.code == 0
    found = ran.json
    assert found["undetermined"] > 0
    assert len(found["questions"]) == 3
    scores = [question["score"] for question in found["questions"]]
    assert scores == sorted(scores, reverse=True)
    plain = accrual("ask", str(patient_file), TODAY, "--top", "3")
    assert found["questions"][0]["text"] in plain.out


def test_an_answer_is_saved_at_once_and_counts(
    accrual: Callable[..., Any], demo_home: Path, patient_file: Path, tmp_path: Path
) -> None:
    first = accrual("ask", str(patient_file), TODAY, "--json", "--top", "1").json["questions"][0]
    answer = first["choices"][-1] if first["choices"] else "1"
    kept = tmp_path / "answers.json"
    shown = _typed(
        ["ask", str(patient_file), TODAY, "--answers", str(kept), "--home", str(demo_home)],
        ["no such answer", answer, "q"],
    )
    assert "answer with" in shown
    assert json.loads(kept.read_text())["accrual_patient"] == 1
    again = accrual("ask", str(patient_file), TODAY, "--json", "--answers", str(kept))
    assert first["about"] not in [one["about"] for one in again.json["questions"]]
    assert accrual("match", str(patient_file), TODAY, "--answers", str(kept)).code == 0


def test_answers_that_cannot_be_read_are_refused_by_name(
    accrual: Callable[..., Any], patient_file: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "answers.json"
    broken.write_text("{")
    ran = accrual("match", str(patient_file), "--answers", str(broken))
    assert ran.code != 0
    assert "answers.json" in ran.err


def _typed(arguments: list[str], answers: list[str]) -> str:
    """Run the command at a terminal and give each answer when it asks for one."""
    main, side = pty.openpty()
    command = [sys.executable, "-m", "accrual", *arguments]
    shown = bytearray()
    with subprocess.Popen(command, stdin=side, stdout=side, stderr=side) as running:
        os.close(side)
        waiting = list(answers)
        try:
            while chunk := os.read(main, 65_536):
                shown += chunk
                if waiting and shown.rstrip().endswith(b">"):
                    os.write(main, f"{waiting.pop(0)}\n".encode())
                    shown += b"\n"
        except OSError:  # the terminal is closed when the command ends
            pass
        running.wait(60)
    os.close(main)
    return shown.decode()
