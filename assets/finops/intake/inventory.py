"""Takes the inventory: inspects what is new, and decides anew which files are in force."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from assets.finops import tables
from assets.finops.intake.content import content
from assets.finops.intake.inspection import facts, inspect_object, recognised
from assets.finops.intake.ledger import any_of, changed_rows, expected_ids, identity, judge, labelled, merge
from assets.finops.logic.control import control_totals
from assets.finops.logic.reading import DamagedFile, peek
from assets.progress import Progress, silent
from resources.lake import Lake
from resources.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Inventory:
    """What an inspection found.

    Attributes:
        files: The whole ledger, rows as in `BILLING_FILES`.
        inspected: Keys that were new or rewritten.
        days: UTC days whose truth changed by it.
    """

    files: pl.DataFrame
    inspected: list[str]
    days: list[date]


def take_inventory(
    store: ObjectStore,
    lake: Lake,
    now: datetime,
    *,
    prefix: str = "",
    keys: Collection[str] | None = None,
    progress: Progress = silent,
) -> Inventory:
    """Inspect every object that is new or was rewritten, and decide anew which files are in force.

    Args:
        store: Where billing files are delivered.
        lake: Where the ledger is kept.
        now: Time of the inspection.
        prefix: Only objects whose key starts so.
        keys: Only these objects; None lists everything.
        progress: Told of each file.
    """
    ledger = lake.scan(tables.BILLING_FILES).collect()
    known = set(ledger.filter(pl.col("x_delivery_id").is_in(expected_ids(ledger).implode()))["x_delivery_id"].to_list())
    objects = [store.head(k) for k in keys] if keys is not None else list(store.list_objects(prefix))
    fresh = [o for o in objects if identity(o.key, o.etag) not in known]
    rows: list[dict[str, Any]] = []
    totals: list[pl.DataFrame] = []
    for number, stored in enumerate(fresh):
        progress(f"inspecting {stored.key}", number, len(fresh))
        for row, control in inspect_object(store, stored, now):
            rows.append(row)
            if control is not None:
                totals.append(labelled(control.totals, row))
    merged = merge(ledger, rows)
    judged = judge(merged)
    changed = changed_rows(ledger, judged)
    found = pl.concat(totals) if totals else pl.DataFrame(schema=tables.BILLING_FILE_TOTALS.schema)
    if len(found):
        lake.replace(
            tables.BILLING_FILE_TOTALS,
            found,
            where=any_of("x_delivery_id", found["x_delivery_id"].unique().to_list()),
        )
    if len(changed):
        lake.replace(tables.BILLING_FILES, changed, where=any_of("x_delivery_id", changed["x_delivery_id"].to_list()))
    return Inventory(judged, [o.key for o in fresh], _days(lake, changed))


def _days(lake: Lake, changed: pl.DataFrame) -> list[date]:
    if not len(changed):
        return []
    ids = changed.filter(pl.col("result") == "billing")["x_delivery_id"]
    days = (
        lake.scan(tables.BILLING_FILE_TOTALS)
        .filter(pl.col("x_delivery_id").is_in(ids.implode()))
        .select(pl.col("x_charge_date").drop_nulls().unique().sort())
    )
    return days.collect()["x_charge_date"].to_list()


def inspect_with_care(store: ObjectStore, lake: Lake, file: dict[str, Any]) -> None:
    """Read the control totals again with the careful reader, and remember that the file needs it, or is damaged."""
    totals = pl.DataFrame(schema=tables.BILLING_FILE_TOTALS.schema)
    with content(store, file) as path:
        look = peek(path)
        layout = recognised(look, file)
        try:
            control = control_totals(path, look, layout, careful=True)
            row = {**file, **facts(path, look, layout, control, file["x_source_file"])}
            totals = labelled(control.totals, row)
        except DamagedFile as error:
            row = {**file, "result": "refused", "state": None, "reason": str(error)}
    mine = pl.col("x_delivery_id") == file["x_delivery_id"]
    ledger = lake.scan(tables.BILLING_FILES).collect()
    judged = judge(merge(ledger, [row]))
    changed = pl.concat([judged.filter(mine), changed_rows(ledger, judged).filter(~mine)])
    lake.replace(tables.BILLING_FILE_TOTALS, totals, where=any_of("x_delivery_id", [file["x_delivery_id"]]))
    lake.replace(tables.BILLING_FILES, changed, where=any_of("x_delivery_id", changed["x_delivery_id"].to_list()))
