"""The report as one HTML page that opens offline, and its main charts as pictures for asset metadata."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from assets.charts import IN_PICTURE, png
from assets.finops.logic.report import (
    action_section,
    anomaly_section,
    change_section,
    charts,
    efficiency_section,
    forecast_section,
    quality_section,
    recommendation_section,
    unit_section,
    wording,
)
from assets.finops.logic.report.changes import Changes
from assets.finops.logic.report.content import Section
from assets.finops.logic.report.cost_section import CostSection
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.figures import NO_CURRENCY, NO_PROVIDER, CurrencyFigures, by_currency
from assets.finops.logic.report.sources import FOLDER, Rows, Source

PICTURED_CURRENCIES = 4
"""Pictures are kept in the event log of every run: enough for those currencies that have most charge lines."""
_HERE = Path(__file__).parent
_NO_COSTS = Section(
    anchor="no-costs",
    heading="No costs yet",
    remarks=(
        "There is no charge line in finops/daily_costs. Put billing files into the bucket that is watched, or materialize "
        "finops/cost_and_usage and finops/daily_costs; data quality below tells which files were found.",
    ),
)


def render(data: ReportData, changes: Changes, files: Mapping[Source, str]) -> str:
    """The page: HTML that needs no network and runs no script but its own. The same data give the same text.

    Args:
        data: What it shows.
        changes: What changed since the last report.
        files: Name of the file of each source, for the links to the rows behind the figures.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["as_json"] = lambda spec: Markup(_script_json(spec))  # noqa: S704 - escaped for scripts
    environment.filters["link"] = lambda rows: _link(rows, files)
    loader = _part("page.js")
    return environment.from_string(_part("page.html.jinja")).render(
        title=f"FinOps report, {wording.day(data.generated_at)}",
        subtitle=_subtitle(data),
        policy=_policy(_vega(), loader),
        sections=_sections(data, changes),
        first=change_section.ANCHOR,
        concerns=quality_section.concerns(data),
        quality=quality_section.ANCHOR,
        css=Markup(_part("page.css")),  # noqa: S704 - a file of ours
        vega=Markup(_vega()),  # noqa: S704 - the library itself
        loader=Markup(loader),  # noqa: S704 - a file of ours
    )


def _sections(data: ReportData, changes: Changes) -> list[Section]:
    figures, colours = _figures(data), _colours(data)
    currencies = [of_one.currency for of_one in figures]
    analyses = (
        anomaly_section.section(data, figures, colours),
        forecast_section.section(data, currencies),
        recommendation_section.section(data, currencies),
        action_section.section(data.actions, data.journal),
        unit_section.section(data.units),
        efficiency_section.section(data.efficiency, currencies),
    )
    costs = _cost_sections(data) or [_NO_COSTS]
    return [change_section.section(changes), *costs, *analyses, quality_section.section(data)]


def _link(rows: Rows, files: Mapping[Source, str]) -> str:
    """Where the file with the rows is, seen from the page."""
    return f"{FOLDER}/{files[rows.source]}"


def charts_png(data: ReportData) -> dict[str, bytes]:
    """Cost trend and top services as PNG, per currency: `cost_trend_USD`, `top_services_USD` and so on.

    Only the currencies of most charge lines have pictures; a currency of which no cost is known has none.
    """
    colours = _colours(data)
    pictures: dict[str, bytes] = {}
    for figures in _figures(data)[:PICTURED_CURRENCIES]:
        if figures.total["cost"].item() is None:
            continue
        anomalies = _of_currency(data.anomalies, figures.currency)
        services = charts.services_labelled(figures.recent("provider", "service"))
        trend = charts.trend(figures, anomalies, colours, IN_PICTURE)
        top = charts.ranking(services, "label", figures, colours, IN_PICTURE)
        pictures[f"cost_trend_{figures.currency}"] = png(trend)
        pictures[f"top_services_{figures.currency}"] = png(top)
    return pictures


def _cost_sections(data: ReportData) -> list[Section]:
    early = quality_section.preliminary(data.files).select("first_day", "last_day").drop_nulls().rows()
    return [
        CostSection(
            figures=figures,
            anomalies=_of_currency(data.anomalies, figures.currency),
            colours=_colours(data),
            preliminary=early,
        ).section(f"currency-{number}")
        for number, figures in enumerate(_figures(data), start=1)
    ]


def _figures(data: ReportData) -> list[CurrencyFigures]:
    return by_currency(data.daily, data.generated_at.date())


def _of_currency(anomalies: pl.DataFrame, currency: str) -> pl.DataFrame:
    return anomalies.filter(pl.col("BillingCurrency").fill_null(NO_CURRENCY) == currency)


def _colours(data: ReportData) -> dict[str, str]:
    return charts.provider_colours(data.daily["ProviderName"].fill_null(NO_PROVIDER).to_list())


def _subtitle(data: ReportData) -> str:
    made = f"made {wording.day(data.generated_at)}, {data.generated_at:%H:%M %Z}".rstrip()
    if data.daily.is_empty():
        return f"No costs yet; {made}."
    clouds = wording.count(data.daily["ProviderName"].fill_null(NO_PROVIDER).n_unique(), "cloud")
    lines = wording.count(int(data.daily["x_lines"].sum()), "charge line")
    return f"{wording.span(*_first_and_last(data.daily))}; {clouds}, {lines}; {made}."


def _first_and_last(daily: pl.DataFrame) -> tuple[date, date]:
    days = sorted(set(daily["x_charge_date"]))
    return days[0], days[-1]


def _script_json(spec: charts.Spec) -> str:
    """JSON that can neither end its script element nor start a comment in it."""
    text = json.dumps(spec, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&]", lambda sign: f"\\u{ord(sign[0]):04x}", text)


def _policy(*scripts: str) -> str:
    """Only the page's own scripts run, by their digest; nothing is fetched. Vega sets styles on what it draws."""
    digests = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def _vega() -> str:
    return charts.javascript()


def _part(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
