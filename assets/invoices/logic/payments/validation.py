"""How well payments are predicted: always on invoices issued after everything that was learnt from, beside simple baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from statistics import fmean
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.invoices.logic.payments.distribution import Distribution, fitted_map
from assets.invoices.logic.payments.history import History
from assets.invoices.logic.payments.model import (
    INTERVAL,
    SLIGHTLY_LATE_DAYS,
    PaymentModel,
    TooFewInvoices,
    distribution,
    fitted,
)

Vector = NDArray[np.float64]
Rows = NDArray[np.int64]

_ORIGINS = (0.4, 0.55, 0.7, 0.85)
"""Shares of the training invoices after which a model is fitted to judge, or calibrate, the next ones."""
_MOST_TRANSFORMS = 2000
"""Invoices per origin from which calibration is learnt, evenly spaced: the two numbers of its map need no more."""
_LEAST_JUDGED = 20
_MATURE = 0.95
_BINS = 10


@dataclass(frozen=True, slots=True)
class Scores:
    """What was measured on invoices that were issued from a day on and have been paid.

    Attributes:
        before: That day: everything learnt is older.
        invoices: How many were predicted.
        late_share: Share of them that was paid late.
        auc_late: Area under the ROC curve of the probability of being late; None if all or none were.
        brier: Mean squared error of that probability.
        accuracy: Share for which the more probable of late and not late came.
        accuracy_of_status: Share for which the most probable of the three statuses came.
        mae_days: Mean absolute error of the days to payment.
        coverage: Share of the intervals that held the day of payment; they promise `INTERVAL`.
        width_days: Mean width of the intervals that end.
        auc_logistic: `auc_late` of a logistic regression on the same features.
        brier_logistic: `brier` of it.
        mae_customer_mean: `mae_days` of each party's own mean, or that of all for a new party.
        brier_rate: `brier` of the share that was late before.
        probabilities: Predicted probability of being late, per invoice, for reliability diagrams.
        outcomes: Whether it was late.
    """

    before: date
    invoices: int
    late_share: float
    auc_late: float | None
    brier: float
    accuracy: float
    accuracy_of_status: float
    mae_days: float
    coverage: float
    width_days: float
    auc_logistic: float | None
    brier_logistic: float | None
    mae_customer_mean: float
    brier_rate: float
    probabilities: tuple[float, ...] = field(repr=False)
    outcomes: tuple[bool, ...] = field(repr=False)


def calibrated(history: History, before: date) -> PaymentModel:
    """A fitted model whose probabilities were calibrated in order of time.

    Models fitted up to several earlier days say how probable the days of later payments were; the map that makes those
    probabilities uniform is put behind the model that has learnt from everything before `before`.

    Raises:
        TooFewInvoices: Too few were paid by then.
    """
    model = fitted(history, before)
    return replace(model, calibration=fitted_map(_transforms(history, before)))


def _transforms(history: History, before: date) -> Vector:
    """Predicted probability of what came. Only invoices so old that nearly all are paid: of younger ones only the quick are."""
    rows = history.rows
    paid = rows.filter(pl.col("settled") < before)
    usual = paid["days"].quantile(_MATURE) or 0.0
    mature = before - timedelta(days=round(usual))
    origins = _origins(rows.filter(pl.col("issued") < mature)["issued"])
    found = [np.empty(0)]
    for origin, until in zip(origins, [*origins[1:], mature], strict=True):
        try:
            model = fitted(history, origin)
        except TooFewInvoices:
            continue
        chosen = _numbers(rows, (pl.col("issued") >= origin) & (pl.col("issued") < until))
        if not len(chosen):
            continue
        chosen = chosen[:: -(-len(chosen) // _MOST_TRANSFORMS)]
        predicted = distribution(model, history, chosen)
        of_them = rows[chosen]
        age = (pl.lit(before) - pl.col("issued")).dt.total_days()
        is_paid = (pl.col("settled") < before).fill_null(value=False)
        seen = of_them.select(is_paid, pl.when(is_paid).then("days").otherwise(age).alias("days").cast(pl.Float64))
        known, days = seen["settled"].to_numpy(), seen["days"].to_numpy()
        # a whole day is the middle of what it covers; what is still open lies evenly beyond its age
        at, earlier = predicted.at(days), predicted.at(days - 1)
        found.append(np.where(known, (at + earlier) / 2, (1 + at) / 2))
    return np.concatenate(found)


def _origins(issued: pl.Series) -> list[date]:
    ordered = issued.sort()
    return sorted({ordered[int(len(ordered) * share)] for share in _ORIGINS}) if len(ordered) else []


def _numbers(rows: pl.DataFrame, condition: pl.Expr) -> Rows:
    return rows.select(pl.arg_where(condition)).to_series().to_numpy().astype(np.int64)


def scored(history: History, before: date, until: date | None = None) -> Scores:
    """Train before a day and test on what was issued from it on, with the baselines fitted on the same.

    Args:
        history: All invoices.
        before: The day.
        until: Test only those issued before this day.

    Raises:
        TooFewInvoices: There is too little to learn from, or nothing to test on.
    """
    rows = history.rows
    judged = pl.col("issued").ge(before) & pl.col("is_late").is_not_null()
    test = _numbers(rows, judged & (pl.col("issued") < until) if until else judged)
    if not len(test):
        raise TooFewInvoices(f"no invoice that was issued from {before} on and paid could be tested on")
    predicted = distribution(calibrated(history, before), history, test)
    came = rows[test]
    days, late = came["days"].to_numpy(), came["is_late"].to_numpy().astype(np.float64)
    statuses = status_probabilities(predicted, terms_of(came))
    probability = 1 - statuses[:, 0]
    lower, upper = interval(predicted)
    training = _numbers(rows, (pl.col("issued") < before) & (pl.col("settled") < before) & pl.col("is_late").is_not_null())
    logistic = _logistic(history, training, test)
    rate = float(rows[training]["is_late"].mean() or 0.0)  # type: ignore[arg-type]
    return Scores(
        before=before,
        invoices=len(test),
        late_share=float(late.mean()),
        auc_late=_auc(late, probability),
        brier=_brier(late, probability),
        accuracy=float(((probability > 0.5) == (late > 0)).mean()),
        accuracy_of_status=float((statuses.argmax(axis=1) == _statuses(came)).mean()),
        mae_days=float(np.abs(point(predicted) - days).mean()),
        coverage=float(((days >= lower) & ~(days > upper)).mean()),
        width_days=float(np.nanmean(upper - lower)),
        auc_logistic=None if logistic is None else _auc(late, logistic),
        brier_logistic=None if logistic is None else _brier(late, logistic),
        mae_customer_mean=float(np.abs(_own_means(rows[training], came) - days).mean()),
        brier_rate=_brier(late, np.full(len(late), rate)),
        probabilities=tuple(probability.tolist()),
        outcomes=tuple((late > 0).tolist()),
    )


def terms_of(rows: pl.DataFrame) -> Vector:
    """Days from issue to due date; nan where there is none."""
    days = (pl.col("due") - pl.col("issued")).dt.total_days().cast(pl.Float64).fill_null(np.nan)
    return rows.select(days.alias("terms")).to_series().to_numpy()


def status_probabilities(predicted: Distribution, terms: Vector) -> NDArray[np.float64]:
    """Invoices × `STATUSES`; nan where no due date is known."""
    on_time, nearly = predicted.at(terms), predicted.at(terms + SLIGHTLY_LATE_DAYS)
    return np.column_stack([on_time, nearly - on_time, 1 - nearly])


def point(predicted: Distribution) -> Vector:
    """Days to payment: the median, which has the least absolute error; the longest that is told apart where it lies beyond."""
    return np.nan_to_num(predicted.quantile(0.5), nan=float(predicted.within.shape[1]))


def interval(predicted: Distribution) -> tuple[Vector, Vector]:
    """First and last whole day of the interval that holds `INTERVAL` of the payments; the last is nan beyond the longest."""
    return np.floor(predicted.quantile(0.5 - INTERVAL / 2) + 0.5), np.floor(predicted.quantile(0.5 + INTERVAL / 2) + 0.5)


def _statuses(rows: pl.DataFrame) -> NDArray[np.int64]:
    over = (pl.col("settled") - pl.col("due")).dt.total_days()
    status = (over > 0).cast(pl.Int64) + (over > SLIGHTLY_LATE_DAYS).cast(pl.Int64)
    return rows.select(status).to_series().to_numpy()


def _logistic(history: History, training: Rows, test: Rows) -> Vector | None:
    """None if the training invoices were all late or all not."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs, late = history.matrix(), history.rows["is_late"].fill_null(value=False).to_numpy()
    if len(np.unique(late[training])) < 2:
        return None
    learnt = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(inputs[training], late[training])
    return np.asarray(learnt.predict_proba(inputs[test])[:, 1], dtype=np.float64)


