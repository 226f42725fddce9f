"""Plausible data of a report, table by table, and the page as a reader sees it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from typing import Any

import polars as pl

from assets.finops import tables
from assets.finops.logic.comparable.coverage import coverage
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.making import Report, make
from assets.finops.logic.report.snapshot import packed, snapshot
from resources.tables import MONEY, Table

LAST = date(2026, 3, 31)
PEAK = date(2026, 3, 20)
NOW = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)
HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror=alert(1)>'
SERIES = {
    "ProviderName": "Oracle",
    "SubAccountId": "id-oracle-team-0",
    "ServiceName": "Compute",
    "RegionId": "eu-frankfurt-1",
    "BillingCurrency": "USD",
}
_KEYS = {
    "series": SERIES,
    "provider": {**dict.fromkeys(SERIES), "ProviderName": "Oracle"},
    "currency": dict.fromkeys(SERIES),
}
TIE_OUT: dict[str, Any] = {
    "file": pl.String, "currency": pl.String, "in_files": MONEY, "rows_in_file": pl.Int64, "stored": MONEY,
    "rows_stored": pl.Int64, "quarantined": MONEY, "rows_quarantined": pl.Int64, "exact": pl.Boolean,
}  # fmt: skip
_TABLES = {
    "daily": tables.DAILY_COSTS,
    "episodes": tables.ANOMALY_EPISODES,
    "anomalies": tables.COST_ANOMALIES,
    "detection": tables.DETECTION_QUALITY,
    "forecasts": tables.COST_FORECASTS,
    "forecast_quality": tables.FORECAST_QUALITY,
    "verification": tables.FORECAST_VERIFICATION,
    "recommendations": tables.RECOMMENDATIONS,
    "events": tables.RECOMMENDATION_EVENTS,
    "savings": tables.REALISED_SAVINGS,
    "actions": tables.ACTIONS,
    "journal": tables.JOURNAL,
    "units": tables.UNIT_ECONOMICS,
    "efficiency": tables.RESOURCE_EFFICIENCY,
    "files": tables.BILLING_FILES,
    "quarantine": tables.BILLING_QUARANTINE,
    "conformance": tables.FOCUS_CONFORMANCE,
}
_PLACED = ("ProviderName", "ServiceName", "RegionId", "PricingUnit")


def money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def ago(days: int) -> date:
    """The day that is so many days before the last one; one below 0 is to come."""
    return LAST - timedelta(days=days)


def rows(table: Table, *records: dict[str, Any]) -> pl.DataFrame:
    """A frame of a table's schema; what a record does not give is null."""
    return pl.DataFrame(list(records), schema=table.schema)


def report(*daily: dict[str, Any], **more: list[dict[str, Any]] | pl.DataFrame) -> ReportData:
    """A report of these daily costs and of the records given per table; any other table is empty."""
    given = {"daily": list(daily), **more}
    frames = {
        name: found if isinstance(found := given.get(name, []), pl.DataFrame) else rows(table, *found)
        for name, table in _TABLES.items()
    }
    tied = given.get("tie_out", [])
    placed = given.get("coverage", pl.DataFrame(schema=dict.fromkeys(_PLACED, pl.String)))
    return ReportData(
        generated_at=NOW, **frames, tie_out=pl.DataFrame(tied, schema=TIE_OUT), coverage=coverage(pl.DataFrame(placed))
    )


def cost(day, amount, service="Compute", provider="Oracle", currency="USD", effective="same", lines=1, **more):
    billed = money(amount)
    return {
        "x_charge_date": day,
        "ProviderName": provider,
        "SubAccountId": "sub-1",
        "ServiceName": service,
        "RegionId": "eu-frankfurt-1",
        "BillingCurrency": currency,
        "BilledCost": billed,
        "EffectiveCost": billed if effective == "same" else effective,
        "x_lines": lines,
        "x_lines_without_cost": lines if billed is None else 0,
        **more,
    }


