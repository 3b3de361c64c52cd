"""The assumption `notes`: what a complete note does not mention is not there.

Comes in: a leaf that no fact decides, in its windows, and the chart. Goes out: a `Finding` NO whose proof names the
assumption, or None where silence answers nothing. Refuses nothing.

The caller vouches that the notes are complete. Even then silence answers little:

- Only where absence speaks for the patient: in an exclusion, or what an inclusion wants not to be. So silence never
  rules anybody out, and never says that what a trial looks for is not there: it may be what is being looked for.
- Only what a note would mention: a condition, a drug or a procedure, that one has had it, an allergy to it, that it
  must not be given, that it is suspected. A relative's illness, only where the notes speak of the family.
- Never a value, an answer in words (consent, pregnancy, a habit), an ability, a plan, a risk; nor what everybody had
  once, vaccines, and what is taken without a doctor.
- Never what the notes touch on: a kind of it or something wider, also in words that gave no fact; a fact of a later
  day; a value or a drug that would show it (a creatinine, where kidney disease is asked for). Nor what no row of the
  vocabulary names: the reader of notes may not know the word; of "infusion of ATG" it is the drug that is absent.
- Words that were not understood, only where no word turns the meaning round ("without", "unable", "risk of"), and each
  of the alternatives that they list names an illness or a drug, or a procedure alone, that is absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import RELATIONS
from accrual.codes.wording import SOURCE
from accrual.criteria.mention import mentions_of
from accrual.criteria.tree import Compare, Mention, OneOf, Opaque, Present, Window
from accrual.match.chart import Chart, Finding, Ground
from accrual.match.concepts import EVER, EVERYBODY_HAD
from accrual.match.timing import lies_behind
from accrual.truth import Truth

ABSENT = "not mentioned in the notes"
"""The fact that silence is."""
STEP = "counted as absent under the assumption `notes`"

_NAMES = frozenset(("condition", "drug", "procedure"))
_THINGS = _NAMES | {"measurement", "observation"}
_FAMILY = "family-history"
_ANSWERED = frozenset(("allergy", "contraindication", "intolerance", "suspected", _FAMILY))
# What a note need not mention though it is there; with all kinds of them. Set by hand.
UNTOLD = frozenset(
    (
        "blood-donation",
        "dietary-supplement",
        "hormonal-contraceptive",
        "investigational-drug",
        "over-the-counter-drug",
        "vaccination",
        "vaccine",
    )
)
# Values that show a condition of these kinds: who has one in the notes is not silent about it. Set by hand.
SHOWN_BY: Mapping[str, tuple[str, ...]] = {
    "anemia": ("hematocrit", "hemoglobin", "red-cells"),
    "arrhythmia": ("heart-rate", "qtc", "pr-interval"),
    "blood-disease": ("hemoglobin", "platelets", "white-cells", "neutrophils", "lymphocytes"),
    "bradycardia": ("heart-rate",),
    "coagulopathy": ("inr", "aptt", "prothrombin-time", "fibrinogen", "platelets"),
    "diabetes-mellitus": ("glucose", "fasting-glucose", "hba1c"),
    "heart-failure": ("lvef", "bnp", "nt-probnp", "nyha"),
    "hyperkalemia": ("potassium",),
    "hyperlipidemia": ("cholesterol", "ldl", "triglycerides"),
    "hypertension": ("systolic-blood-pressure", "diastolic-blood-pressure"),
    "hypokalemia": ("potassium",),
    "hyponatremia": ("sodium",),
    "hypotension": ("systolic-blood-pressure", "diastolic-blood-pressure"),
    "hypoxemia": ("oxygen-saturation",),
    "kidney-disease": ("creatinine", "creatinine-clearance", "egfr", "bun", "urea", "urine-protein", "uacr"),
    "liver-disease": ("alt", "ast", "transaminases", "bilirubin", "direct-bilirubin", "albumin"),
    "malnutrition": ("bmi", "albumin"),
    "obesity": ("bmi", "weight"),
    "shock": ("systolic-blood-pressure",),
    "tachycardia": ("heart-rate",),
    "thyroid-disease": ("tsh", "free-t4"),
}
# The same for what is given for it, or causes it.
GIVEN_FOR: Mapping[str, tuple[str, ...]] = {
    "depression": ("antidepressant",),
    "diabetes-mellitus": ("insulin", "metformin"),
    "epilepsy": ("anticonvulsant",),
    "immunodeficiency": ("immunosuppressant", "corticosteroid"),
    "infection": ("antibiotic", "antiviral", "antifungal"),
    "psychotic-disorder": ("antipsychotic",),
}
# Words after which a name does not say that the thing is there.
_TURNED = re.compile(
    r"(?i)\b(?:no|not|non|nor|neither|never|without|cannot|un(?:able|willing|likely|controlled by|known)|inabilit\w*"
    r"|abilit\w*|absence|absent|lack\w*|fail\w*|refus\w*|free|naive|insufficien\w*|inadequate\w*|except\w*"
    r"|other than|besides|apart from|unless|only|less than|fewer|risks?|famil\w+|relatives?|siblings?|mothers?"
    r"|fathers?|parents?|partners?|donors?|contacts?|expos\w+|likely|plan\w*|schedul\w*|intend\w*|intent\w*|expect\w*"
    r"|candidates?|indicat\w*|eligib\w*|require[sd]? to|must|should|may|might|could|interfer\w*"
    r"|affect(?!ed by)\w*|\w*negativ\w*|test(?:s|ed|ing)?|screen\w*|prevent\w*|prophyla\w*|vaccin\w*|immuni[sz]\w*"
    r"|rather than|instead|investigat\w*|stud(?:y|ies)|trial|protocol|prohibit\w*|permitted|allowed)\b"
)
# Between alternatives; and what says that the things named are examples, or that more than them counts.
_BETWEEN = re.compile(r"(?i)[,;/:()\[\]]|\b(?:or|and)\b")
_EXAMPLES = re.compile(r"(?i)\b(?:such as|like|including|etc|e\.?g|i\.?e|any|other|others|all)\b|[:(\[]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_EMPTY = re.compile(r"(?i)an|as|at|by|for|had|has|have|having|in|is|of|on|patients|subjects|the|to|who|with")
_BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]?")


def answer_silence(
    leaf: Compare | OneOf | Present, windows: tuple[Window, ...], found: Finding, chart: Chart
) -> Finding | None:
    """Return that a complete note would mention what the leaf asks for; None where silence answers nothing.

    Arguments:
        found: what the facts say of it: `UNKNOWN` for want of a fact.

    Example:
        >>> from datetime import date
        >>> from accrual.basic import Code
        >>> from accrual.patient.model import Patient
        >>> leaf = Present(concept=Code("accrual", "asthma", "asthma"))
        >>> answer_silence(leaf, (), Finding(Truth.UNKNOWN), Chart(Patient(), date(2026, 1, 1))).holds
        <Truth.NO: 'no'>
    """
    if not isinstance(leaf, Present) or found.holds is not Truth.UNKNOWN or found.reason != "no fact":
        return None
    words = frozenset(leaf.qualifiers)
    relations = words & RELATIONS
    if not relations <= _ANSWERED or not all(map(lies_behind, windows)):
        return None
    if _FAMILY in relations and not _tells_of_family(chart):
        return None
    own = leaf.concept.code
    if own in EVERYBODY_HAD and (windows or words & EVER):
        return None
    known = vocabulary()
    if own in known.concepts and known.get(own).source == SOURCE:
        return None if relations else _unread(leaf.concept.name, chart)
    if (
        not _would_be_told(own)
        or _left_out(own, chart)
        or chart.later(own)
        or (not relations and _shown(own, chart))
    ):
        return None
    return _absent((own,))


def answer_unread(leaf: Opaque, chart: Chart) -> Finding | None:
    """Return that what words, not understood as a whole, speak of is absent; None where silence answers nothing."""
    if leaf.reason:
        return None  # left to judgement, or said of the trial
    return _unread(leaf.text, chart)


def _unread(text: str, chart: Chart) -> Finding | None:
    absent: dict[str, None] = {}
    for names in _alternatives(text):
        silent = [name for name in names if _would_be_told(name) and _is_silent(name, chart)]
        if not silent:
            return None
        absent |= dict.fromkeys(silent)
    return _absent(tuple(absent)) if absent else None


@lru_cache(maxsize=4096)
def _alternatives(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the concepts that each of the alternatives in a text names, without any of which it cannot be true.

    Nothing where the words may say more or less: where one turns them round, or an alternative names nothing.
    """
    mentions = [each for each in mentions_of(text, 0, Opaque(text=text)) if each.start < each.end]
    if any(each.negated or each.kind in ("negation", "sex", "age") for each in mentions):
        return ()
    named = {each: _codes(each) for each in mentions if each.kind in _NAMES}
    # A name may hold such a word, or a comma: "heart failure", "hepatitis, chronic".
    whole = [each for each in named if vocabulary().lookup(each.text) is not None]
    if any(not _inside(turn, whole) for turn in _TURNED.finditer(text)):
        return ()
    things = [each for each in mentions if each.kind in _THINGS]
    for bracket in _BRACKET.finditer(text):
        # "(within 6 months)": it names nothing, so it is no alternative.
        if not _inside(bracket, things) and not _says_more(text, *bracket.span(), mentions):
            text = text[: bracket.start()] + " " * len(bracket.group()) + text[bracket.end() :]
    if _EXAMPLES.search(text) and not all(named.get(each) for each in things):
        return ()
    found: list[tuple[str, ...]] = []
    for start, end in _parts(text, whole):
        codes = dict.fromkeys(code for each in named if start <= each.start < end for code in named[each])
        # How it was seen is no matter: "cancer on imaging" is not absent for want of the imaging.
        names = [name for name in codes if vocabulary().get(name).kind != "procedure"] or list(codes)
        if names:
            found.append(tuple(names))
        elif _says_more(text, start, end, mentions):
            return ()
    return tuple(found)


