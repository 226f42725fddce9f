"""AWS Cost and Usage Reports: legacy (`lineItem/UsageStartDate`), Athena-style and 2.0 (`line_item_usage_start_date`).

Amortised cost by line item type follows AWS's description of the report
(https://docs.aws.amazon.com/cur/latest/userguide/use-cases.html). BilledCost is the unblended cost of every row, negations
included, so that the file adds up to its invoice. A month is delivered whole several times a day, the last delivery counting.
"""

import re
from collections.abc import Callable, Sequence

import polars as pl

from assets.finops.logic.formats.layout import Control, Layout, choose, kept_names

EXPECTED = "AWS Cost and Usage Report: columns lineItem/UsageStartDate, lineItem/UnblendedCost, lineItem/CurrencyCode"

_ESSENTIAL = (
    "line_item_usage_start_date",
    "line_item_unblended_cost",
    "line_item_currency_code",
    "line_item_line_item_type",
)
_SOURCES: dict[str, tuple[str, ...]] = {
    "AvailabilityZone": ("line_item_availability_zone", "product_availability_zone"),
    "BilledCost": ("line_item_unblended_cost",),
    "BillingAccountId": ("bill_payer_account_id",),
    "BillingAccountName": ("bill_payer_account_name",),
    "BillingCurrency": ("line_item_currency_code",),
    "BillingPeriodEnd": ("bill_billing_period_end_date",),
    "BillingPeriodStart": ("bill_billing_period_start_date",),
    "ChargeDescription": ("line_item_line_item_description",),
    "ChargePeriodEnd": ("line_item_usage_end_date",),
    "ChargePeriodStart": ("line_item_usage_start_date",),
    "ConsumedQuantity": ("line_item_usage_amount",),
    "ConsumedUnit": ("pricing_unit",),
    "InvoiceId": ("bill_invoice_id",),
    "InvoiceIssuerName": ("bill_invoicing_entity", "line_item_legal_entity"),
    "ListCost": ("pricing_public_on_demand_cost",),
    "ListUnitPrice": ("pricing_public_on_demand_rate",),
    "PricingCurrency": ("pricing_currency",),
    "PricingQuantity": ("line_item_usage_amount",),
    "PricingUnit": ("pricing_unit",),
    "PublisherName": ("line_item_legal_entity",),
    "RegionId": ("product_region_code", "product_region"),
    "RegionName": ("product_location",),
    "ResourceId": ("line_item_resource_id",),
    "ServiceName": ("product_product_name", "product_servicename", "line_item_product_code"),
    "SkuId": ("product_sku",),
    "SkuPriceId": ("pricing_rate_code",),
    "SubAccountId": ("line_item_usage_account_id",),
    "SubAccountName": ("line_item_usage_account_name",),
    "Tags": ("resource_tags",),
}
_CATEGORY: dict[str, pl.Expr | str | None] = {
    "Usage": "Usage",
    "DiscountedUsage": "Usage",
    "SavingsPlanCoveredUsage": "Usage",
    "SavingsPlanNegation": "Usage",
    "Fee": "Purchase",
    "RIFee": "Purchase",
    "SavingsPlanRecurringFee": "Purchase",
    "SavingsPlanUpfrontFee": "Purchase",
    "Tax": "Tax",
    "Credit": "Credit",
    "Refund": "Credit",
    "BundledDiscount": "Adjustment",
    "EdpDiscount": "Adjustment",
    "PrivateRateDiscount": "Adjustment",
    "Discount": "Adjustment",
}
_FREQUENCY: dict[str, pl.Expr | str | None] = {
    "RIFee": "Recurring",
    "SavingsPlanRecurringFee": "Recurring",
    "Fee": "One-Time",
    "SavingsPlanUpfrontFee": "One-Time",
    "Tax": "One-Time",
    "Credit": "One-Time",
    "Refund": "One-Time",
}


