"""The moments of a trial that are now: a claim about the patient is read at screening anyway.

Comes in: nothing; this is a table, written as in `words.py`. Goes out: the table. Refuses nothing.
"""

from __future__ import annotations

AT_SCREENING = (
    "at screening | at baseline | at enrollment | at enrolment | at study entry | at entry | "
    "at the time of screening | at time of screening | at the time of enrollment | "
    "at the time of enrolment | at time of enrollment | at the time of study entry | at inclusion | "
    "at the time of inclusion | at the time of informed consent | at the time of consent | "
    "at time of consent | at the time of signing informed consent | "
    "at screening and baseline visits | at the screening and baseline visits | at both screening and baseline | "
    "at the time of signing the informed consent | at the time of signing the informed consent form | "
    "at the time of signing the icf | at the time of signing icf | at time of signing informed consent | "
    "at time of signing informed consent form | at the screening visit | at screening visit | "
    "on the day of consent | on the day of enrollment | at the time of recruitment | at recruitment | "
    "at presentation | at visit 1 | at the time of randomization | at randomization | "
    "at the time of study enrollment | at study enrollment | during screening | "
    "during the screening period | during the screening phase | during the screening visit | at visit 2 | "
    "at pre screening | at prescreening | at screening or baseline | at screening and baseline | "
    "at screening and/or baseline | at screening or at baseline | at screening or study baseline | "
    "at baseline or screening | at screening or randomization | at screening and randomization | "
    "at screening or enrollment | at screening or at randomization | at screening or visit 2 | "
    "at screening or day 1 | at screening and day 1 | at time of screening and baseline | "
    "at screening/baseline | at the time of screening or baseline | at the time of screening and baseline | "
    "at the start of study | at trial entry | at the time of informed consent signature | "
    "at the day of informed consent | at the time of signing the informed consent document | "
    "at the start of the study | at study start"
)
