"""What may follow a condition or treatment without changing it: how it was found, and who judges that it matters.

Comes in: the lexemes of a clause and a place after a claim. Goes out: where such words end. Refuses nothing: where
the words are not surely of this sort they are left to the reader.

* How a diagnosis was made ("confirmed by biopsy", "according to DSM-5 criteria", "(ICD-10)") leaves the tree: a chart
  states the diagnosis, seldom the method (docs/criteria.md).
* A relative clause of judgement ("that, in the opinion of the investigator, may interfere with the study or put the
  patient at risk") narrows what stands before it, its "or" and "may" included.
"""

from __future__ import annotations

from accrual.criteria.phrases.stream import Stream
from accrual.criteria.words import word_set

MAX_METHOD = 16
MAX_JUDGEMENT = 80

# Words that begin the naming of a method or a definition by others.
_BY = (
    "according to", "based on", "based upon", "as per", "per", "by", "as defined by", "defined by", "defined per",
    "defined according to", "in accordance with", "using", "diagnosed by", "confirmed by", "documented by",
    "verified by", "proven by", "determined by", "as determined by", "established by", "assessed by", "as assessed by",
    "diagnosed according to", "diagnosed per", "diagnosed using", "confirmed with", "confirmed on",
    "documented on", "documented in", "confirmed via", "via", "as diagnosed by", "as confirmed by",
    "as documented by", "as evidenced by", "evidenced by", "shown by", "detected by", "identified by", "meeting",
    "fulfilling", "as specified by", "as classified by", "classified by", "classified according to",
    "as described by", "demonstrated by", "as demonstrated by", "proven on", "seen on", "visible on",
)  # fmt: skip
_RULES = word_set(
    "criteria criterion guideline guidelines classification definition definitions consensus manual dsm icd"
)
_METHODS = word_set(
    "biopsy biopsies histology histopathology histological histologically histologic cytology cytologic "
    "cytological cytologically pathology pathologic pathological pathologically histopathological imaging "
    "mri ct cat pet scan scans tomography computed magnetic resonance ultrasound ultrasonography "
    "sonography echocardiography echocardiogram radiography radiograph radiographs radiology radiological "
    "radiologically radiographic radiographically xray x ray rays chest endoscopy endoscopic "
    "endoscopically colonoscopy bronchoscopy laparoscopy angiography pcr elisa serology serological "
    "serologic serologically microscopy microscopic culture cultures smear genetic molecular testing "
    "tests test analysis examination examinations exam evaluation evaluations assessment assessments "
    "clinical clinically laboratory medical history records record physician physicians physician's "
    "doctor's doctor specialist neurologist cardiologist rheumatologist dermatologist psychiatrist "
    "pathologist pathologists interview structured findings finding methods method means standard "
    "diagnostic procedures procedure techniques technique local central the a an of or and either at "
    "least one by on with flow cytometry immunohistochemistry electrocardiogram ecg ekg polysomnography "
    "spirometry rt polymerase chain reaction appropriate positive symptoms signs documentation review "
    "study studies results"
)
_BODIES = word_set(
    "association society federation college foundation academy institute organization organisation group "
    "network league committee initiative alliance council international national"
)
# What may stand after a joining word inside a clause of judgement: verbs of it, and what is at stake.
_AT_STAKE = word_set(
    "put puts place places preclude precludes interfere interferes prevent prevents affect affects "
    "compromise compromises confound confounds limit limits impair impairs increase increases make makes "
    "pose poses render renders cause causes influence influences impact impacts jeopardize jeopardizes "
    "jeopardise complicate complicates result alter alters would could may might will in the their his "
    "her its this that which with to of is are unable sponsor sponsor's investigator investigators "
    "investigator's participation compliance safety study trial interpretation evaluation evaluations "
    "assessment assessments results ability follow completion data medical procedures procedure efficacy "
    "subject subjects subject's patient patients patient's participant participants participant's "
    "participate complete comply interfering hinder hinders obscure contraindicate contraindicates expose "
    "exposes endanger endangers adherence conduct cooperation absorption metabolism excretion "
    "distribution measurement measurements outcome outcomes outcome's well wellbeing welfare risk risks "
    "integrity provide give obtain obtaining understand understanding designee delegate co principal pi "
    "treating treatment validity quality analysis protocol requirements reliability endpoint endpoints "
    "primary secondary not be an any other otherwise affecting sub tolerability inhibit inhibits disrupt "
    "invalidate confuse unacceptable excessive undue harm"
)
_JUDGES = (
    "that",
    "which",
    "that in",
    "that would",
    "that could",
    "that may",
    "that might",
    "which may",
    "which in",
)
_MAYS = word_set("may might could would can will should")
_JOINERS = frozenset(("or", "and", "comma", "slash"))


