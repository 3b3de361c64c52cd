"""The sentences of one criterion: where each ends, what sort it is, and how their trees are joined.

Comes in: the lexemes of a criterion, then the tree of each sentence. Goes out: one tree, in which a sentence that only
explains leaves nothing, a definition narrows what it defines, and a permission takes away what the others decided
where it may apply. Refuses (one Opaque for the whole criterion) where a sentence that is not understood may loosen or
widen the others.

What is sure, by the sort of a sentence (`sort_of`):

| sort | beside a requirement R | beside an exclusion X |
|---|---|---|
| claim | all hold | any excludes |
| idle: explains, or says what the study does | R | X |
| definition | `All(R, Opaque)` | `All(X, Opaque)` |
| permission | `Any_(R, Opaque)`: R false may be permitted | `All(X, Opaque)`: X true may be permitted |
| permission with a limit | the same where R forbids what it names | the same where it names what X names |
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from accrual.codes.concepts import vocabulary
from accrual.criteria.lexer import Lexeme
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.spans import widened
from accrual.criteria.tree import All, Any_, Not, OneOf, Opaque, Tree, When, understood
from accrual.criteria.words import word_set

Sort: TypeAlias = Literal["claim", "idle", "definition", "permission", "limited", "number"]
"""Asks or excludes; explains; says what a word means; permits; permits within a limit; the number of a "
"list."""

# What stands before a dot that ends no sentence.
_ABBREVIATED = word_set(
    "st dr mr mrs prof vs approx resp incl excl max min no nr ca cf al fig tab ex sec ref est"
)
_NUMBERS = re.compile(r"(?:[ivx]{1,5}|\d{1,2}|[a-h])")

