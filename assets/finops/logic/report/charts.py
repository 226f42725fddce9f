"""Charts of the report as Vega-Lite specifications. Floats here only place marks; no figure is taken from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from assets.charts import Look, vega_lite_version
from assets.finops.logic.report.figures import CurrencyFigures
from assets.finops.logic.report.wording import change, day, short

if TYPE_CHECKING:
    import altair as alt

Spec = dict[str, Any]
Row = dict[str, str | float | int]

BARS = 15
BAR_HEIGHT = 22
_BRANDS = {
    "amazon": "#e8912d",
    "aws": "#e8912d",
    "oracle": "#c8503f",
    "oci": "#c8503f",
    "microsoft": "#3f86d4",
    "azure": "#3f86d4",
    "google": "#3c9a5f",
}
_FURTHER = ("#8a6fc0", "#2a9d9a", "#b5658f", "#8f8a3c", "#7a8794")
_DIRECTIONS = ["up", "down", "mixed"]
_UP, _DOWN, _MIXED = "#b3261e", "#1f6f8b", "#8a5a00"


IN_PAGE = Look(ink="currentColor", ground="transparent", width="container")


def provider_colours(providers: Sequence[str]) -> dict[str, str]:
    """One colour per cloud, the same in every chart and table of a report."""
    colours: dict[str, str] = {}
    spare = 0
    for provider in sorted(set(providers)):
        brand = next((c for word, c in _BRANDS.items() if word in provider.lower()), None)
        if brand is None or brand in colours.values():
            brand, spare = _FURTHER[spare % len(_FURTHER)], spare + 1
        colours[provider] = brand
    return colours


def trend(figures: CurrencyFigures, anomalies: pl.DataFrame, colours: Mapping[str, str], look: Look = IN_PAGE) -> Spec:
    """Daily cost as bars stacked by cloud; triangles above the days that have anomalies."""
    import altair as alt

    daily = figures.daily().filter(pl.col("cost").is_not_null())
    values: list[Row] = [
        {"day": row["day"].isoformat(), "cloud": row["provider"], "cost": float(row["cost"])}
        for row in daily.iter_rows(named=True)
    ]
    bars = (
        alt.Chart(alt.Data(values=values))
        .mark_bar(binSpacing=0)
        .encode(
            x=days_axis(),
            y=alt.Y("cost:Q", title=_axis_title(figures), axis=money_axis(float(row["cost"]) for row in values)),
            color=_cloud(daily["provider"], colours),
            tooltip=[
                alt.Tooltip("day:T", timeUnit="utcyearmonthdate", title="Day", format="%d %b %Y"),
                *_money_tooltip(figures),
            ],
        )
    )
    marks = _anomaly_marks(daily, anomalies)
    layers = [bars, _triangles(marks, look)] if marks else [bars]
    return finished(alt.layer(*layers).properties(width=look.width, height=260), look)


def ranking(
    rows: pl.DataFrame,
    label: str,
    figures: CurrencyFigures,
    colours: Mapping[str, str],
    look: Look = IN_PAGE,
) -> Spec:
    """Horizontal bars stacked by cloud, one per value of the column `label`; the dearest first, the tail left out.

    Args:
        rows: `label`, provider and cost; a row whose label or cost is null is left out.
        label: The column that names the bars.
        figures: Gives the currency and the measure.
        colours: Colour per cloud.
        look: Where the chart will stand.
    """
    import altair as alt

    values = _ranked(rows, label)
    chart = (
        alt.Chart(alt.Data(values=values))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("cost:Q", title=_axis_title(figures), axis=money_axis(float(row["cost"]) for row in values)),
            y=alt.Y(
                "name:N",
                title=None,
                sort=alt.EncodingSortField(field="rank", op="min", order="ascending"),
                axis=alt.Axis(labelLimit=300, ticks=False, domain=False, labelPadding=6),
            ),
            color=_cloud({str(row["cloud"]) for row in values}, colours),
            tooltip=[
                alt.Tooltip("name:N", title="Name"),
                *_money_tooltip(figures),
            ],
        )
    )
    height = BAR_HEIGHT * len({row["rank"] for row in values})
    sized = chart.properties(width=look.width, height=height, autosize=alt.AutoSizeParams(type="fit-x"))
    return finished(sized, look)


def services_labelled(services: pl.DataFrame) -> pl.DataFrame:
    """`services` (provider, service, cost) with a `label`: the service, and its cloud where two clouds use that name."""
    shared = services.group_by("service").agg(pl.col("provider").n_unique().alias("clouds"))
    name = pl.col("service").fill_null("no service named")
    return services.join(shared, on="service", nulls_equal=True).with_columns(
        label=pl.when(pl.col("clouds") > 1).then(name + " · " + pl.col("provider")).otherwise(name)
    )


def javascript() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script that needs no network; it sets `vegaEmbed`."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=vega_lite_version()))


def _ranked(rows: pl.DataFrame, label: str) -> list[Row]:
    known = rows.filter(pl.col("cost").is_not_null() & pl.col(label).is_not_null())
    sizes = known.group_by(label).agg(pl.col("cost").sum())
    order = sizes.sort("cost", label, descending=[True, False])[label].head(BARS)
    shown = known.filter(pl.col(label).is_in(order.to_list()))
    return [
        {
            "rank": order.index_of(row[label]) or 0,
            "name": row[label],
            "cloud": row["provider"],
            "cost": float(row["cost"]),
        }
        for row in shown.sort("cost", "provider", descending=[True, False]).iter_rows(named=True)
    ]


def _anomaly_marks(daily: pl.DataFrame, anomalies: pl.DataFrame) -> list[Row]:
    """One mark per day and direction, at the top of the day's bar (or at its foot for `down`)."""
    heights = daily.group_by("day").agg(top=pl.col("cost").filter(pl.col("cost") > 0).sum())
    found = anomalies.join(heights, left_on="x_charge_date", right_on="day").sort(
        "x_charge_date", "direction", pl.col("impact").abs(), descending=[False, False, True]
    )
    marks: list[Row] = []
    for (when, direction), group in found.group_by(("x_charge_date", "direction"), maintain_order=True):
        first = group.row(0, named=True)
        marks.append(
            {
                "day": when.isoformat(),
                "direction": str(direction),
                "at": float(first["top"]),
                "found": f"{group.height} on {day(when)}",
                "largest": f"{short(first['ServiceName'] or 'unknown service')}: {change(first['impact'])}",
            }
        )
    return marks