def method_end(stream: Stream, at: int) -> int:
    """Where "confirmed by biopsy or MRI", "according to DSM-5 criteria" ends; `at` where none begins at lexeme `at`."""
    low = stream.low_at(at)
    start = at + 1
    if stream.kind_at(at) == "drop" and stream.lexemes[at].variable is not None:
        pass  # "confirmed by biopsy" is one lexeme; "or MRI" may follow
    elif low not in _BY:
        pair = f"{low} {stream.low_at(at + 1)}"
        if pair not in _BY:
            return at
        start = at + 2
    rules = _rules_end(stream, start)
    if rules:
        return rules
    end = start
    while end < len(stream) and end - start < MAX_METHOD and _is_method(stream, end):
        end += 1
    while end > start and stream.kind_at(end - 1) in _JOINERS:
        end -= 1
    if (end == start and stream.kind_at(at) != "drop") or (
        end < len(stream) and stream.kind_at(end) not in ("open", "close", "comma", "or", "and")
    ):
        return at
    if end < len(stream) and stream.kind_at(end) != "open":
        return at  # what is joined to it may be one more method, or one more condition
    return end


def _is_method(stream: Stream, at: int) -> bool:
    kind = stream.kind_at(at)
    if kind in ("or", "and", "slash", "comma"):
        return True
    return all(word in _METHODS for word in stream.low_at(at).replace("/", " ").split())


def _rules_end(stream: Stream, start: int) -> int:
    """After the last word of "… criteria", "DSM-IV", "ICD-10"; 0 if there is none near."""
    for at in range(start, min(len(stream), start + MAX_METHOD)):
        lexeme = stream.lexemes[at]
        if lexeme.kind in ("op", "not", "subject", "within", "unit", "history", "receive", "semi", "colon", "unless",
                           "except", "loose", "must"):  # fmt: skip
            return 0
        words = lexeme.low.split()
        if (
            lexeme.concept is not None or lexeme.variable is not None or lexeme.kind == "qualifier"
        ) and not any(stream.low_at(ahead) in _BODIES for ahead in range(at + 1, min(len(stream), at + 4))):
            return (
                0  # "breast cancer by RECIST-measurable disease criteria": more is asked than the diagnosis
            )
        if words and words[-1] in _RULES:
            end = at + 1
            while end < len(stream) and _numbers(stream, end):
                end += 1
            last = stream.low_at(end)
            return (
                end + 1
                if last in ("criteria", "criterion", "guidelines", "diagnosis", "code", "codes")
                else end
            )
    return 0


def _numbers(stream: Stream, at: int) -> bool:
    """ "5", "IV", "TR", "10": the edition of a manual."""
    low = stream.low_at(at)
    return stream.kind_at(at) == "number" or low in (
        "i", "ii", "iii", "iv", "v", "r", "tr", "cm", "text", "revision", "edition", "version", "5th", "4th", "10th",
    )  # fmt: skip


def judgement_end(stream: Stream, at: int, last: int) -> int:
    """Where a relative clause of judgement that begins at lexeme `at` ends: at `last`, or `at` if it is none."""
    if stream.low_at(at).split()[:1] not in (["that"], ["which"]) or last - at > MAX_JUDGEMENT:
        return at
    head = [stream.low_at(step) for step in range(at, min(last, at + 24))]
    words = {word for low in head for word in low.split()}
    if not words & _MAYS and not words & {
        "investigator",
        "investigators",
        "investigator's",
        "opinion",
        "judgment",
        "judgement",
    }:
        return at
    for step in range(at, last):
        kind = stream.kind_at(step)
        if kind in ("unless", "except", "excluded", "semi", "example", "include", "op", "number") or (
            kind == "loose"
            and not set(stream.low_at(step).split()) & (_MAYS | {"only", "otherwise", "whether"})
        ):
            return at
        if kind in _JOINERS:
            follows = step + 1
            while stream.kind_at(follows) in _JOINERS or stream.kind_at(follows) == "drop":
                follows += 1
            first = stream.low_at(follows).split()[:1]
            if follows < last and (not first or first[0] not in _AT_STAKE):
                return at
    return last
