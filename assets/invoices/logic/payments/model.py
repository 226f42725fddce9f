"""The payment model: what it is made of, how it is learnt, and what it says of invoices.

Days to payment are the party's habit, plus what the circumstances of the invoice change (a paperless bill, a large amount), plus
an error. The model holds how habits differ between parties, how errors differ between invoices, and the days per circumstance.
Of each party it works out by Bayes' rule which habits are likely, and whether it pays more or less regularly than others, from
its invoices that were paid by then, and from those still open, which say what they have outlasted. So a new party is judged by
all others, and a known one more and more by itself, however the errors are distributed: one late payment in a row of prompt ones
is a likely error, and moves the habit less than it moves a mean. Everything follows from the one distribution that results: the
probabilities of being on time, slightly late (at most 7 days) and significantly late, the day of payment, and its interval.

Source: Robbins, "An empirical Bayes approach to statistics", 1956.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.invoices.logic.payments.distribution import LONGEST, BetaMap, Distribution
from assets.invoices.logic.payments.history import CIRCUMSTANCES, History

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

SLIGHTLY_LATE_DAYS = 7
STATUSES: Final = ("ON_TIME", "SLIGHTLY_LATE", "SIGNIFICANTLY_LATE")
LEAST_INVOICES = 50
"""Paid invoices without which nothing is learnt."""
INTERVAL = 0.8
_PENALTY = 5.0
"""Weight, in invoices, of the belief that a circumstance changes nothing."""
_REGULARITIES = (0.7, 1.0, 1.4)
"""By what the errors of a party may be smaller or greater than others', each as likely before anything is known of it."""
_HALF_LIFE_DAYS = 365.0
"""After so long an invoice counts half as evidence of what its party does: habits change."""
_SMOOTH = 1.5
"""Kernel width in units of Silverman's rule of thumb, whose 0.9 is for one sample; here every party has errors of its own."""
_PRIOR_COUNTS = (0.1, 50.0)
_QUANTILES = 99
_FORMAT = 2
_IMPUTATIONS = 4
_CHUNK = 5000


class TooFewInvoices(ValueError):
    """There is too little to learn from."""


class NotAModel(ValueError):
    """The text is no stored payment model, or was changed since it was stored."""


@dataclass(frozen=True, slots=True)
class PaymentModel:
    """A learnt model.

    Attributes:
        features: Names of the circumstances, in the order of the other vectors.
        centre: Their means in the training data.
        scale: Their deviations there; 1 for what never varied.
        weights: Days per deviation.
        habits: Quantiles of the parties' habits, evenly spaced: usual days to payment in mean circumstances.
        habits_width: Width in days of the logistic kernel that smooths them.
        errors: Quantiles of the days by which a payment deviates from the party's habit.
        errors_width: Width in days of the kernel that smooths those.
        unexplained: Share of invoices that no habit explains: paid on any day, or never.
        calibration: Map of its probabilities onto calibrated ones.
        trained_before: Only facts of days before this one were used.
        invoices: How many it was learnt from; `censored` of them were still open.
        censored: See there.
    """

    features: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    habits: tuple[float, ...]
    habits_width: float
    errors: tuple[float, ...]
    errors_width: float
    unexplained: float
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
    party = np.unique(rows["party"].to_numpy()[used], return_inverse=True)[1]
    return replace(
        _learnt(_circumstances(history)[used], days, ages, paid[used], party),
        trained_before=before,
        invoices=len(used),
        censored=int(len(used) - paid.sum()),
    )


def _circumstances(history: History) -> Matrix:
    return history.rows.select(CIRCUMSTANCES).to_numpy().astype(np.float64)


