"""The words of criteria about pregnancy and birth control: each part of such a clause, with the words that make it.

Comes in: nothing; these are tables. Goes out: `PARTS`, one pattern whose named group is the `Tag` of the part that
stands at a place. Refuses nothing: a word of no table matches nothing, and then `childbearing.py` refuses the clause.
"""

from __future__ import annotations

import re
from enum import StrEnum

from accrual.criteria.phrases.reproduction import EXAMPLES


class Tag(StrEnum):
    """What a part of the clause is."""

    FEMALE = "female"
    MALE = "male"
    BOTH = "both"
    BEARING = "bearing"
    FERTILE = "fertile"
    PREMENOPAUSAL = "premenopausal"
    DOUBT = "doubt"
    PREGNANT = "pregnant"
    NOT_PREGNANT = "not_pregnant"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    NURSING = "nursing"
    NOT_NURSING = "not_nursing"
    PLANNING = "planning"
    REFUSED = "refused"
    REFUSED_MORE = "refused_more"
    PROMISED = "promised"
    PROMISED_MORE = "promised_more"
    BARE = "bare"
    BARE_MORE = "bare_more"
    ABSTINENT = "abstinent"
    STERILE = "sterile"
    MENOPAUSAL = "menopausal"
    ANYONE = "anyone"
    OR = "or"
    AND = "and"
    COMMA = "comma"
    MUST = "must"
    IF = "if"
    COLON = "colon"


def _any(words: str) -> str:
    """A pattern of alternatives, the longest first; a space is any run of spaces or hyphens."""
    rows = sorted((row.strip() for row in words.split("|")), key=len, reverse=True)
    return "(?:" + "|".join(row.replace(" ", r"[\s-]+") for row in rows) + ")"


_END = r"(?:(?<=\W)|(?!\w))"
_GAP = r"[\s-]+"

