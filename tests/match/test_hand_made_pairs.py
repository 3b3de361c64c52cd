"""Patient-trial pairs over real records, each criterion's verdict read off the text by hand: all must come out so.

The form of `pairs/*.txt`: a line `pair NCT VERDICT` (verdicts parted by `|` where one hangs on words not yet read), the
patient in accrual form up to a line that begins with a number, then one line for each criterion:

    4 yes "quoted words": why

`unread:yes` says that a person reads a yes there, and that the program may still leave it unknown, but only because
words of the criterion stay text (`Opaque`). `missed:yes` is the same where the words were read and the tables lack a
kinship: known, and never the opposite. `unknown` is what a person says too. A `!` behind the pair's verdict marks one
that is known to come out wrong, and fails the test once it comes out right. Blank lines and `#` lines are left out.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from accrual.criteria.tree import Opaque, walk
from accrual.match.evaluate import screen
from accrual.patient.form import read_form
from accrual.reading import compile_record
from accrual.truth import Truth

TODAY = date(2026, 11, 22)
FOLDER = Path(__file__).parent / "pairs"
LINE = re.compile(r'^(\d+) (?:(unread|missed):)?(yes|no|unknown) "([^"]+)": (.+)$')


class Line(msgspec.Struct, frozen=True):
    number: int
    excused: str
    holds: Truth
    quote: str


class Pair(msgspec.Struct, frozen=True):
    nct_id: str
    verdicts: tuple[str, ...]
    patient: bytes
    lines: tuple[Line, ...]
    known_wrong: bool = False


def pairs() -> Iterator[Pair]:
    for file in sorted(FOLDER.glob("*.txt")):
        kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for block in re.split(r"^pair ", "\n".join(kept), flags=re.MULTILINE)[1:]:
            head, *rest = (line for line in block.splitlines() if line.strip())
            nct_id, verdicts = head.split()
            told = [line for line in rest if line[0].isdigit()]
            form = json.loads("".join(line for line in rest if not line[0].isdigit()))
            lines = []
            for line in told:
                found = LINE.match(line)
                assert found is not None, f"{file.name}: {line}"
                number, excused, holds, quote, _why = found.groups()
                lines.append(Line(int(number), excused or "", Truth(holds), quote))
            body = json.dumps({"accrual_patient": 1, **form}).encode()
            wrong = verdicts.endswith("!")
            yield Pair(nct_id, tuple(verdicts.rstrip("!").split("|")), body, tuple(lines), wrong)


PAIRS = tuple(pairs())


@pytest.fixture(scope="session")
def bodies(shared_data: Path) -> dict[str, bytes]:
    """The records of the trials in the pairs."""
    wanted = {pair.nct_id for pair in PAIRS}
    found = {}
    for seed in (shared_data / "seed").glob("*.json"):
        if seed.stem in wanted:
            found[seed.stem] = seed.read_bytes()
    with gzip.open(shared_data / "registry" / "v2" / "studies.jsonl.gz") as file:
        for line in file:
            told = re.search(rb'"nctId":\s*"(NCT\d{8})"', line)
            if told is not None and told.group(1).decode() in wanted:
                found.setdefault(told.group(1).decode(), line)
    return found


@pytest.fixture(autouse=True)
def small_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the real tables in place: the pairs are about real words."""


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.nct_id)
def test_every_criterion_is_decided_as_a_reader_would(pair: Pair, bodies: dict[str, bytes]) -> None:
    compiled = compile_record(bodies[pair.nct_id])
    patient = read_form(pair.patient)
    assert patient.unused == (), "the patient has a part that is not used"
    found = screen(compiled, patient, TODAY)
    assert [line.number for line in pair.lines] == [*range(1, len(found.criteria) + 1)]
    wrong = []
    for line, decided in zip(pair.lines, found.criteria, strict=True):
        assert line.quote in decided.text, f"{line.number}: {decided.text}"
        opaque = any(isinstance(node, Opaque) for node in walk(decided.tree))
        left = line.excused == "missed" or (line.excused == "unread" and opaque)
        if decided.holds is not line.holds and not (left and decided.holds is Truth.UNKNOWN):
            said = [one.step for one in decided.evidence] or [one.reason for one in decided.missing]
            wrong.append(
                f"{line.number} {decided.holds.value}, not {line.holds.value}: {decided.text} {said}"
            )
    assert not wrong, "\n".join(wrong)
    if pair.known_wrong:
        assert found.verdict not in pair.verdicts, "it comes out right now: take the ! away"
    else:
        assert found.verdict in pair.verdicts
