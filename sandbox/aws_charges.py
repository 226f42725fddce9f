"""The charges of the demo company on AWS as FOCUS 1.2 rows: usage, savings plan, support, tax and credit.

Amounts are exact: every cost is its quantity times its unit price. The negotiated discount applies to all
usage; a compute savings plan covers some instances: their BilledCost is 0 and their EffectiveCost follows
the plan's rate.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sandbox.anomalies import AWS, of_resource
from sandbox.aws_estate import ACCOUNTS, COVERED, PAYER, REGIONS, Meter, Resource, hex_of, resources
from sandbox.usage import Demand, Window, quantities

Row = dict[str, str]

_KEPT = Decimal("0.95")
"""What is left of the list price after the negotiated discount."""
_PLAN_RATE = Decimal("0.155")
"""USD per covered instance hour."""
_COMMITMENT = Decimal("0.50")
"""USD per hour committed to in the savings plan."""
_HOURS = Decimal(24)
_SUPPORT = Decimal("180.00")
_TAX_RATE = Decimal("0.19")
_CREDIT = Decimal("-25.00")
_CREDIT_DAY = 15
_ZERO = Decimal(0)
_ISSUER = "Amazon Web Services, Inc."
_PLAN_ID = f"arn:aws:savingsplans::{PAYER}:savingsplan/{hex_of('plan', 8)}-0000-4000-8000-{hex_of('plan', 12)}"
_PLAN = {
    "CommitmentDiscountCategory": "Spend",
    "CommitmentDiscountId": _PLAN_ID,
    "CommitmentDiscountName": "acme-compute-plan",
    "CommitmentDiscountType": "Compute Savings Plan",
    "CommitmentDiscountUnit": "USD",
}


@dataclass(frozen=True, slots=True)
class Charge:
    """One row, without billing period and invoice; `day` is the UTC day on which its charge period starts."""

    day: date
    row: Row
    billed: Decimal


def text(amount: Decimal) -> str:
    """Plain decimal notation."""
    return format(amount, "f")


def instant(day: date) -> str:
    """Midnight UTC of a day, as AWS writes it."""
    return f"{day.isoformat()}T00:00:00Z"


def next_month(day: date) -> date:
    """First day of the month after that of `day`."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def charges(window: Window, seed: int, estimate: Callable[[date], Decimal]) -> tuple[list[Charge], dict[str, Decimal]]:
    """Every charge of the window by day, and the extra EffectiveCost of planted anomalies by resource name.

    Args:
        window: Days to bill.
        seed: Seed of the usage.
        estimate: Factor on the metered quantity of a day, below 1 where metering is not yet complete.
    """
    found: list[Charge] = []
    impacts: dict[str, Decimal] = defaultdict(Decimal)
    covered: dict[date, Decimal] = defaultdict(Decimal)
    for resource in resources():
        anomaly = of_resource(AWS, resource.name)
        for meter in resource.service.meters:
            most = meter.most
            demand = Demand(f"{resource.name}/{meter.name}", meter.daily * resource.size, resource.season, most)
            template = _template(resource, meter)
            pairs = quantities(demand, window, seed, anomaly)
            for day, (planned, actual) in zip(window.days, pairs, strict=True):
                if anomaly is not None:
                    impacts[resource.name] += (actual - planned) * meter.price * _KEPT
                if actual:
                    charge = _usage(template, resource, meter, day, actual * estimate(day))
                    covered[day] += Decimal(charge.row["CommitmentDiscountQuantity"] or 0)
                    found.append(charge)
    for day in window.days:
        found.extend(_plan(day, covered[day]))
        found.extend(_monthly(day))
    found.sort(key=lambda charge: charge.day)
    return found, dict(impacts)


def _common(account: str) -> Row:
    return {
        "BillingAccountId": PAYER,
        "BillingAccountName": "acme",
        "BillingAccountType": "Management Account",
        "BillingCurrency": "USD",
        "InvoiceIssuerName": _ISSUER,
        "PricingCurrency": "USD",
        "ProviderName": AWS,
        "PublisherName": _ISSUER,
        "SubAccountId": ACCOUNTS.get(account, PAYER),
        "SubAccountName": account,
        "SubAccountType": "AWS Account",
    }


def _sku(key: str, list_price: Decimal, contracted: Decimal) -> Row:
    sku = hex_of(key, 16).upper()
    return {
        "SkuId": sku,
        "SkuPriceId": f"{sku}.JRTCKXETXF.6YS6EN2CT7",
        "ListUnitPrice": text(list_price),
        "ContractedUnitPrice": text(contracted),
        "PricingCurrencyListUnitPrice": text(list_price),
        "PricingCurrencyContractedUnitPrice": text(contracted),
    }


