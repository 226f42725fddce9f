"""The columns of FOCUS 1.2 (Cost and Usage): names, types and meaning.

Source: FinOps Open Cost and Usage Specification 1.2, section "Columns" (CC BY 4.0); the descriptions are ours.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "decimal", "datetime", "json"]


@dataclass(frozen=True, slots=True)
class FocusColumn:
    """One FOCUS column; `since` is the FOCUS version that introduced it, `required` means it may never be null."""

    name: str
    kind: Kind
    description: str
    since: str = "1.0"
    required: bool = False


def _c(name: str, kind: Kind, description: str, since: str = "1.0", *, required: bool = False) -> FocusColumn:
    return FocusColumn(name, kind, description, since, required)


FOCUS_COLUMNS: tuple[FocusColumn, ...] = (
    _c("AvailabilityZone", "text", "Isolated area within the region."),
    _c("BilledCost", "decimal", "What is invoiced for the charge, in BillingCurrency.", required=True),
    _c("BillingAccountId", "text", "Account that receives the invoice.", required=True),
    _c("BillingAccountName", "text", "Its display name.", required=True),
    _c("BillingAccountType", "text", "What the provider calls that kind of account.", "1.2"),
    _c("BillingCurrency", "text", "Currency of all costs of the row (ISO 4217).", required=True),
    _c("BillingPeriodEnd", "datetime", "Exclusive end of the billing period.", required=True),
    _c("BillingPeriodStart", "datetime", "Inclusive start of the billing period.", required=True),
    _c("CapacityReservationId", "text", "Capacity reservation that the charge belongs to.", "1.1"),
    _c("CapacityReservationStatus", "text", "Whether the reserved capacity was Used or Unused.", "1.1"),
    _c("ChargeCategory", "text", "Usage, Purchase, Tax, Credit or Adjustment.", required=True),
    _c("ChargeClass", "text", "Correction if the row corrects an earlier, invoiced period; else null."),
    _c("ChargeDescription", "text", "The charge in words."),
    _c("ChargeFrequency", "text", "One-Time, Recurring or Usage-Based.", required=True),
    _c("ChargePeriodEnd", "datetime", "Exclusive end of the time charged for.", required=True),
    _c("ChargePeriodStart", "datetime", "Inclusive start of the time charged for.", required=True),
    _c("CommitmentDiscountCategory", "text", "Whether the commitment is about Spend or Usage."),
    _c("CommitmentDiscountId", "text", "Commitment (reservation, savings plan) that applies."),
    _c("CommitmentDiscountName", "text", "Its display name."),
    _c("CommitmentDiscountQuantity", "decimal", "Amount of the commitment bought or used.", "1.1"),
    _c("CommitmentDiscountStatus", "text", "Whether the commitment was Used or Unused by the charge."),
    _c("CommitmentDiscountType", "text", "What the provider calls that kind of commitment."),
    _c("CommitmentDiscountUnit", "text", "Unit of CommitmentDiscountQuantity.", "1.1"),
    _c("ConsumedQuantity", "decimal", "Volume consumed, in ConsumedUnit."),
    _c("ConsumedUnit", "text", "Unit of ConsumedQuantity."),
    _c("ContractedCost", "decimal", "Cost at the negotiated unit price, before commitments.", required=True),
    _c("ContractedUnitPrice", "decimal", "Negotiated price of one PricingUnit."),
    _c(
        "EffectiveCost",
        "decimal",
        "Cost with every discount and prepaid purchase spread over its use.",
        required=True,
    ),
    _c("InvoiceId", "text", "Invoice the charge is on; null until it is issued.", "1.2"),
    _c("InvoiceIssuerName", "text", "Who issues the invoice.", required=True),
    _c("ListCost", "decimal", "Cost at the public list price.", required=True),
    _c("ListUnitPrice", "decimal", "Public price of one PricingUnit."),
    _c("PricingCategory", "text", "Standard, Dynamic, Committed or Other."),
    _c("PricingCurrency", "text", "Currency in which the prices are set.", "1.2"),
    _c("PricingCurrencyContractedUnitPrice", "decimal", "ContractedUnitPrice in PricingCurrency.", "1.2"),
    _c("PricingCurrencyEffectiveCost", "decimal", "EffectiveCost in PricingCurrency.", "1.2"),
    _c("PricingCurrencyListUnitPrice", "decimal", "ListUnitPrice in PricingCurrency.", "1.2"),
    _c("PricingQuantity", "decimal", "Volume priced, in PricingUnit."),
    _c("PricingUnit", "text", "Unit that the unit prices refer to."),
    _c("ProviderName", "text", "Who makes the service available for purchase.", required=True),
    _c("PublisherName", "text", "Who produced the service.", required=True),
    _c("RegionId", "text", "Provider's id of the region."),
    _c("RegionName", "text", "Its display name."),
    _c("ResourceId", "text", "Provider's id of the resource."),
    _c("ResourceName", "text", "Its display name."),
    _c("ResourceType", "text", "Kind of resource."),
    _c("ServiceCategory", "text", "Provider-neutral category by main purpose.", required=True),
    _c("ServiceName", "text", "Service that was bought.", required=True),
    _c("ServiceSubcategory", "text", "Provider-neutral subcategory.", "1.1"),
    _c("SkuId", "text", "Stock keeping unit."),
    _c("SkuMeter", "text", "What the SKU measures.", "1.1"),
    _c("SkuPriceDetails", "json", "Properties of the SKU price, a JSON object.", "1.1"),
    _c("SkuPriceId", "text", "The price of the SKU that was applied."),
    _c("SubAccountId", "text", "Account, subscription, project or compartment below the billing account."),
    _c("SubAccountName", "text", "Its display name."),
    _c("SubAccountType", "text", "What the provider calls that kind of sub-account.", "1.2"),
    _c("Tags", "json", "Tags of the resource, a JSON object."),
)

BY_NAME = {column.name: column for column in FOCUS_COLUMNS}
COST_COLUMNS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
