"""The picture of how often intervals held what came."""

from collections.abc import Mapping, Sequence

from assets.charts import drawn
from assets.fleet.logic.capacity.backtest import COVERAGE, Coverage

_COLOURS = ("#2f7fb5", "#d07a14")


def coverage_png(held: Mapping[str, Sequence[Coverage]]) -> bytes:
    """Share of intervals that held, by horizon and resource, beside the share that is meant to hold."""
    import altair as alt

    most = {resource: max((one.forecasts for one in all_of), default=0) for resource, all_of in held.items()}
    values = [
        {
            "horizon": f"{one.horizon} d",
            "days": one.horizon,
            "share": one.share,
            "resource": f"{resource} (up to {most[resource]:,} forecasts a horizon)",
        }
        for resource, all_of in held.items()
        for one in all_of
        if one.share is not None
    ]
    line = (
        alt.Chart(alt.Data(values=values))
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "horizon:N", title="Days ahead", sort=alt.EncodingSortField(field="days", op="min"), axis=alt.Axis(labelAngle=0)
            ),
            y=alt.Y("share:Q", title="Intervals that held what came", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("resource:N", title=None, scale=alt.Scale(range=list(_COLOURS)), legend=alt.Legend(orient="top")),
        )
    )
    meant = alt.Chart(alt.Data(values=[{"share": COVERAGE}])).mark_rule(strokeDash=[5, 3]).encode(y="share:Q")
    return drawn(alt.layer(meant, line).properties(width=620, height=240))
