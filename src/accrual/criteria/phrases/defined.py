"""A head that values define: "renal insufficiency (creatinine > 2.5 mg/dL)", "adequate liver function (ALT ≤ 60 U/L)".

Comes in: a condition or an organ's function, and values in a bracket or after "defined as". Goes out: the values, and
with them the condition where a value alone does not make it (diabetes with HbA1c > 9 %). Refuses (None) a head with
other words in it, and values that are not understood in full.

"Uncontrolled", "severe" and their like beside such a head are what the values say: they leave the tree.
"""

from __future__ import annotations

from accrual.codes.wording import code_of
from accrual.criteria.phrases.stream import HAS_TOPIC, Family, Read, Stream
from accrual.criteria.spans import spread_over
from accrual.criteria.tree import All, Compare, OneOf, Opaque, Present, Tree, children, walk
from accrual.criteria.words import word_set

# Conditions that are nothing but a value out of its range, with the variables that say so (CTCAE 5.0).
MADE_BY: dict[str, frozenset[str]] = {
    name: word_set(made_by)
    for name, made_by in {
        "hypertension": "systolic-blood-pressure diastolic-blood-pressure mean-arterial-pressure",
        "hypotension": "systolic-blood-pressure diastolic-blood-pressure mean-arterial-pressure",
        "anemia": "hemoglobin hematocrit",
        "neutropenia": "neutrophils",
        "leukopenia": "white-cells",
        "lymphopenia": "lymphocytes",
        "thrombocytopenia": "platelets",
        "thrombocytosis": "platelets",
        "renal-impairment": "creatinine creatinine-clearance creatinine-clearance-indexed egfr",
        "renal-failure": "creatinine creatinine-clearance creatinine-clearance-indexed egfr",
        "hepatic-impairment": "alt ast alp bilirubin direct-bilirubin ggt child-pugh child-pugh-score "
        "albumin inr",
        "obesity": "bmi",
        "hypercalcemia": "calcium ionized-calcium",
        "hypocalcemia": "calcium ionized-calcium",
        "hyperkalemia": "potassium",
        "hypokalemia": "potassium",
        "hyponatremia": "sodium",
        "hypernatremia": "sodium",
        "hypomagnesemia": "magnesium",
        "hypertriglyceridemia": "triglycerides",
        "hypercholesterolemia": "cholesterol ldl",
        "hyperglycemia": "glucose fasting-glucose hba1c",
        "hypoalbuminemia": "albumin",
        "hyperbilirubinemia": "bilirubin direct-bilirubin",
        "tachycardia": "heart-rate",
        "bradycardia": "heart-rate",
        "fever": "temperature",
        "ocular-hypertension": "intraocular-pressure",
        "proteinuria": "urine-protein upcr uacr",
    }.items()
}
# Words of degree: what the values behind the head make exact.
_DEGREES = word_set(
    "uncontrolled poorly inadequately insufficiently controlled severe significant clinically moderate "
    "mild to marked "
    "serious relevant major current currently known abnormal elevated low high a an of the any evidence "
    "presence "
    "documented baseline existing well"
)
_ORGANS = word_set(
    "renal kidney hepatic liver bone marrow organ hematologic hematological haematological haematologic "
    "hematopoietic "
    "coagulation cardiac pulmonary blood cardiovascular thyroid respiratory left ventricular end and or / "
    "marrow,"
)
_GOOD = word_set("adequate sufficient acceptable satisfactory normal appropriate good preserved")
_BAD = word_set(
    "impaired inadequate insufficient abnormal reduced decreased poor altered compromised unstable "
    "inappropriate"
)
_FUNCTIONS = word_set("function functions functioning reserve")
_FAULTS = word_set("insufficiency impairment dysfunction failure disease")
_DEFINERS = frozenset(
    ("defined as", "defined by", "as defined by", "as evidenced by", "as indicated by",
     "as shown by", "evidenced by", "as demonstrated by", "indicated by", "demonstrated by",
     "as measured by", "as assessed by", "as determined by", "defined", "i e", "ie", "that is",
     "as", "by", "is", "which", "evidenced", "indicated", "demonstrated", "shown", "namely",
     "with", "of", "are")
)  # fmt: skip
MAX_HEAD = 10


