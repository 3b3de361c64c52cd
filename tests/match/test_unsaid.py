"""The assumption `notes` where there is a note: words not understood are looked for in the note's own words."""

from __future__ import annotations

import pytest
from shorthand import TODAY, has, is_one, within

from accrual.codes.concepts import vocabulary
from accrual.codes.variables import variables
from accrual.criteria.compile import compile_text
from accrual.criteria.tree import All, CompiledTrial, Criterion, Kind, Opaque, Tree
from accrual.match.absence import NORMAL, STEP, TOLD_BY, UNSHOWN
from accrual.match.chart import Chart
from accrual.match.evaluate import screen
from accrual.match.unsaid import answer_note
from accrual.match.unsaid_words import ORGANS, UNTOLD_WORDS
from accrual.match.verdict import Assumption, CriterionVerdict
from accrual.patient.model import Patient
from accrual.patient.reader import read_patient
from accrual.truth import Truth

COUGH = (
    "A 40-year-old man presents with a dry cough and wheezing. He takes lisinopril for hypertension."
    " He will provide informed consent and will comply with the trial protocol."
)


@pytest.fixture(autouse=True)
def small_vocabulary() -> None:
    """In place of the small vocabulary of the other tests: what may be silent hangs on the real one."""


def patient(note: str = COUGH) -> Patient:
    return read_patient(note.encode())


def decide(
    words: str | Tree, note: str = COUGH, kind: Kind = "exclusion", assumption: Assumption = "notes"
) -> CriterionVerdict:
    tree = Opaque(text=words) if isinstance(words, str) else words
    text = words if isinstance(words, str) else "words"
    compiled = CompiledTrial("NCT00000001", (Criterion(kind, text, 0, len(text), tree),))
    return screen(compiled, patient(note), TODAY, assumption).criteria[0]


def read(text: str, note: str = COUGH, assumption: Assumption = "notes") -> list[Truth]:
    criteria = compile_text(f"Exclusion Criteria:\n\n* {text}")
    decided = screen(CompiledTrial("NCT00000001", criteria), patient(note), TODAY, assumption)
    return [one.holds for one in decided.criteria]


@pytest.mark.parametrize(
    "words",
    [
        "Surgical resection of thyroid tissue",
        "Left ventricular aneurysm or zebraic hoofitis",
        "Obvious systemic illness such as endocarditis",
        "Women affected by béta thalassemia",
        "Known or suspected hypokalemia (≤3 mmol/L), or hypomagnesemia or bradycardia (<50 bpm)",
        "Daily requirement for albuterol due to a cough which would be characteristic of asthma",
        "Discontinued an antidepressant less than 1 month ago",
        "If receiving an antidepressant, has not been on a stable dose for 4 weeks",
        "Treated with drugs not permitted by the study protocol, ie, cisapride or pimozide",
        "Any gastrointestinal or other condition that may affect absorption",
        "HIV infection following the WHO classification (see attached documents)",
        "Infection of the deep tissues of the neck",
        "History of allergy to MQ or related drugs",
        "All contraindications to Levothyrox",
        "Participant in another clinical trial at the moment",
        "A non-healing ulcer of the leg",
        "Alemtuzumab at screening or zebraic hoofitis with or without dementia",
        "Uncontrolled illness including but not limited to a stroke or dementia due to it",
        "History of thrombosis. Patients with a thrombosis are eligible only if it was not severe.",
        "Alcohol or other drug abuse",
        "Dementia (students with a mild form will not be excluded)",
    ],
)
def test_what_no_word_of_the_note_speaks_of_is_absent(words: str) -> None:
    assert decide(words).holds is Truth.NO
    assert decide(words, assumption="open").holds is Truth.UNKNOWN


@pytest.mark.parametrize(
    "words",
    [
        # The note speaks of it, or of something like it.
        "Wheezing at night with a zebraic hoofitis",
        "A zebraic cough",
        "Any medication other than aspirin",
        "Any other disease",
        # A word turns the meaning round.
        "Patients without a zebraic hoofitis",
        "Non-diabetic patients with a thyroid resection",
        "Unable to undergo a thyroid resection",
        # What a note need not tell.
        "Planned resection of thyroid tissue",
        "Positive result on screening for hepatitis B surface antigen",
        "Abnormal blood counts (hemoglobin less than 12 g/dl, platelets less than 150,000/ul)",
        "Smokeless tobacco user",
        "Receipt of a live vaccine",
        "Additional risk factors for torsade de pointes",
        "Bleeding in the family",
        "Children of the investigator or other staff",
        "Women who do not speak French",
        "Acute coronary syndrome: cardiac troponin elevation",
        # It names nothing.
        "Less than one year from first diagnosis",
        "Of any kind",
        "Army recruit",
        "Uncontrolled blood pressure",
        "Clinically significant hepatic enzyme elevation",
        "Lesions of more than 40% of the parenchyma",
        "Regular alcohol consumption",
        "Minors, prisoners, pregnant women, unable to provide consent",
        "Fever in the past",
    ],
)
def test_what_the_note_may_leave_out_or_touches_on_stays_open(words: str) -> None:
    assert decide(words).holds is Truth.UNKNOWN


