"""A small registry whose records change from run to run, and a watch file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from accrual.finder import Finder
from accrual.registry.files import read_record
from accrual.store.records import RecordStore
from accrual.store.writer import RecordWriter
from accrual.watch.news import Report
from accrual.watch.plan import read_plan
from accrual.watch.run import run_watch
from accrual.watch.state import read_state, write_state

SALT = bytes(range(16))
CRITERIA = (
    "Inclusion Criteria:\n\n* Breast cancer\n* Age up to 65 years\n\nExclusion Criteria:\n\n* Pregnant women"
)


class Registry:
    """A data folder, what is loaded into it, and runs of a watch on it."""

    def __init__(self, folder: Path) -> None:
        self.home, self.file = folder / "home", folder / "mine.yaml"
        self._day = 0

    def publish(self, number: int, criteria: str = CRITERIA, **other: Any) -> None:
        """Load a version of a study, newer than those before."""
        self._day += 1
        posted = date.fromordinal(date(2026, 1, 1).toordinal() + self._day).isoformat()
        status = {
            "overallStatus": other.get("status", "RECRUITING"),
            "lastUpdatePostDateStruct": {"date": posted},
        }
        module: dict[str, Any] = {"eligibilityCriteria": criteria}
        module |= {name: other[name] for name in ("minimumAge", "maximumAge", "sex") if name in other}
        study = {
            "identificationModule": {
                "nctId": f"NCT{number:08d}",
                "briefTitle": other.get("title", f"Study {number}"),
            },
            "statusModule": status,
            "conditionsModule": {"conditions": [other.get("condition", "Breast Cancer")]},
            "eligibilityModule": module,
        }
        body = json.dumps({"protocolSection": study}).encode()
        with Finder(self.home) as finder:
            finder.load_records([read_record(body, "test")])

    def remove(self, number: int, day: str) -> None:
        with RecordStore(self.home) as store, RecordWriter(store) as writer:
            writer.remove([f"NCT{number:08d}"], day)

    def plan(self, plan: Mapping[str, Any]) -> None:
        """Write the watch file."""
        self.file.write_text(json.dumps(plan))

    def run(self, today: str = "2026-06-01") -> Report:
        """Run the watch, and remember."""
        with Finder(self.home) as finder:
            report, state = run_watch(
                finder,
                read_plan(self.file),
                self.file,
                read_state(self.file),
                date.fromisoformat(today),
                SALT,
            )
        write_state(self.file, state)
        return report


def woman(**other: Any) -> dict[str, Any]:
    """A patient in accrual's own form."""
    return {"sex": "female", "birth_date": "1960-03-01", "conditions": [{"name": "breast cancer"}], **other}
