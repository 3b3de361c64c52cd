"""Headings of exclusions that name an illness in broad words, with kinds of it listed under them.

Comes in: a heading's words, and the tree of an exclusion under it. Goes out: what the heading says of its list. Under
"Uncontrolled intercurrent illness, including:" stands "Hypertension": what excludes is hypertension that is also what
the heading says, so the claim is kept and the heading stays beside it in doubt. A false claim still does not exclude;
a true one stays unknown. Refuses every heading that may widen the claim or make another of it: a negation, an
exception, a relation ("family history of", "risk of", "contraindications"), a treatment, other people.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import RELATIONS
from accrual.criteria.tree import All, Any_, AtLeast, Compare, Opaque, Present, Tree, Within, walk

MAX_HEADING = 320  # characters

_NAMES = (
    r"diseases?|conditions?|disorders?|illness(?:es)?|comorbidit(?:y|ies)|co-morbidit(?:y|ies)|abnormalit(?:y|ies)|"
    r"infections?|dysfunctions?|impairments?|insufficiency|problems?|malignanc(?:y|ies)|complications?|diagnos[ei]s"
)
_NAMES_ILLNESS = re.compile(rf"\b(?:{_NAMES})\b")
_LISTS = re.compile(
    r"(?:\b(?:including|includes?|such as|e\.g\.?|eg|for example|"
    r"the following|as follows|following|(?:as )?defined (?:as|by)|listed below|"
    rf"below|namely|i\.e\.?|{_NAMES})\W*)$"
)
# Said of the list or of the verdict, not of the illness.
_FORM = re.compile(
    r"[,(]*\s*\b(?:but (?:is |are )?not (?:necessarily )?(?:limited|restricted) (?:only )?to|not limited to|"
    r"(?:is|are|will be) (?:excluded|not eligible|ineligible)|"
    r"(?:will be|are|is) excluded from (?:the|this) (?:study|trial)|"
    r"any (?:one )?of (?=the following))\b\)?"
)
_REFUSED = re.compile(
    r"\b(?:no|not|non|none|nor|never|without|absen\w+|lack\w*|negative|free|cannot|family|familial|relatives?|parents?|"
    r"mothers?|maternal|fathers?|partners?|siblings?|spouse|contacts?|expos\w+|risks?|predispos\w+|suspect\w*|"
    r"possib\w+|probab\w+|"
    r"potential(?! (?:to|for))|allerg\w+|hypersensitiv\w+|sensitiv\w+|intoleran\w+|contra-?\s?indicat\w+|resist\w+|"
    r"fail\w*|unless|"
    r"except\w*|exclu\w+|allow\w*|permit\w*|eligib\w+|other than|prophyla\w+|medications?|medicines?|drugs?|agents?|"
    r"treat\w+|"
    r"therap\w+|vaccin\w+|receiv\w+|taking|surger\w+|procedures?|transplant\w*|since|must|should|only|if|unable|inability|"
    r"inadequate|"
    r"donors?|infants?|fet\w+|foetal|children|cohort|arm|part|group|women|females?|men|males?|pregnan\w+|"
    r"evaluat\w+ for|symptoms of|signs of|mimic\w*|rule\w* out|need\w*|candidates?|"
    r"plan\w*|prevent\w*|differential|recover\w*|resolved|controlled|stable|excluding|"
    r"less than|more than|at least|up to)\b|[<>≤≥]"
)
_ADDS = re.compile(r"\b(?:other|additional|another)\b")
_PAST = re.compile(
    r"\b(?:history|histories|prior|previous\w*|past|ever|lifetime|last|within|before|years?|months?|weeks?|had|ago|recent\w*|"
    r"historic\w*|experienced?)\b"
)
# Only that the list is of illnesses or of abnormal values.
_PLAIN = re.compile(
    r"(?>(?:patients?|subjects?|participants?|individuals?|the|a|any|one|or|more|of|all|these|this|those|who|which|that|has|have|had|"
    r"having|with|following|below|listed|are|is|be|were|was|will|from|study|trial|met|meets?|meeting|criteria|"
    r"presence|present|evidence|known|clinical|medical|comorbid|co-morbid|co-?existing|underlying|pre-?existing|"
    r"laboratory|lab|serum|blood|chemistry|"
    r"hematolog\w+|haematolog\w+|biochemi\w+|abnormal|values?|results?|findings?|tests?|parameters|confirmed|at|screening|"
    rf"baseline|visit|either|and|diagnosed|{_NAMES})\b\W*)+"
)
_EXCLUDED = re.compile(
    r"\b(?:(?:is|are|were|was|will be|shall be|should be|must be) )?"
    r"(?:excluded|not eligible|ineligible|not be eligible)\b"
)
_HISTORY = re.compile(
    r"(?>(?:patients?|subjects?|participants?|any|a|the|has|have|with|who|had|current|currently|present|active|lifetime|"
    r"past|prior|"
    r"previous|known|or|and|and/or|personal|medical)\b\W*)*"
    rf"history (?:of|or presence of|or evidence of)\b\W*(?>(?:any|one|or|more|of|the|these|following|"
    rf"medical|clinical|{_NAMES})\b\W*)*"
)

Illness = Literal["plain", "history", "narrowed", "past", ""]


def illness_named(heading: str) -> Illness:
    """Return what a heading of exclusions says of the illnesses under it; "" where that is not clear.

    Example:
        >>> illness_named("Any of the following laboratory abnormalities")
        'plain'
        >>> illness_named("Uncontrolled intercurrent illness including, but not limited to")
        'narrowed'
        >>> illness_named("No serious illness, including")
        ''
    """
    if len(heading) > MAX_HEADING:
        return ""
    low = _FORM.sub(" ", " ".join(heading.lower().split())).strip()
    bare = _EXCLUDED.sub(" ", low)
    if _PLAIN.fullmatch(bare.strip(" ,:.")) and (bare != low or _NAMES_ILLNESS.search(low)):
        return "plain"
    if _HISTORY.fullmatch(low):
        return "history"
    if not _NAMES_ILLNESS.search(low) or not _LISTS.search(low) or _REFUSED.search(low) or _ADDS.search(low):
        return ""
    return "past" if _PAST.search(low) else "narrowed"


def of_illness(tree: Tree, heading: Opaque, past: bool) -> Tree | None:
    """The claim beside its heading; None where the claim is no illness and no value.

    A bare drug under such a heading may be what the illness comes from; and where the heading speaks of the past, so
    does the claim.
    """
    if isinstance(tree, Opaque) or not all(_is_illness(node, past) for node in walk(tree)):
        return None
    return All(children=(_of_past(tree) if past else tree, heading), span=tree.span)


# What says itself of when it is, or is no claim of having it.
_UNTIMED = frozenset(("history", "prior", "active", "current", *RELATIONS))


def _is_illness(node: Tree, past: bool) -> bool:
    match node:
        case Present():
            concept = vocabulary().concepts.get(node.concept.code)
            return concept is not None and concept.kind == "condition"
        case Compare():
            return not past and node.variable != "age"
        case All() | Any_() | AtLeast() | Within() | Opaque():
            return True
        case _:
            return False


def _of_past(tree: Tree) -> Tree:
    match tree:
        case Present() if _UNTIMED.isdisjoint(tree.qualifiers):
            return msgspec.structs.replace(tree, qualifiers=("history", *tree.qualifiers))
        case All() | Any_() | AtLeast():
            return msgspec.structs.replace(tree, children=tuple(_of_past(each) for each in tree.children))
        case _:
            return tree
