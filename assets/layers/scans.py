"""The asset of what was found in zips of layers."""

import json

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.layers import tables
from assets.layers.scanning import allow_list_of, list_faults, scanned
from resources.advisories import Advisories
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["layers", "scans"])
_MOST_TOLD = 10


class ScansConfig(dg.Config):
    """What a deployment may ask for."""

    unknown_blocks: bool = Field(
        default=False,
        description="Whether a layer is published only if its vulnerabilities could be asked about. If not, that they are unknown "  # noqa: E501
        "is shown, and it is published.",
    )


@dg.asset(
    key=_KEY,
    deps=[["layers", "builds"]],
    group_name="layers",
    owners=["team:platform"],
    kinds={"python", "deltalake"},
    metadata=table_metadata(tables.SCANS),
    check_specs=[
        dg.AssetCheckSpec(
            "no_high_finding", asset=_KEY, description="No zip holds anything high that the allow-list does not let pass."
        ),
        dg.AssetCheckSpec(
            "vulnerabilities_are_known",
            asset=_KEY,
            description="A source of advisories answered for every zip. What could not be asked is unknown, not clean.",
        ),
        dg.AssetCheckSpec(
            "allow_list_is_current",
            asset=_KEY,
            description="No entry of the allow-list is over, and every one lets something pass.",
        ),
    ],
)
def scans(
    config: ScansConfig,
    lake: Lake,
    clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    layer_store: dg.ResourceParam[ObjectStore],
    advisories: dg.ResourceParam[Advisories],
) -> dg.MaterializeResult:
    """Every zip that was built, looked through once by each version of the rules, and judged by today's allow-list and advisories."""  # noqa: E501
    with errors_classified():
        allowed = allow_list_of(inputs_store)
        rows, looked = scanned(lake, layer_store, allowed, advisories, clock.now(), unknown_blocks=config.unknown_blocks)
    lake.replace(tables.SCANS, rows, where=None)
    high = rows.filter(pl.col("high") > 0)
    unknown = rows.filter(pl.col("vulnerabilities").str.starts_with("unknown"))
    faults = list_faults(allowed, clock.now().date())
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "looked_through_now": looked,
            "failed": int((rows["verdict"] == "failed").sum()),
            "vulnerabilities_unknown": len(unknown),
            "scans": markdown_table(
                rows.select("layer", "verdict", "score", "high", "medium", "low", "allowed", "vulnerabilities")
            ),
            "findings": markdown_table(_findings(rows), limit=50),
        },
        check_results=[
            _check("no_high_finding", dg.AssetCheckSeverity.ERROR, _lines(high)),
            _check(
                "vulnerabilities_are_known",
                dg.AssetCheckSeverity.WARN,
                [f"{r['layer']}: {r['vulnerabilities']}" for r in unknown.to_dicts()],
            ),
            _check("allow_list_is_current", dg.AssetCheckSeverity.WARN, faults),
        ],
    )


def _findings(rows: pl.DataFrame) -> pl.DataFrame:
    """Findings that count, high and medium."""
    names = ("layer", "severity", "rule", "path", "line", "detail")
    found = [
        {"layer": row["layer"], **{name: one[name] for name in names[1:]}}
        for row in rows.to_dicts()
        for one in json.loads(row["findings"])
        if one["allowed_until"] is None and one["severity"] != "low"
    ]
    schema = {name: pl.Int64() if name == "line" else pl.String() for name in names}
    return pl.DataFrame(found, schema=schema).sort("severity", "layer", "rule", "path")


def _lines(rows: pl.DataFrame) -> list[str]:
    found = _findings(rows).filter(pl.col("severity") == "high")
    return [f"{row['layer']}: {row['rule']} in {row['path'] or 'the zip'}: {row['detail']}" for row in found.to_dicts()]


def _check(name: str, severity: dg.AssetCheckSeverity, lines: list[str]) -> dg.AssetCheckResult:
    more = [f"and {len(lines) - _MOST_TOLD} more"] if len(lines) > _MOST_TOLD else []
    return dg.AssetCheckResult(
        asset_key=_KEY,
        check_name=name,
        passed=not lines,
        severity=severity,
        description="; ".join([*lines[:_MOST_TOLD], *more]) or "nothing",
        metadata={"found": len(lines)},
    )