_PATIENTS = _any(
    "patients?|subjects?|participants?|volunteers?|individuals?|persons?|people|adults?|candidates?"
)
_FEMALE = (
    rf"(?:females?(?:{_GAP}{_PATIENTS})?|wom[ae]n(?:{_GAP}(?:patients?|subjects?"
    rf"|participants?))?|girls?|mothers?)"
)
_MALE = rf"(?:males?(?:{_GAP}{_PATIENTS})?|m[ae]n|boys?)"
_BOTH = (
    rf"(?:{_any('both|all|either|any')}{_GAP})?(?:{_MALE}\s*(?:and/or|and|or|/|&)\s*{_FEMALE}"
    rf"|{_FEMALE}\s*(?:and/or|and|or|/|&)\s*{_MALE})"
)
_BEARING = (
    r"(?:wocbp|wcbp|fcbp|(?:(?:who|that)\s+(?:is|are)\s+)?(?:of|with|in|at|having)?\s*(?:a\s+)?(?:the\s+)?"
    r"(?:child[\s-]*bearing|reproductive|procreative|fertile)[\s-]+(?:potential|age|capacity|capability"
    r"|ability|years)(?:\s*\((?:wocbp|wcbp|fcbp|woc)\))?"
    r"|(?:(?:who|that)\s+(?:is|are|can|could|may|might)\s+)?(?:physiologically\s+"
    r"|biologically\s+)?(?:able\s+to\s+become|capable\s+of\s+becoming|able\s+to\s+be|"
    r"able\s+to\s+get|become|becoming|get)\s+pregnant"
    r"|(?:(?:who|that)\s+(?:is|are|can)\s+)?(?:able\s+to|capable\s+of)\s+(?:bear(?:ing)?\s+children"
    r"|conceiv(?:e|ing)|conception|child[\s-]*bearing)"
    r"|(?:(?:who|that)\s+)?can\s+(?:bear|have)\s+children)"
)
_FERTILE = (
    r"(?:fertile|(?:capable\s+of|able\s+to)\s+father(?:ing)?\s+(?:a\s+child|children)"
    r"|(?:of\s+)?fathering[\s-]+potential"
    r"|(?:of\s+)?child[\s-]*bearing/fathering\s+potential)"
)
_DOUBT = (
    r"(?:(?:(?:who|that)\s+(?:is|are)\s+|is\s+|are\s+"
    r")?(?:hetero)?sexually[\s-]+active(?:\s+with\s+(?:a\s+)?(?:male|female|wocbp)\s+partners?)?"
    r"|with\s+an?\s+active\s+sex(?:ual)?\s+life"
    r"|(?:with|having|whose|and\s+their|their|who\s+have"
    r"|who\s+has)\s+(?:a\s+)?(?:non-?pregnant\s+)?(?:fe?male\s+|sexual\s+)?"
    r"(?:partners?|spouses?|wi(?:fe|ves))(?:\s+(?:who\s+(?:is|are)|is|are|was|were|that\s+(?:is|are)))?"
    rf"\s+(?:a\s+)?(?:wom[ae]n\s+|females?\s+)?{_BEARING})"
)
_STOP = (
    r"(?!(?:to\s+(?:minimi[sz]e|avoid|prevent|reduce)|if|unless|or|and|who|whose|except|provided|where|when"
    r"|must|should|will|not|no|without|but|with|wom[ae]n|m[ae]n|males?|"
    r"females?|partners?|that|which|only|agree\w*|pregnan\w*)\b)"
)
_AFTER = (
    r"(?:for|until|up|at|during|within|after|following|thereafter|through|throughout|before|to"
    r"|\d|one|two|three|four|six)"
)
_TAIL = (
    r"(?:,?\s+(?:during|throughout|for|from|until|till|up\s+to|while|within|prior\s+to|before|at|after"
    r"|through|starting|over|"
    r"in\s+the\s+(?:next|following)|thereafter|on)\b"
    rf"(?:,?\s+{_STOP}[\w/%.–-]+|,?\s+(?:and|or)(?=\s+{_AFTER}\b))*)?"
    r"(?:,?\s+(?:in\s+order\s+|so\s+as\s+)?to\s+(?:minimi[sz]e|avoid|prevent|reduce)\s+(?:the\s+"
    r"|any\s+)?(?:risk\s+of\s+|possible\s+)?"
    r"(?:pregnanc(?:y|ies)|conception|becoming\s+pregnant))?"
)
_NOW = (
    r"(?:\s*(?:at|on|during)\s+(?:the\s+)?(?:time\s+of\s+)?(?:screening|baseline|enrol?lment"
    r"|study\s+entry|entry|inclusion|randomi[sz]ation|recruitment)(?:\s+visit)?)?"
)
_VERB = (
    r"(?:(?:us|practi[cs]|utili[sz])(?:e|es|ing|ed)|employ(?:s|ing|ed)?|adopt(?:s|ing)?|apply(?:ing)?|take"
    r"|takes|taking|follow(?:ing)?|"
    r"hav(?:e|ing)|be\s+on|being\s+on|undertak(?:e|ing)|implement(?:ing)?|maintain(?:ing)?|observ(?:e|ing)"
    r"|compl(?:y|ying)\s+with|"
    r"adher(?:e|ing)\s+to|be\s+using|been\s+using|be\s+practicing"
    r"|(?:be\s+)?protected\s+(?:from\s+pregnancy\s+)?(?:by|with)|ensur(?:e|ing)|the\s+use\s+of|use\s+of)"
)
_KINDS = (
    r"(?:(?:a|an|any|the|one|some|adequate|effective|highly|reliable|acceptable|appropriate|medically"
    r"|approved|accepted|proper|sufficient|"
    r"safe|suitable|reasonable|recogni[sz]ed|established|efficient|strict|strictly|consistent|consistently"
    r"|correct|correctly|of|form|forms|"
    r"method|methods|means|measure|measures|type|types|at|least|or|more|their|physician|clinically"
    r"|regularly|and|relevant|locally|1|"
    r"generally|very|good|medical|responsible|responsibly|continuous|continuously|voluntarily|available"
    r"|valid|active|regular|proven)[\s-]+)*"
)
_CONTROL = (
    r"(?:birth[\s-]*control|contracepti(?:on|ves?)|contraceptive|anti-?conception)(?:[\s-]+(?:methods?"
    r"|measures?|means|practices?|devices?|"
    r"techniques?|regimens?|protection|guidelines|precautions|protocols?))?(?:\s+(?:of"
    r"|for)\s+(?:birth\s+control|contraception))?"
    r"(?:\s+(?:consistently|correctly|regularly|adequately|properly))?"
    r"(?:\s+(?:to\s+(?:avoid|prevent)\s+(?:pregnancy|conception|becoming\s+pregnant)))?"
)
_METHOD = r"(?:" + "|".join(sorted(EXAMPLES, key=len, reverse=True)) + r")\b"
_METHODS = (
    rf"(?:\s*[(\[]\s*(?:{_METHOD}[\s,/;:.-]*)+[)\]]|,?\s+(?:such\s+as|including|includes?"
    rf"|e\.?\s?g\.?,?|i\.?\s?e\.?,?|like)\s+(?:{_METHOD}[\s,/;:.-]*)+)?"
)
_NARROW = (
    r"(?:(?:two|2|three|double|dual|barrier|hormonal|non-?hormonal|additional|second"
    r"|intrauterine|oral|physical|combined)[\s-]+)+"
)
_WHO = (
    r"(?:(?:who|that|which|and|they|he|she|are|is|be|were|do|does|did|have|has|also|currently"
    r"|either|presently|yet|themselves)\s+)*"
)
_NO = (
    rf"{_WHO}(?:will\s+not|would\s+not|must\s+not|can\s?not|could\s+not|not|no|never|without"
    rf"|unwilling(?:ness)?|unable|inability|refus(?:e|es|ed|al|ing)|"
    r"declin(?:e|es|ing)|disagree(?:s|ing)?|lack(?:ing)?|failure|fail(?:s|ing)?|incapable|reluctant)"
)
_WILLING = (
    r"(?:\s*/\s*(?:un)?|\s+(?:unwilling|not|unable|willing(?:ness)?|able|agree(?:s|d|ing|ment)?|prepared"
    r"|ready|currently|adequately|to|of|on|be|in|already|"
    r"regularly|consistently|reliably|voluntarily|refuse|refusing|consent(?:ing)?|commit(?:ted|ting|s)?"
    r"|going|plan(?:ning)?|intend(?:ing)?|"
    r"is|are|who|or|and|do|does|will|wish(?:ing)?|want(?:ing)?)\b)*"
)
_REFUSING = rf"{_NO}{_WILLING}(?:\s+{_VERB}(?:\s+(?:or|and)\s+{_VERB})?)?[\s-]+{_KINDS}"
_REFUSED = rf"{_REFUSING}{_CONTROL}{_METHODS}{_TAIL}"
_REFUSED_MORE = rf"{_REFUSING}{_NARROW}{_KINDS}{_CONTROL}{_METHODS}{_TAIL}"
_AGREE = (
    r"(?:(?:who|that|they|he|she|are|is|be|to|and|also|have|has|both|voluntarily)\s+)*"
    r"(?:willing(?:ness)?|able|ability|agree(?:s|d|ing|ment)?|prepared|ready|consent(?:s|ing)?|commit(?:s"
    r"|ted|ting|ment)?|plan(?:s|ning)?|intend(?:s|ing)?|accept(?:s|ing)?|promise[sd]?)"
    r"(?:\s+(?:to|and|or|able|willing|agree|on|be|voluntarily|continue|of))*"
)
_PROMISING = (
    rf"(?:(?:{_AGREE}\s+)?(?:(?:who|that|be|is|are|were|have|has|been|currently|consistently|to"
    rf"|the|continue)\s+)*{_VERB}|{_AGREE})\s+{_KINDS}"
)
_PROMISED = rf"{_PROMISING}{_CONTROL}{_METHODS}{_TAIL}"
_PROMISED_MORE = rf"{_PROMISING}{_NARROW}{_KINDS}(?:{_CONTROL}|methods?|protection){_METHODS}{_TAIL}"
_ABSTINENT = (
    rf"(?:(?:{_AGREE}\s+)?(?:remain|be|practi[cs]e|practicing|to|stay|use|true|complete|total"
    rf"|sexual(?:ly)?|completely|abstain|\s|refrain|having)*"
    r"(?:abstinen(?:t|ce)|abstain|refrain\s+from\s+heterosexual\s+intercourse)"
    r"(?:\s*(?:\(refrain(?:ing)?\s+from\s+heterosexual\s+intercourse\)|from\s+(?:heterosexual\s+"
    r"|sexual\s+)?(?:intercourse|activity|activities|sex)))?"
    rf"{_TAIL})"
)
_TEST = (
    r"(?:(?:urine|urinary|serum|blood|plasma|rapid|sensitive|highly|or|and|a|β-?hcg|beta-?hcg|b-?hcg|hcg"
    r"|β-?human|human|chorionic|gonadotropin|"
    r"\(β-?hcg\)|\(hcg\)|/|\s)*"
    r"(?:pregnancy\s+tests?|hcg(?:\s+tests?)?|tests?\s+for\s+pregnancy"
    r"|gonadotropin\s+tests?)(?:\s*\((?:urine|serum|β-?hcg|hcg|blood)(?:\s+(?:or|and)\s+(?:urine|serum"
    r"|blood))?\))?)"
)
_WITH = (
    r"(?:(?:who|that|have|has|had|having|with|and|a|an|the|confirmed|documented|documentation"
    r"|of|show|shows|provide|result|results)\s+)*"
)
_PREGNANT = (
    rf"(?:(?:who|that|which|is|are|be|were|was|currently|already|known|to|confirm(?:ed|s)?|found"
    rf"|either|a|any|existing|current|presently|both|the|"
    rf"subject|patient|participant|being)\s+)*(?:pregnan(?:t|cy|cies)|gravid|gestation"
    rf"|gestating)(?:\s+(?:patients?|subjects?|participants?|"
    rf"individuals?|persons?"
    rf"|people))?(?:\s*\((?:(?:a\s+)?(?:confirmed\s+by\s+)?positive\s+{_TEST}"
    rf"|confirmed\s+by\s+(?:a\s+)?(?:positive\s+)?{_TEST})\))?"
    rf"(?:\s+(?:as\s+)?(?:confirmed|determined|demonstrated|verified|documented"
    rf"|evidenced)\s+by\s+(?:a\s+)?(?:positive\s+)?{_TEST})?{_NOW}"
)
_NURSING = (
    r"(?:(?:who|that|which|is|are|be|were|was|currently|already|either|a|any|actively|presently|both"
    r"|the|being)\s+)*"
    r"(?:breast[\s-]*fe(?:ed|eding|eds)|lactat(?:ing|ion|e)|nursing|in\s+lactation)(?:\s+(?:an?\s+"
    r"|their\s+)?(?:infants?|child(?:ren)?|bab(?:y|ies)))?"
    r"(?:\s+(?:patients?|subjects?|participants?|individuals?|persons?|people"
    r"|period))?"
    rf"(?:\s*\((?:lactating|nursing|breast[\s-]*feeding)\))?{_NOW}"
)
_PLANNING = (
    r"(?:(?:who|that|which|is|are|or|currently|either|have|has|having|with|a|any|actively|the|in|for"
    r"|of|do|does|already)\s+)*"
    r"(?:plan(?:s|ning|ned)?|inten(?:d|ds|ding|ded|tion|tions|t)|wish(?:es|ing)?|want(?:s|ing)?|try|trying"
    r"|tries|desir(?:e|es|ing|ous)|interested|expect(?:s|ing)?|prepar(?:e|es|ing)|"
    r"attempt(?:s|ing)?|consider(?:s|ing)?|seek(?:s|ing)?|hop(?:e|es|ing)|contemplat(?:e|es|ing)"
    r"|anticipat(?:e|es|ing))"
    r"(?:\s+(?:to|in|on|of|for|a|an|be|become|becoming|get|getting|being|have|having|the|any))*"
    rf"\s+(?:pregnan(?:t|cy)|conceiv(?:e|ing)|conception)(?:\s+(?:or"
    rf"|and)\s+(?:to\s+)?(?:breast[\s-]*feed(?:ing)?|lactat(?:e|ing)|nurs(?:e|ing)))?{_TAIL}"
)

