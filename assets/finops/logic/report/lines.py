"""Charts of amounts over days: lines, bands around them and marked days. Floats here only place marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from assets.charts import Look
from assets.finops.logic.report.charts import IN_PAGE, Spec, days_axis, finished, money_axis

if TYPE_CHECKING:
    import altair as alt

EXPECTED, ANOMALOUS = "#d07a14", "#d0473d"
FORECAST, BAND_80, BAND_95 = "#2f7fb5", "#5b9bc0", "#a9c9db"

_Row = dict[str, str | float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A line through the amounts of days. It is broken where the amount is None."""

    name: str
    colour: str
    points: Sequence[tuple[date, Decimal | None]]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """Single days that are marked."""

    name: str
    colour: str
    points: Sequence[tuple[date, Decimal | None]]


@dataclass(frozen=True, slots=True)
class Band:
    """Days with a lower and an upper bound."""

    name: str
    colour: str
    points: Sequence[tuple[date, Decimal | None, Decimal | None]]


@dataclass(frozen=True, slots=True)
class OverTime:
    """What a chart over days shows, back to front: bands, lines, marks."""

    title: str
    lines: Sequence[Line]
    bands: Sequence[Band] = ()
    marks: Sequence[Marks] = ()

    def spec(self, look: Look = IN_PAGE, height: int = 220) -> Spec:
        """The chart as a Vega-Lite specification."""
        import altair as alt

        layers = [
            *(self._band(band) for band in self.bands),
            *(self._line(line) for line in self.lines),
            *(self._marks(marks, look) for marks in self.marks if marks.points),
        ]
        return finished(alt.layer(*layers).properties(width=look.width, height=height), look)

    def _band(self, band: Band) -> alt.Chart:
        import altair as alt

        rows: list[_Row] = [
            {"day": day.isoformat(), "what": band.name, "low": float(low), "high": float(high)}
            for day, low, high in band.points
            if low is not None and high is not None
        ]
        bounds = (alt.Tooltip("low:Q", title="From", format=",.2f"), alt.Tooltip("high:Q", title="To", format=",.2f"))
        return (
            alt.Chart(alt.Data(values=rows))
            .mark_area(opacity=0.5)
            .encode(days_axis(), self._amount("low:Q"), alt.Y2("high:Q"), self._colour(), tooltip=[*_tooltip(), *bounds])
        )

    def _line(self, line: Line) -> alt.Chart:
        import altair as alt

        mark = {"strokeDash": [5, 3]} if line.dashed else {}
        # A single day would be a line without length.
        drawn = alt.Chart(alt.Data(values=_rows(line))).mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=14), **mark)
        return drawn.encode(days_axis(), self._amount("amount:Q"), self._colour(), tooltip=[*_tooltip(), _amount_tooltip()])

    def _marks(self, marks: Marks, look: Look) -> alt.Chart:
        import altair as alt

        drawn = alt.Chart(alt.Data(values=_rows(marks))).mark_point(filled=True, size=70, opacity=1, stroke=look.ink)
        return drawn.encode(days_axis(), self._amount("amount:Q"), self._colour(), tooltip=[*_tooltip(), _amount_tooltip()])

    def _amount(self, field: str) -> alt.Y:
        import altair as alt

        return alt.Y(field, title=self.title, axis=money_axis(self._amounts()))

    def _amounts(self) -> Iterator[float]:
        for points in (*(line.points for line in self.lines), *(marks.points for marks in self.marks)):
            yield from (float(amount) for _, amount in points if amount is not None)
        for band in self.bands:
            yield from (float(high) for _, _, high in band.points if high is not None)

    def _colour(self) -> alt.Color:
        import altair as alt

        shown: list[Line | Marks | Band] = [*self.lines, *(m for m in self.marks if m.points), *self.bands]
        scale = alt.Scale(domain=[part.name for part in shown], range=[part.colour for part in shown])
        return alt.Color("what:N", title=None, scale=scale, legend=alt.Legend(symbolType="square", symbolOpacity=1))


def _rows(line: Line | Marks) -> list[_Row]:
    return [
        {"day": day.isoformat(), "what": line.name, "amount": None if amount is None else float(amount)}
        for day, amount in line.points
    ]


def _tooltip() -> list[Any]:
    import altair as alt

    day = alt.Tooltip("day:T", timeUnit="utcyearmonthdate", title="Day", format="%d %b %Y")
    return [day, alt.Tooltip("what:N", title="What")]


def _amount_tooltip() -> Any:  # noqa: ANN401 - altair has no types of its own here
    import altair as alt

    return alt.Tooltip("amount:Q", title="Amount", format=",.6~g")
