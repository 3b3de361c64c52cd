"""Free-text notes: what is said of the patient, what is denied, doubtful, planned, past, or about somebody else."""

from __future__ import annotations

import contextlib
import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrual.codes.concepts import seed_concepts
from accrual.codes.qualifiers import qualifiers
from accrual.codes.variables import variables
from accrual.errors import PatientError
from accrual.patient.model import Fact, Patient
from accrual.patient.note import read_note
from accrual.patient.note_text import sentences
from accrual.patient.note_words import bare_units, chart_variables, courses, cue_table, state_rows
from accrual.patient.reader import read_patient


def told(fact: Fact) -> str:
    """A fact in short: `+asthma`, `-fever(current)`, `+hemoglobin=9.1 g/dL`, `+stroke(history)@2019`."""
    about = fact.concept.code if fact.concept is not None else str(fact.variable)
    value = "" if fact.value is None else f"={fact.comparator}{fact.value}"
    carried = f"({','.join(fact.qualifiers)})" if fact.qualifiers else ""
    dates = (f"@{fact.date}" if fact.date else "") + (f"..{fact.end}" if fact.end else "")
    return f"{'+' if fact.asserted else '-'}{about}{value}{carried}{dates}"


def facts(text: str) -> list[str]:
    who = "woman" if text.startswith("She") else "man"
    return [told(fact) for fact in read_note(f"{text}\nA {who} was seen.".encode()).facts]


