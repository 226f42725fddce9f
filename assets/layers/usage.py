"""The asset of who uses which version of which layer, in all accounts and regions."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.layers import tables
from assets.layers.estate import EstateReader
from assets.layers.logic.estate import Estate
from assets.layers.logic.usage import adoption_rows, known_versions, place_row, unlisted, usage_rows, version_rows
from resources.clock import Clock
from resources.lake import Lake
from resources.lambda_service import LambdaService

_KEY = dg.AssetKey(["layers", "usage"])
_COMPLETE, _THERE = "every_place_was_read", "no_used_version_is_gone"
_WARN = dg.AssetCheckSeverity.WARN


@dg.asset(
    key=_KEY,
    group_name="layers",
    owners=["team:platform"],
    kinds={"lambda", "deltalake"},
    metadata=table_metadata(tables.USAGE),
    pool="lambda",
    check_specs=[
        dg.AssetCheckSpec(
            _COMPLETE,
            asset=_KEY,
            description="Functions, aliases and layers of every account and region could be read, with all pages. What was known "
            "of one that could not is kept, and nothing is taken for unused.",
        ),
        dg.AssetCheckSpec(
            _THERE,
            asset=_KEY,
            description="Every version that functions use can still be given to them: none is deleted, and no grant was taken "
            "back. Functions that have such a version work on, and fail at their next change.",
        ),
    ],
)
def usage(lake: Lake, clock: Clock, lambda_service: LambdaService) -> dg.MaterializeResult:
    """Which functions, with all their published versions and aliases, use which version of which layer, in every place.

    Versions of other accounts and versions that are deleted are among them. A place that cannot be read is told with its reason.
    """
    with errors_classified():
        estate, rows = read_usage(lake, clock, lambda_service)
    places = [place_row(one) for one in estate.readings]
    versions = pl.DataFrame([*version_rows(estate, rows)], schema=tables.VERSIONS.schema)
    versions = pl.concat([versions, _former_versions(lake, estate, versions)])
    day, is_complete = clock.today(), not estate.unread
    adoption = pl.DataFrame([*adoption_rows(rows, day, is_complete=is_complete)], schema=tables.ADOPTION.schema)
    lake.replace(tables.USAGE, pl.DataFrame(rows, schema=tables.USAGE.schema), where=None)
    lake.replace(tables.VERSIONS, versions, where=None)
    lake.replace(tables.PLACES, pl.DataFrame(places, schema=tables.PLACES.schema), where=None)
    lake.replace(tables.ADOPTION, adoption, where=f"day = '{day}'")
    gone = versions.filter((pl.col("function_versions") > 0) & pl.col("state").is_in(["deleted", "not granted"]))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "places": len(places),
            "functions": sum(place["functions"] or 0 for place in places),
            "function_versions": sum(place["function_versions"] or 0 for place in places),
            "layer_versions": len(versions),
            "unread": dg.MetadataValue.json(list(estate.unread)),
        },
        check_results=[_read(estate), _there(gone)],
    )


def read_usage(lake: Lake, clock: Clock, service: LambdaService) -> tuple[Estate, list[dict[str, Any]]]:
    """Everything that is known of functions and layers now, and the rows of `layers/usage`.

    Rows of places whose functions could not be listed are those of the last time.
    """
    reader = EstateReader(service, clock)
    estate = reader.read()
    rows = [*_former_usage(lake, estate), *(row for one in estate.readings for row in usage_rows(one))]
    owned = [str(version.arn) for version in estate.owned()]
    known = known_versions(lake.scan(tables.VERSIONS).filter(pl.col("layer_version").is_in(owned)).collect().to_dicts())
    # whether a version of another account is still there is known by asking for it alone
    estate = reader.with_details(estate, owned, known, unlisted(estate, rows))
    return reader.with_grants(estate, owned), rows


def _former_usage(lake: Lake, estate: Estate) -> list[dict[str, Any]]:
    """Rows of the last time, of places whose functions could not be listed now."""
    lost = {(one.place.account, one.place.region) for one in estate.readings if one.functions is None}
    return _of_places(lake.scan(tables.USAGE), lost).to_dicts()


def _former_versions(lake: Lake, estate: Estate, now: pl.DataFrame) -> pl.DataFrame:
    """Rows of the last time, of layers that could not be listed now: of versions that nobody uses, as all others are in `now`."""
    lost = {(one.place.account, one.place.region) for one in estate.readings if one.layers is None}
    named = [
        (one.place.account, one.place.region, name)
        for one in estate.readings
        for name, versions in (one.layers or {}).items()
        if versions is None
    ]
    layers = pl.DataFrame(named, schema={"account": pl.String, "region": pl.String, "name": pl.String}, orient="row")
    rows = lake.scan(tables.VERSIONS)
    of_layers = rows.join(layers.lazy(), on=layers.columns, how="semi").collect()
    former = pl.concat([_of_places(rows, lost), of_layers]).join(now, on="layer_version", how="anti")
    return former.with_columns(pl.lit(0, pl.Int64).alias(name) for name in ("functions", "function_versions"))


def _of_places(rows: pl.LazyFrame, places: set[tuple[str, str]]) -> pl.DataFrame:
    wanted = pl.DataFrame(sorted(places), schema={"account": pl.String, "region": pl.String}, orient="row")
    return rows.join(wanted.lazy(), on=["account", "region"], how="semi").collect()


def _read(estate: Estate) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=_COMPLETE, passed=not estate.unread, severity=_WARN, metadata={"unread": _listed(estate.unread)}
    )


def _there(gone: pl.DataFrame) -> dg.AssetCheckResult:
    shown = gone.select("layer_version", "state", "reason", "functions", "function_versions")
    return dg.AssetCheckResult(
        check_name=_THERE, passed=gone.is_empty(), severity=_WARN, metadata={"versions": markdown_table(shown, limit=100)}
    )


def _listed(reasons: Sequence[str] | Mapping[str, str]) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md("\n".join(f"- {reason}" for reason in reasons) or "nothing")
