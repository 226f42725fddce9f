"""Files as a provider delivers them: deterministic CSV and gzip, written to a temporary name and renamed."""

import csv
import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

BUCKET = "acme-billing"
"""Where the files lie in the cloud; their keys are their paths below `billing/`."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file.

    Attributes:
        path: Below the scenario's folder, with `/`.
        content: Its bytes.
        at: When the provider delivers it: files are written in that order.
    """

    path: str
    content: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Invoiced:
    """What a provider asks for in a month that is closed.

    Attributes:
        number: Of the invoice.
        month: First day of the month.
        services: BilledCost by service.
    """

    number: str
    month: date
    services: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Bill:
    """Everything that one provider delivers, and the truth about it.

    Attributes:
        files: What is delivered.
        billed: BilledCost of every row in force: without superseded deliveries, duplicates and bad rows.
        quarantined: Readable BilledCost of each bad row; None where the cost itself is unreadable.
        impacts: Extra EffectiveCost by resource name, of the resources that carry a planted anomaly.
        resource_ids: Id of each of those resources, by name.
        sub_account_ids: Id of each sub-account, by name.
        invoiced: What was asked for, month by month.
    """

    files: list[Delivery]
    billed: list[Decimal]
    quarantined: list[Decimal | None]
    impacts: Mapping[str, Decimal]
    resource_ids: Mapping[str, str]
    sub_account_ids: Mapping[str, str]
    invoiced: Sequence[Invoiced]


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """CSV text with line feeds, quoted only where needed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def gzipped(content: bytes) -> bytes:
    """Gzip without a time in its header, so that the same content gives the same file."""
    return gzip.compress(content, compresslevel=6, mtime=0)


def write(folder: Path, delivery: Delivery) -> None:
    """Write one file; a reader sees either nothing or the whole file."""
    target = folder / delivery.path
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    partial.write_bytes(delivery.content)
    partial.replace(target)