def every_day(first, last, amount, **more):
    return [cost(first + timedelta(days=n), amount, **more) for n in range((last - first).days + 1)]


def episode(first=PEAK, last=PEAK + timedelta(days=1), expected="1050.25", actual="4200.5", **more):
    impact = money(actual) - money(expected)
    days = (last - first).days + 1
    return {
        "episode_id": "e0ffee123456",
        **SERIES,
        "kind": "spike",
        "direction": "up" if impact > 0 else "down",
        "first_day": first,
        "alarm_day": first,
        "last_day": last,
        "days": days,
        "state": "over",
        "expected": money(expected),
        "actual": money(actual),
        "impact": impact,
        "impact_per_day": impact / days,
        "at_stake_per_day": abs(impact) / days,
        "score": 14.2,
        "history_days": 90,
        "confidence": "high",
        "resource_ids": ["ocid1.instance.oc1..first", "ocid1.instance.oc1..second"],
        "culprits": [
            culprit("ocid1.instance.oc1..first", "1000", "4000.5"),
            culprit("ocid1.instance.oc1..second", "50.25", "200"),
        ],
        **more,
    }


def culprit(resource, expected, actual):
    return {"ResourceId": resource, "expected": money(expected), "actual": money(actual)}


def anomalous_days(of, actual=None):
    """The days of an episode, alike."""
    same = ("episode_id", "kind", "direction", "score", "history_days", "confidence", "resource_ids", *SERIES)
    paid = money(actual) if actual else of["actual"] / of["days"]
    expected = of["expected"] / of["days"]
    return [
        {
            "x_charge_date": of["first_day"] + timedelta(days=n),
            **{name: of[name] for name in same},
            "actual": paid,
            "expected": expected,
            "impact": paid - expected,
        }
        for n in range(of["days"])
    ]


def detected(method="walk-forward", kind="all", events=200, found=180, **more):
    share = found / events
    return {
        "measured_at": NOW,
        "method": method,
        "type": kind,
        "status": "measured",
        "events": events,
        "detected": found,
        "recall": share,
        "recall_low": share - 0.05,
        "recall_high": share + 0.04,
        "precision": 0.875 if kind == "all" else None,
        "median_days_to_detect": 1.0,
        "culprit_share": 0.95,
        "own_per_100_series_months": 3.25,
        **more,
    }


def forecast(day, point, level="series", width="10", **more):
    """A forecast of one day: 80 % within `width`, 95 % within twice that."""
    middle, half = money(point), money(width)
    return {
        "origin": LAST,
        "x_charge_date": day,
        "level": level,
        **_KEYS[level],
        "BillingCurrency": "USD",
        "last_day_used": LAST,
        "point": middle,
        "lower_80": None if middle is None else middle - half,
        "upper_80": None if middle is None else middle + half,
        "lower_95": None if middle is None else middle - 2 * half,
        "upper_95": None if middle is None else middle + 2 * half,
        "model": "pooled" if level == "series" else "sum of parts",
        "status": "ok",
        "share_without_forecast": 0.0,
        **more,
    }


def forecast_of_april(currency="USD", service="Compute", **points):
    """One series per cloud for each day of April, at the same point every day, and the totals of these; a point may be None."""
    amounts = [money(point) for point in points.values()]
    whole = None if None in amounts else sum(amounts)
    return [
        row
        for n in range(1, 31)
        for row in (
            *(forecast(ago(-n), p, BillingCurrency=currency, ProviderName=c, ServiceName=service) for c, p in points.items()),
            *(forecast(ago(-n), p, "provider", BillingCurrency=currency, ProviderName=c) for c, p in points.items()),
            forecast(ago(-n), whole, "currency", BillingCurrency=currency),
        )
    ]


