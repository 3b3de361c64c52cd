"""The words of statements about consent, understanding and keeping to the study plan.

Comes in: nothing; these are tables. Goes out: sets of lower-case words for `pledge.py`. Refuses nothing: a word that
stands in none of them ends the statement.
"""

from __future__ import annotations

from accrual.criteria.words import word_set

WILLING = word_set(
    "willing willingness agree agrees agreed agreement accept accepts accepted commit commits committed "
    "ready prepared consenting volunteer wish wishes willingly wants want"
)
ABLE = word_set(
    "able ability abilities capable capability capacity competent competence can available availability"
)
UNABLE = word_set("unable inability incapable cannot incapacity inabilities")
UNWILLING = word_set(
    "unwilling unwillingness refuse refuses refused refusal refusing decline declines declined "
    "declining reject rejects disagree disagrees reluctant reluctance deny denies"
)
LACKING = word_set(
    "lack lacks lacking failure fail fails failed no not never non without poor insufficient inadequate"
)
MODALS = WILLING | ABLE | UNABLE | UNWILLING

CONSENT = word_set("consent consents consented consenting icf icfs assent assents hipaa")
"""Words that make a statement one about consent."""
TAKING_PART = word_set(
    "participate participating participation enroll enrol enrolled enrollment enrolment join enter"
)
PLAN = word_set(
    "comply complies complying compliance compliant adhere adheres adhering adherence adherent abide "
    "abides abiding conform conforming cooperate cooperates cooperation cooperating cooperative "
    "co-operate co-operation follow-through"
)
"""Verbs that mean keeping to the study plan by themselves."""
KEEPING = word_set(
    "follow follows following complete completes completing completion attend attends attending "
    "attendance undergo undergoes undergoing return returns returning perform performs performing "
    "observe keep keeping make maintain fulfill fulfil meet "
    "commit fill answer respond carry travel come be available availability receive accept come present "
    "remain stay finish"
)
"""Verbs that mean it with an object of the study."""
OBJECTS = word_set(
    "study trial protocol visit visits procedure procedures requirement requirements schedule schedules "
    "scheduled followup instruction instructions assessment assessments evaluation evaluations "
    "questionnaire questionnaires examination examinations test tests testing diary diaries regimen "
    "regimens randomization randomisation randomized randomised restrictions restriction survey surveys "
    "interview interviews appointments appointment directions guidelines research tasks directives "
    "follow-up up program session sessions duration"
)
UNDERSTANDING = word_set(
    "understand understands understanding understood comprehend comprehends comprehension"
)
UNDERSTOOD = word_set(
    "study trial nature purpose risks risk benefits procedures information instructions protocol "
    "requirements research questions consent investigational implications consequences"
)
"""What is understood, where it is the study."""