def _triangles(marks: list[Row], look: Look) -> alt.Chart:
    import altair as alt

    return (
        alt.Chart(alt.Data(values=marks))
        .mark_point(filled=True, size=70, opacity=1, yOffset=-9, stroke=look.ink, strokeWidth=0.8)
        .encode(
            x=days_axis(band=0.5),
            y=alt.Y("at:Q"),
            shape=alt.Shape(
                "direction:N",
                title="Anomaly",
                scale=alt.Scale(domain=_DIRECTIONS, range=["triangle-up", "triangle-down", "diamond"]),
            ),
            fill=alt.Fill("direction:N", title="Anomaly", scale=alt.Scale(domain=_DIRECTIONS, range=[_UP, _DOWN, _MIXED])),
            tooltip=[
                alt.Tooltip("found:N", title="Anomalies"),
                alt.Tooltip("direction:N", title="Direction"),
                alt.Tooltip("largest:N", title="Largest"),
            ],
        )
    )


def days_axis(band: float = 0) -> alt.X:
    """The axis of `day`, a UTC day as text; `band` puts a mark in the middle of the day (0.5) or at its beginning."""
    import altair as alt

    return alt.X(
        "day:T",
        timeUnit="utcyearmonthdate",
        bandPosition=band,
        title=None,
        axis=alt.Axis(format="%d %b %Y", labelOverlap="greedy", grid=False, tickCount=10),
        scale=alt.Scale(type="utc"),
    )


def _cloud(providers: Iterable[str], colours: Mapping[str, str]) -> alt.Color:
    import altair as alt

    domain = sorted(set(providers))
    return alt.Color(
        "cloud:N",
        title="Cloud",
        scale=alt.Scale(domain=domain, range=[colours[p] for p in domain]),
        legend=alt.Legend(labelLimit=220),
    )


def _money_tooltip(figures: CurrencyFigures) -> list[alt.Tooltip]:
    import altair as alt

    return [
        alt.Tooltip("cloud:N", title="Cloud"),
        alt.Tooltip("cost:Q", title=f"Cost ({figures.currency})", format=",.2f"),
    ]


def _axis_title(figures: CurrencyFigures) -> str:
    return f"{figures.measure} in {figures.currency}"


def money_axis(amounts: Iterable[float]) -> alt.Axis:
    """The look of an axis for such amounts of money."""
    import altair as alt

    largest = max((abs(amount) for amount in amounts), default=0.0)
    # SI prefixes would write a thousandth as "1m", which reads as a million.
    style = "~s" if largest >= 10_000 else ",~f" if largest >= 0.01 else "~e"
    return alt.Axis(format=style, tickCount=6, labelExpr="datum.value == 0 ? '0' : datum.label")


def finished(chart: alt.Chart | alt.LayerChart, look: Look) -> Spec:
    """The chart in the report's look, as a specification."""
    spec: Spec = (
        chart.configure(background=look.ground, font="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=look.ink,
            titleColor=look.ink,
            domainColor=look.ink,
            tickColor=look.ink,
            gridColor=look.ink,
            gridOpacity=0.12,
            domainOpacity=0.4,
            tickOpacity=0.4,
            titleFontWeight="normal",
            labelFontSize=12,
            titleFontSize=12,
        )
        .configure_legend(
            labelColor=look.ink,
            titleColor=look.ink,
            orient="top",
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        # held against the schema by a test: doing so for every chart of every report would take most of the report's time
        .to_dict(validate=False)
    )
    spec.pop("$schema", None)
    return spec