def backtested(level="series", points=60, **more):
    measured = {
        "mae": money("3.5"), "mae_seasonal_naive": money("7"), "bias": money("0.5"), "mase": 0.52, "smape": 4.25, "skill": 0.5,
        "coverage_80": 0.82, "coverage_95": 0.96, "origins": 2,
    }  # fmt: skip
    return {
        "origin": LAST,
        "level": level,
        **_KEYS[level],
        "BillingCurrency": "USD",
        "model": "pooled",
        "status": "ok" if points else "not enough history",
        "history_days": 120,
        "recent_cost": money("1400"),
        "points": points,
        **(measured if points else {}),
        **more,
    }


def came_out(origin=date(2026, 2, 19), level="currency", passed=7, **more):
    said = {"actual": money("714.5"), "forecast": money("700"), "wape": 0.031, "coverage_80": 0.857, "coverage_95": 1.0}
    return {
        "origin": origin,
        "level": level,
        "BillingCurrency": "USD",
        "horizon": "1-7",
        "forecasts": 7,
        "passed": passed,
        **(said if passed else {}),
        **more,
    }


def recommendation(name="0123456789abcdef", low="120.5", high="240", **more):
    because = None if low is not None else "no list price is known"
    return {
        "recommendation_id": name,
        "category": "immediate action",
        "kind": "stop idle resource",
        **SERIES,
        "resource_ids": ["ocid1.instance.oc1..idle"],
        "began": ago(60),
        "title": f"Machine {name} is idle",
        "action": f"Stop machine {name}.",
        "savings_low": money(low),
        "savings_high": money(high) if low is not None else None,
        "savings_unknown_because": because,
        "subject_cost_30d": money("300"),
        "effort": "low",
        "risk": "Someone may still use it.",
        "datapoints": [
            datapoint("finops/resource_costs", "ResourceId = 'ocid1.instance.oc1..idle'", "cost of 30 days", "300.00"),
            datapoint("finops/resource_efficiency", "as_of = 2026-03-29", "95th percentile of CPU", None),
        ],
        "rank": 1,
        "proposed": True,
        "state": "open",
        "state_since": NOW - timedelta(days=3),
        "state_by": "cloudops",
        "note": "found",
        "first_seen": NOW - timedelta(days=3),
        "last_seen": NOW,
        **more,
    }


def datapoint(source, where, figure, value):
    return {"source": source, "rows": where, "figure": figure, "value": value}


def step(name="0123456789abcdef", before=None, after="open", **more):
    return {
        "recommendation_id": name,
        "at": NOW - timedelta(days=3),
        "from_state": before,
        "to_state": after,
        "by": "cloudops",
        "note": "found",
        "applied": True,
        **more,
    }


def saving(name="0123456789abcdef", result="verified", to_date="93.75", **more):
    return {
        "recommendation_id": name,
        "BillingCurrency": "USD",
        "basis": "done",
        "effective_day": ago(20),
        "before_first": ago(48),
        "before_last": ago(21),
        "after_first": ago(19),
        "after_last": ago(2),
        "days_before": 28,
        "days_after": 18,
        "control": "siblings",
        "control_movement": 0.02,
        "expected_per_day": money("10"),
        "actual_per_day": money("4.79"),
        "saving_per_day": money("5.21"),
        "saving_per_day_low": money("4.5"),
        "saving_per_day_high": money("5.9"),
        "saving_to_date": money(to_date),
        "result": result,
        **more,
    }


def action(name="act0123456789ab", low="30.5", high="61", **more):
    return {
        "action_id": name,
        "source": "policy",
        "source_name": "idle",
        "source_id": "m-1",
        "system": "oci",
        "resource_id": f"ocid1.autonomousdatabase.oc1..{name}",
        "ProviderName": "Oracle",
        "SubAccountId": "sub-1",
        "ServiceName": "DATABASE",
        "RegionId": "eu-frankfurt-1",
        "BillingCurrency": "USD",
        "operation": "stop",
        "parameters": "{}",
        "status_seen": "running",
        "size_seen": "2",
        "undo": "start it",
        "savings_low": money(low),
        "savings_high": money(high) if low is not None else None,
        "savings_unknown_because": None if low is not None else "no price is known",
        "reason": "Nobody used it for 30 days.",
        "evidence": ["p95 CPU 1 %"],
        "fingerprint": "f",
        "proposed": True,
        "state": "proposed",
        "state_since": NOW,
        "state_by": "cloudops",
        "note": "policy idle",
        "rollback_proposed": False,
        **more,
    }


