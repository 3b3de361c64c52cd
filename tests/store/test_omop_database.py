"""Patients out of an OMOP CDM in a database file: the same as out of the CSV files that say the same."""

from __future__ import annotations

import csv
import sqlite3
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from accrual.basic import PartialDate
from accrual.errors import PatientError, SourceError
from accrual.finder import Finder
from accrual.patient.model import Patient
from accrual.patient.patients import find_patient, read_patients
from accrual.store.omop_database import open_omop

TABLES = {
    "person": "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth\n"
    "10,8532,1980,5,\n11,8507,1961,12,31\n",
    "concept": "concept_id,concept_name,vocabulary_id,concept_code\n"
    "1,Asthma,SNOMED,195967001\n2,Hemoglobin,LOINC,718-7\n"
    "3,gram per deciliter,UCUM,g/dL\n",
    "condition_occurrence": "person_id,condition_concept_id,condition_start_date,condition_occurrence_id\n"
    "10,1,2020-01-02,100\n11,1,1970-08-20,101\n",
    "measurement": "person_id,measurement_concept_id,measurement_date,value_as_number,unit_concept_id,measurement_id\n"
    "10,2,2020-01-02,9.1,3,1\n10,2,,12,3,2\n",
}


def table(name: str) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(TABLES[name].splitlines())
    return header, rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "cdm"
    found.mkdir()
    for name, text in TABLES.items():
        (found / f"{name}.csv").write_text(text)
    return found


def sqlite(path: Path, dates: str = "text") -> Path:
    """Write the tables as SQLite; dates as text, or as the number of days or seconds since 1970, or as 19800229."""

    def held(text: str, column: str) -> object:
        if not column.endswith("_date") or dates == "text" or not text:
            return text or None
        day = date.fromisoformat(text)
        days = (day - date(1970, 1, 1)).days
        return {"days": days, "seconds": days * 86400.0, "compact": int(text.replace("-", ""))}[dates]

    connection = sqlite3.connect(path)
    for name in TABLES:
        header, rows = table(name)
        connection.execute(f"CREATE TABLE {name.upper()} ({', '.join(header)})")
        marks = ", ".join("?" * len(header))
        values = [[held(*pair) for pair in zip(row, header, strict=True)] for row in rows]
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", values)
    connection.commit()
    connection.close()
    return path


def patients(path: Path) -> list[Patient]:
    return list(read_patients(path, databases=open_omop))


@pytest.mark.parametrize("dates", ["text", "days", "seconds", "compact"])
def test_a_database_says_what_its_csv_files_say(folder: Path, tmp_path: Path, dates: str) -> None:
    found = patients(sqlite(tmp_path / "cdm.sqlite", dates))
    assert found == patients(folder)
    assert [len(one.facts) for one in found] == [3, 1]
    assert found[1].facts[0].date == PartialDate(1970, 8, 20)


def test_duckdb_says_what_its_csv_files_say(folder: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed: accrual[duckdb]")
    path = tmp_path / "cdm.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA cdm")  # as the file is called, and so its database
        connection.execute("CREATE TABLE measurement (a INTEGER)")  # another's, not beside the persons
        for name in TABLES:
            connection.execute(
                f"CREATE TABLE cdm.cdm.{name} AS SELECT * FROM read_csv('{folder / name}.csv')"
            )
    assert patients(path) == patients(folder)
    assert find_patient(path, "11", open_omop).sex == "male"


def test_one_person_is_chosen_by_id(tmp_path: Path) -> None:
    path = sqlite(tmp_path / "cdm.db")
    assert find_patient(path, "11", open_omop).sex == "male"
    with pytest.raises(PatientError, match=r"2 patients: choose one by its id .*; there are 10, 11"):
        find_patient(path, databases=open_omop)


def test_the_facade_opens_databases(tmp_path: Path) -> None:
    path = sqlite(tmp_path / "cdm.sqlite")
    with Finder(tmp_path / "home") as finder:
        assert finder.read_patient(path, person="11").sex == "male"
        assert [one.id for one in finder.read_patients(path)] == ["10", "11"]


def test_a_database_in_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "mixed").mkdir()
    sqlite(tmp_path / "mixed" / "cdm.sqlite3")
    (tmp_path / "mixed" / "a.json").write_text('{"accrual_patient": 1, "id": "x"}')
    assert [one.id for one in patients(tmp_path / "mixed")] == ["x", "10", "11"]


def test_duckdb_without_its_library_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    path = tmp_path / "cdm.duckdb"
    path.write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 500)
    with pytest.raises(SourceError, match=r"pip install accrual\[duckdb\]"):
        find_patient(path, "1", open_omop)


def test_a_damaged_duckdb_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="duckdb is not installed: accrual[duckdb]")
    path = tmp_path / "cdm.duckdb"
    path.write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 5000)
    with pytest.raises(SourceError, match=r"cdm\.duckdb: DuckDB cannot open it"):
        find_patient(path, "1", open_omop)


def test_another_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE people (name)")
    connection.execute("CREATE VIEW person AS WITH RECURSIVE r(person_id) AS (SELECT 1 UNION ALL SELECT person_id+1 "
                       "FROM r) SELECT * FROM r")  # fmt: skip
    connection.commit()
    connection.close()
    with pytest.raises(PatientError, match="a database, and not an OMOP CDM: it has no table person"):
        find_patient(path, "1", open_omop)


def test_a_table_without_persons_is_named(tmp_path: Path) -> None:
    path = sqlite(tmp_path / "cdm.sqlite")
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE condition_occurrence RENAME COLUMN person_id TO somebody")
    connection.commit()
    connection.close()
    with pytest.raises(PatientError, match="its table condition_occurrence has no column person_id"):
        find_patient(path, "10", open_omop)


@pytest.mark.parametrize("at", range(100, 24_000, 1_733))
def test_a_damaged_database_gives_a_reason_or_what_is_whole(tmp_path: Path, at: int) -> None:
    path = sqlite(tmp_path / "cdm.sqlite")
    held = bytearray(path.read_bytes())
    held[at : at + 60] = b"\xff" * len(held[at : at + 60])
    path.write_bytes(held)
    told: list[str] = []
    try:
        list(read_patients(path, lambda error: told.append(str(error)), open_omop))
    except (SourceError, PatientError) as error:
        told.append(str(error))
    assert all(str(path) in one for one in told)


def test_the_database_is_left_as_it_was(tmp_path: Path) -> None:
    path = sqlite(tmp_path / "cdm.sqlite")
    before = path.read_bytes()
    patients(path)
    assert (path.read_bytes(), sorted(one.name for one in tmp_path.iterdir())) == (before, ["cdm.sqlite"])


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    path = sqlite(tmp_path / "cdm.sqlite")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE person SET gender_concept_id = 0")
    yield path
    connection.close()


def test_a_database_that_is_being_written_is_read_as_it_was_committed(locked: Path) -> None:
    assert find_patient(locked, "11", open_omop).sex == "male"


def test_sent_bytes_of_a_database_say_how_to_give_it(tmp_path: Path) -> None:
    from accrual.patient.reader import read_patient

    with pytest.raises(
        PatientError, match="an SQLite database; of an OMOP CDM give the file itself by its path"
    ):
        read_patient(sqlite(tmp_path / "cdm.sqlite").read_bytes())
