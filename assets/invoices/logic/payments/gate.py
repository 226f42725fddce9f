"""Whether a newly learnt payment model may replace the one in use: both are held against invoices that neither learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.invoices.logic.payments.distribution import Distribution
from assets.invoices.logic.payments.history import History
from assets.invoices.logic.payments.model import SLIGHTLY_LATE_DAYS, PaymentModel, distribution
from assets.invoices.logic.payments.validation import status_probabilities, terms_of

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gate:
    """What a candidate must show.

    Attributes:
        least_invoices: Judged invoices without which nothing changes.
        margin: Share of the incumbent's score by which the candidate must be better, 0 to 1.
    """

    least_invoices: int = 30
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says.

    Attributes:
        replaced: Whether the candidate takes over.
        reason: Why, for people.
        invoices: How many both were judged on.
        first_issue: First day of issue among them; None without any.
        last_issue: Last one.
        before: Ranked probability score of the incumbent over the three statuses (0 is perfect); None where not measured.
        after: The same of the candidate.
        incumbent: Digest of the model in use; None if there is none.
        candidate: Digest of the new one.
    """

    replaced: bool
    reason: str
    invoices: int
    first_issue: date | None
    last_issue: date | None
    before: float | None
    after: float | None
    incumbent: str | None
    candidate: str

    def journal_entry(self, today: date) -> dict[str, Any]:
        """As it is journalled: what was decided, when, and on what grounds."""
        return {
            "day": today,
            "action": "replaced" if self.replaced else "kept",
            "incumbent": self.incumbent,
            "candidate": self.candidate,
            "invoices": self.invoices,
            "first_issue": self.first_issue,
            "last_issue": self.last_issue,
            "score_before": self.before,
            "score_after": self.after,
            "reason": self.reason,
        }


def judged(candidate: PaymentModel, incumbent: PaymentModel | None, history: History, today: date, gate: Gate) -> Verdict:
    """Compare two models on the invoices issued after both were trained, whose status is settled by now.

    An invoice counts once it is more than 7 days past its due date: paid or not, its status is then known. To judge a new way
    of training before it learns from the newest data, pass a candidate that was trained before a window that lies behind.

    Args:
        candidate: The new model.
        incumbent: The one in use; None if there is none yet.
        history: All invoices; payments from today on are not looked at.
        today: The day of the decision.
        gate: What is demanded.
    """
    if incumbent is None:
        return Verdict(True, "there is no model in use", 0, None, None, None, None, None, candidate.digest)
    if candidate.digest == incumbent.digest:
        return Verdict(False, "it is the model in use", 0, None, None, None, None, incumbent.digest, candidate.digest)
    since = max(candidate.trained_before, incumbent.trained_before)
    decided = (pl.col("issued") >= since) & (pl.col("due") < today - timedelta(days=SLIGHTLY_LATE_DAYS))
    rows = history.rows.select(pl.arg_where(decided)).to_series().to_numpy().astype(np.int64)
    of_them = history.rows[rows]
    days = sorted(of_them["issued"].to_list())
    came = _cumulative_status(of_them, today)
    scores = [_ranked_score(distribution(model, history, rows), of_them, came) for model in (incumbent, candidate)]
    better, reason = _decision(scores, len(rows), gate)
    before, after = scores
    return Verdict(
        replaced=better,
        reason=reason,
        invoices=len(rows),
        first_issue=days[0] if days else None,
        last_issue=days[-1] if days else None,
        before=before,
        after=after,
        incumbent=incumbent.digest,
        candidate=candidate.digest,
    )


def _decision(scores: list[float | None], invoices: int, gate: Gate) -> tuple[bool, str]:
    before, after = scores
    if before is None or after is None or invoices < gate.least_invoices:
        return False, f"only {invoices} invoices can be judged by; {gate.least_invoices} are needed"
    bound = before * (1 - gate.margin)
    if after < bound:
        return True, f"its ranked probability score of {after:.4f} is below {bound:.4f} on {invoices} later invoices"
    return False, f"its ranked probability score of {after:.4f} is not below {bound:.4f} on {invoices} later invoices"


def _cumulative_status(rows: pl.DataFrame, today: date) -> Matrix:
    """Invoices × 2: whether it was on time, and whether at most slightly late."""
    settled = pl.when(pl.col("settled") < today).then(pl.col("settled"))
    over = (settled - pl.col("due")).dt.total_days()
    found = rows.select(on_time=(over <= 0).fill_null(value=False), nearly=(over <= SLIGHTLY_LATE_DAYS).fill_null(value=False))
    return found.to_numpy().astype(np.float64)


def _ranked_score(predicted: Distribution, rows: pl.DataFrame, came: Matrix) -> float | None:
    """Epstein, "A scoring system for probability forecasts of ranked categories", 1969; divided by the thresholds, 2."""
    if not len(came):
        return None
    said = status_probabilities(predicted, terms_of(rows))[:, :2].cumsum(axis=1)
    return float(((said - came) ** 2).mean())
