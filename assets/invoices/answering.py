"""Answers requests for the analysis of one invoice, as a function or another small service is asked for it.

A request is a message of an arrival (`logic.arrival_messages`); an answer is JSON and never holds a trace or a secret.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assets.invoices.logic.arrival_messages import Arrival, Rejected, parse
from assets.invoices.logic.invoice import Invoice, LineItem, Value
from assets.invoices.logic.reading import Reading
from assets.invoices.reading import InvoiceReader
from resources.document_ai.interface import Limits, Unreadable
from resources.errors import BadInput, CloudOpsError, Conflict, Denied, NotFound
from resources.object_store import ObjectStore

Analyse = Callable[[Arrival], Mapping[str, Any]]
"""What is in an object, as JSON. Raises `Unreadable` and the errors of `resources.errors`."""

_LOG = logging.getLogger(__name__)
_STATUS: Mapping[type[Exception], int] = {BadInput: 400, Denied: 403, NotFound: 404, Conflict: 409}
UNREADABLE, FAILED = 422, 502
"""Status of a file that is no document that can be read, and of everything that may succeed when it is asked for again.

Functions pass 502 on to whoever invokes them, who then delivers the event again; of any other failure they make a 200.
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and body of an answer; the body says its status as well, for invokers that do not see it."""

    status: int
    body: Mapping[str, Any]


def reply(request: bytes, analyse: Analyse) -> Reply:
    """Analyse the object that a request tells of.

    Args:
        request: An event of Object Storage or `{"object_key": …}`.
        analyse: Does it.
    """
    arrival = parse(request)
    if isinstance(arrival, Rejected):
        advice = 'Send an event of Object Storage that tells of an object, or {"object_key": "…"}.'
        return _failed(400, "BadInput", f"the request tells of no object: {arrival.reason}", advice)
    try:
        return Reply(200, {"status": 200, **analyse(arrival)})
    except Unreadable as unreadable:
        return _failed(UNREADABLE, "Unreadable", f"{arrival.object_key}: {unreadable}", "Put a readable file there.")
    except CloudOpsError as error:
        status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), FAILED)
        return _failed(status, type(error).__name__, error.message, error.advice)
    except Exception:  # noqa: BLE001  whoever asks is told that it failed, whatever it was
        _LOG.exception("the analysis of %s failed", arrival.object_key)
        return _failed(FAILED, "Failed", "the analysis failed unexpectedly", "Look at the log of this call.")


def analyser(store: ObjectStore, bucket: str, reader: InvoiceReader, limits: Limits) -> Analyse:
    """What analyses objects of one bucket; those of others are denied, whatever a request says.

    Args:
        store: The bucket, or a folder of it.
        bucket: Its name.
        reader: Reads files.
        limits: What reading a file may cost: a larger one is not fetched.
    """

    def analyse(arrival: Arrival) -> Mapping[str, Any]:
        if arrival.bucket not in (None, bucket):
            raise Denied(f"invoices are not taken from the bucket {arrival.bucket}", f"Put them into {bucket}.")
        key = arrival.object_key
        found = store.head(key)
        if found.size > limits.size:
            raise Unreadable(f"it has {found.size} bytes, more than {limits.size}")
        with store.fetch(key) as path:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            reading, _ = reader.read(path, key, digest)
        return {"object_key": key, "etag": found.etag, "content_hash": digest, **shown(reading)}

    return analyse


def shown(reading: Reading) -> dict[str, Any]:
    """A reading as JSON: every value with its page and confidence, without the readings that were not chosen."""
    return {
        "engine": reading.engine,
        "pages": len(reading.pages),
        "invoices": [_invoice(invoice) for invoice in reading.invoices],
        "notes": list(reading.notes),
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    taxes = [{"rate": line.rate, "base": line.base, "amount": line.amount} for line in invoice.taxes]
    return {
        "pages": list(invoice.pages),
        "fields": {name: _value(value) for name, value in invoice.fields.items()},
        "line_items": [_item(item) for item in invoice.items],
        "taxes": [{name: value and _value(value) for name, value in tax.items()} for tax in taxes],
        "reconciled": invoice.reconciled,
        "checks": [{"name": c.name, "subject": c.subject, "holds": c.holds, "says": c.says} for c in invoice.checks],
        "notes": list(invoice.notes),
    }


def _item(item: LineItem) -> dict[str, Any]:
    return {name: _value(value) for name, value in item.columns.items()}


def _value(value: Value) -> dict[str, Any]:
    chosen = value.chosen
    found = {"value": value.value, "confidence": value.confidence, "page": chosen.page, "raw": chosen.raw}
    return {**found, "repaired": value.repaired} if value.repaired else found


def _failed(status: int, kind: str, message: str, advice: str) -> Reply:
    return Reply(status, {"status": status, "error": {"kind": kind, "message": message, "advice": advice}})
