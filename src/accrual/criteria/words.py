"""The small words of eligibility text: what each does to the claim, and why.

Comes in: nothing; these are tables. Goes out: `PHRASES_OF_TEXT`, the cue phrases that the lexer finds, each with its
lexeme kind. Refuses nothing.

What a patient can have, take or be measured for stands in `codes/data`; here stands only grammar. A phrase is
written in lower case with single spaces; the lexer finds it across hyphens, line ends and runs of spaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from accrual.criteria.amount_words import COMPARATORS, LIMITS, OBTAINED, SUFFIXES, VALUES, WITHINS
from accrual.criteria.moment_words import AT_SCREENING


def word_set(words: str) -> frozenset[str]:
    """Return the words of a table that is written as one string."""
    return frozenset(words.split())


Cue: TypeAlias = Literal[
    "drop", "subject", "child", "link", "prep", "not", "and", "or", "op", "suffix", "history", "receive",
    "must", "except", "unless", "example", "include", "loose", "shift", "other", "excluded", "value", "sex",
    "adult", "within", "before", "after", "ago", "limit", "to", "between",
]  # fmt: skip

HARMLESS: Mapping[str, str] = {
    # Words that may be left out of the claim without changing who it is true of; each group says why.
    "the | a | an | his | her | their | its | any | all | some | every | each | "
    "of any type | of any kind | of any sort | of any nature | of any etiology | of any aetiology | of any cause | "
    "of any origin | of any severity | from any cause | natural or surgical | surgical or natural": (
        "articles and quantifiers: the claim is about one patient"
    ),
    "pre-existing | preexisting | known | "
    "documented | confirmed | diagnosed | established | definite | proven | clinically diagnosed | "
    "histologically confirmed | cytologically confirmed | pathologically confirmed | biopsy proven | "
    "histologically proven | histologically or cytologically confirmed | "
    "histologically and/or cytologically confirmed | "
    "histologically or cytologically proven | histologically documented | "
    "histologically or pathologically confirmed | "
    "pathologically or histologically confirmed | cytologically or histologically confirmed | "
    "histopathologically confirmed | histological confirmation of | laboratory confirmed": (
        "how a diagnosis was made sure, not what it is: a chart states the diagnosis, seldom the method"
    ),
    "diagnosis of | a diagnosis of | diagnosis | diagnosed with | diagnosed as having | "
    "diagnosed as | confirmed diagnosis of | "
    "documented diagnosis of | clinical diagnosis of | established diagnosis of | "
    "evidence of | presence of | "
    "the presence of | existence of | presenting with | suffering from | suffer from | "
    "suffers from | affected by | "
    "affected with | known diagnosis of | signs of | have had evidence of": (
        "heads that only say that the condition is there"
    ),
    "is | are | be | been | being | was | were | will be | has been | have been | to be | "
    "aged | age of": "linking verbs",
    AT_SCREENING: ("screening is now: a claim about the patient is read at that time anyway"),
    "inclusive | both inclusive | inclusively | limits included | "
    "extremes included | incl | incl. | inclusively of both ends | endpoints included | "
    "ends included": "ends count unless they are open",
    "on the surface of | leukemia cells | tumor cells | leukaemia cells | "
    "detected by flow cytometry | by flow cytometry | "
    "detected by | flow cytometry | on leukemia cells": (
        "where an antigen is counted and how: part of the variable's definition"
    ),
    "performance status | performance score | performance scale | performance | ps | "
    "status | score | scores | scale | "
    "grade of | level of | levels of | level | levels | count | counts | value | values | "
    "rate | concentration | "
    "concentrations | index | estimated | calculated | serum | plasma | blood | venous | result | test | "
    "functional class | class | classification | who | of the | total score | as defined by": (
        "the name of the scale around a number: the variable says which measurement it is"
    ),
    "currently | current | at present | present | presently | now": "a present claim is about now",
    "in either eye | in either or both eyes | in one or both eyes | in at least one eye | of either eye | "
    "in any eye | of one or both eyes": "the claim is about the patient: one eye is enough",
    "of any race | of any ethnicity | of any ethnic origin | of all races | "
    "of any race or ethnicity | of all ethnicities": ("excludes nobody"),
    "status post": "the event has happened",
    "kind of | kinds of | form of | forms of | type of | types of | a case of | a known case of | known case of": (
        "any kind of a thing is the thing"
    ),
    "clinical evidence of | radiographic evidence of | radiological evidence of | radiologic evidence of | "
    "radiographic or clinical evidence of | radiologic or clinical evidence of | "
    "clinical or radiological evidence of | clinical or radiologic evidence of | "
    "clinical or imaging evidence of | anamnestic or clinical evidence of | "
    "clinical and/or radiographic evidence of | cytologically or histologically documented | "
    "laboratory evidence of | objective evidence of | documented evidence of | histologic evidence of | "
    "histological evidence of | clinical or radiographic evidence of | clinical or laboratory evidence of | "
    "documentation of | confirmation of | clinical signs of | sign of | clinical sign of | "
    "histologic diagnosis of | histological diagnosis of | histopathological diagnosis of | tissue diagnosis of | "
    "pathologic diagnosis of | pathological diagnosis of | cytologic diagnosis of | "
    "histologic or cytologic diagnosis of | histological or cytological diagnosis of | physician diagnosis of | "
    "histologically or cytologically documented | cytologically documented | pathologically documented | "
    "diagnosis with | have been diagnosed with | has been diagnosed with | meets criteria for | "
    "meet criteria for | meeting criteria for | meets diagnostic criteria for | meet diagnostic criteria for | "
    "meeting diagnostic criteria for | meets the diagnostic criteria for | meet the diagnostic criteria for | "
    "meets the criteria for | meet the criteria for | fulfill criteria for | fulfills criteria for | "
    "fulfilling criteria for | fulfill the criteria for | meets dsm iv criteria for | meet dsm iv criteria for | "
    "meets dsm 5 criteria for | meet dsm 5 criteria for | dsm iv diagnosis of | dsm 5 diagnosis of | "
    "dsm iv criteria for | dsm 5 criteria for | current dsm iv diagnosis of": (
        "how a diagnosis was made sure, not what it is: a chart states the diagnosis, seldom the method"
    ),
    "suffered from": "heads that only say that the condition is there",
    "known or suspected | suspected or known | known and suspected | known/suspected | confirmed or suspected | "
    "suspected or confirmed | proven or suspected | suspected or proven | documented or suspected | "
    "suspected or documented | known or presumed | known or probable | diagnosed or suspected | "
    "suspected or diagnosed | known, suspected or documented | active, known or suspected | "
    "active, known, or suspected | active known or suspected | known, active or suspected": (
        "who is only suspected to have it has a fact that says so, and the plain claim is left unknown"
    ),
    "note | nb": "marks a remark",
    "for any reason | for any indication | for any cause | for whatever reason | for any purpose": (
        "why it was done: every reason counts"
    ),
}

# Dropped only inside the phrase of a measurement, where they name the scale; anywhere else they stay.
_MEASURE_ONLY_REASON = "the name of the scale around a number: the variable says which measurement it is"
MEASURE_WORDS = frozenset(
    phrase.strip()
    for group, why in HARMLESS.items()
    if why == _MEASURE_ONLY_REASON
    for phrase in group.split("|")
)

CUES: Mapping[Cue, str] = {
    "subject": (
        "patient | patients | subject | subjects | participant | participants | individual | "
        "individuals | person | "
        "persons | people | volunteers | volunteer | case | cases | "
        "those | anyone | you | participants' | "
        "patient population | study subjects | study participants | study patients | "
        "the patient | the patients | "
        "the subject | the participant | they | he | she | he/she"
    ),
    "link": (
        "with | who | that | which | have | has | having | who have | who has | who are | "
        "who is | that are | that is | "
        "with a | whose | who suffer from | and have | "
        "participants with | individuals with | "
        "who have a | with an | complicated with | complicated by"
    ),
    "prep": (
        "of | for | in | on | at | by | from | to | into | during | despite | because | "
        "due | due to | secondary | after | "
        "before | since | until | while | as | than | under | over | about | against | "
        "upon | per | via | through | "
        "throughout | requiring | required | that require | treated | treated with | "
        "defined | defined as | caused | based | "
        "according to | i.e. | i.e | i e | ie | namely | "
        "associated | related | involving | resulting | as assessed by | "
        "as determined by | as evidenced by | "
        "as judged by | according | assessed | determined | measured | confirmed by | "
        "considered | judged | occurring | "
        "diagnosed by | documented by | measured by | assessed by | as measured by | "
        "leading | affecting | interfering"
    ),
    "not": (
        "no | not | non | without | never | absence of | the absence of | no evidence of | no detectable | "
        "no known | none | neither | nor | "
        "without evidence of | lack of | free of | free from | absent | do not have | "
        "does not have | have no | has no | "
        "must not have | must not be | should not have | cannot have | is not | are not | "
        "not have | with no | "
        "who do not have | who are not | may not be | must not | should not | no signs of | "
        "no presence of | have not | "
        "has not | have never | has never"
    ),
    "and": "and | as well as | & | along with | plus | in addition to | together with",
    "or": "or | and/or | and / or | or/and | either | and or",
    "other": "other | any other | another | others | additional",
    "history": (
        "history of | a history of | medical history of | past history of | "
        "prior history of | previous history of | "
        "currently or previously | previously or currently | history or presence of | "
        "presence or history of | history of or current | current or history of | "
        "current or prior | prior or current | past or current | current or past | previous or current | "
        "current or previous | past or present | present or past | history or current | history or evidence of | "
        "evidence or history of | current or prior history of | prior or current history of | "
        "past or current history of | current or past history of | history or current diagnosis of | "
        "history of or current diagnosis of | current diagnosis or history of | "
        "current diagnosis of or history of | history and/or presence of | a history or presence of | "
        "history or current evidence of | history of or presence of | presence of or history of | "
        "history of or active | active or history of | prior history or current evidence of | "
        "evidence of or history of | history of and/or current | "
        "known history of | documented history of | personal history of | had | have had | has had | "
        "prior | previous | previously | past | any history of | history | clinical history of | "
        "past medical history of | have a history of | has a history of | "
        "with a history of | with history of | "
        "who have had | prior diagnosis of | previous diagnosis of | a prior | a previous"
    ),
    "receive": (
        "received | receiving | receive | receipt of | treated with | treatment with | "
        "therapy with | use of | using | "
        "uses | used | taking | take | takes | took | on treatment with | "
        "being treated with | under treatment with | "
        "administration of | administered | undergone | underwent | undergoing | "
        "have received | has received | "
        "have undergone | has undergone | had received | have taken | has taken | "
        "exposure to | exposed to | "
        "are receiving | is receiving | are taking | is taking | treatment by | received treatment with | "
        "receiving treatment with | currently receiving | currently taking | "
        "current use of | concurrent use of | "
        "concomitant use of | who received | who have received | patients receiving | patients taking | on"
    ),
    "must": "must | should | shall | need to | needs to | required to | are required to | "
    "is required to | will | have to",
    "except": (
        "except | except for | excluding | with the exception of | other than | apart from | "
        "but not | exclusive of | "
        "with exception of | exception | exceptions | aside from | exclude"
    ),
    "unless": "unless | provided that | only if | as long as | provided",
    "example": "such as | e.g. | e.g | e. g. | e g | eg | for example | for instance | like | example",
    "include": "including | includes | include | included | including but not limited to | inclusive of",
    "loose": (
        "apply | applies | not apply | not applicable | "
        "allowed | allowable | permitted | eligible | acceptable | accepted | equivalent | however | "
        "waived | regardless | "
        "irrespective | if | when | where | may | can | could | might | whether | "
        "whichever | depending | optional | "
        "not required | not necessary | but | also | though | although | instead | "
        "otherwise | rather | except | "
        "for patients | for subjects | for participants | in patients | in subjects | "
        "in participants | for those | "
        "in case of | in the case of | for women | for men | for females | for males | "
        "in women | in men | preferably | "
        "preferred | considered eligible | not excluded | not an exclusion | "
        "is not a criterion | in which case | "
        "not exclusionary | does not exclude | would be | at the discretion | "
        "unless otherwise | then | only | "
        "similar | to exclude | to rule out | ruled out | not limited to"
    ),
    "shift": (
        "candidate | candidates | family | relative | relatives | mother | mothers | father | parent | "
        "parents | "
        "partner | partners | spouse | "
        "sibling | siblings | donor | donors | caregiver | caregivers | household | fetus | "
        "foetus | fetal | offspring | "
        "infant of | first degree | maternal | paternal | risk | risk of | at risk | "
        "high risk | risk factor | "
        "risk factors | candidate for | candidates for | eligible for | suspected | "
        "suspicion | suspicion of | possible | "
        "probable | potential | planned | planning | plan | plans | scheduled | expected | "
        "anticipated | anticipate | "
        "require | requires | requirement | need | needs | needed | need for | refuse | "
        "refuses | refusal | refused | "
        "contraindication | contraindications | contraindicated | intolerance | intolerant | "
        "allergy | allergic | allergies | "
        "hypersensitivity | sensitivity | sensitive | resistant | resistance | prevent | "
        "prevention | prophylaxis | "
        "avoid | exclude | indication | indications | intended | intend | intention | wish | "
        "wishes | desire | unable | "
        "inability | ability | able | unwilling | willing | willingness | likely | "
        "tendency | predisposition | "
        "susceptibility | susceptible | exposure | contact | vaccination | vaccinated | "
        "vaccine | immunized | "
        "resolved | cured | remission | recovered | recovery | failure of | failed | fail | "
        "fails | failure to | "
        "insufficient | inadequate | adequate | response | responsive | participation | "
        "participating | participate | "
        "participated | enrolled | caregiver of | staff | employee | suspicious | pre | "
        "post | anti | near | like | "
        "symptoms of | symptoms | complications of | complication | screening for | "
        "test for | tested for | "
        "treatment for | therapy for | surgery for | management of | treatment of | measure of"
    ),
    "excluded": (
        "excluded | will be excluded | are excluded | is excluded | are not eligible | "
        "not eligible | ineligible | "
        "are ineligible | are excluded from the study | are excluded from this study | "
        "should be excluded | "
        "must be excluded | will not be eligible | will be excluded from the study | "
        "is not eligible | not allowed | "
        "is not allowed | are not allowed | not permitted | is not permitted | are not permitted"
    ),
    "op": "",  # comparators stand in COMPARATORS below
    "child": (
        "child | children | infant | infants | adolescent | adolescents | neonate | "
        "neonates | newborn | newborns | "
        "pediatric patients | paediatric patients | elderly | toddlers | pediatric subjects | teenagers"
    ),
    "adult": "adult | adults | adult patients | adult subjects | adult participants",
    "before": (
        "before | prior to | preceding | previous to | prior | before the | prior to the | "
        "any time prior to | at any time prior to | anytime prior to | any time before | at any time before | "
        "preceding the | in advance of | "
        "leading up to | at any time | at any time in the past | at anytime | any time in the past"
    ),
    "after": "after | following | post",
    "ago": "ago | previously | earlier",
    "to": "to | through | until | up to and including",
    "between": "between | from | ranging from | range | in the range of | "
    "in the range | in range of | in a range of | within a range of | within the range | "
    "ranging between | "
    "within the range of",
}

SEXES: Mapping[str, str] = {
    "female": "female | females | woman | women | girl | girls | female patients | "
    "female subjects | female participants",
    "male": "male | males | man | men | boy | boys | male patients | male subjects | male participants",
    "female,male": (
        "male or female patients are eligible | male and female patients are eligible | "
        "male and female patients eligible | male or female patients eligible | men and women are eligible | "
        "men and women eligible | both men and women are eligible | both males and females are eligible | "
        "males and females are eligible | both male and female patients are eligible | both men and women | "
        "both males and females | both male and female | "
        "either sex | either sexes | of either sexes | both sexes | "
        "any sex | any gender | either gender | both genders | "
        "all genders | all sexes | of either sex | with no gender restrictions | no gender restrictions | "
        "no gender restriction | no restriction on gender | no restrictions on gender | gender not "
        "restricted | gender is not restricted | "
        "of both sexes | of any gender | of either gender | regardless of gender | "
        "regardless of sex | no gender limit | "
        "gender unlimited | gender is not limited | no gender limitation | "
        "unlimited gender | no limit on gender | "
        "gender not limited | male/female | male and female | both gender | men and women | "
        "irrespective of gender | "
        "regardless of sex or gender | all sex | both sex"
    ),
}

# An unknown word straight before a condition only narrows it when it is an adjective. These endings make one.
ADJECTIVE_ENDINGS = ("al", "ic", "ous", "ive", "ary", "ar", "oid", "atic")
ADJECTIVES = word_set(
    "significant major minor bulky large small serious important relevant clinically "
    "medically hemodynamically "
    "moderately severely permanent extensive early late advanced life threatening overt "
    "gross bilateral unilateral "
    "intermittent persistent ongoing concurrent concomitant coexisting underlying "
    "preexisting existing pediatric "
    "adolescent elderly young adult isolated multiple complex frequent recent poorly well "
    "high low grade resectable "
    "unresectable inoperable operable invasive noninvasive aggressive indolent de novo "
    "untreatable inherited acquired "
    "congenital hereditary "
    # by which way a drug goes in
    "oral intravenous iv intramuscular im subcutaneous sc parenteral injectable injected inhaled nasal intranasal "
    "rectal vaginal transdermal sublingual buccal intravitreal intrathecal intravesical intradermal implanted enteral "
    "otic depot epidural peroral"
)
# Nouns behind the name of a drug or procedure that say nothing more.
THERAPY_NOUNS = word_set(
    "therapy therapies treatment treatments use medication medications drug drugs agent agents administration"
)
# Endings above that do not make a narrowing adjective.
NOT_ADJECTIVES = word_set(
    "removal trial renewal withdrawal approval referral arrival survival hospital animal "
    "clinic topic traffic "
    "preventive negative alternative eligible potential experimental investigational historical prophylactic "
    "hypothetical optional maternal paternal parental fetal familial neonatal prenatal"
)


def phrases_of_text() -> dict[str, tuple[Cue, str]]:
    """Return every cue phrase with its kind and payload; where one phrase stands in two "
    "tables the later wins."""
    found: dict[str, tuple[Cue, str]] = {}

    def add(kind: Cue, payload: str, group: str) -> None:
        for phrase in group.split("|"):
            if phrase.strip():
                found[phrase.strip()] = (kind, payload)

    add("loose", "", CUES["loose"])
    add("shift", "", CUES["shift"])
    for group, why in HARMLESS.items():
        add("drop", "measure" if why == _MEASURE_ONLY_REASON else "", group)
    for kind, group in CUES.items():
        if kind not in ("loose", "shift", "to", "before", "after"):
            add(kind, "", group)
    for kind in ("before", "after", "to"):
        add(kind, "", CUES[kind])
    for table, kind in (
        (COMPARATORS, "op"),
        (SUFFIXES, "suffix"),
        (VALUES, "value"),
        (SEXES, "sex"),
        (LIMITS, "limit"),
    ):
        for payload, group in table.items():
            add(kind, payload, group)
    for payload, group in LIMITS.items():  # "the upper limit of the normal range (ULN)"
        again = payload.strip("[]").lower()
        add("limit", payload, " | ".join(f"{limit} ( {again} )" for limit in group.split(" | ")))
    add("within", "", WITHINS)
    visits = (
        phrase for phrase, (kind, _) in list(found.items()) if kind == "drop" and phrase.startswith("at ")
    )
    add("drop", "", _obtained(visits))
    add("within", "", _obtained(WITHINS.split(" | ")))
    return found


def _obtained(times: Iterable[str]) -> str:
    return " | ".join(f"{verb} {time}" for time in times for verb in OBTAINED.split(" | "))
