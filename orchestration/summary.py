"""What a complete run tells on the terminal: what was stored and proven, what the models say, and where to look."""

import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from rich.markup import escape
from rich.table import Table

from assets.finops import tables
from assets.finops.logic.report.wording import short
from orchestration.terminal import console
from resources.lake import Lake

_GRACE = timedelta(days=2)
_TRUTH = Path("scenario") / "truth" / "anomalies.csv"


def stored(lake: Lake) -> None:
    """Charge lines per cloud and currency, files, and the proof that they tie out."""
    from assets.finops.logic.conservation import plain
    from assets.finops.tie_out import per_file

    table = Table("cloud", "currency", "lines", "billed", title="Stored", title_justify="left")
    cost = pl.col("BilledCost")
    billed_if_known = pl.when(cost.null_count() < pl.len()).then(cost.sum())
    lines = lake.scan(tables.COST_AND_USAGE).group_by("ProviderName", "BillingCurrency")
    sums = lines.agg(pl.len(), billed_if_known.alias("BilledCost")).collect(engine="streaming")
    for cloud, currency, number, billed in sums.sort("ProviderName", "BillingCurrency").iter_rows():
        table.add_row(cloud or "unknown", currency, f"{number:,}", "unknown" if billed is None else plain(billed))
    console.print(table)
    files = lake.scan(tables.BILLING_FILES).collect()
    counts = {state: number for state, number in files.group_by("state").len().iter_rows() if state}
    results = dict(files.group_by("result").len().iter_rows())
    console.print(
        f"Files: {', '.join(f'{n} {s}' for s, n in sorted(counts.items())) or 'no billing file'}; "
        f"{results.get('refused', 0)} refused, {results.get('ignored', 0)} ignored."
    )
    for key, reason in files.filter(pl.col("result") == "refused").select("x_source_file", "reason").iter_rows():
        console.print(f"  refused [bold]{escape(key)}[/bold]: {escape(reason)}")
    proof = per_file(lake)
    exact = len(proof.filter("exact"))
    console.print(
        f"Tie-out: {len(proof)} sums of files and currencies, {exact} exact to the last digit; "
        f"{int(proof['rows_quarantined'].sum() or 0)} records in quarantine."
    )


def models(lake: Lake) -> None:
    """Anomalies and how well they are detected, the next days' cost, and what is recommended."""
    episodes = _anomalies(lake)
    alerts = episodes["alerted_on"].count()
    opened = len(episodes.filter(pl.col("state") == "open"))
    console.print(
        f"Anomalies: {len(episodes)} episodes, {opened} of them open; {alerts} worth an alert within the weekly budget."
    )
    quality = lake.scan(tables.DETECTION_QUALITY).filter(pl.col("method") == "walk-forward", pl.col("type") == "all").collect()
    for row in quality.iter_rows(named=True):
        console.print(f"Detection on these costs: {_quality(row)}")
    for said in forecasts(lake.scan(tables.COST_FORECASTS).collect(), lake.scan(tables.FORECAST_QUALITY).collect()):
        console.print(said)
    states = lake.scan(tables.RECOMMENDATIONS).group_by("state").agg(pl.len()).sort("state").collect()
    named = ", ".join(f"{number} {state}" for state, number in states.iter_rows()) or "none"
    console.print(f"Recommendations: {named} ([bold]cloudops recommendations[/bold] lists them).")
    states = lake.scan(tables.ACTIONS).group_by("state").agg(pl.len()).sort("state").collect()
    if len(states):
        named = ", ".join(f"{number} {state}" for state, number in states.iter_rows())
        console.print(f"Actions: {named} ([bold]cloudops actions[/bold] lists them; none runs unapproved).")


def done_in_the_clouds(lake: Lake, since: datetime) -> None:
    """How OCI's Usage API compares with its reports, and what was changed in the clouds since a time; nothing without clouds."""
    compared = lake.scan(tables.OCI_USAGE_RECONCILIATION).group_by("status").agg(pl.len()).sort("status").collect()
    if compared.is_empty():
        return
    said = ", ".join(f"{number:,} {status}" for status, number in compared.iter_rows())
    console.print(f"Oracle's Usage API beside its reports, days and services: {said}.")
    for line in changes(lake.scan(tables.JOURNAL).filter(pl.col("at") >= since).collect()):
        console.print(line)


def changes(journal: pl.DataFrame) -> list[str]:
    """A line per cloud and kind of change that was done, with what it was done to; one that says so if there was none."""
    done = journal.filter(pl.col("outcome") == "done").sort("system", "operation", "subject")
    lines = [
        f"{system}: {operation}: {len(subjects)} ({', '.join(short(subject, 32) for subject in subjects)})"
        for system, operation, subjects in done.group_by("system", "operation", maintain_order=True).agg("subject").iter_rows()
    ]
    return lines or ["Nothing had to be changed in the clouds."]


def forecasts(days: pl.DataFrame, quality: pl.DataFrame) -> list[str]:
    """A line per currency of the newest issue: what all its days will cost, and between which bounds."""
    totals = days.filter(pl.col("level") == "currency").filter(pl.col("origin") == pl.col("origin").max())
    lines = []
    for currency in totals["BillingCurrency"].unique().sort():
        mine = totals.filter(pl.col("BillingCurrency") == currency)
        of_sums = quality.filter(
            pl.col("level") == "currency", pl.col("BillingCurrency") == currency, pl.col("origin") == mine["origin"].item(0)
        )
        when = f"Forecast of {len(mine)} days from {mine['x_charge_date'].sort().item(0)}"
        lines.append(f"{when}: {currency}: {_expected(mine, of_sums)}.")
    return lines


