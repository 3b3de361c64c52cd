"""Words that name the moment a stretch of time is counted from: the trial's own, and the patient's own.

Comes in: nothing; these are tables, written as in `words.py`. Goes out: the tables. Refuses nothing.

A name of a moment is a run of these words: "the planned start of study treatment", "signing of the informed consent
form", "completion of the last dose of chemotherapy". One of them is its head and tells which moment it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from accrual.criteria.words import word_set

HEADS: Mapping[str, str] = {
    # Where several heads stand in one name the first of the table counts: "randomization visit", "study drug".
    "randomization": "randomization randomisation randomized randomised randomizing allocation",
    "screening": (
        "screening screen prescreening baseline visit v0 v1 v2 sv assessment examination evaluation "
        "screened interview"
    ),
    "treatment": (
        "dose dosing doses treatment therapy medication drug product imp ip agent infusion injection vaccination "
        "vaccine immunization immunisation leukapheresis apheresis lymphodepletion lymphodepleting conditioning "
        "cycle c1d1 intake administration intervention d1 d0 day week inoculation implantation transfusion "
        "mobilization challenge regimen compound drugs treatments medications products agents material article "
        "vaccinations imps therapies"
    ),
    "enrollment": (
        "enrollment enrolment enrolling enrolled inclusion registration registering preregistration consent icf "
        "recruitment entry entering participation participating study trial protocol admission index admittance "
        "pre-registration consenting enroll enrol accrual"
    ),
}

# Heads that are the trial's only with a word that says so: "study treatment" is, "treatment" may be the patient's.
TRIALS_OWN = word_set(
    "study trial protocol investigational first initial start starting initiation initiating beginning begin "
    "commencement commencing planned scheduled day cycle c1d1 imp ip d1 d0 week leukapheresis apheresis "
    "lymphodepletion lymphodepleting experimental assigned test commence onset"
)
# Words that may follow the head: "study start", "treatment initiation date".
TRAILING = word_set("start starts initiation begin begins commencement date period phase visit begun started")
# The event is behind the patient, whatever it is of: these make the anchor the patient's own.
PATIENTS_OWN = word_set(
    "last final previous prior completion completing end ending discontinuation discontinuing stopping cessation "
    "finishing most recent latest"
)
# Words that may stand in the name of a moment and say nothing of which it is.
FILLING = word_set(
    "the a an of for to in into at on by with this that their his her its date dates time times period phase "
    "planned scheduled anticipated expected projected intended proposed estimated actual initial first "
    "start starting initiation initiating beginning begin commencement commencing commence receiving receipt signing "
    "signature signed obtaining providing giving given being subject patient participant subject's patient's "
    "participant's clinic procedure procedures written informed form procedure document experimental assigned "
    "onset taking study's oral iv intravenous double-blind double blind open-label open label run-in run in "
    "active blinded any into investigator's site center potential patient's trial's eligibility"
)

# The patient's own moments, by the words that name them; `last-…` only with one of PATIENTS_OWN before it.
OWN_HEADS: Mapping[str, str] = {
    "diagnosis": "diagnosis | initial diagnosis | original diagnosis | primary diagnosis | first diagnosis",
    "surgery": "surgery | operation | resection | surgical procedure",
    "transplant": (
        "transplant | transplantation | hsct | sct | bmt | asct | stem cell transplantation | stem cell transplant | "
        "kidney transplantation | kidney transplant | liver transplantation | liver transplant | "
        "hematopoietic stem cell transplantation | bone marrow transplantation | allogeneic transplantation"
    ),
    "symptom-onset": (
        "symptom onset | onset of symptoms | onset of the symptoms | onset | disease onset | "
        "onset of disease | onset of illness | stroke onset | onset of stroke | onset of stroke symptoms"
    ),
    "birth": "birth | delivery | childbirth | parturition",
    "injury": "injury | trauma | accident",
    "hospital-admission": "hospital admission | hospitalization | admission to hospital | icu admission",
    "relapse": "relapse | recurrence | progression | disease progression",
}
LAST_OF: Mapping[str, str] = {
    "dose": "dose | administration | infusion | injection | cycle | course",
    "treatment": "treatment | therapy | regimen | medication | prior therapy | study treatment | use",
    "chemotherapy": "chemotherapy",
    "radiotherapy": "radiotherapy | radiation therapy | radiation",
    "surgery": "surgery",
    "transplant": "transplant | transplantation",
    "pregnancy": "pregnancy | delivery",
    "relapse": "relapse | attack | exacerbation | seizure | episode",
    "menstruation": "menses | menstruation | menstrual period | period",
}
