"""The payment model: what it is made of, how it is learnt, and what it says of invoices.

One distribution of the days to payment is predicted per invoice, and everything follows from it: the probabilities of being on
time, slightly late (at most 7 days) and significantly late, the day of payment, and its interval. It is a mixture of

- the party's own past invoices, moved to the circumstances of this one (what a paperless bill or a large amount changes), and
- a ridge regression on all features, shrunk towards the party's own mean, with the spread of its errors, which is worth
  `PRIOR_COUNT` invoices of the party's own,

so that a new party is judged by what it has in common with others, and a known one more and more by itself. Invoices that are
still open count too: their share of the probability moves to the days that they have not reached (Kaplan and Meier, 1958).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.invoices.logic.payments.distribution import LONGEST, BetaMap, Distribution
from assets.invoices.logic.payments.history import CIRCUMSTANCES, FEATURES, REMEMBERED, History

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

SLIGHTLY_LATE_DAYS = 7
STATUSES: Final = ("ON_TIME", "SLIGHTLY_LATE", "SIGNIFICANTLY_LATE")
PRIOR_COUNT = 5.0
"""How many of a party's own invoices the regression is worth; between 3 and 10 it makes no measurable difference."""
LEAST_INVOICES = 50
"""Paid invoices without which nothing is learnt."""
INTERVAL = 0.8
_PENALTY_OF_CIRCUMSTANCES, _PENALTY_OF_HISTORY = 5.0, 50.0
"""Weights, in invoices, of the belief that a feature changes nothing beyond the party's own mean. Much of a history says the same
in other words; circumstances are few, and a party's past invoices are moved by what is learnt of them."""
_QUANTILES = 99
_FORMAT = 1
_IMPUTATIONS = 4
_SMOOTH = 0.9
_CHUNK = 5000


class TooFewInvoices(ValueError):
    """There is too little to learn from."""


class NotAModel(ValueError):
    """The text is no stored payment model, or was changed since it was stored."""


@dataclass(frozen=True, slots=True)
class PaymentModel:
    """A learnt model.

    Attributes:
        features: Names of the features, in the order of the other vectors.
        centre: Their weighted means in the training data.
        scale: Their deviations there; 1 for what never varied.
        weights: Days per deviation.
        intercept: Days of an average invoice.
        errors: Quantiles of the regression's errors, evenly spaced, in days.
        calibration: Map of its probabilities onto calibrated ones.
        trained_before: Only facts of days before this one were used.
        invoices: How many it was learnt from; `censored` of them were still open.
        censored: See there.
    """

    features: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    errors: tuple[float, ...]
    calibration: BetaMap
    trained_before: date
    invoices: int
    censored: int

    def to_json(self) -> str:
        """As it is stored: plain numbers and a digest over them."""
        body = self._body()
        return json.dumps(body | {"digest": _digest(body)})

    @property
    def digest(self) -> str:
        """SHA-256 over everything that it consists of: its identity."""
        return _digest(self._body())

    def _body(self) -> dict[str, Any]:
        return json.loads(json.dumps({"format": _FORMAT, **asdict(self)}, default=str))  # type: ignore[no-any-return]


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def from_json(text: str) -> PaymentModel:
    """The model that was stored.

    Raises:
        NotAModel: It is something else, of another format, or not as it was stored.
    """
    try:
        body = json.loads(text)
        said = body.pop("digest")
        if body.pop("format") != _FORMAT or _digest({"format": _FORMAT, **body}) != said:
            raise NotAModel("the stored payment model is of another format or was changed since")
        lists = {name: tuple(value) for name, value in body.items() if isinstance(value, list)}
        calibration, day = BetaMap(**body["calibration"]), date.fromisoformat(body["trained_before"])
        return PaymentModel(**(body | lists | {"calibration": calibration, "trained_before": day}))
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise NotAModel(f"this is no stored payment model: {type(error).__name__}") from error


