"""The next best question: which fact that nobody stated would decide most of the trials that are still possible.

Comes in: a patient's `Screener` and the compiled trials to decide among. Goes out: `Question`s, best first, each with
the answers it takes. Refuses nothing; equal inputs give equal order.

A question is about one variable or one concept. For each trial that is undetermined, every open criterion is decided
again as if the answer were known: yes and no of each leaf about it. A trial that would be ruled out, or would have one
criterion more that speaks for the patient, counts. What answers are likely nobody knows before they are given, so a
yes and a no weigh by `CHANCES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import RELATIONS
from accrual.codes.variables import variable_of
from accrual.criteria.groups import demands
from accrual.criteria.tree import Compare, CompiledTrial, OneOf, Opaque, Present, Tree
from accrual.match.asked import EVER_HAD, HAVE_OR_EVER_HAD, TAKING_OR_TAKEN, asked
from accrual.match.evaluate import Screener
from accrual.match.fold import Leaf, Windows, combined
from accrual.patient.answers import can_be_kept, choices_for
from accrual.truth import Truth

PLAIN = "concept"
"""The relation of a claim that names none: the patient has it, takes it, had it."""
AnswerKind: TypeAlias = Literal["number", "choice", "yes-no"]

# How likely a yes is, before anybody is asked; set by hand. Most people have few of the things that trials name.
CHANCES: Mapping[str, float] = {"concept": 0.1, "variable": 0.5, "willing": 0.95}
# Who looks for a trial is willing: these are asked when nothing of the patient's own is left to ask.
WILLING = frozenset(
    ("agrees-to-treatment-plan", "consent", "contraception", "family-agrees-to-treatment-plan")
)
# How much one criterion more that is met counts beside a trial that is ruled out: it brings it nearer to an answer.
_MET = 0.25
# Answers that a patient knows without a chart come first among equals; then yes and no; a laboratory's number last.
_EASE: Mapping[AnswerKind, int] = {"choice": 0, "yes-no": 1, "number": 2}


class Question(msgspec.Struct, frozen=True):
    """One question to the patient. JSON of `accrual ask --json`."""

    about: str
    """What it is about: see `about_of`."""
    text: str
    """The question in plain words."""
    kind: AnswerKind
    rules_out: int
    """Trials that one of the answers would rule out."""
    trials: int
    """Undetermined trials that ask for it."""
    score: float
    choices: tuple[str, ...] = ()
    unit: str = ""


class _Gain(msgspec.Struct):
    text: str = ""
    trials: int = 0
    rules_out: int = 0
    score: float = 0.0


def questions(
    screener: Screener, trials: Iterable[CompiledTrial], top: int = 5, skip: Iterable[str] = ()
) -> tuple[Question, ...]:
    """Return the questions that would decide most, best first.

    Arguments:
        trials: those to decide among; the ones that are ruled out already are left out here.
        skip: questions not to ask, by `Question.about`: asked before, and not known.
    """
    gains: dict[str, _Gain] = {}
    left_out = frozenset(skip)
    for trial in trials:
        for about, gain in _of_trial(screener, trial).items():
            if about not in left_out:
                held = gains.setdefault(about, _Gain(gain.text))
                held.trials += 1
                held.rules_out += gain.rules_out
                held.score += gain.score
    found = [_question(about, gain) for about, gain in gains.items() if gain.score > 0 and can_be_kept(about)]
    return tuple(sorted(found, key=lambda one: (-one.score, _EASE[one.kind], one.about)))[:top]


def _of_trial(screener: Screener, trial: CompiledTrial) -> dict[str, _Gain]:
    """Return for each question what its answer would do to the trial; nothing where the trial is ruled out."""
    undecided: list[Tree] = []
    for tree in (*demands(trial), *(field.tree for field in trial.fields)):
        met = screener.holds(tree)
        if met is Truth.NO:
            return {}
        if met is Truth.UNKNOWN:
            undecided.append(tree)
    gains: dict[str, _Gain] = {}
    for tree in undecided:
        for about, text in _asked(tree, screener).items():
            gain = gains.setdefault(about, _Gain(text))
            chance = CHANCES["concept" if "/" in about else "willing" if about in WILLING else "variable"]
            for answer, likely in ((Truth.YES, chance), (Truth.NO, 1 - chance)):
                met = combined(tree, (), _as_if(screener, about, answer))
                if met is Truth.NO:
                    gain.rules_out = 1
                    gain.score += likely
                elif met is Truth.YES:
                    gain.score += likely * _MET
    return gains


def _asked(tree: Tree, screener: Screener) -> dict[str, str]:
    """Return the questions that a tree leaves open, with their words."""
    found: dict[str, str] = {}

    def look(leaf: Leaf, windows: Windows) -> Truth:
        if isinstance(leaf, Opaque):
            return Truth.UNKNOWN
        finding = screener.find(leaf, windows)
        if (
            finding.holds is Truth.UNKNOWN
            and finding.reason in ("no fact", "not precise enough")
            and finding.question
        ):
            found.setdefault(about_of(leaf), _words(leaf, finding.question))
        return finding.holds

    combined(tree, (), look)
    return found


def _as_if(screener: Screener, about: str, answer: Truth) -> Callable[[Leaf, Windows], Truth]:
    def told(leaf: Leaf, windows: Windows) -> Truth:
        if isinstance(leaf, Opaque):
            return Truth.UNKNOWN
        holds = screener.leaf(leaf, windows)
        return answer if holds is Truth.UNKNOWN and about_of(leaf) == about else holds

    return told


def about_of(leaf: Compare | OneOf | Present) -> str:
    """Return what a leaf asks about: a variable, or `relation/concept` (`concept/asthma`, `allergy/penicillin`)."""
    if not isinstance(leaf, Present):
        return leaf.variable
    relation = next(iter(sorted(RELATIONS.intersection(leaf.qualifiers))), PLAIN)
    return f"{relation}/{leaf.concept.code}"


def _words(leaf: Compare | OneOf | Present, question: str) -> str:
    """The question about the thing itself: who never had it need not be asked when, or how badly."""
    if not isinstance(leaf, Present) or not about_of(leaf).startswith(f"{PLAIN}/"):
        return question
    concept = vocabulary().concepts.get(leaf.concept.code)
    if concept is None:
        return question
    name = leaf.concept.name or concept.name
    match concept.kind:
        case "drug":
            return asked(TAKING_OR_TAKEN, name)
        case "procedure":
            return asked(EVER_HAD, name)
        case _:
            return asked(HAVE_OR_EVER_HAD, name)


def _question(about: str, gain: _Gain) -> Question:
    choices = choices_for(about)
    kind: AnswerKind = "number" if not choices else "yes-no" if "/" in about else "choice"
    variable = variable_of(about)
    unit = variable.unit if variable is not None and kind == "number" else ""
    return Question(about, gain.text, kind, gain.rules_out, gain.trials, round(gain.score, 4), choices, unit)
