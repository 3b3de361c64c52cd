"""What people say, in the words that records use: "came back" is "relapsed" or "recurrent" there.

Comes in: nothing. Goes out: tables for `accrual.plain.understanding`. A new saying is a row here. All set by hand.
"""

from __future__ import annotations

import re
from typing import Final

# Words that are about asking, about whose illness it is, or about how it goes: no record is found by them.
_FILLERS_TEXT: Final = """
a an the i i'm i've im ive me my mine we we're our us you your he he's him his she she's her hers i'd it it's its they
them their who whom whose this that these those there here am is are was were be been being has have had having do does
did done don't doesn't can can't cannot could will would should may might must got get gets getting of for from in on at
to with without by about as into after before since during over under and or but if so because when where while what
which how why not no very really just also too any anything some something nothing everything please looking look find
search searching need needs needing want wants wanted help helps helping know like try tries tried trying wondering hope
hoping hello hi thanks thank diagnosed diagnosis suffer suffers suffering suffered living live lives affected told said
says asked take takes taking taken took use uses using used start started stop stopped keep keeps kept run runs running
come comes go goes going went seem seems feel feels feeling trial trials study studies clinical research new newest
latest better best good worse worst worsening bad badly badly still again already now today recently currently lately
once twice times little big old young well much many more most lot lots left right only other others another option
options treatment treatments therapy therapies medicine medicines medication medications drug drugs cure cures cured
doctor doctors hospital clinic mother mother's mom mom's mum mum's mama father father's dad dad's papa parent parents
parent's wife wife's husband husband's spouse partner partner's son son's daughter daughter's brother brother's sister
sister's aunt aunt's uncle uncle's cousin cousin's niece nephew grandmother grandmother's grandma grandma's grandfather
grandfather's grandpa grandpa's granny nana friend friend's family relative mother-in-law father-in-law patient patients
people person someone somebody anyone year years yr yrs old aged age
"""
FILLERS: Final = frozenset(_FILLERS_TEXT.split())

FAMILY: Final = (
    r"(?:mother|mom|mum|father|dad|wife|husband|partner|son|daughter|brother|sister|aunt|uncle|cousin|niece|nephew|"
    r"grandmother|grandma|grandfather|grandpa|granny|nana|friend|child|boy|girl|man|woman)"
)

NAMED: Final = "\x00"
"""Stands for each letter of a name of the vocabulary, in a text whose sayings are looked for."""

