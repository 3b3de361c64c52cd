"""Deciding conditions, drugs and procedures: families, denials, qualifiers, time."""

from __future__ import annotations

import pytest
from shorthand import decided, fact, has, holds, is_one, measured, patient, within

from accrual.basic import Code
from accrual.criteria.tree import Present, Tree
from accrual.patient.model import Fact
from accrual.truth import Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
CONDITION, DRUG, PROCEDURE = "condition", "drug", "procedure"


@pytest.mark.parametrize(
    ("tree", "facts", "expected"),
    [
        # families
        (has("leukemia"), [fact(CONDITION, "t-all")], YES),
        (has("lung-cancer"), [fact(CONDITION, "cancer")], UNKNOWN),
        (has("lung-cancer"), [fact(CONDITION, "leukemia")], UNKNOWN),
        (has("leukemia"), [], UNKNOWN),
        (has("leukemia"), [fact(CONDITION, "leukemia", asserted=False)], NO),
        (has("t-all"), [fact(CONDITION, "cancer", asserted=False)], NO),
        (has("cancer"), [fact(CONDITION, "t-all", asserted=False)], UNKNOWN),
        (has("hepatitis-b", "active"), [fact(CONDITION, "infection", asserted=False)], NO),
        (has("infection"), [fact(CONDITION, "infection", "active", asserted=False)], UNKNOWN),
        (has("hepatitis-b", "active"), [fact(CONDITION, "infection", "active", asserted=False)], NO),
        (has("cancer", "history"), [fact(CONDITION, "cancer", asserted=False)], NO),
        (has("infection", "history"), [fact(CONDITION, "infection", "current", asserted=False)], UNKNOWN),
        (has("infection"), [fact(CONDITION, "infection", "current", asserted=False)], NO),
        (has("infection"), [fact(CONDITION, "infection", "history", asserted=False)], NO),
        # qualifiers
        (has("all", "relapsed"), [fact(CONDITION, "t-all", "relapsed")], YES),
        (has("all", "relapsed"), [fact(CONDITION, "t-all")], UNKNOWN),
        (has("all", "relapsed-or-refractory"), [fact(CONDITION, "all", "refractory")], YES),
        (has("all", "relapsed"), [fact(CONDITION, "all", "newly-diagnosed")], NO),
        (has("leukemia", "relapsed"), [fact(CONDITION, "all", "newly-diagnosed")], UNKNOWN),
        (has("diabetes", "controlled"), [fact(CONDITION, "diabetes", "well-controlled")], YES),
        (has("diabetes", "uncontrolled"), [fact(CONDITION, "diabetes", "controlled")], NO),
        (has("cancer", "known"), [fact(CONDITION, "t-all")], YES),
        (has("lung-cancer"), [fact(CONDITION, "lung-cancer", "suspected")], UNKNOWN),
        # conditions in time
        (has("infection"), [fact(CONDITION, "infection", date="2012", end="2012")], UNKNOWN),
        (has("infection"), [fact(CONDITION, "hepatitis-b", "resolved")], UNKNOWN),
        (has("infection", "history"), [fact(CONDITION, "hepatitis-b", "resolved")], YES),
        (has("infection", "history", "active"), [fact(CONDITION, "hepatitis-b", "resolved")], UNKNOWN),
        (has("diabetes", "history"), [fact(CONDITION, "diabetes", "active")], YES),
        (has("hepatitis-b", "active"), [fact(CONDITION, "hepatitis-b", "inactive")], NO),
        (has("hepatitis-b", "active"), [fact(CONDITION, "hepatitis-b", date="2012", end="2013")], UNKNOWN),
        (has("infection", "active"), [fact(CONDITION, "hepatitis-b", "inactive")], UNKNOWN),
        (has("hepatitis-b", "active"), [fact(CONDITION, "hepatitis-b")], UNKNOWN),
        (has("hepatitis-b", "active"), [fact(CONDITION, "hepatitis-b", "active")], YES),
        (has("all"), [fact(CONDITION, "all", "in-remission")], UNKNOWN),
        (has("all", "active"), [fact(CONDITION, "all", "in-remission")], NO),
        (has("infection", "resolved"), [fact(CONDITION, "infection", "resolved")], YES),
        # relations: only a fact with the same one decides
        (has("warfarin", "allergy"), [fact(DRUG, "warfarin", "allergy")], YES),
        (has("warfarin", "allergy"), [fact(DRUG, "warfarin", "current")], UNKNOWN),
        (has("warfarin", "allergy"), [fact(DRUG, "warfarin", asserted=False)], UNKNOWN),
        (has("warfarin", "allergy"), [fact(DRUG, "warfarin", "allergy", asserted=False)], NO),
        (has("warfarin"), [fact(DRUG, "warfarin", "allergy")], UNKNOWN),
        (has("warfarin", "prior"), [fact(DRUG, "warfarin", "allergy")], UNKNOWN),
        (has("cancer", "history"), [fact(CONDITION, "leukemia", "family-history")], UNKNOWN),
        (has("cancer", "family-history"), [fact(CONDITION, "leukemia", "family-history")], YES),
        (has("cancer", "family-history"), [fact(CONDITION, "cancer", asserted=False)], UNKNOWN),
        (has("lung-cancer", "suspected"), [fact(CONDITION, "lung-cancer", "suspected")], YES),
        (has("lung-cancer", "suspected"), [fact(CONDITION, "lung-cancer")], UNKNOWN),
        # drugs: taken now
        (has("steroid"), [fact(DRUG, "prednisone")], YES),
        (has("warfarin"), [fact(DRUG, "warfarin", "past")], NO),
        (has("warfarin"), [fact(DRUG, "warfarin", date="2020", end="2021-03")], NO),
        (has("warfarin"), [fact(DRUG, "warfarin", date="2020", end="2026-11")], UNKNOWN),
        (has("steroid"), [fact(DRUG, "prednisone", "past")], UNKNOWN),
        (has("warfarin", "prior"), [fact(DRUG, "warfarin", "past")], YES),
        (has("warfarin"), [fact(DRUG, "warfarin", "past"), fact(DRUG, "warfarin", "current")], YES),
        (has("warfarin", "prior"), [fact(DRUG, "warfarin", "current", asserted=False)], UNKNOWN),
        # procedures: ever
        (has("surgery"), [fact(PROCEDURE, "appendectomy", date="1999")], YES),
        (has("surgery"), [fact(PROCEDURE, "appendectomy", "planned")], UNKNOWN),
    ],
)
def test_a_claim_about_a_concept(tree: Tree, facts: list[Fact], expected: Truth) -> None:
    assert holds(tree, patient(*facts)) is expected


