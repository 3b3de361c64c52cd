"""Made-up study records for the tests of the store: small, varied, and the same for the same number."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from accrual.registry.ctgov_json import read_with_body
from accrual.registry.files import SourceRecord

_WORDS = [
    *("patients", "with", "advanced", "solid", "tumors", "receive", "the", "study", "drug", "once", "daily"),
    *("until", "progression", "or", "unacceptable", "toxicity", "primary", "outcome", "overall", "survival"),
    *("secondary", "response", "rate", "safety", "hemoglobin", "creatinine", "placebo"),
]


def body(
    number: int, day: str = "2026-01-02", holder: str = "2026-01-05", note: str = "", words: int = 200
) -> bytes:
    """Return study `number` as minified v2 JSON."""
    rng = random.Random(number)
    study = {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT{number:08d}",
                "briefTitle": f"Made-up study {number} {note}".strip(),
            },
            "statusModule": {"lastUpdatePostDateStruct": {"date": day, "type": "ACTUAL"}},
            "descriptionModule": {"briefSummary": " ".join(rng.choices(_WORDS, k=words))},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": holder}},
    }
    return json.dumps(study, separators=(",", ":")).encode()


def record(number: int, day: str = "2026-01-02", holder: str = "2026-01-05", note: str = "") -> SourceRecord:
    """Return study `number` as the registry room's reader gives it."""
    trial, canonical = read_with_body(body(number, day, holder, note))
    return SourceRecord(
        trial=trial,
        body=canonical,
        where=f"made-up:{number}",
        source_bytes=len(canonical),
        last_update=day,
        version_holder=holder,
        consumed_bytes=number,
    )


def records(count: int, versions: int = 1, first: int = 90_000_001) -> Iterator[SourceRecord]:
    """Yield `count` studies, and then their later versions in turn."""
    for version in range(versions):
        for number in range(first, first + count):
            yield record(number, f"2026-0{version + 1}-02", f"2026-0{version + 1}-05", f"v{version}")
