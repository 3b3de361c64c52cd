"""The same search on SQLite FTS5, written as a good engineer would write it, to measure against.

Comes in: the same changes and the same `Query`. Goes out: how many studies match, after reading the top 20 with
their nearest sites. It has what FTS5 offers for this: the porter stemmer over unicode61, one column for each group
of registry pieces with the registry's weights in `bm25`, facets in narrow indexed tables, sites in a narrow table by
study (bounding box first, then the exact distance in SQL), `LIMIT` on the ranked join, the lists merged after
the load, settings for reading. Words are joined by AND across columns. Phrases, order of equals and matched fields
are left out, to its advantage.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from accrual.basic import GeoPoint
from accrual.registry.record import Trial
from accrual.search.index import facet_values, read_body
from accrual.search.pieces import PIECES, read_pieces
from accrual.search.places import default_places
from accrual.search.query import Near, Query
from accrual.search.words import fold

_COLUMNS = (
    ("title", 0.89),
    ("official_title", 0.85),
    ("condition", 0.81),
    ("intervention", 0.8),
    ("keyword", 0.6),
    ("rest", 0.35),
)
# The haversine formula, with the mathematical functions of SQLite 3.35 and later.
_DISTANCE = (
    "12742.0176 * asin(min(1, sqrt(pow(sin(radians(lat - :lat) / 2), 2)"
    " + cos(radians(lat)) * cos(radians(:lat)) * pow(sin(radians(lon - :lon) / 2), 2))))"
)
_KM_PER_DEGREE = 111.195  # of latitude: 2 π R / 360 with R = 6371.0088 km


class Change(Protocol):
    """What the table is fed."""

    @property
    def study(self) -> int: ...

    @property
    def body(self) -> bytes: ...


class Fts5:
    """One database file."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.executescript(
            "pragma journal_mode=wal; pragma synchronous=off; pragma cache_size=-200000; pragma mmap_size=8589934592;"
        )
        names = ", ".join(name for name, _ in _COLUMNS)
        self._db.executescript(f"""
            create virtual table if not exists words using fts5(
                {names}, content='', columnsize=1, detail=column, tokenize='porter unicode61 remove_diacritics 2');
            create table if not exists study(
                id integer primary key, nct text, title text, status text, study_type text, sex text, healthy text,
                results text, line blob);
            create index if not exists by_status on study(status);
            create table if not exists phase(value text, study integer, primary key(value, study)) without rowid;
            create table if not exists site(
                study integer, lat real, lon real, primary key(study, lat, lon)) without rowid;
        """)

    def apply(self, changes: Sequence[Change]) -> None:
        """Insert studies in one transaction."""
        for change in changes:
            self._insert(change.study, read_body(change.body))
        self._db.commit()

    def close(self) -> None:
        """Merge the word lists, as one would after a bulk load, and close."""
        self._db.execute("insert into words(words) values('optimize')")
        self._db.commit()
        self._db.execute("analyze")
        self._db.execute("pragma wal_checkpoint(truncate)")
        self._db.close()

    def find(self, query: Query) -> int:
        """Return how many studies match; the top 20 are read, with the nearest site of each."""
        tables, where = ["words"], ["words match :match"]
        values: dict[str, str | float] = {
            "match": " AND ".join(f'"{word}"' for word in fold(query.text).split())
        }
        if query.filters:
            tables += ["study on study.id = words.rowid", "phase on phase.study = words.rowid"]
            where += ["study.status = :status", "phase.value = :phase"]
            values |= {"status": query.filters["status"][0], "phase": query.filters["phase"][0]}
        if query.near is not None:
            boxes = _boxes(query.near, values)
            where.append(
                f"exists (select 1 from site where site.study = words.rowid and ({boxes}) and {_DISTANCE} <= :radius)"
            )
        source, condition = " join ".join(tables), " and ".join(where)
        weights = ", ".join(str(weight) for _, weight in _COLUMNS)
        rows = self._db.execute(
            f"select words.rowid, bm25(words, {weights}) from {source} where {condition} order by 2 limit 20",
            values,
        ).fetchall()
        total = len(rows)
        if total == 20:
            total = self._db.execute(f"select count(*) from {source} where {condition}", values).fetchone()[0]
        for number, _ in rows:
            line = self._db.execute("select nct, title, line from study where id = ?", (number,)).fetchone()
            sites = msgspec.msgpack.decode(line[2])
            if query.near is not None and sites:
                centre = query.near.point
                min(_km(lat, lon, centre.lat, centre.lon) for lat, lon, *_ in sites)
        return int(total)

    def page(self, text: str) -> tuple[int, list[tuple[str, str, str]]]:
        """Return how many studies have all words, and number, title and status of the best 20."""
        match = " AND ".join(f'"{word}"' for word in fold(text).split()) or '""'
        weights = ", ".join(str(weight) for _, weight in _COLUMNS)
        rows = self._db.execute(
            "select study.nct, study.title, study.status from words join study on study.id = words.rowid"
            " where words match ?"
            f" order by bm25(words, {weights}) limit 20",
            (match,),
        ).fetchall()
        total = self._db.execute("select count(*) from words where words match ?", (match,)).fetchone()[0]
        return int(total), rows

    def _insert(self, study: int, trial: Trial) -> None:
        texts = {name: [""] for name, _ in _COLUMNS}
        for number, found in read_pieces(trial):
            field = PIECES[number].field
            texts[field if field in texts else "rest"].extend(found)
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        self._db.execute(
            f"insert into words(rowid, {', '.join(texts)}) values ({marks})",
            (study, *("\n".join(part) for part in texts.values())),
        )
        facets = {name: (values or ("",))[0] for name, values in facet_values(trial).items()}
        sites = []
        for site in trial.sites:
            point = site.geoPoint or default_places().place_site(site.city, site.state, site.country)
            if point is not None:
                sites.append((point.lat, point.lon, site.facility, site.city, site.country, site.status))
        self._db.execute(
            "insert into study values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                study,
                trial.nct_id,
                trial.title,
                facets["status"],
                facets["study_type"],
                facets["sex"],
                facets["healthy_volunteers"],
                facets["results"],
                msgspec.msgpack.encode(sites),
            ),
        )
        self._db.executemany(
            "insert into phase values (?, ?)", [(phase, study) for phase in set(trial.phases)]
        )
        self._db.executemany(
            "insert or ignore into site values (?, ?, ?)", [(study, *site[:2]) for site in sites]
        )


def _boxes(near: Near, values: dict[str, str | float]) -> str:
    """Return the condition of the bounding box, in two where it crosses the date line."""
    centre, radius = near.point, near.within_km or 0.0
    tall = radius / _KM_PER_DEGREE
    narrowest = math.cos(math.radians(min(89.9, abs(centre.lat) + tall)))
    wide = min(180.0, tall / narrowest)
    values |= {
        "lat": centre.lat,
        "lon": centre.lon,
        "radius": radius,
        "south": centre.lat - tall,
        "north": centre.lat + tall,
    }
    spans = [(centre.lon - wide + turn, centre.lon + wide + turn) for turn in (-360, 0, 360)]
    parts = []
    for number, (west, east) in enumerate(spans):
        if west <= 180 and east >= -180:
            values |= {f"west{number}": west, f"east{number}": east}
            parts.append(f"(lat between :south and :north and lon between :west{number} and :east{number})")
    return " or ".join(parts)


def _km(lat: float, lon: float, lat0: float, lon0: float) -> float:
    return GeoPoint(lat, lon).distance_km(GeoPoint(lat0, lon0))
