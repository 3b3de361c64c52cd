"""The pages as they are served: milliseconds, weight, layout shift and largest paint; beside them a page over FTS5.

Comes in: any file of records, or a data folder that holds some. Goes out: a table on standard output. The other side
is what one would write without accrual: the same template over SQLite FTS5 (`fts5.py`), without filters, counts and
map, to its advantage. Both are served by the same HTTP server and asked by one client that keeps its connection.

    python benchmarks/pages.py RECORDS --work benchmarks/out/pages --rounds 20
    python benchmarks/pages.py --home benchmarks/out/pages600k --bare --no-browser

`--bare` is for a folder of `pages_home.py`: what it lacks is not built, and pages that decide are not asked.
"""

from __future__ import annotations

import argparse
import html
import http.client
import json
import re
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
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from accrual.cli.serve import listening_socket
from accrual.finder import Finder
from accrual.plain.understanding import Understood
from accrual.web.address import SearchForm
from accrual.web.app import create_app
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
FILTERED = "status=RECRUITING&status=COMPLETED&phase=PHASE2"
PATIENT = b'{"accrual_patient": 1, "sex": "female", "age": 61, "conditions": [{"name": "breast cancer"}]}'
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


class Page(msgspec.Struct, frozen=True):
    """What is asked for: an address, and the form sent to it, if any."""

    path: str
    form: str = ""


def pages(finder: Finder) -> dict[str, list[Page]]:
    """Return the addresses of each kind of page that only searches and shows."""
    words = [quote(one) for one in WORDS]
    trials = list(islice(finder.nct_ids(), 0, 20_000, 1_000))
    searches = {
        "start": ["/"],
        "results": [f"/search?text={one}" for one in words],
        "results, a sentence": [f"/search?text={quote(SENTENCE)}"],
        "results, an age": [f"/search?text={one}&status=RECRUITING&age=67" for one in words],
        "results, two filters": [f"/search?text={one}&{FILTERED}" for one in words],
        "results, near": [f"/search?text={one}&near=Boston&within=100km" for one in words],
        "results, nearest first": [f"/search?text={one}&near=Boston&sort=distance" for one in words],
        "results, newest first": [f"/search?text={one}&sort=updated" for one in words],
        "results, page 2": [f"/search?text={one}&page=2" for one in words],
        "results, all trials": ["/search"],
        "results, none": ["/search?text=asthma+xyzzyplugh&status=RECRUITING&near=Boston&within=25km"],
        "suggestions": [f"/suggest?q={quote(one)}&kind=words" for one in BEGINNINGS],
        "map of results": [f"/map?text={one}" for one in words],
        "map of all trials": ["/map"],
        "trial": [f"/trials/{one}" for one in trials],
        "map of a trial": [f"/trials/{one}/map" for one in trials],
        "history": [f"/trials/{one}/history" for one in trials],
        "compare four": [f"/compare?{urlencode([('id', one) for one in trials[:4]])}"],
        "places": ["/places", "/places?open=1", "/places?order=name"],
    }
    for level in ("country", "region", "city", "site"):
        largest = _largest(finder, level)
        searches[f"places, {level}"] = [f"/places/{one}" for one in largest]
        if level != "site":
            searches[f"places, {level}, trials"] = [
                f"/places/{one}?show=trials&text=cancer&open=1" for one in largest
            ]
    return {name: [Page(path) for path in paths] for name, paths in searches.items()}


def deciding(finder: Finder, address: str) -> dict[str, list[Page]]:
    """Return the pages that decide trials, and those that need statistics."""
    trial = next(iter(finder.nct_ids()))
    anyone, one = "/take-part", f"/trials/{trial}/take-part"
    asked = [Page(anyone, urlencode({"begin": "1", "about_what": word})) for word in WORDS]
    answered = {
        page: answer for page in asked for answer in _next(address, page)
    }  # a small folder has not all
    pasted = urlencode({"text": PATIENT})
    return {
        "take part: one trial": _next(address, Page(one, "start=1")),
        "take part: any, begin": [*answered],
        "take part: any, an answer": [*answered.values()],
        "screen": [Page(f"/trials/{trial}/screen", pasted)],
        "match": [Page("/match", pasted)],
        "matrix of a search": [Page("/coordinators/matrix", f"{pasted}&search=breast+cancer")],
        "matrix of the best": [Page("/coordinators/matrix", pasted)],
        "about the data": [Page("/about-the-data")],
    }


def _largest(finder: Finder, level: str) -> list[str]:
    """Return the paths of the places of a level with most trials: in the largest three countries, one each."""
    found = []
    for country in finder.locations.inside("", "count", 3, 0)[1]:
        here = country
        while here.level != level:
            inside = finder.locations.inside(here.path, "count", 1, 0)[1]
            if not inside:
                break
            here = inside[0]
        if here.level == level:
            found.append(quote(here.path))
    return found


