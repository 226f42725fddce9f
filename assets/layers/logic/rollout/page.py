"""A roll-out for people: Markdown for the run, and a page that opens offline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assets.layers.logic.rollout.gate import Figures, Finding, Window
from assets.layers.logic.rollout.plan import Left, Move
from assets.layers.logic.rollout.record import Look, Rollout
from assets.layers.logic.rollout.users import layer_arn

if TYPE_CHECKING:
    import jinja2

_HERE = Path(__file__).parent
_FIGURES = ("function", "calls", "failed", "throttled", "duration", "failed before", "slowest before", "verdict")


@dataclass(frozen=True, slots=True)
class Row:
    """A function that moves, where it stands, and why it was left."""

    move: Move
    state: str
    reason: str


def render(rollout: Rollout, rows: Sequence[Row], now: datetime) -> str:
    """The page as it is at a time."""
    from markupsafe import Markup

    counts = {state: sum(row.state == state for row in rows) for state in ("waits", "moved", "moved back", "left")}
    return _template().render(
        css=Markup((_HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of ours
        rollout=rollout,
        rows=rows,
        counts=counts,
        looks=[(look, [figures_row(one) for one in look.judgement.findings]) for look in rollout.looks],
        header=_FIGURES,
        now=now,
    )


def markdown(rows: Sequence[Row], left: Sequence[Left], looks: Sequence[Look]) -> str:
    """Functions by wave, looks at the waves, and who is left."""
    parts = [
        "**Functions that move**\n\n"
        + _table(
            ("wave", "function", "layers before", "layers afterwards", "aliases", "state", "reason"),
            [
                (str(r.move.wave), str(r.move), shown_layers(r.move.former), shown_layers(r.move.wanted),
                 ", ".join(alias.name for alias in r.move.aliases), r.state, r.reason)
                for r in rows
            ],
        )
    ]  # fmt: skip
    for look in looks:
        said = "; ".join(look.judgement.reasons)
        parts.append(
            f"**Wave {look.wave} after {look.minutes:.0f} minutes: {look.step}** {_cell(said)}\n\n"
            + _table(_FIGURES, [figures_row(one) for one in look.judgement.findings])
        )
    if left:
        parts.append(
            "**Users that stay**\n\n"
            + _table(
                ("function", "version", "old layer", "aliases", "why"),
                [(f"{x.place}/{x.name}", x.version, shown_layers(x.old), ", ".join(x.aliases), x.reason) for x in left],
            )
        )
    return "\n\n".join(parts)


def figures_row(finding: Finding) -> tuple[str, ...]:
    """A function's figures in words; what is not known is said to be unknown."""
    figures, since = finding.figures, finding.figures.since
    verdict = finding.verdict + (f": {'; '.join(finding.reasons)}" if finding.reasons else "")
    slowest = max((w.duration_ms for w in figures.before if w.duration_ms is not None), default=None)
    return (
        figures.name, _count(since.invocations), _count(since.errors), _count(since.throttles), _ms(since.duration_ms),
        _failed_before(figures), _ms(slowest), verdict,
    )  # fmt: skip


def shown_layers(layers: Sequence[str]) -> str:
    """Layers in their order, as NAME:VERSION; others in full."""
    parsed = [(text, layer_arn(text)) for text in layers]
    return ", ".join(f"{arn.name}:{arn.version}" if arn else text for text, arn in parsed) or "none"


@cache
def _template() -> "jinja2.Template":
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"layers": shown_layers, "moment": _moment}
    return environment.from_string((_HERE / "page.html.jinja").read_text(encoding="utf-8"))


def _failed_before(figures: Figures) -> str:
    known: list[Window] = [w for w in figures.before if w.errors is not None and w.invocations is not None]
    if not known:
        return "unknown"
    return f"{sum(w.errors or 0 for w in known):g} of {sum(w.invocations or 0 for w in known):g}"


def _count(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _ms(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} ms"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "none"
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
