"""The asset of the report of layers."""

from datetime import datetime, timedelta

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, picture
from assets.charts import drawn
from assets.failures import errors_classified
from assets.layers import tables
from assets.layers.logic.report.data import ReportData
from assets.layers.logic.report.making import PAGE, Report, make
from resources.clock import Clock
from resources.errors import NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

PREFIX = "layers/"
REPORT_KEY = f"{PREFIX}{PAGE}"
SNAPSHOT_KEY = f"{PREFIX}report-snapshots.json"
_KEY = dg.AssetKey(["layers", "report"])
_DAYS = 90
_MOST_LAYERS = 6
_ORPHANED, _DEPRECATED, _PUBLIC = "every_version_is_used", "no_runtime_is_deprecated", "no_version_is_for_everybody"
_WARN = dg.AssetCheckSeverity.WARN


@dg.asset(
    key=_KEY,
    deps=[dg.AssetKey(["layers", "usage"])],
    group_name="layers",
    owners=["team:platform"],
    kinds={"html", "markdown"},
    check_specs=[
        dg.AssetCheckSpec(_ORPHANED, asset=_KEY, description="Every version of a layer is used; the clean-up deletes others."),
        dg.AssetCheckSpec(
            _DEPRECATED, asset=_KEY, description="No function has a runtime that AWS deprecated: it gets no security updates."
        ),
        dg.AssetCheckSpec(_PUBLIC, asset=_KEY, description="No version of a layer is granted to everybody."),
    ],
)
def report(lake: Lake, report_store: ObjectStore, clock: Clock) -> dg.MaterializeResult:
    """A page on layers, which opens offline, and Markdown; a copy of the day is kept.

    What changed since the last report comes first; then what is used and gone, usage, adoption, functions behind the newest
    version, orphaned versions, runtimes and code storage. What is unknown is shown as unknown.
    """
    with errors_classified():
        data = report_data(lake, clock.now())
        made = write_report(data, report_store)
    return dg.MaterializeResult(
        metadata={
            "report": REPORT_KEY,
            "copy": f"{PREFIX}{data.now:%Y-%m-%d}/{PAGE}",
            "summary": dg.MetadataValue.md(made.summary),
            "adoption": _adoption_picture(data),
            "changes": len(made.changes.changes),
            "functions_with_layers": data.functions,
            "layer_versions": len(data.versions),
            "used_and_gone": len(data.gone),
            "functions_behind": len({row["function"] for row in data.behind}),
            "orphaned_versions": len(data.orphans),
            "orphaned_bytes": sum(row["zip_bytes"] or 0 for row in data.orphans),
            "places_not_read": sum(not place["is_complete"] for place in data.places),
            "bytes": sum(map(len, made.files.values())),
        },
        check_results=_checked(data),
    )


def write_report(data: ReportData, store: ObjectStore) -> Report:
    """Make the report and store it, with a copy under its day.

    What the next report is compared with is stored last: a run that is cut off changes nothing of it.
    """
    made = make(data, _kept(store))
    for folder in (f"{PREFIX}{data.now:%Y-%m-%d}/", PREFIX):
        for path, content in made.files.items():
            store.put(folder + path, content)
    store.put(SNAPSHOT_KEY, made.kept)
    return made


def report_data(lake: Lake, now: datetime) -> ReportData:
    """What the report shows, read from the lake."""
    since = (now - timedelta(days=_DAYS)).date()
    return ReportData(
        now=now,
        usage=lake.scan(tables.USAGE).collect().to_dicts(),
        versions=lake.scan(tables.VERSIONS).collect().to_dicts(),
        places=lake.scan(tables.PLACES).collect().to_dicts(),
        adoption=lake.scan(tables.ADOPTION).filter(pl.col("day") >= since).sort("day").collect().to_dicts(),
    )


def _checked(data: ReportData) -> list[dg.AssetCheckResult]:
    orphans = pl.DataFrame(list(data.orphans), schema=tables.VERSIONS.schema).select("layer_version", "zip_bytes", "created")
    deprecated = data.deprecated("deprecated")
    runtimes = pl.DataFrame(sorted(deprecated.items()), schema={"runtime": pl.String, "functions": pl.Int64}, orient="row")
    public = pl.DataFrame(list(data.public), schema=tables.VERSIONS.schema).select("layer_version", "grants")
    return [
        dg.AssetCheckResult(
            check_name=name, passed=rows.is_empty(), severity=_WARN, metadata={"which": markdown_table(rows, limit=100)}
        )
        for name, rows in ((_ORPHANED, orphans), (_DEPRECATED, runtimes), (_PUBLIC, public))
    ]


def _adoption_picture(data: ReportData) -> dg.MarkdownMetadataValue | str:
    """Functions by version over time, of the layers that most functions use."""
    import altair as alt

    rows = pl.DataFrame(list(data.adoption), schema=tables.ADOPTION.schema)
    if rows.is_empty():
        return "nothing is known yet"
    most = rows.filter(pl.col("day") == pl.col("day").max()).group_by("layer").agg(pl.col("functions").sum())
    shown = most.sort("functions", "layer", descending=[True, False]).head(_MOST_LAYERS)["layer"]
    named = rows.filter(pl.col("layer").is_in(shown.implode())).select(
        pl.col("day").cast(pl.String),
        pl.col("layer").str.split(":").list.get(-1) + " " + pl.col("layer").str.split(":").list.get(4),
        pl.col("version").cast(pl.String).alias("version"),
        "functions",
    )
    chart = (
        alt.Chart(alt.Data(values=named.to_dicts()))
        .mark_line(point=True)
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("functions:Q", title="functions"),
            color=alt.Color("version:N", title="version"),
            facet=alt.Facet("layer:N", columns=2, title=None),
        )
        .properties(width=330, height=140)
    )
    return picture("functions by version over time", drawn(chart))


def _kept(store: ObjectStore) -> bytes | None:
    """What the reports before left to be compared with."""
    try:
        return store.get(SNAPSHOT_KEY)
    except NotFound:
        return None
