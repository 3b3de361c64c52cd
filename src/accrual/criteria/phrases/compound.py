"""Words of no table before a name that only narrow it: "grass pollen induced rhinitis", "knee surgery", "oral aspirin".

Comes in: an unknown word and the name at the end of its noun phrase. Goes out: whether a patient with the whole thing
surely has the named thing too, so that the name is a claim with the words in doubt. Refuses verbs ("treat asthma"),
words that point elsewhere ("brother's", "control", "last"), and names whose sense a word before them may turn ("ocular
hypertension", "respiratory depression", "colour blindness", "heat stroke").
"""

from __future__ import annotations

from functools import lru_cache

from accrual.codes.concepts import Concept
from accrual.criteria.words import ADJECTIVE_ENDINGS, ADJECTIVES, NOT_ADJECTIVES, word_set

# Last words of names that keep their sense whatever stands before them; the endings are those of such words.
_HEADS = word_set(
    "disease diseases disorder disorders infection infections injury injuries cancer cancers tumor tumors tumour "
    "tumours malignancy malignancies neoplasm neoplasms metastasis metastases leukemia leukaemia allergy allergies "
    "fracture fractures hemorrhage haemorrhage hemorrhages bleeding pain abscess fistula cataract cataracts amd "
    "psoriasis eczema arrhythmia arrhythmias aneurysm aneurysms ulcer ulcers polyp polyps thrombosis stenosis "
    "pneumonia anemia anaemia asthma dementia incontinence myopia headache headaches nsclc gvhd cyst cysts "
    "regurgitation cirrhosis neuropathy encephalopathy cardiomyopathy retinopathy myopathy nephropathy dystrophy"
)
_HEAD_ENDINGS = ("itis", "carcinoma", "sarcoma", "lymphoma", "melanoma", "myeloma", "blastoma", "glioma", "glaucoma",
                 "adenoma")  # fmt: skip
# Names of two words and more are narrow enough, but for these last words.
_OPEN_ENDED = word_set(
    "pressure abuse dependence attack attacks death reaction reactions test tests control history status risk use "
    "depression block arrest shock blindness hypertension hypotension allergic diabetic obese"
)
# Words that no noun phrase of this kind has: verbs, what points at people, at order, at the trial itself.
_ELSEWHERE = word_set(
    "treat cause causes promote promotes affect affects control controls prevent prevents start starts stop stops "
    "initiate continue continues discontinue perform performs undergo show shows showed develop develops developed "
    "experience experiences experienced suffer suffered manage correct induce induces mimic mimics simulate "
    "tolerate complete completes completed begin begins began want wants give gives given take taken taper tapered "
    "prescribed refused denied rule ruled discontinued stopped started caused avoided excluded exclude donate donated "
    "obtain obtained discuss reduce reduces increase increases did does do got get gets made make makes know knows "
    "this these those that such certain both own same different off over counter last first second third fourth next "
    "final initial earliest latest most least more less very too not per via upon until unless study trial protocol "
    "screening baseline index reference specific investigational experimental group groups cohort cohorts arm arms "
    "part phase day week visit healthy normal brother brother's sister sister's brothers sisters son son's daughter "
    "daughter's husband husband's wife wife's children's mother's father's parent's person's spouse's kin animal "
    "suspicious questionable artifactual apparent alleged presumed presumptive putative hypothetical false pseudo "
    "quasi borderline subthreshold incipient impending negative absent lacking free minus zero nil none sham placebo "
    "answer answers questions question history icd vas nci ctcae recist who item scale score american european "
    "international national whom which what why how yes item items nor i ii iii iv v vi vii rd nd th st "
    "potentially possibly probably presumably apparently allegedly reportedly seemingly supposedly nearly almost "
    "hardly barely formerly unlikely historically otherwise currently inadequate insufficient inappropriate lack "
    "fear concern prevention prophylactic preventive premalignant precancerous prediabetic preclinical unaffected "
    "nonexistent nonmalignant cured eradicated ex versus vs"
)
# "-ing" is a verb or a noun of action but for these.
_DOING = word_set(
    "acting lowering sparing draining bleeding functioning healing eating smoldering smouldering lasting"
)
# What may be over by now: with them the claim is of any time.
_LONG_AGO = word_set(
    "recently lately childhood former old remote antecedent infantile juvenile historic lifetime perioperative "
    "postoperative perinatal peripartum postpartum postnatal healed distant repaired removed"
)
MAX_LETTERS = 24


def is_adjective(low: str) -> bool:
    """Say whether an unknown word straight before a condition only narrows it."""
    if low in ADJECTIVES:
        return True
    return (
        len(low) > 4
        and low.endswith(ADJECTIVE_ENDINGS)
        and low not in NOT_ADJECTIVES
        and not low.startswith("non")
    )


@lru_cache(maxsize=8192)
def is_narrowing(low: str) -> bool:
    """Say whether a word of no table can be the first half of a compound name.

    Example:
        >>> is_narrowing("pollen"), is_narrowing("treat"), is_narrowing("causing")
        (True, False, False)
    """
    if low in _ELSEWHERE or low in NOT_ADJECTIVES or not 3 <= len(low) <= MAX_LETTERS:
        return False
    if not low.replace("'", "").isalpha() or not low.isascii():
        return False
    if low.startswith(("non", "anti", "pseudo")):
        return False
    return not (low.endswith("ing") and low not in _DOING)


def may_be_over(low: str) -> bool:
    """ "Resected melanoma", "childhood asthma": the claim is of any time."""
    return low in _LONG_AGO or (low.endswith("ed") and not low.endswith(("eed", "ized", "ised", "mixed")))


def keeps_sense(concept: Concept, low: str) -> bool:
    """Say whether a thing named `low` is the thing of the concept whatever word stands before it.

    Example:
        >>> from accrual.codes.concepts import vocabulary
        >>> keeps_sense(vocabulary().get("asthma"), "asthma")
        True
    """
    if concept.kind != "condition":
        return True
    words = low.rstrip(")").split()
    if not words:
        return False
    last = words[-1]
    if last in _HEADS or last.endswith(_HEAD_ENDINGS):
        return True
    return len(words) > 1 and last not in _OPEN_ENDED and "(" not in low