@pytest.mark.parametrize(
    ("text", "age", "sex"),
    [
        ("A 58-year-old woman with cough", 58, "female"),
        ("48 M with a h/o HTN", 48, "male"),
        ("74M hx of CAD", 74, "male"),
        ("This is a 57-year-old gentleman with CLL", 57, "male"),
        ("79 yo F with dyspnea", 79, "female"),
        ("A 6-month-old male infant", 0.5, "male"),
        ("3 mo old girl with fever", 0.3, "female"),
        ("Fifty-eight-year-old man", 58, "male"),
        ("I am a 45 year old woman with asthma.", 45, "female"),
        ("Age: 61. Sex: male. Asthma.", 61, "male"),
        ("A woman in her 60s with asthma", None, "female"),
        ("A man with asthma. His 70-year-old father has hypertension.", None, "male"),
        ("A 53-year-old man had surgery when he was 20 years old", 53, "male"),
        ("70 y/o with COPD. She has edema. Her daughter called.", 70, "female"),
        ("Asthma and cough since last year", None, None),
    ],
)
def test_age_and_sex_are_read_or_unknown(text: str, age: float | None, sex: str | None) -> None:
    patient = read_note(text.encode())
    assert (patient.age_years, patient.sex) == (age, sex)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She denies chest pain, fever or cough.", ["-chest-pain(current)", "-fever(current)", "-cough(current)"]),
        ("No fever, but he has cough.", ["-fever(current)", "+cough"]),
        ("No history of stroke.", ["-stroke"]),
        ("Negative for fever and cough; diarrhea was seen.", ["-fever(current)", "-cough(current)", "+diarrhea"]),
        ("Pneumonia was ruled out.", ["-pneumonia(current)"]),
        ("Tests for HIV were negative.", ["-hiv-infection(current)"]),
        ("HIV negative.", ["-hiv-infection(current)", "+hiv-test=negative"]),
        ("Fever resolved.", ["+fever(resolved)"]),
        ("Not only fever but cough.", ["+fever", "+cough"]),
        ("The pain was not relieved by aspirin.", ["+pain", "+aspirin(history)"]),
        ("He has no other illness such as asthma or epilepsy.", ["-asthma(current)", "-epilepsy(current)"]),
        ("The biopsy was negative for hepatocellular carcinoma.", ["+biopsy", "-hepatocellular-carcinoma(current)"]),
    ],
)  # fmt: skip
def test_what_is_denied_is_denied_and_no_more(text: str, expected: list[str]) -> None:
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Possible pneumonia.", ["+pneumonia(suspected)"]),
        ("Concern for pulmonary embolism.", ["+pulmonary-embolism(suspected)"]),
        ("Hypothyroidism?", ["+hypothyroidism(suspected)"]),
        ("Return for fever.", []),
        ("If fever occurs, call us.", []),
        ("He is at risk for stroke.", ["+stroke(at-risk)"]),
        ("Pneumonia cannot be excluded.", ["+pneumonia(suspected)"]),
        ("Screening for lung cancer was discussed.", []),
    ],
)
def test_what_is_doubtful_stays_so_and_what_is_not_said_of_the_patient_is_no_fact(
    text: str, expected: list[str]
) -> None:
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("His mother had breast cancer.", ["+breast-cancer(family-history)"]),
        ("Family history is positive for asthma in his father.", ["+asthma(family-history)"]),
        ("Family History: diabetes, stroke.", ["+diabetes-mellitus(family-history)", "+stroke(family-history)"]),
        ("His wife was diagnosed with colon cancer.", []),
        ("His mother reports that he has had a cough.", ["+cough"]),
        ("His sister had the same. She was diagnosed with asthma.", ["+asthma(family-history)"]),
        ("My mother had a stroke, but I have asthma.", ["+stroke(family-history)", "+asthma"]),
    ],
)  # fmt: skip
def test_relatives_are_kept_apart(text: str, expected: list[str]) -> None:
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("History of stroke.", ["+stroke(history)"]),
        ("History of hypertension.", ["+hypertension"]),
        ("Past Medical History: asthma, pneumonia.", ["+asthma", "+pneumonia(history)"]),
        ("PMH:\n- CAD s/p CABG\n- prior stroke\n", ["+coronary-artery-disease", "+cabg", "+stroke(history)"]),
        ("A 5 year history of epilepsy.", ["+epilepsy"]),
        ("Stroke in 2019 and asthma since March 2021.", ["+stroke@2019", "+asthma@2021-03"]),
        ("Stroke 3 years ago.", ["+stroke"]),
        ("Recurrent pneumonia.", ["+pneumonia(recurrent)"]),
        ("Asthma, poorly controlled.", ["+asthma(uncontrolled)"]),
    ],
)
def test_time_and_course_are_kept(text: str, expected: list[str]) -> None:
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He is on metformin for diabetes.", ["+metformin", "+diabetes-mellitus"]),
        ("Medications: metformin 500 mg, aspirin", ["+metformin", "+aspirin"]),
        ("He received cisplatin.", ["+cisplatin(history)"]),
        ("He stopped aspirin in 2020.", ["+aspirin(past)..2020"]),
        ("He is not taking aspirin.", ["-aspirin(current)"]),
        ("Aspirin was discontinued.", ["+aspirin(past)"]),
        ("He will start cisplatin.", ["+cisplatin(planned)"]),
        ("He is scheduled for appendectomy.", ["+appendectomy(planned)"]),
        ("He refused appendectomy.", []),
        ("S/p appendectomy.", ["+appendectomy"]),
        ("Allergies: penicillin", ["+penicillin-allergy"]),
        ("Allergic to aspirin.", ["+aspirin(allergy)"]),
        ("Aspirin (which he did not tolerate).", ["+aspirin(intolerance)"]),
    ],
)
def test_therapies_are_taken_given_stopped_or_planned(text: str, expected: list[str]) -> None:
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BP 140/90, HR 72", ["+systolic-blood-pressure=140 mm[Hg]", "+diastolic-blood-pressure=90 mm[Hg]",
                              "+heart-rate=72 /min"]),
        ("T 38.2, SpO2 98% on RA", ["+temperature=38.2 Cel", "+oxygen-saturation=98 %"]),
        ("Temp 101.2 F", ["+temperature=101.2 [degF]"]),
        ("weight 180 lb, height 5'6\"", ["+height=167.6 cm", "+weight=180 [lb_av]"]),
        ("Hb 9.1", ["+hemoglobin=9.1 g/dL"]),
        ("creatinine of 1.4 mg/dL", ["+creatinine=1.4 mg/dL"]),
        ("WBC 12.3 x10^9/L", ["+white-cells=12.3 10*9/L"]),
        ("WBC 25,000", ["+white-cells=25000 /uL"]),
        ("ejection fraction 35%", ["+lvef=35 %"]),
        ("ALT 300 U/L (normal: 7-40)", ["+alt=300 U/L"]),
        ("glucose >1000 mg/dL", ["+glucose=>1000 mg/dL"]),
        ("ECOG 1, KPS 80%", ["+ecog=1", "+karnofsky=80 %"]),
        ("NYHA class III", ["+nyha=3"]),
        ("GCS 15, MMSE 24/30", ["+gcs=15", "+mmse=24"]),
        ("Gleason 3+4=7", ["+gleason=7"]),
        ("stage IIIB", ["+stage=III"]),
        ("ER+/PR+/HER2-", ["+er-status=positive", "+pr-status=positive", "+her2-status=negative"]),
        ("ER/PR negative and HER2-positive",
         ["+er-status=negative", "+pr-status=negative", "+her2-status=positive"]),
        ("EGFR mutation was found, no KRAS mutation", ["+egfr-mutation=positive", "+kras-mutation=negative"]),
        ("CD7+ blasts", ["+cd7-expression=>0 %"]),
        ("urea of 8.5", []),
        ("platelets 300000 /ml", []),
        ("hemoglobin was normal", []),
        ("LDL and HDL were 545 and 53 mg/dL", []),
        ("creatinine 1.1-1.4 mg/dL", []),
        ("Hb 91 mg/dL", []),
    ],
)  # fmt: skip
def test_values_have_units_or_are_left_out(text: str, expected: list[str]) -> None:
    assert facts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He does not smoke.", ["-smoker=current"]),
        ("He never smoked.", ["+smoker=never"]),
        ("He is a former smoker.", ["+smoker=former"]),
        ("He smokes 20 cigarettes per day.", ["+cigarettes-per-day=20 {cigarettes}/d", "+smoker=current"]),
        ("She is at 32 weeks of gestation.", ["+gestational-age=32 wk", "+pregnant=yes"]),
        ("She is not pregnant and not breastfeeding.", ["+pregnant=no", "+breastfeeding=no"]),
        ("She is postmenopausal.", ["+postmenopausal=yes"]),
        ("The patient will provide informed consent.", ["+consent=yes"]),
    ],
)
def test_states_are_read(text: str, expected: list[str]) -> None:
    assert sorted(facts(text)) == sorted(expected)


