"""Looks for requests that break the registry's API, or take it too long.

Comes in: how many, a seed, a data folder (without one the demo registry). Goes out: counts by status, the slowest, and
each failing request. The exit status is 1 where something failed.

    python benchmarks/fuzz_api.py --count 100000 --home data

What is promised of every request: it is answered with a status that is expected, never 500 and never late; a refusal is
plain text with a reason; JSON is JSON, and a page token found in an answer leads to a further page.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import msgspec
from starlette.types import ASGIApp, Message

from accrual.api import parameters as rows
from accrual.finder import Finder
from accrual.web.app import create_app

MOST_SECONDS = 5.0
"""The bound for one request, by the clock, on a machine that does nothing else."""
EXPECTED = frozenset({200, 204, 301, 304, 307, 400, 404, 405, 414})

ENDPOINTS: tuple[tuple[str, tuple[rows.Parameter, ...]], ...] = (
    ("/api/v2/studies", rows.STUDIES),
    ("/api/v2/studies", rows.STUDIES),
    ("/api/v2/studies", rows.STUDIES),
    ("/api/v2/studies/download", rows.DOWNLOAD),
    ("/api/v2/studies/NCT04785833", rows.STUDY),
    ("/api/v2/studies/{}", rows.STUDY),
    ("/api/v2/studies/metadata", rows.METADATA),
    ("/api/v2/stats/field/values", rows.FIELD_VALUES),
    ("/api/v2/stats/field/sizes", rows.FIELD_SIZES),
    ("/api/v2/stats/size", rows.NOTHING),
    ("/api/v2/version", rows.NOTHING),
    ("/api/int/studies/NCT04785833", rows.HISTORY),
    ("/api/int/studies/NCT04785833/history/{}", rows.NOTHING),
    ("/api/v2/{}", rows.STUDIES),
)
VALUES = (
    "", " ", "true", "TRUE", "0", "1", "-1", "1000", "2147483648", "9" * 40, "1e9", "nan", "٣", "json", "csv", "ris",
    "fhir.json", "json.zip", "legacy", "markdown", "NCT04785833", "nct1", "NCT0", "NCT99999999", "RECRUITING|COMPLETED",
    "RECRUITNG",
    "distance(39.0,-77.1,50mi)", "distance(91,181,1)", "distance(0,0,0)", "distance(1,2,99999999999999km)",
    "func:linear,scale:100km,offset:10km,decay:0.1", "func:gauss,scale:0mi,offset:0mi,decay:9", "@relevance", "@query",
    "NCTId|BriefTitle", "ProtocolSection", "BasicSearch", "Location", "hasResults", "LastUpdatePostDate:asc",
    "EnrollmentCount:desc,StartDate", "Phase", "status:rec not,phase:2", "sex:f|healthy:y", "x:y", ":",
    "heart attack",
    "(a OR b) AND NOT c", '"heart attack', "AREA[Condition]asthma", "AREA[Phase:size]2",
    "AREA[StartDate]RANGE[2016,MAX]",
    "SEARCH[Location](AREA[LocationCity]Boston)", "DISTANCE[1,2,3km]", "COVERAGE[FullMatch]x", "EXPANSION[None]x",
    "ALL", "MISSING", "NOT", "(" * 200, "a " * 3000, "x" * 9000, "\x00", "\n", "\ud83d", "'; DROP TABLE study;--",
    "<script>", "../../etc/passwd", "%", "%zz", "İ", "é", "\u202e", "ENUM|STRING", "Condition", "NCT Number|Phases",
    "ConditionSearch:1", "7", "08",
)  # fmt: skip
NAMES = (
    "", "format", "Format", "query", "query.", "query.x", "filter.phase", "x", "x.y", ".", "[]", "fields[]", "\x00",
    "ids", "pageToken", "countTotal", "callback", "a" * 500,
)  # fmt: skip
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"accept-encoding", b"gzip"),
    (b"accept-encoding", b"gzip;q=,,"),
    (b"if-none-match", b"*"),
    (b"if-none-match", b'W/"x", "'),
    (b"range", b"bytes=0-1"),
    (b"origin", b"null"),
    (b"content-length", b"5"),
)


class Ask(msgspec.Struct, frozen=True):
    """One request."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


def requests(seed: int) -> Iterator[Ask]:
    """Yield requests without end, the same for the same seed."""
    rng = random.Random(seed)
    while True:
        path, known = rng.choice(ENDPOINTS)
        if "{}" in path:
            path = path.replace("{}", quote(changed(rng.choice(VALUES), rng).replace("\ud83d", ""), safe=""))
        pairs = []
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 5, 12))):
            row = rng.choice(known) if known and rng.random() < 0.97 else None
            name = row.name if row is not None else rng.choice(NAMES)
            fitting = row is not None and rng.random() < 0.7
            value = sensible(row, rng) if fitting and row is not None else changed(rng.choice(VALUES), rng)
            pairs.append(f"{quote_plus(name)}={written(value, rng)}")
        if pairs and rng.random() < 0.05:
            pairs.append(rng.choice(pairs))
        method = rng.choices(("GET", "HEAD", "OPTIONS", "POST", "DELETE"), (90, 5, 2, 2, 1))[0]
        headers = tuple(rng.sample(HEADERS, rng.choice((0, 0, 0, 1, 2))))
        yield Ask(method, path, "&".join(pairs), headers)


