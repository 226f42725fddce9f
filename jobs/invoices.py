"""Invoices jobs: take in what arrived, learn when invoices are paid, and follow a stream that tells of arrivals."""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg
import polars as pl
from pydantic import Field

from assets import progress
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.arrivals import Consumed, Invalid, consume
from assets.invoices.in_force import bring_up_to_date
from assets.invoices.intake import take_in
from assets.invoices.known_sellers import known_sellers
from assets.invoices.logic.arrival_messages import Arrival
from assets.invoices.reading import InvoiceReader
from resources.clock import Clock
from resources.document_ai.interface import DocumentAI, Limits
from resources.lake import Lake
from resources.message_stream import MessageStream
from resources.object_store import ObjectStore

_TAGS = {"domain": "invoices"}
_MODEL = dg.AssetSelection.assets(["invoices", "payment_model"])
invoices_refresh = dg.define_asset_job(
    "invoices_refresh",
    selection=dg.AssetSelection.groups("invoices") - _MODEL,
    run_tags=_TAGS,
    description="Reads invoices that are new or changed, takes in corrections, and says what a person has to look at.",
)
payment_model_retrain = dg.define_asset_job(
    "payment_model_retrain",
    selection=dg.AssetSelection.assets(
        *(["invoices", name] for name in ("payment_records", "payment_model", "payment_predictions", "cash_flow", "insights"))
    ),
    run_tags=_TAGS,
    description="Learns when invoices are paid from everything that is known, and predicts anew if the new model is better.",
)


class StreamConfig(dg.Config):
    """How much of the stream a run takes."""

    group: str = Field(
        default="cloudops-invoices", min_length=1, description="Group of readers whose place in the stream counts."
    )
    most_messages: int = Field(default=100, ge=1, le=10_000, description="Messages of a claim.")
    most_claims: int = Field(default=20, ge=1, description="Claims of a run; what is left waits for the next.")


@dg.op(description="Reads the invoices that a stream tells of; commits only what is durable.", pool="invoices_intake")
def follow_stream(
    context: dg.OpExecutionContext,
    config: StreamConfig,
    invoice_stream: dg.ResourceParam[MessageStream],
    invoices_store: dg.ResourceParam[ObjectStore],
    inputs_store: dg.ResourceParam[ObjectStore],
    document_ai: dg.ResourceParam[DocumentAI],
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
) -> None:
    """Claim, read, commit, until nothing waits. Messages that are none are kept with the reason."""
    done: list[Consumed] = []
    with errors_classified(), InvoiceReader(document_ai, lake, clock, Limits()) as reader:

        def work(arrivals: Sequence[Arrival]) -> None:
            keys = [arrival.object_key for arrival in arrivals]
            take_in(invoices_store, reader, lake, clock.now(), progress.show, limits=Limits(), keys=keys)
            bring_up_to_date(lake, clock, known_sellers(inputs_store))

        while len(done) < config.most_claims:
            found = consume(
                invoice_stream, config.group, work, lambda invalid: keep_invalid(lake, invalid, clock.now()), config.most_messages
            )
            done.append(found)
            if not found.messages:
                break
    context.add_output_metadata(
        {
            "messages": sum(one.messages for one in done),
            "arrivals": sum(one.arrivals for one in done),
            "invalid": sum(one.invalid for one in done),
            "notes": [note for one in done for note in one.notes],
        }
    )


def keep_invalid(lake: Lake, invalid: Sequence[Invalid], now: datetime) -> None:
    """Keep messages that tell of no arrival; those that are kept already stay once."""
    rows = [
        {
            "message_id": one.message.id,
            "received_at": one.message.received_at,
            "reason": one.rejected.reason,
            "excerpt": one.rejected.excerpt,
            "seen_at": now,
        }
        for one in invalid
    ]
    named = ", ".join(f"'{row['message_id']}'" for row in rows)
    frame = pl.DataFrame(rows, schema=tables.STREAM_QUARANTINE.schema)
    lake.replace(tables.STREAM_QUARANTINE, frame, where=f"message_id IN ({named})")


@dg.job(run_tags=_TAGS, description="Reads invoices as a stream tells of their arrival, within seconds instead of a minute.")
def invoices_from_stream() -> None:
    """Follow the stream."""
    follow_stream()


JOBS = (invoices_refresh, payment_model_retrain, invoices_from_stream)