_NOTE = r"(?:\W*(?:please )?notes?(?: that| the following)?\W+|\W*n\.?b\.?\W+|\W*\*+\s*)?"
_IDLE = re.compile(
    _NOTE + r"(?:"
    # Why something is asked for, not what.
    r"the (?:potential |possible )?(?:effects?|risks?|safety|teratogenicity)\b[^;]{0,220}\b(?:fetus|foetus"
    r"|embryo|infants?|milk|pregnancy"
    r"|children|women)\b[^;]{0,80}\b(?:unknown|not known|not been (?:established|studied|determined"
    r"|evaluated)|unclear)[^;]{0,40}"
    r"|(?:it is )?(?:unknown|not known) (?:whether|if|what)\b[^;]*"
    r"|(?:these|such|those|the above) (?:patients|subjects|participants|individuals|persons) are excluded "
    r"(?:because|due to|since|as)\b[^;]*"
    r"|(?:this|the) (?:reason|rationale)(?: for this)? (?:is|being)\b[^;]*"
    # What is done should something happen later.
    r"|(?:should|if) (?:a|any|the) (?:woman|women|female|patient|subject|participant|female subject|female "
    r"patient|"
    r"female participant|man|male partner|partner)\b[^;]{0,60}\b(?:become|becomes"
    r"|suspects?)\b[^;]{0,160}\b(?:should|must|will) "
    r"(?:inform|notify|contact|be informed|immediately inform|immediately notify|be notified|be removed|be "
    r"withdrawn|be discontinued)\b[^;]*"
    r"|(?:all )?(?:patients|subjects|participants|women|females|individuals|wocbp|they)(?: of "
    r"child-?bearing potential)? "
    r"(?:will|should|must) be (?:informed|counsell?ed|advised|instructed|educated|apprised|told|warned)"
    r" (?:of|about|on|regarding|to (?:contact|inform|notify|report)|that)\b[^;]*"
    # What is not asked for.
    r"|(?:\w+[\s-]+){1,6}(?:is|are) not (?:required|necessary|mandatory|needed)"
    r"(?: (?:for|at|prior to|before|during|to) (?:(?:the|this|study|trial|entry|screening|eligibility"
    r"|enrollment|enrolment|inclusion|baseline|"
    r"participation|confirm|determine)\b\s*)+)?"
    # How the study runs.
    r"|re-?(?:screening|testing|assessment)\b[^;]{0,60}\b(?:allowed|permitted|possible)\b[^;]{0,120}"
    r"|(?:a|one|single|any) (?:single )?(?:repeat|re-?test|retest|re-?screen)\w*\b[^;]{0,60}\b(?:allowed"
    r"|permitted|possible)\b[^;]{0,120}"
    r"|(?:there (?:is|are|will be) )?no (?:upper (?:age )?limit|restrictions?|limits?|limitations?"
    r"|exclusions?)\b[^;,]{0,80}"
    r"|both (?:men and women|males and females|women and men|genders|sexes)[^;,]{0,40}(?:eligible|included"
    r"|enrolled|recruited)[^;,]{0,40}"
    r"|only english(?: language)? versions? of [^;]*validated"
    r")\W*"
)
_DEFINITION = re.compile(
    _NOTE + r"(?:for the purposes? of (?:this|the) (?:study|trial|protocol),? )?(?:the )?(?:definitions? of "
    r"[^;:]{0,60}"
    r"|[^;:,]{0,90}\b(?:is|are|was|were|being) (?:here )?(?:defined|considered|understood|regarded) (?:as|by"
    r"|to include)\b[^;]*"
    r"|[^;:,]{0,60}\b(?:refers? to|means)\b [^;]*"
    r"|(?:a|an) (?:woman|female|man|male|subject|patient|participant)\b[^;,]{0,60}\bis (?:a|any|one"
    r"|considered)\b[^;]*"
    r"|defined as\b[^;]*)"
)
_PERMISSION = re.compile(
    r"\b(?:is|are|was|were|be|been)\s+(?:still |also |therefore |potentially |generally )?(?:allowed"
    r"|permitted|permissible|acceptable|"
    r"allowable|eligible|accepted|exempt|exempted|excepted|tolerated)\b"
    r"|^(?:[^;,]{0,200}\s)?(?:allowed|permitted|acceptable|permissible|eligible)\W*$"
    r"|\bmay (?:still |also |however |be |have |receive |participate|enroll?\b|enter|continue|start|use\b"
    r"|take\b|undergo|adjust|join)"
    r"|\bcan (?:still |also |be |participate|enroll?\b|enter|continue|receive|join|have )"
    r"|\b(?:not|no longer|neither) (?:be |considered |considered to be |count as |counted as |an? "
    r")*exclu\w+|\bnot (?:an )?exclusion"
    r"|\bnot (?:be )?(?:required|necessary|obligatory|mandatory|needed|considered)\b"
    r"|\b(?:does|do|did|will|would|need) not (?:require|apply|need|exclude|preclude|disqualify|count"
    r"|constitute|have to|have)\b"
    r"|\bexcept(?:ions?|ed)?\b|\bexempt(?:ed|ion|ions)?\b|\bwaived\b"
)
_FORBIDDEN = re.compile(
    r"\b(?:not|never|nor|neither)\s+(?:be |to be |been )?(?:allowed|permitted|permissible|acceptable"
    r"|eligible|accepted)\b|\bineligible\b"
    r"|(?<!not )(?<!not be )(?<!no longer )\b(?:excluded|excludes|exclusionary|prohibited|forbidden"
    r"|disallowed)\b|\bno\b[^;]{0,80}\b(?:allowed|permitted|acceptable)\b"
    r"|\b(?:may|can|must|should|will|shall) ?not (?:be|have|receive|participate|enter|enroll?|take|use"
    r"|undergo|start)\b"
)
_LIMITS = re.compile(
    r"\b(?:if|provided|providing|unless|as long as|so long as|only|must|should|shall|but|except|exception"
    r"|excluding|when|where|while|until|"
    r"once|upon|discretion|approval|within|least|most|more|less|than|maximum|minimum|up to|stable|before"
    r"|after|prior|since|for (?:at|the)|"
    r"other than|agree\w*|who|whose|without|not|no|adequate\w*|controlled|treated)\b|[<>≤≥=\d]"
)
_LISTS = re.compile(r"\bexcept|\bfollowing\b|\bthese\b|:")
_HEDGED = re.compile(
    r"\bnot\b[^;]{0,30}\b(?:exclu\w+|required?|necessary|apply|need|preclude|count|constitute|considered"
    r"|disqualify)\b"
)
# What of two sentences may be shared without meaning the same thing.
_COMMON = word_set(
    "patien subjec partic indivi person people study trial treatm therap medica diseas within before "
    "during prior histor "
    "receiv allowe permit eligib enroll enroll includ exclud criter condit diagno screen consid requir "
    "accept except "
    "exampl active stable contro curren previo clinic investi invest adequa signif followi least months "
    "weeks female "
    "women males should would other these those which random baseli dosing dosage"
)
_STEM = 6  # letters: "hypertensive" and "hypertension" share them
_WORD = re.compile(r"[a-z]+")


