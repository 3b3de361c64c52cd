"""What a trial is about and what the patient has, before any criterion is decided."""

from __future__ import annotations

import msgspec
from shorthand import fact, patient

from accrual.match.likeness import Likeness, covering, named
from accrual.match.themes import Themes


def test_names_are_of_what_is_stated_conditions_before_drugs() -> None:
    held = patient(
        fact("drug", "warfarin"),
        fact("condition", "t-all"),
        fact("condition", "hepatitis-b", asserted=False),
    )
    found = dict(named(held))
    assert found["t-all"] == 1.0
    assert found["warfarin"] == 0.5
    assert not any("hepatitis" in name for name in found)


def test_a_trial_of_the_very_condition_is_more_about_him_than_one_of_a_wider_or_of_another() -> None:
    alike = Likeness(patient(fact("condition", "t-all")))
    same = alike.about("", ("T-cell acute lymphoblastic leukemia",))
    wider = alike.about("", ("acute lymphoblastic leukemia",))
    beside = alike.about("", ("T-cell acute lymphoblastic leukemia", "hepatitis B"))
    assert same == 1.0
    assert 0 < wider < same
    assert 0 < beside < same
    assert alike.about("Hepatitis B", ()) == 0.0


def test_a_trial_of_a_kind_of_what_he_has_may_be_for_him() -> None:
    alike = Likeness(patient(fact("condition", "cancer")))
    assert 0 < alike.about("Lung cancer", ()) < 1


def test_what_the_family_has_or_is_suspected_counts_less() -> None:
    own, kin = fact("condition", "diabetes"), fact("condition", "lung-cancer", "family-history")
    maybe = fact("condition", "hepatitis-b", "suspected")
    alike = Likeness(patient(own, kin, maybe))
    diabetes, hepatitis, lung = (alike.about(name, ()) for name in ("diabetes", "hepatitis B", "lung cancer"))
    assert diabetes > hepatitis > lung > 0


def test_nothing_is_about_a_patient_of_whom_nothing_is_known() -> None:
    nobody = patient()
    assert named(nobody) == ()
    assert Likeness(nobody).about("Diabetes", ("diabetes",)) == 0.0
    assert Likeness(msgspec.structs.replace(nobody, words="diabetes")).about("Diabetes", ()) == 0.0


def test_a_title_that_names_what_is_prominent_is_the_main_one() -> None:
    themes = Themes.merged(
        None,
        {
            1: [("t-all", "title")],
            2: [("diabetes", "title")],
            3: [("all", "condition"), ("diabetes", "condition")],
            4: [],
        },
    )
    held = patient(fact("condition", "t-all"), fact("condition", "diabetes"))
    parts = {
        name: shares.tolist() for name, shares in Likeness(held).parts_all(themes, [1, 2, 3, 4, 5]).items()
    }
    assert parts["main"][0] == 1.0
    assert 0 < parts["main"][1] < 1.0
    assert parts["main"][2:] == [0.0, 0.0, 0.0]
    assert parts["has"][0] > parts["has"][1] > 0.0
    assert parts["has"][2] > parts["has"][1]
    assert parts["has"][3:] == [0.0, 0.0]
    assert covering(themes, held, 10) == sorted((1, 2, 3), key=lambda n: -parts["has"][n - 1])
    assert covering(themes, patient(), 10) == []
