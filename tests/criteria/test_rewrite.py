"""Rewriting keeps the meaning; rendering reads back."""

from __future__ import annotations

import itertools

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from accrual.basic import Code, Interval, Span
from accrual.criteria.render import canonical, english, parse_canonical
from accrual.criteria.rewrite import RULES, rewrite
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    When,
    Window,
    Within,
    children,
)
from accrual.truth import Truth, all_of, any_of, at_least

numbers = st.integers(-5, 200).map(float) | st.floats(0, 1000, allow_nan=False)
words = st.text(max_size=12)
ids = st.sampled_from(["age", "ecog", "hemoglobin", "odd id", "a(b", 'say "x"', "_", "<", ""])


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, high = sorted((draw(numbers), draw(numbers)))
    return Interval(
        draw(st.sampled_from([None, low])),
        draw(st.sampled_from([None, high])),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.sampled_from(["", "a", "10*9/L", "[ULN]", "mm[Hg]"])),
    )


def windows() -> st.SearchStrategy[Window]:
    return st.builds(
        Window,
        intervals(),
        st.sampled_from(["before", "after", "about"]),
        st.sampled_from(["now", "surgery"]),
    )


leaves: st.SearchStrategy[Tree] = st.one_of(
    st.builds(Compare, variable=ids, interval=intervals()),
    st.builds(
        Present,
        concept=st.builds(
            Code, st.sampled_from(["accrual", "MESH"]), st.sampled_from(["t-all", "D1"]), words
        ),
        qualifiers=st.lists(st.sampled_from(["active", "history"]), max_size=2).map(tuple),
    ),
    st.builds(OneOf, variable=ids, values=st.lists(words, max_size=3).map(tuple)),
    st.builds(Opaque, text=words),
)


def bigger(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    many = st.lists(inner, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Not, child=inner),
        st.builds(All, children=many),
        st.builds(Any_, children=many),
        st.builds(AtLeast, count=st.integers(0, 5), children=many),
        st.builds(When, condition=inner, then=inner),
        st.builds(Within, child=inner, window=windows()),
    )


trees = st.recursive(leaves, bigger, max_leaves=12)


@settings(max_examples=200, deadline=None)
@given(trees)
def test_canonical_form_reads_back(tree: Tree) -> None:
    line = canonical(tree)
    assert "\n" not in line
    assert parse_canonical(line) == tree


@settings(max_examples=100, deadline=None)
@given(trees)
def test_json_reads_back(tree: Tree) -> None:
    assert msgspec.json.decode(msgspec.json.encode(tree), type=Tree) == tree  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None)
@given(trees)
def test_english_is_never_empty(tree: Tree) -> None:
    assert english(tree)


LETTERS = [Present(concept=Code("accrual", name)) for name in "pqr"]
logic = st.recursive(
    st.sampled_from(LETTERS),
    lambda inner: st.one_of(
        st.builds(Not, child=inner),
        st.builds(All, children=st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Any_, children=st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(
            AtLeast, count=st.integers(1, 2), children=st.lists(inner, min_size=1, max_size=3).map(tuple)
        ),
        st.builds(When, condition=inner, then=inner),
    ),
    max_leaves=8,
)


def truth_of(tree: Tree, letters: dict[Tree, Truth]) -> Truth:
    match tree:
        case Not():
            return ~truth_of(tree.child, letters)
        case All():
            return all_of(truth_of(child, letters) for child in tree.children)
        case Any_():
            return any_of(truth_of(child, letters) for child in tree.children)
        case AtLeast():
            return at_least(tree.count, [truth_of(child, letters) for child in tree.children])
        case When():
            return ~truth_of(tree.condition, letters) | truth_of(tree.then, letters)
        case _:
            assert not children(tree)
            return letters[tree]


@settings(max_examples=150, deadline=None)
@given(logic)
def test_rewriting_keeps_three_valued_truth(tree: Tree) -> None:
    after = rewrite(tree)
    for values in itertools.product(Truth, repeat=3):
        letters = dict(zip(LETTERS, values, strict=True))
        assert truth_of(after, letters) is truth_of(tree, letters)


@settings(max_examples=100, deadline=None)
@given(trees)
def test_rewriting_twice_changes_nothing(tree: Tree) -> None:
    once = rewrite(tree)
    assert rewrite(once) == once


def compare(variable: str, **bounds: object) -> Compare:
    return Compare(variable=variable, interval=Interval(**bounds))  # type: ignore[arg-type]


def test_two_bounds_become_one_interval() -> None:
    tree = All(children=(compare("age", low=18, unit="a"), compare("age", high=65, high_open=True, unit="a")))
    assert rewrite(tree) == compare("age", low=18, high=65, high_open=True, unit="a")


def test_bounds_in_different_units_stay_apart() -> None:
    tree = All(children=(compare("age", low=6, unit="mo"), compare("age", high=65, unit="a")))
    assert rewrite(tree) == tree


def test_contradictory_bounds_stay_as_they_are() -> None:
    tree = All(children=(compare("age", high=18, unit="a"), compare("age", low=65, unit="a")))
    assert rewrite(tree) == tree


def test_opaque_words_at_two_places_stay_two() -> None:
    one, other = Opaque(text="and", span=Span(0, 3)), Opaque(text="and", span=Span(9, 12))
    assert rewrite(All(children=(one, other))) == All(children=(one, other))


def test_no_rule_is_listed_twice() -> None:
    assert len(set(RULES)) == len(RULES)


def test_nodes_compare_by_meaning_not_by_place() -> None:
    here, there = Opaque(text="x", span=Span(0, 1)), Opaque(text="x", span=Span(5, 6))
    assert here == there
    assert not here != there  # noqa: SIM202 - both operators are under test
    assert here != Opaque(text="y")


def test_what_is_asked_for_anyway_takes_in_its_narrower_twin() -> None:
    one, other = LETTERS[:2]
    assert rewrite(Any_(children=(one, All(children=(one, other))))) == one
    assert rewrite(All(children=(one, Any_(children=(one, other))))) == one


def test_words_not_understood_are_not_taken_in() -> None:
    one = LETTERS[0]
    tree = Any_(children=(one, All(children=(one, Opaque(text="of the study eye")))))
    assert rewrite(tree) == tree
    assert rewrite(Any_(children=(one, All(children=(one, Opaque(text=",")))))) == one
