"""Tables of what OCI's Usage API tells, and of how it compares with the cost reports."""

import polars as pl

from assets.finops.tables.shared import DAY
from resources.tables import MONEY, QUANTITY, Column, Table

OCI_USAGE = Table(
    name="finops/oci_usage",
    description="Cost and usage as OCI's Usage API tells them: coarser than cost reports, there within hours, without resources "
    "or tags. Costs per day are made from the reports alone; this is there to check them and to see what they still lack.",
    columns=(
        DAY,
        Column("ProviderName", pl.String(), "Cloud: `Oracle`.", nullable=False),
        Column("BillingAccountId", pl.String(), "OCID of the tenancy.", nullable=False),
        Column("SubAccountId", pl.String(), "OCID of the compartment; null if the API does not tell it."),
        Column("ServiceName", pl.String(), "Service, as the Usage API calls it."),
        Column("RegionId", pl.String(), "Region."),
        Column("BillingCurrency", pl.String(), "Currency of the cost; `unknown` if the API does not tell it.", nullable=False),
        Column("PricingUnit", pl.String(), "Unit of the quantity."),
        Column("PricingQuantity", QUANTITY, "Quantity in that unit."),
        Column("BilledCost", MONEY, "Cost; null if the API does not tell it."),
        Column("x_grain", pl.String(), "What a row is summed over.", nullable=False),
    ),
    partition_by=("x_charge_date",),
)

OCI_USAGE_RECONCILIATION = Table(
    name="finops/oci_usage_reconciliation",
    description="One row per day, currency and service: what the Usage API and the cost reports say of the same.",
    columns=(
        DAY,
        Column("BillingCurrency", pl.String(), "Currency of the amounts.", nullable=False),
        Column("ServiceName", pl.String(), "Service."),
        Column("usage_api", MONEY, "Cost by the Usage API; null if it tells none, or not all of it."),
        Column("reports", MONEY, "BilledCost of the cost reports; null likewise."),
        Column("difference", MONEY, "usage_api − reports; null if either is null."),
        Column(
            "status",
            pl.String(),
            "`agrees` (to the cent), `differs`, `only in the Usage API`, `only in the reports`, or `unknown`.",
            nullable=False,
        ),
    ),
)
