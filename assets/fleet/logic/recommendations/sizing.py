"""Proposals about the size of a database and when it runs: right-sizing, auto-scaling, and schedules for development."""

from __future__ import annotations

import math
from collections.abc import Sequence

from assets.fleet.logic.recommendations import calls
from assets.fleet.logic.recommendations.proposals import Evidence, Facts, Proposal, percent
from assets.fleet.logic.recommendations.usage import AUTO_SCALING_FACTOR, WEEKS, CpuUse

LEAST_ECPUS = 2
HEADROOM = 1.2
"""What the busiest hour needed, and a fifth more: hourly means hide what is shorter."""
SATURATED_PERCENT = 90.0
"""Of what may be used: a database that reaches it in one hour of twenty lacks CPUs."""
BURSTY = 3.0
"""Peak by mean from which on capacity that is always allocated is mostly for the peak."""
_LEAST_SAVING = 0.15
_LEAST_IDLE_HOURS = 40
_LEAST_WINDOW = 6
_HISTORY = "fleet/metric_history"


def sizing(facts: Facts) -> list[Proposal] | None:
    """At most one proposal about the size; None if that cannot be judged: too little is known of its use, or of its size."""
    cpu = facts.cpu
    if not facts.can_be_scaled:
        return []
    if cpu is None:
        return None
    if cpu.percent_quantile(0.95) >= SATURATED_PERCENT:
        return [_up(facts, cpu)]
    options = [one for one in (_auto_scaling(facts, cpu), _down(facts, cpu)) if one is not None]
    return sorted(options, key=lambda one: one.cost_share or 0.0)[:1]


def scheduling(facts: Facts) -> list[Proposal] | None:
    """A schedule for a database that is not production and idles at the same hours of every week; None if that is not known."""
    if not facts.is_non_production or facts.is_standby or facts.database["is_protected"] or facts.database["is_free_tier"]:
        return []
    if facts.cpu is None:
        return None
    windows = running_hours(facts.cpu.idle_hours())
    stopped = sum(24 - (stop - start) for _, start, stop in windows)
    stopped += 24 * (7 - len(windows))
    if not windows or stopped < _LEAST_IDLE_HOURS:
        return []
    share = stopped / 168
    said = _windows(windows)
    return [
        Proposal(
            facts.id,
            "schedule",
            "stop while idle",
            "info",
            urgency=share,
            effort="low",
            title=f"Let it stop when nobody works: {stopped} hours of a week",
            reason=f"In each of the last {WEEKS} weeks CPU was at most 5 % outside of {said} (UTC). Stopped, it costs "
            "its storage alone.",
            calls=calls.schedule(facts.id, str(facts.database["region"]), windows),
            risk="Who works outside of these hours finds it stopped and has to start it; sessions are ended when it stops.",
            evidence=(
                Evidence(_HISTORY, "hours of a week that idled in every week", str(len(facts.cpu.idle_hours()))),
                Evidence(_HISTORY, "hours a week that would be saved", str(stopped)),
                Evidence(_HISTORY, "CPUs in use on average", f"{facts.cpu.mean:.2f} of {facts.cpu.allocated:g}"),
            ),
            cost_share=-share,
            cost_note="at most: the share of hours of the whole cost, of which storage stays",
        )
    ]


def running_hours(idle: Sequence[int]) -> list[tuple[int, int, int]]:
    """Per day of the week, the hours from the first to the last that is not idle: day, start, stop; a day that idles is left out.

    Of days that idle for less than six hours at both ends together, the whole day: stopping is not worth it. A schedule has no
    stop at 24:00, so that a day that is needed until midnight runs on to the next.
    """
    found = []
    for day in range(7):
        busy = [hour for hour in range(24) if day * 24 + hour not in idle]
        if not busy:
            continue
        start, stop = busy[0], busy[-1] + 1
        if 24 - (stop - start) < _LEAST_WINDOW or stop == 24:
            start, stop = 0, 24
        found.append((day, start, stop))
    return found if all(stop < 24 for _, _, stop in found) else []


def _windows(windows: Sequence[tuple[int, int, int]]) -> str:
    return ", ".join(f"{calls.DAYS[day].capitalize()[:3]} {start:02}–{stop:02}" for day, start, stop in windows)


def _needed(cpu: CpuUse) -> int:
    """Whole CPUs that the last weeks needed in their busiest hour, with headroom."""
    return max(math.ceil(round(cpu.peak * HEADROOM, 6)), LEAST_ECPUS)


def _base_with_auto_scaling(cpu: CpuUse) -> int:
    """The fewest allocated CPUs with which auto-scaling reaches what the last weeks needed."""
    return max(math.ceil(_needed(cpu) / AUTO_SCALING_FACTOR), LEAST_ECPUS)


def _evidence(cpu: CpuUse) -> tuple[Evidence, ...]:
    return (
        Evidence(_HISTORY, f"hours measured in the last {WEEKS} weeks", str(len(cpu.times))),
        Evidence(_HISTORY, "CPUs in use: mean / p95 / p99 / busiest hour",
                 f"{cpu.mean:.2f} / {cpu.quantile(0.95):.2f} / {cpu.quantile(0.99):.2f} / {cpu.peak:.2f}"),
        Evidence("fleet/databases", "CPUs allocated",
                 f"{cpu.allocated:g} {'with' if cpu.is_auto_scaling else 'without'} auto-scaling"),
    )  # fmt: skip


