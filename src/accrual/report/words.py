"""What the names in a simulation mean: shares, reasons, events, in words of ours that a face can translate.

Comes in: a name of `Summary.shares`, `Member.infusion`, `Member.event` or `Member.crs`. Goes out: words. Refuses: a
name that is none (KeyError); a test holds these tables to what the models give.
"""

from __future__ import annotations

from typing import Final

from accrual.message import Original, message

NOTICE: Final = message(
    "This explores the design of a trial with published models and stated assumptions. "
    "It does not predict what any product does, and it is not medical advice."
)
"""As `accrual.simulate.notice` says it; here for the catalogs. A test holds them together."""

YES: Final = message("yes")
NO: Final = message("no")

INFUSION: Final = {
    "given": message("Infused"),
    "manufacturing_failure": message("Not infused: the cells could not be made"),
    "fratricide": message("Not infused: the cells killed each other"),
    "early_death": message("Not infused: died before"),
}

EVENT: Final = {
    "not_infused": message("Not infused"),
    "none": message("No event until the end"),
    "no_remission": message("No remission on day 28"),
    "relapse_with_antigen": message("Relapse with the antigen"),
    "relapse_without_antigen": message("Relapse without the antigen"),
    "transplant": message("Transplant in remission"),
    "death_without_relapse": message("Death without relapse"),
}

SIGN: Final = {
    "none": "→",
    "no_remission": "■",
    "relapse_with_antigen": "●",
    "relapse_without_antigen": "○",
    "transplant": "▲",
    "death_without_relapse": "✕",
}
"""The sign of each event in a picture; never a colour alone."""

CRS: Final = {
    "not_infused": message("Not infused"),
    "none": message("None"),
    "mild": message("Grade 1 or 2"),
    "severe": message("Grade 3 or more"),
}

_OUTCOMES: Final = {
    "infused": message("Infused"),
    "manufacturing_failure": message("The cells could not be made"),
    "fratricide": message("The cells killed each other"),
    "early_death": message("Died before the infusion"),
    "remission": message("Complete remission on day 28"),
    "remission_of_enrolled": message("Complete remission on day 28"),
    "mrd_negative": message("No cancer cells found by a fine test (MRD) on day 28"),
    "crs_any": message("Cytokine release syndrome, any grade"),
    "crs_severe": message("Cytokine release syndrome, grade 3 or more"),
}

_BY_MONTH: Final = {
    "no_remission_by_month": message("No remission"),
    "relapse_with_antigen_by_month": EVENT["relapse_with_antigen"],
    "relapse_without_antigen_by_month": EVENT["relapse_without_antigen"],
    "death_without_relapse_by_month": EVENT["death_without_relapse"],
    "transplant_by_month": EVENT["transplant"],
    "event_free_at_month": message("No relapse or death (until a transplant)"),
}

_GROUPS: Final = {
    "enrolled": message("Of everyone enrolled"),
    "infused": message("Of those infused"),
}


def outcome_words(name: str) -> str:
    """Return what a share of the summary is called, without its month.

    Example:
        >>> outcome_words("relapse_with_antigen_by_month_12")
        'Relapse with the antigen'
    """
    return _OUTCOMES[name] if name in _OUTCOMES else _BY_MONTH[name.rpartition("_")[0]]


def group_words(name: str, among: str) -> str:
    """Return whom a share is of, and by when.

    Example:
        >>> group_words("relapse_with_antigen_by_month_12", "infused")
        'Of those infused, by month 12'
    """
    if name in _OUTCOMES:
        return _GROUPS[among]
    return message("Of those infused, by month %(month)s", month=int(name.rpartition("_")[2]))


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share as people read it; a dash where it is not known.

    Example:
        >>> percent(0.125), percent(None)
        ('12 %', '–')
    """
    return "–" if share is None or share != share else f"{100 * share:.{digits}f} %"  # NaN is not itself


SETS: Final = {
    "4-1BB": (
        message("tisagenlecleucel in 90 children and young adults with B-ALL"),
        message(
            "A product with a 4-1BB domain, not the domain: product, CD19, B-ALL and young age go with it. "
            "No source separates the domain from disease and product."
        ),
    ),
    "liso-cel": (
        message(
            "lisocabtagene maraleucel in 261 patients; peak, persistent share and all spreads borrowed from Stein"
        ),
        message(
            "Another 4-1BB product in another disease (lymphoma). Only times and rates are stated; the height of the "
            "peak is tisagenlecleucel's."
        ),
    ),
    "CD28": (
        message("axicabtagene ciloleucel in large B-cell lymphoma, the typical patient"),
        message(
            "A product with a CD28 domain, not the domain: product, CD19, lymphoma and lymphodepletion go with it. "
            "No source separates the domain from disease and product. No spread of the cells between patients is "
            "published; kill rate, half-kill and tumour growth are confounded by one tumour measurement a patient."
        ),
    ),
}
"""What each parameter set stands for, and what is confounded in it, as the set itself says; here for the catalogs."""

PROFILES: Final = {
    "t-all": message("made-up people with a T-cell leukemia that came back or did not respond"),
    "b-all": message("made-up people with a B-cell leukemia that came back or did not respond"),
    "adult": message("made-up adults, as they come to a clinic, with the conditions of the trial"),
    "child": message("made-up children and youths, with the conditions of the trial"),
}
"""Whom the profiles of synthetic populations stand for."""

_LEFT_OUT: Final = {
    str(words): words
    for words in (
        message("what happens to participants: no therapy was asked for"),
        message("what happens to participants: the trial has not a single arm"),
        message("who would be screened: no population was asked for"),
        message("who would be screened: no synthetic population stands for the people of this trial"),
        message("who would be screened: the record has no criteria that are asked of anybody"),
        message("what happens to participants: only CAR-T cells in leukemia have a model here"),
    )
}


def left_out_words(reason: str) -> str:
    """Return why a part is not there, as a sentence.

    Example:
        >>> left_out_words("what happens to participants: no therapy was asked for")
        'Left out: what happens to participants: no therapy was asked for.'
    """
    return message("Left out: %(reason)s.", reason=_LEFT_OUT.get(reason, Original(reason)))