@pytest.mark.parametrize(
    ("tree", "facts", "expected"),
    [
        (within(has("surgery"), 4, "wk"), [fact(PROCEDURE, "surgery", date="2026-10-25")], YES),
        (within(has("surgery"), 4, "wk"), [fact(PROCEDURE, "surgery", date="2026-10-24")], UNKNOWN),
        (within(has("surgery"), 4, "wk"), [fact(PROCEDURE, "surgery")], UNKNOWN),
        (
            within(has("surgery"), 1, "mo"),
            [fact(PROCEDURE, "surgery", date="2026-10-24")],
            UNKNOWN,
        ),  # 29 days
        (within(has("surgery"), 1, "mo"), [fact(PROCEDURE, "surgery", date="2026-10-25")], YES),  # 28 days
        (within(has("surgery"), 3, "mo"), [fact(PROCEDURE, "surgery", date="2026-11")], YES),
        (within(has("surgery"), 3, "mo"), [fact(PROCEDURE, "surgery", date="2026")], UNKNOWN),
        (within(has("surgery"), 4, "wk"), [fact(PROCEDURE, "surgery", asserted=False)], NO),
        (
            within(has("surgery"), 4, "wk"),
            [fact(PROCEDURE, "surgery", asserted=False, date="2026-11-01")],
            UNKNOWN,
        ),
        (
            within(has("surgery"), 4, "wk"),
            [fact(PROCEDURE, "surgery", asserted=False, date="2026-11-22")],
            NO,
        ),
        (within(has("surgery"), None, "mo", low=6), [fact(PROCEDURE, "surgery", date="2020")], YES),
        (within(has("surgery"), None, "mo", low=6), [fact(PROCEDURE, "surgery", date="2026-10")], UNKNOWN),
        (
            within(has("surgery"), None, "mo", low=6),
            [fact(PROCEDURE, "surgery", asserted=False, date="2026-09-01")],
            NO,
        ),
        (
            within(has("surgery"), 4, "wk", direction="after"),
            [fact(PROCEDURE, "surgery", date="2026-11-20")],
            UNKNOWN,
        ),
        (
            within(has("surgery"), 4, "wk", anchor="diagnosis"),
            [fact(PROCEDURE, "surgery", date="2026-11-20")],
            UNKNOWN,
        ),
        # what is still to come is not denied by what never was; a past event of the patient's own is
        (
            within(has("surgery"), 4, "wk", direction="after", anchor="treatment"),
            [fact(PROCEDURE, "surgery", asserted=False)],
            UNKNOWN,
        ),
        (
            within(has("surgery"), 4, "wk", direction="about", anchor="last-chemotherapy"),
            [fact(PROCEDURE, "surgery", asserted=False)],
            NO,
        ),
        # nobody knows how long a half-life is
        (within(has("steroid"), 5, "[half-life]"), [fact(DRUG, "prednisone", "current")], UNKNOWN),
        (within(has("steroid"), 5, "[half-life]"), [fact(DRUG, "steroid", asserted=False)], NO),
        # at any time before
        (within(has("surgery"), None, "d", low=0), [fact(PROCEDURE, "surgery", date="2001")], YES),
        # all along: began long enough ago, and goes on
        (
            within(has("diabetes"), None, "mo", low=6, direction="throughout"),
            [fact(CONDITION, "diabetes", date="2025")],
            YES,
        ),
        (
            within(has("diabetes"), None, "mo", low=6, direction="throughout"),
            [fact(CONDITION, "diabetes", date="2025", end="2025-12")],
            UNKNOWN,
        ),
        (
            within(has("diabetes"), None, "mo", low=6, direction="throughout"),
            [fact(CONDITION, "diabetes", date="2026-10")],
            UNKNOWN,
        ),
        (
            within(has("steroid"), None, "mo", low=3, direction="throughout"),
            [fact(DRUG, "prednisone", date="2025-01", end="2026-01")],
            UNKNOWN,
        ),
        (within(has("surgery"), 72, "h"), [fact(PROCEDURE, "surgery", date="2026-11-20")], YES),
        (within(has("surgery"), 72, "h"), [fact(PROCEDURE, "surgery", date="2026-11-19")], UNKNOWN),
        (within(has("steroid"), 2, "wk"), [fact(DRUG, "prednisone", date="2025-01-01")], YES),  # still taken
        (within(has("steroid"), 2, "wk"), [fact(DRUG, "prednisone")], UNKNOWN),
        (within(has("steroid"), 2, "wk"), [fact(DRUG, "prednisone", "current")], YES),
        (within(has("steroid"), 2, "wk"), [fact(DRUG, "prednisone", "past", date="2025-01-01")], UNKNOWN),
        (
            within(has("steroid"), 2, "wk"),
            [fact(DRUG, "prednisone", date="2025-01-01", end="2026-11-10")],
            YES,
        ),
        (
            within(has("steroid"), 2, "wk"),
            [fact(DRUG, "prednisone", date="2025-01-01", end="2026-10-10")],
            UNKNOWN,
        ),
        (within(has("steroid"), None, "mo", low=6), [fact(DRUG, "prednisone", date="2020-01-01")], UNKNOWN),
        (within(has("steroid"), None, "mo", low=6), [fact(DRUG, "prednisone", date="2020", end="2021")], YES),
        (within(has("infection"), 4, "wk"), [fact(CONDITION, "hepatitis-b", date="2026-11-01")], YES),
        (within(has("infection"), 4, "wk"), [fact(CONDITION, "hepatitis-b", date="2020-11-01")], UNKNOWN),
        (
            within(has("infection"), 4, "wk"),
            [fact(CONDITION, "infection", date="2026-09-01", end="2026-11-01")],
            YES,
        ),
        (within(has("cancer"), None, "a", low=5), [fact(CONDITION, "lung-cancer", date="2010")], YES),
        (
            within(within(has("surgery"), 1, "a"), 4, "wk"),
            [fact(PROCEDURE, "surgery", date="2026-06-01")],
            UNKNOWN,
        ),
    ],
)
def test_a_claim_inside_a_window(tree: Tree, facts: list[Fact], expected: Truth) -> None:
    assert holds(tree, patient(*facts)) is expected


