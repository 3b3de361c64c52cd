"""The assumption `notes`: silence counts as absence where that speaks for the patient, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shorthand import TODAY, fact, has, is_one, measured, number, within
from test_program import laid_out, patients, trees

from accrual.basic import Code
from accrual.codes.concepts import vocabulary
from accrual.codes.variables import variables
from accrual.criteria.compile import compile_text
from accrual.criteria.tree import All, Any_, CompiledTrial, Criterion, Kind, Not, Opaque, Present, Tree, When
from accrual.match.absence import ABSENT, GIVEN_FOR, SHOWN_BY, STEP, UNTOLD
from accrual.match.evaluate import Screener, screen
from accrual.match.sweep import sweep
from accrual.match.verdict import Assumption, CriterionVerdict, tally
from accrual.patient.model import Fact, Patient
from accrual.patient.reader import read_patient
from accrual.truth import Truth

EMPTY = Patient()


@pytest.fixture(autouse=True)
def small_vocabulary() -> None:
    """In place of the small vocabulary of the other tests: what may be silent hangs on the real one."""


def decide(tree: Tree, kind: Kind = "exclusion", patient: Patient = EMPTY) -> CriterionVerdict:
    compiled = CompiledTrial("NCT00000001", (Criterion(kind, "words", 0, 5, tree),))
    return screen(compiled, patient, TODAY, "notes").criteria[0]


def with_facts(*facts: Fact) -> Patient:
    return Patient(facts=facts)


def test_what_a_complete_note_does_not_mention_does_not_exclude_and_the_proof_says_so() -> None:
    decided = decide(has("epilepsy"))
    assert decided.holds is Truth.NO
    assert [(one.fact, one.source, one.step) for one in decided.evidence] == [
        (ABSENT, "", f"epilepsy: {STEP}")
    ]
    assert decided.missing == ()


def test_under_open_the_same_stays_unknown() -> None:
    compiled = CompiledTrial("NCT00000001", (Criterion("exclusion", "words", 0, 5, has("epilepsy")),))
    assert screen(compiled, EMPTY, TODAY).criteria[0].holds is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "tree", "holds"),
    [
        ("inclusion", has("epilepsy"), Truth.UNKNOWN),
        ("inclusion", Not(child=has("epilepsy")), Truth.YES),
        ("exclusion", Not(child=has("epilepsy")), Truth.UNKNOWN),
        ("exclusion", Not(child=Not(child=has("epilepsy"))), Truth.NO),
        ("inclusion", When(condition=has("epilepsy"), then=has("asthma")), Truth.YES),
        ("exclusion", When(condition=has("epilepsy"), then=has("asthma")), Truth.UNKNOWN),
        ("exclusion", All(children=(has("epilepsy"), Opaque(text="words"))), Truth.NO),
        ("exclusion", Any_(children=(has("epilepsy"), Opaque(text="words"))), Truth.UNKNOWN),
    ],
)
def test_silence_answers_only_where_absence_speaks_for_the_patient(
    kind: Kind, tree: Tree, holds: Truth
) -> None:
    assert decide(tree, kind).holds is holds


@pytest.mark.parametrize(
    "tree",
    [
        has("epilepsy", "history"),
        has("penicillin", "allergy"),
        has("aspirin", "contraindication"),
        has("cancer", "suspected"),
        has("appendectomy"),
        within(has("chemotherapy"), 4, "wk"),
        has("infection", "severe"),
    ],
)
def test_silence_answers_for_conditions_drugs_procedures_and_allergies(tree: Tree) -> None:
    assert decide(tree).holds is Truth.NO


@pytest.mark.parametrize(
    "tree",
    [
        number("hemoglobin", None, 9, "g/dL"),
        is_one("consent", "no"),
        is_one("pregnant", "yes"),
        is_one("smoker", "current"),
        has("epilepsy", "at-risk"),
        has("appendectomy", "planned"),
        within(has("appendectomy"), 4, "wk", direction="after"),
        has("epilepsy", "family-history"),
        has("fever", "history"),
        within(has("infection"), 4, "wk"),
        has("vaccine"),
        has("dietary-supplement"),
        has("condition:tooth-of-a-hen"),
    ],
)
def test_silence_never_answers_for_values_answers_plans_risks_and_trifles(tree: Tree) -> None:
    assert decide(tree).holds is Truth.UNKNOWN


def test_a_relatives_illness_is_absent_only_where_the_notes_speak_of_the_family() -> None:
    tree = has("epilepsy", "family-history")
    assert decide(tree, patient=with_facts(fact("condition", "asthma", "family-history"))).holds is Truth.NO


@pytest.mark.parametrize(
    ("asked", "noted"),
    [
        (has("lung-cancer"), fact("condition", "cancer")),
        (has("lung-cancer", "metastatic"), fact("condition", "lung-cancer")),
        (has("epilepsy"), fact("condition", "epilepsy", "suspected")),
        (has("epilepsy"), fact("condition", "epilepsy", date="2026-12-24")),
        (has("kidney-disease"), measured("creatinine", 3.1, "mg/dL")),
        (has("immunodeficiency"), fact("drug", "prednisone")),
        (Opaque(text="lung cancer on imaging"), fact("condition", "cancer")),
        (Opaque(text="renal disease by history"), measured("creatinine", 3.1, "mg/dL")),
    ],
)
def test_what_the_notes_touch_on_stays_open(asked: Tree, noted: Fact) -> None:
    assert decide(asked).holds is Truth.NO
    assert decide(asked, patient=with_facts(noted)).holds is Truth.UNKNOWN


def test_what_the_notes_name_in_words_that_gave_no_fact_stays_open() -> None:
    note = read_patient(b"A 40-year-old man with asthma. His neighbor has lung cancer.")
    assert note.left_out == ("lung-cancer",)
    assert decide(has("lung-cancer"), patient=note).holds is Truth.UNKNOWN
    assert decide(Opaque(text="Lung cancer on imaging"), patient=note).holds is Truth.UNKNOWN
    assert decide(has("epilepsy"), patient=note).holds is Truth.NO


@pytest.mark.parametrize(
    "words",
    [
        "Atrial fibrillation on admission ECG",
        "Lung cancer or pulmonary tuberculosis seen on chest CT",
        "Chest radiography shows congestive heart failure",
        "Pretreatment ( > 24 hours) with an antibiotic for the present exacerbation",
        "Patients who have had an acute or recent (within 6 months) myocardial infarction or unstable angina",
        "Dialysis dependent patients",
    ],
)
def test_words_not_understood_that_name_only_what_is_absent_are_absent(words: str) -> None:
    assert decide(Opaque(text=words)).holds is Truth.NO


@pytest.mark.parametrize(
    "words",
    [
        "Patients without epilepsy on admission",
        "Risk of epilepsy in the family",
        "CMV seronegative",
        "Vaccinated against hepatitis B",
        "Prior serologic testing for celiac disease",
        "Asthma (or a zebraic hoofitis)",
        "Unable to take aspirin",
        "Asthma or a zebraic hoofitis in the past",
        "Epilepsy or hemoglobin below 9 g/dL",
        "Women with epilepsy who drive",
        "Fond of long walks",
        "Scheduled for an appendectomy",
        "Fever of some kind",
    ],
)
def test_words_not_understood_that_may_say_more_stay_open(words: str) -> None:
    assert decide(Opaque(text=words)).holds is Truth.UNKNOWN


def test_of_a_name_that_no_row_has_the_thing_inside_it_is_absent() -> None:
    leaf = Present(concept=Code("text", "procedure:infusion-of-alemtuzumab", "infusion of alemtuzumab"))
    assert [one.step for one in decide(leaf).evidence] == [f"alemtuzumab: {STEP}"]


def test_words_left_to_judgement_stay_open() -> None:
    assert decide(Opaque(text="Epilepsy on admission", reason="subjective")).holds is Truth.UNKNOWN


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(("inclusion", "exclusion")), trees(), patients())
def test_notes_changes_nothing_that_facts_decide_and_rules_nobody_out(
    kind: Kind, tree: Tree, patient: Patient
) -> None:
    compiled = CompiledTrial("NCT00000001", (Criterion(kind, "words", 0, 5, tree),))
    known, assumed = (screen(compiled, patient, TODAY, each) for each in ("open", "notes"))
    before, after = known.criteria[0].holds, assumed.criteria[0].holds
    assert after is before or before is Truth.UNKNOWN
    assert tally(assumed).unmet == tally(known).unmet
    assert msgspec.json.encode(assumed) == msgspec.json.encode(screen(compiled, patient, TODAY, "notes"))


@given(trees(), patients())
def test_a_tree_without_its_proof_is_decided_as_with_it(tree: Tree, patient: Patient) -> None:
    screener = Screener(patient, TODAY, "notes")
    compiled = CompiledTrial("NCT00000001", (Criterion("inclusion", "words", 0, 5, tree),))
    assert screener.holds(tree) is screener.screen(compiled).criteria[0].holds


@pytest.mark.parametrize("assumption", ["open", "notes"])
def test_a_language_said_and_denied_is_a_conflict(assumption: Assumption) -> None:
    said = measured("language", "english")
    both = with_facts(said, msgspec.structs.replace(said, asserted=False))
    found = Screener(both, TODAY, assumption).find(is_one("language", "english"), ())
    assert (found.holds, found.reason) == (Truth.UNKNOWN, "conflict")


def test_a_sweep_refuses_another_assumption_than_open(tmp_path: Path) -> None:
    program = laid_out(tmp_path / "program", [CompiledTrial("NCT00000001")])
    with pytest.raises(ValueError, match="`open` alone, not `notes`"):
        sweep(program, [Screener(EMPTY, TODAY), Screener(EMPTY, TODAY, "notes")])


def test_a_criterion_of_the_registrys_words_is_read_and_answered() -> None:
    criteria = compile_text("Exclusion Criteria:\n\n* Epilepsy\n* Hemoglobin < 9 g/dL")
    decided = screen(CompiledTrial("NCT00000001", criteria), EMPTY, TODAY, "notes")
    assert [one.holds for one in decided.criteria] == [Truth.NO, Truth.UNKNOWN]


def test_the_tables_name_what_there_is() -> None:
    known = vocabulary()
    concepts = {*UNTOLD, *SHOWN_BY, *GIVEN_FOR, *(drug for drugs in GIVEN_FOR.values() for drug in drugs)}
    assert [name for name in sorted(concepts) if name not in known.concepts] == []
    assert [name for names in SHOWN_BY.values() for name in names if name not in variables()] == []
