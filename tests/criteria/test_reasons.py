"""Why words stay text."""

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.reasons import reason_of, with_reasons
from accrual.criteria.render import canonical, english, parse_canonical
from accrual.criteria.tree import All, Not, Opaque, Present, When, walk


@pytest.mark.parametrize(
    "words",
    [
        "Any condition that, in the opinion of the investigator, would interfere with the study",
        "Is judged by the Investigator to be unsuitable for any reason.",
        "in the opinion of the investigator",
        "that would compromise patient safety or study participation",
    ],
)
def test_a_judgement_that_names_nothing_is_subjective(words: str) -> None:
    assert reason_of(words) == "subjective"


@pytest.mark.parametrize(
    "words",
    [
        "Other protocol-defined inclusion/exclusion criteria may apply",
        "Does not meet inclusion criteria;",
        "See Inclusion Criteria",
        "NOTE: Autologous stem cell transplant is acceptable",
    ],
)
def test_words_about_the_trial_are_administrative(words: str) -> None:
    assert reason_of(words) == "administrative"


@pytest.mark.parametrize(
    "words",
    [
        "Untreated brain metastases, in the opinion of the investigator",
        "Any condition that may affect absorption",
        "Note: patients must have ECOG 0-1",
        "Diagnostic criteria of the DSM-5",
        "",
    ],
)
def test_words_that_name_something_keep_no_reason(words: str) -> None:
    assert reason_of(words) == ""


def test_a_reason_survives_the_canonical_line_and_is_said_in_english() -> None:
    tree = Opaque(text="in the opinion of the investigator", reason="subjective")
    assert canonical(tree) == '(opaque subjective "in the opinion of the investigator")'
    assert parse_canonical(canonical(tree)) == tree != Opaque(text=tree.text)
    assert english(tree) == "[left to judgement: in the opinion of the investigator]"


def test_an_unknown_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="no reason"):
        parse_canonical('(opaque lazy "words")')


def test_reasons_are_given_at_every_depth() -> None:
    leaf = Opaque(text="Meets all inclusion criteria")
    tree = with_reasons(All(children=(Not(child=leaf), When(condition=leaf, then=leaf))))
    assert [node.reason for node in walk(tree) if isinstance(node, Opaque)] == ["administrative"] * 3


def test_a_claim_beside_a_judgement_is_kept() -> None:
    (criterion,) = compile_text(
        "Exclusion Criteria:\n\n* Active infection that in the opinion of the investigator would compromise safety"
    )
    assert isinstance(criterion.tree, All)
    claim, tail = criterion.tree.children
    assert isinstance(claim, Present)
    assert isinstance(tail, Opaque)
    assert tail.reason == "subjective"