def change(subject="compartment:prod", outcome="done", **more):
    return {
        "change_id": f"{subject}/{outcome}", "at": NOW, "run_id": "r", "by": "ann", "system": "oci",
        "operation": "create budget", "subject": subject, "reason": "forecast", "outcome": outcome, **more,
    }  # fmt: skip


def unit(day, spent="250", units="1000", **more):
    """A day of a business metric; its cost per unit is known if both are."""
    known = spent is not None and units is not None
    return {
        "metric": "orders",
        "BillingCurrency": "USD",
        "kind": "count",
        "period": "day",
        "period_start": day,
        "cost": money(spent),
        "cost_status": "known" if spent is not None else "unknown",
        "metric_value": money(units),
        "cost_per_unit": money(spent) / money(units) if known else None,
        "status": "known" if known else "unknown",
        "reason": None if known else "the metric is missing" if units is None else "no costs",
        "trailing_cost_per_unit": money("0.26") if known else None,
        "trailing_days": 28,
        "trend_percent": 1.5 if known else None,
        "trend_low_percent": 0.5 if known else None,
        "trend_high_percent": 2.5 if known else None,
        "anomaly": False if known else None,
        **more,
    }


def resource(name="ocid1.instance.oc1..one", spent="300", state="steady", **more):
    return {
        **SERIES,
        "ResourceId": name,
        "as_of": ago(2),
        "first_day": ago(120),
        "last_day": ago(2),
        "days_with_cost": 100,
        "cost_30d": money(spent),
        "cost_30d_before": money(spent),
        "known_days": 30,
        "known_days_before": 30,
        "monthly_run_rate": money(spent),
        "trend_percent": 0.5,
        "trend_low_percent": -1.0,
        "trend_high_percent": 2.0,
        "usage_status": "unknown",
        "state": state,
        "utilisation_status": "unknown",
        "candidates": [],
        **more,
    }


def billing_file(name, state="in force", result="billing", **more):
    return {
        "x_source_file": name,
        "x_delivery_id": name,
        "etag": "e",
        "last_modified": NOW,
        "size_bytes": 1000,
        "format": "focus-1.0",
        "result": result,
        "state": state,
        "rows": 1000,
        "first_day": ago(30),
        "last_day": LAST,
        "inspected_at": NOW,
        **more,
    }


def quarantined(row, **more):
    return {
        "x_source_file": "focus/2026/03/usage.csv.gz",
        "x_delivery_id": "d",
        "x_source_row": row,
        "line": row + 1,
        "column": "BilledCost",
        "value": "12,5O",
        "reason": "Not a decimal number.",
        "BillingCurrency": "USD",
        "record": "{}",
        **more,
    }


def tie(file="focus/2026/03/usage.csv.gz", currency="USD", in_files="100.5", stored="100.5", waiting="0", rows=(10, 10, 0)):
    amounts = {n: Decimal(v) for n, v in (("in_files", in_files), ("stored", stored), ("quarantined", waiting))}
    counts = dict(zip(("rows_in_file", "rows_stored", "rows_quarantined"), rows, strict=True))
    exact = amounts["in_files"] == amounts["stored"] + amounts["quarantined"] and rows[0] == rows[1] + rows[2]
    return {"file": file, "currency": currency, **amounts, **counts, "exact": exact}


def rules(provider, result, number):
    """So many FOCUS rules with this result."""
    return [
        {
            "ProviderName": provider,
            "rule_id": f"BilledCost-C-{n:03}-M-{result}",
            "column": "BilledCost",
            "keyword": "MUST",
            "result": result,
        }
        for n in range(number)
    ]


