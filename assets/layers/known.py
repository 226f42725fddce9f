"""What the tables know of zips: bundles that were built, what looking through and testing them said, and what was published."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.layers import tables
from assets.layers.logic.bundles import Bundle, bundles
from assets.layers.logic.products import ScanKey
from resources.lake import Lake

TestKey = tuple[str, str, str, str]
"""SHA-256 of a zip, runtime, architecture, and where it was tested."""
_KEY = ("sha256", "runtime", "architecture", "where")
_SAME = (*_KEY, "asked")


def known_bundles(lake: Lake) -> list[Bundle]:
    """Everything that was ever built, the newest first."""
    return bundles(lake.scan(tables.BUILDS).collect().iter_rows(named=True))


def scans_by_key(lake: Lake) -> dict[ScanKey, Mapping[str, Any]]:
    """The latest look through each zip, for what it is built for."""
    rows = lake.scan(tables.SCANS).sort("scanned_at").collect().iter_rows(named=True)
    return {(row["sha256"], row["layer"], tuple(row["runtimes"] or ()), tuple(row["architectures"] or ())): row for row in rows}


def tests_by_key(lake: Lake, asked: str | None) -> dict[TestKey, Mapping[str, Any]]:
    """The latest result of each test.

    Args:
        lake: Has the table.
        asked: `asked_of_tests` of a specification: other results do not count. None: whatever was asked for.
    """
    rows = lake.scan(tables.TESTS).sort("tested_at").collect()
    if asked is not None:
        rows = rows.filter(pl.col("asked") == asked)
    return {(row["sha256"], row["runtime"], row["architecture"], row["where"]): row for row in rows.iter_rows(named=True)}


def published_shas(lake: Lake) -> frozenset[str]:
    """SHA-256 of all zips that were ever published."""
    return frozenset(lake.scan(tables.PUBLICATIONS).select("sha256").collect()["sha256"])


def keep_tests(lake: Lake, rows: pl.DataFrame) -> None:
    """Write results of tests down; each takes the place of the former result of the same test."""
    if rows.is_empty():
        return
    same = " OR ".join(
        "(" + " AND ".join(f"\"{name}\" = '{key[name]}'" for name in _SAME) + ")" for key in rows.select(_SAME).to_dicts()
    )
    lake.replace(tables.TESTS, rows, where=same)