def _parts(text: str, whole: list[Mention]) -> Iterator[tuple[int, int]]:
    start = 0
    for sign in _BETWEEN.finditer(text):
        if not _inside(sign, whole):
            yield start, sign.start()
            start = sign.end()
    yield start, len(text)


def _inside(found: re.Match[str], mentions: list[Mention]) -> bool:
    return any(each.start < found.end() and found.start() < each.end for each in mentions)


def _says_more(text: str, start: int, end: int, mentions: list[Mention]) -> bool:
    """Say whether a part that names nothing we know has words of its own, beside amounts, times and qualifiers."""
    slight = [(each.start, each.end) for each in mentions if each.kind not in _THINGS]
    return any(
        not _EMPTY.fullmatch(word.group())
        and not any(first <= word.start() and word.end() <= last for first, last in slight)
        for word in _WORD.finditer(text, start, end)
    )


def _codes(mention: Mention) -> tuple[str, ...]:
    """Return the concepts that a mention names; of words that are no name themselves, those inside them."""
    known = vocabulary()
    if mention.code is not None and mention.code.code in known.concepts:
        return (mention.code.code,)
    return tuple(dict.fromkeys(each.concept.id for each in known.spot(mention.text)))


def _would_be_told(concept: str) -> bool:
    known = vocabulary()
    if concept not in known.concepts or known.get(concept).source == SOURCE:
        return False
    return UNTOLD.isdisjoint(known.ancestors(concept))