def fitted(history: History, before: date) -> PaymentModel:
    """Learn from what was known on the morning of a day: invoices paid before it, and those that were open then.

    Args:
        history: All invoices; those issued from that day on are left alone, as are later payments.
        before: The day.

    Raises:
        TooFewInvoices: Fewer than `LEAST_INVOICES` were paid by then.
    """
    rows = history.rows
    issued = (rows["issued"] < before).to_numpy()
    paid = issued & (rows["settled"] < before).fill_null(value=False).to_numpy()
    if paid.sum() < LEAST_INVOICES:
        raise TooFewInvoices(f"{int(paid.sum())} invoices were paid before {before}; {LEAST_INVOICES} are needed to learn from")
    used = np.flatnonzero(issued)
    days = np.minimum(np.where(paid, rows["days"].fill_null(0).to_numpy(), 0.0), LONGEST)[used]
    age = (pl.lit(before) - pl.col("issued")).dt.total_days().cast(pl.Float64)
    ages = np.minimum(rows.select(age).to_series().to_numpy(), LONGEST)[used]
    inputs = history.matrix()[used]
    trust = _trust(inputs)
    return replace(
        _regression(inputs, days, ages, paid[used], trust),
        trained_before=before,
        invoices=len(used),
        censored=int(len(used) - paid.sum()),
    )


def _trust(inputs: Matrix) -> Vector:
    """Weight of a training row: features of a party that nothing is known of say little of how features matter."""
    paid_before = np.expm1(inputs[:, FEATURES.index("paid_count")])
    return np.asarray(0.05 + paid_before / (paid_before + 3), dtype=np.float64)


def _regression(inputs: Matrix, days: Vector, ages: Vector, paid: Mask, trust: Vector) -> PaymentModel:
    """Ridge regression; the days of open invoices are what its own errors let expect beyond their age.

    Source: Buckley and James, "Linear regression with censored data", 1979.
    """
    centre = np.average(inputs, axis=0, weights=trust)
    deviation = np.sqrt(np.average((inputs - centre) ** 2, axis=0, weights=trust))
    scale = np.where(deviation > 1e-9, deviation, 1.0)
    standard = (inputs - centre) / scale
    target = np.where(paid, days, ages)
    use = trust * paid
    own = FEATURES.index("mean_days")
    mean = inputs[:, own]
    for _ in range(_IMPUTATIONS):
        weights, intercept = _ridge(standard, target - mean, use)
        expected = mean + standard @ weights + intercept
        errors = np.sort((days - expected)[paid])
        target = np.where(paid, days, expected + _mean_beyond(errors, ages - expected))
        use = trust
    weights[own] += scale[own]
    intercept += float(centre[own])
    spread = _weighted_quantiles(target - expected, trust)
    return PaymentModel(
        features=FEATURES,
        centre=tuple(centre.tolist()),
        scale=tuple(scale.tolist()),
        weights=tuple(weights.tolist()),
        intercept=intercept,
        errors=tuple(spread.tolist()),
        calibration=BetaMap(),
        trained_before=date.min,
        invoices=0,
        censored=0,
    )


def _ridge(standard: Matrix, target: Vector, weight: Vector) -> tuple[Vector, float]:
    """Hoerl and Kennard, 1970; the intercept is not penalised."""
    total = weight.sum()
    middle, mean = weight @ standard / total, float(weight @ target / total)
    moved = standard - middle
    weighted = moved * weight[:, None]
    penalty = np.diag([_PENALTY_OF_CIRCUMSTANCES if name in CIRCUMSTANCES else _PENALTY_OF_HISTORY for name in FEATURES])
    found = np.linalg.solve(moved.T @ weighted + penalty, weighted.T @ (target - mean))
    return found, mean - float(middle @ found)


def _mean_beyond(errors: Vector, bounds: Vector) -> Vector:
    """Mean of those sorted errors that are greater than each bound; the bound itself where none is."""
    place = np.searchsorted(errors, bounds, side="right")
    sums = np.concatenate([np.cumsum(errors[::-1])[::-1], [0.0]])
    count = len(errors) - place
    return np.where(count > 0, sums[place] / np.maximum(count, 1), bounds)


def _weighted_quantiles(values: Vector, weight: Vector) -> Vector:
    order = np.argsort(values, kind="stable")
    place = np.cumsum(weight[order]) - weight[order] / 2
    return np.interp((np.arange(_QUANTILES) + 0.5) / _QUANTILES, place / weight.sum(), values[order])


