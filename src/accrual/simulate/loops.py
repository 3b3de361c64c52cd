"""The compiled loops: panels of exposure, Kimmel's equations, Kendall's integral, the day of a crossing. Arrays only.

Comes in: arrays of numbers that were checked before. Goes out: arrays that are filled in place. Refuses: nothing; a
loop that does not come to its end says so by what it returns.

All compiled functions are in this one file because the kept machine code is renewed when *its own* file changes: a
loop that called into another file would go on with the old code of that file. Loops let go of the interpreter's lock
and have no state, so callers may run them in threads.

A panel is a stretch of days with six Lobatto points; neighbours share an end, so P panels have 5 P + 1 points.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, isfinite, log, log1p
from typing import Any, Final, TypeVar

import numpy as np

from accrual.simulate.coefficients import (
    BARYCENTRIC,
    E1,
    E3,
    E4,
    E5,
    E6,
    E7,
    INTEGRAL,
    POINTS,
    WEIGHTS,
    WITHIN,
)
from accrual.simulate.parameters import Floats
from accrual.simulate.settings import libraries_missing

Function = TypeVar("Function", bound=Callable[..., Any])

PANELS: Final = (
    240  # at most, for one patient; set by hand, twice what the widest allowed parameters were seen to use
)
_STEP: Final = 4.0  # how much an exponent may change within a panel: six points integrate exp(4 u) to 1e-8
# A clone that falls at a rate r counts for 45 / r days, so panels of 4 / r days are at least this share of the time.
_LATER: Final = 0.08
_DONE: Final = 45.0  # e^-45 is below the precision of a double beside 1
_ENOUGH: Final = 100.0  # J past e^100: of 1e15 cells one survives with a chance of e^-65
_CERTAIN: Final = 250.0  # past e^250 the chance to survive is 0 for any number of cells; accuracy has no use


def _compiled(function: Function) -> Function:
    """Compile with numba; the machine code is kept beside the file, or wherever numba may write, or not at all."""
    try:
        import numba
    except ImportError as error:
        raise libraries_missing() from error
    njit: Any = numba.njit
    try:
        kept: Function = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # there is no folder that numba may write to
        kept = njit(nogil=True, error_model="numpy")(function)
    return kept


@_compiled
def _width(rate: float, growth: float, ahead: float, highest: float) -> float:
    """How wide a panel may be so that the exponent of Kendall's integral, now `ahead`, changes little in it."""
    if ahead > _CERTAIN or ahead < highest - _DONE:
        return inf
    return _STEP / max(rate, growth)


