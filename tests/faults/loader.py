"""A loading process to be killed: `python loader.py HOME STUDIES VERSIONS BATCH [PAUSE_AT]`.

Loads made-up records, the same ones for the same arguments. With PAUSE_AT it stops before that record, tells so on
standard output, and waits to be killed.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))

from made_up import records

from accrual.registry.files import SourceRecord
from accrual.store import load
from accrual.store.records import RecordStore


def source(studies: int, versions: int, pause_at: int | None) -> Iterator[SourceRecord]:
    for number, one in enumerate(records(studies, versions)):
        if number == pause_at:
            sys.stdout.write("waiting\n")
            sys.stdout.flush()
            time.sleep(60)
        yield one


if __name__ == "__main__":
    home, studies, versions, batch = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    load.BATCH_RECORDS = batch
    sys.stdout.write("started\n")
    sys.stdout.flush()
    with RecordStore(home) as store:
        load.load_records(store, source(studies, versions, int(sys.argv[5]) if len(sys.argv) > 5 else None))
    sys.stdout.write("finished\n")
