"""The same records as tables of DuckDB, laid out and asked as analysts ask AACT, the relational mirror of the registry.

Comes in: records, then searches. Goes out: how many studies match and the first of them. The tables and columns are
AACT's (its dictionary of 2026), those that the searches of `api_search.py` need. SQL has no BM25, stems or synonyms:
words are asked with LIKE over lower case, as AACT's `downcase_name` is meant, and pages come newest update first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec

_TABLES = (
    "studies (nct_id VARCHAR, overall_status VARCHAR, study_type VARCHAR, phase VARCHAR, start_date VARCHAR,"
    " last_update_posted_date VARCHAR, brief_title VARCHAR, official_title VARCHAR)",
    "brief_summaries (nct_id VARCHAR, description VARCHAR)",
    "conditions (nct_id VARCHAR, downcase_name VARCHAR)",
    "browse_conditions (nct_id VARCHAR, downcase_mesh_term VARCHAR)",
    "keywords (nct_id VARCHAR, downcase_name VARCHAR)",
    "interventions (nct_id VARCHAR, name VARCHAR)",
    "facilities (nct_id VARCHAR, status VARCHAR, city VARCHAR, country VARCHAR)",
)
_PHASE = "('/' || s.phase || '/') LIKE ?"


class Asked(msgspec.Struct, frozen=True):
    """One search of the benchmark, as both engines are asked it."""

    kind: str
    words: tuple[str, ...]
    where: str
    """`condition` or `term`."""
    statuses: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    """Registry values: `PHASE1`."""
    since: str = ""
    """Started on this day or later."""
    country: str = ""
    """A site in this country that recruits."""


class Aact:
    """The tables of one file."""

    def __init__(self, path: Path) -> None:
        self._base = duckdb.connect(str(path))

    def fill(self, records: Iterable[dict[str, Any]]) -> None:
        """Make the tables out of records."""
        rows: dict[str, list[tuple[Any, ...]]] = {table.split()[0]: [] for table in _TABLES}
        for table in _TABLES:
            self._base.execute(f"CREATE TABLE {table}")
        for number, record in enumerate(records, 1):
            _take(record, rows)
            if number % 5_000 == 0:
                self._insert(rows)
        self._insert(rows)
        self._base.execute("CHECKPOINT")

    def _insert(self, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        for table, new in rows.items():
            if new:
                columns = [[row[at] for row in new] for at in range(len(new[0]))]
                unnested = ", ".join("unnest(?)" for _ in columns)
                self._base.execute(f"INSERT INTO {table} SELECT {unnested}", columns)
                new.clear()

    def threads(self, number: int) -> None:
        """Use so many threads."""
        self._base.execute(f"SET threads = {number}")

    def find(self, asked: Asked, top: int = 20) -> tuple[int, list[str]]:
        """Return how many studies match, and the first."""
        sql, values = _sql(asked)
        rows = self._base.execute(
            f"SELECT s.nct_id, count(*) OVER () FROM studies s WHERE {sql} "
            f"ORDER BY s.last_update_posted_date DESC, s.nct_id LIMIT {top}",
            values,
        ).fetchall()
        return (int(rows[0][1]), [row[0] for row in rows]) if rows else (0, [])


def _sql(asked: Asked) -> tuple[str, Sequence[str]]:
    parts: list[str] = []
    values: list[str] = []

    def has(table: str, column: str, word: str) -> str:
        values.append(f"%{word}%")
        return f"s.nct_id IN (SELECT nct_id FROM {table} WHERE {column} LIKE ?)"

    def says(column: str, word: str) -> str:
        values.append(f"%{word}%")
        return f"lower(s.{column}) LIKE ?"

    for word in asked.words:
        anywhere = [
            has("conditions", "downcase_name", word),
            has("browse_conditions", "downcase_mesh_term", word),
            has("keywords", "downcase_name", word),
            says("brief_title", word),
            says("official_title", word),
        ]
        if asked.where == "term":
            anywhere.append(has("interventions", "lower(name)", word))
            anywhere.append(has("brief_summaries", "lower(description)", word))
        parts.append(f"({' OR '.join(anywhere)})")
    if asked.statuses:
        parts.append(f"s.overall_status IN ({', '.join('?' * len(asked.statuses))})")
        values.extend(asked.statuses)
    if asked.phases:
        parts.append(f"({' OR '.join(_PHASE for _ in asked.phases)})")
        values.extend(f"%/{phase}/%" for phase in asked.phases)
    if asked.since:
        parts.append("s.start_date >= ?")
        values.append(asked.since)
    if asked.country:
        parts.append(
            "s.nct_id IN (SELECT nct_id FROM facilities WHERE country = ? AND status = 'RECRUITING')"
        )
        values.append(asked.country)
    return " AND ".join(parts) or "TRUE", values


def _take(record: dict[str, Any], rows: dict[str, list[tuple[Any, ...]]]) -> None:
    protocol: dict[str, Any] = record["protocolSection"]

    def module(name: str) -> dict[str, Any]:
        found: dict[str, Any] = protocol.get(name, {})
        return found

    identity, status = module("identificationModule"), module("statusModule")
    number = identity["nctId"]
    design = module("designModule")
    rows["studies"].append(
        (
            number,
            status.get("overallStatus"),
            design.get("studyType"),
            "/".join(design.get("phases", ())),
            status.get("startDateStruct", {}).get("date"),
            status.get("lastUpdatePostDateStruct", {}).get("date"),
            identity.get("briefTitle"),
            identity.get("officialTitle"),
        )
    )
    rows["brief_summaries"].append((number, module("descriptionModule").get("briefSummary")))
    conditions = module("conditionsModule")
    rows["conditions"] += [(number, each.lower()) for each in conditions.get("conditions", ())]
    rows["keywords"] += [(number, each.lower()) for each in conditions.get("keywords", ())]
    meshes = record.get("derivedSection", {}).get("conditionBrowseModule", {})
    named = [*meshes.get("meshes", ()), *meshes.get("ancestors", ())]
    rows["browse_conditions"] += [(number, each.get("term", "").lower()) for each in named]
    interventions = module("armsInterventionsModule").get("interventions", ())
    rows["interventions"] += [(number, each.get("name")) for each in interventions]
    rows["facilities"] += [
        (number, each.get("status"), each.get("city"), each.get("country"))
        for each in module("contactsLocationsModule").get("locations", ())
    ]
