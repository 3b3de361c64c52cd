"""Whether what a joining word joins stays inside the words that narrow: "infection requiring drugs or admission".

Comes in: the pieces of a clause and the place of an "or", an "and" or a comma behind a claim. Goes out: yes, where
what follows cannot be a thing of its own: it begins with a preposition ("or for …", "or within …"), or all its words
are of a table of what diseases need, where they sit, how bad they are; or it is one more example. Refuses (no)
everything else.
"""

from __future__ import annotations

from accrual.criteria.phrases.compound import is_adjective
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.pieces import Piece
from accrual.criteria.words import word_set

# An alternative that begins so goes on with what narrows: nobody is excluded for "within 3 months" alone.
_GOING_ON = frozenset(
    ("for", "due to", "due", "secondary", "by", "during", "until", "since", "because", "if", "when", "where", "that",
     "which", "that is", "that are", "requiring", "required", "that require", "resulting", "caused", "defined as",
     "interfering", "affecting", "leading", "involving", "as", "within", "prior to", "before", "whose")
)  # fmt: skip
_STARTS = frozenset(("within", "before", "time"))
# What a disease needs or comes to; where it sits; how bad it is; what a narrowing clause goes on with.
_NEEDS = word_set(
    "treatment treatments therapy therapies hospitalization hospitalisation hospitalizations hospital medication "
    "medications medicine medicines drug drugs antibiotic antibiotics antiviral antivirals antifungal antifungals "
    "intervention interventions device devices transfusion transfusions oxygen monitoring supervision admission "
    "support management procedure procedures visit visits care icu intensive emergency room department ward "
    "supplementation replacement adjustment assistance aid modification prescription inpatient outpatient "
    "ventilation intubation vasopressors vasopressor drainage debridement repair correction"
)
_SITES = word_set(
    "liver lung lungs brain bone bones spine skin head neck chest abdomen pelvis heart kidney kidneys bladder stomach "
    "bowel colon rectum breast prostate cervix uterus ovary thyroid pancreas spleen eye eyes ear nose throat mouth "
    "face trunk scalp arm arms leg legs hand hands foot feet hip hips knee knees shoulder shoulders joint joints limb "
    "limbs extremity extremities muscle muscles nerve nerves back thorax thoracic abdominal pelvic cranial spinal "
    "cerebral cardiac hepatic renal pulmonary gastric intestinal lymph node nodes soft tissue tissues organ organs "
    "marrow blood mucosa membranes oral nasal left right upper lower bilateral unilateral proximal distal region area "
    "areas side sides surface site sites"
)
_DEGREES = word_set(
    "mild moderate severe serious grade class stage type phase level degree higher lower worse greater less more "
    "above below acute chronic stable unstable active inactive complete partial local regional systemic topical "
    "intravenous iv oral intramuscular subcutaneous parenteral inhaled surgical medical pharmacological "
    "pharmacologic pharmaceutical nonsurgical invasive mechanical temporary permanent long short term duration "
    "frequency severity intensity symptomatic asymptomatic clinical clinically ongoing current recent new other "
    "additional any another its reason reasons cause causes etiology purpose indication origin"
)
_WORDS = _NEEDS | _SITES | _DEGREES
_VERBS = word_set(
    "requires require needs causes leads results affects interferes interfere impairs impair limits limit prevents "
    "prevent compromises compromise increases increase would could might will precludes preclude contraindicates "
    "confounds confound alters alter influences"
)
_PASSED = frozenset(("drop", "other", "qualifier", "number", "unit", "op"))
_ENDS = frozenset(
    ("or", "and", "comma", "slash", "open", "close", "prep", "link", "within", "before", "after", "time")
)


def stays_inside(stream: Stream, items: list[Piece], at: int, examples: bool) -> bool:
    """Say whether what item `at` joins goes on with the words that narrow.

    Args:
        examples: examples are being listed there ("such as A, B or C").
    """
    after = at
    while after < len(items) and items[after].kind in ("or", "and", "comma", "slash", "drop"):
        after += 1
    if after >= len(items):
        return True
    if items[after].kind == "close":
        return True
    low = stream.low_at(items[after].at)
    if items[after].kind in _STARTS or low in _GOING_ON or low.partition(" ")[0] in _VERBS:
        return True
    if examples:
        return items[after].kind in ("claim", "word", "variable", "concept") and not ends_list(items, at)
    return _of_tables(stream, items, after)


def _of_tables(stream: Stream, items: list[Piece], at: int) -> bool:
    """Say whether all words up to the next joint are of the tables."""
    told = False
    for item in items[at:]:
        if item.kind in _ENDS:
            break
        for step in range(item.at, item.to):
            kind, low = stream.kinds[step], stream.low_at(step)
            told = told or kind == "qualifier"
            if kind in _PASSED or (kind == "word" and is_adjective(low)):
                continue
            if not all(word in _WORDS for word in low.split()):
                return False
            told = True
    return told


def ends_list(items: list[Piece], at: int) -> bool:
    """ "Requiring steroids, or transplant": behind one member alone, ", or" may lead back to the claim."""
    start = at
    while start and items[start - 1].kind in ("comma", "or", "and", "drop"):
        start -= 1
    run = {item.kind for item in items[start : at + 2]}
    if "comma" not in run or not run & {"or", "and"}:
        return False
    for item in reversed(items[:start]):
        if item.kind == "comma":
            return False
        if item.kind in ("example", "include", "prep", "link", "receive", "open"):
            return True
    return True