@_compiled
def stein_panels(
    kinetics: Floats,
    tumour: Floats,
    horizon: float,
    lifetime: float,
    days: Floats,
    share: Floats,
    full: Floats,
) -> int:
    """Fill the points of exposure to closed-form copies; return the panels used, or -1 where they did not do.

    `kinetics` is (patients, 7) in the order of `Kinetics`; `tumour` (patients, 4): cells per uL a copy, half-kill
    cells, kill rate, growth rate. `days`, `share` and `full` (the integral of share) are (patients, 5 PANELS + 1).
    """
    most = 0
    for i in range(kinetics.shape[0]):
        fold, lag, growth, peak, alpha, slow, beta = kinetics[i]
        kappa, half, kill, g = tumour[i]
        rho, top, low = log(fold) / growth, kappa * peak, kappa * peak / fold
        at_peak, first = lag + growth, low / (half + low)
        t, total, highest, panels = 0.0, 0.0, 0.0, 0
        days[i, 0], share[i, 0], full[i, 0] = 0.0, first, 0.0
        while True:
            ahead = kill * total - g * t
            highest = max(highest, ahead)
            if t >= lifetime or (t >= horizon and (ahead < highest - _DONE or ahead > 4 * _CERTAIN)):
                break
            if panels == PANELS:
                return -1
            if t < lag:
                h = min(lag - t, _width(kill * first, g, ahead, highest))
            elif t < at_peak:
                h = min(at_peak - t, 1.5 / rho if rho > 0 else inf)
                x = low * exp(rho * (t + h - lag))
                h = min(h, _width(kill * x / (half + x), g, ahead, highest))
            else:
                past = t - at_peak
                fast_part = top * (1 - slow) * exp(-alpha * past)
                slow_part = top * slow * exp(-beta * past)
                x = fast_part + slow_part
                h = max(_width(kill * x / (half + x), g, ahead, highest), _LATER * past)
                if fast_part > max(1e-9 * x, 1e-10 * half):
                    h = min(h, 2 / alpha)
                if slow_part > 1e-10 * half:
                    h = min(h, 2 / beta)
                if t < horizon:
                    h = min(h, horizon - t)
                h = min(h, lifetime - t)
            # Ends are joined exactly, so that no panel of rounding errors is left between two phases.
            end = t + h
            if t < lag and end > lag * (1 - 1e-12):
                end = lag
            elif t < at_peak and end > at_peak * (1 - 1e-12):
                end = at_peak
            h = end - t
            base = 5 * panels
            for j in range(6):
                at = end if j == 5 else t + h * POINTS[j]
                if t < lag:
                    x = low
                elif t < at_peak:
                    x = low * exp(rho * (at - lag))
                else:
                    past = at - at_peak
                    x = top * ((1 - slow) * exp(-alpha * past) + slow * exp(-beta * past))
                days[i, base + j], share[i, base + j] = at, x / (half + x)
                if t < lag:
                    full[i, base + j] = first * at
                elif t < at_peak:
                    rise = log1p((x - low) / (half + low)) / rho if rho > 0 else first * (at - lag)
                    full[i, base + j] = first * lag + rise
            if t >= at_peak:
                for j in range(1, 6):
                    part = 0.0
                    for m in range(6):
                        part += INTEGRAL[j, m] * share[i, base + m]
                    full[i, base + j] = total + h * part
            total = full[i, base + 5]
            t = end
            panels += 1
        most = max(most, panels)
        for j in range(5 * panels + 1, days.shape[1]):
            days[i, j], share[i, j], full[i, j] = t, share[i, 5 * panels], total
    return most


@_compiled
def _slopes(p: Floats, n: float, c: float) -> tuple[float, float]:
    """Kimmel's equations: how fast normal and CAR cells grow."""
    total = n + c
    gap = (total - p[0]) * (total - p[0])
    rate = p[3] + p[5] * gap / (p[4] * total * total + gap)
    ln_total = log(total)
    return -p[2] * n * (ln_total - p[9]), -rate * c * (ln_total - p[10])


@_compiled
def _start(p: Floats, state: Floats) -> None:
    """Begin at day 0. `state`: begin and end of the last step, the next step, values at its begin and end, slopes."""
    state[:] = 0
    state[2] = 1e-2  # days; the first step is small, and the next grow
    state[3], state[4] = p[7], p[8]
    state[6], state[7] = p[7], p[8]
    state[9], state[10] = _slopes(p, p[7], p[8])


