"""Small billing files of our own making, in every format that is read: plain functions from cells to bytes."""

import csv
import gzip
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Context, Decimal
from pathlib import Path

import polars as pl

from assets.finops.logic.decimals import read_decimal
from resources.object_store import LocalObjectStore, StoredObject

Row = Mapping[str, str]

_FOCUS: dict[str, str] = {
    "BilledCost": "1.5",
    "BillingAccountId": "111122223333",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": "2026-02-01T00:00:00Z",
    "BillingPeriodStart": "2026-01-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeDescription": "Standard storage",
    "ChargePeriodEnd": "2026-01-05T01:00:00Z",
    "ChargePeriodStart": "2026-01-05T00:00:00Z",
    "ConsumedQuantity": "3",
    "ContractedCost": "1.5",
    "EffectiveCost": "1.5",
    "InvoiceId": "INV-1",
    "ListCost": "2",
    "ProviderName": "AWS",
    "RegionId": "eu-west-1",
    "ServiceName": "Amazon S3",
    "SubAccountId": "444455556666",
    "Tags": "{}",
}
_CUR: dict[str, str] = {
    "identity/LineItemId": "a1",
    "bill/InvoiceId": "INV-7",
    "bill/PayerAccountId": "111122223333",
    "bill/BillingPeriodStartDate": "2026-01-01T00:00:00Z",
    "bill/BillingPeriodEndDate": "2026-02-01T00:00:00Z",
    "lineItem/UsageAccountId": "444455556666",
    "lineItem/LineItemType": "Usage",
    "lineItem/UsageStartDate": "2026-01-05T00:00:00Z",
    "lineItem/UsageEndDate": "2026-01-05T01:00:00Z",
    "lineItem/ProductCode": "AmazonS3",
    "lineItem/UsageAmount": "3",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UnblendedRate": "0.5",
    "lineItem/UnblendedCost": "1.5",
    "lineItem/LineItemDescription": "Standard storage",
    "resourceTags/user:team": "blue",
}
_OCI: dict[str, str] = {
    "lineItem/referenceNo": "r1",
    "lineItem/tenantId": "ocid1.tenancy.oc1..t",
    "lineItem/intervalUsageStart": "2026-01-05T00:00Z",
    "lineItem/intervalUsageEnd": "2026-01-05T01:00Z",
    "product/service": "OBJECTSTORE",
    "product/compartmentId": "ocid1.compartment.oc1..c",
    "product/compartmentName": "lab",
    "product/region": "eu-frankfurt-1",
    "product/resourceId": "ocid1.bucket.oc1..b",
    "product/Description": "Standard storage",
    "cost/productSku": "B91628",
    "usage/billedQuantity": "3",
    "cost/unitPrice": "0.5",
    "cost/myCost": "1.5",
    "cost/currencyCode": "EUR",
    "lineItem/isCorrection": "false",
    "tags/team": "blue",
}
_AZURE: dict[str, str] = {
    "Date": "01/05/2026",
    "BillingPeriodStartDate": "01/01/2026",
    "BillingPeriodEndDate": "01/31/2026",
    "SubscriptionId": "s-1",
    "SubscriptionName": "lab",
    "MeterCategory": "Storage",
    "MeterId": "m-1",
    "MeterName": "Hot LRS",
    "ResourceId": "/subscriptions/s-1/x",
    "ResourceLocation": "westeurope",
    "Quantity": "3",
    "UnitPrice": "0.5",
    "CostInBillingCurrency": "1.5",
    "BillingCurrencyCode": "EUR",
    "ChargeType": "Usage",
    "Frequency": "UsageBased",
    "Tags": '"team": "blue"',
}

FOCUS_HEADER = tuple(_FOCUS)


def focus_row(**cells: str) -> dict[str, str]:
    """A FOCUS record; cells that are not given have an ordinary value."""
    return {**_FOCUS, **cells}


def cur_row(**cells: str) -> dict[str, str]:
    """A legacy Cost and Usage Report record; keys may leave out the prefix before `/`."""
    return _changed(_CUR, cells)


def oci_row(**cells: str) -> dict[str, str]:
    """An OCI cost report record; keys may leave out the prefix before `/`."""
    return _changed(_OCI, cells)


def azure_row(**cells: str) -> dict[str, str]:
    """An Azure export record."""
    return {**_AZURE, **cells}


def _changed(row: Row, cells: Row) -> dict[str, str]:
    full = {name.rsplit("/", 1)[-1]: name for name in row}
    return {**row, **{full.get(name, name): value for name, value in cells.items()}}


def as_csv(
    rows: Iterable[Row] | Iterable[Sequence[str]],
    header: Sequence[str] = FOCUS_HEADER,
    *,
    delimiter: str = ",",
    newline: str = "\n",
) -> bytes:
    """A CSV of the rows: mappings by column, or sequences of cells as they are, ragged or not."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline)
    writer.writerow(header)
    writer.writerows([row.get(name, "") for name in header] if isinstance(row, Mapping) else row for row in rows)
    return text.getvalue().encode()


def focus_csv(*rows: Row) -> bytes:
    """A FOCUS CSV; columns beyond the usual ones come last."""
    return as_csv(rows, list(dict.fromkeys([*FOCUS_HEADER, *(name for row in rows for name in row)])))


def table_csv(*rows: Row) -> bytes:
    """A CSV with the columns of its rows."""
    return as_csv(rows, list(dict.fromkeys(name for row in rows for name in row)))


def zipped(body: bytes) -> bytes:
    """The same content as gzip, the same bytes each time."""
    return gzip.compress(body, mtime=0)


def aws_manifest(*keys: str) -> bytes:
    """A manifest of a Cost and Usage Report."""
    return json.dumps({"assemblyId": "x", "reportKeys": list(keys)}).encode()


def deliver(root: Path, key: str, body: bytes, at: datetime | None = None) -> StoredObject:
    """Write an object into the folder that is an object store, at a given time if need be."""
    store = LocalObjectStore(root=str(root))
    root.mkdir(parents=True, exist_ok=True)
    store.put(key, body)
    if at:
        os.utime(root / key, (at.timestamp(), at.timestamp()))
    return store.head(key)


def total(texts: pl.Series) -> Decimal:
    """Exact sum of readable amounts, one by one: slow, and independent of the streaming path."""
    exact = Context(prec=400)
    result = Decimal(0)
    for text in texts.drop_nulls().to_list():
        if (value := read_decimal(text).value) is not None:
            result = exact.add(result, value)
    return result