def _is_silent(concept: str, chart: Chart) -> bool:
    touched = any(fact.asserted for fact in (*chart.kinds_of(concept), *chart.wider_than(concept)))
    touched = touched or _left_out(concept, chart)
    return not (touched or concept in EVERYBODY_HAD or chart.later(concept) or _shown(concept, chart))


def _left_out(concept: str, chart: Chart) -> bool:
    """Say whether the notes name it, or something wider or narrower, in words that gave no fact."""
    known = vocabulary()
    return any(known.is_a(each, concept) or known.is_a(concept, each) for each in chart.patient.left_out)


def _shown(concept: str, chart: Chart) -> bool:
    """Say whether the notes give a value or a drug that would show the condition."""
    kinds = vocabulary().ancestors(concept)
    if any(name in chart.variables for kind in kinds & SHOWN_BY.keys() for name in SHOWN_BY[kind]):
        return True
    drugs = (name for kind in kinds & GIVEN_FOR.keys() for name in GIVEN_FOR[kind])
    return any(fact.asserted for drug in drugs for fact in chart.kinds_of(drug))


def _tells_of_family(chart: Chart) -> bool:
    return any(_FAMILY in fact.qualifiers for fact in chart.patient.facts)


def _absent(names: tuple[str, ...]) -> Finding:
    def prove() -> tuple[Ground, ...]:
        known = vocabulary()
        return tuple(Ground(ABSENT, "", f"{known.get(name).name}: {STEP}") for name in names)

    return Finding(Truth.NO, prove, about=names[0])
