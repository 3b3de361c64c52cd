"""The virtual trial: what a trial of a given design can and cannot show, by simulation. Never a prediction.

Comes in: named parameter sets, each value with its source, and a seeded random generator. Goes out: cell kinetics,
tumour burdens and outcomes of virtual participants, as arrays, with a summary. Refuses: parameters outside the range
in which they mean something, by name.

The parts, each of which knows only those above it::

    notice       what every output says of itself
    parameters   values with their source and spread; their ranges; drawing them for many participants
    intervals    exact intervals of shares, and of what replicates of a trial show
    exposure     how strongly cells work over time: the one thing both models of cells hand to the tumour
    kinetics     CAR copies over time in closed form (Stein 2019): sets "4-1BB" and "liso-cel"
    kimmel       CAR-T cells over time by differential equations (Kimmel 2021): set "CD28"
    extinction   the chance that a clone dies out, and how fast it comes back if not (Kendall 1948)
    tumour       antigen-positive cells of continuous density and a truly negative clone under an exposure
    therapies    by name: which cells, which tumour, what happens around them
    reactions    cytokine release as an ordinal
    outcome      virtual participants of a single-arm trial, replicate by replicate; `summary` of them
    designs      designs that count responders, their characteristics by enumeration; `simon`, `predictive`
    escalation   dose finding: 3+3 exactly, BOIN (`boin`) by simulation
    settings     what is asked of a simulation; whether the libraries are here
    showing      what a number of participants can show: every count, single stage, two stages
    group        one virtual group, participant by participant, as plain numbers
    screening    whom a trial is screened with
    simulation   all of it in one value
    trajectories the course of virtual participants over time, for plots
    enrolment    months until a trial is full: sites whose rates differ, in closed form, with ramp-up by simulation
    calibration  how long finished trials of the registry took, and how far that says how long others will
    trial        what a simulation takes from a study record: arms, enrolment, criteria, the therapy
    requirements what a trial asks of a person, one after the other; their limits, relaxed
    profiles     what synthetic patients are drawn from, a row a fact, each with its source
    population   people to screen: synthetic patients of a profile, or the user's own
    funnel       a population screened by the evaluator that screens real patients
    traits       who a population is, in what a trial asks about, and where that comes from
    response     what a therapy may do in each patient of a population, from what is known of his tumour
    shapley      a fair share for each criterion of what all criteria do together
    criterion_cost  the pool, the months and the outcomes without a criterion, or with a relaxed one
    sbml         Kimmel's model to and from SBML

`Exposure` is the seam: another model of cells needs only to give one. `Participants` (outcome) is what designs,
reports and pages start from: arrays of shape (replicates, participants) and nothing else.

The models need the extra `accrual[simulate]` (scipy, numba); SBML needs `accrual[sbml]`.
"""
