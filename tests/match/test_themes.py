"""What trials are about, as arrays: the same as spotting each text, merged as studies change, refused when damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shorthand import fact, patient

from accrual.codes.concepts import Vocabulary
from accrual.match.likeness import Likeness
from accrual.match.themes import PARTS, Named, Themes, read, write

CONCEPTS = ("t-all", "hepatitis-b", "lung-cancer", "cancer", "warfarin", "diabetes", "no-such-concept")
NAMED = st.lists(st.tuples(st.sampled_from(CONCEPTS), st.sampled_from(PARTS)), max_size=6)
TRIALS = st.dictionaries(st.integers(1, 40), NAMED, max_size=12)


def shown(themes: Themes) -> dict[int, set[Named]]:
    return {number: set(themes.named(number)) for number in themes.numbers.tolist()}


@settings(deadline=None)  # on a busy machine the first example, which opens the vocabulary, takes long
@given(TRIALS, TRIALS, TRIALS)
def test_a_trial_is_about_what_was_said_of_it_last(
    first: dict[int, list[Named]], second: dict[int, list[Named]], third: dict[int, list[Named]]
) -> None:
    themes = Themes.merged(Themes.merged(Themes.merged(None, first), second), third)
    assert shown(themes) == {n: set(named) for n, named in {**first, **second, **third}.items()}
    assert themes.named(99) == ()


def test_likeness_over_arrays_is_that_of_the_texts(small_vocabulary: Vocabulary) -> None:
    trials = {
        3: ("Hepatitis B in T-cell acute lymphoblastic leukemia", ("T-ALL",)),
        4: ("A registry", ("lung cancer", "diabetes")),
        9: ("Acute lymphoblastic leukemia", ()),
        12: ("Nothing that has a name", ()),
    }
    held = patient(fact("condition", "t-all"), fact("condition", "cancer"), fact("condition", "hepatitis-b"))
    alike = Likeness(held)

    def named(title: str, conditions: tuple[str, ...]) -> list[Named]:
        found: list[Named] = [(one.concept.id, "title") for one in small_vocabulary.spot(title)]
        found += [(one.concept.id, "condition") for text in conditions for one in small_vocabulary.spot(text)]
        return found

    themes = Themes.merged(None, {number: named(*texts) for number, texts in trials.items()})
    asked = [12, 3, 77, 9, 4]
    expected = [alike.about(*trials[number]) if number in trials else 0.0 for number in asked]
    assert alike.about_all(themes, asked).tolist() == pytest.approx(expected)
    assert expected[1] > 0


def test_parts_that_are_not_asked_for_do_not_count() -> None:
    themes = Themes.merged(None, {1: [("t-all", "keyword")], 2: [("t-all", "condition")]})
    alike = Likeness(patient(fact("condition", "t-all")))
    assert alike.about_all(themes, [1, 2]).tolist() == [0.0, 1.0]


def test_themes_are_read_as_they_were_written(tmp_path: Path) -> None:
    themes = Themes.merged(None, {5: [("t-all", "title")], 6: [], 7: [("diabetes", "keyword")]})
    write(themes, tmp_path / "themes.npz")
    again = read(tmp_path / "themes.npz")
    assert shown(again) == shown(themes)
    assert np.array_equal(again.families, themes.families)


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_a_damaged_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "themes.npz"
    write(Themes.merged(None, {5: [("t-all", "title")]}), path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises((ValueError, OSError)):
        read(path)


def test_arrays_that_point_outside_are_refused() -> None:
    good = Themes.merged(None, {5: [("t-all", "title")]})
    with pytest.raises(ValueError, match="fit"):
        Themes(
            good.numbers,
            good.starts,
            good.codes + 1_000,
            good.parts,
            good.concepts,
            good.family_starts,
            good.families,
        )


@settings(deadline=None)  # on a busy machine the first example, which opens the vocabulary, takes long
@given(TRIALS, st.dictionaries(st.sampled_from(CONCEPTS), st.sampled_from((0.25, 0.5, 1.0))))
def test_the_nearest_is_the_greatest_that_a_title_or_condition_names(
    trials: dict[int, list[Named]], values: dict[str, float]
) -> None:
    themes = Themes.merged(None, trials)
    expected = [
        max(
            (values.get(code, 0.0) for code, part in trials[n] if part in ("title", "condition")), default=0.0
        )
        for n in sorted(trials)
    ]
    assert themes.nearest(themes.by_concept(values)).tolist() == expected
