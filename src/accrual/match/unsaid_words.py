"""The words by which `unsaid` looks through a note: what narrows, what turns round, what names nothing, what is untold.

Tables and the patterns made of them, all set by hand on the labelled pairs' tune part and on criteria of the registry.
Comes in, goes out: nothing; refuses nothing. Each alternative is a regular expression of whole words, in lower case.
"""

from __future__ import annotations

import re


def _whole(rows: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?i)\b(?:{'|'.join(rows)})(?!\w)")


UNTOLD_WORDS: tuple[tuple[str, str], ...] = (
    ("a plan", r"plan(?:s|ned|ning)?|intend\w*|intent\w*|desir\w*|wish\w*|anticipat\w*|schedul\w*"),
    ("what is to come", r"likely to|surviv\w*|candidates?"),
    ("a test", r"test(?:s|ed|ing)?|screen\w*|antibod\w*|sero\w*|cultures?|levels?|counts?|titers?|assays?|antigens?"),
    ("its result", r"results?|laborator\w*|values?|scores?|detect\w*|measure\w*|elevat\w*|enzymes?"
                   r"|blood pressure"),
    ("drinking", r"alcohol(?!(?: (?:or|and) (?:\w+ ){0,2}| )(?:abuse|dependen\w*|misuse|use dis|addict\w*))|drink\w*"),
    ("a habit", r"smok\w*|tobacco|cigarettes?|nicotine|diet\w*|recreational|illicit|illegal"
                r"|intravenous drugs?|drugs? of abuse"),
    ("a vaccine", r"vaccin\w*|immuni[sz]\w*"),
    ("a risk", r"(?<!suicide )(?<!homicide )risks?|predispos\w*|prognos\w*|expectancy"),
    ("a relative", r"famil\w+|relatives?|siblings?|mothers?|fathers?|parents?|spouses?|partners?|donors?|households?"
                   r"|children of|contacts?"),
    ("a circumstance", r"insur\w*|speak\w*|language|resid\w*|(?<!half-)(?<!half )liv(?:es|ing)|prison\w*"
                       r"|army|soldiers?|military"
                       r"|employ\w*|staff|investigator'?s?|coordinators?|guardian\w*|i?l?literate|telephone|travel\w*"
                       r"|distance|transfers?|homeless|leav(?:e|ing)|mov(?:e|ing)"),
    ("birth control, pregnancy", r"contracep\w*|birth control|child-?bearing"
                                 r"|pregnan(?:t|cy)(?! (?:wom[ae]n|females?|patients?))"),
)  # fmt: skip
"""What a note need not tell though it is so; each row with what it is."""
UNTOLD_PATTERN = _whole(tuple(row for _, row in UNTOLD_WORDS))

TURNED = _whole(
    (
        r"no|not|non(?![- ](?:heal|prescription|steroid|infectious|invasive))|nor|neither|never|without|cannot|can't",
        r"don't|un(?:able|willing|controlled by|known)|inabilit\w*",
        r"abilit\w*|absence|absent|lack\w*|fail\w*|refus\w*|free|naive|insufficien\w*|inadequate\w*|only|\w*negativ\w*",
        r"less than(?! (?:\d|one|two|three|four|six|twelve))|fewer than(?! \d)|rather than|instead|healthy|normal",
    )
)
"""Words that turn the meaning round wherever they stand."""

