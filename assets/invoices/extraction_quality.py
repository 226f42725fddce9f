"""The asset of extraction quality: how right extracted values are, by invoices of which the truth is known."""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, picture, table_metadata
from assets.charts import drawn
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.logic.quality import Judged, by_field, reliability, reliability_chart, same
from resources.clock import Clock
from resources.errors import BadInput, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

LABELLED_KEY = "invoices/labelled_invoices.json"
"""Where people put what is true of invoices that they looked at, in the inputs store."""
_KEY = dg.AssetKey(["invoices", "extraction_quality"])
_RIGHT = "accepted_values_are_right"
_MOST_WRONG = 0.01
"""Share of the accepted values that may be wrong."""


@dg.asset(
    key=_KEY,
    deps=[["invoices", "invoices"], ["invoices", "field_values"], ["invoices", "corrections"]],
    group_name="invoices",
    owners=["team:accounts-payable"],
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.EXTRACTION_QUALITY),
    check_specs=[
        dg.AssetCheckSpec(
            _RIGHT,
            asset=_KEY,
            description="Of the values that were accepted without a look, at most 1 % are wrong; unknown is no pass.",
        )
    ],
)
def extraction_quality(lake: Lake, inputs_store: dg.ResourceParam[ObjectStore], clock: Clock) -> dg.MaterializeResult:
    """Accuracy by field, what was accepted without a look, how much of that was wrong, and what a confidence is worth."""
    with errors_classified():
        measured = {"truth file": _against_labels(lake, inputs_store), "corrections": list(_against_corrections(lake))}
        now = clock.now()
        rows = [
            {"measured_at": now, "truth": truth, **row}
            for truth, judged in measured.items()
            if judged
            for row in by_field(judged)
        ]
        frame = pl.DataFrame(rows, schema=tables.EXTRACTION_QUALITY.schema)
        if rows:
            lake.replace(tables.EXTRACTION_QUALITY, frame, where=f"measured_at = '{now.isoformat()}'")
    judged = measured["truth file"] or measured["corrections"]
    accepted = [one for one in judged if one.accepted]
    wrong = sum(not one.right for one in accepted)
    metadata: dict[str, Any] = {
        "values": len(judged),
        "accuracy": sum(one.right for one in judged) / len(judged) if judged else None,
        "accepted_share": len(accepted) / len(judged) if judged else None,
        "accepted_wrong_share": wrong / len(accepted) if accepted else None,
        "by_field": markdown_table(frame.drop("measured_at"), limit=60),
    }
    if bins := reliability(judged):
        metadata["reliability"] = picture("reliability", drawn(reliability_chart(bins)))
    return dg.MaterializeResult(
        metadata={name: value for name, value in metadata.items() if value is not None},
        check_results=[
            dg.AssetCheckResult(
                check_name=_RIGHT,
                passed=bool(accepted) and wrong <= _MOST_WRONG * len(accepted),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={
                    "accepted": len(accepted),
                    "wrong": wrong if accepted else "unknown: label invoices, or confirm what was accepted",
                },
            )
        ],
    )


def _against_labels(lake: Lake, inputs: ObjectStore) -> list[Judged]:
    """Values of the invoices that people labelled."""
    try:
        labelled = json.loads(inputs.get(LABELLED_KEY))
    except NotFound:
        return []
    except ValueError as error:
        raise BadInput(f"{LABELLED_KEY} is no JSON: {error}", "Correct it in the inputs store.") from error
    by_key: dict[str, list[str]] = {}
    for row in _invoices(lake):
        for key in (row["source_key"], *row["copies"]):
            by_key.setdefault(key, []).append(row["invoice_id"])
    values = _values(lake)
    found: list[Judged] = []
    for file in labelled:
        mine = [values.get(identity, {}) for identity in by_key.get(file["file"], [])]
        for truth in file["invoices"]:
            read = _by_number(mine, truth["fields"].get("invoice_number"))
            found += [_judged(name, _text(true), read.get(name)) for name, true in truth["fields"].items()]
    return found


def _against_corrections(lake: Lake) -> Iterator[Judged]:
    """Values that people corrected or confirmed."""
    values = _values(lake)
    said = (
        lake.scan(tables.CORRECTIONS).filter(~pl.col("field").str.starts_with("risk:")).sort("invoice_id", "revision").collect()
    )
    last = said.unique(["invoice_id", "field"], keep="last", maintain_order=True)
    for row in last.iter_rows(named=True):
        yield _judged(row["field"], row["value"], values.get(row["invoice_id"], {}).get(row["field"]))


def _invoices(lake: Lake) -> Iterator[dict[str, Any]]:
    columns = ("invoice_id", "source_key", "copies")
    yield from lake.scan(tables.INVOICES).sort("content_hash", "ordinal").select(columns).collect().iter_rows(named=True)


def _values(lake: Lake) -> dict[str, dict[str, dict[str, Any]]]:
    """By invoice and field, what was extracted."""
    columns = ("invoice_id", "field", "extracted", "confidence", "accepted")
    rows = lake.scan(tables.FIELD_VALUES).filter(pl.col("part") == "head").select(columns).collect()
    values: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        values.setdefault(row["invoice_id"], {})[row["field"]] = row
    return values


def _by_number(read: list[dict[str, dict[str, Any]]], number: str | None) -> dict[str, dict[str, Any]]:
    """The invoice of a file that bears the number, or the only one."""
    for one in read:
        if number and "invoice_number" in one and same("invoice_number", one["invoice_number"]["extracted"] or "", number):
            return one
    return read[0] if len(read) == 1 else {}


def _judged(field: str, truth: str | None, value: dict[str, Any] | None) -> Judged:
    if value is None:
        return Judged(field, truth, None, None, accepted=False)
    return Judged(field, truth, value["extracted"], value["confidence"], value["accepted"])


def _text(true: object) -> str:
    return ", ".join(true) if isinstance(true, list) else str(true)