def recognise(header: Sequence[str]) -> Layout | None:
    """Recognise a Cost and Usage Report of either generation."""
    spelled = {snake(raw): raw for raw in reversed(header)}
    if any(name not in spelled for name in _ESSENTIAL):
        return None
    sources = {
        focus: [spelled[n] for n in names if n in spelled]
        for focus, names in _SOURCES.items()
        if any(n in spelled for n in names)
    }
    tags = {raw: raw.split("/", 1)[1] for raw in header if raw.startswith("resourceTags/")}
    tags |= {raw: raw.removeprefix("resource_tags_") for raw in header if raw.startswith("resource_tags_")}
    primary = {raws[0] for raws in sources.values()}
    kept = [raw for raw in header if raw not in primary and raw not in tags]
    return Layout(
        format="aws-cur",
        control=Control(
            cost=spelled["line_item_unblended_cost"],
            currency=spelled["line_item_currency_code"],
            start=spelled["line_item_usage_start_date"],
            invoice=spelled.get("bill_invoice_id"),
        ),
        expressions={name: pl.coalesce(*raws) for name, raws in sources.items()} | _derived(spelled),
        kept=dict(zip(kept, kept_names([snake(r) for r in kept]).values(), strict=True))
        if len({snake(r) for r in kept}) == len(kept)
        else kept_names(kept),
        tags=tags,
        replaces_period=True,
        final_by_invoice=True,
        by_service_code=True,
    )


def snake(name: str) -> str:
    """`lineItem/UsageStartDate` as Athena and version 2.0 spell it: `line_item_usage_start_date`."""
    text = re.sub(r"[^0-9A-Za-z]+", "_", name)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z])", "_", text)
    return re.sub(r"_+", "_", text).strip("_").lower()


def _derived(spelled: dict[str, str]) -> dict[str, pl.Expr]:
    def column(name: str) -> pl.Expr:
        return pl.col(spelled[name]) if name in spelled else pl.lit(None, pl.String)

    kind = column("line_item_line_item_type")
    unblended = column("line_item_unblended_cost")
    savings_plan, reservation = (
        column("savings_plan_savings_plan_a_r_n"),
        column("reservation_reservation_a_r_n"),
    )
    commitment = pl.coalesce(savings_plan, reservation)
    covered = kind.is_in(["SavingsPlanCoveredUsage", "DiscountedUsage"])
    used = pl.when(covered).then(pl.lit("Used"))
    return {
        "ChargeCategory": choose(kind, _CATEGORY, None),
        "ChargeClass": choose(kind, {"Refund": "Correction"}, None),
        "ChargeFrequency": choose(kind, _FREQUENCY, "Usage-Based"),
        "CommitmentDiscountId": commitment,
        "CommitmentDiscountCategory": pl.when(savings_plan.is_not_null())
        .then(pl.lit("Spend"))
        .when(reservation.is_not_null())
        .then(pl.lit("Usage"))
        .otherwise(None),
        "CommitmentDiscountStatus": used.when(kind == "RIFee").then(pl.lit("Unused")).otherwise(None),
        "ContractedCost": pl.when(kind.is_in(["Usage", "SavingsPlanCoveredUsage"])).then(unblended).otherwise(None),
        "ContractedUnitPrice": column("line_item_unblended_rate"),
        "EffectiveCost": _effective_cost(kind, unblended, column, reservation),
        "PricingCategory": choose(
            kind,
            {"SavingsPlanCoveredUsage": "Committed", "DiscountedUsage": "Committed"},
            pl.when(column("pricing_term") == "Spot").then(pl.lit("Dynamic")).otherwise(pl.lit("Standard")),
        ),
        "ProviderName": pl.lit("AWS"),
        "PublisherName": pl.coalesce(column("line_item_legal_entity"), pl.lit("Amazon Web Services, Inc.")),
        "SubAccountType": pl.lit("Account"),
    }


def _effective_cost(kind: pl.Expr, unblended: pl.Expr, column: Callable[[str], pl.Expr], reservation: pl.Expr) -> pl.Expr:
    """Amortised cost as text. Sums of two columns are exact decimals; unknown where a summand is."""
    unused_plan = _sum(column("savings_plan_total_commitment_to_date"), column("savings_plan_used_commitment"), -1)
    unused_reservation = _sum(
        column("reservation_unused_amortized_upfront_fee_for_billing_period"),
        column("reservation_unused_recurring_fee"),
        1,
    )
    prepaid = pl.when(reservation.is_not_null()).then(pl.lit("0")).otherwise(unblended)
    return choose(
        kind,
        {
            "SavingsPlanCoveredUsage": column("savings_plan_savings_plan_effective_cost"),
            "SavingsPlanNegation": "0",
            "SavingsPlanUpfrontFee": "0",
            "SavingsPlanRecurringFee": unused_plan,
            "DiscountedUsage": column("reservation_effective_cost"),
            "RIFee": unused_reservation,
            "Fee": prepaid,
        },
        unblended,
    )


def _sum(a: pl.Expr, b: pl.Expr, sign: int) -> pl.Expr:
    money = pl.Decimal(38, 24)
    return (a.cast(money, strict=False) + sign * b.cast(money, strict=False)).cast(pl.String)