# A stretch that ends with the alternative, before examples; with the brackets right behind it.
_END = (
    r"(?:(?!\b(?:including|such as|or any|or other|i\.?e\.?|e\.?g\.?)(?!\w))[^,;()\[\]])*"
    r"(?:\((?!\s*(?:e\.?g|i\.?e))[^()]*\)[^,;()\[\]]*)?"
)
MODAL = _whole(
    (
        rf"(?:that|which)\s+(?:\w+\s+){{0,3}}?(?:may|might|could|would|can|will)\b{_END}",
        rf"(?:that|which)\s+(?:\w+\s+){{0,3}}?(?:interfer\w+|affect\w*|limits?|precludes?|prevents?|makes?|requires?)\b{_END}",
        rf"(?:likely|expected) to\b{_END}",
        rf"(?:considered|judged|deemed|determined|believed|felt)\b(?: \w+){{0,3}}? (?:by|in)\b{_END}",
    )
)
"""What only narrows the words before it, by what they may do; what is absent is absent however it is narrowed."""
NARROWS = _whole(
    (
        rf"not (?:permitted|allowed|authori[sz]ed)(?: by| in| under| during)\b{_END}",
        r"in the (?:[\w']+ ){0,2}(?:opinion|judge?ment|view) of (?:the |an? )?(?:\w+ )?\w+",
        r"in the (?:[\w']+ ){0,2}(?:investigator|physician|doctor|pi)'?s'? (?:opinion|judge?ment|view)",
        rf"(?:according to|following the|as (?:defined|outlined|assessed|shown|determined|per))\b{_END}",
        rf"defined (?:as|by)\b{_END}",
        r"(?:but )?not limited to",
        rf"with or without\b{_END}",
        r"(?:at|prior to|before|during|of|from|since)(?: the)? (?:screening|baseline|randomi[sz]ation|enrol?lment)"
        r"(?: visit| period)?",
        rf"(?:requiring|due to|because of|secondary to|caused by)\b{_END}",
    )
)
"""The same by whose opinion it is, by which papers, and why it is there."""
CONDITION = re.compile(r"(?i)^\W*(?:if|when)\s+([^,]+),.*$", re.DOTALL)
""" "If receiving an antidepressant, has not been stable": without the first there is nothing to the second."""
ASIDE = re.compile(
    r"(?i)[(\[]\s*(?:see\b|not\b|except|unless|with the exception)|\b(?:excluded|allowed|permitted|required)\b"
)
"""What brackets hold that only let some off, or point elsewhere."""
BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]?")
LETS_OFF = re.compile(
    r"(?<=\.)\s+[A-Z][^.]*\b(?:eligible|allowed|permitted|acceptable|exempt\w*|may (?:be|enrol\w*|participate|elect)"
    r"|not (?:be )?excluded)\b[^.]*(?:\.|$)"
)
"""A later sentence that lets some off: "Patients with a treated one are eligible."."""
SENTENCE = re.compile(r"\.\s")

SLIGHT = _whole(
    (
        r"an?|the|of|or|and|to|in|on|at|by|for|from|as|with|is|are|was|were|be|been|being|has|have|had|having|do|does",
        r"this|that|these|those|which|who|whose|whom|it|its|any|all|each|every|some|other|another|such|like|include[sd]?",
        r"including|e\.?g|i\.?e|etc|than|except|exception|unless|besides|apart|own|same|both|either|more|less|most",
        r"least|very|also|patients?|subjects?|participants?|persons?|people|individuals?|adults?|child|children|infants?",
        r"wom[ae]n|m[ae]n|females?|males?|girls?|boys?|history|histories|evidence|presence|present\w*|known|diagnos\w+",
        r"documented|medical\w*|clinical\w*|significant\w*|relevant|important|serious|severe|major|minor|certain",
        r"specific|systemic|general|chronic|acute|active|stable|unstable|intercurrent|concurrent|life|threatening|physical",
        r"abnormal\w*|dysfunction|impair\w*|participat\w*|suspected|confirmed|reported|suggestive|kinds?|types?|forms?|stages?|grades?|class|classes|state",
        r"status|level|degree|parts?|number|cases?|signs?|symptoms?|symptomatic|manifestations?|features?|criteria",
        r"criterion|meet\w*|indications?|use|uses|used|using|user|usage|treat\w*|therap\w*|tak\w+|receiv\w*|receipt",
        r"administ\w*|given|undergo\w*|underwent|perform\w*|need\w*|requir\w*|daily|current\w*|prior|previous\w*|past",
        r"recent\w*|within|during|last|before|after|since|ago|first|second|new|newly|now|times?|seconds|minutes?",
        r"hours?|days?|weeks?|months?|years?|lifetime|baseline|enrol\w*|entry|inclusion|visit|start|moment|study|studies",
        r"trials?|protocol|admission|doses?|mg|ml|kg|equivalent|concomitant|ongoing|existing|pre|preexisting",
        r"underlying|obvious|identifiable|related|associated|affected|affecting|due|because|caused?|causes?|result\w*",
        r"identified|shows?|found",
    )
)
"""Words of every trial: they name nothing."""
DRUGS = _whole((r"drugs?|medications?|medicines?|pharmacological|pharmacotherapy",))
ILLS = _whole(
    (r"diseases?|disorders?|conditions?|illness(?:es)?|patholog(?:y|ies)|problems?|comorbidit(?:y|ies)",)
)
ALLERGY = _whole((r"allerg\w*|hypersensitiv\w*|intoleran\w*|contra-?indicat\w*|anaphyla\w*",))
BUT = _whole((r"other than|except(?:ing|ion)?(?: for| of)?|besides|apart from|unless|excluding",))
"""Behind it stands what does not count."""
TIMES = frozenset(("time", "value", "qualifier", "status", "history"))
"""Kinds of mentions that name no thing."""

