"""Proposals about the size of a database and when it runs: right-sizing, auto-scaling, and schedules for development."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from assets.fleet.logic.recommendations import calls
from assets.fleet.logic.recommendations.proposals import Evidence, Facts, Proposal, percent
from assets.fleet.logic.recommendations.usage import AUTO_SCALING_FACTOR, IDLE_PERCENT, WEEKS, CpuUse

LEAST_ECPUS = 2
HEADROOM = 1.2
"""What the busiest hour needed, and a fifth more: hourly means hide what is shorter."""
SATURATED_PERCENT = 90.0
"""Of what may be used: a database that reaches it in one hour of twenty lacks CPUs."""
BURSTY = 3.0
"""Peak by mean from which on capacity that is always allocated is mostly for the peak."""
_LEAST_SAVING = 0.15
_LEAST_IDLE_HOURS = 40
_LEAST_WINDOW, _WEEK = 6, 168
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
    pauses = idle_times(facts.cpu.idle_hours())
    stopped = sum(hours for _, hours in pauses)
    if stopped < _LEAST_IDLE_HOURS:
        return []
    share, region = stopped / _WEEK, str(facts.database["region"])
    always = stopped == _WEEK
    return [
        Proposal(
            facts.id,
            "schedule",
            "stop while idle",
            "info",
            urgency=share,
            effort="low",
            title="Stop it: nobody uses it" if always else f"Let it stop when nobody works: {stopped} hours of a week",
            reason=f"In each of the last {WEEKS} weeks CPU was at most {IDLE_PERCENT:g} % {_said(pauses)}. Stopped, it costs its "
            "storage alone.",
            calls=(calls.stop(facts.id, region),) if always else calls.schedule(facts.id, region, _operations(pauses)),
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


def idle_times(idle: Collection[int]) -> list[tuple[int, int]]:
    """Stretches of idle hours that are worth a stop: their first hour of the week (0 is Monday 00:00) and how many hours.

    Those of less than six hours are not. A day of the service's schedule has one start and one stop: of stretches that would
    need two, the shorter is left out.
    """
    if len(idle) == _WEEK:
        return [(0, _WEEK)]
    begins = [hour for hour in idle if (hour - 1) % _WEEK not in idle]
    lengths = [(begin, next(n for n in range(1, _WEEK) if (begin + n) % _WEEK not in idle)) for begin in begins]
    kept: list[tuple[int, int]] = []
    for begin, hours in sorted(lengths, key=lambda one: -one[1]):
        stops, starts = {b // 24 for b, _ in kept}, {(b + n) % _WEEK // 24 for b, n in kept}
        if hours >= _LEAST_WINDOW and begin // 24 not in stops and (begin + hours) % _WEEK // 24 not in starts:
            kept.append((begin, hours))
    return sorted(kept)


def _operations(pauses: Sequence[tuple[int, int]]) -> list[tuple[int, int | None, int | None]]:
    """Day of the week, hour of its start and of its stop."""
    stops = {begin // 24: begin % 24 for begin, _ in pauses}
    starts = {end // 24: end % 24 for end in ((begin + hours) % _WEEK for begin, hours in pauses)}
    return [(day, starts.get(day), stops.get(day)) for day in sorted({*stops, *starts})]


def _said(pauses: Sequence[tuple[int, int]]) -> str:
    if pauses == [(0, _WEEK)]:
        return "at any hour"
    return "from " + ", ".join(f"{_hour(begin)} to {_hour((begin + hours) % _WEEK)}" for begin, hours in pauses) + " (UTC)"


def _hour(hour: int) -> str:
    return f"{calls.DAYS[hour // 24].capitalize()[:3]} {hour % 24:02}:00"


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
