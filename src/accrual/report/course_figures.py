"""What happens to virtual participants, as figures: cells in blood, the tumour, who stays how long, day 28.

Comes in: `Group`, one virtual trial. Goes out: figures. Refuses nothing; a participant who was not infused has no line,
and stands in the tables.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from accrual.message import message, opening
from accrual.report.figure import Figure, Frame, Key, Scale, Table
from accrual.report.words import CRS, EVENT, INFUSION, NO, SIGN, YES, percent

if TYPE_CHECKING:
    from accrual.simulate.group import Group, Member

BLOOD_DAYS: Final = 90.0
TUMOUR_DAYS: Final = 180.0
_FULL_LOG10: Final = 12.0  # cells of a full marrow, `simulate.tumour.MARROW_CELLS`
_REMISSION_LOG10: Final = _FULL_LOG10 + math.log10(0.05)  # `simulate.outcome.REMISSION_SHARE`
_MRD_LOG10: Final = _FULL_LOG10 - 4  # `simulate.outcome.MRD_SHARE`
_DAYS_SHOWN: Final = (7.0, 14.0, 28.0, 90.0)
_MONTH: Final = 365 / 12  # days
_UNITS: Final = {
    "copies per microgram of DNA": (
        message("copies per microgram of DNA"),
        Scale(1, 1e6, multiplies=True),
        ((1, "1"), (100, "100"), (10_000, "10⁴"), (1_000_000, "10⁶")),
    ),
    "cells per microlitre": (
        message("cells per microlitre"),
        Scale(0.001, 1000, multiplies=True),
        ((0.001, "0.001"), (0.1, "0.1"), (10, "10"), (1000, "1,000")),
    ),
}


def course_figures(group: Group) -> tuple[Figure, ...]:
    """Return all figures of one virtual trial, in the order in which things happen."""
    return blood_figure(group), tumour_figure(group), change_figure(group), stay_figure(group)


def _kind(member: Member) -> str:
    return "yes" if member.remission else "no"


def _infused(group: Group) -> list[Member]:
    return [member for member in group.members if member.infusion == "given"]


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _days(until: float) -> tuple[tuple[float, str], ...]:
    return tuple((day, f"{day:.0f}") for day in range(0, int(until) + 1, 30))


_KEYS: Final = (
    Key("line-yes", message("in remission on day 28")),
    Key("line-no", message("not in remission")),
)


def blood_figure(group: Group) -> Figure:
    """Return CAR-T cells in blood over time, a line for each who was infused."""
    unit, scale, ticks = _UNITS[group.unit]
    frame = Frame(Scale(0, BLOOD_DAYS), scale)
    days = [day for day in group.days if day <= BLOOD_DAYS]
    infused = _infused(group)
    peaks = sorted(member.peak or 0.0 for member in infused)
    return Figure(
        name="blood",
        title=message("CAR-T cells in the blood"),
        summary=message(
            "%(infused)s of %(all)s virtual participants are infused. Their peaks lie between %(low)s and %(high)s "
            "%(unit)s.",
            infused=len(infused),
            all=len(group.members),
            low=_number(peaks[0]),
            high=_number(peaks[-1]),
            unit=unit,
        )
        if peaks
        else message("None of the virtual participants is infused."),
        across=message("Across: days after the infusion"),
        up=message("Up: %(unit)s; each step is a hundred times the one below", unit=unit),
        across_ticks=frame.across_ticks(_days(BLOOD_DAYS)),
        up_ticks=frame.up_ticks(ticks),
        lines=tuple(frame.line(days, member.blood[: len(days)], _kind(member)) for member in infused),
        keys=_KEYS,
        table=Table(
            (
                message("Participant"),
                message("Highest"),
                message("Day of it"),
                *(message("Day %(day)s", day=int(day)) for day in _DAYS_SHOWN),
            ),
            tuple(
                (
                    str(member.number),
                    _number(member.peak),
                    _number(member.peak_day),
                    *(_number(_on(group, member.blood, day)) for day in _DAYS_SHOWN),
                )
                for member in group.members
            ),
        ),
    )


def _on(group: Group, values: tuple[float, ...], day: float) -> float | None:
    return values[group.days.index(day)] if values and day in group.days else None


def tumour_figure(group: Group) -> Figure:
    """Return the number of cancer cells over time, until each leaves follow-up."""
    frame = Frame(Scale(0, TUMOUR_DAYS), Scale(0, 13))
    lines = [
        frame.level(_REMISSION_LOG10, "limit"),
        frame.level(_MRD_LOG10, "limit"),
    ]
    for member in _infused(group):
        # After its event nobody would be left alone: the line ends there.
        last = min(TUMOUR_DAYS, max(member.event_day or 0.0, 28.0))
        days = [day for day in group.days if day <= last]
        lines.append(frame.line(days, member.log10_tumour[: len(days)], _kind(member)))
    remissions = sum(member.remission is True for member in group.members)
    return Figure(
        name="tumour",
        title=message("Cancer cells"),
        summary=message(
            "%(count)s of %(infused)s who are infused are in remission on day 28: fewer than 5 in 100 cells of a full "
            "marrow are cancer cells.",
            count=remissions,
            infused=len(_infused(group)),
        ),
        across=message("Across: days after the infusion; a line ends with the participant's first event"),
        up=message("Up: number of cancer cells on average; each step is a thousand times the one below"),
        across_ticks=frame.across_ticks(_days(TUMOUR_DAYS)),
        up_ticks=frame.up_ticks(((0, "1"), (3, "10³"), (6, "10⁶"), (9, "10⁹"), (12, "10¹²"))),
        lines=tuple(lines),
        keys=(
            *_KEYS,
            Key("line-limit", message("limits of remission (above) and of the fine test, MRD (below)")),
        ),
        table=Table(
            (
                message("Participant"),
                message("Day %(day)s", day=0),
                *(message("Day %(day)s", day=int(day)) for day in _DAYS_SHOWN),
            ),
            tuple(
                (
                    str(member.number),
                    *(_cells(_on(group, member.log10_tumour, day)) for day in (0.0, *_DAYS_SHOWN)),
                )
                for member in group.members
            ),
        ),
    )


_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _cells(log10: float | None) -> str:
    if log10 is None:
        return "–"
    if log10 > _FULL_LOG10 + 1:
        return message("more than a full marrow")
    power = math.floor(log10)
    return f"{10 ** (log10 - power):.1f} × 10{str(power).translate(_RAISED)}"


def change_figure(group: Group) -> Figure:
    """Return how much the tumour changed by day 28, from the one that grew most to the one that shrank most."""
    known = sorted(
        (member for member in group.members if member.log10_change is not None),
        key=lambda member: -(member.log10_change or 0.0),
    )
    frame = Frame(Scale(0, max(len(known), 1)), Scale(-8, 2))
    shrunk = sum((member.log10_change or 0.0) < -1 for member in known)
    return Figure(
        name="change",
        title=message("The tumour on day 28, beside that of the day of infusion"),
        summary=message(
            "In %(count)s of %(infused)s who are infused the tumour has less than a tenth of its cells left.",
            count=shrunk,
            infused=len(known),
        ),
        across=message("Across: each participant who was infused, by number"),
        up=message(
            "Up: how many times the cells of the first day; each step is a hundred times the one below"
        ),
        across_ticks=frame.across_ticks((at + 0.5, str(member.number)) for at, member in enumerate(known)),
        up_ticks=frame.up_ticks(
            ((2, "× 100"), (0, "× 1"), (-2, "1/100"), (-4, "1/10⁴"), (-6, "1/10⁶"), (-8, "1/10⁸"))
        ),
        lines=(frame.level(0, "axis"),),
        bars=tuple(
            frame.bar(at + 0.15, at + 0.85, 0, member.log10_change or 0.0, _kind(member))
            for at, member in enumerate(known)
        ),
        keys=(
            Key("bar-yes", message("in remission on day 28")),
            Key("bar-no", message("not in remission")),
        ),
        table=Table(
            (
                message("Participant"),
                message("Cells left on day 28"),
                message("Remission"),
                message("Fine test (MRD) negative"),
            ),
            tuple(
                (
                    str(member.number),
                    _left(member.log10_change or 0.0),
                    YES if member.remission else NO,
                    YES if member.mrd_negative else NO,
                )
                for member in known
            ),
        ),
    )


def _left(log10: float) -> str:
    if log10 >= -3:
        return percent(10**log10, 1 if log10 < 0 else 0)
    return message("1 in %(count)s", count=round(10**-log10, -math.floor(-log10) + 1))


def stay_figure(group: Group) -> Figure:
    """Return how long each participant stays, and what ends it: a bar each."""
    ordered = sorted(group.members, key=lambda member: (-(member.event_day or 0.0), member.number))
    months = group.follow_up_days / _MONTH
    frame = Frame(Scale(0, months * 1.04), Scale(0, len(ordered)))
    bars, signs = [], []
    for at, member in enumerate(ordered):
        middle = len(ordered) - at - 0.5
        if member.event_day is None:
            continue
        bars.append(frame.bar(0, member.event_day / _MONTH, middle - 0.3, middle + 0.3, _kind(member)))
        signs.append(frame.sign(member.event_day / _MONTH, middle, SIGN[member.event], "event"))
    met = {member.event for member in group.members}
    free = sum(member.event == "none" for member in group.members)
    lost = len(group.members) - len(bars)
    return Figure(
        name="stay",
        title=message("How long each stays, and what ends it"),
        summary=message(
            "Of %(all)s virtual participants %(lost)s are not infused, and %(free)s have no event until month "
            "%(months)s.",
            all=len(group.members),
            lost=lost,
            free=free,
            months=round(months),
        ),
        across=message("Across: months after the infusion"),
        up=message("Down: each participant, by number"),
        height=max(160, 18 * len(ordered) + 50),
        across_ticks=frame.across_ticks((month, str(month)) for month in range(0, round(months) + 1, 6)),
        up_ticks=frame.up_ticks(
            (len(ordered) - at - 0.5, str(member.number)) for at, member in enumerate(ordered)
        ),
        bars=tuple(bars),
        signs=tuple(signs),
        keys=tuple(
            Key("sign-event", opening(EVENT[event]), sign) for event, sign in SIGN.items() if event in met
        ),
        table=Table(
            (
                message("Participant"),
                message("Infusion"),
                message("Cytokine release"),
                message("First event"),
                message("Month"),
            ),
            tuple(
                (
                    str(member.number),
                    INFUSION[member.infusion],
                    CRS[member.crs],
                    EVENT[member.event],
                    "–" if member.event_day is None else f"{member.event_day / _MONTH:.1f}",
                )
                for member in group.members
            ),
        ),
    )