def test_a_date_of_the_note_gives_dates_to_what_is_relative() -> None:
    text = b"Date of visit: 2026-03-04\nA 58-year-old woman. Stroke 3 years ago. Asthma since last month. Hb 9.1 g/dL."
    patient = read_note(text)
    assert str(patient.age_date) == "2026-03-04"
    assert [told(fact) for fact in patient.facts] == [
        "+stroke@2023", "+asthma@2026-02", "+hemoglobin=9.1 g/dL@2026-03-04",
    ]  # fmt: skip


def test_dates_that_were_moved_to_hide_the_patient_are_none() -> None:
    patient = read_note(b"48 M. Stroke in [**2148-10-1**].")
    assert [told(fact) for fact in patient.facts] == ["+stroke"]


NOTE = "0. A 43-year-old woman denies fever.\n1. She has asthma, and\n2. Hb is 9.1 g/dL.\n3. CRP was high."


def test_each_fact_has_its_words_and_their_place() -> None:
    patient = read_note(NOTE.encode())
    for fact in patient.facts:
        sentence, _, place = fact.source.where.partition(", characters ")
        start, end = map(int, place.split("-"))
        assert NOTE[start:end] == fact.source.quote
        assert sentence.startswith("sentence ")
    assert [fact.source.where.split(",")[0] for fact in patient.facts] == [
        "sentence 0",
        "sentence 1",
        "sentence 2",
    ]
    assert patient.facts[0].source.quote == "denies fever"


def test_what_is_left_out_is_counted_with_the_reason_and_without_the_words() -> None:
    patient = read_note(NOTE.encode())
    assert [(one.where, one.reason) for one in patient.unused] == [
        ("sentence 3, characters 82-85", "named without a number")
    ]


def test_text_is_recognised_by_the_reader_and_other_text_refused_without_repeating_it() -> None:
    assert read_patient(b"A 58-year-old woman with asthma").form == "free-text note"
    with pytest.raises(PatientError) as raised:
        read_patient(b"the quick brown fox jumps over the lazy dog", "fox.txt")
    assert str(raised.value).startswith("fox.txt: this is text, and nothing of a patient was found in it")
    assert "lazy" not in str(raised.value)
    with pytest.raises(PatientError):
        read_patient(b"id,age,sex\n1,54,F\n2,60,M\n")


def test_bytes_of_another_encoding_are_read_and_said() -> None:
    patient = read_note("A 58-year-old woman, temperature 38.2 °C".encode("cp1252"))
    assert [told(fact) for fact in patient.facts] == ["+temperature=38.2 Cel"]
    assert patient.unused[0].reason == "1 bytes are not UTF-8: read as Windows-1252"


