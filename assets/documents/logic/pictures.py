"""Pictures of how well documents are found and kept. Floats here only place marks; no figure is taken from them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from assets.charts import drawn

_BAR, _LACKING = "#1f6f8b", "#b3261e"
_WIDTH = 640


def quality_over_time(history: pl.DataFrame) -> bytes:
    """PNG: mean nDCG@10 and recall@100 of all golden questions at each measurement, from rows of `RETRIEVAL_QUALITY`."""
    import altair as alt

    together = history.filter(pl.col("question").is_null(), pl.col("ndcg10").is_not_null()).tail(200)
    values = [
        {"at": row["measured_at"].isoformat(), "figure": figure, "value": row[column], "model": row["model_version"]}
        for row in together.iter_rows(named=True)
        for figure, column in (("nDCG@10", "ndcg10"), ("recall@100", "recall100"))
    ]
    chart = (
        alt.Chart(alt.Data(values=values))
        .mark_line(point=True)
        .encode(
            x=alt.X("at:T", title=None),
            y=alt.Y("value:Q", title="Golden questions", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("figure:N", title=None, scale=alt.Scale(range=[_BAR, "#8a6fc0"])),
            shape=alt.Shape("model:N", title="Model"),
        )
    )
    return drawn(chart.properties(width=_WIDTH, height=240))


def latencies(milliseconds: Sequence[float]) -> bytes:
    """PNG: share of searches answered within so many milliseconds."""
    import altair as alt

    ordered = sorted(milliseconds)
    values = [{"ms": ms, "share": (n + 1) / len(ordered)} for n, ms in enumerate(ordered)]
    chart = (
        alt.Chart(alt.Data(values=values))
        .mark_line(interpolate="step-after", color=_BAR, strokeWidth=2)
        .encode(
            x=alt.X("ms:Q", title="Milliseconds"),
            y=alt.Y("share:Q", title="Searches answered", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
        )
    )
    return drawn(chart.properties(width=_WIDTH, height=220))


def hygiene(documents: pl.DataFrame) -> bytes:
    """PNG: documents with and without a department, a date and tags, from their `dept`, `created_date` and `tags`."""
    import altair as alt

    total = len(documents)
    lacking = {
        "department": documents["dept"].null_count(),
        "date": documents["created_date"].null_count(),
        "tags": int((documents["tags"].list.len() == 0).sum()),
    }
    values = [
        {"field": field, "state": state, "documents": number}
        for field, missing in lacking.items()
        for state, number in (("given", total - missing), ("missing", missing))
    ]
    chart = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            x=alt.X("documents:Q", title="Documents", axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("field:N", title=None, sort=list(lacking)),
            color=alt.Color("state:N", title=None, scale=alt.Scale(domain=["given", "missing"], range=[_BAR, _LACKING])),
        )
    )
    return drawn(chart.properties(width=_WIDTH, height=90))
