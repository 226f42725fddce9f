"""Whether a newly learnt payment model may replace the one in use: both are held against invoices that neither learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.invoices.logic.payments.model import SLIGHTLY_LATE_DAYS

Matrix = NDArray[np.float64]


class Incomplete(ValueError):
    """A model has not predicted every invoice that it is to be judged by."""


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
        incumbent: Identity of the model in use; None if there is none.
        candidate: Identity of the new one.
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


@dataclass(frozen=True, slots=True)
class Contender:
    """A model that takes part, of whatever engine.

    Attributes:
        identity: Its name or digest.
        trained_before: Only facts of days before this one were learnt from.
        predictions: invoice_id, on_time, slightly_late, significantly_late, of all invoices of the `window` at least.
    """

    identity: str
    trained_before: date
    predictions: pl.DataFrame


def window(rows: pl.DataFrame, since: date, today: date) -> pl.DataFrame:
    """The invoices to judge models by, that were trained before a day: issued from it on, and their status is settled by now.

    A status is settled once the invoice is more than 7 days past its due date, paid or not. Waiting that long for all of them
    keeps the quick payments, which are known first, from making up the picture.

    Args:
        rows: invoice_id, issued, due, settled.
        since: The day, the later one of both models'.
        today: The day of the decision.
    """
    settled = pl.col("due") < today - timedelta(days=SLIGHTLY_LATE_DAYS)
    return rows.filter((pl.col("issued") >= since) & settled).sort("invoice_id")


def judged(candidate: Contender, incumbent: Contender | None, rows: pl.DataFrame, today: date, gate: Gate) -> Verdict:
    """Compare two models on the invoices of their `window`.

    To judge a way of training before it learns from the newest data, let the candidate be trained before a window that lies
    behind; what passes may then be trained on everything.

    Args:
        candidate: The new model.
        incumbent: The one in use; None if there is none yet.
        rows: All invoices; payments from today on are not looked at.
        today: The day of the decision.
        gate: What is demanded.

    Raises:
        Incomplete: A model has not predicted all of them.
    """
    if incumbent is None or candidate.identity == incumbent.identity:
        reason = "there is no model in use" if incumbent is None else "it is the model in use"
        used = None if incumbent is None else incumbent.identity
        return Verdict(incumbent is None, reason, 0, None, None, None, None, used, candidate.identity)
    chosen = window(rows, max(candidate.trained_before, incumbent.trained_before), today)
    days = sorted(chosen["issued"].to_list())
    came = _cumulative_status(chosen, today)
    before, after = (_ranked_score(one, chosen, came) for one in (incumbent, candidate))
    better, reason = _decision(before, after, chosen.height, gate)
    return Verdict(
        replaced=better,
        reason=reason,
        invoices=chosen.height,
        first_issue=days[0] if days else None,
        last_issue=days[-1] if days else None,
        before=before,
        after=after,
        incumbent=incumbent.identity,
        candidate=candidate.identity,
    )


def _decision(before: float | None, after: float | None, invoices: int, gate: Gate) -> tuple[bool, str]:
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


def _ranked_score(contender: Contender, chosen: pl.DataFrame, came: Matrix) -> float | None:
    """Epstein, "A scoring system for probability forecasts of ranked categories", 1969; divided by the thresholds, 2."""
    if chosen.is_empty():
        return None
    said = chosen.select("invoice_id").join(contender.predictions, on="invoice_id", how="left", maintain_order="left")
    unknown = said.filter(pl.col("on_time").is_null() | pl.col("slightly_late").is_null()).height
    if unknown:
        raise Incomplete(f"{contender.identity} has not predicted {unknown} of {said.height} invoices")
    cumulative = said.select("on_time", nearly=pl.col("on_time") + pl.col("slightly_late")).to_numpy()
    return float(((cumulative - came) ** 2).mean())
