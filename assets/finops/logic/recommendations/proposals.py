"""What is proposed, and why: the four categories put together, within what is spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.finops.logic.decisions import ANOMALY, in_force
from assets.finops.logic.recommendations import anomaly_actions, automation, budgets, commitments
from assets.finops.logic.recommendations.claims import Claim, Spend, claims
from assets.finops.logic.recommendations.commitments import Terms
from assets.finops.logic.recommendations.shape import SCHEMA, Proposal, frame


@dataclass(frozen=True, slots=True)
class Findings:
    """What recommendations are made from; each frame may be empty.

    Attributes:
        daily: `finops/daily_costs`.
        resources: `finops/resource_costs`.
        episodes: `finops/anomaly_episodes`.
        forecasts: `finops/cost_forecasts`.
        forecast_quality: `finops/forecast_quality`.
        efficiency: `finops/resource_efficiency`.
        hourly: `commitments.usage` of the charge lines.
        covered: `commitments.covered` of them.
        decisions: `finops/decisions`.
    """

    daily: pl.DataFrame
    resources: pl.DataFrame
    episodes: pl.DataFrame
    forecasts: pl.DataFrame
    forecast_quality: pl.DataFrame
    efficiency: pl.DataFrame
    hourly: pl.DataFrame
    covered: pl.DataFrame
    decisions: pl.DataFrame

    @property
    def last(self) -> date | None:
        """The newest day of any provider; None if there are no costs."""
        return self.daily["x_charge_date"].max()  # type: ignore[return-value]


def propose(findings: Findings, terms: Terms, today: date) -> tuple[list[Claim], Spend]:
    """Everything that is worth doing now, ranked per currency, and the spend that it is held against.

    Args:
        findings: What is known.
        terms: What a commitment would cost.
        today: Decides which feedback on anomalies is in force.
    """
    last = findings.last
    if last is None:
        return [], Spend(today, today, {})
    spend = Spend.of(findings.resources, last)
    return claims(_all(findings, terms, today, spend), spend), spend


def _all(findings: Findings, terms: Terms, today: date, spend: Spend) -> Iterator[Proposal]:
    said = in_force(findings.decisions, ANOMALY, today)
    settled = [episode for episode, verdict in said.items() if verdict in anomaly_actions.NO_ANOMALY]
    yield from anomaly_actions.propose(findings.episodes, findings.daily, settled)
    delivered = findings.daily.select("ProviderName", "x_charge_date")
    yield from commitments.propose(findings.hourly, delivered, spend.by_currency(), spend.last, terms)
    yield from budgets.propose(findings.forecasts, findings.forecast_quality, findings.daily)
    hourly = automation.hourly_costs(findings.resources, findings.covered, spend)
    yield from automation.propose(findings.efficiency, hourly)
    yield from automation.storage_rules(findings.resources, spend)


def as_frame(claimed: list[Claim]) -> pl.DataFrame:
    """Claims as rows: the columns of `shape.SCHEMA`, `rank`, `overlaps_with`."""
    places = {"rank": [c.rank for c in claimed], "overlaps_with": [c.overlaps_with for c in claimed]}
    rows = frame(c.proposal for c in claimed)
    added = pl.DataFrame(places, schema={"rank": pl.Int64, "overlaps_with": pl.String})
    return pl.concat([rows.select(list(SCHEMA)), added], how="horizontal")
