"""What the copy of a drill costs, by what the bills say of the database that it was made of."""

from decimal import Decimal

import polars as pl

NO_COPY = "the drill made no copy"
_CPUS = "ECPU|OCPU"


def reckoned(bills: pl.DataFrame, hours: float, compute_count: float) -> tuple[Decimal | None, str | None, str]:
    """Amount, currency and how it was reckoned; no amount if the bills do not say what an hour of a CPU costs.

    Args:
        bills: Rows of `finops/resource_costs` of the database.
        hours: For which the copy was there.
        compute_count: ECPUs of the copy.
    """
    cpus = bills.filter(pl.col("x_comparable_unit").str.contains(_CPUS) & (pl.col("x_comparable_quantity") > 0))
    currencies = cpus["BillingCurrency"].unique().to_list()
    if len(currencies) != 1 or cpus["EffectiveCost"].null_count():
        return None, None, "not known: the bills do not say what an hour of a CPU of this database costs"
    quantity, cost = Decimal(str(cpus["x_comparable_quantity"].sum())), Decimal(str(cpus["EffectiveCost"].sum()))
    amount = (cost / quantity * Decimal(str(hours)) * Decimal(str(compute_count))).quantize(Decimal("0.0001"))
    note = f"{hours:.2f} h × {compute_count:g} CPUs at the database's own price of the last days; storage is not in it"
    return amount, str(currencies[0]), note
