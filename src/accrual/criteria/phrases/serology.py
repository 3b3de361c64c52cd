"""Infections by their tests: "HIV positive", "negative for HIV, hepatitis B and C", "positive test for syphilis".

Comes in: one infection or test, or a list of them, with one word for the outcome. Goes out: the infection (`Present`,
or that it is not there) where the outcome is said of the infection itself; the test's answer (`OneOf`) where a test is
named. Refuses (None): infections of which a positive test says only that they were met once (cytomegalovirus), and
lists of which the joining word does not say whether one or all are meant.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from accrual.basic import Code, Span
from accrual.codes.concepts import vocabulary
from accrual.codes.variables import variables
from accrual.criteria.phrases.measure import either_way
from accrual.criteria.phrases.stream import HAS_VALUE, Family, Group, Read, Stream
from accrual.criteria.tree import All, Any_, Not, OneOf, Opaque, Present, Tree, walk
from accrual.criteria.words import word_set

TESTS: Mapping[str, str] = {
    # An infection of which "X positive" says that the patient has it, and the test that screens for it.
    "covid-19": "covid-test",
    "hepatitis-b": "hbsag",
    "hepatitis-c": "hcv-antibody",
    "hiv-infection": "hiv-test",
    "syphilis": "syphilis-test",
    "tuberculosis": "tuberculosis-test",
}
LOADS: Mapping[str, str] = {
    # A number that texts also give as found or not found.
    "hbv-dna": "hbv-dna-test",
    "hcv-rna": "hcv-rna-test",
    "hiv-viral-load": "hiv-rna-test",
}
SCREENS = frozenset((*TESTS.values(), *LOADS.values(), "hbcab"))
_TESTING = word_set(
    "test tests testing tested screen screens screening screened serology serologies serological serologic result "
    "results antibody antibodies pcr blood assay assays status serostatus reaction finding findings laboratory"
)
_TESTS_FOR = frozenset(("test for", "screening for", "tested for"))
_TOWARDS = frozenset(("for", "of", "to", "against", "on"))
_JOINING = frozenset(("or", "and", "slash", "comma", "drop", "other"))
_OTHER_TESTS = ("serolog", "antibod")  # of hepatitis B there are several; a row's own name is one lexeme
_WHOLE = ("infection", "infections", "disease")
_HIV_TYPES = frozenset(("1", "2", "i", "ii"))
_TYPE_JOINTS = frozenset(("slash", "and", "or", "comma", "dash", "open", "close", "number", "word"))
MAX_LIST = 8


class _Agent(msgspec.Struct, frozen=True, gc=False):
    """One infection, or one test for it."""

    at: int
    to: int
    concept: str = ""
    test: str = ""
    tested: bool = False
    """Whether a word for a test follows it: "hepatitis C antibodies"."""


def _agent(stream: Stream, at: int) -> _Agent | None:
    lexeme = stream.lexemes[at] if at < len(stream) else None
    if lexeme is None:
        return None
    if lexeme.variable is not None:
        test = LOADS.get(lexeme.variable.id, lexeme.variable.id)
        return _Agent(at, at + 1, test=test) if test in SCREENS else None
    if lexeme.concept is None or lexeme.concept.id not in TESTS:
        return None
    return _Agent(at, _after_types(stream, at), lexeme.concept.id, TESTS[lexeme.concept.id])


def _after_types(stream: Stream, at: int) -> int:
    """ "HIV 1/2", "HIV-1 and -2", "HIV (1 or 2)": both types are the infection."""
    concept = stream.lexemes[at].concept
    end = at + 1
    if concept is None or concept.id != "hiv-infection":
        return end
    step, open_ = end, 0
    while step < len(stream) and step < at + 8:
        kind = stream.kinds[step]
        if kind not in _TYPE_JOINTS:
            break
        open_ += (kind == "open") - (kind == "close")
        if kind in ("number", "word") and stream.low_at(step) not in _HIV_TYPES:
            break
        step += 1
        if open_ == 0 and (kind == "close" or (kind in ("number", "word"))):
            end = step
    return end


def _letters(stream: Stream, agent: _Agent) -> _Agent | None:
    """ "hepatitis B or C": the letter that follows stands for another of the kind."""
    if not agent.concept.startswith("hepatitis-"):
        return None
    step = agent.to
    while stream.kind_at(step) in ("or", "and", "slash", "comma"):
        step += 1
    if step == agent.to:
        return None
    other = vocabulary().lookup(f"hepatitis {stream.low_at(step)}")
    if other is None or len(stream.low_at(step)) != 1 or other.id not in TESTS:
        return None
    return _Agent(step, step + 1, other.id, TESTS[other.id])


def _agents(stream: Stream, at: int) -> tuple[list[_Agent], set[str]]:
    """The infections and tests in a row, and the words that join them."""
    first = _agent(stream, at)
    if first is None:
        return [], set()
    found, joints = [first], set[str]()
    while len(found) < MAX_LIST:
        last = found[-1]
        step = after = _tested(stream, last.to)  # "HIV test, hepatitis B and C"
        while stream.kind_at(step) in _JOINING and (
            stream.kind_at(step) != "drop" or stream.low_at(step) in ("a", "the", "known", "any")
        ):
            step += 1
        another = _letters(stream, last) or (_agent(stream, step) if step > after else None)
        if another is None:
            break
        if another.at > after > last.to:
            found[-1] = msgspec.structs.replace(last, tested=True)
        words = {stream.kind_at(each) for each in range(last.to, another.at)}
        if not words & {"or", "and", "slash", "comma"}:
            break
        joints |= {"or" if word == "slash" else word for word in words & {"or", "and", "slash"}}
        found.append(another)
    return found, joints


def _tested(stream: Stream, at: int) -> int:
    """Skip the words for a test; where none stands, the same place."""
    while at < len(stream) and all(word in _TESTING for word in stream.low_at(at).split()):
        at += 1
    return at


def _outcome(stream: Stream, at: int) -> str:
    lexeme = stream.lexemes[at] if at < len(stream) else None
    return lexeme.payload if lexeme is not None and lexeme.kind == "value" else ""


def is_screen(node: Tree) -> bool:
    """Say whether a claim is of tests for infections: nothing else is named by it, as a tumor is by its marker."""
    return any(isinstance(each, OneOf) and each.variable in SCREENS for each in walk(node))


def read_serology(stream: Stream, at: int) -> Read | None:
    """Read one list of infections or tests with its outcome."""
    start = at
    while stream.kind_at(at) in ("drop", "to") and stream.low_at(at) not in _TESTING:
        at += 1  # "known to be HIV positive"
    if _agent(stream, at) is not None:
        return _outcome_last(stream, start, at) if "value" in stream.kinds[at:] else None
    begin = _tested(stream, at)
    if _outcome(stream, begin) == "":
        return None
    return _outcome_first(stream, start, at, begin)


def _outcome_last(stream: Stream, start: int, at: int) -> Read | None:
    """ "HIV, HBsAg or HCV antibody positive"."""
    agents, joints = _agents(stream, at)
    if any(stream.low_at(agent.at).endswith(_WHOLE) for agent in agents):
        return None  # "HIV infection or HIV positive serology": the first is there without an outcome
    after = agents[-1].to
    end = _tested(stream, after)
    if stream.kind_at(end) == "drop" and stream.low_at(end) in ("is", "are", "be", "was", "were"):
        end += 1
    outcome = _outcome(stream, end)
    if not outcome:
        return None
    by_test = end > after and any(word in _TESTING for word in stream.low_at(after).split())
    stop = _tested(stream, end + 1)
    if stream.kind_at(stop) == "prep" and stream.low_at(stop) == "for":
        return None  # "HIV test positive for": what follows is the infection
    return _read(stream, start, stop, agents, joints, outcome, by_test or stop > end + 1)


def _outcome_first(stream: Stream, start: int, first: int, at: int) -> Read | None:
    """ "positive for HIV", "tested positive for hepatitis B or C", "negative serology for syphilis"."""
    outcome = _outcome(stream, at)
    step = _tested(stream, at + 1)
    by_test = step > at + 1 or at > first
    if stream.low_at(step) in _TOWARDS:
        step += 1
    elif stream.low_at(step) in _TESTS_FOR:
        by_test, step = True, step + 1
    while stream.kind_at(step) in ("drop", "other") and stream.low_at(step) in ("the", "any", "a", "either"):
        step += 1
    agents, joints = _agents(stream, step)
    if not agents:
        return None
    end = _tested(stream, agents[-1].to)
    if end == agents[-1].to and stream.kind_at(end) == "value":
        return None  # "negative HIV positive"
    if outcome == "negative" and _goes_on(stream, end):
        return None  # "negative for HIV and malaria": that there is malaria is not asked for
    return _read(stream, start, end, agents, joints, outcome, by_test or end > agents[-1].to)


def _goes_on(stream: Stream, at: int) -> bool:
    """Whether the list has one more member, which has no outcome of its own and is no infection of the table."""
    step = at
    while stream.kind_at(step) in _JOINING:
        step += 1
    if step == at:
        return False
    while stream.kind_at(step) in ("qualifier", "word"):
        step += 1
    if step >= len(stream) or "value" in (stream.kind_at(step + 1), stream.kind_at(step + 2)):
        return False
    variable = stream.lexemes[step].variable
    return stream.kind_at(step) == "concept" or (variable is not None and "negative" in variable.values)


def _read(
    stream: Stream, at: int, end: int, agents: list[_Agent], joints: set[str], outcome: str, by_test: bool
) -> Read | None:
    span = stream.span(at, end)  # the outcome belongs to each
    nodes: list[Tree] = []
    for agent in agents:
        node = _claim(agent, outcome, by_test or agent.tested, span)
        if node is None:
            return None
        nodes.append(node)
    group: Group = "present" if all(not isinstance(node, OneOf) for node in nodes) else "marker"
    if len(nodes) == 1:
        return Read(end, group, nodes[0])
    parts = tuple(nodes)
    if len(joints) > 1:
        joints = {"or"} if outcome == "positive" else {"and"}
    if outcome == "negative":
        # "Negative for A, B or C" asks that none is found; among exclusions it is not said whether one is enough.
        return None if stream.kind == "exclusion" else Read(end, group, All(children=parts, span=span))
    if "and" in joints:
        doubt = Opaque(text=stream.words(span), span=span)
        return Read(end, group, either_way(parts, doubt, span))
    return Read(end, group, Any_(children=parts, span=span))


def _claim(agent: _Agent, outcome: str, by_test: bool, span: Span) -> Tree | None:
    if agent.concept and not by_test:
        concept = vocabulary().get(agent.concept)
        has = Present(concept=Code("accrual", concept.id, concept.name), span=span)
        return has if outcome == "positive" else Not(child=has, span=span)
    variable = variables().get(agent.test)
    if variable is None or outcome not in variable.values:
        return None
    return OneOf(variable=variable.id, values=(outcome,), span=span)


def _of_one_test(stream: Stream, at: int) -> Read | None:
    """What `read_serology` reads, unless "serology" may be another test: an antibody is not the antigen."""
    read = read_serology(stream, at)
    if read is None or read.node is None:
        return read
    named = any(isinstance(node, OneOf) and node.variable == "hbsag" for node in walk(read.node))
    if named and any(stream.low_at(step).startswith(_OTHER_TESTS) for step in range(at, read.end)):
        return None
    return read


SEROLOGY = Family(
    "serology", frozenset(("concept", "variable", "value", "word", "drop")), _of_one_test, needs=HAS_VALUE
)
