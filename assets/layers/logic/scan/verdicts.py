"""What findings weigh, and whether a layer passes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from assets.layers.logic.products import Finding, Severity, Verdict

WEIGHTS: dict[Severity, float] = {"high": 40.0, "medium": 8.0, "low": 1.0}
"""What a finding takes from 100."""
MOST_OF_A_RULE = 3
"""So many findings of one rule and severity count: the same mistake a hundred times is one mistake."""
VulnerabilityState = Literal["clean", "found", "unknown"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a scan comes to.

    Attributes:
        verdict: `failed` if a finding is high and not allowed.
        score: 100 less the weights of what is not allowed, at least 0.
        counts: Findings that are not allowed, by severity.
        allowed: Findings that the allow-list lets pass.
    """

    verdict: Verdict
    score: float
    counts: dict[Severity, int]
    allowed: int


def judged(findings: Sequence[Finding], vulnerabilities: str, *, unknown_blocks: bool = False) -> Judgement:
    """Weigh findings.

    Args:
        findings: All, the allowed ones too.
        vulnerabilities: `clean`, `found`, or `unknown` with the reason.
        unknown_blocks: Whether a layer whose vulnerabilities are unknown is `unknown` too, so that it is not published.
    """
    counting = [one for one in findings if one.allowed_until is None]
    counts: dict[Severity, int] = {severity: sum(one.severity == severity for one in counting) for severity in WEIGHTS}
    verdict: Verdict = "passed"
    if counts["high"]:
        verdict = "failed"
    elif unknown_blocks and vulnerabilities.startswith("unknown"):
        verdict = "unknown"
    return Judgement(verdict, score_of(counting), counts, len(findings) - len(counting))


def score_of(findings: Iterable[Finding]) -> float:
    """100 less the weights of these findings, at least 0."""
    groups = Counter((one.rule, one.severity) for one in findings)
    return max(0.0, 100.0 - sum(WEIGHTS[severity] * min(count, MOST_OF_A_RULE) for (_, severity), count in groups.items()))
