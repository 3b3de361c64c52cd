"""Patient-trial pairs over real records, each criterion's verdict read off the text by hand: all must come out so.

The form of `pairs/*.txt` is told in `hand_made.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.match.hand_made import Pair, bodies_of, is_left_open, pairs, screened

PAIRS = tuple(pairs())


@pytest.fixture(scope="session")
def bodies(shared_data: Path) -> dict[str, bytes]:
    """The records of the trials in the pairs."""
    return bodies_of({pair.nct_id for pair in PAIRS}, shared_data)


@pytest.fixture(autouse=True)
def small_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the real tables in place: the pairs are about real words."""


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.nct_id)
def test_every_criterion_is_decided_as_a_reader_would(pair: Pair, bodies: dict[str, bytes]) -> None:
    patient, found = screened(pair, bodies[pair.nct_id])
    if not patient.form.endswith("note"):
        assert len(patient.unused) == pair.left, f"parts of the patient that are not used: {patient.unused}"
    assert [line.number for line in pair.lines] == [*range(1, len(found.criteria) + 1)]
    wrong = []
    for line, decided in zip(pair.lines, found.criteria, strict=True):
        assert line.quote in decided.text, f"{line.number}: {decided.text}"
        if decided.holds is not line.holds and not is_left_open(line, decided):
            said = [one.step for one in decided.evidence] or [one.reason for one in decided.missing]
            wrong.append(
                f"{line.number} {decided.holds.value}, not {line.holds.value}: {decided.text} {said}"
            )
    assert not wrong, "\n".join(wrong)
    if pair.known_wrong:
        assert found.verdict not in pair.verdicts, "it comes out right now: take the ! away"
    else:
        assert found.verdict in pair.verdicts
