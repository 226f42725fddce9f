"""Money that open invoices will move, by week: expected, between which bounds, and per currency, which are never summed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.invoices.logic.payments.distribution import LONGEST
from assets.invoices.logic.payments.history import History
from assets.invoices.logic.payments.model import PaymentModel, distribution
from assets.invoices.logic.payments.prediction import still_open

Matrix = NDArray[np.float64]

MONEY = pl.Decimal(38, 24)
WEEKS = 13
"""A quarter of a year, the usual horizon of a short-term cash forecast."""
_DRAWS = 4000
_SEED = 7
_LEVELS = (80, 95)
_BLUE, _INK = "#1f6f8b", "#27323d"

BY_WEEK = pl.Schema(
    {
        "currency": pl.String(),
        "week": pl.Date(),
        "expected": pl.Float64(),
        "lower_80": pl.Float64(),
        "upper_80": pl.Float64(),
        "lower_95": pl.Float64(),
        "upper_95": pl.Float64(),
        "invoices": pl.Float64(),
    }
)
"""`week` is its Monday (the first is cut off by today), null for everything after the last week. Amounts are estimates and
therefore floats. `invoices` is the expected number of payments."""
TOTALS = pl.Schema(
    {
        "currency": pl.String(),
        "open_invoices": pl.Int64(),
        "open_total": MONEY,
        "overdue_invoices": pl.Int64(),
        "overdue_total": MONEY,
        "unknown_invoices": pl.Int64(),
    }
)
"""`open_total` is exact and equals, up to rounding, Σ expected. `unknown_invoices` are open too but in no total, since their
amount is unknown."""


@dataclass(frozen=True, slots=True)
class CashFlow:
    """A forecast.

    Attributes:
        by_week: See `BY_WEEK`.
        totals: One row per currency, see `TOTALS`; a null currency is an unknown one.
    """

    by_week: pl.DataFrame
    totals: pl.DataFrame


def cash_flow(model: PaymentModel, history: History, amounts: pl.DataFrame, today: date, weeks: int = WEEKS) -> CashFlow:
    """Forecast the payments of all invoices that are open today, overdue ones included.

    Bands come from drawing a day of payment for every invoice from its distribution, many times over. Invoices are drawn
    independently of each other: what delays all of them at once is not in the bands.

    Args:
        model: A learnt model.
        history: All invoices; those issued by today and not paid before it are open.
        amounts: invoice_id and `amount`, a decimal: what is left to be paid, negative for a credit.
        today: First day of the forecast.
        weeks: How many weeks, the one of today included.

    Raises:
        ValueError: An invoice has two amounts, or one is not in the history: it would be counted twice, or not at all.
    """
    _check(amounts, history)
    money = amounts.select("invoice_id", money=pl.col("amount").cast(MONEY))
    rows = history.rows.with_row_index("n").join(money, on="invoice_id", how="left", maintain_order="left")
    is_open = (pl.col("issued") <= today) & (pl.col("settled").is_null() | (pl.col("settled") >= today))
    waiting = rows.filter(is_open)
    known = waiting.filter(pl.col("money").is_not_null())
    predicted = still_open(distribution(model, history, known["n"].to_numpy().astype(np.int64)), known, today)
    first = today - timedelta(days=today.weekday())
    mondays = [first + timedelta(weeks=n) for n in range(weeks)]
    ends = np.array([(monday + timedelta(days=6)).toordinal() for monday in mondays])
    ages = ends[None, :] - np.array([day.toordinal() for day in known["issued"]], dtype=np.int64).reshape(-1, 1)
    within = np.take_along_axis(predicted.within, np.clip(ages, 0, LONGEST), axis=1)
    frames = [pl.DataFrame(schema=BY_WEEK)]
    currencies = known["currency"].to_list()
    for currency in sorted(set(currencies), key=lambda code: (code is None, code or "")):
        chosen = np.array([code == currency for code in currencies])
        sizes = known["money"].cast(pl.Float64).to_numpy()[chosen]
        frames.append(_of_currency(currency, mondays, within[chosen], sizes))
    return CashFlow(pl.concat(frames), _totals(waiting, today))


def _check(amounts: pl.DataFrame, history: History) -> None:
    twice = amounts.filter(pl.col("invoice_id").is_duplicated())
    if twice.height:
        raise ValueError(f"invoice {twice['invoice_id'].item(0)!r} has more than one amount")
    strange = amounts.join(history.rows, on="invoice_id", how="anti")
    if strange.height:
        raise ValueError(f"{strange.height} invoices are not in the history, such as {strange['invoice_id'].item(0)!r}")


def _of_currency(currency: str | None, mondays: list[date], within: Matrix, sizes: Matrix) -> pl.DataFrame:
    shares = np.diff(within, axis=1, prepend=0.0, append=1.0)
    random = np.random.default_rng(_SEED)
    drawn = np.zeros((_DRAWS, shares.shape[1]))
    for limits, size in zip(within, sizes, strict=True):
        # one invoice at a time: draws × weeks stay small however many invoices there are
        drawn[np.arange(_DRAWS), np.searchsorted(limits, random.random(_DRAWS), side="left")] += size
    bands = {
        f"{side}_{level}": np.quantile(drawn, 0.5 + sign * level / 200, axis=0)
        for level in _LEVELS
        for side, sign in (("lower", -1), ("upper", 1))
    }
    return pl.DataFrame(
        {
            "currency": [currency] * shares.shape[1],
            "week": [*mondays, None],
            "expected": sizes @ shares,
            **bands,
            "invoices": shares.sum(axis=0),
        },
        schema=BY_WEEK,
    )


def _totals(waiting: pl.DataFrame, today: date) -> pl.DataFrame:
    overdue = (pl.col("due") < today).fill_null(value=False)
    known = pl.col("money").is_not_null()
    return (
        waiting.group_by("currency")
        .agg(
            open_invoices=pl.len(),
            open_total=pl.col("money").sum(),
            overdue_invoices=overdue.sum(),
            overdue_total=pl.col("money").filter(overdue).sum(),
            unknown_invoices=(~known).sum(),
        )
        .sort("currency", nulls_last=True)
        .cast(TOTALS)
    )


def charts(forecast: CashFlow) -> dict[str, Any]:
    """An Altair chart per currency, for `assets.charts.drawn`. Floats only place marks; no figure is taken from them."""
    import altair as alt

    found = {}
    for (currency,), rows in forecast.by_week.group_by("currency", maintain_order=True):
        shown = rows.filter(pl.col("week").is_not_null()).with_columns(pl.col("week").dt.strftime("%Y-%m-%d"))
        base = alt.Chart(alt.Data(values=shown.to_dicts())).encode(
            x=alt.X("week:O", title="Week that begins on", axis=alt.Axis(labelAngle=-45))
        )
        bars = base.mark_bar(color=_BLUE, opacity=0.75, width={"band": 0.7}).encode(y=alt.Y("expected:Q", title=None))
        wide = base.mark_rule(color=_INK, strokeWidth=1).encode(y="lower_95:Q", y2="upper_95:Q")
        narrow = base.mark_rule(color=_INK, strokeWidth=3).encode(y="lower_80:Q", y2="upper_80:Q")
        name = str(currency) if currency else "unknown currency"
        title = alt.Title(
            f"Expected payments of open invoices, {name}",
            subtitle="bars: expected · thick and thin lines: 80 % and 95 % of outcomes",
            anchor="start",
        )
        found[name] = alt.layer(bars, wide, narrow).properties(width=820, height=260, title=title)
    return found
