"""Results of checks that pass if nothing is found, and else name what was."""

import dagster as dg
import polars as pl

_MOST_TOLD = 10


def none_of(rows: pl.DataFrame, check: str, severity: dg.AssetCheckSeverity, asset: dg.AssetKey) -> dg.AssetCheckResult:
    """Passed if there are no rows; else the first of them are told (`database`: `said`), and how many more there are."""
    lines = [f"{row['database']}: {row['said']}" for row in rows.head(_MOST_TOLD).to_dicts()]
    more = [f"and {len(rows) - _MOST_TOLD} more"] if len(rows) > _MOST_TOLD else []
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check,
        passed=rows.is_empty(),
        severity=severity,
        description="; ".join([*lines, *more]) or "nothing",
        metadata={"found": len(rows), "databases": rows["database"].n_unique()},
    )