@_compiled
def _reach(p: Floats, state: Floats, k: Floats, wanted: float, tolerance: float) -> bool:
    """Step until `wanted` lies in the last step; say whether that came to its end.

    Dormand and Prince 1980 (doi:10.1016/0771-050X(80)90013-3): order 5, with the error against order 4. Written out,
    because loops over the coefficients take three times as long. `k` (7, 3) keeps the slopes of the last step.
    """
    t, h, n, c, s = state[1], state[2], state[6], state[7], state[8]
    n1, c1 = state[9], state[10]
    half = p[6]
    for _ in range(100_000):
        if t >= wanted:
            state[1], state[2] = t, h
            state[6], state[7], state[8], state[9], state[10] = n, c, s, n1, c1
            return True
        n2, c2 = _slopes(p, n + h * (n1 / 5), c + h * (c1 / 5))
        x = c + h * (3 / 40 * c1 + 9 / 40 * c2)
        s3 = x / (half + x)
        n3, c3 = _slopes(p, n + h * (3 / 40 * n1 + 9 / 40 * n2), x)
        x = c + h * (44 / 45 * c1 - 56 / 15 * c2 + 32 / 9 * c3)
        s4 = x / (half + x)
        n4, c4 = _slopes(p, n + h * (44 / 45 * n1 - 56 / 15 * n2 + 32 / 9 * n3), x)
        x = c + h * (19372 / 6561 * c1 - 25360 / 2187 * c2 + 64448 / 6561 * c3 - 212 / 729 * c4)
        s5 = x / (half + x)
        y = n + h * (19372 / 6561 * n1 - 25360 / 2187 * n2 + 64448 / 6561 * n3 - 212 / 729 * n4)
        n5, c5 = _slopes(p, y, x)
        x = c + h * (9017 / 3168 * c1 - 355 / 33 * c2 + 46732 / 5247 * c3 + 49 / 176 * c4 - 5103 / 18656 * c5)
        s6 = x / (half + x)
        y = n + h * (9017 / 3168 * n1 - 355 / 33 * n2 + 46732 / 5247 * n3 + 49 / 176 * n4 - 5103 / 18656 * n5)
        n6, c6 = _slopes(p, y, x)
        to_c = c + h * (35 / 384 * c1 + 500 / 1113 * c3 + 125 / 192 * c4 - 2187 / 6784 * c5 + 11 / 84 * c6)
        to_n = n + h * (35 / 384 * n1 + 500 / 1113 * n3 + 125 / 192 * n4 - 2187 / 6784 * n5 + 11 / 84 * n6)
        s1, s7 = c / (half + c), to_c / (half + to_c)
        to_s = s + h * (35 / 384 * s1 + 500 / 1113 * s3 + 125 / 192 * s4 - 2187 / 6784 * s5 + 11 / 84 * s6)
        n7, c7 = _slopes(p, to_n, to_c)
        en = E1 * n1 + E3 * n3 + E4 * n4 + E5 * n5 + E6 * n6 + E7 * n7
        ec = E1 * c1 + E3 * c3 + E4 * c4 + E5 * c5 + E6 * c6 + E7 * c7
        es = E1 * s1 + E3 * s3 + E4 * s4 + E5 * s5 + E6 * s6 + E7 * s7
        wrong = max(
            abs(en) / (max(n, to_n) + 1e-6), abs(ec) / (max(c, to_c) + 1e-6 * half), abs(es) / max(1.0, to_s)
        )
        wrong *= h / tolerance
        if wrong <= 1 and isfinite(
            wrong
        ):  # not a number where a stage left the positive numbers: a smaller step
            if t + h >= wanted:
                state[0], state[3], state[4], state[5] = t, n, c, s
                k[0, 0], k[2, 0], k[3, 0], k[4, 0], k[5, 0], k[6, 0] = n1, n3, n4, n5, n6, n7
                k[0, 1], k[2, 1], k[3, 1], k[4, 1], k[5, 1], k[6, 1] = c1, c3, c4, c5, c6, c7
                k[0, 2], k[2, 2], k[3, 2], k[4, 2], k[5, 2], k[6, 2] = s1, s3, s4, s5, s6, s7
            t, n, c, s, n1, c1 = t + h, to_n, to_c, to_s, n7, c7
            h *= min(5.0, 0.9 * max(wrong, 1e-8) ** -0.2)
        else:
            h *= max(0.2, 0.9 * wrong**-0.2) if isfinite(wrong) else 0.2
    return False