HARMLESS = word_set(
    "provision opinion judgment judgement likely post reliable reliably under prohibited rendered "
    "render rendering appropriately collected care hospital in-clinic stays pertinent otherwise "
    "governing consistent legislation so significance obligation obligations consent-related "
    "registration collaboration fully difficulty independently pi principal sub-investigator carried "
    "stipulated actively correctly discussed regulation logistically demonstrating admission get "
    "interpret retained copy provided completed participated refer referring whichever relevant explain "
    "explains understandably receive inform outpatient attendance attendances phase assignments "
    "authorizations grant grants a an the all any each every both either this that these those such his "
    "her their its he she they them it him himself herself themselves who whom which what where when as "
    "of for to in on at by with from into and or about upon per per-protocol via through is are be been "
    "being was were am do does did has have had having must should shall will would may might need "
    "needs required require requires patient patients subject subjects participant participants "
    "individual individuals person persons people volunteers volunteer patient's subject's "
    "participant's patients' subjects' participants' individual's person's child child's children "
    "candidate candidates those anyone parent parents parental parent's guardian guardians guardian's "
    "legal legally lawful lawfully authorized authorised acceptable designated appointed representative "
    "representatives representative's lar lars surrogate proxy decision maker makers decision-maker "
    "caregiver caregivers caregiver's carer carers family relative relatives next kin member members "
    "mother father spouse partner guardian's responsible other another one at least least only if "
    "applicable appropriate where required relevant necessary needed age-appropriate sign signs signed "
    "signing signature signatures provide provides provided providing give gives given giving obtain "
    "obtains obtained obtaining obtention written verbal oral electronic e voluntarily voluntary freely "
    "free informed form forms document documents documented documentation dated date dating personally "
    "read reads reading fully clearly adequately properly understandable subject valid own understand "
    "understands understanding understood comprehend stated demonstrated expressed mentally physically "
    "psychologically cognitively intellectually legally medically reasonably reliably successfully "
    "independently strictly satisfactorily sufficient adequate good full complete enter entering entry "
    "participate participating participation take taking part enroll enrol enrolled enrolling "
    "enrollment enrolment join joining inclusion include included study study's studies trial trials "
    "clinical research protocol protocols investigational investigation investigations experimental "
    "purpose purposes nature risks benefits risk potential possible content contents aim aims "
    "objectives details detail information explained explanation informed conditions terms term "
    "provisions rights implications consequences discomforts procedure procedures requirement "
    "requirements requested requests visit visits schedule schedules scheduled scheduling planned plan "
    "plans followup follow up follow-up follows following after before prior during throughout until "
    "within over entire whole total full duration length course period periods time times timeframe "
    "remainder end completion beginning start initiation commencement conduct conducting performing "
    "performance performed conducted undertaken treatment treatments therapy therapies medication "
    "medications drug drugs product intervention interventions dosing dose administration regimen "
    "regimens device test tests testing laboratory lab labs assessment assessments evaluation "
    "evaluations examination examinations exam exams questionnaire questionnaires survey surveys "
    "interview interviews diary diaries session sessions appointment appointments instruction "
    "instructions direction directions directives guideline guidelines restrictions restriction "
    "prohibitions rules rule obligations task tasks activities activity measures measurements data "
    "collection outcome outcomes monitoring screening baseline safety efficacy specific related "
    "associated specified described outlined defined stated listed mandated mandatory set forth "
    "pertaining necessary various program programs programme including includes include indicated "
    "indicating indicates which therein herein above aspects aspect parts comply complies complying "
    "compliance compliant adhere adheres adhering adherence adherent abide abides abiding conform "
    "conforming cooperate cooperates cooperation cooperating cooperative complete completes completing "
    "attend attends attending attendance undergo undergoes undergoing return returns returning perform "
    "performs observe keep keeping carry out make makes maintain fulfill fulfil fulfilling meet meeting "
    "commit commitment respond answer site sites clinic center centre hospital office team staff "
    "investigator investigators investigator's personnel physician ethics committee ethical irb iec "
    "irb/iec erb rec review institutional board board's approved approval approving independent "
    "institution institution's local national federal state guidelines regulations regulatory "
    "accordance according gcp ich good practice practices law laws policy policies requirements "
    "authority hipaa authorization authorisation authorizations privacy health insurance portability "
    "accountability act release personal protected medical records record use disclosure "
    "confidentiality awareness aware acknowledge acknowledging affirm declaration statement letter "
    "sheet pis language appropriate standard standards willingness desire deemed considered judged "
    "level behalf decide decisions specific-procedures receive receives received receiving receipt "
    "acceptance accept accepts accepted randomization randomisation randomized randomised allocation "
    "assigned assignment group groups arm arms either treatment-plan questions ask involved involving "
    "involvement necessary regular regularly regularly-scheduled periodic routine long term long-term "
    "longer future additional further subsequent remain stay available weekly monthly initial first "
    "screening-related study-related study-specific trial-related protocol-specified protocol-related "
    "protocol-specific protocol-required process processes sample samples"
)
"""Words that may stand in such a statement and say nothing else."""
SPEAKING = word_set(
    "speak speaks speaking spoken fluent fluently fluency proficient proficiency conversant language "
    "languages literate literacy communicate communicates communicating converse speakers speaker read "
    "reading write writing"
)
"""Words that make the name of a language a claim about the person."""
READING = word_set("read reads reading write writes writing literate literacy")
ILLITERATE = word_set("illiterate illiteracy")
DOING = word_set("follow attend undergo return fulfil fulfill")
"""Verbs that mean keeping to the plan even in a statement about consent."""
SWALLOWING = word_set("swallow swallows swallowing")
SWALLOWED = word_set(
    "swallow swallows swallowing tablet tablets capsule capsules pill pills oral orally mouth "
    "medication medications medicine medicines drug drugs study whole intact solid agent agents therapy "
    "treatment take taking and or the of a"
)
TELLING = (
    MODALS | ILLITERATE | CONSENT | PLAN | SWALLOWING | UNDERSTANDING | SPEAKING | frozenset(("attend",))
)
"""A clause without any of these holds no such statement."""
