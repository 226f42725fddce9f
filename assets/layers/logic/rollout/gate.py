"""Whether the functions of a wave are as healthy as they were: counts by an exact test, durations by a bound.

Counts (errors, throttles): Fisher's exact test, one-sided, of the calls since the wave against those of the windows before the
roll-out (R. A. Fisher, "Statistical Methods for Research Workers", 1934, §21.02: given how many failed in all, how many of those
that fell on the calls since follows the hypergeometric distribution). The level is divided by the number of tests (Bonferroni).
A look before the time is up, or before there is enough traffic, may only condemn, at a tenth of the level: with a much stricter
bound at early looks that of the last one need not be changed (J. L. Haybittle, "Repeated assessment of results in clinical trials
of cancer treatment", British Journal of Radiology 44, 1971). As calls fail in bursts, which the test knows nothing of, a rate has
also to be above the worst of the windows before, and above the rate before by a floor.

Durations have no distribution that one could count on: the mean since has to be above the worst window before by a share and by a
floor, after the time is up: the first calls after a change find nothing warm. A window with few calls is not the worst one: one
failed call of one would excuse everything. What CloudWatch has no value of is unknown, and what is unknown is never healthy. Nor
is a function that was called all the time, and is no longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["healthy", "unhealthy", "unknown"]
NoTraffic = Literal["hold", "proceed", "roll back"]
Step = Literal["go on", "roll back", "wait", "hold"]
_STRICTER = 10
_FEW = 10
"""Calls of which one can say nothing by themselves. Our choice."""
_FALLEN = 0.1
"""Share of the calls of the quietest window before, below which a function is not called as it was. Our choice."""


@dataclass(frozen=True, slots=True)
class GateRule:
    """When a wave is healthy. Defaults are ours.

    Attributes:
        watch_minutes: How long a wave is watched at least; windows before are as long.
        baseline_windows: How many windows before the roll-out it is held against.
        minimum_invocations: Calls that the functions of a wave must have had together.
        minimum_share: Share of the functions of a wave that must have been called, with all figures known.
        level: Chance that a healthy wave is condemned for its errors, and for its throttles.
        error_floor: Rise of the share of failed calls that matters.
        error_rate_without_baseline: Share of failed calls that is too much where nothing is known from before.
        throttle_floor: Rise of the share of throttled calls that matters.
        duration_growth: Rise of the duration that matters, as a share.
        duration_floor_ms: Rise of the duration that matters, in milliseconds.
        longest_wait_minutes: How long is waited for traffic.
        on_no_traffic: What is done then.
    """

    watch_minutes: float = 30
    baseline_windows: int = 6
    minimum_invocations: int = 50
    minimum_share: float = 0.5
    level: float = 0.01
    error_floor: float = 0.01
    error_rate_without_baseline: float = 0.05
    throttle_floor: float = 0.01
    duration_growth: float = 0.5
    duration_floor_ms: float = 50
    longest_wait_minutes: float = 24 * 60
    on_no_traffic: NoTraffic = "hold"


@dataclass(frozen=True, slots=True)
class Window:
    """What CloudWatch has of a function in a stretch of time; None is unknown.

    Attributes:
        invocations: Calls that ran.
        errors: Those of them that failed.
        throttles: Calls that were turned away.
        duration_ms: Mean, or the mean of the minutes' percentiles, by calls.
    """

    invocations: float | None = None
    errors: float | None = None
    throttles: float | None = None
    duration_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """A function, or several together, since the wave and before the roll-out."""

    name: str
    since: Window
    before: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of one function, or of all together.

    Attributes:
        figures: Of it.
        verdict: On it.
        reasons: Why it is not healthy.
    """

    figures: Figures
    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a wave.

    Attributes:
        verdict: On it.
        reasons: Why it is not healthy.
        findings: On each function, and on all together at last.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Rate:
    """Events among trials, since and before."""

    events: float
    trials: float
    before: tuple[tuple[float, float], ...]

    @property
    def rate(self) -> float:
        return self.events / self.trials if self.trials else 0.0

    @property
    def rate_before(self) -> float:
        trials = sum(n for _, n in self.before)
        return sum(e for e, _ in self.before) / trials if trials else 0.0

    @property
    def worst_before(self) -> float:
        least = _least([n for _, n in self.before])
        return max((e / n for e, n in self.before if n >= least), default=0.0)


