"""Pictures of how people use search. Floats here only place marks; no figure is taken from them."""

from __future__ import annotations

from typing import Any

import polars as pl

from assets.charts import drawn

_BLUE, _ORANGE, _RED = "#1f6f8b", "#c77700", "#b3261e"
_WIDTH, _HEIGHT = 640, 220


def drift(figures: pl.DataFrame) -> bytes:
    """PNG: per week, the divergence of its words from those before, and the share of new words."""
    import altair as alt

    names = {"term_divergence": "divergence of words", "new_terms_share": "share of new words"}
    rows = (
        figures.select("week", *names).rename(names).unpivot(index="week", variable_name="what", value_name="share").drop_nulls()
    )
    lines = (
        alt.Chart(alt.Data(values=_dated(rows)))
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=_weeks(),
            y=alt.Y("share:Q", title="Beside the four weeks before", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5)),
            color=alt.Color(
                "what:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[_BLUE, _ORANGE]), legend=_legend()
            ),
        )
    )
    return drawn((lines).properties(width=_WIDTH, height=_HEIGHT))


def latency(figures: pl.DataFrame, limit_ms: float) -> bytes:
    """PNG: the time that 95 % of a week's searches took at most, and the limit."""
    import altair as alt

    bars = (
        alt.Chart(alt.Data(values=_dated(figures.select("week", "p95_ms"))))
        .mark_bar(color=_BLUE, opacity=0.75, width={"band": 0.7})
        .encode(x=_weeks(), y=alt.Y("p95_ms:Q", title="95 % of searches took at most (ms)"))
    )
    limit = (
        alt.Chart(alt.Data(values=[{"limit": limit_ms}]))
        .mark_rule(color=_RED, strokeDash=[6, 4], strokeWidth=1.5)
        .encode(y="limit:Q")
    )
    return drawn((alt.layer(bars, limit)).properties(width=_WIDTH, height=_HEIGHT))


def _weeks() -> Any:  # noqa: ANN401  altair has no types
    import altair as alt

    return alt.X("week:O", title="Week that begins on", axis=alt.Axis(labelAngle=-45, labelOverlap=True))


def _legend() -> Any:  # noqa: ANN401  altair has no types
    import altair as alt

    return alt.Legend(orient="top")


def _dated(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return rows.with_columns(pl.col("week").dt.strftime("%Y-%m-%d")).sort("week").to_dicts()