def _expected(days: pl.DataFrame, of_sums: pl.DataFrame) -> str:
    if days["point"].null_count():
        return "not enough history"
    if set(days["status"]) == {"ended"}:
        return "nothing more, its costs have ended"
    said = f"{days['point'].sum():,.2f} expected"
    for low, high in of_sums.select("sum_lower_80", "sum_upper_80").drop_nulls().iter_rows():
        said += f", {low:,.2f} to {high:,.2f} with 80 %"
    return said


def planted(lake: Lake, home: Path) -> None:
    """The demo's planted anomalies, each found or missed, and how many alarms were about none of them."""
    if not (home / _TRUTH).is_file():
        return
    truth = pl.read_csv(home / _TRUTH, try_parse_dates=True, schema_overrides={"sub_account": pl.String})
    table = Table("planted", "where", "from", "found", title="Anomalies planted in the demo", title_justify="left")
    compared, false = against(truth, _anomalies(lake))
    for row in compared:
        where = f"{row['provider']} / {row['service']} / {row['region']}"
        found = "missed" if row["found"] is None else _after(row["found"]) if row["found"] else "on the first day"
        table.add_row(row["type"], where, str(row["start"]), found)
    console.print(table)
    hits = sum(row["found"] is not None for row in compared)
    console.print(f"Found {hits} of {len(compared)}; {false} alarms were about none of them.")


def against(truth: pl.DataFrame, episodes: pl.DataFrame) -> tuple[list[dict[str, Any]], int]:
    """Planted anomalies with the days until each was `found` (None if missed), and the number of other alarms.

    An alarm is about an anomaly if it is of its series and within its days or two days after.
    """
    names = {
        "provider": "ProviderName", "sub_account": "SubAccountId", "service": "ServiceName", "region": "RegionId",
        "currency": "BillingCurrency",
    }  # fmt: skip
    compared, about = [], set()
    for row in truth.iter_rows(named=True):
        mine = episodes.filter(*(pl.col(column) == row[name] for name, column in names.items()))
        hits = mine.filter(pl.col("alarm_day").is_between(row["start"], row["end"] + _GRACE))
        about |= set(hits["episode_id"])
        found = min((day - row["start"]).days for day in hits["alarm_day"]) if len(hits) else None
        compared.append({**row, "found": found})
    return compared, len(episodes) - len(about)


def _after(days: int) -> str:
    return f"after {days} day" if days == 1 else f"after {days} days"


def _anomalies(lake: Lake) -> pl.DataFrame:
    return lake.scan(tables.ANOMALY_EPISODES).filter(pl.col("kind") != "price step", pl.col("state") != "withdrawn").collect()


def _quality(row: dict[str, Any]) -> str:
    if row["recall"] is None:
        return str(row["status"])
    precision = "unknown" if row["precision"] is None else f"{row['precision']:.0%}"
    delay = "none in time" if row["median_days_to_detect"] is None else f"median {row['median_days_to_detect']:g} days"
    return (
        f"{row['detected']} of {row['events']} known anomalies found ({row['recall_low']:.0%} to {row['recall_high']:.0%}), "
        f"precision {precision}, {delay}."
    )


def documents(lake: Lake, location: str = "") -> None:
    """Documents that can be searched, what could not be read, and how well they are found; nothing without documents.

    Args:
        lake: Tables of the deployment.
        location: Where the documents are, if it has to be named to search them.
    """
    from assets.documents import tables as documents_tables

    ledger = lake.scan(documents_tables.SOURCE_DOCUMENTS).filter(pl.col("state") != "deleted").collect()
    if ledger.is_empty():
        return
    refused = ledger.filter(pl.col("state") == "quarantined").sort("source_key")
    passages = lake.scan(documents_tables.INDEX_HEALTH).sort("measured_at").tail(1).collect()
    said = f"Documents: {len(ledger) - len(refused)} can be searched"
    for row in passages.iter_rows(named=True):
        said += f" as {row['rows']:,} passages; the index finds {_share(row['recall10'])} of what an exact search finds"
        said += f", in {row['p50_ms']:.0f} ms (median)" if row["p50_ms"] is not None else ""
    console.print(said + ".")
    for key, reason in refused.select("source_key", "reason").iter_rows():
        console.print(f"  not readable [bold]{escape(key)}[/bold]: {escape(reason)}")
    newest = lake.scan(documents_tables.RETRIEVAL_QUALITY).filter(pl.col("question").is_null()).sort("measured_at").tail(1)
    for row in newest.collect().iter_rows(named=True):
        if row["ndcg10"] is not None:
            console.print(
                f"Golden questions: nDCG@10 {row['ndcg10']:.3f}, recall@100 {_share(row['recall100'])}, "
                f"mean reciprocal rank {row['reciprocal_rank']:.3f}."
            )
    named = f" --documents {escape(shlex.quote(location))}" if location else ""
    question = "what happens when a laptop is lost"
    console.print(f'Ask them: [bold]cloudops search "{question}"{named}[/bold], or [bold]cloudops serve{named}[/bold].')


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%}"
