"""The asset of what should be done about databases."""

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.fleet import tables
from assets.fleet.facts import facts_of
from assets.fleet.logic.recommendations.life import RESOLVED, recommended
from resources.clock import Clock
from resources.lake import Lake

_KEY = dg.AssetKey(["fleet", "recommendations"])


@dg.asset(
    key=_KEY,
    deps=[
        ["fleet", "databases"],
        ["fleet", "measurements"],
        ["fleet", "status"],
        ["fleet", "capacity"],
        ["finops", "resource_costs"],
    ],
    group_name="fleet",
    owners=["team:dba"],
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.RECOMMENDATIONS),
)
def recommendations(lake: Lake, cloud_clock: Clock) -> dg.MaterializeResult:
    """Proposals with severity, impact, effort, evidence and the call that does them; what becomes of each is kept.

    What cannot be judged is counted and resolves nothing. Effects on cost are at most what the bills of the last 30 days allow;
    where they do not name the database, or in several currencies, the effect is unknown.
    """
    now = cloud_clock.now()
    before = lake.scan(tables.RECOMMENDATIONS).collect().to_dicts()
    rows, unjudged = recommended(facts_of(lake, now), before, now)
    frame = pl.DataFrame(rows, schema=tables.RECOMMENDATIONS.schema)
    lake.replace(tables.RECOMMENDATIONS, frame, where=None)
    live = frame.filter(pl.col("state") != RESOLVED)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(frame),
            "live": len(live),
            "new": len(frame.filter(pl.col("state") == "new")),
            "by_category": markdown_table(live.group_by("category", "severity").len("recommendations").sort(pl.all())),
            "could_not_be_judged": dg.MetadataValue.json(unjudged),
            "first": markdown_table(live.select("display_name", "severity", "impact", "title", "effort"), limit=15),
        }
    )
