"""The asset of insights: what a person should look at before an invoice is approved, with the numbers that say so."""

import json
from decimal import Decimal
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.logic.insights import Facts, Rules
from assets.invoices.logic.insights import insights as applying
from resources.errors import BadInput
from resources.lake import Lake


class InsightRules(dg.Config):
    """Limits, each of which must be exceeded."""

    high_risk: float = Field(default=0.7, ge=0, le=1, description="Probability of a significant delay.")
    medium_risk: float = Field(default=0.4, ge=0, le=1, description="The same for a lesser warning.")
    complexity: float = Field(default=70, ge=0, le=100, description="Complexity score.")
    organisations: int = Field(default=2, ge=0, description="Organisations named in one invoice.")
    approval_limits: dict[str, str] = Field(
        default={"EUR": "10000", "GBP": "10000", "USD": "10000"},
        description="Totals per currency, as decimal text, up to which no approval is needed.",
    )

    def rules(self) -> Rules:
        """The rules. Raises BadInput."""
        try:
            limits = {code: Decimal(limit) for code, limit in self.approval_limits.items()}
            return Rules(self.high_risk, self.medium_risk, self.complexity, self.organisations, limits)
        except (ArithmeticError, ValueError) as error:
            raise BadInput(f"the limits of insights cannot be used: {error}", "Correct the run's configuration.") from error


@dg.asset(
    key=["invoices", "insights"],
    deps=[["invoices", name] for name in ("invoices", "complexity", "payment_predictions")],
    group_name="invoices",
    owners=["team:accounts-payable"],
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.INSIGHTS),
)
def insights(config: InsightRules, lake: Lake) -> dg.MaterializeResult:
    """Risk of delay, complexity, several organisations, totals above the approval limit; what could not be judged says so."""
    with errors_classified():
        rules = config.rules()
        rows = [
            {
                "invoice_id": row["invoice_id"],
                "source_key": row["source_key"],
                "type": one.type,
                "priority": one.priority,
                "message": one.message,
                "numbers": json.dumps(dict(one.numbers), ensure_ascii=False),
            }
            for row in _facts(lake).iter_rows(named=True)
            for one in applying(_of(row), rules)
        ]
        found = pl.DataFrame(rows, schema=tables.INSIGHTS.schema)
        lake.replace(tables.INSIGHTS, found, where=None)
    by_type = found.group_by("type", "priority").len("invoices").sort("type")
    return dg.MaterializeResult(metadata={"dagster/row_count": len(found), "by_type": markdown_table(by_type)})


def _facts(lake: Lake) -> pl.DataFrame:
    score = lake.scan(tables.COMPLEXITY).select("invoice_id", "complexity_score", "summands")
    risk = lake.scan(tables.PAYMENT_PREDICTIONS).select("invoice_id", "significantly_late")
    invoices = lake.scan(tables.INVOICES).select("invoice_id", "source_key", "grand_total", "currency")
    joined = invoices.join(score, on="invoice_id", how="left")
    return joined.join(risk, on="invoice_id", how="left").sort("source_key", "invoice_id").collect()


def _of(row: dict[str, Any]) -> Facts:
    counted = {one["name"]: one for one in row["summands"] or ()}
    organisations = counted.get("organisations")
    known = organisations is not None and organisations["count"] is not None
    return Facts(
        risk=row["significantly_late"],
        complexity=row["complexity_score"],
        organisations=tuple(organisations["found"]) if organisations is not None and known else None,
        total=row["grand_total"],
        currency=row["currency"],
    )
