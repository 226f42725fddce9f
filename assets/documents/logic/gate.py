"""Whether a new generation may take over: its answers to the golden questions beside those of the live one."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Gate:
    """What a new generation must show.

    Attributes:
        tolerance: Share of the live generation's mean nDCG@10 that may be lost, 0 to 1.
        least_questions: Judged questions without which nothing can be said.
        without_golden_set: Let a generation pass that cannot be judged, for lack of questions.
    """

    tolerance: float = 0.02
    least_questions: int = 10
    without_golden_set: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says.

    Attributes:
        passed: Whether the new generation may take over.
        reason: Why, for people.
        questions: Judged questions that both answered.
        before: Mean nDCG@10 of the live generation; None without questions.
        after: The same of the new one.
        worst: Questions that lost most, with what they lost, greatest loss first.
    """

    passed: bool
    reason: str
    questions: int
    before: float | None
    after: float | None
    worst: tuple[tuple[str, float], ...]


def judge(gate: Gate, before: Mapping[str, float], after: Mapping[str, float], *, live_rows: int, new_rows: int) -> Verdict:
    """Hold the new generation against the live one.

    Args:
        gate: What is demanded.
        before: nDCG@10 of each golden question in the live generation.
        after: The same in the new one.
        live_rows: Passages of the live generation.
        new_rows: Passages of the new one: none while the live one has some is a failed build, whatever the questions say.
    """
    asked = sorted(before.keys() & after.keys())
    known = bool(asked)
    old = fmean(before[q] for q in asked) if known else None
    new = fmean(after[q] for q in asked) if known else None
    losses = sorted(((q, before[q] - after[q]) for q in asked if after[q] < before[q]), key=lambda lost: (-lost[1], lost[0]))

    def said(passed: bool, reason: str) -> Verdict:  # noqa: FBT001
        return Verdict(passed, reason, len(asked), old, new, tuple(losses[:_NAMED]))

    if live_rows and not new_rows:
        return said(False, _emptied(live_rows))
    if len(asked) < gate.least_questions:
        few = f"{len(asked)} judged questions, at least {gate.least_questions} are needed to compare"
        return said(gate.without_golden_set, few + ("; let through as configured" if gate.without_golden_set else ""))
    assert old is not None and new is not None  # noqa: S101, PT018 - there are questions
    least = old * (1 - gate.tolerance)
    compared = f"nDCG@10 {new:.3f} against {old:.3f} over {len(asked)} questions"
    if new < least:
        return said(False, f"{compared}: below {least:.3f}, the least that a tolerance of {gate.tolerance:.1%} allows")
    return said(True, compared)


def unanswerable(why: str, *, live_rows: int, new_rows: int) -> Verdict:
    """The verdict where the live generation cannot answer any more, as when its model is gone: whatever answers is better."""
    if live_rows and not new_rows:
        return Verdict(passed=False, reason=_emptied(live_rows), questions=0, before=None, after=None, worst=())
    reason = f"the live generation cannot answer any more ({why}), so there is nothing to compare with"
    return Verdict(passed=True, reason=reason, questions=0, before=None, after=None, worst=())


def _emptied(live_rows: int) -> str:
    return f"the new generation is empty, the live one has {live_rows:,} passages"
