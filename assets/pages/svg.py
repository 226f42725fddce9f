"""Charts over time as SVG that stands in the page: no script draws them, and their colours are those of the reader's theme."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup, escape

WIDTH, HEIGHT = 760, 170
_BARS_WIDTH = 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 12, 24
_MOST_POINTS = 400
_LEAST_TICK_PIXELS = 72


@dataclass(frozen=True, slots=True)
class Span:
    """A time that is marked, and why."""

    start: datetime
    end: datetime
    said: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level that is drawn across; `tone` is `warning`, `critical` or `limit`."""

    value: float
    tone: str
    said: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A line over time.

    Attributes:
        title: What it shows, with its unit.
        points: Times and values, ascending.
        gap: A longer time between two points is a gap: nothing was measured.
        thresholds: Levels across.
        spans: Times that are marked.
        ahead: Points of a forecast, drawn dashed.
        start: Left end; the first point if None.
        end: Right end; the last point if None.
    """

    title: str
    points: Sequence[tuple[datetime, float]]
    gap: timedelta
    thresholds: Sequence[Threshold] = ()
    spans: Sequence[Span] = ()
    ahead: Sequence[tuple[datetime, float]] = ()
    start: datetime | None = None
    end: datetime | None = None

    def svg(self) -> Markup:
        """The chart; empty if nothing was measured."""
        if not self.points:
            return Markup("")
        scale = _Scale.of(self)
        parts = [
            *self._grid(scale),
            *(self._span(scale, span) for span in self.spans),
            *(self._threshold(scale, one) for one in self.thresholds if one.value <= scale.top),
            *(f'<polyline class="line" points="{scale.path(part)}"/>' for part in self._unbroken() if len(part) > 1),
            *(self._dot(scale, part[0]) for part in self._unbroken() if len(part) == 1),
        ]
        if self.ahead:
            parts.append(f'<polyline class="line ahead" points="{scale.path(self.ahead)}"/>')
        body = Markup("").join(Markup(part) for part in parts)  # noqa: S704 - numbers, and text that is escaped
        return Markup(  # noqa: S704 - as above
            f'<svg class="over-time" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.title)}">'
            f"<title>{escape(self.title)}</title>{body}</svg>"
        )

    def _unbroken(self) -> list[list[tuple[datetime, float]]]:
        """Stretches without a gap, thinned out to what a screen can show."""
        parts: list[list[tuple[datetime, float]]] = []
        for at, value in self.points:
            if not parts or at - parts[-1][-1][0] > self.gap:
                parts.append([])
            parts[-1].append((at, value))
        size = math.ceil(len(self.points) / _MOST_POINTS)
        return [_thinned(part, size) for part in parts]

    def _grid(self, scale: "_Scale") -> list[str]:
        lines = []
        for value in scale.values:
            y = scale.y(value)
            lines.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            lines.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(value)}</text>')
        for day in scale.days():
            x = scale.x(day)
            anchor = "end" if x > WIDTH - 2 * _RIGHT else "middle"
            lines.append(f'<text class="tick" x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{day.day} {day:%b}</text>')
            lines.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{HEIGHT - _BOTTOM}" y2="{HEIGHT - _BOTTOM + 4}"/>')
        return lines

    def _span(self, scale: "_Scale", span: Span) -> str:
        left, right = scale.x(max(span.start, scale.start)), scale.x(min(span.end, scale.end))
        if right < _LEFT or left > WIDTH - _RIGHT:
            return ""
        width = max(right - left, 3)
        return (
            f'<rect class="span" x="{left:.1f}" y="{_TOP}" width="{width:.1f}" height="{HEIGHT - _TOP - _BOTTOM}">'
            f"<title>{escape(span.said)}</title></rect>"
        )

    def _threshold(self, scale: "_Scale", one: Threshold) -> str:
        y = scale.y(one.value)
        return (
            f'<line class="threshold {one.tone}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}">'
            f"<title>{escape(one.said)}</title></line>"
        )

    def _dot(self, scale: "_Scale", point: tuple[datetime, float]) -> str:
        return f'<circle class="dot" cx="{scale.x(point[0]):.1f}" cy="{scale.y(point[1]):.1f}" r="2"/>'


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar made of parts: tone and size each."""

    label: str
    parts: Sequence[tuple[str, int]]