def _up(facts: Facts, cpu: CpuUse) -> Proposal:
    """More CPUs for what lacks them: auto-scaling if it bursts and has none, else a higher base."""
    share = float((cpu.percent >= SATURATED_PERCENT).mean())
    region = str(facts.database["region"])
    bursts = not cpu.is_auto_scaling and cpu.peak >= 2 * cpu.mean
    target = math.ceil(cpu.allocated * 1.5)
    return Proposal(
        facts.id,
        "auto-scaling" if bursts else "right-sizing",
        "more CPUs",
        "critical" if share >= 0.2 else "warning",
        urgency=min(0.5 + share, 1),
        effort="low",
        title="Turn auto-scaling on: it lacks CPUs at peaks" if bursts else f"Give it {target} ECPUs: it lacks CPUs",
        reason=f"CPU was at {SATURATED_PERCENT:g} % or more of what it may use in {percent(share)} of the hours of {WEEKS} "
        "weeks; what it would have used with more is not known.",
        calls=calls.update(facts.id, region, is_auto_scaling_enabled=True)
        if bursts
        else calls.update(facts.id, region, compute_count=float(target)),
        risk="It costs more. Look at the statements first: one of them may be the reason.",
        evidence=_evidence(cpu),
        cost_share=None if bursts else target / cpu.allocated - 1,
        cost_note="what peaks need is charged by the hour, which what was measured cannot tell"
        if bursts
        else "at most: as if all of its cost were CPUs",
    )


def _auto_scaling(facts: Facts, cpu: CpuUse) -> Proposal | None:
    """Fewer CPUs and auto-scaling, for what needs its CPUs in few hours."""
    if cpu.is_auto_scaling or cpu.mean <= 0 or cpu.peak / cpu.mean < BURSTY:
        return None
    base = _base_with_auto_scaling(cpu)
    share = cpu.charged(base) / cpu.allocated - 1
    if base >= cpu.allocated or share > -_LEAST_SAVING:
        return None
    region = str(facts.database["region"])
    idle = cpu.allocated - cpu.mean
    return Proposal(
        facts.id,
        "auto-scaling",
        "auto-scaling with fewer CPUs",
        "info",
        urgency=-share,
        effort="low",
        title=f"Allocate {base} ECPUs with auto-scaling instead of {cpu.allocated:g}",
        reason=f"It bursts: its busiest hour used {cpu.peak / cpu.mean:.1f} times its mean. Of {cpu.allocated:g} ECPUs, "
        f"{idle:.1f} idle on average; with {base} and auto-scaling it reaches {base * AUTO_SCALING_FACTOR}, and "
        f"{cpu.charged(base):.1f} would have been charged.",
        calls=(
            *calls.update(facts.id, region, is_auto_scaling_enabled=True),
            *calls.update(facts.id, region, compute_count=float(base)),
        ),
        risk=f"Bursts shorter than an hour are hidden in hourly means; {percent(HEADROOM - 1)} of headroom are for them. "
        "Concurrency of the services HIGH and MEDIUM follows the allocated ECPUs.",
        evidence=(*_evidence(cpu), Evidence(_HISTORY, "CPUs that idle on average", f"{idle:.2f}")),
        cost_share=share,
        cost_note="at most: as if all of its cost were CPUs",
    )


def _down(facts: Facts, cpu: CpuUse) -> Proposal | None:
    """Fewer CPUs, but never fewer than the last weeks needed, whatever auto-scaling would add."""
    needed = _base_with_auto_scaling(cpu) if cpu.is_auto_scaling else _needed(cpu)
    if cpu.is_auto_scaling:
        # the base is what is always there: it carries all but the busiest twentieth of the hours
        needed = max(needed, math.ceil(round(cpu.quantile(0.95), 6)))
    charged = cpu.charged(needed) / cpu.charged(cpu.allocated) if cpu.is_auto_scaling else needed / cpu.allocated
    if charged - 1 > -_LEAST_SAVING or needed >= cpu.allocated:
        return None
    reach = needed * (AUTO_SCALING_FACTOR if cpu.is_auto_scaling else 1)
    return Proposal(
        facts.id,
        "right-sizing",
        "fewer CPUs",
        "info",
        urgency=1 - charged,
        effort="low",
        title=f"Allocate {needed} ECPUs instead of {cpu.allocated:g}",
        reason=f"The busiest hour of the last {WEEKS} weeks used {cpu.peak:.1f} CPUs; {needed} reach {reach}"
        f"{' with auto-scaling' if cpu.is_auto_scaling else ''}.",
        calls=calls.update(facts.id, str(facts.database["region"]), compute_count=float(needed)),
        risk="Process memory and concurrency shrink with the ECPUs; month ends that lie further back were not looked at.",
        evidence=_evidence(cpu),
        cost_share=charged - 1,
        cost_note="at most: as if all of its cost were CPUs",
    )
