"""Words for amounts and times: comparators, suffixes, values, laboratory limits, number words, moments of a trial.

Comes in: nothing; these are tables, written as in `words.py`. Goes out: the tables. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

COMPARATORS: Mapping[str, str] = {
    ">=": (
        "at least | greater than or equal to | more than or equal to | "
        "higher than or equal to | equal to or greater than | "
        "equal or greater than | greater or equal to | greater than or equal | "
        "equal to or more than | no less than | "
        "not less than | not lower than | no lower than | minimum of | minimum | "
        "a minimum of | equal or more than | "
        "greater or equal than | superior or equal to | not younger than | "
        "equal or superior to | above or equal to | "
        "equal to or over | equal to or above | older than or equal to | "
        "equivalent to or over | more or equal to | "
        "bigger than or equal to | equal or higher than | at or above | equal or above | "
        "of greater than or equal to | of more than or equal to | of at least | of no less than | "
        "of not less than | "
        "greater than equal to | greater than equal | greater then or equal to | more than equal to | "
        "higher or equal to | higher than or equal | equal or greater to | equal to or higher than | "
        "equal or more to | larger than or equal to | greater or equal | equal to or greater | "
        "greater or equal then | "
        "above or equal | superior or equal | over or equal to | equal to and greater than | "
        "equal to or over than | "
        "longer than or equal to | equal or over | equal or longer than | no fewer than | not fewer than | "
        "at least equal to | at a minimum | minimum value of | not below | not under | superior or equals to"
    ),
    "<=": (
        "at most | less than or equal to | lower than or equal to | equal to or less than | "
        "equal or less than | "
        "less or equal to | less than or equal | no more than | not more than | "
        "no greater than | not greater than | "
        "maximum of | maximum | a maximum of | not exceed | not exceeding | "
        "does not exceed | up to | no higher than | "
        "not higher than | inferior or equal to | smaller than or equal to | "
        "equal or lower than | no older than | "
        "not older than | equal to or below | at or below | lower or equal to | "
        "equal or below | equal to or lower than | of less than or equal to | of no more than | "
        "of not more than | "
        "of up to | less than equal to | less than equal | lesser than or equal to | lesser or equal to | "
        "less then or equal to | lower than or equal | equal to or less | equal or lower to | "
        "equal or less to | "
        "below or equal to | below or equal | inferior or equal | less or equal | lower or equal | "
        "not above | not over | not higher | no longer than | not longer than | no larger than | "
        "not larger than | "
        "shorter than or equal to | younger than or equal to | under or equal to | no more | not exceeded | "
        "should not exceed | must not exceed | cannot exceed | at maximum | maximum value of | "
        "of a maximum of | "
        "fewer than or equal to"
    ),
    ">": (
        "greater than | more than | higher than | over | above | exceeding | exceeds | "
        "older than | superior to | "
        "larger than | longer than | in excess of | of more than | of greater than | "
        "greater | more | bigger than | "
        "upwards of | greater then | more then | higher then | beyond | in excess | exceeded | "
        "strictly greater than | "
        "strictly above | that exceeds | of above | of over | of higher than | greater that | "
        "heavier than | more that | "
        "which exceeds"
    ),
    "<": (
        "less than | lower than | below | under | younger than | inferior to | "
        "smaller than | fewer than | shorter than | "
        "of less than | less | less then | lower then | lesser than | lesser then | less that | of below |"
        " of under | "
        "of lower than | strictly less than | strictly below | of fewer than | lower that | lighter than"
    ),
    "=": "equal to | equals | equal",
}

SUFFIXES: Mapping[str, str] = {
    # After a number: "18 years or older", "grade 2 or higher". "better" turns on the scale (see phrases/measure.py).
    ">=": (
        "or older | and older | or above | and above | or over | and over | or greater | "
        "and greater | or more | and more | "
        "or higher | and higher | and up | or elder | and elder | years and older | "
        "or longer | or later | and upwards | or upwards | and beyond | or beyond | and onwards | onwards | plus"
    ),
    "<=": (
        "or younger | and younger | or below | and below | or under | and under | or less | "
        "and less | or lower | "
        "and lower | or fewer | or shorter | and fewer"
    ),
    "better": "or better | and better",
    "worse": "or worse | and worse",
}

VALUES: Mapping[str, str] = {
    # Words for categories, folded to the value of the variable's own list.
    "positive": "positive | positivity | reactive | seropositive | seropositivity | + | detectable | detected",
    "negative": (
        "negative | non reactive | nonreactive | seronegative | seronegativity | negativity | undetectable | "
        "not detectable | not detected"
    ),
    "wild-type": "wild type | wildtype | wt | unmutated | non mutated",
}

LIMITS: Mapping[str, str] = {
    # Multiples of the laboratory's own limit.
    "[ULN]": (
        "uln | upper limit of normal | upper limits of normal | "
        "upper limit of the normal range | upper normal limit | "
        "upper limit of normal range | institutional uln | institutional upper limit of normal | "
        "institutional upper limits of normal | the uln | the upper limit of normal | "
        "the upper limits of normal | "
        "the institutional upper limit of normal | the institutional uln | upper limit of normal value | "
        "the upper limit of normal value | upper limit normal | upper limit of reference range | "
        "upper limit of the reference range | the upper limit of the normal range | "
        "upper limit of laboratory normal | "
        "upper limit of normal ( uln ) | the upper limit of normal ( uln ) | "
        "upper limits of normal ( uln ) | "
        "institutional upper limit of normal ( uln ) | the institutional upper limit of normal ( uln ) | "
        "upper normal limit ( unl ) | unl | upper limit of normal values | local uln | "
        "upper limit of institutional normal | ulrr | iuln | upper institutional limit | "
        "institutional upper limit | "
        "upper institutional limit of normal | upper institutional limits of normal | "
        "institutional normal upper limit | normal upper limit | upper normality limit | "
        "upper limit of normality | "
        "upper limit of the laboratory normal range | laboratory uln | laboratory upper limit of normal | "
        "upper limits of institutional normal | upper limit of laboratory reference range | "
        "upper reference limit | "
        "upper limit of the institutional normal range | upper limit for normal | "
        "upper limit of institution normal range | "
        "upper limit of normal limits | upper limits of normal range | "
        "upper limit of the reference interval | "
        "upper limit of the laboratory reference range | upper value of the normal range | "
        "upper limit of normal laboratory range | "
        "institutional upper normal limit | institutional upper limits of normal range | "
        "upper level of normal | "
        "upper limit of institutional normal range | institutional upper limit of normal range | "
        "upper range of normal | "
        "normal limit | institutional normal limit | upper limits | upper limit of institutional norm"
    ),
    "[LLN]": (
        "lln | lower limit of normal | lower limits of normal | the lln | "
        "the lower limit of normal | institutional lln | "
        "institutional lower limit of normal | lower limit of normal ( lln ) | "
        "lower limit of the normal range"
    ),
}

NUMBER_WORDS: Mapping[str, float] = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100,
}  # fmt: skip

ROMAN: Mapping[str, float] = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}

WITHINS = (
    "within | within the | within a | in the last | in the past | in the previous | "
    "in the preceding | in the prior | "
    "within the last | within the past | within the previous | within the preceding | "
    "within the prior | within last | "
    "within past | during the last | during the past | during the previous | "
    "during the preceding | over the last | "
    "over the past | over the previous | for the last | for the past | in last | in past | "
    "during the prior | within previous | "
    "the last | the past | in the most recent | during last | the previous | the preceding"
)

OBTAINED = (
    "performed | done | obtained | measured | taken | collected | assessed | determined | drawn | conducted | "
    "tested | recorded | evaluated | demonstrated | as measured | as assessed | as determined"
)
"""What is said of a value or a test before its time: "a negative test performed within 7 days" is one within 7 days."""

ANCHORS: Mapping[str, str] = {
    # The trial's own word for a moment, folded to the anchors of `tree.Window`.
    "screening": (
        "the time of screening | screening period | the screening period | visit 0 | "
        "screening | the screening | the screening visit | screening visit | baseline | "
        "the baseline visit | visit 1 | "
        "the baseline | baseline visit | first screening | the first screening visit"
    ),
    "enrollment": (
        "enrollment | enrolment | study enrollment | study enrolment | study entry | entry | "
        "the study | inclusion | "
        "study inclusion | registration | entering the study | the enrollment | "
        "entry into the study | study start | "
        "start of the study | the start of the study | the trial | trial entry | "
        "entry into the trial | recruitment | "
        "informed consent | signing informed consent | signing the informed consent | "
        "consent | study | study participation | "
        "signing of informed consent | giving informed consent | giving the consent | "
        "giving consent | providing informed consent | "
        "signing consent | informed consent signature | signing of the informed consent | "
        "signing of the informed consent form | "
        "signature of informed consent | providing consent | signing of the icf | "
        "signing informed consent form | entry into study | the start of study | "
        "study registration | being enrolled | "
        "entry to the study | signing the informed consent form | signing the icf | "
        "participation in the study | "
        "participation | study initiation | enrolling | joining the study"
    ),
    "treatment": (
        "day 1 | day 0 | cycle 1 day 1 | c1d1 | week 0 | administration of study drug | "
        "administration of the study drug | "
        "the first study drug administration | first study drug administration | "
        "planned start of trial treatment | "
        "start of trial treatment | the start of trial treatment | start of the study drug | "
        "start of the study treatment | "
        "leukapheresis | apheresis | vaccination | first vaccination | "
        "the first vaccination | treatment | study treatment | first dose | the first dose | "
        "first dose of study drug | the first dose of study drug | "
        "the first dose of study treatment | first dose of study treatment | "
        "start of treatment | the start of treatment | "
        "start of study treatment | the start of study treatment | "
        "study drug administration | initiation of treatment | "
        "the first administration of study drug | first administration of study drug | "
        "study drug | dosing | "
        "the first dose of study medication | first dose of study medication | "
        "initiation of study treatment | "
        "the initiation of study treatment | treatment start | start of therapy | "
        "initiation of therapy | study therapy | "
        "the first study treatment | first study treatment | "
        "the first dose of the study drug | start of study drug | "
        "the start of study drug | the first administration | first administration | "
        "infusion | cell infusion | "
        "initial dosing | first dosing | the start of study therapy | "
        "start of study therapy | treatment initiation | "
        "the first dose of investigational product | first dose of investigational product | "
        "the first dose of study intervention | first dose of study intervention | "
        "initiating study treatment"
    ),
    "randomization": "randomization | randomisation | the randomization | "
    "the randomisation | being randomized | randomized",
    "surgery": "surgery | the surgery | operation | the operation | the procedure",
    "diagnosis": "diagnosis | the diagnosis | initial diagnosis | the initial diagnosis",
}
