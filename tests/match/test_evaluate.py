"""Deciding whole trees and trials: Kleene's tables, what bears on a criterion, verdicts, properties."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shorthand import (
    TODAY,
    born,
    decided,
    fact,
    has,
    holds,
    is_one,
    measured,
    number,
    patient,
    screened,
    trial,
    within,
)

from accrual.basic import Span
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    CompiledTrial,
    Criterion,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    When,
    Within,
    walk,
)
from accrual.match.evaluate import Screener, screen
from accrual.match.verdict import Screening
from accrual.patient.model import Fact, Patient
from accrual.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
OPAQUE = Opaque(text="in the opinion of the investigator")

# Three leaves, one of each truth, for the patient HELD.
LEAF: dict[Truth, Tree] = {YES: number("ecog", 0, 1), NO: number("ecog", 2, 3), UNKNOWN: OPAQUE}
HELD = patient(measured("ecog", 1))

AND = {
    (YES, YES): YES, (YES, UNKNOWN): UNKNOWN, (YES, NO): NO,
    (UNKNOWN, YES): UNKNOWN, (UNKNOWN, UNKNOWN): UNKNOWN, (UNKNOWN, NO): NO,
    (NO, YES): NO, (NO, UNKNOWN): NO, (NO, NO): NO,
}  # fmt: skip
OR = {
    (YES, YES): YES, (YES, UNKNOWN): YES, (YES, NO): YES,
    (UNKNOWN, YES): YES, (UNKNOWN, UNKNOWN): UNKNOWN, (UNKNOWN, NO): UNKNOWN,
    (NO, YES): YES, (NO, UNKNOWN): UNKNOWN, (NO, NO): NO,
}  # fmt: skip
WHEN = {
    (YES, YES): YES, (YES, UNKNOWN): UNKNOWN, (YES, NO): NO,
    (UNKNOWN, YES): YES, (UNKNOWN, UNKNOWN): UNKNOWN, (UNKNOWN, NO): UNKNOWN,
    (NO, YES): YES, (NO, UNKNOWN): YES, (NO, NO): YES,
}  # fmt: skip


@pytest.mark.parametrize("pair", list(product((YES, UNKNOWN, NO), repeat=2)))
def test_all_nine_rows_of_and_or_and_when(pair: tuple[Truth, Truth]) -> None:
    left, right = LEAF[pair[0]], LEAF[pair[1]]
    assert holds(All(children=(left, right)), HELD) is AND[pair]
    assert holds(Any_(children=(left, right)), HELD) is OR[pair]
    assert holds(When(condition=left, then=right), HELD) is WHEN[pair]


def test_not_and_at_least() -> None:
    assert [holds(Not(child=LEAF[truth]), HELD) for truth in (YES, UNKNOWN, NO)] == [NO, UNKNOWN, YES]
    three = (LEAF[YES], LEAF[UNKNOWN], LEAF[NO])
    assert [holds(AtLeast(count=count, children=three), HELD) for count in (0, 1, 2, 3)] == [
        YES,
        YES,
        UNKNOWN,
        NO,
    ]


def test_opaque_words_decide_nothing_and_are_shown() -> None:
    verdict = decided(Not(child=OPAQUE), HELD)
    assert verdict.holds is UNKNOWN
    assert [(one.reason, one.question) for one in verdict.missing] == [("not understood", "")]


def test_a_window_reaches_the_leaves_below_it() -> None:
    tree = within(Any_(children=(has("surgery"), Not(child=has("steroid")))), 4, "wk")
    operated = patient(fact("procedure", "surgery", date="2026-11-01"))
    assert holds(tree, operated) is YES
    assert holds(tree, patient(fact("drug", "prednisone", date="2026-11-01"))) is UNKNOWN


def test_only_leaves_that_decide_are_evidence() -> None:
    tree = All(children=(LEAF[YES], LEAF[NO], OPAQUE, has("diabetes")))
    verdict = decided(tree, HELD)
    assert verdict.holds is NO
    assert [one.step for one in verdict.evidence] == ["1 < 2"]
    assert verdict.missing == ()


def test_an_unknown_criterion_shows_what_is_missing_and_the_known_beside_it() -> None:
    verdict = decided(All(children=(LEAF[YES], OPAQUE, has("diabetes"))), HELD)
    assert verdict.holds is UNKNOWN
    assert [one.holds for one in verdict.evidence] == [YES]
    assert [one.reason for one in verdict.missing] == ["not understood", "no fact"]


def test_a_rule_that_does_not_apply_shows_why() -> None:
    rule = When(condition=is_one("sex", "female"), then=is_one("contraception", "yes"))
    verdict = decided(rule, Patient(sex="male"))
    assert verdict.holds is YES
    assert [one.step for one in verdict.evidence] == ["male is not female"]


def test_quotes_are_the_trials_words_at_their_place() -> None:
    text = "Inclusion:\n- ECOG 0-1 and no diabetes"
    start = text.index("ECOG")
    leaf = Compare(variable="ecog", interval=number("ecog", 0, 1).interval, span=Span(start, start + 8))
    nowhere = Not(child=has("diabetes"))
    criterion = Criterion("inclusion", text[start:], start, len(text), All(children=(leaf, nowhere)))
    (verdict,) = screen(CompiledTrial("NCT00000001", (criterion,)), HELD, TODAY).criteria
    (proof,), (missing,) = verdict.evidence, verdict.missing
    assert (proof.quote, proof.start, proof.end) == ("ECOG 0-1", start, start + 8)
    assert text[missing.start : missing.end] == missing.quote == criterion.text


def test_the_same_missing_fact_is_asked_for_once() -> None:
    verdict = decided(Any_(children=(has("diabetes"), has("diabetes"))), patient())
    assert len(verdict.missing) == 1


@pytest.mark.parametrize(
    ("inclusion", "exclusion", "field", "expected"),
    [
        (YES, NO, YES, "eligible"),
        (NO, NO, YES, "ineligible"),
        (YES, YES, YES, "ineligible"),
        (YES, NO, NO, "ineligible"),
        (UNKNOWN, NO, YES, "undetermined"),
        (YES, UNKNOWN, YES, "undetermined"),
        (YES, NO, UNKNOWN, "undetermined"),
        (UNKNOWN, YES, UNKNOWN, "ineligible"),
        (UNKNOWN, UNKNOWN, NO, "ineligible"),
        (UNKNOWN, UNKNOWN, UNKNOWN, "undetermined"),
    ],
)
def test_unknown_never_makes_ineligible(
    inclusion: Truth, exclusion: Truth, field: Truth, expected: str
) -> None:
    result = screened(
        HELD, ("inclusion", LEAF[inclusion]), ("exclusion", LEAF[exclusion]), fields=(LEAF[field],)
    )
    assert result.verdict == expected


def test_a_trial_without_criteria_text_is_never_eligible() -> None:
    assert screened(HELD, fields=(LEAF[YES],)).verdict == "undetermined"
    assert screened(HELD, fields=(LEAF[NO],)).verdict == "ineligible"


def test_the_same_inputs_give_the_same_bytes_and_json_reads_back() -> None:
    compiled = trial(
        ("inclusion", All(children=tuple(LEAF.values()))), ("exclusion", has("diabetes")), fields=(LEAF[YES],)
    )
    one, two = (msgspec.json.encode(screen(compiled, HELD, TODAY)) for _ in range(2))
    assert one == two
    assert msgspec.json.decode(one, type=Screening) == screen(compiled, HELD, TODAY)


def test_a_screener_reused_for_many_trials_answers_as_a_fresh_one() -> None:
    screener = Screener(HELD, TODAY)
    trials = [trial(("inclusion", tree), text=text) for text in ("one", "other") for tree in LEAF.values()]
    assert [screener.screen(one) for one in trials] == [screen(one, HELD, TODAY) for one in trials]


# Properties over random trees and patients.

LEAVES = st.sampled_from(
    (
        number("ecog", 0, 1), number("ecog", low=2), number("hemoglobin", low=80, unit="g/L"),
        number("age", low=18, unit="a"), is_one("sex", "female"), is_one("consent", "yes"),
        has("cancer"), has("t-all"), has("all", "relapsed"), has("diabetes", "controlled"),
        has("diabetes", "uncontrolled"), has("infection", "history"), has("steroid"), has("surgery"), OPAQUE,
    )
)  # fmt: skip
TREES: st.SearchStrategy[Tree] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda child: Not(child=child)),
        inner.map(lambda child: within(child, 3, "mo")),
        st.lists(inner, max_size=3).map(lambda children: All(children=tuple(children))),
        st.lists(inner, max_size=3).map(lambda children: Any_(children=tuple(children))),
        st.tuples(st.integers(0, 3), st.lists(inner, max_size=3)).map(
            lambda pair: AtLeast(count=pair[0], children=tuple(pair[1]))
        ),
        st.tuples(inner, inner).map(lambda pair: When(condition=pair[0], then=pair[1])),
    ),
    max_leaves=8,
)
DAYS = st.sampled_from((None, "2026-11-01"))
# No word that ends or supersedes a fact (resolved, past, an end, an earlier day): those may rightly turn an answer.
FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        lambda name, words, asserted, day: fact("condition", name, *words, asserted=asserted, date=day),
        st.sampled_from(("cancer", "leukemia", "all", "t-all", "diabetes", "infection")),
        st.sampled_from(
            ((), ("relapsed",), ("controlled",), ("uncontrolled",), ("newly-diagnosed",), ("active",))
        ),
        st.booleans(),
        DAYS,
    ),
    st.builds(
        lambda name, asserted, day: fact("drug", name, asserted=asserted, date=day),
        st.sampled_from(("steroid", "prednisone")),
        st.booleans(),
        DAYS,
    ),
    st.builds(
        lambda asserted, day: fact("procedure", "surgery", asserted=asserted, date=day), st.booleans(), DAYS
    ),
    st.builds(lambda value, day: measured("ecog", value, date=day), st.integers(0, 4), DAYS),
    st.builds(lambda value, day: measured("hemoglobin", value, "g/dL", day), st.floats(5, 15), DAYS),
    st.builds(lambda value: measured("consent", value), st.sampled_from(("yes", "no"))),
)
PATIENTS = st.builds(
    lambda facts, sex, birth: born(birth, sex=sex, facts=tuple(facts)),
    st.lists(FACTS, max_size=6),
    st.sampled_from(("female", "male", None)),
    st.sampled_from(("2001-04-12", "2008", "2015-01")),
)


LEAF_SHAPES = (Compare, Present, OneOf, Opaque)


def naive(tree: Tree, of: Patient) -> Truth:
    """Kleene's logic written out the long way, over the leaves' own answers."""
    if isinstance(tree, LEAF_SHAPES):
        return holds(tree, of)
    if isinstance(tree, Within):
        below = tree.child
        while isinstance(below, Within):
            below = below.child
        return holds(tree, of) if isinstance(below, LEAF_SHAPES) else naive(_pushed(tree.child, tree), of)
    if isinstance(tree, Not):
        return {YES: NO, NO: YES, UNKNOWN: UNKNOWN}[naive(tree.child, of)]
    if isinstance(tree, When):
        return WHEN[naive(tree.condition, of), naive(tree.then, of)]
    parts = [naive(child, of) for child in tree.children]
    if isinstance(tree, All):
        return NO if NO in parts else UNKNOWN if UNKNOWN in parts else YES
    if isinstance(tree, Any_):
        return YES if YES in parts else UNKNOWN if UNKNOWN in parts else NO
    # What could the count be, with every unknown turned either way?
    possible = {
        sum(way) for way in product(*[{YES: (1,), NO: (0,), UNKNOWN: (0, 1)}[part] for part in parts])
    }
    answers = {count >= tree.count for count in possible}
    return Truth.of(answers.pop()) if len(answers) == 1 else UNKNOWN


def _pushed(tree: Tree, around: Within) -> Tree:
    """The same tree with the window around each leaf instead of around the whole."""
    if isinstance(tree, LEAF_SHAPES):
        return Within(child=tree, window=around.window)
    if isinstance(tree, Within):
        return Within(child=_pushed(tree.child, around), window=tree.window)
    if isinstance(tree, Not):
        return Not(child=_pushed(tree.child, around))
    if isinstance(tree, When):
        return When(condition=_pushed(tree.condition, around), then=_pushed(tree.then, around))
    parts = tuple(_pushed(child, around) for child in tree.children)
    return msgspec.structs.replace(tree, children=parts)


@given(TREES, PATIENTS)
@settings(max_examples=150, deadline=None)
def test_the_answer_is_that_of_the_naive_oracle(tree: Tree, of: Patient) -> None:
    assert holds(tree, of) is naive(tree, of)


@given(TREES, TREES, PATIENTS)
@settings(max_examples=100, deadline=None)
def test_de_morgan(one: Tree, other: Tree, of: Patient) -> None:
    both, either = All(children=(one, other)), Any_(children=(one, other))
    assert holds(Not(child=both), of) is holds(Any_(children=(Not(child=one), Not(child=other))), of)
    assert holds(Not(child=either), of) is holds(All(children=(Not(child=one), Not(child=other))), of)


@given(LEAVES, PATIENTS, FACTS, st.booleans())
@settings(max_examples=400, deadline=None)
def test_one_more_fact_never_turns_a_leaf_from_yes_to_no(
    leaf: Tree, of: Patient, more: Fact, windowed: bool
) -> None:
    tree = within(leaf, 3, "mo") if windowed else leaf
    before = holds(tree, of)
    after = holds(tree, msgspec.structs.replace(of, facts=(*of.facts, more)))
    assert {before, after} != {YES, NO}


@given(TREES, PATIENTS)
@settings(max_examples=100, deadline=None)
def test_the_order_of_facts_does_not_matter(tree: Tree, of: Patient) -> None:
    assert holds(tree, of) is holds(tree, msgspec.structs.replace(of, facts=of.facts[::-1]))


@given(TREES, PATIENTS)
@settings(max_examples=100, deadline=None)
def test_every_answer_is_proved_and_every_unknown_explained(tree: Tree, of: Patient) -> None:
    verdict = decided(tree, of)
    if verdict.holds is UNKNOWN:
        assert verdict.missing
    else:
        assert not verdict.missing
        assert verdict.evidence or _may_be_empty(tree)
        assert all(one.holds is not UNKNOWN for one in verdict.evidence)


def _may_be_empty(tree: Tree) -> bool:
    """Whether a tree can be decided by an empty list of children, or by asking for none of them."""
    return any(
        isinstance(node, All | Any_ | AtLeast)
        and (not node.children or getattr(node, "count", 1) in (0, 2, 3))
        for node in walk(tree)
    )
