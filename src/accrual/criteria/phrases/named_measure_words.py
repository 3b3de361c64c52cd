"""Words of measurements that no row of `variables.tsv` has: what may stand in such a name, and what may not.

Comes in: nothing; these are tables, collected from registry criteria. Goes out: the tables. Refuses nothing.
"""

from __future__ import annotations

from accrual.criteria.words import word_set

# What a name ends with (or has in front of "of", "in", "on"): it says that a number follows, whatever it is of.
HEADS = word_set(
    "score scores subscore scale subscale index inventory questionnaire level levels count counts concentration "
    "concentrations ratio rate volume volumes thickness diameter length width height depth size area pressure "
    "gradient velocity fraction percentage percent proportion titer titers titre titres clearance density mass "
    "temperature saturation power strength force angle curvature flow output resistance duration interval burden "
    "load uptake activity expression staining distance capacity tension amplitude latency frequency intensity "
    "severity quotient exposure equivalent refraction cylinder sphere astigmatism aperture opening dose excretion "
    "secretion production consumption intake loss gain decrease increase reduction change drop fall rise "
    "improvement difference variability reversibility elevation prolongation deviation displacement stenosis "
    "involvement tissue "
    "t-score t-scores z-score z-scores sd sds time grade class category circumference fold body turnover "
    "cellularity weight age bmi value values reading readings measurement measurements result results test "
    "interval segment wave axis pain fatigue total sum number cells blasts lymphocytes plasma pulse range motion "
    "mobility gap slope opening compliance elasticity stiffness steatosis fat content perfusion shortening strain "
    "doubling half-life"
)
# Heads of scales: the number behind them has no unit.
PLAIN_HEADS = word_set(
    "score scores subscore scale subscale index inventory questionnaire ratio number count counts titer titers "
    "titre quotient t-score t-scores z-score z-scores sd sds grade category"
)
# Heads of times: a stretch of time behind them is measured, and is no window.
TIMES = word_set("duration doubling length latency time interval half-life")
# Never the last word of a name: they say how a number is counted, and not of what.
EMPTY = word_set(
    "score scores scale index level levels count counts value values rate ratio number total sum test result results "
    "reading measurement time interval duration change increase decrease reduction loss gain dose age weight size "
    "class grade category range body volume length width height concentration pain fatigue difference improvement "
    "exposure equivalent severity intensity frequency percentage percent proportion tissue laboratory lab parameter "
    "parameters abnormality abnormalities finding findings"
)
# Things of which a person may have several: one value of one of them decides nothing of the others.
SEVERAL = word_set(
    "tumor tumors tumour tumours lesion lesions nodule nodules mass masses node nodes cyst cysts polyp polyps stone "
    "stones ulcer ulcers wound wounds scar scars metastasis metastases deposit deposits defect defects aneurysm "
    "aneurysms vessel vessels tooth teeth pocket pockets fiducials fragment fragments disease"
)
# What stands in front of a name and says nothing of it: it is asked for now; which way it is off, the number says.
LEADING = word_set(
    "a an the baseline screening current documented elevated abnormal high low raised increased decreased reduced "
    "presence evidence known clinically significant initial any confirmed having have has with of and abnormally "
    "severely markedly impaired adequate poor prolonged"
)
# What tells of somebody's doing, of a group, or of the trial: a clause with it is no name and its number.
VERBS = word_set(
    "achieve achieved achieves consume consumed consumes consuming drink drinks drinking smoke smoked smokes smoking "
    "show shows showed showing demonstrate demonstrated demonstrates demonstrating exhibit exhibited exhibits reach "
    "reached reaching weigh weighs weighing lost gained lose report reports reported reporting scored scoring "
    "experience experienced experiencing perform performed attain meets meet meeting fulfil fulfill given give "
    "completed complete undergone undergo start started starting stop stopped enrolled enroll treat treated treating "
    "need needs needing requiring require requires diagnosed known suspected proven having been being were was "
    "did does do this these those study trial protocol investigator sponsor visit cohort arm part phase group "
    "cycle cycles course courses regimen regimens line lines week weeks day days month months year years last "
    "than per via whose whom whichever both either defined using used use due because since until during while "
    "following prior previous previously before after history new other another same different not no nor never "
    "without except unless if when where although however one two three four five six least most more less many "
    "several multiple above below within beyond following criterion criteria eligible allowed acceptable must "
    "should may can will would could might shall only also still yet already he she they it his her their its "
    "ingestion intake taking take takes received receiving receive treatment therapy medication medications surgery "
    "chemotherapy radiotherapy radiation transfusion transfusions vaccine vaccination dose doses normal "
    "problem problems exam examination healthy donated"
)
# Behind a number without a unit: how it is counted.
COUNTED = word_set("points point letters letter")
