"""The lines of the OCI cost reports: usage of the demo company, corrections of it, damaged records.

Columns as in the cost reports that OCI delivers; amounts carry 18 decimals and small ones are in
scientific notation, starts come without seconds and ends with them, as Oracle writes them.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sandbox.anomalies import ORACLE, of_resource
from sandbox.oci_estate import COMPARTMENTS, SUBSCRIPTION, TENANCY, Meter, Resource, resources
from sandbox.usage import Demand, Window, quantities

HEADER = (
    "lineItem/referenceNo", "lineItem/tenantId", "lineItem/intervalUsageStart", "lineItem/intervalUsageEnd",
    "product/service", "product/compartmentId", "product/compartmentName", "product/region",
    "product/availabilityDomain", "product/resourceId", "usage/billedQuantity", "usage/billedQuantityOverage",
    "cost/subscriptionId", "cost/productSku", "product/Description", "cost/unitPrice",
    "cost/unitPriceOverage", "cost/myCost", "cost/myCostOverage", "cost/currencyCode",
    "cost/billingUnitReadable", "cost/skuUnitDescription", "cost/overageFlag",
    "lineItem/isCorrection", "lineItem/backreferenceNo",
    "tags/Oracle-Tags.CreatedBy", "tags/acme.environment", "tags/acme.team", "tags/legacy\\billing.owner",
)  # fmt: skip
_SCALE = Decimal("1E-18")
_SHARES = {1: (Decimal(1),), 4: (Decimal("0.2"), Decimal("0.3"), Decimal("0.3"), Decimal("0.2"))}
"""How a day's use falls on its intervals."""
_START = HEADER.index("lineItem/intervalUsageStart")
_QUANTITY = HEADER.index("usage/billedQuantity")
_COST = HEADER.index("cost/myCost")
_DOMAINS = frozenset({"COMPUTE", "BLOCK_STORAGE", "DATABASE"})


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a report."""

    resource: Resource
    meter: Meter
    start: datetime
    quantity: Decimal
    reference: str
    corrects: str = ""

    @property
    def cost(self) -> Decimal:
        """`cost/myCost`, in EUR."""
        return (self.quantity * self.meter.price).quantize(_SCALE)

    def cells(self) -> list[str]:
        """The record as text, in the order of `HEADER`."""
        resource, meter = self.resource, self.meter
        end = self.start + timedelta(hours=24 // meter.times)
        owner = "former-owner" if resource.service == "BLOCK_STORAGE" else ""
        team = "erp" if "erp" in resource.name else "platform"
        domain = f"{resource.region}-ad-1".upper() if resource.service in _DOMAINS else ""
        return [
            self.reference, TENANCY, f"{self.start:%Y-%m-%dT%H:%MZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}",
            resource.service, COMPARTMENTS[resource.compartment], resource.compartment, resource.region,
            domain, resource.id, str(self.quantity.quantize(_SCALE)), "",
            SUBSCRIPTION, meter.sku, meter.description, str(meter.price.quantize(_SCALE)), "",
            str(self.cost), "", "EUR", meter.billing_unit,
            meter.unit, "false", "true" if self.corrects else "false", self.corrects,
            "default/ops@acme.example", resource.compartment, team, owner,
        ]  # fmt: skip


def lines(window: Window, seed: int) -> tuple[dict[date, list[Line]], dict[str, Decimal]]:
    """The lines of each day, and the extra cost of planted anomalies by resource name."""
    by_day: dict[date, list[Line]] = defaultdict(list)
    impacts: dict[str, Decimal] = defaultdict(Decimal)
    for resource in resources():
        anomaly = of_resource(ORACLE, resource.name)
        for meter in resource.meters:
            demand = Demand(f"{resource.name}/{meter.sku}", meter.daily * resource.size, resource.season)
            pairs = quantities(demand, window, seed, anomaly)
            for day, (planned, actual) in zip(window.days, pairs, strict=True):
                if anomaly is not None:
                    without = _cost(resource, meter, day, planned)
                    impacts[resource.name] += _cost(resource, meter, day, actual) - without
                if actual:
                    by_day[day] += _intervals(resource, meter, day, actual)
    return by_day, dict(impacts)


def corrected(line: Line, share: Decimal) -> tuple[Line, Line]:
    """What OCI delivers later to correct a line: its reversal, and the line with `share` of its quantity."""
    reversal = _derived(line, "reversal", quantity=-line.quantity)
    replacement = _derived(line, "replacement", quantity=line.quantity * share)
    return replace(reversal, corrects=line.reference), replace(replacement, corrects=line.reference)


def damaged(line: Line) -> list[tuple[list[str], Decimal | None]]:
    """Three bad records made from a good line, each with the cost that is still readable in it.

    A decimal comma in the cost, a start that is no time, and a record that breaks off before its cost.
    """
    comma, time_lost, broken = (_derived(line, what, quantity=line.quantity).cells() for what in ("comma", "time", "broken"))
    comma[_COST] = "12,5"
    time_lost[_START] = "yesterday"
    return [(comma, None), (time_lost, line.cost), (broken[:_QUANTITY], None)]


def _derived(line: Line, what: str, *, quantity: Decimal) -> Line:
    return replace(line, quantity=quantity, reference=_reference(what, line.reference))


def _cost(resource: Resource, meter: Meter, day: date, quantity: Decimal) -> Decimal:
    return sum((line.cost for line in _intervals(resource, meter, day, quantity)), Decimal(0))


def _intervals(resource: Resource, meter: Meter, day: date, quantity: Decimal) -> list[Line]:
    midnight = datetime.combine(day, time(), UTC)
    found = []
    for number, share in enumerate(_SHARES[meter.times]):
        start = midnight + timedelta(hours=number * 24 // meter.times)
        reference = _reference(resource.name, meter.sku, start.isoformat())
        found.append(Line(resource, meter, start, quantity * share, reference))
    return found


def _reference(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:32]
