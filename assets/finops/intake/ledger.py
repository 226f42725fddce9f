"""The ledger of delivered files: identity of a delivery, and which files are in force."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from assets.finops import tables
from assets.finops.logic.deliveries import Delivery, Manifest, Verdict, delivery_id, verdicts
from assets.finops.logic.normalise import READER_VERSION


def identity(key: str, etag: str) -> str:
    """The delivery that an object's version is, as the present reader understands it."""
    return delivery_id(key, etag, READER_VERSION)


def expected_ids(ledger: pl.DataFrame) -> pl.Series:
    """The delivery that each row would be for the present reader; other rows are of an older one."""
    ids = [identity(k, e) for k, e in ledger.select("x_source_file", "etag").iter_rows()]
    return pl.Series(ids, dtype=pl.String)


def merge(ledger: pl.DataFrame, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The ledger with new rows in the place of those of the same deliveries."""
    found = pl.DataFrame(rows, schema=tables.BILLING_FILES.schema, orient="row")
    kept = ledger.filter(~pl.col("x_delivery_id").is_in(found["x_delivery_id"].implode()))
    return pl.concat([kept.select(found.columns), found])


def judge(files: pl.DataFrame) -> pl.DataFrame:
    """The ledger with state and reason of every billing file."""
    billing = files.filter(pl.col("result") == "billing")
    # what no newer reader has read (yet, or because the object is gone) still counts as it was read
    ids = billing["x_delivery_id"]
    expected = expected_ids(billing)
    current = billing.filter((ids == expected) | ~expected.is_in(ids.implode()))
    names = ("etag", "last_modified", "scope", "version", "content_id", "rows")
    deliveries = [
        Delivery(key=r["x_source_file"], delivery_id=r["x_delivery_id"], **{n: r[n] for n in names})
        for r in current.iter_rows(named=True)
    ]
    manifests = [
        Manifest(r["x_source_file"], r["last_modified"], tuple(r["manifest_files"]))
        for r in files.filter(pl.col("result") == "manifest").iter_rows(named=True)
    ]
    states = verdicts(deliveries, manifests)
    outdated = Verdict("superseded", "read again by a newer reader")
    judged = [
        {"x_delivery_id": d, "state": v.state, "reason": v.reason}
        for d in billing["x_delivery_id"].to_list()
        for v in [states.get(d, outdated)]
    ]
    schema = {"x_delivery_id": pl.String, "state": pl.String, "reason": pl.String}
    joined = files.drop("state").join(pl.DataFrame(judged, schema=schema), on="x_delivery_id", how="left", suffix=" new")
    reason = pl.when(pl.col("result") == "billing").then(pl.col("reason new")).otherwise(pl.col("reason"))
    return joined.with_columns(reason=reason).select(files.columns)


def changed_rows(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Rows that are new or whose state or reason changed."""
    compared = ["x_delivery_id", "state", "reason"]
    return after.join(before.select(compared), on=compared, how="anti", nulls_equal=True)


def labelled(totals: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    """Control totals as rows of `finops/billing_file_totals`."""
    return totals.with_columns(x_source_file=pl.lit(row["x_source_file"]), x_delivery_id=pl.lit(row["x_delivery_id"])).select(
        list(tables.BILLING_FILE_TOTALS.schema)
    )


def any_of(column: str, values: Iterable[str]) -> str:
    """A predicate; the values are identities of ours, hexadecimal."""
    return f"{column} IN ({', '.join(repr(v) for v in sorted(set(values)))})"