def sensible(row: rows.Parameter, rng: random.Random) -> str:
    """Return a value that a parameter takes."""
    if row.choices:
        return rng.choice(row.choices)
    if row.kind is rows.Kind.NUMBER:
        return rng.choice(("0", "1", "7", "40", "1000"))  # from 33 studies on a page is sent in parts
    return row.example or row.default or rng.choice(("asthma", "heart attack", "AREA[Phase]PHASE2"))


def changed(text: str, rng: random.Random) -> str:
    """Return a text with a few of its characters gone, doubled or replaced; mostly the text itself."""
    while text and rng.random() < 0.3:
        at = rng.randrange(len(text))
        middle = rng.choice(("", text[at] * 2, rng.choice(VALUES)[:50], rng.choice('[](),|:"\\ \x00é')))
        text = text[:at] + middle + text[at + 1 :]
    return text[:12_000]


def written(value: str, rng: random.Random) -> str:
    """Return a value as it stands in an address; now and then raw, or not UTF-8."""
    if rng.random() < 0.03:
        return "%ff%fe" + quote_plus(value.encode("utf-8", "replace"))
    if rng.random() < 0.05:
        return value.encode("ascii", "ignore").decode().replace("&", "").replace("#", "").replace("\n", "")
    return quote_plus(value.encode("utf-8", "replace"))


class Answered(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    kind: str
    body: bytes
    seconds: float


async def send(app: ASGIApp, ask: Ask) -> Answered:
    """Send one request straight into the application."""
    scope = {
        "type": "http", "http_version": "1.1", "method": ask.method, "scheme": "http", "root_path": "",
        "path": _decoded(ask.path), "raw_path": ask.path.encode("ascii", "ignore"),
        "query_string": ask.query.encode("latin-1", "ignore"), "headers": list(ask.headers),
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    status, kind, parts = 0, "", []

    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:  # what comes next is that the client hangs up, and it does not
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def take(message: Message) -> None:
        nonlocal status, kind
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            status, kind = message["status"], headers.get(b"content-type", b"").decode()
            if b"content-encoding" in headers:
                kind += "; packed"
        else:
            parts.append(message.get("body", b""))

    began = time.perf_counter()
    await app(scope, receive, take)
    return Answered(status, kind, b"".join(parts), time.perf_counter() - began)


def _decoded(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path)


def fault(ask: Ask, answered: Answered) -> str:
    """Return what is wrong with an answer; empty where nothing is."""
    if answered.status not in EXPECTED:
        return f"status {answered.status}: {answered.body[:200]!r}"
    if answered.seconds > MOST_SECONDS:
        return f"took {answered.seconds:.1f} s"
    if answered.status >= 400 and ask.method != "HEAD":
        if not answered.kind.startswith("text/plain") or not answered.body.strip():
            return f"a refusal without a reason: {answered.kind} {answered.body[:100]!r}"
    elif answered.status == 200 and answered.kind == "application/json" and ask.method == "GET":
        try:
            json.loads(answered.body)
        except ValueError as error:
            return f"no JSON: {error}"
    return ""


async def fuzz(
    app: ASGIApp, count: int, seed: int
) -> tuple[Counter[int], list[tuple[Ask, str]], tuple[float, Ask]]:
    """Send requests, and return the statuses, the failures and the slowest."""
    statuses: Counter[int] = Counter()
    failed: list[tuple[Ask, str]] = []
    slowest = (0.0, Ask("", "", ""))
    stream = requests(seed)
    following: Ask | None = None
    for _ in range(count):
        ask = following or next(stream)
        following = None
        answered = await send(app, ask)
        statuses[answered.status] += 1
        slowest = max(slowest, (answered.seconds, ask), key=lambda one: one[0])
        wrong = fault(ask, answered)
        if wrong:
            failed.append((ask, wrong))
        elif b'"nextPageToken":"' in answered.body[-60:] and "pageToken" not in ask.query:
            token = answered.body.rpartition(b'":"')[2][:-2].decode()
            following = msgspec.structs.replace(ask, query=f"{ask.query}&pageToken={token}", headers=())
    return statuses, failed, slowest


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="a data folder; the demo registry without one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        finder = Finder(options.home) if options.home else Finder.demo(Path(folder))
        with finder:
            finder.make_ready()
            began = time.perf_counter()
            statuses, failed, (seconds, ask) = asyncio.run(
                fuzz(create_app(finder), options.count, options.seed)
            )
    took = time.perf_counter() - began
    print(f"{options.count:,} requests in {took:.0f} s: {dict(sorted(statuses.items()))}")
    print(f"slowest {1000 * seconds:.0f} ms: {ask.method} {ask.path}?{ask.query[:300]}")
    for ask, wrong in failed[:20]:
        print(f"FAILED {ask.method} {ask.path}?{ask.query[:500]} {ask.headers}\n  {wrong}")
    print(f"{len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
