"""Why words stay text: somebody has to judge, or they speak of the trial and not of the patient.

Comes in: a tree. Goes out: the same tree, each Opaque with its reason where the words show one. Refuses nothing: words
that name anything beside the judgement ("brain metastases, in the opinion of the investigator") keep no reason, for
something in them is simply not understood. No verdict depends on a reason.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from accrual.criteria.tree import All, Any_, AtLeast, Not, Opaque, Reason, Tree, When, Within
from accrual.criteria.words import word_set

# Who judges, and the words for judging.
_JUDGES = word_set(
    "investigator investigators investigator's investigators' opinion judgment judgement judgments "
    "judged deemed discretion judgements judge judges deems considers view assessment clinician "
    "clinician's physician physician's doctor doctor's pi considered felt feels believed believes "
    "determined decided determines determination researcher researchers researcher's oncologist assessed "
    "assess regard regards regarded thinks think judging feels feel clinicians physicians sponsor's"
)
_CUES = word_set(
    "opinion judgment judgement judgments judged deemed discretion deems considers judgements judges"
)
# What a judgement makes of a person: strong words alone, weak ones only with a word of the trial behind them.
_STRONG = word_set(
    "unsuitable inappropriate unfit unsafe hazardous undesirable inadvisable unacceptable jeopardize jeopardise "
    "jeopardizes jeopardises jeopardizing confound confounds confounding suitable appropriate"
)
_WEAK = word_set(
    "preclude precludes precluding interfere interferes interfering interference compromise compromises "
    "compromising affect affects affecting hinder hinders hindering impair impairs impairing limit "
    "limits limiting prevent prevents preventing put puts putting pose poses posing place places "
    "placing impede impedes complicate complicates influence influences influencing increase increases "
    "obscure alter impact impacts bias endanger contraindicate contraindicates prohibit prohibits "
    "render renders make makes making cause constitute constitutes risk risks invalidate"
)
_TRIAL = word_set(
    "study trial participation participate participating participant's protocol compliance comply "
    "safety adherence enrollment enrolment results evaluation interpretation assessment assessments "
    "inclusion research outcome outcomes intervention investigational procedures completion data "
    "endpoint endpoints consent rights wellbeing well-being"
)
# Words that name nothing in particular.
_GENERIC = word_set(
    "any other another all some condition conditions disease diseases illness illnesses disorder "
    "disorders reason reasons factor factors circumstance circumstances situation situations finding "
    "findings abnormality abnormalities problem problems issue issues history medical medically "
    "psychiatric psychological social physical mental clinical clinically surgical laboratory serious "
    "severe significant concurrent concomitant concomitantly uncontrolled underlying unstable active "
    "acute chronic systemic comorbid coexisting comorbidity comorbidities co-morbidities co-morbidity "
    "additional relevant important major known current previous prior past present general health state "
    "status medication medications treatment treatments therapy therapies drug drugs substance "
    "intercurrent geographical geographic sociological familial logistical personal behavioral "
    "behavioural emotional environmental circumstance pre-existing preexisting existing concerns "
    "concern evidence disability patient patients patient's subject subjects subject's participant "
    "participants individual individuals person people those who whom candidate candidates they them it "
    "he she his her their its such this these the a an of in to for by or and with as at on from that "
    "which is are be been being was were has have having had would will could may might can should must "
    "not no if when where whether than more so but either within into does do did site principal "
    "treating study trial local qualified designee designated delegate sub-investigator sponsor doctor "
    "medical monitor team staff responsible attending enrolling research opinion due based according "
    "per under take part taking enter participate participation enrolled included eligible likely "
    "unlikely potentially significantly adversely seriously otherwise unduly undue unacceptable high "
    "low interest best poor bad good candidate suitability appropriate suitable include including "
    "presence identified examination exam examinations electrocardiogram ecg ekg vital sign signs symptom "
    "symptoms pathological pathologic test tests testing value values outside range reference normal "
    "screening baseline visit progressive poorly controlled poor found observed detected revealed abnormal "
    "new onset nature type kind there their them his-her long-term temporary permanent pre-study "
    "comorbidity/ies instability deterioration worsening disturbances disturbance impairment deficit "
    "attending subject-related investigator's-opinion receive receiving received use using taking requiring "
    "requires require evidence concerning regarding relevance clinically-relevant meaningful possibly probably "
    "reasonably otherwise seem seems appear appears expected suspected known-or-suspected anticipated "
    "not-eligible exclude excluded excludes considered thought"
)
_WORDS = re.compile(r"[^\W\d_][\w'’-]*|\d")
# Said of the trial: sentences in which every word is one of these, and one of the second table.
_ABOUT_CRITERIA = word_set(
    "other additional further all no any the a an some one of or more and in by per as to for see refer "
    "above below full protocol protocol-defined protocol-specified protocol-specific study "
    "study-specific defined specified specific described listed detailed stated outlined given "
    "mentioned aforementioned following these those inclusion exclusion eligibility entry enrollment "
    "enrolment criteria criterion requirement requirements may will also might do does did not can must "
    "should apply applies applicable exist be is are meet meets meeting met fulfil fulfill fulfils "
    "fulfills fulfilled satisfy satisfies unable failure fail fails section same according patient "
    "patients subject subjects participant participants individual individuals people who have has "
    "having they trial details description main approval agreement permission sponsor prior written "
    "from principal chair monitor medical"
)
_ASKED = word_set("criteria criterion requirements see refer inclusion exclusion eligibility approval")
_FIRST = _JUDGES | _CUES | _STRONG | _WEAK | _ABOUT_CRITERIA
_NOTE = re.compile(r"(?i)\W*(?:note|nb|n\.b|remark|comment)s?\W*:")
_DEMANDS = re.compile(
    r"(?i)\b(?:must|should|shall|need|required|excluded?|exclusions?|not|cannot|ineligible|only|unless|except|if)\b"
)


@lru_cache(maxsize=4096)
def reason_of(words: str) -> Reason:
    """Say why words that are not understood stay text; empty where they may simply be beyond the program.

    Example:
        >>> reason_of("Any condition that, in the opinion of the investigator, would interfere with the study")
        'subjective'
        >>> reason_of("Does not meet all inclusion criteria")
        'administrative'
        >>> reason_of("Untreated brain metastases, in the opinion of the investigator")
        ''
    """
    if _NOTE.match(words):
        return "" if _DEMANDS.search(words) else "administrative"
    low = words.lower().replace("’", "'")
    first = _WORDS.search(low)
    if first is None or (first.group() not in _GENERIC and first.group() not in _FIRST):
        return ""
    if _is_judgement(low):
        return "subjective"
    said = _WORDS.findall(low)
    about = all(word in _ABOUT_CRITERIA for word in said) and not _ASKED.isdisjoint(said) and len(said) > 1
    return "administrative" if about else ""


def _is_judgement(low: str) -> bool:
    judged = False
    for found in _WORDS.finditer(low):
        word = found.group()
        if word in _STRONG or word in _WEAK:
            strong = word in _STRONG
            if strong and (judged or word not in ("suitable", "appropriate", "unacceptable", "unfit")):
                return True
            if any(each in _TRIAL for each in _WORDS.findall(low, found.end())):
                return True  # what it would interfere with may be anything of the trial
        if word in _CUES:
            judged = True
        elif word not in _GENERIC and word not in _JUDGES and word not in _WEAK and word not in _STRONG:
            return False
    return judged


def with_reasons(tree: Tree) -> Tree:
    """Return the tree with the reason of each Opaque that shows one."""
    match tree:
        case Opaque():
            reason = reason_of(tree.text)
            return msgspec.structs.replace(tree, reason=reason) if reason != tree.reason else tree
        case All() | Any_() | AtLeast():
            parts = tuple(with_reasons(child) for child in tree.children)
            if all(new is old for new, old in zip(parts, tree.children, strict=True)):
                return tree
            return msgspec.structs.replace(tree, children=parts)
        case Not() | Within():
            child = with_reasons(tree.child)
            return tree if child is tree.child else msgspec.structs.replace(tree, child=child)
        case When():
            condition, then = with_reasons(tree.condition), with_reasons(tree.then)
            if condition is tree.condition and then is tree.then:
                return tree
            return When(condition=condition, then=then, span=tree.span)
        case _:
            return tree
