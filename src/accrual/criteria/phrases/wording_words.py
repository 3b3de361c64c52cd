"""The words that a name may hold when no table has the name, and those that it may not.

Comes in: nothing; these are tables. Goes out: `are_plain`, `makes_name`. Refuses: words that judge, doubt,
compare, count or deny, verbs, persons other than the patient, words of the trial.
"""

from __future__ import annotations

from functools import lru_cache

from accrual.criteria.phrases.compound import is_narrowing
from accrual.criteria.wording_heads import kind_of_head
from accrual.criteria.words import word_set

MAX_WORDS = 6
"""Words of a name; a longer run of words is a sentence."""
# Words that another table takes for something else, and that stand inside names: "blood", "serum".
INSIDE = word_set("blood plasma serum venous")
# Words that no name has, beside those of `compound.is_narrowing`: they judge, doubt, compare or point away from the
# patient; they are verbs; or they tell of the trial.
NEVER = word_set(
    "studied see proved actual abuse obvious demonstrable triplicate duplicate abuses "
    "investigator investigators physician physicians doctor doctors clinician clinicians surgeon sponsor "
    "parent guardian member members employee employees ability inability willing unwilling unwillingness "
    "able unable cooperation compliance noncompliance adherence nonadherence understanding consent assent "
    "agreement permission pregnant prisoner prisoners military civil nurse worker workers oncologist "
    "cardiologist i you we us our your my it its "
    # judgement and doubt
    "opinion judgment judgement discretion opinions clinically medically significant relevant unstable "
    "uncontrolled controlled major minor serious severe important adequate appropriate suitable "
    "acceptable unacceptable satisfactory meaningful interfering safe unsafe effective ineffective "
    "questionable suspicious suspected possible potential probable likely risk risks known unknown "
    "standard optimal "
    # comparison, negation and amount
    "abnormal absence absent lack loss-free few several many multiple numerous increased decreased higher "
    "lower greater fewer excessive reduced double single one two three four five six extra total partial "
    "complete "
    # the trial and its measurements
    "study studies trial trials protocol visit visits investigator's subject's patient's participant's "
    "sponsor's enrollment enrolment randomization randomisation registration eligibility criterion "
    "criteria cohort arm phase treatment-naive naive naïve result results value values test tests testing "
    "assay score scale scores measurement evaluation considerable assessment examination exam imaging "
    "scan questionnaire form data duration period time times start onset end date dates day days week "
    "weeks month months year years hour hours number amount dose doses dosage frequency-matched baseline "
    "change changes response responder responders nonresponder progression recurrence relapse relapsed "
    "remission history other others additional another such same similar different certain following "
    "above below present presence current currently recent recently previous prior past future new newly "
    "planned scheduled elective anticipated expected required needed necessary concurrent concomitant "
    "permitted prohibited excluded included allowed approved available investigational experimental "
    "candidate candidates "
    # verbs
    "is are was were be been being has have had having do does did can cannot could may might will would "
    "shall should must prolong prolongs alter alters impair impairs inhibit inhibits induces interfere "
    "interferes preclude precludes prevent prevents limit limits limited confound confounds affects "
    "suggest suggests indicates require requires receive receives received undergo undergoes underwent "
    "undergone judges judged believes deems deemed considered thought felt feels makes become becomes "
    "becoming remain remains occur occurs occurred exists exist persist persists persisted resolve "
    "resolves resolved respond responds responded fail failed fails meet meets met include includes need "
    "needs want use uses used using taking takes take took agree agrees agreed intend intends plan plans "
    "refuse refuses put puts pose poses render renders place jeopardize compromises compromised confirm "
    "confirms confirmed documented proven established demonstrated demonstrates demonstrate shown "
    "evidenced diagnosed treated untreated managed scheduled measured assessed evaluated defined "
    "described specified listed attributed attributable assigned selected amenable eligible ineligible "
    "compatible incompatible consistent inconsistent due secondary-to related unrelated associated "
    "thereof respectively etc alone only also even still yet already there here now then once twice again "
    "together instead therefore however although though because if when where while until unless whether "
    "than as so such both either neither each every all any some none no not without within before after "
    "during since out up down off into onto upon via per among between available-for free abstinence "
    "abstain refrain avoid childbearing "
)
# Words that make no name of a broad head by themselves: "medical condition", "systemic disease".
VAGUE = word_set(
    "adverse psychosocial ongoing unusual overall legal ethical health allergic psychologic behavioural "
    "reproductive somatic unexpected undesirable medical clinical physical general systemic chronic acute "
    "active intercurrent underlying comorbid coexisting preexisting existing pre specific particular common "
    "typical target primary secondary local locally advanced progressive persistent recurrent residual stable "
    "symptomatic asymptomatic visible measurable evaluable surgical special routine conventional first second "
    "third line initial main principal index long short term life threatening terminal fatal rare mild "
    "moderate bilateral unilateral left right upper oral intravenous topical subcutaneous intramuscular "
    "injectable parenteral concomitantly daily regular chemical biological natural hazardous illicit illegal "
    "prescription adjuvant neoadjuvant palliative curative maintenance supportive alternative combination "
    "combined drug disease therapy treatment organ tissue body psychological social emotional "
    "neurological congenital acquired genetic hereditary inherited infectious large small extensive diffuse "
    "focal multifocal isolated overt early late radiographic radiological histologic histological pathologic "
    "pathological laboratory objective subjective biochemical high low grade anti non re complex simple "
    "permanent temporary transient intermittent frequent continuous strong potent weak unresolved unspecified "
    "various untreatable resectable unresectable operable inoperable invasive noninvasive aggressive indolent "
)


@lru_cache(maxsize=16384)
def are_plain(words: tuple[str, ...]) -> bool:
    """Say whether each of the words may be in a name."""
    return all(_is_plain(word) for word in words)


def _is_plain(word: str) -> bool:
    if word in NEVER or (word.endswith("s") and word[:-1] in NEVER):
        return False
    if word in INSIDE or word in VAGUE:
        return True
    if is_narrowing(word) or kind_of_head(word) is not None:
        return not word.endswith("ly")
    # "CYP3A4", "B12": a letter and figures; never figures alone first.
    return word[:1].isalpha() and word.isascii() and word.isalnum() and any(sign.isdecimal() for sign in word)


@lru_cache(maxsize=16384)
def makes_name(before: tuple[str, ...], name: str) -> bool:
    """Say whether the words before a coded name make one name with it: "pollen" and "asthma".

    Example:
        >>> makes_name(("pollen",), "asthma"), makes_name(("significant",), "asthma")
        (True, False)
    """
    own = name.split()
    if len(before) + len(own) > MAX_WORDS or not are_plain(before) or all(word in VAGUE for word in before):
        return False
    return set(before).isdisjoint(own)  # "ocular inflammation ocular infection" are two lines run together


def spelled(words: str) -> str:
    """Return the words as the text has them on one line, but for a capital at the beginning.

    Example:
        >>> spelled("Facet  cysts"), spelled("ALK fusion")
        ('facet cysts', 'ALK fusion')
    """
    line = " ".join(words.replace("_", " ").split())
    return line[0].lower() + line[1:] if line[1:2].islower() else line
