"""Therapies by what the patient did: "have received chemotherapy", "currently taking prednisone", "use of".

Comes in: a verb or noun of receiving, then a drug or procedure. Goes out: `Present`; the past tense is the qualifier
`prior`, the present none. Refuses conditions after such a verb, and treatment *for* something.
"""

from __future__ import annotations

from accrual.criteria.phrases.condition import read_present
from accrual.criteria.phrases.stream import HAS_CONCEPT, Family

THERAPY = Family("therapy", frozenset(("receive",)), read_present, needs=HAS_CONCEPT)
