"""The asset of how people use search: what the log holds, taken into the lake and told per week."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, picture, table_metadata
from assets.documents import tables
from assets.documents.logic import usage_charts
from assets.documents.logic.query_drift import by_chance, last_votes, last_week_and_before, oldest_comparable, weekly
from assets.failures import errors_classified
from resources.clock import Clock
from resources.lake import Lake
from resources.search_log import Position, Reading, Search, SearchLog, Vote
from resources.tables import Table

_KEY = dg.AssetKey(["documents", "search_usage"])
_SAME, _QUICK = "people_ask_what_they_used_to", "searches_are_answered_quickly"
_POSITION = "log_position"
_LARGEST_DRIFT = 0.1
_SLOWEST_MS = 500.0
_FEWEST = 20
_CHARTED_WEEKS = 26


class SearchUsage(dg.Config):
    """How long questions are kept."""

    keep_days: int = Field(
        default=180, ge=35, description="Days after which questions and votes are forgotten, in log and table."
    )


@dg.asset(
    key=_KEY,
    group_name="documents",
    owners=["team:documents"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.QUERY_DRIFT),
    pool="documents_measuring",
    check_specs=[
        dg.AssetCheckSpec(
            _SAME,
            asset=_KEY,
            description="The words of the last week's questions are about those of the four weeks before: their divergence is no "
            f"more than {_LARGEST_DRIFT} above what chance alone gives so few questions.",
        ),
        dg.AssetCheckSpec(
            _QUICK,
            asset=_KEY,
            description=f"In the last week, 95 % of the searches took at most {_SLOWEST_MS:.0f} ms.",
        ),
    ],
)
def search_usage(
    context: dg.AssetExecutionContext, config: SearchUsage, lake: Lake, search_log: SearchLog, clock: Clock
) -> dg.MaterializeResult:
    """What people ask, week by week: other words than before, searches without a result, useful votes, and latency."""
    with errors_classified():
        kept_since = clock.now() - timedelta(days=config.keep_days)
        log = search_log.read(_read_so_far(context, lake))
        _take_in(lake, log)
        _forget(lake, search_log, kept_since)
        searches, votes = (lake.scan(table).collect() for table in (tables.SEARCH_LOG, tables.SEARCH_FEEDBACK))
        figures = _with_past(lake, weekly(searches, votes), kept_since)
        lake.replace(tables.QUERY_DRIFT, figures, where=None)
    newest = figures.tail(_CHARTED_WEEKS)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(figures),
            "searches_taken_in": len(log.searches),
            "votes_taken_in": len(log.votes),
            "votes_of_unknown_searches": len(votes.join(searches, on="query_id", how="anti")),
            "unreadable_lines": log.unreadable,
            "weeks": markdown_table(newest.reverse().with_columns(pl.col(pl.Float64).round(3))),
            _POSITION: dg.MetadataValue.text(json.dumps(dict(log.position))),
        },
        check_results=[_asks_the_same(searches, newest), _is_quick(newest)],
    )


def _read_so_far(context: dg.AssetExecutionContext, lake: Lake) -> Position:
    """Where the last run that succeeded ended; the beginning if its tables are gone."""
    if any(lake.version(table) is None for table in (tables.SEARCH_LOG, tables.SEARCH_FEEDBACK)):
        return {}
    last = context.instance.get_latest_materialization_event(_KEY)
    told = last.asset_materialization.metadata.get(_POSITION) if last and last.asset_materialization else None
    return {} if told is None else {str(name): int(end) for name, end in json.loads(str(told.value)).items()}


def _take_in(lake: Lake, log: Reading) -> None:
    """Add what is new. A run that is repeated finds the same searches and votes, and leaves the same rows."""
    if log.searches:
        since = min(search.asked_at for search in log.searches)
        there = lake.scan(tables.SEARCH_LOG).filter(pl.col("asked_at") >= since).collect()
        both = pl.concat([there, _rows(tables.SEARCH_LOG, log.searches)])
        lake.replace(
            tables.SEARCH_LOG, both.unique("query_id", keep="last", maintain_order=True), where=_at("asked_at", ">=", since)
        )
    if log.votes:
        votes = pl.concat([lake.scan(tables.SEARCH_FEEDBACK).collect(), _rows(tables.SEARCH_FEEDBACK, log.votes)])
        lake.replace(tables.SEARCH_FEEDBACK, last_votes(votes), where=None)


def _forget(lake: Lake, search_log: SearchLog, kept_since: datetime) -> None:
    search_log.forget(kept_since.date())
    for table, when in ((tables.SEARCH_LOG, "asked_at"), (tables.SEARCH_FEEDBACK, "said_at")):
        if lake.scan(table).filter(pl.col(when) < kept_since).select(pl.len()).collect().item():
            lake.replace(table, pl.DataFrame(schema=table.schema), where=_at(when, "<", kept_since))


def _rows(table: Table, events: Sequence[Search | Vote]) -> pl.DataFrame:
    return pl.DataFrame([asdict(event) for event in events], schema=table.schema)


def _at(column: str, compared: str, instant: datetime) -> str:
    return f"{column} {compared} '{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'"


def _with_past(lake: Lake, figures: pl.DataFrame, kept_since: datetime) -> pl.DataFrame:
    """The figures, and before them those of weeks that can no longer be told, since their past is forgotten."""
    past = lake.scan(tables.QUERY_DRIFT).filter(pl.col("week") < oldest_comparable(kept_since)).collect()
    return pl.concat([past, figures.join(past, on="week", how="anti")]).sort("week")


def _asks_the_same(searches: pl.DataFrame, figures: pl.DataFrame) -> dg.AssetCheckResult:
    before, now = last_week_and_before(searches)
    chance = by_chance(before, now) if min(len(before), len(now)) >= _FEWEST else None
    if chance is None:
        return _told(_SAME, passed=True, status=f"fewer than {_FEWEST} questions in the last week or before it")
    passed = chance.observed <= max(chance.p99, chance.median + _LARGEST_DRIFT)
    drift = picture("drift", usage_charts.drift(figures))
    told = {"divergence": chance.observed, "divergence_by_chance": chance.median, "divergence_by_chance_p99": chance.p99}
    return _told(_SAME, passed=passed, status="measured", questions=len(now), questions_before=len(before), **told, drift=drift)


def _is_quick(figures: pl.DataFrame) -> dg.AssetCheckResult:
    if figures.is_empty() or figures["queries"].item(-1) < _FEWEST:
        return _told(_QUICK, passed=True, status=f"fewer than {_FEWEST} searches in the last week")
    p95 = figures["p95_ms"].item(-1)
    latency = picture("latency", usage_charts.latency(figures, _SLOWEST_MS))
    return _told(_QUICK, passed=p95 <= _SLOWEST_MS, status="measured", p95_ms=p95, limit_ms=_SLOWEST_MS, latency=latency)


def _told(name: str, *, passed: bool, **metadata: Any) -> dg.AssetCheckResult:  # noqa: ANN401  whatever Dagster can show
    return dg.AssetCheckResult(check_name=name, passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)
