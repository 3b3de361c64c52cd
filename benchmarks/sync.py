"""Measures sync from a local server: the first one, beside what one would do without it, and a day's worth of news.

Comes in: any file or folder of records; with `--home` a data folder that holds them already, which is copied. Goes out:
a few lines. The server is `accrual serve` in a process of its own on this machine, so what it costs is in every figure.

    python benchmarks/sync.py benchmarks/out/scaled.jsonl.gz --changed 1200

Beside the first sync: `curl` of the same zip, `unzip`, and the files loaded as `accrual load` does; and pages of 1,000
asked for with the standard library's `urllib` and `json`, each study written into a file, as a script would.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import msgspec

from accrual.finder import Finder
from accrual.registry.fetch import Client, Patience
from accrual.registry.upstream import Upstream
from accrual.store.load import load
from accrual.store.records import RecordStore
from accrual.store.roster import roster_path, write_roster
from accrual.store.sources import Source
from accrual.store.writer import RecordWriter
from accrual.sync import SyncPlan, sync

OUT = Path(__file__).parent / "out" / "sync"
RULE = "\n\n* Is willing to keep a diary of blood pressure twice a day"


def main() -> int:
    """Make two data folders and a server, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("records", type=Path, nargs="*")
    parser.add_argument("--home", type=Path, help="a data folder to copy instead of loading records")
    parser.add_argument("--out", type=Path, default=OUT, help="where to work; emptied first")
    parser.add_argument("--changed", type=int, default=1200, help="studies that change in a day")
    parser.add_argument(
        "--records-only", action="store_true", help="leave out all that is derived from records"
    )
    parser.add_argument("--alone", action="store_true", help="leave out what stands beside the first sync")
    asked = parser.parse_args()
    shutil.rmtree(asked.out, ignore_errors=True)
    asked.out.mkdir(parents=True)
    daily, registry = asked.out / "daily", asked.out / "registry"
    if asked.home:
        shutil.copytree(asked.home, daily)
    if asked.records_only:
        with RecordStore(daily) as store:
            if not asked.home:
                load(store, asked.records)
    else:
        with Finder(daily) as finder:
            if not asked.home:
                finder.load(asked.records)
            finder.catch_up()
    shutil.copytree(daily, registry)
    with RecordStore(registry) as store:  # the server catches up with what it needs
        load(store, [_change(store, asked.out / "changed.jsonl", asked.changed)])
        studies = store.count()
    print(f"{studies:,} studies; {asked.changed:,} of them change", flush=True)
    with _served(registry) as url:
        with urlopen(f"{url}/api/v2/stats/size") as warm:
            warm.read()
        _daily(daily, url, _sync_records if asked.records_only else _sync_all)
        _first(asked.out, url, studies)
        if not asked.alone:
            _beside(asked.out, url, studies)
    return 0