def _own_means(training: pl.DataFrame, came: pl.DataFrame) -> Vector:
    means = training.group_by("party").agg(own=pl.col("days").mean())
    joined = came.select("party").join(means, on="party", how="left", maintain_order="left")
    return joined["own"].fill_null(training["days"].mean()).to_numpy()


def _brier(late: Vector, probability: Vector) -> float:
    return float(((late - probability) ** 2).mean())


def _auc(late: Vector, score: Vector) -> float | None:
    """Probability that a late invoice has a higher score than one that is not (Mann and Whitney)."""
    positives = int(late.sum())
    if not 0 < positives < len(late):
        return None
    ranks = pl.Series(score).rank("average").to_numpy()
    return float((ranks[late > 0].sum() - positives * (positives + 1) / 2) / (positives * (len(late) - positives)))


def reliability(scores: Sequence[Scores]) -> list[dict[str, float]]:
    """Predicted and observed share of late invoices over several tests, in bins of about equal counts, the least probable first.

    Returns:
        `predicted`, `observed` and `invoices` per bin.
    """
    probability = np.array([p for one in scores for p in one.probabilities])
    late = np.array([outcome for one in scores for outcome in one.outcomes], dtype=np.float64)
    parts = [part for part in np.array_split(np.argsort(probability, kind="stable"), _BINS) if len(part)]
    return [
        {"predicted": float(probability[p].mean()), "observed": float(late[p].mean()), "invoices": float(len(p))} for p in parts
    ]