_ROWS: tuple[tuple[str, str], ...] = (
    ("refused", _REFUSED),
    ("refused_more", _REFUSED_MORE),
    ("not_pregnant", r"(?:(?:be|is|are)\s+)?(?:not\s+(?:be\s+)?(?:currently\s+)?pregnant"
        r"|non-?\s?pregnant)(?:\s+(?:women|females?))?"),
    ("not_nursing", r"(?:(?:be|is|are)\s+)?(?:not\s+(?:be\s+)?(?:currently\s+)?(?:breast[\s-]*feeding|lactating"
        r"|nursing)|non-?\s?(?:lactating|nursing|breast[\s-]*feeding))(?:\s+(?:women|females?))?"),
    ("negative", rf"{_WITH}(?:documented\s+)?negative\s+{_TEST}(?:\s+results?)?{_NOW}"),
    ("positive", rf"{_WITH}positive\s+{_TEST}(?:\s+results?)?{_NOW}"),
    ("planning", _PLANNING),
    ("abstinent", _ABSTINENT),
    ("promised", _PROMISED),
    ("promised_more", _PROMISED_MORE),
    ("bare", rf"{_KINDS}{_CONTROL}{_METHODS}{_TAIL}"),
    ("bare_more", rf"{_KINDS}{_NARROW}{_KINDS}(?:{_CONTROL}|methods?|protection){_METHODS}{_TAIL}"),
    ("doubt", _DOUBT),
    ("premenopausal", r"pre-?\s?menopausal"),
    ("menopausal", r"(?:be\s+)?post-?\s?menopausal"),
    ("sterile", r"(?:be\s+)?(?:surgically|permanently)\s+steril(?:e|i[sz]ed)"),
    ("bearing", _BEARING),
    ("fertile", _FERTILE),
    ("pregnant", _PREGNANT),
    ("nursing", _NURSING),
    ("both", _BOTH),
    ("female", _FEMALE),
    ("male", _MALE),
    ("or", r"(?:and\s*/\s*or|or|/)"),
    ("and", r"(?:and|&|as\s+well\s+as|plus)"),
    ("comma", r"[,;]"),
    ("must", r"(?:must|should|shall|will|need(?:s)?\s+to|(?:are\s+|is\s+)?required\s+to|has\s+to|have\s+to)"),
    ("if", r"(?:if|for)"),
    ("colon", r"[:–]"),
    ("anyone", r"(?:those|(?:study\s+)?(?:patients?|subjects?|participants?|volunteers?|"
        r"individuals?|persons?|people))"),
    (
        "filler",
        r"(?:who|that|which|are|is|be|have|has|the|a|an|any|all|they|she|he|with|in|of|also|either|both"
        r"|currently|only|not\s+applicable|study"
        r"|adults?"
        r"|known|confirm(?:ed|s)?)",
    ),
)  # fmt: skip
NARROWER = re.compile(_NARROW)
"""What one method is not: two of them, one of a kind."""
PARTS = re.compile(
    r"[\s.*_-]*(?:" + "|".join(f"(?P<{name}>{pattern}){_END}" for name, pattern in _ROWS) + r")[\s.*_]*"
    r"|(?P<filler_>[\s.*_-]+)$"
)