@_compiled
def _inside(state: Floats, k: Floats, at: float) -> tuple[float, float, float]:
    """The values at a day within the last step."""
    h = state[1] - state[0]
    u = (at - state[0]) / h if h > 0 else 0.0
    dn, dc, ds = 0.0, 0.0, 0.0
    for m in range(7):
        w = u * (WITHIN[m, 0] + u * (WITHIN[m, 1] + u * (WITHIN[m, 2] + u * WITHIN[m, 3])))
        dn, dc, ds = dn + w * k[m, 0], dc + w * k[m, 1], ds + w * k[m, 2]
    return state[3] + h * dn, state[4] + h * dc, state[5] + h * ds


@_compiled
def kimmel_values(parameters: Floats, days: Floats, tolerance: float, values: Floats) -> bool:
    """Fill `values` (patients, times, 3): normal cells, CAR cells, integral of the share at work; `days` ascend.

    `parameters` is (patients, 11): K_N, K_C, r_N, rho_C, a, b, k_B, both starts, ln K_N and ln K_C.
    """
    state, k = np.zeros(11), np.zeros((7, 3))
    for i in range(parameters.shape[0]):
        _start(parameters[i], state)
        for j in range(days.shape[0]):
            if not _reach(parameters[i], state, k, days[j], tolerance):
                return False
            values[i, j] = _inside(state, k, days[j])
    return True


@_compiled
def kimmel_panels(
    parameters: Floats,
    tumour: Floats,
    horizon: float,
    lifetime: float,
    tolerance: float,
    days: Floats,
    share: Floats,
    full: Floats,
) -> int:
    """As `stein_panels`, for the cells of Kimmel's equations; `tumour` is (patients, 2): kill rate and growth rate."""
    state, k = np.zeros(11), np.zeros((7, 3))
    most = 0
    for i in range(parameters.shape[0]):
        p, kill, g = parameters[i], tumour[i, 0], tumour[i, 1]
        _start(p, state)
        t, total, highest, panels = 0.0, 0.0, 0.0, 0
        days[i, 0], share[i, 0], full[i, 0] = 0.0, p[8] / (p[6] + p[8]), 0.0
        while True:
            ahead = kill * total - g * t
            highest = max(highest, ahead)
            if t >= lifetime or (t >= horizon and (ahead < highest - _DONE or ahead > 4 * _CERTAIN)):
                break
            if panels == PANELS:
                return -1
            base = 5 * panels
            # Cells grow and fall within days at first and ever more slowly later: a day, then a tenth of the time.
            h = max(1.0, 0.1 * (t - 30))
            rate = kill * (share[i, base] if t > 30 else 1.0)
            h = min(h, max(_width(rate, g, ahead, highest), _LATER * (t - 30)))
            h = min(h, horizon - t if t < horizon else inf, lifetime - t)
            for j in range(1, 6):
                at = t + h * POINTS[j]
                if not _reach(p, state, k, at, tolerance):
                    return -1
                _, c, s = _inside(state, k, at)
                days[i, base + j], share[i, base + j], full[i, base + j] = at, c / (p[6] + c), s
            t, total = days[i, base + 5], full[i, base + 5]
            panels += 1
        most = max(most, panels)
        for j in range(5 * panels + 1, days.shape[1]):
            days[i, j], share[i, j], full[i, j] = t, share[i, 5 * panels], total
    return most


@_compiled
def kendall(days: Floats, share: Floats, full: Floats, rates: Floats, growth: Floats, ln_j: Floats) -> None:
    """Fill the logarithm of J, the integral of mu exp(integral of (mu - g)), of shape (patients, bands).

    `rates` (patients, bands) are the kill rates; the sum is kept relative to its greatest term, so nothing overflows.
    Past e^100 it is at least what is given: nobody survives that.
    """
    panels = (days.shape[1] - 1) // 5
    for i in range(days.shape[0]):
        g = growth[i]
        for b in range(rates.shape[1]):
            rate, top, whole = rates[i, b], -inf, 0.0
            if rate > 0:
                for panel in range(panels):
                    base = 5 * panel
                    h = days[i, base + 5] - days[i, base]
                    if h <= 0:
                        break
                    begin = rate * full[i, base] - g * days[i, base]
                    end = rate * full[i, base + 5] - g * days[i, base + 5]
                    if begin > _ENOUGH:
                        break
                    falling = share[i, base + 5] <= share[i, base]
                    if falling and begin < top - _DONE and end < begin and rate * share[i, base] < g:
                        break
                    if max(begin, end) > top:
                        whole *= exp(top - max(begin, end)) if top > -inf else 0.0
                        top = max(begin, end)
                    for j in range(6):
                        at = base + j
                        whole += (
                            h
                            * WEIGHTS[j]
                            * rate
                            * share[i, at]
                            * exp(rate * full[i, at] - g * days[i, at] - top)
                        )
            ln_j[i, b] = top + log(whole) if whole > 0 else -inf