def _next(address: str, page: Page) -> list[Page]:
    """Return the form that a page of questions answers with, answered "not known"; none where it asks none."""
    _status, body = _sent(_line(address), page)
    text = body.decode()
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
    fields = {html.unescape(name): html.unescape(value) for name, value in hidden}
    return [Page(page.path, urlencode({**fields, "answer": "?"}))] if "about" in fields else []


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


def ask(address: str, asked: Sequence[Page], rounds: int) -> tuple[list[float], float]:
    """Return the milliseconds of each answer, and the mean size as sent in kB; the first of each is not counted."""
    line = _line(address)
    taken: list[float] = []
    sizes: list[int] = []
    for turn in range(rounds + 1):
        for page in asked:
            begun = time.perf_counter()
            status, body = _sent(line, page, {"accept-encoding": "gzip"})
            if status != 200:
                raise SystemExit(f"{page.path}: {status}")
            if turn:
                taken.append((time.perf_counter() - begun) * 1000)
                sizes.append(len(body))
    line.close()
    return taken, statistics.mean(sizes) / 1000


def _line(address: str) -> http.client.HTTPConnection:
    where = urlsplit(address)
    return http.client.HTTPConnection(where.hostname or "", where.port)


def _sent(
    line: http.client.HTTPConnection, page: Page, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    if page.form:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        line.request("POST", page.path, page.form.encode(), {**(headers or {}), **kind})
    else:
        line.request("GET", page.path, headers=headers or {})
    answer = line.getresponse()
    return answer.status, answer.read()


def report(name: str, taken: Sequence[float], kilobytes: float) -> None:
    """Print a line of the table."""
    ordered = sorted(taken)
    p95 = ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]
    print(
        f"{name:30} {statistics.median(ordered):8.1f} {p95:8.1f} {ordered[-1]:8.1f} {kilobytes:8.1f}",
        flush=True,
    )


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
            HitView(nct, title, status, "", status == "RECRUITING", (), "", "", "", "")
            for nct, title, status in rows
        ]
        form = SearchForm(text=text)
        return render(
            "results.html", error="", form=form, understood=Understood(text), searched_for=text, words_url="",
            chips=(), helps=Helps(),
            total=total, place="", hits=hits, facets=(), offset=0, previous_url="", next_url="", map_url="/map",
            take_part_url="/take-part",
            first_url="/search", bare_url="/search", anywhere_url="/search", age="", but_age=(),
        )  # fmt: skip

    return Starlette(routes=[Route("/search", search)])


def serve_bare(home: Path) -> None:
    """Serve the pages of a folder without building what it lacks."""
    with Finder(home) as finder:
        _ = finder.index, finder.locations, finder.status()
        finder.places.is_known("London")
        _serve(create_app(finder))


def _serve(app: Starlette) -> None:
    """Serve until SIGINT."""
    listener = listening_socket("127.0.0.1", 0)
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}, indent=2), flush=True)
    with suppress(KeyboardInterrupt):
        make_server(app, 100).run(sockets=[listener])


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
    parser.add_argument("--bare", action="store_true", help="the folder is one of pages_home.py")
    parser.add_argument("--no-rival", action="store_true", help="leave FTS5 out")
    parser.add_argument("--rival", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.rival:
        _serve(rival(asked.rival))
        return 0
    if asked.serve:
        serve_bare(asked.serve)
        return 0
    asked.work.mkdir(parents=True, exist_ok=True)
    home, database = asked.home or asked.work / "home", asked.work / "fts5.db"
    with Finder(home) as finder:
        if asked.records:
            finder.load(asked.records)
        if not asked.bare:
            finder.make_ready()
        if not (asked.no_rival or database.exists()):
            build(finder, database)
        print(f"{len(list(finder.nct_ids())):,} studies, {asked.rounds} rounds")
        kinds = pages(finder)
        command = (
            [__file__, "--serve", str(home)]
            if asked.bare
            else ["-m", "accrual", "--home", str(home), "serve", "--port", "0", "--json"]
        )
        print(f"{'':30} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8} {'kB sent':>8}")
        with served(command) as address:
            if asked.bare:
                del kinds["suggestions"]  # they need what every study is about
            else:
                kinds |= deciding(finder, address)
            for name, some in kinds.items():
                if some:
                    report(name, *ask(address, some, asked.rounds))
            if not asked.no_browser:
                look(address, ["/", kinds["results"][0].path, kinds["trial"][0].path, "/places"])
    if asked.no_rival:
        return 0
    with served([__file__, "--rival", str(database)]) as address:
        report("SQLite FTS5, results", *ask(address, kinds["results"], asked.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