_SERVICES = {
    "AWS": ["Amazon Elastic Compute Cloud", "Amazon Simple Storage Service", "Amazon Relational Database Service"],
    "Oracle": ["Compute", "Block Storage", "Autonomous Database", "Object Storage"],
    "Microsoft": ["Virtual Machines", "Storage"],
}
_COMPARABLE = {
    "Amazon Elastic Compute Cloud": "Virtual machines",
    "Compute": "Virtual machines",
    "Virtual Machines": "Virtual machines",
    "Amazon Simple Storage Service": "Object storage",
    "Object Storage": "Object storage",
    "Block Storage": "Block storage",
    "Amazon Relational Database Service": "Relational database",
    "Autonomous Database": "Relational database",
}
_PLACES = {"AWS": ("us-east-1", "US East"), "Oracle": ("eu-frankfurt-1", "Germany"), "Microsoft": ("westeurope", "Netherlands")}


def plausible_daily(days=120, per_service=1, currency="USD", seed=7, hostile=False):
    """Costs of three clouds with weekly rhythm, growth, a credit, a new and a vanished service."""
    chance, records = random.Random(seed), []
    series = [
        (provider, f"{service}{'' if n == 0 else f' {n}'}", f"{provider.lower()}-team-{n % 5}", chance.uniform(20, 900))
        for provider, services in _SERVICES.items()
        for service in services
        for n in range(per_service)
    ]
    for before in range(days):
        day = ago(before)
        for provider, service, account, base in series:
            weekend = 0.7 if day.weekday() >= 5 else 1
            amount = base * weekend * chance.uniform(0.9, 1.1) * (1 - before / days / 3)
            if before == 11 and service == "Compute":
                amount *= 4
            region, geography = _PLACES[provider]
            records.append(
                cost(
                    day, f"{amount:.10f}", service, provider, currency, SubAccountName=account, SubAccountId=f"id-{account}",
                    x_comparable_service=_COMPARABLE.get(service), RegionId=region, x_geography=geography, lines=24,
                )
            )  # fmt: skip
        if before < 12:
            records.append(cost(day, "41.25", HOSTILE if hostile else "Generative AI", "Oracle", currency))
        if before > 45:
            records.append(cost(day, "18.5", "Data Catalog", "Oracle", currency))
        if day.day == 1:
            records.append(cost(day, "-750", "Promotional credit", "AWS", currency, RegionId=None))
    return records