def bars(title: str, rows: Sequence[Bar]) -> Markup:
    """Horizontal bars of parts that are counted, one below the other."""
    most = max((sum(size for _, size in row.parts) for row in rows), default=0)
    if not most:
        return Markup("")
    left, step = 130, 26
    drawn = []
    for place, row in enumerate(rows):
        y, x = place * step + 4, float(left)
        drawn.append(f'<text class="name" x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(row.label)}</text>')
        for tone, size in row.parts:
            width = size / most * (_BARS_WIDTH - left - 40)
            if size:
                drawn.append(
                    f'<rect class="{tone}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="18"><title>'
                    f"{escape(row.label)}: {size} {tone}</title></rect>"
                )
            x += width
        drawn.append(f'<text class="tick" x="{x + 6:.1f}" y="{y + 14}">{sum(size for _, size in row.parts)}</text>')
    height = len(rows) * step + 4
    body = Markup("").join(Markup(part) for part in drawn)  # noqa: S704 - numbers, and text that is escaped
    return Markup(  # noqa: S704 - as above
        f'<svg class="bars" viewBox="0 0 {_BARS_WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    end: datetime
    top: float
    values: tuple[float, ...]

    @classmethod
    def of(cls, chart: Chart) -> "_Scale":
        everything = [*chart.points, *chart.ahead]
        start = chart.start or min(at for at, _ in everything)
        end = max(chart.end or everything[0][0], max(at for at, _ in everything))
        if end <= start:
            end = start + timedelta(hours=1)
        values = (*(value for _, value in everything), *(one.value for one in chart.thresholds if one.tone == "limit"))
        highest = max(*values, 1e-9)
        step = _round(highest / 3)
        top = math.ceil(highest / step) * step
        return cls(start, end, top, tuple(step * n for n in range(round(top / step) + 1)))

    def x(self, at: datetime) -> float:
        return _LEFT + (at - self.start).total_seconds() * self.pixels

    @property
    def pixels(self) -> float:
        """Of a second."""
        return (WIDTH - _LEFT - _RIGHT) / (self.end - self.start).total_seconds()

    def y(self, value: float) -> float:
        return _TOP + (1 - max(value, 0) / self.top) * (HEIGHT - _TOP - _BOTTOM)

    def path(self, points: Sequence[tuple[datetime, float]]) -> str:
        pixels, height = self.pixels, (HEIGHT - _TOP - _BOTTOM) / self.top
        foot = float(HEIGHT - _BOTTOM)
        return " ".join(
            f"{_LEFT + (at - self.start).total_seconds() * pixels:.1f},{foot - max(value, 0.0) * height:.1f}"
            for at, value in points
        )

    def days(self) -> list[datetime]:
        """Midnights that are labelled."""
        first = self.start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        number = (self.end - first).days + 1
        step = max(math.ceil(number * _LEAST_TICK_PIXELS / (WIDTH - _LEFT - _RIGHT)), 1)
        return [first + timedelta(days=n) for n in range(0, number, step)]


def _thinned(part: list[tuple[datetime, float]], size: int) -> list[tuple[datetime, float]]:
    """The greatest of every so many values: a peak must not disappear."""
    if size <= 1:
        return part
    return [max(part[n : n + size], key=lambda point: point[1]) for n in range(0, len(part), size)]


def _round(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * 0.999)


def _number(value: float) -> str:
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= max(size, 1e4):
            return f"{value / size:,.3g}{sign}"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.3g}"
