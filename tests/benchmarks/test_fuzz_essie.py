"""A short run of the fuzzer of expressions, so that it is known to work and to find nothing."""

from __future__ import annotations

from itertools import islice

import pytest

import fuzz_essie
from accrual.errors import ExpressionError


def test_no_changed_expression_breaks_the_reader() -> None:
    outcomes = {
        fuzz_essie.examine(text) for text in islice(fuzz_essie.expressions(list(fuzz_essie.BASES), 11), 1_500)
    }
    assert {"read", "mismatched", "inner", "Unknown", "Invalid", "token", "missing", "the"} <= outcomes


def test_a_megabyte_is_refused_at_once() -> None:
    for unit in ("(", "a ", '"', "\\", "AREA[Condition]"):
        milliseconds, found = fuzz_essie._timed(unit * (fuzz_essie.LARGE // len(unit)))
        assert isinstance(found, ExpressionError)
        assert milliseconds < 50


def test_the_fuzzer_notices_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_essie, "write_expression", lambda tree: "something else")
    with pytest.raises(fuzz_essie.BrokenError, match="read back"):
        fuzz_essie.examine("asthma")
    monkeypatch.setattr(fuzz_essie, "MOST_MS", 0.0)
    with pytest.raises(fuzz_essie.BrokenError, match="ms for"):
        fuzz_essie.examine("asthma")


def test_the_same_seed_makes_the_same_expressions() -> None:
    first, second = (list(islice(fuzz_essie.expressions(["asthma"], 3), 50)) for _ in range(2))
    assert first == second
    assert first != list(islice(fuzz_essie.expressions(["asthma"], 4), 50))


def test_it_runs_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz_essie.main(["--count", "50"]) == 0
    assert capsys.readouterr().out.startswith("50 expressions in ")
