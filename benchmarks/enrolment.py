"""Fits how long finished trials took on half of them and holds it against the other half.

Comes in: files or folders of records. Goes out: the numbers of `accrual.simulate.calibration.REGISTRY` and how often
its intervals held. Even NCT numbers are fitted on, odd ones held against. Refuses: too few finished trials.

    python benchmarks/enrolment.py ../shared/data/registry/v2 ../shared/data/registry/xml
"""

from __future__ import annotations

import sys
from pathlib import Path

from accrual.registry.files import SourceRecord, read_records
from accrual.simulate.calibration import Course, course_of, fit, held


def main(paths: list[Path]) -> None:
    halves: tuple[list[Course], list[Course]] = ([], [])
    records = 0
    for record in read_records(paths):
        if isinstance(record, SourceRecord):
            records += 1
            course = course_of(record.trial)
            if course is not None:
                halves[int(record.trial.nct_id[3:]) % 2].append(course)
    found = fit(halves[0], "finished trials with even NCT numbers")
    print(f"{records} records, {len(halves[0])} fitted on, {len(halves[1])} held against")
    print(found)
    for level in (0.5, 0.8, 0.95):
        print(f"{level:.0%} intervals held {held(found, halves[1], level):.1%}")
    few = [course for course in halves[1] if course.participants <= 40 and course.sites <= 3]
    print(f"{len(few)} of them with at most 40 participants and 3 sites:")
    for level in (0.5, 0.8, 0.95):
        print(f"{level:.0%} intervals held {held(found, few, level):.1%}")


if __name__ == "__main__":
    main([Path(path) for path in sys.argv[1:]])