def _head(stream: Stream, at: int) -> tuple[int, Present | None] | None:
    """Where the head ends, and the condition that it names; None for an organ's function."""
    words: set[str] = set()
    concept = None
    step = at
    while step < min(len(stream), at + MAX_HEAD):
        lexeme = stream.lexemes[step]
        if lexeme.concept is not None and lexeme.concept.kind == "condition" and concept is None:
            concept = lexeme.concept
            words |= {"condition"}
        elif all(
            word in _DEGREES
            or word in _ORGANS
            or word in _GOOD
            or word in _BAD
            or word in _FUNCTIONS
            or word in _FAULTS
            for word in lexeme.low.replace("/", " ").split() or ["/"]
        ):
            words |= set(lexeme.low.split())
        else:
            break
        step += 1
        if concept is not None:
            break
    if step == at:
        return None
    good = stream.kind == "inclusion" and bool(words & _GOOD) and not words & _BAD
    if concept is not None:
        if not words <= _DEGREES | {"condition"} | set(stream.low_at(step - 1).split()):
            return None  # "cardiac or renal insufficiency": the value is of one
        return step, Present(concept=code_of(concept), span=stream.span(step - 1, step))
    organ = bool(words & _ORGANS)
    bad = bool(words & _BAD) and bool(words & _FUNCTIONS) and not words & _GOOD
    fault = bool(words & _FAULTS) and not words & (_GOOD | _BAD) and "disease" not in words
    named = (
        bool(words & _FUNCTIONS) or stream.kind_at(step) == "open"
    )  # "adequate hepatic (…) and renal function (…)"
    if organ and ((good and named) or bad or fault):
        return step, None
    return None


def read_defined(stream: Stream, at: int) -> Read | None:
    """Read one head with the values that define it."""
    if not stream.topics or stream.low_at(at) in ("with", "of", "or", "and", "to"):
        return None
    found = _head(stream, at)
    if found is None:
        return None
    step, present = found
    opened = stream.kind_at(step) == "open"
    marked = opened
    begin = step + opened
    if (
        opened
        and stream.kind_at(begin + 1) == "close"
        and stream.kind_at(begin) in ("word", "concept", "variable")
    ):
        begin += 2  # "estimated renal function (eGFR) defined as"
        opened, marked = False, False
    said = set()
    while stream.low_at(begin) in _DEFINERS or stream.kind_at(begin) in ("drop", "comma", "colon", "dot"):
        said.add(stream.low_at(begin))
        marked = marked or stream.low_at(begin) in _DEFINERS or stream.kind_at(begin) == "colon"
        begin += 1
    if not marked or (
        not opened and said <= {"with", "of", "is", "by", "as", ",", "are", "which"} and present is not None
    ):
        return None
    if stream.kind_at(begin) != "variable":
        return None
    end = begin
    depth = 0
    while end < len(stream):
        kind = stream.kind_at(end)
        if kind == "close" and depth == 0:
            break
        depth += (kind == "open") - (kind == "close")
        end += 1
    if opened != (end < len(stream)) and opened:
        return None
    from accrual.criteria.clause import read_clause

    values = read_clause(Stream(stream.text, stream.lexemes[begin:end], stream.kind, stream.source))
    leaves = [node for node in walk(values) if not children(node)]
    if not all(_is_value(leaf) for leaf in leaves):
        return None
    span = stream.span(at, end + opened)
    node: Tree = values
    if present is not None and not _made_by(present, leaves):
        node = All(children=(present, values), span=span)
    return Read(end + opened, "present" if present is not None else "measure", spread_over(node, span))


def _is_value(leaf: Tree) -> bool:
    if isinstance(leaf, Opaque):
        return leaf.text in ("or", "and", "/", ",")
    return (isinstance(leaf, Compare) and leaf.variable not in ("age", "weight")) or (
        isinstance(leaf, OneOf) and leaf.variable in ("child-pugh", "sex")
    )


def _made_by(present: Present, leaves: list[Tree]) -> bool:
    made_by = MADE_BY.get(present.concept.code, frozenset())
    return all(
        not isinstance(leaf, (Compare, OneOf)) or leaf.variable in made_by | {"sex"} for leaf in leaves
    )


DEFINED = Family(
    "defined",
    frozenset(("concept", "qualifier", "word", "shift", "drop", "variable", "history")),
    read_defined,
    needs=HAS_TOPIC,
)