def test_stated_and_denied_at_once_is_a_conflict() -> None:
    verdict = decided(
        has("diabetes"), patient(fact(CONDITION, "diabetes"), fact(CONDITION, "diabetes", asserted=False))
    )
    assert verdict.holds is UNKNOWN
    assert verdict.missing[0].reason == "conflict"
    assert len(verdict.evidence) == 2


def test_an_older_denial_does_not_dispute_a_later_diagnosis() -> None:
    denied = fact(CONDITION, "diabetes", asserted=False, date="2019")
    assert holds(has("diabetes"), patient(denied, fact(CONDITION, "diabetes", date="2021-05"))) is YES
    assert holds(has("diabetes"), patient(denied, fact(CONDITION, "diabetes", date="2018"))) is UNKNOWN


def test_opposite_words_about_one_disease_need_an_order() -> None:
    early, late = (
        fact(CONDITION, "lung-cancer", "localized", date="2020"),
        fact(CONDITION, "lung-cancer", "metastatic", date="2024"),
    )
    assert holds(has("lung-cancer", "metastatic"), patient(early, late)) is YES
    assert holds(has("lung-cancer", "localized"), patient(early, late)) is UNKNOWN
    undated = patient(
        fact(CONDITION, "lung-cancer", "localized"), fact(CONDITION, "lung-cancer", "metastatic")
    )
    assert decided(has("lung-cancer", "metastatic"), undated).missing[0].reason == "conflict"