WORDS = st.sampled_from(
    (
        "no", "denies", "fever", "asthma", ",", ".", ";", "but", "history of", "mother had", "\n", "(", ")", "?",
        "HR", "72", "BP 120/80", "Hb", "g/dL", "on metformin", "ER+/PR-", "in 2019", "3 years ago", "58-year-old",
        "woman", "he", "PMH:", "Allergies:", "- ", "1. ", "stage IV", "5'6\"", "s/p", "[**2148**]", "%", "T 38",
    )
)  # fmt: skip


@given(
    st.one_of(
        st.lists(WORDS, max_size=25).map(lambda words: " ".join(words).encode()), st.binary(max_size=80)
    )
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_patient_or_a_patient_error(data: bytes) -> None:
    try:
        patient = read_note(data)
    except PatientError:
        return
    assert isinstance(patient, Patient)
    for fact in patient.facts:
        assert (fact.concept is None) != (fact.variable is None)
        assert fact.variable is None or fact.variable in variables()
        assert set(fact.qualifiers) <= set(qualifiers())


@pytest.mark.parametrize(
    "piece",
    [
        "A 58-year-old woman with asthma denies fever, cough, or chest pain. Hb 9.1 g/dL. ",
        "no fever, ",
        "(history of asthma ",
        "mother had asthma and ",
        "12 34 56 ",
        "Hb Hb Hb ",
        "a",
        "\n",
        "Past Medical History: ",
    ],
)
def test_time_is_linear_in_the_text(piece: str) -> None:
    def seconds(size: int) -> float:
        data = (piece * (size // len(piece))).encode()
        before = time.process_time()
        with contextlib.suppress(PatientError):
            read_note(data)
        return time.process_time() - before

    seconds(1000)
    short, long = seconds(20_000), seconds(160_000)
    assert long < 0.5 or long < 24 * short


def test_sentences_lie_in_the_text_in_order_and_apart() -> None:
    text = "Dr. Smith saw him. Hb 9.1 g/dL\n- one\n- two\n\nPMH: 1. HTN 2. Obesity"
    found = [text[one.start : one.end] for one in sentences(text)]
    more = "BMI: 27. His abdomen is soft."
    assert [more[one.start : one.end] for one in sentences(more)] == ["BMI: 27.", "His abdomen is soft."]
    assert found == ["Dr. Smith saw him.", "Hb 9.1 g/dL", "one", "two", "HTN", "Obesity"]


def test_the_tables_of_notes_name_what_the_other_tables_have() -> None:
    assert set(chart_variables().values()) <= set(variables())
    assert set(bare_units()) <= set(variables())
    assert {row[0] for row in state_rows()} <= set(variables())
    assert all(answer in ("", *variables()[variable].values) for variable, answer, _, _ in state_rows())
    seed = {concept.id for concept in seed_concepts()}
    known = set().union(*courses().values())
    assert len(known & seed) > len(known) // 2
    assert len(cue_table()) > 500
    for variable, rows in bare_units().items():
        for (_, high, _), (low, _, _) in itertools.pairwise(rows):
            assert high < low, variable


def test_a_number_that_ends_a_sentence_is_no_item_of_a_list() -> None:
    assert facts("ECOG 1. Bilirubin 0.6 mg/dL.") == ["+ecog=1", "+bilirubin=0.6 mg/dL"]
    assert facts("He has a cough. BP: 160/80 mmHg. He is tall.")[1:] == [
        "+systolic-blood-pressure=160 mm[Hg]",
        "+diastolic-blood-pressure=80 mm[Hg]",
    ]
    assert facts("Problems: 1. Asthma 2. Gout") == facts("Asthma. Gout.")


def test_hiv_negative_is_the_answer_of_the_test_too() -> None:
    assert "+hiv-test=negative" in facts("He is HIV negative.")
    assert "+hiv-test=positive" in facts("He is HIV-positive.")
    assert not any("hiv-test" in one for one in facts("His partner is HIV positive."))


def test_a_narrower_thing_denied_denies_nothing_wider() -> None:
    assert facts("No metabolic liver disease.") == []
    assert facts("No previous liver disease.") == ["-liver-disease"]
    assert "-liver-disease" not in facts("No history of metabolic liver disease.")


def test_what_the_patient_wonders_is_no_fact() -> None:
    assert facts("He wonders whether he has lung cancer.") == []
