"""Measures the API as served: one server process, many connections, on this machine.

Comes in: a data folder that holds studies (`accrual --home HOME load FILES`). Goes out: a table: requests a second for
one study, milliseconds for a first page of 20 with count and filters and for pages of 1,000 whole records, and what
200 clients at once get. The load generator runs on the same cores and takes its share; the server's own processor time
stands beside, and its largest memory. Compare a page of 1,000 with the public service: 720 to 1,040 ms (measured by
others in 2026).

    python benchmarks/api_load.py --home HOME
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

WORDS = (
    "leukemia", "breast cancer", "asthma", "diabetes", "heart failure", "hiv", "lung cancer", "stroke", "depression",
    "hepatitis", "psoriasis", "obesity", "sepsis", "copd", "lymphoma", "melanoma", "migraine", "epilepsy", "pain",
    "arthritis",
)  # fmt: skip
STATUSES = ("RECRUITING", "COMPLETED", "RECRUITING|NOT_YET_RECRUITING", "TERMINATED")
FACETS = ("phase:2", "phase:3", "sex:f", "ages:adult", "studyType:int", "results:with")
CLIENTS = 200
BUFFER_BYTES = 2**24  # the reader's own default, 64 KiB, would be what is measured
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """`accrual serve` as its own process."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "accrual", "--home", str(home), "serve", "--port", "0", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = ""
        while True:
            said += self.process.stdout.readline()
            try:
                self.url = json.loads(said)["url"]
                break
            except ValueError:
                if self.process.poll() is not None:
                    raise SystemExit(f"the server did not start: {said}") from None
        parts = urlsplit(self.url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80

    def cpu_seconds(self) -> float:
        """Processor time of the server process and its ended children so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_mib(self) -> float:
        """The most memory that the server process has held."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        return 0.0

    def close(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait(timeout=60)


class Connection:
    """One kept-alive connection."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def __aenter__(self) -> Connection:
        self.reader, self.writer = await asyncio.open_connection(
            self.server.host, self.server.port, limit=BUFFER_BYTES
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def get(self, path: str) -> tuple[int, bytes]:
        """Ask for a path; return status and body."""
        self.writer.write(f"GET {path} HTTP/1.1\r\nhost: {self.server.host}\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        if headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int((await self.reader.readuntil(b"\r\n")).strip(), 16):
                parts.append(await self.reader.readexactly(size))
                await self.reader.readexactly(2)
            await self.reader.readuntil(b"\r\n")
            body = b"".join(parts)
        else:
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(lines[0].split()[1]), body


def first_pages(count: int, seed: int) -> list[str]:
    """Return addresses of first pages of 20, with count and filters, none of them twice."""
    draw = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        words = quote(
            f"{draw.choice(WORDS)} {draw.choice(('', 'drug', 'therapy', 'children', 'prevention'))}".strip()
        )
        status, facet = quote(draw.choice(STATUSES)), quote(draw.choice(FACETS))
        year = draw.randint(2000, 2025)
        since = quote(f"AREA[StartDate]RANGE[{year}, MAX]")
        found[
            f"/api/v2/studies?query.{draw.choice(('cond', 'term'))}={words}&filter.overallStatus={status}"
            f"&aggFilters={facet}&filter.advanced={since}&countTotal=true&pageSize=20"
        ] = None
    return list(found)


async def ask_each(server: Server, paths: Sequence[str], connections: int) -> list[float]:
    """Ask for every path once, over some connections; return milliseconds of each. Any answer but 200 is an error."""
    left = list(reversed(paths))
    taken: list[float] = []

    async def work() -> None:
        async with Connection(server) as connection:
            while left:
                path = left.pop()
                began = time.perf_counter()
                status, _ = await connection.get(path)
                if status != 200:
                    raise SystemExit(f"{status} for {path}")
                taken.append(1000 * (time.perf_counter() - began))

    await asyncio.gather(*(work() for _ in range(connections)))
    return taken


async def whole_pages(server: Server, pages: int) -> list[float]:
    """Follow page tokens through pages of 1,000 whole records; return milliseconds of each."""
    taken, token = [], ""
    async with Connection(server) as connection:
        for _ in range(pages):
            began = time.perf_counter()
            _, body = await connection.get(f"/api/v2/studies?pageSize=1000{token}")
            taken.append(1000 * (time.perf_counter() - began))
            following = json.loads(body).get("nextPageToken")
            if following is None:
                break
            token = f"&pageToken={following}"
    return taken


def row(name: str, values: Sequence[float], unit: str = "ms") -> None:
    """Print a line of the table."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    middle = statistics.median(values)
    print(f"{name:<52} n {len(values):>5}  p50 {middle:8.1f}  p95 {p95:8.1f}  max {ordered[-1]:8.1f} {unit}")


async def measure(server: Server, requests: int, seed: int) -> None:
    """Run all measurements."""
    async with Connection(server) as connection:
        _, body = await connection.get("/api/v2/studies?pageSize=1&fields=NCTId")
        one = json.loads(body)["studies"][0]["protocolSection"]["identificationModule"]["nctId"]
        _, size = await connection.get("/api/v2/stats/size")
    print(f"{json.loads(size)['totalStudies']:,} studies")
    pages = first_pages(2 * requests + 10, seed)
    await ask_each(server, pages[:10], 1)
    row(
        "first page of 20, count and filters, one connection",
        await ask_each(server, pages[10 : 10 + requests], 1),
    )
    row("pages of 1,000 whole records", await whole_pages(server, 10))
    before, began = server.cpu_seconds(), time.perf_counter()
    taken = await ask_each(server, [f"/api/v2/studies/{one}"] * 5000, 8)
    wall, cpu = time.perf_counter() - began, server.cpu_seconds() - before
    row("one study, 8 connections", taken)
    print(f"{'':<52} {len(taken) / wall:,.0f} requests/s; server CPU {1000 * cpu / len(taken):.2f} ms each")
    busy = await ask_each(
        server, pages[10 + requests :] + [f"/api/v2/studies/{one}"] * (4 * CLIENTS), CLIENTS
    )
    row(f"{CLIENTS} clients at once, first pages and single studies", busy)
    print(f"largest memory of the server: {server.peak_mib():,.0f} MiB; no answer but 200")


def main() -> int:
    """Start the server, measure, end it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--seed", type=int, default=23)
    asked = parser.parse_args()
    server = Server(asked.home)
    try:
        asyncio.run(measure(server, asked.requests, asked.seed))
    finally:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
