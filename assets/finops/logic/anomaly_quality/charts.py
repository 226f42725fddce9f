"""Pictures of a measured detector. Floats here only place marks; no figure is taken from them."""

from __future__ import annotations

import polars as pl

from assets.charts import IN_PICTURE, drawn
from assets.finops.logic.anomaly_quality.measurement import MEASURED, Quality

_BAR = "#1f6f8b"
_WIDTH = 640


def recall_by_type(quality: Quality) -> bytes:
    """PNG: share of the known anomalies found in time per type, with its interval at 95 %.

    Raises:
        ValueError: Nothing was measured.
    """
    import altair as alt

    _demand(quality)
    rows = quality.recall_by("type").with_columns(name=pl.format("{} ({})", pl.col("type").str.replace_all("_", " "), "events"))
    base = alt.Chart(alt.Data(values=rows.to_dicts())).encode(
        y=alt.Y("name:N", title=None, sort=alt.EncodingSortField(field="recall", order="descending"))
    )
    shares = alt.X(
        "recall:Q", title="Found in time, of the known anomalies", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])
    )
    bars = base.mark_bar(color=_BAR, opacity=0.75).encode(x=shares)
    whiskers = base.mark_rule(color=IN_PICTURE.ink, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    return drawn(alt.layer(bars, whiskers).properties(width=_WIDTH, height=26 * len(rows)))


def days_to_detect(quality: Quality) -> bytes:
    """PNG: share of the known anomalies found by so many days after their start; those never found keep it below 1.

    Raises:
        ValueError: Nothing was measured.
    """
    import altair as alt

    _demand(quality)
    delays, events = quality.delays, len(quality.events)
    values = [
        {"days": days, "share": sum(delay <= days for delay in delays) / events} for days in range(max(delays, default=0) + 1)
    ]
    curve = (
        alt.Chart(alt.Data(values=values))
        .mark_line(interpolate="step-after", color=_BAR, strokeWidth=2, point=alt.OverlayMarkDef(color=_BAR, size=30))
        .encode(
            x=alt.X("days:Q", title="Days after the start", axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y(
                "share:Q",
                title="Found, of the known anomalies",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(domain=[0, 1]),
            ),
        )
    )
    return drawn(curve.properties(width=_WIDTH, height=260))


def _demand(quality: Quality) -> None:
    if quality.status != MEASURED:
        raise ValueError(f"there is nothing to draw: {quality.status}")
