"""Patient-trial pairs made by hand: `pairs/*.txt` read, their records found, their criteria decided and compared.

The form of a pair: a line `pair NCT VERDICT` (verdicts parted by `|` where one hangs on words not yet read), the
patient, then one line for each criterion:

    4 yes "quoted words": why

The patient is JSON (the accrual form without its first key, a FHIR Bundle, a phenopacket) or lines behind `| `: a note,
a table, or the tables of an OMOP folder, each below its name (`| @person.csv`). `person ID` says which of several is
meant, `left N` how many places of the file are not used; in a note they are not counted.

`unread:yes` says that a person reads a yes there, and that the program may still leave it unknown, but only because
words of the criterion stay text (`Opaque`). `missed:yes` is the same where the words were read and the tables lack a
kinship: known, and never the opposite. `unknown` is what a person says too. A `!` behind the pair's verdict marks one
that is known to come out wrong, and fails the test once it comes out right. Blank lines and `#` lines are left out.

`python -m tests.match.hand_made` counts what the program decides as a person does, over all pairs or the named files.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
from tests.conftest import SHARED

from accrual.criteria.tree import Opaque, walk
from accrual.match.evaluate import screen
from accrual.match.verdict import CriterionVerdict, Screening
from accrual.patient.model import Patient
from accrual.patient.patients import read_patients
from accrual.patient.reader import read_patient
from accrual.reading import compile_record
from accrual.registry.ctgov_json import write_json
from accrual.registry.ctgov_xml import read_xml
from accrual.truth import Truth

TODAY = date(2026, 11, 22)
FOLDER = Path(__file__).parent / "pairs"
LINE = re.compile(r'^(\d+) (?:(unread|missed):)?(yes|no|unknown) "([^"]+)": (.+)$')


class Line(msgspec.Struct, frozen=True):
    """What a person says of one criterion."""

    number: int
    excused: str
    holds: Truth
    quote: str


class Pair(msgspec.Struct, frozen=True):
    """A patient and a trial, with what a person says of each criterion and of the whole."""

    file: str
    nct_id: str
    verdicts: tuple[str, ...]
    files: dict[str, bytes]
    """The patient's file, or the files of the folder that he is in, by name."""
    lines: tuple[Line, ...]
    known_wrong: bool = False
    person: str = ""
    left: int = 0

    def patient(self) -> Patient:
        """Read the patient, as a file of his form would be read."""
        if len(self.files) == 1:
            ((name, data),) = self.files.items()
            return read_patient(data, name, self.person)
        with tempfile.TemporaryDirectory() as folder:
            for name, data in self.files.items():
                (Path(folder) / name).write_bytes(data)
            (one,) = read_patients(Path(folder))
        return one


def pairs(folder: Path = FOLDER) -> Iterator[Pair]:
    """Yield every pair, file after file."""
    for file in sorted(folder.glob("*.txt")):
        kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for block in re.split(r"^pair ", "\n".join(kept), flags=re.MULTILINE)[1:]:
            yield _pair(file.name, [line for line in block.splitlines() if line.strip()])


def screened(pair: Pair, body: bytes) -> tuple[Patient, Screening]:
    """Decide the pair's trial for its patient."""
    patient = pair.patient()
    return patient, screen(compile_record(body), patient, TODAY)


def is_left_open(line: Line, decided: CriterionVerdict) -> bool:
    """Whether the program leaves open what it is known, and allowed, to leave open."""
    opaque = any(isinstance(node, Opaque) for node in walk(decided.tree))
    excused = line.excused == "missed" or (line.excused == "unread" and opaque)
    return excused and decided.holds is Truth.UNKNOWN


def bodies_of(wanted: set[str], shared_data: Path) -> dict[str, bytes]:
    """The records of these trials, as registry JSON: seed pages, API records, legacy XML, the first that has it."""
    found: dict[str, bytes] = {}
    for seed in (shared_data / "seed").glob("*.json"):
        if seed.stem in wanted:
            found[seed.stem] = seed.read_bytes()
    with gzip.open(shared_data / "registry" / "v2" / "studies.jsonl.gz") as file:
        for line in file:
            told = re.search(rb'"nctId":\s*"(NCT\d{8})"', line)
            if told is not None and told.group(1).decode() in wanted:
                found.setdefault(told.group(1).decode(), line)
    for path in sorted((shared_data / "registry" / "xml").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                nct_id = Path(name).stem
                if nct_id in wanted and nct_id not in found:
                    found[nct_id] = write_json(read_xml(archive.read(name)))
    return found


def _pair(file: str, block: list[str]) -> Pair:
    nct_id, verdicts = block[0].split()
    rest = block[1:]
    raw = [line[2:] for line in rest if line.startswith("|")]
    keys = dict(line.split(" ", 1) for line in rest if re.match(r"(person|left) \w+$", line))
    told = [line for line in rest if line[0].isdigit()]
    if raw:
        files = _tables(raw) if raw[0].startswith("@") else {"patient": "\n".join(raw).encode()}
    else:
        text = "".join(line for line in rest if line[0] in "{ ")
        form = json.loads(text)
        if not {"resourceType", "subject"} & set(form):
            form = {"accrual_patient": 1, **form}
        files = {"patient.json": json.dumps(form).encode()}
    return Pair(
        file,
        nct_id,
        tuple(verdicts.rstrip("!").split("|")),
        files,
        tuple(_line(file, line) for line in told),
        verdicts.endswith("!"),
        keys.get("person", ""),
        int(keys.get("left", 0)),
    )


def _line(file: str, line: str) -> Line:
    found = LINE.match(line)
    assert found is not None, f"{file}: {line}"
    number, excused, holds, quote, _why = found.groups()
    return Line(int(number), excused or "", Truth(holds), quote)


def _tables(lines: list[str]) -> dict[str, bytes]:
    parts = re.split(r"^@", "\n".join(lines), flags=re.MULTILINE)[1:]
    split = (part.split("\n", 1) for part in parts)
    return {name: body.encode() for name, body in split}


def tally(chosen: list[Pair]) -> tuple[Counter[str], list[str]]:
    """Count criteria by how the program does beside a person, and say where they differ."""
    bodies = bodies_of({pair.nct_id for pair in chosen}, SHARED / "data")
    counts: Counter[str] = Counter()
    told = []
    for pair in chosen:
        _patient, found = screened(pair, bodies[pair.nct_id])
        counts["pairs"] += 1
        counts["pairs with another verdict"] += found.verdict not in pair.verdicts
        if found.verdict not in pair.verdicts:
            told.append(f"{pair.nct_id}: {found.verdict}, not {'|'.join(pair.verdicts)}")
        for line, decided in zip(pair.lines, found.criteria, strict=True):
            kind = _kind(line.holds, decided.holds)
            counts[kind] += 1
            counts["criteria"] += 1
            if kind != "right":
                said = [one.step for one in decided.evidence] or [one.reason for one in decided.missing]
                told.append(
                    f"{pair.nct_id} {line.number} {kind}: {decided.holds.value}, not {line.holds.value}: "
                    f"{' '.join(decided.text.split())} {said}"
                )
    return counts, told


def _kind(person: Truth, program: Truth) -> str:
    if person is program:
        return "right"
    return "unsure" if program is Truth.UNKNOWN else "wrong"


if __name__ == "__main__":
    names = sys.argv[1:]
    counts, told = tally([pair for pair in pairs() if not names or pair.file in names])
    print("\n".join(told))  # noqa: T201
    print(dict(counts))  # noqa: T201
