"""What words say of a fact or a claim beyond naming it: of now or of ever, of what is over, of what passes by itself.

Comes in: qualifiers, a condition. Goes out: what they say. Refuses nothing: a word that no table has says only itself.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import qualifiers
from accrual.truth import Truth

NOW = frozenset(("active", "current"))
EVER = frozenset(("history", "prior", "past"))
OVER = frozenset(("inactive", "resolved", "past"))
VAGUE = frozenset(("history", "prior"))  # said of a fact: it was there; whether it still is, is not said
UNPROVEN = frozenset(("suspected", "planned"))  # said of a fact: it is not established
GIVEN = frozenset(("known",))  # whatever stands in the file is known
TIMED = NOW | EVER | {"resolved"}

# How long an order without an end speaks of today: ours, set by hand to a year, within which a prescription that
# goes on is usually written anew.
ORDER_DAYS = 366
# How long something acute or new speaks of today: "acute" turns into "chronic" after about three months, the usual
# limit for pain, cough and kidney disease (KDIGO 2012 for the last, doi:10.1038/kisup.2012.73).
ACUTE_DAYS = 92
# What passes with a pregnancy lasts as long: 294 days, as the pregnancy itself (`values.CURRENT_DAYS_OF`).
PASSING_DAYS_OF: Mapping[str, int] = {"multiple-pregnancy": 294}
PASSING = frozenset(("acute", "newly-diagnosed", "subacute"))
# Conditions that pass (or turn into another) by themselves: one of years ago without an end is not there today.
PASSING_KINDS = frozenset(
    (
        "acute-graft-versus-host-disease",
        "acute-heart-failure",
        "acute-hepatitis-b",
        "acute-ischemic-stroke",
        "acute-kidney-injury",
        "acute-liver-failure",
        "acute-otitis-media",
        "acute-pancreatitis",
        "acute-respiratory-distress-syndrome",
        "appendicitis",
        "burn",
        "concussion",
        "covid-19",
        "delirium",
        "fever",
        "fracture",
        "influenza",
        "pregnancy-complication",
        "respiratory-tract-infection",
        "sepsis",
        "sprain",
        "urinary-tract-infection",
    )
)
# The same, without the kinds of it: a heart attack of years ago still counts as one.
PASSING_ITSELF = ("acute-coronary-syndrome", "unstable-angina")
# "No infection" cannot mean that there never was one: a denial of these speaks of today alone.
EVERYBODY_HAD = frozenset(
    (
        "bacterial-infection",
        "diarrhea",
        "fever",
        "headache",
        "infection",
        "injury",
        "pain",
        "respiratory-tract-infection",
        "upper-respiratory-tract-infection",
        "viral-infection",
        "vomiting",
    )
)

# What one qualifier says beyond itself, by the meanings in qualifiers.tsv.
SAYS: Mapping[str, tuple[str, ...]] = {
    "well-controlled": ("controlled",),
    "relapsed": ("relapsed-or-refractory", "recurrent", "previously-treated"),
    "refractory": ("relapsed-or-refractory", "previously-treated"),
    "mild": ("mild-to-moderate",),
    "moderate": ("mild-to-moderate", "moderate-to-severe"),
    "severe": ("moderate-to-severe",),
    "metastatic": ("advanced",),
}


def passes(concept: str) -> bool:
    """Say whether a condition passes by itself, so that one of years ago without an end is not there today."""
    known = vocabulary()
    if concept in PASSING_ITSELF:
        return True
    return concept in known.concepts and not PASSING_KINDS.isdisjoint(known.ancestors(concept))


def stated(word: str, said: frozenset[str]) -> Truth:
    if word in said or word in GIVEN:
        return Truth.YES
    row = qualifiers().get(word)
    return Truth.NO if row is not None and said.intersection(row.opposites) else Truth.UNKNOWN


@functools.lru_cache(maxsize=4096)
def closed(words: frozenset[str]) -> frozenset[str]:
    """Add what the qualifiers say beyond themselves."""
    found = set(words)
    for word in words:
        found.update(SAYS.get(word, ()))
    return frozenset(found)