def test_the_proof_names_the_words_that_the_note_lacks() -> None:
    decided = decide("Surgical resection of thyroid tissue")
    assert [one.step for one in decided.evidence] == [f"Surgical resection of thyroid tissue: {STEP}"]


def test_without_a_note_no_words_are_looked_for() -> None:
    chart = Chart(Patient(), TODAY)
    assert answer_note("Surgical resection of thyroid tissue", chart) is None


def test_an_allergy_is_absent_only_where_the_note_speaks_of_none() -> None:
    words = "Hypersensitivity to ABR-215757"
    assert decide(words).holds is Truth.NO
    assert decide(words, "A 40-year-old man is allergic to nuts.").holds is Truth.UNKNOWN


def test_an_allergy_to_what_the_vocabulary_lacks_is_absent_only_where_the_note_speaks_of_none() -> None:
    assert read("Known allergy to zebraic lavender") == [Truth.NO]
    assert read("Known allergy to zebraic lavender", "A 40-year-old man is allergic to nuts.") == [
        Truth.UNKNOWN
    ]
    assert read("Known allergy to zebraic lavender", assumption="open") == [Truth.UNKNOWN]


def test_a_list_of_allergens_is_one_of_allergies_to_its_end() -> None:
    words = "Intolerance or hypersensitivity to pioglitazone or any inactive ingredients"
    assert read(words) == [Truth.NO]
    assert read(words, "A 40-year-old man is allergic to nuts.") == [Truth.UNKNOWN]


def test_drugs_of_any_kind_are_absent_only_where_the_note_names_none() -> None:
    words = "Current medication other than mirtazapine"
    assert decide(words).holds is Truth.UNKNOWN
    assert decide(words, "A 40-year-old man has a cough.").holds is Truth.NO


@pytest.mark.parametrize(
    "words",
    [
        "Unable in the study physician's opinion to comply with the study requirements",
        "Refused or none consent",
        "Risk of not being able to follow up until the next visit (moving)",
    ],
)
def test_who_keeps_to_the_protocol_by_the_note_is_not_one_who_does_not(words: str) -> None:
    assert decide(words).holds is Truth.NO
    assert "comply" in decide(words).evidence[0].fact or "consent" in decide(words).evidence[0].fact
    assert decide(words, "A 40-year-old man has a cough.").holds is Truth.UNKNOWN


def test_silence_answers_only_where_absence_speaks_for_the_patient() -> None:
    assert decide("Zebraic thyroid resection", kind="inclusion").holds is Truth.UNKNOWN


@pytest.mark.parametrize(("weeks", "holds"), [(4, Truth.NO), (12, Truth.UNKNOWN)])
def test_a_note_would_tell_of_an_infection_of_the_last_weeks(weeks: int, holds: Truth) -> None:
    asked = within(has("infection"), weeks, "wk")
    assert decide(asked).holds is holds
    assert decide(asked, "A 40-year-old man has pneumonia.").holds is Truth.UNKNOWN
    assert decide(asked, assumption="open").holds is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("note", "holds"),
    [
        ("A 40-year-old man has a cough. BP: 120/80 mmHg. HR: 76/min.", Truth.NO),
        ("A 40-year-old man has a cough. BP: 160/80 mmHg. HR: 76/min.", Truth.UNKNOWN),
        ("A 4-year-old boy has a cough. BP: 120/80 mmHg. HR: 76/min.", Truth.UNKNOWN),
        ("A man has a cough. BP: 120/80 mmHg.", Truth.UNKNOWN),
    ],
)
def test_a_value_of_an_adult_who_is_well_shows_no_illness(note: str, holds: Truth) -> None:
    assert decide(has("hypertension"), note).holds is holds


def test_the_limits_of_the_well_are_in_the_units_of_their_variables() -> None:
    for name, (low, high, unit) in NORMAL.items():
        assert variables()[name].unit == unit
        assert low < high