def _learnt(inputs: Matrix, days: Vector, ages: Vector, paid: Mask, party: Rows) -> PaymentModel:
    """Regression with a random intercept per party; days of open invoices are what its own errors let expect beyond their age.

    Open invoices that waited for longer than errors explain are likely never to be paid, and count the less.

    Sources: Fuller and Battese, "Transformations for estimation of linear models with nested-error structure", 1973; Buckley and
    James, "Linear regression with censored data", 1979; Farewell, "The use of mixture models for the analysis of survival data
    with long-term survivors", 1982.
    """
    centre, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    scale = np.where(deviation > 1e-9, deviation, 1.0)
    standard = (inputs - centre) / scale
    design = np.column_stack([np.ones(len(inputs)), standard])
    penalty = np.diag([0.0] + [_PENALTY] * len(CIRCUMSTANCES))
    weights, expected = np.zeros(len(CIRCUMSTANCES)), np.full(len(days), days[paid].mean())
    unexplained = 0.5 * (1 - paid.mean())
    for _ in range(_IMPUTATIONS):
        known = np.sort((days - expected)[paid])
        target = np.where(paid, days, expected + _mean_beyond(known, ages - expected))
        waits = (1 - unexplained) * (len(known) - np.searchsorted(known, ages - expected) + 0.5) / (len(known) + 1)
        trust = np.where(paid, 1.0, waits / (waits + unexplained))
        unexplained = (float((1 - trust).sum()) + 0.5) / (len(days) + 1)
        counts = np.bincount(party, trust)
        prior_count = _prior_count(target - standard @ weights, party, trust)
        share = 1 - np.sqrt(prior_count / (prior_count + counts))
        moved, aim = (of - (share * _means(of, party, trust).T).T[party] for of in (design, target))
        intercept, *found = np.linalg.solve((moved.T * trust) @ moved + penalty, (moved.T * trust) @ aim)
        weights = np.array(found)
        own = _means(target - standard @ weights, party, trust)
        habits = (counts * own + prior_count * intercept) / (counts + prior_count)
        expected = habits[party] + standard @ weights
    # a mean lies closer to the values that it is the mean of than to others
    errors = (target - expected) / np.sqrt(1 - 1 / (np.maximum(counts, 1) + prior_count))[party]
    errors = errors[trust > 0.5]
    levels = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    return PaymentModel(
        features=CIRCUMSTANCES,
        centre=tuple(centre.tolist()),
        scale=tuple(scale.tolist()),
        weights=tuple(weights.tolist()),
        habits=tuple(np.quantile(habits, levels).tolist()),
        habits_width=_kernel_width(habits),
        errors=tuple(np.quantile(errors, levels).tolist()),
        errors_width=_SMOOTH * _kernel_width(errors),
        unexplained=unexplained,
        calibration=BetaMap(),
        trained_before=date.min,
        invoices=0,
        censored=0,
    )


def _means(values: NDArray[np.float64], party: Rows, trust: Vector) -> NDArray[np.float64]:
    """Weighted mean per party of a vector, or of each column of a matrix."""
    sums = np.zeros((int(party.max()) + 1, *values.shape[1:]))
    np.add.at(sums, party, (values.T * trust).T)
    return (sums.T / np.bincount(party, trust)).T


def _prior_count(values: Vector, party: Rows, trust: Vector) -> float:
    """How many invoices of its own the mean of all is worth to a party: variance within parties over variance between them.

    By the moments of a one-way random-effects model (Searle, Casella and McCulloch, Variance Components, 1992, §3.6).
    """
    counts, means = np.bincount(party, trust), _means(values, party, trust)
    total, parties = float(trust.sum()), len(counts)
    if not 1 < parties < total:
        return 1.0
    within = float(trust @ (values - means[party]) ** 2) / (total - parties)
    explained = float(counts @ (means - trust @ values / total) ** 2) - (parties - 1) * within
    between = explained / (total - float(counts @ counts) / total)
    return float(np.clip(within / between, *_PRIOR_COUNTS)) if between > 0 else _PRIOR_COUNTS[1]


def _kernel_width(values: Vector) -> float:
    """Silverman, Density Estimation, 1986, §3.4.2; the logistic kernel has the deviation π/√3."""
    width: float = 0.9 * float(values.std()) * len(values) ** (-0.2)
    return max(width, 0.5) * math.sqrt(3) / math.pi


def _mean_beyond(errors: Vector, bounds: Vector) -> Vector:
    """Mean of those sorted errors that are greater than each bound; the bound itself where none is."""
    place = np.searchsorted(errors, bounds, side="right")
    sums = np.concatenate([np.cumsum(errors[::-1])[::-1], [0.0]])
    count = len(errors) - place
    return np.where(count > 0, sums[place] / np.maximum(count, 1), bounds)