def plausible(*, hostile=False) -> ReportData:
    """A report with something in every part; names from the data are hostile if asked for."""
    bad = HOSTILE if hostile else "Generative AI"
    spike = episode(verdict="expected", verdict_reason=f"ana: {bad}")
    fall = episode(
        ago(1), LAST, "900", "200", episode_id="fa11fa11fa11", kind="fall", state="open", confidence="low", alerted_on=LAST,
        ServiceName=bad, SubAccountId="sub-1", culprits=[culprit(bad, "700", "0")],
    )  # fmt: skip
    repriced = episode(ago(50), ago(50), "100", "110", episode_id="9c1ce59c1ce5", kind="price step", culprits=[])
    return report(
        *plausible_daily(hostile=hostile),
        *plausible_daily(days=40, currency="MC", seed=8),
        cost(LAST, None, "Support", "Oracle", "MC", effective=None),
        episodes=[spike, fall, repriced],
        anomalies=[*anomalous_days(spike), *anomalous_days(fall)],
        detection=[
            detected(), detected(kind="level_shift"), detected("isolation forest", found=90),
            detected("isolation forest", "level_shift", found=80),
        ],
        forecasts=[
            *forecast_of_april(Oracle="700", AWS="500"), *forecast_of_april("MC", bad, Oracle="90"),
        ],
        forecast_quality=[
            backtested(), backtested("provider"), backtested("currency"), backtested(points=0, ServiceName=bad),
            backtested(BillingCurrency="MC"),
        ],
        verification=[came_out(), came_out(ago(3), passed=0)],
        recommendations=[
            recommendation(), recommendation("aaaa", None, title=bad, action=bad), recommendation("bbbb", overlaps_with="aaaa"),
            recommendation("cccc", state="dismissed", note=bad), recommendation("dddd", BillingCurrency="MC"),
        ],
        events=[step(), step("cccc", "open", "dismissed", by="ana", note=bad)],
        savings=[saving(), saving("dddd", "not visible", None, reason=bad)],
        actions=[action(reason=bad), action("done", state="executed", effect="realised", effect_reason="saved 31"),
                 action("go", state="approved"), action("unsure", None, state="failed", note="refused")],
        journal=[change(bad if hostile else "compartment:prod"), change(outcome="begun"), change("tag:x", "failed: no right")],
        units=[
            *(unit(ago(n), f"{250 + n}") for n in range(40)),
            unit(ago(40), anomaly=True, driver="cost moved", score=7.5, expected_cost_per_unit=money("0.125")),
            unit(LAST, units=None, metric=bad), unit(date(2026, 3, 1), period="month", metric="revenue", kind="revenue",
                metric_currency="USD", cost_percent_of_revenue=money("12.5"), trailing_cost_per_unit=None, anomaly=None),
        ],
        efficiency=[
            resource(), resource(bad, "20", candidates=["idle_review"], evidence=bad, state="idle"),
            resource("grown", "500", "growing", trend_percent=22.5),
            resource("dearer", "90", usage_unit="Hours", usage_status="known", unit_price_before=money("0.5"),
                unit_price_last=money("0.75"), unit_price_change_percent=50.0),
            resource("money", "10", BillingCurrency="MC"),
        ],
        files=[
            billing_file("focus/2026/03/usage.csv.gz", final=False),
            billing_file("focus/2026/02/usage.csv.gz", final=True),
            billing_file("focus/2026/01/old.csv.gz", "superseded", reason="A newer delivery of 2026-01 replaces it."),
            billing_file("notes.txt", None, "ignored", reason="Not a billing file."),
            billing_file("broken.csv.gz", None, "refused", rows=None, reason="The gzip stream ends early: upload it again."),
            *([billing_file(bad, None, "refused", reason=bad)] if hostile else []),
        ],
        quarantine=[quarantined(n, BilledCost=Decimal("1.5"), value=bad) for n in range(1, 61)],
        tie_out=[
            tie(in_files="1190.000000000000000001", stored="1100.000000000000000001", waiting="90", rows=(1000, 940, 60)),
            tie("focus/2026/02/usage.csv.gz", in_files="98765.4321", stored="98765.4321", rows=(1000, 1000, 0)),
        ],
        conformance=[
            *rules("AWS", "pass", 410), *rules("AWS", "fail", 3), *rules("AWS", "not applicable", 60),
            *rules("Oracle", "pass", 390), *rules("Oracle", "not checked", 15),
        ],
        coverage=[
            dict(zip(_PLACED, ("AWS", "Amazon Simple Storage Service", "us-east-1", "Hrs"), strict=True)),
            dict(zip(_PLACED, ("AWS", "Amazon Chime", "us-east-1", "Hrs"), strict=True)),
            dict(zip(_PLACED, ("Oracle", bad, None, None), strict=True)),
        ],
    )  # fmt: skip


