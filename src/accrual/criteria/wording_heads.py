"""The last words of names, and what kind of thing each makes of the name: "facet joint *cyst*", "ALK *inhibitor*".

Comes in: nothing; these are tables. Goes out: `kind_of_head`. Refuses (None): a word that heads no condition, drug or
procedure: "diary", "questionnaire", "control".

A *broad* head says nothing by itself ("disease"); it needs a word before it or an "of" behind it. A *narrow* one, and
a word with one of the endings, is a name alone ("dysphagia", "capsulotomy").
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from accrual.codes.concept import ConceptKind
from accrual.criteria.words import word_set

BROAD: Mapping[ConceptKind, frozenset[str]] = {
    "condition": word_set(
        # what is wrong
        "disease disorder syndrome infection failure dysfunction insufficiency impairment injury "
        "fracture stenosis deficiency palsy lesion abnormality anomaly malformation defect deformity "
        "inflammation neoplasm tumor tumour cancer malignancy mass cyst nodule polyp ulcer ulceration "
        "abscess fistula hernia prolapse rupture tear perforation obstruction occlusion blockage "
        "embolism thrombosis thrombus hemorrhage haemorrhage bleeding bleed hematoma haematoma aneurysm "
        "dissection ischemia ischaemia infarction infarct insult necrosis atrophy hypertrophy "
        "hyperplasia dysplasia degeneration dystrophy instability dislocation subluxation sprain strain "
        "contracture deviation curvature extrusion protrusion herniation fragment calculus stone "
        "calcification effusion edema oedema swelling detachment opacity opacification scar scarring "
        "keloid adhesion stricture reflux regurgitation arrhythmia tachycardia bradycardia block "
        "prolongation attack seizure crisis shock coma delirium psychosis dependence addiction "
        "withdrawal intoxication poisoning overdose exacerbation rejection neuropathy myopathy "
        "metastasis involvement compromise invasion infiltration cachexia wasting overload retention "
        "incontinence frequency constipation hesitancy pain ache headache discomfort stiffness weakness "
        "numbness paralysis spasm tremor cramp fatigue rash eruption itching lump discharge leak leakage "
        "immunodeficiency immunosuppression neovascularization hypoplasia agenesis aplasia duplication "
        "reactivation complication sequela sequelae symptom symptoms finding loss hole fold band "
        "opacities exudate exudates membrane closure dehiscence gangrene burn wound trauma bruise "
        "laceration bite disturbance toxicity virus bacterium parasite malaria pathology decompensation "
        "thickening claudication blindness deafness handicap intolerance allergy anaphylaxis asthma "
        "diabetes hypertension hypotension anemia anaemia leukemia lymphoma carcinoma sarcoma melanoma "
        "mutation deletion translocation rearrangement amplification fusion carrier varices varix "
        "spondylolisthesis listhesis plaque rigidity ataxia clubfoot scoliosis illness condition "
        "reaction episode deficit disability unawareness traction dependency overuse proliferation "
        "dysgenesis tamponade drip fluctuation tendency feature behavior behaviour ideation problem "
        "event alopecia colic angina vertigo tinnitus dizziness nausea vomiting diarrhea diarrhoea "
        "malabsorption "
    ),
    "drug": word_set(
        "inhibitor agonist antagonist antibody blocker supplement supplementation vaccine steroid "
        "corticosteroid antibiotic antifungal antiviral antidepressant antipsychotic anticonvulsant "
        "anticoagulant antihypertensive antihistamine analgesic opioid opiate narcotic sedative hypnotic "
        "stimulant diuretic laxative antacid inducer modulator mimetic analog analogue derivative "
        "hormone vitamin probiotic prebiotic herb chemotherapy immunotherapy monotherapy hormonotherapy "
        "radioimmunotherapy pharmacotherapy medication medicine drug antagonists tablet capsule inhaler "
        "drops eyedrops ointment cream lotion suppository patch serum toxin antitoxin immunoglobulin "
        "globulin interferon interleukin insulin anesthetic anaesthetic contraceptive bronchodilator "
        "vasodilator vasopressor decongestant expectorant emollient retinoid antimetabolite biologic "
        "biosimilar cytokine conjugate oligonucleotide salt therapy treatment agent preparation "
        "tranquilizer immunosuppressant antineoplastic "
    ),
    "procedure": word_set(
        "surgery resection excision ablation transplantation transplant graft grafting implant "
        "implantation replacement repair reconstruction revision removal insertion placement catheter "
        "catheterization pacemaker defibrillator stent stenting shunt bypass prosthesis endoprosthesis "
        "screw rod electrode stimulator pump port buckle injection infusion transfusion dialysis "
        "hemodialysis apheresis plasmapheresis radiotherapy irradiation brachytherapy radiosurgery "
        "photocoagulation cryotherapy thermotherapy laser phototherapy biopsy aspiration drainage lavage "
        "suture amputation arthrodesis osteosynthesis fixation fusion decompression dilation dilatation "
        "embolization revascularization intervention debridement extraction intubation tracheostomy "
        "ventilation oxygenation anesthesia anaesthesia sterilization acupuncture psychotherapy "
        "physiotherapy rehabilitation operation endoscopy neurostimulator valve device lens procedure "
        "allograft aspirate tattoo piercing "
    ),
}  # fmt: skip
# Endings that make a name of a word: of a disease (Dorland's list of combining forms), an operation, a drug (the
# stems of the WHO's International Nonproprietary Names, "The use of stems", 2018).
_ENDINGS: Mapping[ConceptKind, tuple[str, ...]] = {
    "condition": (
        "itis", "osis", "oses", "oma", "pathy", "pathies", "emia", "aemia", "uria", "algia", "plegia", "paresis",
        "megaly", "ectasia", "ectasis", "ectasias", "penia", "rrhea", "rrhoea", "rrhagia", "malacia", "phobia",
        "philia", "cele", "lithiasis", "ptysis", "asthenia", "kinesia", "phasia", "phagia", "pnea", "pnoea",
        "esthesia", "aesthesia", "dactyly", "schisis", "coloboma", "aphakia", "phakia", "opia", "trophy",
        "sclerosis", "edema", "spasm", "somnia", "thymia", "orexia", "splenism", "adenism", "gonadism",
        "thyroidism", "pituitarism", "cortisolism", "aldosteronism", "physitis", "rrhexis", "synechia",
        "synechiae", "stomia", "hidrosis", "keratosis", "blastoma", "dysplasia", "trichosis", "phoria",
        "metropia", "tropia", "coria", "iridia",
    ),
    "drug": (
        "mab", "tinib", "ciclib", "parib", "vir", "statin", "sartan", "gliptin", "gliflozin", "glutide", "prazole",
        "conazole", "cycline", "mycin", "cillin", "floxacin", "platin", "taxel", "rubicin", "parin", "xaban",
        "gatran", "setron", "triptan", "zepam", "zolam", "caine", "dronate", "thiazide", "lukast", "barbital",
        "olol", "dipine", "glitazone", "steride", "tecan", "zomib", "limus", "stigmine", "tropium", "terol",
    ),
    "procedure": (
        "ectomy", "ectomies", "plasty", "plasties", "scopy", "scopies", "ostomy", "ostomies", "otomy", "otomies",
        "centesis", "pexy", "rrhaphy", "desis", "plication", "cerclage", "angiography",
    ),
}  # fmt: skip
# Words with such an ending that are no such thing.
_NOT_ENDED = word_set(
    "diagnosis prognosis photocopy microscopy philosophy sympathy empathy apathy osteopathy "
    "homeopathy anatomy economy autonomy dichotomy taxonomy entomy pharmacopathy diploma aroma "
    "academia multimedia phenomenon utopia hypothesis dosis doses diagnoses prognoses "
)
MIN_ENDED = 6  # letters: "coma" is no "-oma"


@lru_cache(maxsize=8192)
def kind_of_head(word: str) -> tuple[ConceptKind, bool] | None:
    """Return what kind of thing a last word makes of a name, and whether it is a name alone.

    Example:
        >>> kind_of_head("cysts"), kind_of_head("capsulotomy"), kind_of_head("diary")
        (('condition', False), ('procedure', True), None)
    """
    if word.endswith(("isation", "isations")):
        word = word.replace("isation", "ization")
    forms: tuple[str, ...]
    forms = (word, word[:-1]) if word.endswith("s") and not word.endswith("ss") else (word,)
    if word.endswith("ies"):
        forms = (word, word[:-3] + "y")
    elif word.endswith(("ses", "shes", "ches", "xes")):
        forms = (word, word[:-2], word[:-1], word[:-2] + "is")
    for kind, broad in BROAD.items():
        if any(form in broad for form in forms):
            return kind, False
    if len(word) < MIN_ENDED or word in _NOT_ENDED:
        return None
    for kind, endings in _ENDINGS.items():
        if any(form.endswith(endings) for form in forms):
            return kind, True
    return None
