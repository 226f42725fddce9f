"""The ledger of payments that people supply, and invoices that were read, as records of one kind."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

HEADER = (
    "party_id", "party", "direction", "invoice_number", "issue_date", "due_date", "amount", "currency", "settled_date",
)  # fmt: skip
"""Columns of the ledger, in any order; others are ignored. Due date, amount, currency and settled date may be empty."""
DIRECTIONS = ("payable", "receivable")


@dataclass(frozen=True, slots=True)
class Refused:
    """A line of the ledger that cannot be used, and why."""

    line: int
    reason: str


def ledger(text: str) -> tuple[list[dict[str, Any]], list[Refused]]:
    """Records of the ledger, and its lines that cannot be used.

    Raises:
        ValueError: It is no such ledger: a column is missing.
    """
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in HEADER if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"the columns {', '.join(missing)} are missing")
    records: dict[str, dict[str, Any]] = {}
    refused: list[Refused] = []
    for row in reader:
        try:
            record = _record(row)
        except ValueError as error:
            refused.append(Refused(reader.line_num, str(error)))
            continue
        if record["invoice_id"] in records:
            refused.append(Refused(reader.line_num, "the invoice is there already"))
        else:
            records[record["invoice_id"]] = record
    return list(records.values()), refused


def _record(row: Mapping[str, str]) -> dict[str, Any]:
    given = {name: (row[name] or "").strip() for name in HEADER}
    if not given["party_id"] or not given["invoice_number"]:
        raise ValueError("party or number is missing")
    if given["direction"] not in DIRECTIONS:
        raise ValueError(f"the direction is {given['direction']!r}, not payable or receivable")
    issued, settled = date.fromisoformat(given["issue_date"]), _day(given["settled_date"])
    if settled is not None and settled < issued:
        raise ValueError("it was settled before it was issued")
    return {
        "invoice_id": f"{given['party_id']}/{given['invoice_number']}",
        "direction": given["direction"],
        "party": given["party_id"],
        "party_name": given["party"] or None,
        "invoice_number": given["invoice_number"],
        "issued": issued,
        "due": _day(given["due_date"]),
        "settled": settled,
        "amount": _amount(given["amount"]),
        "currency": given["currency"] or None,
        "source": "ledger",
    }


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _amount(text: str) -> Decimal | None:
    try:
        found = Decimal(text) if text else None
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no amount") from error
    if found is not None and not (found.is_finite() and abs(found) < Decimal("1e13")):
        raise ValueError(f"{text!r} is no amount")
    return found


def of_invoices(invoices: Iterable[Mapping[str, Any]], known: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Records of invoices that were read, open as long as no ledger has them; one that was read twice is there once.

    The seller is the party that the ledger has under one of its tax identifiers or its name; else one of its own. What has no
    seller or day of issue cannot be predicted, and receipts were paid on the spot.

    Args:
        invoices: Rows of `invoices/invoices`.
        known: Records of the ledger.
    """
    records = list(known)
    names = {_name(record["party_name"]): record["party"] for record in records if record["party_name"]}
    ids = {record["party"] for record in records}
    numbers = {(record["party"], record["invoice_number"]) for record in records}
    seen: set[tuple[str, str, bool]] = set()
    for row in invoices:
        if not row["seller"] or row["issue_date"] is None or row["document_type"] == "receipt":
            continue
        tax = next((one for one in row["seller_tax_ids"] if one in ids), None)
        party = tax or names.get(_name(row["seller"])) or (row["seller_tax_ids"] or [row["seller"]])[0]
        if (party, row["invoice_number"]) in numbers:
            continue
        takes_back = row["document_type"] == "credit_note"
        if row["invoice_number"] is not None:
            identity = (party, row["invoice_number"], takes_back)
            if identity in seen:
                continue
            seen.add(identity)
        amount = row["due_payable"] if row["due_payable"] is not None else row["grand_total"]
        yield {
            "invoice_id": row["invoice_id"],
            "direction": "payable",
            "party": party,
            "party_name": row["seller"],
            "invoice_number": row["invoice_number"],
            "issued": row["issue_date"],
            "due": row["due_date"],
            "settled": None,
            "amount": -abs(amount) if amount is not None and takes_back else amount,
            "currency": row["currency"],
            "source": "read",
        }


def _name(name: str) -> str:
    return " ".join(name.split()).casefold()


def as_of(records: Iterable[Mapping[str, Any]], today: date) -> date:
    """Day of the look: today, or the morning after the last thing that is known, if that was earlier."""
    events = [day for record in records for day in (record["issued"], record["settled"]) if day is not None]
    return min(today, max(events, default=today) + timedelta(days=1))