@_compiled
def _ln_total(ln_cells: Floats, rates: Floats, growth: float, day: float, full: float) -> float:
    """The logarithm of the sum of cells over bands."""
    top = -inf
    for b in range(len(rates)):
        top = max(top, ln_cells[b] - rates[b] * full)
    if top == -inf:
        return -inf
    whole = 0.0
    for b in range(len(rates)):
        whole += exp(ln_cells[b] - rates[b] * full - top)
    return top + log(whole) + growth * day


@_compiled
def _full_at(days: Floats, full: Floats, base: int, day: float) -> float:
    """The integral of share at a day in the panel that begins at point `base`."""
    h = days[base + 5] - days[base]
    if h <= 0:
        return float(full[base])
    above, below = 0.0, 0.0
    for j in range(6):
        gap = day - days[base + j]
        if gap == 0:
            return float(full[base + j])
        above += BARYCENTRIC[j] / gap * full[base + j]
        below += BARYCENTRIC[j] / gap
    return above / below


@_compiled
def full_values(days: Floats, full: Floats, wanted: Floats, values: Floats) -> None:
    """Fill `values` (patients, times) with the integral of share at the `wanted` days, which ascend.

    `wanted` is (1, times), the same days for all, or (patients, times).
    """
    panels = (days.shape[1] - 1) // 5
    for i in range(days.shape[0]):
        panel, row = 0, i if wanted.shape[0] > 1 else 0
        for j in range(wanted.shape[1]):
            day = wanted[row, j]
            while panel < panels - 1 and days[i, 5 * panel + 5] < day:
                panel += 1
            values[i, j] = _full_at(days[i], full[i], 5 * panel, min(day, days[i, 5 * panel + 5]))


@_compiled
def crossings(
    days: Floats,
    full: Floats,
    ln_cells: Floats,
    rates: Floats,
    growth: Floats,
    start: float,
    ln_limit: Floats,
    until: float,
    found: Floats,
) -> None:
    """Fill the first day from `start` to `until` on which cells reach `ln_limit`, infinity where none; (patients,).

    `ln_cells` and `rates` are (patients, bands). Each panel is looked at at its six points: after the peak the log
    of the cells is convex, so it rises through the limit once.
    """
    panels = (days.shape[1] - 1) // 5
    for i in range(days.shape[0]):
        found[i] = inf
        g, limit = growth[i], ln_limit[i]
        before = start
        for panel in range(panels):
            base = 5 * panel
            if found[i] < inf or days[i, base] >= until:
                break
            if days[i, base + 5] <= start:
                continue
            for j in range(1, 6):
                at = min(days[i, base + j], until)
                if at < start:
                    continue
                if _ln_total(ln_cells[i], rates[i], g, at, _full_at(days[i], full[i], base, at)) >= limit:
                    low, high = max(before, days[i, base]), at
                    while high - low > 1e-7 * max(1.0, high):
                        middle = (low + high) / 2
                        inner = _full_at(days[i], full[i], base, middle)
                        if _ln_total(ln_cells[i], rates[i], g, middle, inner) >= limit:
                            high = middle
                        else:
                            low = middle
                    found[i] = high
                    break
                before = at
