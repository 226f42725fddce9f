"""The assets of payments: what is known of them, how parties have paid, when open invoices will be paid, and what that costs."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, picture, table_metadata
from assets.charts import drawn
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.local_payment_models import LocalPaymentModels
from assets.invoices.logic.cash_flow import cash_flow as forecast
from assets.invoices.logic.cash_flow import charts
from assets.invoices.logic.payment_ledger import DIRECTIONS, Refused, as_of, ledger, of_invoices
from assets.invoices.logic.payments.history import History, history_of
from assets.invoices.logic.payments.rating import ratings, usual_amounts
from resources.clock import Clock
from resources.errors import BadInput, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.payment_models.interface import PaymentModels

LEDGER_KEY = "invoices/payment_history.csv"
"""Where the ledger of payments lies in the inputs store."""
_OWNERS = ["team:accounts-payable"]
_RECORDS = dg.AssetKey(["invoices", "payment_records"])
_USABLE = "every_line_of_the_ledger_can_be_used"


@dg.asset(
    key=_RECORDS,
    deps=[["invoices", "invoices"]],
    group_name="invoices",
    owners=_OWNERS,
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.PAYMENT_RECORDS),
    check_specs=[
        dg.AssetCheckSpec(_USABLE, asset=_RECORDS, description="No line of the supplied ledger of payments was left out.")
    ],
)
def payment_records(lake: Lake, inputs_store: dg.ResourceParam[ObjectStore]) -> dg.MaterializeResult:
    """The ledger of payments that people supply, and below it invoices that were read and are not in it."""
    with errors_classified():
        known, refused = _supplied(inputs_store)
        read = list(of_invoices(lake.scan(tables.INVOICES).collect().iter_rows(named=True), known))
        frame = pl.DataFrame([*known, *read], schema=tables.PAYMENT_RECORDS.schema)
        lake.replace(tables.PAYMENT_RECORDS, frame, where=None)
    wrong = pl.DataFrame(
        [(one.line, one.reason) for one in refused], schema={"line": pl.Int64, "reason": pl.String}, orient="row"
    )
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(frame),
            "from_the_ledger": len(known),
            "from_invoices": len(read),
            "open": int(frame["settled"].is_null().sum()),
            "parties": frame["party"].n_unique(),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_USABLE,
                passed=not refused,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"lines": markdown_table(wrong)},
            )
        ],
    )


def _supplied(inputs: ObjectStore) -> tuple[list[dict[str, Any]], list[Refused]]:
    try:
        return ledger(inputs.get(LEDGER_KEY).decode("utf-8-sig"))
    except NotFound:
        return [], []
    except ValueError as error:
        raise BadInput(f"{LEDGER_KEY}: {error}", "Correct it in the inputs store.") from error


@dg.asset(
    key=["invoices", "vendor_history"],
    deps=[_RECORDS],
    group_name="invoices",
    owners=_OWNERS,
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.VENDOR_HISTORY),
)
def vendor_history(lake: Lake, clock: Clock) -> dg.MaterializeResult:
    """How each party has paid, or was paid, by what was known on the day: rating, late payments, days, amounts."""
    with errors_classified():
        records, day = records_and_day(lake, clock)
        parties = records.group_by("party").agg(pl.col("party_name").drop_nulls().first(), pl.col("direction").first())
        cases = for_model(records)
        usual = usual_amounts(cases, day).group_by("party").agg(pl.struct(pl.exclude("party")).alias("amounts"))
        found = ratings(cases, day).join(parties, on="party", how="left").join(usual, on="party", how="left")
        found = found.with_columns(as_of=pl.lit(day))
        lake.replace(tables.VENDOR_HISTORY, found.select(list(tables.VENDOR_HISTORY.schema)), where=None)
    worst = found.sort("rating", nulls_last=True).select("party_name", "direction", "invoices", "late_payments", "rating")
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(found), "as_of": str(day), "lowest_ratings": markdown_table(worst, limit=10)}
    )


@dg.asset(
    key=["invoices", "payment_predictions"],
    deps=[_RECORDS],
    group_name="invoices",
    owners=_OWNERS,
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.PAYMENT_PREDICTIONS),
)
def payment_predictions(lake: Lake, clock: Clock, payment_models: dg.ResourceParam[PaymentModels]) -> dg.MaterializeResult:
    """When each open invoice will be paid, by the live model, from what was known when it was issued; none without a model."""
    with errors_classified():
        records, day = records_and_day(lake, clock)
        live = payment_models.live()
        waiting = records.filter(pl.col("settled").is_null())["invoice_id"].to_list()
        found = pl.DataFrame(schema=tables.PAYMENT_PREDICTIONS.schema)
        if live is not None and waiting:
            predicted = payment_models.predict(history_of(for_model(records)).rows, waiting)
            found = predicted.with_columns(model_id=pl.lit(live.model_id), as_of=pl.lit(day))
        lake.replace(tables.PAYMENT_PREDICTIONS, found.select(list(tables.PAYMENT_PREDICTIONS.schema)), where=None)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "open": len(waiting),
            "model": live.model_id if live else "none yet: payment_model_retrain learns one",
            "by_status": markdown_table(found.group_by("status").len("invoices").sort("status", nulls_last=True)),
        }
    )


@dg.asset(
    key=["invoices", "cash_flow"],
    deps=[_RECORDS, ["invoices", "payment_predictions"]],
    group_name="invoices",
    owners=_OWNERS,
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.CASH_FLOW),
)
def cash_flow(lake: Lake, clock: Clock, payment_models: dg.ResourceParam[PaymentModels]) -> dg.MaterializeResult:
    """Money that open invoices will move, by week, direction and currency, with bands; none without a model of this process."""
    with errors_classified():
        records, day = records_and_day(lake, clock)
        found = pl.DataFrame(schema=tables.CASH_FLOW.schema)
        pictures: dict[str, dg.MarkdownMetadataValue] = {}
        if isinstance(payment_models, LocalPaymentModels) and payment_models.live() is not None:
            for direction, rows, drawings in _forecasts(records, day, payment_models):
                found = pl.concat(
                    [found, rows.with_columns(direction=pl.lit(direction), as_of=pl.lit(day)).select(found.columns)]
                )
                pictures |= drawings
        lake.replace(tables.CASH_FLOW, found, where=None)
    next_weeks = (
        found.filter(pl.col("week").is_not_null())
        .group_by("direction", "currency")
        .agg(pl.col("expected").sum().round(2), pl.col("invoices").sum().round(1))
        .sort("direction", "currency", nulls_last=True)
    )
    return dg.MaterializeResult(metadata={"dagster/row_count": len(found), "next_weeks": markdown_table(next_weeks), **pictures})


def _forecasts(
    records: pl.DataFrame, day: date, models: LocalPaymentModels
) -> Iterator[tuple[str, pl.DataFrame, dict[str, dg.MarkdownMetadataValue]]]:
    model, history = models.load(), history_of(for_model(records))
    for direction in DIRECTIONS:
        mine = records.filter(pl.col("direction") == direction)
        if mine.is_empty():
            continue
        flow = forecast(model, _only(history, mine["invoice_id"].to_list()), mine.select("invoice_id", "amount"), day)
        names = {
            f"{direction}_{currency}": picture(f"{direction} {currency}", drawn(chart))
            for currency, chart in charts(flow).items()
        }
        yield direction, flow.by_week, names


def _only(history: History, wanted: list[str]) -> History:
    """The history in which nothing but the wanted invoices is open. Rows refer to each other by number, so that all stay."""
    others = ~pl.col("invoice_id").is_in(wanted)
    return History(
        history.rows.with_columns(
            settled=pl.when(others).then(pl.col("settled").fill_null(pl.col("issued"))).otherwise("settled")
        )
    )


def records_and_day(lake: Lake, clock: Clock) -> tuple[pl.DataFrame, date]:
    """Payment records, and the day of the look at them."""
    records = lake.scan(tables.PAYMENT_RECORDS).sort("issued", "invoice_id").collect()
    return records, as_of(records.select("issued", "settled").iter_rows(named=True), clock.today())


def for_model(records: pl.DataFrame) -> pl.DataFrame:
    """The records as payment models learn from them."""
    return records.select("invoice_id", "party", "currency", "issued", "due", "settled", pl.col("amount").cast(pl.Float64).abs())
