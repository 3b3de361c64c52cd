"""The pages as they are served: milliseconds, weight, layout shift and largest paint; beside them a page over FTS5.

Comes in: any file of records, or a data folder that holds some. Goes out: a table on standard output. The other side
is what one would write without accrual: the same template over SQLite FTS5 (`fts5.py`), without filters, counts and
map, to its advantage. Both are served by the same HTTP server and asked by one client that keeps its connection.

    python benchmarks/pages.py RECORDS --work benchmarks/out/pages --rounds 20
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from accrual.finder import Finder
from accrual.plain.understanding import Understood
from accrual.web.address import SearchForm
from accrual.web.layout import render
from accrual.web.results import Helps, HitView
from accrual.web.server import make_server
from fts5 import Fts5

OUT = Path(__file__).parent / "out"
WORDS = (
    "leukemia",
    "breast cancer",
    "asthma children",
    "diabetes type 2",
    "heart failure",
    "covid-19 vaccine",
)
SENTENCE = "my father's leukemia came back and we live in Boston"
BEGINNINGS = ("le", "br", "diab", "heart f", "pembro", "asthma in lon")
LIMIT_KB = 100  # what the first view may weigh, compressed, without the map: the issue's own limit
AT_ONCE = 1_000
WATCH = """
window.shift = 0; window.paint = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.paint = one.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
"""


class Change(msgspec.Struct, frozen=True):
    """What FTS5 is fed."""

    study: int
    body: bytes


def pages(finder: Finder) -> dict[str, list[str]]:
    """Return the addresses of each kind of page."""
    trials = list(islice(finder.nct_ids(), 6))
    countries = finder.locations.inside("", "count", 3, 0)[1]
    words = [quote(one) for one in WORDS]
    return {
        "results": [f"/search?text={one}" for one in words],
        "results, a sentence": [f"/search?text={quote(SENTENCE)}"],
        "results, filtered": [f"/search?text={one}&status=RECRUITING&age=67" for one in words],
        "results, near": [f"/search?text={one}&near=Boston&within=100km" for one in words],
        "suggest": [f"/suggest?q={quote(one)}&kind=words" for one in BEGINNINGS],
        "map": [f"/map?text={one}" for one in words],
        "trial": [f"/trials/{one}" for one in trials],
        "places": ["/places", *(f"/places/{one.path}" for one in countries)],
        "places, trials": [f"/places/{one.path}?show=trials&text=cancer&open=1" for one in countries],
    }


@contextmanager
def served(arguments: Sequence[str]) -> Iterator[str]:
    """Run a server and yield its address."""
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        written = ""
        for line in server.stdout:
            written += line
            if line.startswith("}"):
                break
        try:
            yield json.loads(written)["url"]
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)


def ask(address: str, paths: Sequence[str], rounds: int) -> tuple[list[float], float]:
    """Return the milliseconds of each answer, and the mean size as sent in kB; the first of each is not counted."""
    where = urlsplit(address)
    line = http.client.HTTPConnection(where.hostname or "", where.port)
    taken: list[float] = []
    sizes: list[int] = []
    for turn in range(rounds + 1):
        for path in paths:
            begun = time.perf_counter()
            line.request("GET", path, headers={"accept-encoding": "gzip"})
            answer = line.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status}")
            if turn:
                taken.append((time.perf_counter() - begun) * 1000)
                sizes.append(len(body))
    line.close()
    return taken, statistics.mean(sizes) / 1000


def report(name: str, taken: Sequence[float], kilobytes: float) -> None:
    """Print a line of the table."""
    ordered = sorted(taken)
    p95 = ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]
    print(f"{name:30} {statistics.median(ordered):8.1f} {p95:8.1f} {ordered[-1]:8.1f} {kilobytes:8.1f}")


def look(address: str, paths: Sequence[str]) -> None:
    """Open pages in a browser and print what a visitor gets; without a browser, say so."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("no browser: playwright is not installed")
        return
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("no browser: chromium is not installed")
        return
    print(f"{'first view in chromium':30} {'shift':>8} {'paint ms':>8} {'kB':>8} {'kB, no map':>10}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for path in paths:
            context = browser.new_context(viewport={"width": 375, "height": 720})
            page = context.new_page()
            page.add_init_script(WATCH)
            network = context.new_cdp_session(page)
            network.send("Network.enable")
            names: dict[str, str] = {}
            weights: dict[str, float] = {}
            network.on(
                "Network.responseReceived",
                lambda e, n=names: n.update({e["requestId"]: e["response"]["url"]}),
            )
            network.on(
                "Network.loadingFinished",
                lambda e, w=weights: w.update({e["requestId"]: e["encodedDataLength"]}),
            )
            page.goto(address + path, wait_until="networkidle")
            shift, paint = page.evaluate("[window.shift, window.paint]")
            every = sum(weights.values()) / 1000
            of_map = ("leaflet", "world.json", "/map")
            lean = (
                sum(size for one, size in weights.items() if not any(m in names.get(one, "") for m in of_map))
                / 1000
            )
            said = "" if lean <= LIMIT_KB else f"  over {LIMIT_KB}"
            print(f"{path[:30]:30} {shift:8.3f} {paint:8.0f} {every:8.1f} {lean:10.1f}{said}")
            context.close()
        browser.close()


def rival(database: Path) -> Starlette:
    """Return the same results page over FTS5."""
    table = Fts5(database)

    async def search(request: Request) -> Response:
        text = request.query_params.get("text", "")
        total, rows = table.page(text)
        hits = [
            HitView(nct, title, status, status == "RECRUITING", (), "", "", "", "")
            for nct, title, status in rows
        ]
        form = SearchForm(text=text)
        return render(
            "results.html", error="", form=form, understood=Understood(text), words_url="", chips=(), helps=Helps(),
            total=total, place="", hits=hits, facets=(), offset=0, previous_url="", next_url="", map_url="/map",
            take_part_url="/take-part",
            first_url="/search", bare_url="/search", anywhere_url="/search", age="", but_age=(),
        )  # fmt: skip

    return Starlette(routes=[Route("/search", search)])


def serve_rival(database: Path) -> None:
    """Serve the rival until SIGINT."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}, indent=2), flush=True)
        with suppress(KeyboardInterrupt):
            make_server(rival(database), 100).run(sockets=[listener])


def build(finder: Finder, database: Path) -> None:
    """Put the same records into FTS5."""
    table = Fts5(database)
    records = enumerate(finder.all_records(), 1)
    while some := [Change(number, body) for number, (_, body) in islice(records, AT_ONCE)]:
        table.apply(some)
    table.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Load, serve, ask, look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("records", type=Path, nargs="*", help="files or folders of records")
    parser.add_argument(
        "--work", type=Path, default=OUT / "pages", help="folder of the data folder and of FTS5"
    )
    parser.add_argument("--home", type=Path, help="a data folder that is filled already")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--rival", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.rival:
        serve_rival(asked.rival)
        return 0
    asked.work.mkdir(parents=True, exist_ok=True)
    home, database = asked.home or asked.work / "home", asked.work / "fts5.db"
    with Finder(home) as finder:
        if asked.records:
            finder.load(asked.records)
        finder.make_ready()
        if not database.exists():
            build(finder, database)
        kinds = pages(finder)
        print(f"{finder.status().studies:,} studies, {asked.rounds} rounds")
    print(f"{'':30} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8} {'kB sent':>8}")
    with served(["-m", "accrual", "--home", str(home), "serve", "--port", "0", "--json"]) as address:
        for name, paths in kinds.items():
            report(name, *ask(address, paths, asked.rounds))
        if not asked.no_browser:
            look(address, ["/", kinds["results"][0], kinds["trial"][0], "/places"])
    with served([__file__, "--rival", str(database)]) as address:
        report("SQLite FTS5, results", *ask(address, kinds["results"], asked.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