def distribution(model: PaymentModel, history: History, rows: NDArray[np.int64]) -> Distribution:
    """Distribution of the days to payment of some invoices, from what was known when each was issued.

    Args:
        model: A learnt model.
        history: All invoices.
        rows: Numbers of the rows in it that are asked for.
    """
    inputs = history.matrix()
    expected = (inputs - np.array(model.centre)) / np.array(model.scale) @ np.array(model.weights) + model.intercept
    shift = inputs[:, : len(CIRCUMSTANCES)] @ (np.array(model.weights) / np.array(model.scale))[: len(CIRCUMSTANCES)]
    days = history.rows["days"].fill_null(np.nan).to_numpy()
    issued = history.rows["issued"].dt.epoch("d").to_numpy()
    chosen = history.rows[rows]
    past, past_open = (_padded(chosen[name]) for name in ("past", "past_open"))
    parts = [np.empty((0, LONGEST + 1))]
    for start in range(0, len(rows), _CHUNK):
        these = rows[start : start + _CHUNK]
        own, waiting = past[start : start + _CHUNK], past_open[start : start + _CHUNK]
        moved = np.where(own >= 0, days[own] + shift[these][:, None] - shift[own], np.nan)
        aged = np.where(waiting >= 0, (issued[these][:, None] - issued[waiting]) + shift[these][:, None] - shift[waiting], np.nan)
        pooled = expected[these][:, None] + np.array(model.errors)[None, :]
        parts.append(_mixture(moved, aged, pooled, float(np.std(model.errors))))
    return Distribution(np.concatenate(parts)).recalibrated(model.calibration)


def _padded(lists: pl.Series) -> NDArray[np.int64]:
    """Lists of row numbers as a matrix, filled up with -1."""
    width = int(lists.list.len().max() or 0)  # type: ignore[arg-type]
    filled = np.full((len(lists), width), -1, dtype=np.int64)
    lengths = lists.list.len().to_numpy()
    filled[np.arange(width)[None, :] < lengths[:, None]] = lists.explode(empty_as_null=False).to_numpy()
    return filled


def _mixture(own: Matrix, waiting: Matrix, pooled: Matrix, deviation: float) -> Matrix:
    """Distribution function over whole days of a smoothed, weighted sample per row; nan stands for no value."""
    values = np.concatenate([own, pooled], axis=1)
    known = ~np.isnan(values)
    weight = known.astype(np.float64)
    weight[:, own.shape[1] :] = PRIOR_COUNT / pooled.shape[1]
    values = np.where(known, values, 0.0)
    base = weight.copy()
    for bound in waiting.T:
        beyond = base * (values > bound[:, None])
        left = beyond.sum(axis=1, keepdims=True)
        weight += np.divide(beyond, left, out=np.zeros_like(beyond), where=left > 0)
    counts = base.sum(axis=1)
    # Silverman's rule of thumb; the logistic kernel has the deviation π/√3
    width = np.maximum(_SMOOTH * deviation * counts ** (-1 / 5), 0.5) * np.sqrt(3) / np.pi
    weight /= weight.sum(axis=1, keepdims=True)
    return _smoothed(values, weight, width)


def _smoothed(values: Matrix, weight: Matrix, width: Vector) -> Matrix:
    """The sample is first put on whole days, which is exact enough beside the kernel, and then smoothed."""
    rows, days = len(values), LONGEST + 2
    place = np.clip(np.rint(values), 0, days - 1).astype(np.int64) + np.arange(rows)[:, None] * days
    mass = np.bincount(place.ravel(), weights=weight.ravel(), minlength=rows * days).reshape(rows, days)
    within = np.empty((rows, LONGEST + 1))
    for one in np.unique(width):
        same = width == one
        within[same] = mass[same] @ _kernel(float(one))
    return np.minimum(np.maximum.accumulate(within, axis=1), 1.0)


@lru_cache(maxsize=2 * REMEMBERED)
def _kernel(width: float) -> Matrix:
    """Day of the sample × day of the grid: logistic distribution functions. There are few widths, one per count of values."""
    day = np.arange(LONGEST + 2)[:, None]
    steps = (np.arange(LONGEST + 1)[None, :] + 0.5 - day) / width
    reached = 1 / (1 + np.exp(-np.clip(steps, -500, 500)))
    spilt = 1 / (1 + np.exp(np.minimum((day + 0.5) / width, 500)))
    # nothing is paid before its day of issue: what the kernel spills there is folded back
    return np.asarray(np.clip((reached - spilt) / (1 - spilt), 0, 1), dtype=np.float64)
