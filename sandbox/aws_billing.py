"""The AWS side of the scenario: a FOCUS 1.2 Data Export with its manifests, a billing period after the other.

Layout as in "Understanding export delivery" of the AWS Data Exports user guide, delivery mode "create
new": data in `data/<partition>/<timestamp>-<execution id>/`, a manifest under `metadata/` in the folder
of the same name, and in `metadata/<partition>/` the manifest of the latest execution. The guide says that
a manifest holds the columns, the files and the period, but publishes no schema: `dataFiles` (S3 URIs) and
`columns` are the keys that readers of exports rely on; the others are ours.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sandbox.anomalies import AWS, of_resource
from sandbox.aws_charges import Charge, charges, instant, next_month
from sandbox.aws_estate import ACCOUNTS, PAYER, hex_of, resources
from sandbox.delivery import BUCKET, Bill, Delivery, Invoiced, csv_bytes, gzipped
from sandbox.focus_columns import AWS_COLUMNS, DECIMALS, FOCUS_1_2
from sandbox.usage import Window

_NAME = "acme-focus"
_ROOT = "aws/focus-export"
_HEADER = FOCUS_1_2 + AWS_COLUMNS
_EARLY_DAYS = 20
"""Days of its month that the preliminary execution covers."""
_UNMETERED = Decimal("0.8")
"""Share of the usage of its last two days that the preliminary execution knows of."""
_CLOSED_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class _Execution:
    """One delivery of one billing period; `invoice` is empty until the period is closed."""

    month: date
    at: datetime
    charges: Sequence[Charge]
    invoice: str
    parts: int
    latest: bool

    @property
    def partition(self) -> str:
        return f"BILLING_PERIOD={self.month:%Y-%m}"

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_NAME}/{self.partition}/{self.at.isoformat()}"))

    @property
    def folder(self) -> str:
        return f"{self.partition}/{self.at:%Y%m%dT%H%M%SZ}-{self.id}"


def aws_bill(window: Window, seed: int) -> Bill:
    """The whole export for the window.

    The last month is open: its rows have no invoice. The month before it was delivered twice, the first time
    before it was complete. The second month comes in two parts.
    """
    found, impacts = charges(window, seed, lambda _: Decimal(1))
    months = sorted({charge.day.replace(day=1) for charge in found})
    files: list[Delivery] = []
    invoiced: list[Invoiced] = []
    for month in months:
        closed = month != months[-1]
        if month == months[-2]:
            files += _files(_early(window, seed, month))
        end = next_month(month) + _CLOSED_AFTER if closed else window.last + timedelta(days=1)
        invoice = f"EUINUS{month:%y}-{int(hex_of(month.isoformat(), 6), 16) % 10**6:06d}" if closed else ""
        of_month = [charge for charge in found if charge.day.replace(day=1) == month]
        if closed:
            invoiced.append(Invoiced(invoice, month, _by_service(of_month)))
        parts = 2 if month == months[1] else 1
        files += _files(_Execution(month, _at(end), of_month, invoice, parts, latest=True))
    culprits = [r for r in resources() if of_resource(AWS, r.name)]
    return Bill(
        files=files,
        billed=[charge.billed for charge in found],
        quarantined=[],
        impacts=impacts,
        resource_ids={r.name: r.id for r in culprits},
        sub_account_ids=ACCOUNTS,
        invoiced=invoiced,
    )


def _by_service(found: Sequence[Charge]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for charge in found:
        sums[charge.row["ServiceName"]] += charge.billed
    return dict(sums)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(6, 10), UTC)


def _early(window: Window, seed: int, month: date) -> _Execution:
    """The month as AWS knew it on its 21st: fewer days, the last two not fully metered, no invoice."""
    last = month + timedelta(days=_EARLY_DAYS - 1)
    partial = frozenset({last, last - timedelta(days=1)})
    found, _ = charges(window, seed, lambda day: _UNMETERED if day in partial else Decimal(1))
    known = [charge for charge in found if month <= charge.day <= last]
    return _Execution(month, _at(last + timedelta(days=1)), known, "", 1, latest=False)


def _files(execution: _Execution) -> list[Delivery]:
    size = -(-len(execution.charges) // execution.parts)
    files = []
    for part in range(execution.parts):
        rows = [_cells(charge, execution) for charge in execution.charges[part * size : (part + 1) * size]]
        path = f"{_ROOT}/data/{execution.folder}/{_NAME}-{part + 1:05d}.csv.gz"
        files.append(Delivery(f"billing/{path}", gzipped(csv_bytes(_HEADER, rows)), execution.at))
    manifest = _manifest(execution, [file.path.removeprefix("billing/") for file in files])
    places = [execution.folder, execution.partition] if execution.latest else [execution.folder]
    written = execution.at + timedelta(minutes=1)
    files += [Delivery(f"billing/{_ROOT}/metadata/{place}/{_NAME}-Manifest.json", manifest, written) for place in places]
    return files


def _cells(charge: Charge, execution: _Execution) -> list[str]:
    row = charge.row | {
        "BillingPeriodStart": instant(execution.month),
        "BillingPeriodEnd": instant(next_month(execution.month)),
        "InvoiceId": execution.invoice,
    }
    return [row.get(name, "") for name in _HEADER]


def _manifest(execution: _Execution, keys: list[str]) -> bytes:
    content = {
        "exportArn": f"arn:aws:bcm-data-exports:us-east-1:{PAYER}:export/{_NAME}-{hex_of(_NAME, 8)}",
        "exportName": _NAME,
        "executionId": execution.id,
        "executionTime": execution.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "billingPeriod": {
            "start": instant(execution.month),
            "end": instant(next_month(execution.month)),
        },
        "compression": "GZIP",
        "contentType": "text/csv",
        "columns": [{"name": name, "type": _type(name)} for name in _HEADER],
        "dataFiles": [f"s3://{BUCKET}/{key}" for key in keys],
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def _type(name: str) -> str:
    if name in DECIMALS:
        return "double"
    return "timestamp_nano" if name.endswith(("PeriodStart", "PeriodEnd")) else "string"
