"""Words that several names share: "hepatitis B or C", "severe renal or hepatic impairment".

Comes in: the place of a name, or of the first word of a list whose last member is a name. Goes out: the names that the
vocabulary has for each member, and where the list ends. Refuses (None): a member that may be a thing of its own.
"""

from __future__ import annotations

from accrual.codes.concepts import Concept, vocabulary
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.words import word_set


def shared_head(stream: Stream, at: int, concept: Concept) -> list[tuple[int, Concept, str]]:
    """ "hepatitis B or C": what follows names another concept when it takes the place of the last word."""
    found: list[tuple[int, Concept, str]] = []
    lexeme = stream.lexemes[at]
    stem, _, last = lexeme.low.rpartition(" ")
    if not stem:
        return found
    end = at + 1
    while len(found) < 6:
        joint = end
        while stream.kind_at(joint) in ("or", "and", "slash", "comma", "drop"):
            joint += 1
        if joint == end or stream.kind_at(joint) not in ("word", "number", "concept", "variable", "mark"):
            break
        tail = stream.low_at(joint)
        other = _longest_named(stem.split(), tail)
        if other is None or other.id == concept.id or len(tail) > max(3, len(last) + 6):
            break
        words = {stream.kind_at(step) for step in range(end, joint)}
        found.append(
            (
                joint + 1,
                other,
                "or" if "or" in words or "slash" in words else "and" if "and" in words else ",",
            )
        )
        end = joint + 1
    return found


def _longest_named(words: list[str], tail: str) -> Concept | None:
    for first in range(min(len(words), 4)):
        found = vocabulary().lookup(" ".join((*words[first:], tail)))
        if found is not None:
            return found
    return None


def shared_tail(stream: Stream, at: int) -> tuple[int, list[Concept]] | None:
    """ "renal or hepatic failure", "type 1 or type 2 diabetes": the words before share the concept's last word."""
    starts: list[str] = []
    step = at
    word: list[str] = []
    joined = False
    while step < len(stream) and step - at < 10:
        kind = stream.kind_at(step)
        if kind in ("or", "slash", "comma"):
            if not word:
                return None
            starts.append(" ".join(word))
            word = []
            joined = joined or kind != "comma"
            while stream.kind_at(step) in ("or", "slash", "comma"):
                joined = joined or stream.kind_at(step) != "comma"
                step += 1
            continue
        if kind == "concept" and starts and joined and not word:
            concept = stream.lexemes[step].concept
            words = stream.low_at(step).split()
            for cut in range(len(words) - 1, 0, -1):  # "failure"; "diabetes mellitus"
                tail = " ".join(words[cut:])
                found = [vocabulary().lookup(f"{start} {tail}") for start in starts]
                if concept is not None and all(each is not None for each in found):
                    return step + 1, [each for each in (*found, concept) if each is not None]
            return None
        if kind not in ("word", "number") or len(word) >= 2:
            return None
        word.append(stream.low_at(step))
        step += 1
    return None


# Nouns that a condition before "or" may share: "cataract or refractive surgery".
_LENT = word_set(
    "surgery surgeries therapy therapies transplant transplants transplantation resection repair replacement "
    "allergy biopsy implant implantation operation operations procedures"
)


def lends_noun(stream: Stream, at: int, concept: Concept) -> bool:
    """Say whether the condition may only be the first half of a treatment's name."""
    if concept.kind != "condition" or stream.kind_at(at + 1) not in ("or", "slash", "and", "comma"):
        return False
    step = at + 1
    while stream.kind_at(step) in ("or", "slash", "and", "comma"):
        step += 1
    while stream.kind_at(step) in ("qualifier", "word") and step < at + 5:
        step += 1
    other = stream.lexemes[step].concept if step < len(stream) else None
    head, _, tail = stream.low_at(step).rpartition(" ")
    lent = tail in _LENT and (bool(head) or stream.kind_at(step - 1) == "word")
    return (
        lent
        and (other is None or other.kind != "condition" or tail == "allergy")
        and (stream.low_at(at).rpartition(" ")[2] not in _LENT)
    )