def _template(resource: Resource, meter: Meter) -> Row:
    service = resource.service
    team = {"acme-prod": "shop", "acme-staging": "platform", "acme-data": "analytics"}[resource.account]
    tags = {"environment": resource.account.removeprefix("acme-"), "team": team, "user:Name": resource.name}
    return (
        _common(resource.account)
        | _sku(f"{service.code}/{meter.usage_type}/{resource.region}", meter.price, meter.price * _KEPT)
        | {
            "AvailabilityZone": f"{resource.region}a" if service.code == "AmazonEC2" else "",
            "ChargeCategory": "Usage",
            "ChargeDescription": f"${text(meter.price)} {meter.description}",
            "ChargeFrequency": "Usage-Based",
            "CommitmentDiscountQuantity": "",
            "ConsumedUnit": meter.unit,
            "PricingCategory": "Standard",
            "PricingUnit": meter.unit,
            "RegionId": resource.region,
            "RegionName": REGIONS[resource.region][1],
            "ResourceId": resource.id,
            "ResourceName": resource.name,
            "ResourceType": service.resource_type,
            "ServiceCategory": service.category,
            "ServiceName": service.name,
            "ServiceSubcategory": service.subcategory,
            "SkuMeter": meter.name,
            "Tags": json.dumps(tags),
            "x_Operation": meter.operation,
            "x_ServiceCode": service.code,
            "x_UsageType": f"{REGIONS[resource.region][0].upper()}-{meter.usage_type}",
        }
    )


def _usage(template: Row, resource: Resource, meter: Meter, day: date, quantity: Decimal) -> Charge:
    listed = quantity * meter.price
    contracted = listed * _KEPT
    billed = effective = contracted
    row = template | {"ConsumedQuantity": text(quantity), "PricingQuantity": text(quantity)}
    if resource.name in COVERED:
        billed, effective = _ZERO, quantity * _PLAN_RATE
        row |= _PLAN | {
            "CommitmentDiscountQuantity": text(effective),
            "CommitmentDiscountStatus": "Used",
            "PricingCategory": "Committed",
        }
    else:
        row["x_Discounts"] = json.dumps({"Negotiated discount": text(contracted - listed)})
    return _charge(row, day, day + timedelta(days=1), listed, contracted, billed, effective)


def _charge(
    row: Row,
    day: date,
    end: date,
    listed: Decimal,
    contracted: Decimal,
    billed: Decimal,
    effective: Decimal,
) -> Charge:
    amounts = {
        "ChargePeriodStart": instant(day),
        "ChargePeriodEnd": instant(end),
        "ListCost": text(listed),
        "ContractedCost": text(contracted),
        "BilledCost": text(billed),
        "EffectiveCost": text(effective),
        "PricingCurrencyEffectiveCost": text(effective),
    }
    return Charge(day, row | amounts, billed)


def _plan(day: date, used: Decimal) -> Iterator[Charge]:
    """The day's fee of the savings plan and, as usage, the part of it that nothing used."""
    fee = _COMMITMENT * _HOURS
    unused = fee - used
    base = _common("acme") | _PLAN | _sku("savings-plan", _COMMITMENT, _COMMITMENT)
    base |= {
        "ChargeDescription": "1 year No Upfront Compute Savings Plan",
        "ChargeFrequency": "Recurring",
        "PricingCategory": "Standard",
        "PricingUnit": "Hrs",
        "ResourceId": _PLAN_ID,
        "ResourceName": "acme-compute-plan",
        "ResourceType": "Savings Plan",
        "ServiceCategory": "Compute",
        "ServiceName": "Savings Plans for AWS Compute usage",
        "ServiceSubcategory": "Other (Compute)",
        "SkuMeter": "Commitment hours",
        "x_ServiceCode": "ComputeSavingsPlans",
        "x_UsageType": "ComputeSP:1yrNoUpfront",
    }
    end = day + timedelta(days=1)
    bought = {
        "ChargeCategory": "Purchase",
        "PricingQuantity": text(_HOURS),
        "CommitmentDiscountQuantity": text(fee),
    }
    yield _charge(base | bought, day, end, fee, fee, fee, _ZERO)
    if unused > 0:
        left = {
            "ChargeCategory": "Usage",
            "CommitmentDiscountQuantity": text(unused),
            "CommitmentDiscountStatus": "Unused",
            "PricingCategory": "Committed",
            "PricingQuantity": text(unused / _COMMITMENT),
        }
        yield _charge(base | left, day, end, unused, unused, _ZERO, unused)


def _monthly(day: date) -> Iterator[Charge]:
    """Support fee and its tax on the first of a month, a credit on the fifteenth."""
    support = _common("acme") | {
        "ChargeFrequency": "Recurring",
        "ServiceCategory": "Management and Governance",
        "ServiceName": "AWS Support (Business)",
        "ServiceSubcategory": "Support",
        "x_ServiceCode": "AWSSupportBusiness",
    }
    if day.day == 1:
        bought = _sku("support", _SUPPORT, _SUPPORT) | {
            "ChargeCategory": "Purchase",
            "ChargeDescription": "AWS Support (Business) monthly fee",
            "PricingCategory": "Standard",
            "PricingQuantity": "1",
            "PricingUnit": "Months",
            "SkuMeter": "Support plan",
        }
        end = next_month(day)
        yield _charge(support | bought, day, end, _SUPPORT, _SUPPORT, _SUPPORT, _SUPPORT)
        tax = _SUPPORT * _TAX_RATE
        levied = {"ChargeCategory": "Tax", "ChargeDescription": "Tax for product code AWSSupportBusiness"}
        yield _charge(support | levied, day, end, tax, tax, tax, tax)
    if day.day == _CREDIT_DAY:
        given = {
            "ChargeCategory": "Credit",
            "ChargeDescription": "Promotional credit",
            "ChargeFrequency": "One-Time",
        }
        end = day + timedelta(days=1)
        yield _charge(support | given, day, end, _CREDIT, _CREDIT, _CREDIT, _CREDIT)