def _least(calls: Sequence[float]) -> float:
    """Calls that a window has to have so that it is heard by itself: half of what is usual, and not few."""
    return max(_FEW, sum(calls) / len(calls) / 2) if calls else _FEW


def judge(functions: Sequence[Figures], rule: GateRule, *, earlier: Sequence[Figures] = (), early: bool = False) -> Judgement:
    """A verdict on a wave: unhealthy if any function is, or all together; unknown without enough traffic.

    Args:
        functions: That moved in this wave, and still have what they were given.
        rule: When it is healthy.
        earlier: Those of the waves before: they may condemn, and vouch for nothing.
        early: Whether the time is not up: then it may be condemned only by what is beyond doubt.
    """
    known = [not _missing(one.since) and bool(one.since.invocations) for one in functions]
    too_little = _too_little(functions, sum(known), rule)
    everybody = [*functions, *earlier]
    level = rule.level / (len(everybody) + 1) / (_STRICTER if early or too_little else 1)
    together = Figures("all together", _together([f.since for f in everybody]), _columns(everybody))
    findings = tuple(_finding(one, rule, level, early=early) for one in (*everybody, together))
    bad = tuple(f"{one.figures.name}: {why}" for one in findings if one.verdict == "unhealthy" for why in one.reasons)
    if bad:
        return Judgement("unhealthy", bad, findings)
    return Judgement("unknown", (too_little,), findings) if too_little else Judgement("healthy", (), findings)


def decide(judgement: Judgement, minutes: float, rule: GateRule) -> Step:
    """What is done after a wave that has been watched for so many minutes."""
    if judgement.verdict == "unhealthy":
        return "roll back"
    if minutes < rule.watch_minutes:
        return "wait"
    if judgement.verdict == "healthy":
        return "go on"
    if minutes < rule.longest_wait_minutes:
        return "wait"
    after: dict[NoTraffic, Step] = {"hold": "hold", "proceed": "go on", "roll back": "roll back"}
    return after[rule.on_no_traffic]


def chance(events: float, trials: float, events_before: float, trials_before: float) -> float:
    """Chance that so many events, or more, fall on these trials if they are as likely as before (Fisher's exact test)."""
    from scipy.stats import hypergeom

    found, drawn = round(min(events, trials)), round(trials)
    marked = found + round(min(events_before, trials_before))
    return float(hypergeom.sf(found - 1, drawn + round(trials_before), marked, drawn))


def _finding(figures: Figures, rule: GateRule, level: float, *, early: bool) -> Finding:
    slow = "" if early else _duration(figures, rule)
    reasons = tuple(filter(None, (_errors(figures, rule, level), _throttles(figures, rule, level), slow)))
    if reasons:
        return Finding(figures, "unhealthy", reasons)
    if missing := _missing(figures.since):
        return Finding(figures, "unknown", (f"CloudWatch has no {', '.join(missing)}",))
    return Finding(figures, "healthy", ()) if figures.since.invocations else Finding(figures, "unknown", ("it was not called",))


def _missing(window: Window) -> tuple[str, ...]:
    told = {
        "invocations": window.invocations,
        "errors": window.errors,
        "throttles": window.throttles,
        "duration": window.duration_ms,
    }
    return tuple(name for name, value in told.items() if value is None)


def _errors(figures: Figures, rule: GateRule, level: float) -> str:
    since = figures.since
    if since.errors is None or since.invocations is None:
        return ""
    before = tuple((w.errors, w.invocations) for w in figures.before if w.errors is not None and w.invocations is not None)
    return _risen("failed", _Rate(since.errors, since.invocations, before), rule.error_floor, level, rule)