TRIALS = re.compile(
    r"(?i)\b(?:participa\w+|enrol\w+|involv\w+|included?|took part|taking part)\b.{0,40}"
    r"\b(?:another|other|any|clinical|investigational|research|interventional|drug) (?:\w+ ){0,2}"
    r"(?:stud(?:y|ies)|trials?)\b"
    r"|\b(?:previous|prior|past|earlier)(?:ly)? (?:participa\w+|enrol\w+) in this (?:study|trial)\b"
)
"""Taking part in a trial, another one now or this one before."""

ORGANS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (_whole((words,)), kinds)
    for words, kinds in (
        (r"cardi\w+|heart|coronary|valv\w+", ("cardiovascular-disease", "hypertension")),
        (r"vascular|cardiovascular|circulat\w+", ("cardiovascular-disease", "cerebrovascular-disease")),
        (r"hepat\w+|liver|biliary", ("liver-disease", "hepatobiliary-disease")),
        (r"renal|kidneys?|urinary|urolog\w+|nephro\w+", ("kidney-disease", "urinary-tract-infection")),
        (r"pulmonary|lungs?|respiratory|bronch\w+|airways?", ("respiratory-disease", "lung-disease")),
        (r"neuro\w+|brain|cerebr\w+|intracranial|nervous|cns|spinal", ("neurological-disease",)),
        (r"psych\w+|mental|mood|cognitive|emotional", ("mental-disorder", "cognitive-impairment")),
        (r"gastro\w+|gi|bowel|intestin\w+|abdom\w+|stomach|digestive", ("gastrointestinal-disease",)),
        (r"h[ae]+mato\w+|blood|bleeding|coagulation|clotting", ("blood-disease", "hemorrhage")),
        (r"endocrin\w+|metabol\w+|thyroid|hormon\w+", ("endocrine-disease", "metabolic-disease")),
        (r"eyes?|ocular|ophthalm\w+|retin\w+|vis(?:ion|ual)", ("eye-disease",)),
        (r"skin|derm\w+|cutaneous", ("skin-disease",)),
        (r"muscul\w+|muscles?|bones?|joints?|orthop\w+|skelet\w+", ("musculoskeletal-disease",)),
        (r"malignan\w+|cancer\w*|neoplas\w+|tumou?rs?|oncolog\w+", ("neoplasm",)),
        (r"infect\w+|bacteri\w+|viral|virus|fung\w+|septic", ("infection",)),
        (r"immun\w+|autoimmun\w+|rheumat\w+|inflamm\w+|allerg\w+", ("immune-system-disorder", "autoimmune-disease",
                                                                      "arthritis", "hypersensitivity")),
        (r"congenital|genetic|hereditary|inborn", ("congenital-anomaly",)),
    )
)  # fmt: skip
"""Words that say which part of the body is ill, and the conditions by which a note has spoken of it."""

KEEPS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        "agrees-to-treatment-plan",
        re.compile(r"(?i)\b(?:comply|complian\w*|adher\w+|co-?operat\w*|follow[- ]?up|attend\w*)\b|\bnon-?compl\w*"),
        re.compile(r"(?i)\b(?:un(?:able|willing|likely|reliable)|not|inab\w*|inca\w*|fail\w*|refus\w*|poor|non\w*"
                   r"|lack\w*)\b"),
    ),
    (
        "consent",
        re.compile(r"(?i)\b(?:consent\w*|sign\w*)\b"),
        re.compile(r"(?i)\b(?:un(?:able|willing)|not?|none|inab\w*|inca\w*|fail\w*|refus\w*|without|lack\w*)\b"),
    ),
)  # fmt: skip
"""What a patient says of himself, the words that ask for it, and those by which somebody does not."""