def rolling_scores(history: History, before: date) -> list[Scores]:
    """Scores of models fitted at several days, each on the invoices up to the next; what is known before `before` is used."""
    known = history.rows.filter((pl.col("issued") < before) & (pl.col("settled") < before))
    origins = _origins(known["issued"])
    seen = History(
        history.rows.with_columns(
            is_late=pl.when(pl.col("settled") < before).then("is_late"),
            days=pl.when(pl.col("settled") < before).then("days"),
            settled=pl.when(pl.col("settled") < before).then("settled"),
        )
    )
    found = []
    for origin, until in zip(origins, [*origins[1:], before], strict=True):
        try:
            one = scored(seen, origin, until)
        except TooFewInvoices:
            continue
        if one.invoices >= _LEAST_JUDGED:
            found.append(one)
    return found


def model_card(model: PaymentModel, history: History) -> dict[str, Any]:
    """What everybody should know of a model, as plain JSON: data, features, measured quality with the baselines, identity.

    Every figure of quality is None if there was too little to measure on.
    """
    before = model.trained_before
    used = history.rows.filter(pl.col("issued") < before)
    scores = rolling_scores(history, before)
    return {
        "digest": model.digest,
        "trained_before": before.isoformat(),
        "first_issue": _iso(used["issued"].min()),
        "last_issue": _iso(used["issued"].max()),
        "invoices": model.invoices,
        "open_then": model.censored,
        "parties": used["party"].n_unique(),
        "features": list(model.features),
        "interval_promises": INTERVAL,
        "calibration": asdict(model.calibration),
        "validation": "rolling origin: trained before each day, tested on the invoices issued from it to the next",
        "origins": [one.before.isoformat() for one in scores],
        **{name: _mean([getattr(one, name) for one in scores]) for name in _AVERAGED},
        "tested_invoices": sum(one.invoices for one in scores),
        "reliability": reliability(scores),
    }


_AVERAGED = tuple(name for name in Scores.__dataclass_fields__ if name not in ("before", "invoices", "probabilities", "outcomes"))


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _iso(day: object) -> str | None:
    return day.isoformat() if isinstance(day, date) else None