def plausible_before(*, hostile=False) -> ReportData:
    """The report before the plausible one: days, anomalies and the rest are missing, some are other than later."""
    now = plausible(hostile=hostile)
    corrected = pl.when(pl.col("x_charge_date") == ago(5)).then(pl.col("EffectiveCost") + 1).otherwise("EffectiveCost")
    early = now.daily.filter(pl.col("x_charge_date") < ago(1)).with_columns(corrected.alias("EffectiveCost"))
    return replace(
        now,
        generated_at=NOW - timedelta(days=1),
        daily=early,
        episodes=now.episodes.head(1).with_columns(state=pl.lit("open")),
        anomalies=now.anomalies.head(2),
        forecasts=now.forecasts.with_columns(pl.col("point") - 1),
        recommendations=now.recommendations.head(2).with_columns(state=pl.lit("accepted")),
        savings=now.savings.head(1).with_columns(result=pl.lit("not enough days")),
        quarantine=now.quarantine.head(10),
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A card of the page."""

    label: str
    value: str
    detail: str
    file: str
    where: str


class Page(HTMLParser):
    """The page as a browser and its reader see it: elements, visible text, cards, tables, and which rows are behind them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._tables: list[tuple[str, list[list[str]]]] = []
        self.headings: list[str] = []
        self.links: list[tuple[str, str]] = []
        self._words: dict[str, list[str]] = {}
        self._section = ""
        self._tag = ""
        self._in: dict[str, list[str]] = {}
        self._cards: list[tuple[dict[str, list[str]], tuple[str, str]]] = []
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(word for words in self._words.values() for word in words)

    def section(self, anchor: str) -> str:
        """Text of the section that the navigation leads to; `concerns` is what stands before the numbers."""
        return " ".join(self._words.get(anchor, ()))

    @property
    def cards(self) -> Iterator[Shown]:
        for parts, (file, where) in self._cards:
            label, value, detail = ("".join(parts.get(name, ())) for name in ("label", "value", "detail"))
            yield Shown(label, value, detail, file, where)

    def card(self, label: str) -> Shown:
        """The first card of that label."""
        return next(card for card in self.cards if card.label == label)

    def table(self, caption: str) -> list[list[str]]:
        """Cells of the first table of that caption, without its headings; empty if there is none."""
        return next((body for name, (_, *body) in self._tables if name == caption), [])

    def attributes(self, *names: str) -> list[str]:
        return [value or "" for _, attrs in self.tags for name, value in attrs.items() if name in names]

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        self._tag = tag
        kind = (given.get("class") or "").split()
        if tag == "section":
            self._section = given.get("id") or "concerns"
        elif tag == "a" and not (given["href"] or "").startswith("#"):
            self.links.append((given["href"] or "", given.get("title") or ""))
            if "part" in self._in:
                self._cards[-1] = (self._cards[-1][0], self.links[-1])
        elif tag == "div" and "card" in kind:
            self._cards.append(({}, ("", "")))
        elif tag == "div" and kind and kind[0] in ("label", "value", "detail"):
            self._in["part"] = self._cards[-1][0].setdefault(kind[0], [])
        self._begin(tag)

    def _begin(self, tag):
        if tag in ("caption", "td", "th", "code", "h2", "h3"):
            self._in[tag] = []
        elif tag == "tr":
            self._in["row"] = []

    def handle_endtag(self, tag):
        self._tag = ""
        ended = self._in.pop(tag, None)
        said = "".join(ended or ())
        if tag == "div":
            self._in.pop("part", None)
        elif tag == "caption":
            self._tables.append((said, []))
        elif tag in ("td", "th"):
            self._in["row"].append(said)
        elif tag == "tr":
            self._tables[-1][1].append(self._in.pop("row"))
        elif tag == "code" and "row" not in self._in:
            self.links[-1] = (self.links[-1][0], said)
        elif tag in ("h2", "h3"):
            self.headings.append(said)

    def handle_data(self, data):
        if self._tag == "script":
            self.scripts.append(data)
            return
        if self._tag == "style":
            return
        if data.strip():
            self._words.setdefault(self._section, []).append(data.strip())
        if self._tag == "a":
            return
        for name, collected in self._in.items():
            if name != "row":
                collected.append(data)


def made(data: ReportData, before: ReportData | None = None) -> Report:
    """The report, compared with one of earlier data if there is one."""
    return make(data, None if before is None else kept_of(before))


def kept_of(data: ReportData) -> bytes:
    """What the first report keeps for the next one."""
    return packed(snapshot(data))


@cache
def whole(*, hostile=False) -> Report:
    """The plausible report, compared with the one before it."""
    return made(plausible(hostile=hostile), plausible_before(hostile=hostile))


def page(data: ReportData, before: ReportData | None = None) -> Page:
    return Page(made(data, before).page)