def test_the_step_names_the_family_and_the_wider_fact() -> None:
    (proof,) = decided(has("leukemia"), patient(fact(CONDITION, "t-all", "relapsed"))).evidence
    assert proof.step == "T-cell acute lymphoblastic leukemia is a kind of leukemia; said to be relapsed"
    unknown = decided(has("lung-cancer"), patient(fact(CONDITION, "cancer")))
    assert unknown.missing[0].reason == "not precise enough"
    assert unknown.evidence[0].step == "cancer is recorded; lung cancer is only one kind of it"
    denied = decided(has("t-all"), patient(fact(CONDITION, "leukemia", asserted=False)))
    assert (
        denied.evidence[0].step
        == "T-cell acute lymphoblastic leukemia is a kind of leukemia, which is recorded as not present"
    )
    assert denied.evidence[0].fact == "not present: leukemia"


@pytest.mark.parametrize(
    ("tree", "question"),
    [
        (has("diabetes"), "Do you have, or have you had, diabetes?"),
        (has("infection", "active"), "Do you have infection now?"),
        (has("infection", "history"), "Have you ever had infection?"),
        (has("warfarin"), "Are you taking warfarin now?"),
        (has("warfarin", "prior"), "Have you ever taken or been given warfarin?"),
        (has("surgery"), "Have you ever had surgery?"),
        (has("lung-cancer", "metastatic"), "Do you have, or have you had, metastatic lung cancer?"),
        (within(has("surgery"), 3, "mo"), "Have you had surgery in the last 3 months?"),
        (within(has("warfarin"), 14, "d"), "Have you taken or been given warfarin in the last 14 days?"),
    ],
)
def test_what_is_missing_is_asked_in_plain_words(tree: Tree, question: str) -> None:
    (missing,) = decided(tree, patient()).missing
    assert (missing.reason, missing.question) == ("no fact", question)


def test_a_fact_dated_after_today_is_not_used_and_said_so() -> None:
    verdict = decided(has("surgery"), patient(fact(PROCEDURE, "appendectomy", date="2027-01-05")))
    assert verdict.holds is UNKNOWN
    assert verdict.evidence[0].step == "dated 2027-01-05, after 2026-11-22: not used"


def test_a_concept_that_the_table_lacks_is_unknown() -> None:
    assert holds(has("no-such-thing"), patient(fact(CONDITION, "cancer"))) is UNKNOWN


def test_a_serious_condition_answers_healthy_volunteer_and_a_trifle_does_not() -> None:
    healthy = is_one("healthy-volunteer", "yes")
    assert holds(healthy, patient(fact(CONDITION, "t-all"))) is NO
    assert holds(healthy, patient(fact(CONDITION, "infection"))) is UNKNOWN
    assert holds(healthy, patient(fact(CONDITION, "t-all", "resolved"))) is UNKNOWN
    assert holds(healthy, patient(fact(CONDITION, "t-all", asserted=False))) is UNKNOWN
    assert holds(healthy, patient(fact(CONDITION, "t-all", "family-history"))) is UNKNOWN
    assert holds(healthy, patient()) is UNKNOWN
    stated = patient(fact(CONDITION, "t-all"), measured("healthy-volunteer", "yes"))
    assert holds(healthy, stated) is YES


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (fact(CONDITION, "lung-cancer"), YES),
        (fact(CONDITION, "t-all"), UNKNOWN),
        (fact(CONDITION, "leukemia"), UNKNOWN),  # it may be the excepted kind
        (fact(CONDITION, "cancer"), UNKNOWN),
        (fact(CONDITION, "cancer", asserted=False), NO),
    ],
)
def test_an_excepted_kind_and_what_may_be_it_decide_nothing(found: Fact, expected: Truth) -> None:
    claim = Present(concept=Code("accrual", "cancer"), excluding=(Code("accrual", "t-all"),))
    assert holds(claim, patient(found)) is expected


def test_no_infection_today_leaves_room_for_one_that_is_inactive() -> None:
    at_rest = fact("condition", "hepatitis-b", "inactive")
    none_now = fact("condition", "infection", asserted=False)
    assert holds(has("infection", "active"), patient(at_rest, none_now)) is NO