def cut(lexemes: list[Lexeme]) -> list[list[Lexeme]]:
    """Cut at semicolons and at the ends of sentences, outside brackets."""
    found: list[list[Lexeme]] = []
    part: list[Lexeme] = []
    depth = 0
    for at, lexeme in enumerate(lexemes):
        if lexeme.kind == "open":
            depth += 1
        elif lexeme.kind == "close":
            depth = max(0, depth - 1)
        stops = lexeme.kind == "semi" or (lexeme.kind == "dot" and _ends_sentence(lexemes, at))
        if stops and depth == 0:
            if part:
                found.append(part)
            part = []
        else:
            part.append(lexeme)
    if part:
        found.append(part)
    return found


def _ends_sentence(lexemes: list[Lexeme], at: int) -> bool:
    if at + 1 >= len(lexemes) or not at:
        return True
    before = lexemes[at - 1].low
    return lexemes[at + 1].start > lexemes[at].end and len(before) > 1 and before not in _ABBREVIATED


def sort_of(words: str) -> Sort:
    """Say what sort of sentence the lower-case words are.

    Example:
        >>> sort_of("topical corticosteroids are allowed")
        'permission'
        >>> sort_of("patients with treated brain metastases are eligible if stable")
        'limited'
        >>> sort_of("steroids are not allowed")
        'claim'
    """
    if _NUMBERS.fullmatch(words):
        return "number"
    if _IDLE.fullmatch(words):
        return "idle"
    if _PERMISSION.search(words) and not _FORBIDDEN.search(words):
        bare = _HEDGED.sub(" ", words)
        return "limited" if _LIMITS.search(bare) else "permission"
    return "definition" if _DEFINITION.match(words) else "claim"


# A later sentence with one of these may loosen what was said before.
_LOOSENING = frozenset(("loose", "unless", "except", "excluded"))
# What an alternative among exclusions does not begin with: these narrow the sentence before them, or go on with it.
_GOES_ON = frozenset(
    ("or", "and", "example", "include", "except", "unless", "loose", "prep", "link", "open", "not", "op", "number",
     "within", "before", "after", "ago", "value", "limit", "to", "between", "must", "dash", "colon", "comma", "time",
     "excluded")
)  # fmt: skip
_GOES_ON_WORDS = word_set(
    "stage grade more at greater less least as that who which documented confirmed treated defined "
    "including excluding "
    "all both this these such it they he she if then therefore however note exception exceptions for in on "
    "and/or stable "
    "resolved controlled further specifically i.e e.g ie eg other others"
)
_VERBS = word_set(
    "is are was were must should shall will would may might can could cannot do does did be been need needs"
)
_DUTIES = word_set("must should shall required cannot")
# What a head says of all that follows it: "Any of the following within 6 months: A; B".
_HEADS = frozenset(
    (
        "colon",
        "not",
        "shift",
        "relation",
        "within",
        "history",
        "receive",
        "before",
        "after",
        "include",
        "child",
    )
)


def together(sentences: list[Stream], trees: list[Tree], whole: Opaque) -> Tree:
    """Join the trees of the sentences of one criterion."""
    sorts = [_sort(at, each, tree) for at, (each, tree) in enumerate(zip(sentences, trees, strict=True))]
    claims = [at for at, sort in enumerate(sorts) if sort == "claim"]
    if not claims or _lists_permitted(sentences, sorts, claims[-1]):
        return whole
    tree = _claimed([sentences[at] for at in claims], [trees[at] for at in claims], whole)
    if isinstance(tree, Opaque):
        return whole
    told = {stem for at in claims for stem in _stems(sentences[at])}
    concepts = {each for at in claims for each in _concepts(sentences[at])}
    for sentence, sort in zip(sentences, sorts, strict=True):
        if sort in ("claim", "idle", "number"):
            continue
        span = sentence.span(0, len(sentence))
        same = not told.isdisjoint(_stems(sentence)) or _of_one_sort(_concepts(sentence), concepts)
        doubt = Opaque(text=sentence.words(span), span=span)
        if sort == "definition" or sentence.kind == "exclusion":
            if sort == "limited" and not same:
                return whole
            tree = All(children=(tree, doubt), span=tree.span | span)
        elif understood(tree) != "whole" or (sort == "limited" and not (same and isinstance(tree, Not))):
            return whole
        else:
            tree = Any_(children=(tree, doubt), span=tree.span | span)
    for sentence, sort in zip(sentences, sorts, strict=True):
        if sort in ("idle", "number"):
            tree = widened(tree, sentence.span(0, len(sentence)))
    return tree