# How people say it, and what is searched for in its place.
_ROWS: Final = (
    (
        r"(?:has |have |had |it |is |it's |was )*(?:came|come|comes|coming|back) (?:right )?back(?: again)?",
        "relapsed OR recurrent",
    ),
    (r"(?:is|it's|was) back(?: again)?", "relapsed OR recurrent"),
    (r"(?:has |have |is |it )*(?:returned|returning)(?: twice| again)?", "relapsed OR recurrent"),
    (r"(?:has |have |had )*relapsed|relapse", "relapsed OR recurrent"),
    (r"recurring|recurrence|recurred", "recurrent OR relapsed"),
    (
        r"(?:has |have |had |it |is )*spread(?:ing|s)?(?: to (?:the|my|his|her|their|other)(?= ))?(?: to)?",
        "metastatic OR metastases OR metastasis",
    ),
    (
        r"(?:drugs?|medicines?|treatments?|chemo|nothing) (?:(?:have|has|is|are|did|does|do) )?"
        r"(?:stopped working|not work(?:ing)?|no longer works?|failed|helps|works)",
        "refractory OR resistant",
    ),
    (
        r"(?:is |are )?(?:no longer|not|stopped) (?:responding|respond|responds)(?: to)?",
        "refractory OR resistant",
    ),
    (r"(?:just|newly|recently) (?:found out|diagnosed)(?: with)?", '"newly diagnosed" OR untreated'),
    (r"stage (?:1|one|i)", '"stage 1" OR "stage I"'),
    (r"stage (?:2|two|ii)", '"stage 2" OR "stage II"'),
    (r"stage (?:3|three|iii)", '"stage 3" OR "stage III"'),
    (r"stage (?:4|four|iv)", '"stage 4" OR "stage IV" OR metastatic'),
    (r"parkinsons", "Parkinson"),
    (r"alzheimers?|alzeimers|altzheimers", "Alzheimer"),
    (r"crohns|chrons", "Crohn"),
    (r"(?-i:MS)", '"multiple sclerosis"'),
    (
        r"(?-i:MND)|motor neurone? disease|lou gehrigs?",
        '"motor neuron disease" OR "amyotrophic lateral sclerosis"',
    ),
    (r"(?:quit|quitting|stop|stopping|give up|giving up) smoking", '"smoking cessation"'),
    (r"(?:was |were )?born (?:too )?early|preemies?|premies?", "preterm OR premature"),
    (r"(?:trouble|problems?|difficulty|can't|cannot) sleep(?:ing)?", "insomnia OR sleep"),
    (r"(?:los(?:e|ing) weight|too heavy|overweight)", 'overweight OR obesity OR "weight loss"'),
    (r"(?:losing|lost) (?:his|her|my|their )?(?:memory|memories)", "dementia OR memory"),
    (
        r"(?:can't|cannot|trouble) (?:see|seeing)|going blind|losing (?:his|her|my|their )?(?:sight|vision)",
        "vision",
    ),
    (r"(?:out|short) of breath|(?:can't|trouble) breath(?:e|ing)", "dyspnea OR breathlessness"),
    (r"diabeti(?:e|i)?s|dia?b(?:ea|e)tes(?<!diabetes)|diabetis", "diabetes"),
    (r"migranes?|migrains?|migrian(?:e|es)", "migraine"),
    (r"depresion|deppression", "depression"),
    (r"anxitey|anxeity|anxity", "anxiety"),
    (r"parkisons?|parkinsens?|parkensons?", "Parkinson"),
    (r"lukemia|leukimia|leukeamia|lukaemia", "leukemia"),
    (r"art(?:h)?ritus|artheritis|arthritas", "arthritis"),
    (r"as(?:t|h)?ma(?<!asthma)|azthma", "asthma"),
    (r"excema|exzema|ecszema", "eczema"),
    (r"psorisis|psoriasus|soriasis|psoryasis", "psoriasis"),
    (r"epilepsey|epilipsy|eplepsy", "epilepsy"),
    (r"(?:schizo|skizo|shizo)(?:f|ph)renia(?<!schizophrenia)", "schizophrenia"),
    (r"cholestrol|colesterol|cholestorol", "cholesterol"),
    (r"melonoma|melenoma", "melanoma"),
    (r"lymphona|limphoma|lymfoma", "lymphoma"),
    (r"protate|prostrate(?= cancer)|prostrate", "prostate"),
    (r"alzhiemers?", "Alzheimer"),
    (r"peanut allerg(?:y|ies)", '"peanut allergy"'),
    (r"bone on bone", "osteoarthritis"),
)
SAYINGS: Final = tuple(
    (re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE), words) for pattern, words in _ROWS
)

# A drug that was tried already is not what is looked for: what comes with it says whether anything is.
_WORKED_NOT: Final = (
    r"(?:has |have |had |is |are |did |does |do )*"
    r"(?:stopped working|not work(?:ing)?|n['o]t work(?:ing)?|didn't (?:work|help)|doesn't (?:work|help)|"
    r"isn't working|no longer (?:works?|helps?|working|helping)|failed)"
)
_NO_HELP: Final = r"failed(?: on)?|not responding to|no longer responding to"
_HAD: Final = r"(?:has |have |had |already )*tried|already (?:had|took|taking|on)|allergic to"
TRIED: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (rf"{NAMED}+ {_WORKED_NOT}(?!\w)", "refractory OR resistant"),
        (rf"\b(?:{_NO_HELP}) {NAMED}+", "refractory OR resistant"),
        (rf"\b(?:{_HAD}) {NAMED}+", ""),
    )
)