def distribution(model: PaymentModel, history: History, rows: Rows) -> Distribution:
    """Distribution of the days to payment of some invoices, from what was known when each was issued.

    Args:
        model: A learnt model.
        history: All invoices.
        rows: Numbers of the rows in it that are asked for.
    """
    shift = (_circumstances(history) - np.array(model.centre)) / np.array(model.scale) @ np.array(model.weights)
    days = history.rows["days"].fill_null(np.nan).to_numpy()
    issued = history.rows["issued"].dt.epoch("d").to_numpy()
    chosen = history.rows[rows]
    past, past_open = (_padded(chosen[name]) for name in ("past", "past_open"))
    laws = [_law(model, regularity) for regularity in _REGULARITIES]
    parts = [np.empty((0, LONGEST + 1))]
    for start in range(0, len(rows), _CHUNK):
        these = rows[start : start + _CHUNK, None]
        own, waiting = past[start : start + _CHUNK], past_open[start : start + _CHUNK]
        # what is paid before today is known; so what is open was not paid within its age less one day
        paid = _evidence(
            days[own] + shift[these] - shift[own], 0.5 ** ((issued[these] - issued[own]) / _HALF_LIFE_DAYS), own >= 0
        )
        age = issued[these] - issued[waiting]
        unpaid = _evidence(age - 1 + shift[these] - shift[waiting], 0.5 ** (age / _HALF_LIFE_DAYS), waiting >= 0)
        parts.append(_predictive(laws, _log_prior(model, shift[these]), paid, unpaid))
    return Distribution(np.concatenate(parts)).recalibrated(model.calibration)


def _padded(lists: pl.Series) -> Rows:
    """Lists of row numbers as a matrix, filled up with -1."""
    width = int(lists.list.len().max() or 0)  # type: ignore[arg-type]
    filled = np.full((len(lists), width), -1, dtype=np.int64)
    lengths = lists.list.len().to_numpy()
    filled[np.arange(width)[None, :] < lengths[:, None]] = lists.explode(empty_as_null=False).to_numpy()
    return filled


def _smoothed(quantiles: Vector, width: float, at: NDArray[np.floating[Any]]) -> Vector:
    """Distribution function of a smoothed sample."""
    return np.asarray((1 / (1 + np.exp(-np.clip((at[:, None] - quantiles) / width, -500, 500)))).mean(axis=1))


def _law(model: PaymentModel, regularity: float) -> Matrix:
    """Habit in whole days × day: probability of a payment within that day."""
    steps = np.arange(-LONGEST - 1, LONGEST + 1) + 0.5
    errors = _smoothed(regularity * np.array(model.errors), regularity * model.errors_width, steps)
    day = np.arange(LONGEST + 1)
    within = errors[day[None, :] - day[:, None] + LONGEST + 1]
    # nothing is paid before its day of issue: what the law says of that is spread over the days after
    before = errors[LONGEST - day][:, None]
    explained = (within - before) / (1 - before)
    return np.asarray((1 - model.unexplained) * explained + model.unexplained * (day + 1) / (2 * LONGEST + 2))


def _log_prior(model: PaymentModel, shift: Vector) -> Matrix:
    """Invoices × habit: what is believed of a party that nothing is known of, moved to the circumstances of each invoice."""
    edges = np.arange(-1, LONGEST + 1) + 0.5
    mass = np.diff(_smoothed(np.array(model.habits), model.habits_width, edges)) + 1e-6
    return np.interp(np.arange(LONGEST + 1) - shift, np.arange(LONGEST + 1), np.log(mass))


def _evidence(days: Matrix, weight: Matrix, known: Mask) -> Matrix:
    """Invoices × day: the weight of past invoices per day, rounded to whole days, which is exact enough beside the kernel."""
    rows, width = len(days), LONGEST + 1
    place = np.clip(np.rint(np.where(known, days, 0)), 0, LONGEST).astype(np.int64) + np.arange(rows)[:, None] * width
    sums = np.bincount(place.ravel(), weights=np.where(known, weight, 0.0).ravel(), minlength=rows * width)
    return np.asarray(sums, dtype=np.float64).reshape(rows, width)


def _predictive(laws: list[Matrix], prior: Matrix, paid: Matrix, unpaid: Matrix) -> Matrix:
    """Bayes' rule over habits and regularities: prior times likelihood, and the mean of the laws by what results."""
    logs = [prior + paid @ np.log(np.diff(law, axis=1, prepend=0)).T + unpaid @ np.log(1 - law).T for law in laws]
    greatest = np.max([one.max(axis=1) for one in logs], axis=0)[:, None]
    posterior = [np.exp(one - greatest) for one in logs]
    total = sum(one.sum(axis=1, keepdims=True) for one in posterior)
    mixed = sum(one @ law for one, law in zip(posterior, laws, strict=True))
    return np.asarray(np.clip(mixed / total, 0.0, 1.0), dtype=np.float64)