def _lists_permitted(sentences: list[Stream], sorts: list[Sort], last: int) -> bool:
    """Say whether what is said last may be one more exception: "…, with these exceptions: A; B"."""
    for at, (sentence, sort) in enumerate(zip(sentences, sorts, strict=True)):
        if at < last and sort in ("permission", "limited"):
            low = sentence.span(0, len(sentence)).of(sentence.text).lower()
            if _LISTS.search(low) or (at == 0 and sentence.kind == "exclusion"):
                return True
    return False


def _sort(at: int, sentence: Stream, tree: Tree) -> Sort:
    dark = isinstance(tree, Opaque)
    low = sentence.span(0, len(sentence)).of(sentence.text).lower()
    sort = sort_of(" ".join(low.split()))
    if sort in ("permission", "limited"):
        return sort if dark or sentence.kind == "exclusion" else "claim"
    if sort in ("definition", "number"):
        return sort if dark and (at or sort == "number") else "claim"
    return sort


def _stems(sentence: Stream) -> set[str]:
    words = _WORD.findall(sentence.span(0, len(sentence)).of(sentence.text).lower())
    return {word[:_STEM] for word in words if len(word) >= _STEM} - _COMMON


def _concepts(sentence: Stream) -> set[str]:
    return {each.concept.id for each in sentence.lexemes if each.concept is not None}


def _of_one_sort(these: set[str], those: set[str]) -> bool:
    known = vocabulary()
    return any(known.is_a(one, other) or known.is_a(other, one) for one in these for other in those)


def _claimed(sentences: list[Stream], trees: list[Tree], whole: Opaque) -> Tree:
    """Join sentences that claim: of a requirement all hold, of an exclusion any may."""
    if len(trees) == 1:
        return trees[0]
    firsts = [each.kinds[0] for each in sentences[1:]]
    lasts = [each.kinds[-1] for each in sentences[:-1]]
    dark = [isinstance(tree, Opaque) for tree in trees]
    for sentence, opaque in zip(sentences[1:], dark[1:], strict=True):
        if opaque and (
            not _LOOSENING.isdisjoint(sentence.kinds) or sentence.kinds[0] in ("or", "example", "include")
        ):
            return whole
    span = trees[0].span | trees[-1].span
    if "or" in firsts or "or" in lasts:
        if all(first in ("or",) for first in firsts) or lasts[-1] == "or" or firsts[-1] == "or":
            return whole if any(dark) else Any_(children=tuple(trees), span=span)
        return whole
    if sentences[0].kind == "exclusion":
        if "and" in firsts or "and" in lasts:
            return whole
        if any(dark) and (all(dark) or not _alternatives(sentences, dark)):
            return whole
        return Any_(children=tuple(trees), span=span)
    sexes = [str(each.lexemes[0].payload) if each.kinds[0] == "sex" else "" for each in sentences]
    if {"male", "female"} <= set(sexes):  # "Male subjects of 50 kg or above; female subjects 45 kg or above"
        asked = [_asked(tree) if sex else tree for tree, sex in zip(trees, sexes, strict=True)]
        if any(tree is None for tree in asked):
            return whole
        trees = [tree for tree in asked if tree is not None]
    return All(children=tuple(trees), span=span)


def _alternatives(sentences: list[Stream], dark: list[bool]) -> bool:
    """Say whether each sentence among exclusions that is not understood names one more, and changes no "
    "other."""
    if dark[0] and (
        not _HEADS.isdisjoint(sentences[0].kinds)
        or "following" in sentences[0].span(0, len(sentences[0])).of(sentences[0].text).lower()
    ):
        return False
    for at, sentence in enumerate(sentences):
        if not dark[at]:
            continue
        words = {word for lexeme in sentence.lexemes for word in lexeme.low.split()}
        if at and (sentence.kinds[0] in _GOES_ON or sentence.low_at(0).split()[0] in _GOES_ON_WORDS):
            return False
        told = sentence.kinds[0] == "subject" and sentence.kind_at(1) in ("link", "receive", "history", "not")
        if not told and not _VERBS.isdisjoint(words):
            return False
        if words & _DUTIES or not _LOOSENING.isdisjoint(sentence.kinds):
            return False
    return True


def _asked(tree: Tree) -> Tree | None:
    """A sentence about one sex, beside another about the other: a demand on those, not on the sex."""
    match tree:
        case All(children=(OneOf(variable="sex") as sex, *rest)) if rest:
            then = rest[0] if len(rest) == 1 else All(children=tuple(rest), span=tree.span)
            return When(condition=sex, then=then, span=tree.span)
        case When() | Opaque():
            return tree
        case _:
            return None
