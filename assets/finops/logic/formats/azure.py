"""Azure cost exports: enterprise agreement, Microsoft customer agreement and the older usage reports, in any casing.

Source: https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields. A month is delivered
whole each day, the last delivery counting.
"""

from collections.abc import Sequence

import polars as pl

from assets.finops.logic.formats.layout import Control, Layout, choose, kept_names

EXPECTED = "Azure export: columns Date (or UsageDateTime), CostInBillingCurrency (or PreTaxCost), a currency and MeterCategory"

# FOCUS column to the Azure columns that may hold it, in order of preference, lower case
_SOURCES: dict[str, tuple[str, ...]] = {
    "AvailabilityZone": ("availabilityzone",),
    "BilledCost": ("costinbillingcurrency", "pretaxcost", "cost"),
    "BillingAccountId": ("billingaccountid", "subscriptionguid"),
    "BillingAccountName": ("billingaccountname",),
    "BillingCurrency": ("billingcurrencycode", "billingcurrency", "currency"),
    "BillingPeriodEnd": ("billingperiodenddate",),
    "BillingPeriodStart": ("billingperiodstartdate",),
    "ChargeDescription": ("productname", "product", "metername"),
    "ChargePeriodStart": ("date", "usagedatetime"),
    "CommitmentDiscountId": ("benefitid", "reservationid"),
    "CommitmentDiscountName": ("benefitname", "reservationname"),
    "ConsumedQuantity": ("quantity", "usagequantity"),
    "ContractedUnitPrice": ("unitprice", "resourcerate"),
    "InvoiceId": ("invoiceid",),
    "ListUnitPrice": ("paygprice",),
    "PricingCurrency": ("pricingcurrency",),
    "PricingQuantity": ("quantity", "usagequantity"),
    "PricingUnit": ("unitofmeasure",),
    "ConsumedUnit": ("unitofmeasure",),
    "PublisherName": ("publishername",),
    "RegionId": ("resourcelocation",),
    "RegionName": ("location", "meterregion"),
    "ResourceId": ("resourceid", "instancename", "instanceid"),
    "ResourceName": ("resourcename",),
    "ResourceType": ("resourcetype",),
    "ServiceName": ("metercategory", "servicename"),
    "SkuId": ("meterid",),
    "SkuMeter": ("metername",),
    "SubAccountId": ("subscriptionid", "subscriptionguid"),
    "SubAccountName": ("subscriptionname",),
    "Tags": ("tags",),
}
_ESSENTIAL = ("BilledCost", "BillingCurrency", "ChargePeriodStart", "ServiceName")
_MARKERS = {"metercategory", "meterid"}


def recognise(header: Sequence[str]) -> Layout | None:
    """Recognise an Azure export."""
    spelled = {name.strip().lower(): name for name in reversed(header)}
    if not set(spelled) >= _MARKERS:
        return None
    sources = {
        focus: spelled[next(n for n in names if n in spelled)]
        for focus, names in _SOURCES.items()
        if any(n in spelled for n in names)
    }
    if any(name not in sources for name in _ESSENTIAL):
        return None
    used = set(sources.values())
    return Layout(
        format="azure-export",
        control=Control(
            sources["BilledCost"],
            sources["BillingCurrency"],
            sources["ChargePeriodStart"],
            sources.get("InvoiceId"),
        ),
        expressions={name: pl.col(raw) for name, raw in sources.items()} | _derived(spelled, sources),
        kept=kept_names([raw for raw in header if raw not in used]),
        replaces_period=True,
        charge_period="1d",
        inclusive_period_end="BillingPeriodEnd" in sources,
        months_are_periods=True,
        by_service_code=True,
    )


def _derived(spelled: dict[str, str], sources: dict[str, str]) -> dict[str, pl.Expr]:
    charge_type = pl.col(spelled["chargetype"]) if "chargetype" in spelled else pl.lit("Usage")
    frequency = pl.col(spelled["frequency"]) if "frequency" in spelled else pl.lit("UsageBased")
    publisher = pl.col(sources["PublisherName"]) if "PublisherName" in sources else pl.lit(None, pl.String)
    derived = {
        "ChargeCategory": choose(
            charge_type,
            {
                "Usage": "Usage",
                "Purchase": "Purchase",
                "Refund": "Credit",
                "Tax": "Tax",
                "UnusedReservation": "Usage",
                "UnusedSavingsPlan": "Usage",
                "RoundingAdjustment": "Adjustment",
                "Adjustment": "Adjustment",
            },
            None,
        ),
        "ChargeFrequency": choose(
            frequency, {"OneTime": "One-Time", "Recurring": "Recurring", "UsageBased": "Usage-Based"}, None
        ),
        "InvoiceIssuerName": pl.lit("Microsoft"),
        "ProviderName": pl.lit("Microsoft"),
        "PublisherName": pl.coalesce(publisher, pl.lit("Microsoft")),
        "SubAccountType": pl.lit("Subscription"),
        "Tags": _json_object(pl.col(sources["Tags"])) if "Tags" in sources else pl.lit(None, pl.String),
    }
    if "pricingmodel" in spelled:
        derived["PricingCategory"] = choose(
            pl.col(spelled["pricingmodel"]),
            {
                "OnDemand": "Standard",
                "Spot": "Dynamic",
                "Reservation": "Committed",
                "SavingsPlan": "Committed",
            },
            None,
        )
    return derived


def _json_object(tags: pl.Expr) -> pl.Expr:
    """Azure leaves out the braces in some exports."""
    bare = tags.str.starts_with("{")
    return pl.when(bare | tags.is_null()).then(tags).otherwise(pl.lit("{") + tags + pl.lit("}"))
