"""OCI cost reports (`reports/cost-csv`), by Oracle's column names.

Source: https://docs.oracle.com/iaas/Content/Billing/Concepts/costusagereportsoverview.htm. Reports are append-only: a
correction is a row of its own that refers back to the row it corrects, so every report stays in force.
"""

from collections.abc import Sequence

import polars as pl

from assets.finops.logic.formats.layout import Control, Layout, first_of, kept_names

EXPECTED = "OCI cost report: columns lineItem/intervalUsageStart, cost/myCost, cost/currencyCode, product/service"

_ESSENTIAL = ("lineItem/intervalUsageStart", "cost/myCost", "cost/currencyCode", "product/service")


def recognise(header: Sequence[str]) -> Layout | None:
    """Recognise an OCI cost report."""
    if any(name not in header for name in _ESSENTIAL):
        return None
    tags = {raw: raw.removeprefix("tags/") for raw in header if raw.startswith("tags/")}
    sources = {
        "AvailabilityZone": "product/availabilityDomain",
        "BilledCost": "cost/myCost",
        "BillingAccountId": "lineItem/tenantId",
        "BillingCurrency": "cost/currencyCode",
        "ChargeDescription": "product/Description",
        "ChargePeriodEnd": "lineItem/intervalUsageEnd",
        "ChargePeriodStart": "lineItem/intervalUsageStart",
        "ConsumedQuantity": "usage/billedQuantity",
        "ContractedCost": "cost/myCost",
        "ContractedUnitPrice": "cost/unitPrice",
        "EffectiveCost": "cost/myCost",
        "PricingQuantity": "usage/billedQuantity",
        "RegionId": "product/region",
        "RegionName": "product/region",
        "ResourceId": "product/resourceId",
        "ServiceName": "product/service",
        "SkuId": "cost/productSku",
        "SubAccountId": "product/compartmentId",
        "SubAccountName": "product/compartmentName",
    }
    unit = first_of(header, "cost/billingUnitReadable", "cost/skuUnitDescription")
    sources |= {"ConsumedUnit": unit, "PricingUnit": unit} if unit else {}
    expressions = {name: pl.col(raw) for name, raw in sources.items() if raw in header}
    return Layout(
        format="oci-cost-report",
        control=Control("cost/myCost", "cost/currencyCode", "lineItem/intervalUsageStart", None),
        expressions=expressions | _derived(header),
        kept=kept_names([raw for raw in header if raw not in tags and raw not in sources.values()]),
        tags=tags,
        months_are_periods=True,
        by_service_code=True,
    )


def _derived(header: Sequence[str]) -> dict[str, pl.Expr]:
    """What the report does not say in a column of its own."""
    derived = {
        "ChargeCategory": pl.lit("Usage"),
        "ChargeFrequency": pl.lit("Usage-Based"),
        "InvoiceIssuerName": pl.lit("Oracle"),
        "ProviderName": pl.lit("Oracle"),
        "PublisherName": pl.lit("Oracle"),
        "BillingAccountType": pl.lit("Tenancy"),
        "SubAccountType": pl.lit("Compartment"),
    }
    if "lineItem/isCorrection" in header:
        correction = pl.col("lineItem/isCorrection").str.strip_chars().str.to_lowercase() == "true"
        derived["ChargeClass"] = pl.when(correction).then(pl.lit("Correction")).otherwise(None)
    if "product/resourceId" in header:
        # an OCID is ocid1.<type>.<realm>.[region].<id>
        derived["ResourceType"] = pl.col("product/resourceId").str.extract(r"^ocid\d+\.([^.]+)\.")
    return derived
