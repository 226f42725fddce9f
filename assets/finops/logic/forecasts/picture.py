"""The forecast of a currency as a chart: what was paid, what is expected, and between which bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from assets.finops.logic.panel import cost

_DAYS_BEFORE = 60
_COLOUR = "#1f6f8b"
_INK = "#27323d"

Spec = dict[str, Any]


def charts(forecasts: pl.DataFrame, daily: pl.DataFrame) -> dict[str, Spec]:
    """A Vega-Lite specification per currency whose total is told. Floats only place marks; no figure is taken from them.

    Args:
        forecasts: Rows of one origin of `finops/cost_forecasts`.
        daily: `finops/daily_costs`.
    """
    told = forecasts.filter((pl.col("level") == "currency") & pl.col("point").is_not_null())
    return {str(currency): _chart(total, daily) for (currency,), total in sorted(told.group_by("BillingCurrency"))}


def _chart(total: pl.DataFrame, daily: pl.DataFrame) -> Spec:
    import altair as alt

    origin, currency = total["last_day_used"].item(0), total["BillingCurrency"].item(0)
    shown = pl.col("x_charge_date").is_between(origin - timedelta(days=_DAYS_BEFORE), origin)
    past = daily.filter((pl.col("BillingCurrency") == currency) & shown)
    paid = past.group_by("x_charge_date").agg(cost=cost().sum().cast(pl.Float64)).sort("x_charge_date")
    ahead = total.with_columns(pl.col("point", "^(lower|upper)_.*$").cast(pl.Float64)).sort("x_charge_date")
    day = alt.X("x_charge_date:T", title=None, axis=alt.Axis(format="%d %b", grid=False))
    title = alt.Title(
        f"{currency} per day", subtitle="line: paid · dashes: expected · bands: 80 % and 95 % of outcomes", anchor="start"
    )
    lines = [
        alt.Chart(_values(ahead))
        .mark_area(color=_COLOUR, opacity=0.18)
        .encode(day, alt.Y(f"lower_{n}:Q"), alt.Y2(f"upper_{n}:Q"))
        for n in (95, 80)
    ]
    lines.append(alt.Chart(_values(ahead)).mark_line(color=_COLOUR, strokeDash=[5, 3]).encode(day, alt.Y("point:Q", title=None)))
    lines.append(alt.Chart(_values(paid)).mark_line(color=_INK).encode(day, alt.Y("cost:Q", title=None)))
    drawn = alt.layer(*lines).properties(width=820, height=260, title=title)
    spec: Spec = drawn.configure(background="#ffffff").configure_view(stroke=None).to_dict()
    return spec


def _values(rows: pl.DataFrame) -> Any:  # noqa: ANN401 - altair has no types of its own here
    import altair as alt

    return alt.Data(values=rows.select(pl.exclude(pl.Decimal)).with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts())