def _change(store: RecordStore, path: Path, count: int) -> Path:
    """Write new versions of studies spread over all: each has another summary, every fourth another rule."""
    numbers = list(store.nct_ids())
    later = (date.fromisoformat(store.data_date()[:10]) + timedelta(days=2)).isoformat()
    with path.open("w", encoding="utf-8") as file:
        for at, number in enumerate(numbers[:: max(1, len(numbers) // count)][:count]):
            record: dict[str, Any] = json.loads(store.get(number))
            protocol = record["protocolSection"]
            protocol.setdefault("statusModule", {})["lastUpdatePostDateStruct"] = {"date": later}
            protocol.setdefault("descriptionModule", {})["briefSummary"] = f"Changed. Study {at} of the day."
            if at % 4 == 0 and "eligibilityModule" in protocol:
                module = protocol["eligibilityModule"]
                module["eligibilityCriteria"] = module.get("eligibilityCriteria", "") + RULE
            record.setdefault("derivedSection", {}).setdefault("miscInfoModule", {})["versionHolder"] = later
            file.write(json.dumps(record) + "\n")
    return path


def _first(out: Path, url: str, studies: int) -> None:
    (seconds, own, peak), _ = _measured(_sync_records, out / "first", url)
    size = (out / "first" / "records.db").stat().st_size
    print(
        f"first sync: {seconds:.1f} s ({own:.1f} s of processor), {studies / seconds:,.0f} records/s,"
        f" peak memory {peak:.0f} MB, {size / studies:,.0f} bytes a record on disk",
        flush=True,
    )


def _beside(out: Path, url: str, studies: int) -> None:
    began = time.perf_counter()
    zipped, folder = out / "all.zip", out / "unzipped"
    subprocess.run(
        ["curl", "-sf", "-o", zipped, f"{url}/api/v2/studies/download?format=json.zip"], check=True
    )
    fetched = time.perf_counter() - began
    subprocess.run(["unzip", "-q", zipped, "-d", folder], check=True)
    unzipped = time.perf_counter() - began - fetched
    (seconds, own, peak), _ = _measured(_load_records, out / "loaded", folder)
    total = fetched + unzipped + seconds
    room = zipped.stat().st_size + sum(one.stat().st_size for one in folder.iterdir())
    print(
        f"  beside it: curl {fetched:.1f} s + unzip {unzipped:.1f} s + load {seconds:.1f} s ({own:.1f} s of"
        f" processor) = {total:.1f} s, {studies / total:,.0f} records/s, peak memory {peak:.0f} MB,"
        f" {room / studies:,.0f} bytes a record of zip and files besides the store"
    )
    shutil.rmtree(folder)
    (seconds, own, peak), _ = _measured(_page_to_files, out / "paged", url)
    print(
        f"  beside it: pages with urllib and json into files, no store: {seconds:.1f} s ({own:.1f} s of processor),"
        f" {studies / seconds:,.0f} records/s, peak memory {peak:.0f} MB"
    )
    shutil.rmtree(out / "paged")


def _daily(home: Path, url: str, work: Callable[[Path, Any], Any]) -> None:
    with RecordStore(home) as store:
        base_url, day = f"{url}/api/v2", store.data_date()[:10]
        newest = max(v.last_update for number in store.nct_ids() for v in store.versions(number)[:1])[:10]
        write_roster(roster_path(home, base_url, ""), store.nct_ids())
        with RecordWriter(store) as writer:
            writer.set_source(Source(base_url, "", day, newest, day))
    for words in ("a day's news", "the same again"):
        (seconds, own, peak), report = _measured(work, home, url)
        loaded = report["loaded"] or {"changed": 0, "seen": 0}
        print(
            f"{words}: {seconds:.1f} s ({own:.1f} s of processor), of which records {report['seconds']:.1f} s;"
            f" {report['requests']} requests, {loaded['seen']:,} records came, {loaded['changed']:,} changed,"
            f" peak memory {peak:.0f} MB"
        )


# --- what is measured, each in a process of its own


def _sync_records(home: Path, url: str) -> Any:
    with RecordStore(home) as store, Client(url, Patience(rate=0)) as client:
        return msgspec.to_builtins(sync(store, Upstream(client), SyncPlan()))


def _sync_all(home: Path, url: str) -> Any:
    with Finder(home) as finder, Client(url, Patience(rate=0)) as client:
        return msgspec.to_builtins(finder.sync(Upstream(client), SyncPlan()))


def _load_records(home: Path, folder: Path) -> Any:
    with RecordStore(home) as store:
        return load(store, [folder]).seen


def _page_to_files(folder: Path, url: str) -> Any:
    folder.mkdir()
    token = ""
    while token is not None:
        query = f"pageSize=1000{f'&pageToken={token}' if token else ''}"
        with urlopen(f"{url}/api/v2/studies?{query}") as answer:
            page = json.load(answer)
        for study in page["studies"]:
            number = study["protocolSection"]["identificationModule"]["nctId"]
            (folder / f"{number}.json").write_text(json.dumps(study), encoding="utf-8")
        token = page.get("nextPageToken")


def _measured(
    work: Callable[[Path, Any], Any], home: Path, other: Any
) -> tuple[tuple[float, float, float], Any]:
    """Return what a piece of work took (seconds, processor seconds, peak memory in MB), and what it gave."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, work, home, other))
    process.start()
    theirs.close()
    found: tuple[tuple[float, float, float], Any] = ours.recv()
    process.join()
    return found


def _work(pipe: Any, work: Callable[[Path, Any], Any], home: Path, other: Any) -> None:
    began = time.perf_counter()
    given = work(home, other)
    # Not getrusage: its peak is inherited from the process that this one was started by.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    taken = time.perf_counter() - began, time.process_time(), int(peak.split()[1]) / 1000
    pipe.send((taken, given))


@contextmanager
def _served(home: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "accrual", "--home", str(home), "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = "".join(takewhile(lambda line: line != "}\n", process.stdout))
            if not said:
                raise SystemExit("the server did not start: see its message above")
            yield json.loads(f"{said}}}")["url"]
        finally:
            process.terminate()


if __name__ == "__main__":
    raise SystemExit(main())
