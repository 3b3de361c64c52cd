"""Ranking trials for a patient, and what to search for."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shorthand import TODAY, fact, measured, number, patient, screened

from accrual.criteria.tree import Opaque, Tree
from accrual.match.rank import MAX_QUERIES, Candidate, queries, rank
from accrual.match.verdict import Screening, Tally, tally
from accrual.patient.model import Fact, Source

HELD = patient(measured("ecog", 1))
FITS, FAILS, OPEN_QUESTION = number("ecog", 0, 1), number("ecog", low=2), Opaque(text="?")


class Site(msgspec.Struct, frozen=True):
    distance_km: float | None


def screening(*trees: Tree) -> Screening:
    return screened(HELD, *(("inclusion", tree) for tree in trees))


def candidate(
    nct_id: str,
    *trees: Tree,
    relevance: float = 1.0,
    status: str = "RECRUITING",
    km: float | None = None,
) -> Candidate[Site]:
    return Candidate(
        nct_id, "title", status, relevance, tally(screening(*trees)), Site(km) if km is not None else None
    )


def order(*candidates: Candidate[Site]) -> list[str]:
    return [match.nct_id for match in rank(candidates)]


def test_ineligible_trials_stand_last_whatever_their_score() -> None:
    ruled_out = candidate("A", FAILS, FITS, FITS, relevance=10, km=1)
    closed = candidate("B", OPEN_QUESTION, relevance=1, status="COMPLETED")
    assert order(ruled_out, closed) == ["B", "A"]


def test_an_open_trial_stands_before_a_closed_one_that_fits_as_well() -> None:
    closed = candidate("A", FITS, relevance=10, status="COMPLETED")
    assert order(closed, candidate("B", FITS, relevance=10)) == ["B", "A"]


def test_a_closed_trial_that_fits_stands_before_an_open_one_that_hardly_does() -> None:
    closed = candidate("A", FITS, relevance=10, status="COMPLETED")
    assert order(closed, candidate("B", OPEN_QUESTION, relevance=1)) == ["A", "B"]


def test_a_trial_that_only_brushes_against_the_patient_is_left_out() -> None:
    assert order(candidate("A", FITS, relevance=10), candidate("B", FITS, relevance=0.4)) == ["A"]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (candidate("B", FITS, relevance=2), candidate("A", FITS, relevance=1)),
        (candidate("B", FITS, FITS), candidate("A", FITS, OPEN_QUESTION)),
        (candidate("B", FITS, km=10), candidate("A", FITS, km=1000)),
        (candidate("A", FITS), candidate("B", FITS)),
    ],
)
def test_relevance_share_met_distance_and_then_the_number_decide(
    better: Candidate[Site], worse: Candidate[Site]
) -> None:
    assert order(worse, better) == [better.nct_id, worse.nct_id]


def test_opaque_criteria_are_unknown_not_met() -> None:
    undecided = tally(screening(FITS, FAILS, OPEN_QUESTION, OPEN_QUESTION))
    assert undecided == Tally("ineligible", met=1, unmet=1, unknown=2)
    exclusion = screened(HELD, ("exclusion", FAILS), ("exclusion", FITS), fields=(FITS,))
    assert tally(exclusion) == Tally("ineligible", met=2, unmet=1, unknown=0)


def test_a_match_carries_what_the_json_promises() -> None:
    (match,) = rank((candidate("NCT00000001", FITS, km=0),))
    assert msgspec.json.decode(msgspec.json.encode(match)) == {
        "nct_id": "NCT00000001",
        "title": "title",
        "status": "RECRUITING",
        "verdict": "eligible",
        "score": 1.0,
        "met": 1,
        "unmet": 0,
        "unknown": 0,
        "nearest_site": {"distance_km": 0},
        "parts": [
            {"name": "conditions", "value": 1.0, "share": 0.81},
            {"name": "near", "value": 1.0, "share": 0.1},
            {"name": "met", "value": 1.0, "share": 0.09},
        ],
        "standing": None,
    }


def test_a_score_is_the_sum_of_its_parts_and_less_for_a_closed_trial() -> None:
    found = rank(
        [
            candidate("A", FITS, OPEN_QUESTION, relevance=3, km=40, status="COMPLETED"),
            candidate("B", FITS, relevance=4),
        ]
    )
    for match, times in zip(found, (1.0, 0.6), strict=True):
        total = sum(part.value * part.share for part in match.parts)
        assert match.score == pytest.approx(times * total, abs=2e-4), match.nct_id
        assert sum(part.share for part in match.parts) == pytest.approx(1.0, abs=5e-4)


def test_the_words_of_a_note_count_where_they_were_measured() -> None:
    alike = msgspec.structs.replace(candidate("B", FITS), likeness={"inclusion": 8.0, "about": 1.0})
    other = msgspec.structs.replace(candidate("A", FITS), likeness={"inclusion": 2.0, "about": 0.5})
    first, second = rank((other, alike))
    assert (first.nct_id, second.nct_id) == ("B", "A")
    assert {part.name: part.value for part in second.parts} == {
        "conditions": 1.0,
        "inclusion": 0.25,
        "about": 0.5,
        "met": 1.0,
    }


@given(
    st.lists(
        st.builds(
            candidate,
            st.from_regex(r"NCT\d{8}", fullmatch=True),
            st.sampled_from((FITS, FAILS, OPEN_QUESTION)),
            relevance=st.floats(0, 1000),
            status=st.sampled_from(("RECRUITING", "COMPLETED", "")),
            km=st.one_of(st.none(), st.floats(0, 20_000)),
        ),
        max_size=6,
        unique_by=lambda one: one.nct_id,
    )
)
def test_scores_lie_in_0_to_1_and_the_order_of_input_does_not_matter(
    candidates: list[Candidate[Site]],
) -> None:
    ranked = rank(candidates)
    assert all(0 <= match.score <= 1 for match in ranked)
    assert rank(candidates[::-1]) == ranked


def test_searches_ask_first_for_the_cancer_and_hardly_for_what_is_over() -> None:
    held = patient(
        fact("condition", "infection", "resolved"),
        fact("condition", "diabetes"),
        fact("drug", "warfarin"),
        fact("condition", "t-all"),
        fact("condition", "hepatitis-b", asserted=False),
        fact("condition", "lung-cancer", "suspected"),
        Fact(kind="condition", text="Rare Thing", source=Source("conditions[5]")),
    )
    asked = dict(queries(held))
    assert next(iter(asked)) == "t-cell acute lymphoblastic leukemia"
    names = ["t-cell acute lymphoblastic leukemia", "diabetes", "sugar disease", "rare thing", "infection"]
    weights = [asked[name] for name in names]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == len(weights)
    assert 0 < asked["warfarin"] <= 0.1
    assert asked["acute lymphoblastic leukemia"] < asked["t-cell acute lymphoblastic leukemia"]
    assert not {"hepatitis b", "lung cancer"} & set(asked)


def test_what_ended_by_today_counts_as_over() -> None:
    held = patient(fact("condition", "infection", date="2012", end="2013"))
    assert dict(queries(held, TODAY))["infection"] < dict(queries(held))["infection"]


def test_a_long_chart_asks_a_bounded_number_of_queries() -> None:
    facts = (Fact(kind="condition", text=f"thing {n}", source=Source("x")) for n in range(100))
    assert len(queries(patient(*facts))) == MAX_QUERIES
    assert queries(patient()) == ()