def _throttles(figures: Figures, rule: GateRule, level: float) -> str:
    since = figures.since
    if since.throttles is None:
        return ""
    before = tuple((w.throttles, w.throttles + (w.invocations or 0)) for w in figures.before if w.throttles is not None)
    rate = _Rate(since.throttles, since.throttles + (since.invocations or 0), before)
    return _risen("were throttled", rate, rule.throttle_floor, level, rule)


def _risen(what: str, rate: _Rate, floor: float, level: float, rule: GateRule) -> str:
    """Why a rate is too high; empty if it is not."""
    told = f"{rate.events:g} of {rate.trials:g} calls {what}"
    trials_before = sum(n for _, n in rate.before)
    if not trials_before:
        too_high = rate.events > 0 and rate.rate > rule.error_rate_without_baseline
        return f"{told}, and nothing is known from before" if too_high else ""
    if rate.rate <= max(rate.worst_before, rate.rate_before + floor):
        return ""
    events_before = sum(e for e, _ in rate.before)
    p = chance(rate.events, rate.trials, events_before, trials_before)
    if p >= level:
        return ""
    return f"{told}, {events_before:g} of {trials_before:g} before (chance {p:.2g}, below {level:.2g})"


def _duration(figures: Figures, rule: GateRule) -> str:
    timed = [(w.invocations or 0, w.duration_ms) for w in figures.before if w.duration_ms is not None]
    least, calls = _least([n for n, _ in timed]), sum(n for n, _ in timed)
    now = figures.since.duration_ms
    if now is None or (figures.since.invocations or 0) < _FEW or not calls:
        return ""
    worst = max((ms for n, ms in timed if n >= least), default=sum(n * ms for n, ms in timed) / calls)
    if now <= worst * (1 + rule.duration_growth) or now - worst < rule.duration_floor_ms:
        return ""
    return f"calls take {now:.0f} ms, {worst:.0f} ms in the slowest window before"


def _too_little(functions: Sequence[Figures], known: int, rule: GateRule) -> str:
    calls = sum(one.since.invocations or 0 for one in functions)
    if calls < rule.minimum_invocations or not calls:
        return f"{calls:g} calls, and {max(1, rule.minimum_invocations)} are needed"
    if known < rule.minimum_share * len(functions):
        return f"of {len(functions)} functions {known} have all figures, and {rule.minimum_share:.0%} of them are needed"
    return "; ".join(filter(None, map(_fallen, functions)))


def _fallen(figures: Figures) -> str:
    """How a function is no longer called that was called in every window before; empty if it is."""
    least = min((w.invocations or 0 for w in figures.before), default=0)
    now = figures.since.invocations or 0
    if least < _FEW or now >= least * _FALLEN:
        return ""
    return f"{figures.name} had {now:g} calls, and at least {least:g} in every window before"


def _together(windows: Sequence[Window]) -> Window:
    """Several functions as one: of calls and errors those count of which both are known, and durations are weighed by calls."""
    counted = [w for w in windows if w.invocations is not None and w.errors is not None]
    throttles = [w.throttles for w in windows if w.throttles is not None]
    timed = [(w.duration_ms, w.invocations) for w in windows if w.duration_ms is not None and w.invocations]
    return Window(
        sum(w.invocations or 0 for w in counted) if counted else None,
        sum(w.errors or 0 for w in counted) if counted else None,
        sum(throttles) if throttles else None,
        sum(ms * calls for ms, calls in timed) / sum(calls for _, calls in timed) if timed else None,
    )


def _columns(functions: Sequence[Figures]) -> tuple[Window, ...]:
    most = max((len(one.before) for one in functions), default=0)
    return tuple(_together([one.before[n] for one in functions if n < len(one.before)]) for n in range(most))
