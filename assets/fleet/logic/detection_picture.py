"""The picture of how well anomalies in metrics are found."""

import polars as pl

from assets.charts import IN_PICTURE, drawn

_BAR = "#1f6f8b"
_WIDTH = 640


def recall_by_kind(kinds: pl.DataFrame) -> bytes:
    """PNG: share of the known anomalies found in time per kind, with its interval at 95 %.

    Args:
        kinds: `kind`, `events`, `recall`, `low`, `high`; a row at least.
    """
    import altair as alt

    rows = kinds.with_columns(name=pl.format("{} ({})", pl.col("kind").str.replace_all("_", " "), "events"))
    base = alt.Chart(alt.Data(values=rows.to_dicts())).encode(
        y=alt.Y("name:N", title=None, sort=alt.EncodingSortField(field="recall", order="descending"))
    )
    title = "Found in time, of the known anomalies"
    shares = alt.X("recall:Q", title=title, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    bars = base.mark_bar(color=_BAR, opacity=0.75).encode(x=shares)
    whiskers = base.mark_rule(color=IN_PICTURE.ink, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    return drawn(alt.layer(bars, whiskers).properties(width=_WIDTH, height=26 * len(rows)))