def test_words_that_only_narrow_what_stands_beside_them_are_not_looked_for() -> None:
    beside = All(children=(has("hypertension"), Opaque(text="Zebraic hoofitis")))
    assert decide(Opaque(text="Zebraic hoofitis")).holds is Truth.NO
    assert decide(beside).holds is Truth.UNKNOWN


def test_a_line_below_a_lead_in_is_answered_with_its_own_words() -> None:
    lines = "* Any condition that could preclude participation, such as:\n  * Hypertension\n  * Asthma"
    criteria = compile_text(f"Exclusion Criteria:\n\n{lines}")
    decided = screen(CompiledTrial("NCT00000001", criteria), patient(), TODAY, "notes").criteria
    assert all(one.holds is not Truth.NO for one in decided if "Hypertension" in one.text)


@pytest.mark.parametrize(
    "words", ["Zebraic cardiac problems", "Vascular malformations of the retina or zebraic cardiac disease"]
)
def test_a_part_of_the_body_that_ails_by_the_note_is_not_silent(words: str) -> None:
    assert decide(words, "A 40-year-old man has a mitral stenosis.").holds is Truth.UNKNOWN
    assert decide(words, "A 40-year-old man has a cough.").holds is Truth.NO


def test_an_organ_in_a_list_of_organs_is_asked_for() -> None:
    words = "Any clinically significant hematological, endocrine or gastrointestinal problem"
    assert decide(words, "A 40-year-old man has Hashimoto disease.").holds is Truth.UNKNOWN
    assert decide(words, "A 40-year-old man has a cough.").holds is Truth.NO


@pytest.mark.parametrize(
    "words",
    [
        "Enrolled in this study on the ground of a high blood pressure",
        "Pregnant women may not participate in this trial",
        "Information on participation in this study",
    ],
)
def test_this_trial_is_not_another_one(words: str) -> None:
    assert decide(words).holds is Truth.UNKNOWN


@pytest.mark.parametrize(
    "words",
    [
        "Impaired renal function (creatinine clearance < 20 ml/min).",
        "Known impaired renal function, as shown by creatinine clearance ≤25 mL/min",
        "Obesity (BMI > 40 kg/m2)",
    ],
)
def test_a_value_that_says_how_an_illness_is_meant_is_answered_by_the_illness(words: str) -> None:
    assert read(words) == [Truth.NO]
    assert read(words, assumption="open") == [Truth.UNKNOWN]


@pytest.mark.parametrize(
    "words",
    ["Creatinine clearance < 20 ml/min", "Elevated serum creatinine (> 2 mg/dL)", "Hemoglobin < 9 g/dL"],
)
def test_a_value_alone_stays_open(words: str) -> None:
    assert read(words) == [Truth.UNKNOWN]


def test_a_value_of_an_illness_that_the_note_touches_on_stays_open() -> None:
    note = "A 40-year-old man with chronic kidney disease."
    assert read("Impaired renal function (creatinine clearance < 20 ml/min)", note) == [Truth.UNKNOWN]


@pytest.mark.parametrize("variable", ["other-trial", "took-part-before"])
def test_a_note_would_tell_of_another_trial(variable: str) -> None:
    assert decide(is_one(variable, "yes")).holds is Truth.NO
    assert decide(is_one(variable, "yes"), assumption="open").holds is Truth.UNKNOWN


def test_the_illnesses_that_speak_for_others_are_there() -> None:
    names = {*TOLD_BY, *UNSHOWN, *(name for names in TOLD_BY.values() for name in names)}
    names |= {kind for _, kinds in ORGANS for kind in kinds}
    assert [name for name in sorted(names) if name not in vocabulary().concepts] == []


@pytest.mark.parametrize(("age", "holds"), [(72, Truth.NO), (40, Truth.UNKNOWN)])
def test_a_note_would_tell_of_a_pregnancy_past_the_age_of_bearing(age: int, holds: Truth) -> None:
    note = f"A {age}-year-old woman has a cough."
    assert decide(is_one("pregnant", "yes"), note).holds is holds
    assert decide(is_one("pregnant", "yes"), note, assumption="open").holds is Truth.UNKNOWN


def test_a_text_of_any_length_is_answered_fast_or_left_alone() -> None:
    assert decide("zebraic hoofitis, that which may " * 2_000).holds is Truth.UNKNOWN
    assert decide("that which may " * 130).holds is Truth.UNKNOWN


def test_the_rows_of_what_is_untold_are_told_apart() -> None:
    assert len({name for name, _ in UNTOLD_WORDS}) == len(UNTOLD_WORDS)
