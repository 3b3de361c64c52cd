"""The phrase families: each turns a stretch of lexemes into one claim.

Comes in: a `Stream` and a place in it. Goes out: a `Read`, or None. `PHRASES` is the order in which families are
asked; the first that understands wins. A new family is one file, one entry here and one golden file.
"""

from __future__ import annotations

from functools import cache

from accrual.criteria.phrases.acuity import ACUITY
from accrual.criteria.phrases.age import AGE
from accrual.criteria.phrases.agreement import AGREEMENT
from accrual.criteria.phrases.alternation import ALTERNATION
from accrual.criteria.phrases.blood_pressure import BLOOD_PRESSURE
from accrual.criteria.phrases.circumstance import CIRCUMSTANCE
from accrual.criteria.phrases.condition import CONDITION
from accrual.criteria.phrases.consent import CONSENT
from accrual.criteria.phrases.crossed import CROSSED
from accrual.criteria.phrases.defined import DEFINED
from accrual.criteria.phrases.dose import DOSE
from accrual.criteria.phrases.gestation import GESTATION
from accrual.criteria.phrases.grade import GRADE
from accrual.criteria.phrases.healthy_volunteer import HEALTHY_VOLUNTEER
from accrual.criteria.phrases.life_expectancy import LIFE_EXPECTANCY
from accrual.criteria.phrases.limits import MEASURE
from accrual.criteria.phrases.marker import MARKER
from accrual.criteria.phrases.measurable import MEASURABLE
from accrual.criteria.phrases.named_measure import NAMED_MEASURE
from accrual.criteria.phrases.pledge import PLEDGE
from accrual.criteria.phrases.relation import RELATION
from accrual.criteria.phrases.reproduction import REPRODUCTION
from accrual.criteria.phrases.serology import SEROLOGY
from accrual.criteria.phrases.sex import SEX
from accrual.criteria.phrases.smoking import SMOKING
from accrual.criteria.phrases.stage import STAGE
from accrual.criteria.phrases.state import STATE
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.phrases.therapy import THERAPY
from accrual.criteria.phrases.time import TIME
from accrual.criteria.phrases.washout import WASHOUT

PHRASES: tuple[Family, ...] = (
    SEX,
    CONSENT,
    PLEDGE,
    REPRODUCTION,
    CIRCUMSTANCE,
    AGREEMENT,
    LIFE_EXPECTANCY,
    WASHOUT,
    BLOOD_PRESSURE,
    GRADE,
    ACUITY,
    DOSE,
    DEFINED,
    SMOKING,
    GESTATION,
    MEASURABLE,
    CROSSED,
    TIME,
    AGE,
    STAGE,
    SEROLOGY,
    MARKER,
    MEASURE,
    NAMED_MEASURE,
    HEALTHY_VOLUNTEER,
    STATE,
    THERAPY,
    RELATION,
    CONDITION,
    ALTERNATION,
)


@cache
def _asked(traits: int) -> dict[str, tuple[Family, ...]]:
    """Return the families that are asked in a clause of such traits, by the kind of lexeme they may start at."""
    able = [family for family in PHRASES if family.needs & traits == family.needs]
    kinds = {kind for family in able for kind in family.starts}
    return {kind: tuple(family for family in able if kind in family.starts) for kind in kinds}


def read_phrase(stream: Stream, at: int) -> Read | None:
    """Return the first claim that a family reads at lexeme `at`, None if none does."""
    topics = stream.topics
    for family in _asked(stream.traits).get(stream.kinds[at], ()):
        if family.topics and (not topics or family.topics.isdisjoint(topics)):
            continue
        read = family.read(stream, at)
        if read is not None:
            return read
    return None


__all__ = ["PHRASES", "Family", "Read", "Stream", "read_phrase"]
