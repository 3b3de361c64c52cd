"""Names told by where they stand: "diagnosis of *atopy*", "treatment with *eplerone*", "asthma or *atopy*".

Comes in: a run of words whose last word heads no known kind of thing, with the lexemes around it. Goes out: what kind
of thing the run names. Refuses (None): words that are no noun at their end ("renal", "treated", "smoking"), runs of
more than `MAX_FRAMED` words, words of a life and not of a patient ("support", "education").
"""

from __future__ import annotations

from functools import lru_cache

from accrual.codes.concept import ConceptKind
from accrual.criteria.lexer import Lexeme
from accrual.criteria.phrases.wording_words import VAGUE, are_plain
from accrual.criteria.wording_heads import kind_of_head
from accrual.criteria.words import ADJECTIVE_ENDINGS, word_set

MAX_FRAMED = 3
"""Words of a name that only its place tells."""
# Openers behind which a thing that a patient has is named.
_HAS = frozenset(
    ("diagnosis of", "a diagnosis of", "diagnosed with", "diagnosed as having", "confirmed diagnosis of",
     "documented diagnosis of", "clinical diagnosis of", "established diagnosis of", "known diagnosis of",
     "suffering from", "suffer from", "suffers from", "affected by", "affected with", "prior diagnosis of",
     "previous diagnosis of", "diagnosis or history of", "presence of", "the presence of")
)  # fmt: skip
_GIVEN = ("treated with", "treatment with", "therapy with", "taking", "administration of", "treatment by")
_UNDERGONE = ("undergoing", "undergone", "underwent")
_JOINERS = frozenset(("or", "comma", "slash"))
TELLING = frozenset(("history", "receive", "drop")) | _JOINERS
"""Kinds of lexeme behind which the place may tell."""
_ENDS = frozenset(("", "dot", "semi", "close"))
# No things that a patient has, takes or undergoes, though a noun ends the run.
_NONE = word_set(
    "support care education training information instruction instructions counseling counselling diet diets food "
    "foods part place effect effects type types form forms level levels degree grade class stage status state "
    "age sex race ethnicity smoking alcohol tobacco use usage user users abuse evidence sign signs case cases "
    "criteria function functions system systems organ organs area site sites side hand eye eyes knee hip head neck "
    "brain liver lung heart kidney breast skin bone stomach colon rectum bladder uterus blood health problem problems "
    "situation situations circumstance circumstances reason reasons factor factors event events cause causes need "
    "component components ingredient ingredients excipient excipients regimen regimens line lines course courses "
    "cycle cycles session sessions admission hospital clinic home work life lifestyle pregnancy birth death sample "
    "samples specimen specimens tissue cell cells gene histology subtype insurance address language english phone "
    "smartphone computer device devices method methods contraception condom sperm egg other any of"
)
_VERBAL = ("ed", "ing", "ly", "able", "ible", "less", "ent", "ant", "ful")


def kind_in_frame(lexemes: list[Lexeme], at: int, to: int, before: list[Lexeme]) -> ConceptKind | None:
    """Return the kind of thing that lexemes `at` up to `to` name by where they stand, None where they name none.

    Args:
        before: the lexemes before the run, names already taken together.
    """
    words = tuple(word for each in lexemes[at:to] for word in each.low.split())
    if len(words) > MAX_FRAMED or lexemes[to - 1].concept is not None or not before or not _is_noun(words):
        return None
    opener = before[-1]
    after = lexemes[to].kind if to < len(lexemes) else ""
    if len(words) == 1 and after in _JOINERS:
        return None  # "undergoing foot or ankle surgery"
    if opener.low in _HAS or (opener.kind == "history" and opener.low.endswith("of")):
        return "condition" if after in _ENDS | _JOINERS | {"within", "and", "open"} else None
    if opener.kind == "receive" and after in _ENDS | _JOINERS | {"within", "and"}:
        if opener.low.endswith(_GIVEN):
            return "drug"
        return "procedure" if opener.low.endswith(_UNDERGONE) else None
    if opener.kind in _JOINERS and after in _ENDS and len(before) > 1:
        neighbour = before[-2] if before[-2].kind not in _JOINERS else before[-3] if len(before) > 2 else None
        if neighbour is not None and neighbour.concept is not None:
            return neighbour.concept.kind
    return None


@lru_cache(maxsize=8192)
def _is_noun(words: tuple[str, ...]) -> bool:
    """Say whether the words are plain and end in a noun that names something.

    Example:
        >>> _is_noun(("atopy",)), _is_noun(("renal",)), _is_noun(("support",))
        (True, False, False)
    """
    last = words[-1]
    if last in _NONE or last in VAGUE or len(last) < 4 or last.endswith((*ADJECTIVE_ENDINGS, *_VERBAL)):
        return False
    if not last.isalpha() or not are_plain(words) or all(word in VAGUE for word in words):
        return False
    head = kind_of_head(last)
    return head is None or head[1] or len(words) > 1
