"""What the scenario knows about itself: the planted anomalies with their impact, and the exact totals."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal

from sandbox.anomalies import PLANTED, Anomaly
from sandbox.delivery import Bill, Delivery, csv_bytes
from sandbox.usage import Window

_HEADER = (
    "provider", "sub_account", "service", "region", "currency", "start", "end", "type", "direction", "impact",
    "resource_ids",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProviderTruth:
    """One provider's bill and the currency of all its amounts."""

    bill: Bill
    currency: str


def truth(window: Window, bills: Mapping[str, ProviderTruth], at: datetime) -> list[Delivery]:
    """`truth/anomalies.csv` and `truth/totals.json`, by provider name.

    `sub_account` is the id, `service` the provider's spelling within its file (OCI's code: `COMPUTE`),
    start and end are both included, and `impact` is the extra EffectiveCost between them: negative if cost is
    missing.
    """
    rows = [_row(anomaly, window, bills[anomaly.provider]) for anomaly in PLANTED]
    totals = {provider: {known.currency: _totals(known.bill)} for provider, known in bills.items()}
    return [
        Delivery("truth/anomalies.csv", csv_bytes(_HEADER, rows), at),
        Delivery("truth/totals.json", (json.dumps(totals, indent=2) + "\n").encode(), at),
    ]


_EXACT = Context(prec=60)
"""Sums of costs need more digits than the 28 of the default context."""


def _row(anomaly: Anomaly, window: Window, known: ProviderTruth) -> list[str]:
    days = window.days
    first, last = anomaly.span(days)
    impact = _sum(known.bill.impacts[name] for name in anomaly.resources)
    return [
        anomaly.provider, known.bill.sub_account_ids[anomaly.sub_account], anomaly.service, anomaly.region,
        known.currency, days[first].isoformat(), days[last].isoformat(), anomaly.kind, anomaly.direction,
        format(impact, "f"), ";".join(known.bill.resource_ids[name] for name in anomaly.resources),
    ]  # fmt: skip


def _totals(bill: Bill) -> dict[str, object]:
    readable = [cost for cost in bill.quarantined if cost is not None]
    return {
        "BilledCost": format(_sum(bill.billed), "f"),
        "rows": len(bill.billed),
        "quarantined": {
            "rows": len(bill.quarantined),
            "BilledCost": format(_sum(readable), "f"),
        },
    }


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total
