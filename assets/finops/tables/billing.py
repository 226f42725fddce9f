"""Tables of what was delivered: files, charge lines, what could not be stored, and how well it conforms."""

import polars as pl

from assets.finops.logic.columns import FOCUS_COLUMNS, FocusColumn
from assets.finops.tables.shared import DAY, FILE
from resources.tables import MONEY, QUANTITY, UTC, Column, Table


def _column(column: FocusColumn) -> Column:
    dtype = {"decimal": MONEY, "datetime": UTC}.get(column.kind, pl.String())
    if column.name.endswith("Quantity"):
        dtype = QUANTITY
    return Column(column.name, dtype, f"{column.description} (FOCUS {column.since})")


COST_AND_USAGE = Table(
    name="finops/cost_and_usage",
    description="One row per charge line, in FOCUS 1.2, from every file that is in force. Columns that a provider does not give "
    "are typed NULL; what a provider gives beyond FOCUS is kept as text in `x_…` columns.",
    columns=(
        *(_column(c) for c in FOCUS_COLUMNS),
        DAY,
        Column(
            "x_charge_month",
            pl.String(),
            "Month of x_charge_date, `YYYY-MM`: the physical partition.",
            nullable=False,
        ),
        FILE,
        Column("x_source_row", pl.Int64(), "Number of the data record in that file, from 1.", nullable=False),
        Column("x_source_changes", pl.String(), "Every repair made to the row, `Column: what; …`; null if none."),
        Column(
            "x_source_format",
            pl.String(),
            "Format that was recognised, such as `focus-1.0` or `oci-cost-report`.",
            nullable=False,
        ),
        Column(
            "x_delivery_id",
            pl.String(),
            "Identity of the delivery (key, etag and reader version).",
            nullable=False,
        ),
    ),
    partition_by=("x_charge_month",),
    indexed=("x_delivery_id", "x_charge_date"),
    open_schema=True,
)

BILLING_FILES = Table(
    name="finops/billing_files",
    description="One row per object found among the billing files: what it is, whether it is in force, and its control totals.",
    columns=(
        FILE,
        Column(
            "x_delivery_id",
            pl.String(),
            "Identity of the delivery (key, etag and reader version).",
            nullable=False,
        ),
        Column("etag", pl.String(), "Entity tag of the object when it was read.", nullable=False),
        Column("last_modified", UTC, "When the object was last written.", nullable=False),
        Column("size_bytes", pl.Int64(), "Size of the object.", nullable=False),
        Column("format", pl.String(), "Recognised format; null if none."),
        Column("result", pl.String(), "`billing`, `manifest`, `archive`, `refused` or `ignored`.", nullable=False),
        Column(
            "state",
            pl.String(),
            "`in force`, `superseded`, `duplicate` or `incomplete`; null if not billing.",
        ),
        Column("reason", pl.String(), "Why it is refused, ignored or not in force; what to do about it."),
        Column("scope", pl.String(), "What the delivery replaces as a whole: its billing period or itself."),
        Column("version", pl.String(), "Which delivery of that scope this is."),
        Column(
            "content_id",
            pl.String(),
            "Fingerprint of the uncompressed content, equal for the same content under another name.",
        ),
        Column(
            "reader",
            pl.String(),
            "`fast` or `careful`: which reader the file's structure needs; null if not billing.",
        ),
        Column("focus_columns", pl.List(pl.String()), "FOCUS columns that the file can fill."),
        Column("extra_columns", pl.List(pl.String()), "Further columns kept, as `x_…`."),
        Column(
            "final",
            pl.Boolean(),
            "False while the provider still calls the numbers preliminary; null if it does not say.",
        ),
        Column("rows", pl.Int64(), "Data records read; null if not billing."),
        Column("first_day", pl.Date(), "First UTC day charged."),
        Column("last_day", pl.Date(), "Last UTC day charged."),
        Column("manifest_files", pl.List(pl.String()), "Files that a manifest names; null for other files."),
        Column("inspected_at", UTC, "When the file was inspected.", nullable=False),
    ),
)

BILLING_FILE_TOTALS = Table(
    name="finops/billing_file_totals",
    description="Control totals of each file, read from its raw text: rows and BilledCost per day, currency and invoice.",
    columns=(
        FILE,
        Column("x_delivery_id", pl.String(), "Identity of the delivery.", nullable=False),
        Column("x_charge_date", pl.Date(), "UTC day charged; null where the file's own value is not a time."),
        Column("BillingCurrency", pl.String(), "As in the file; null if empty."),
        Column("InvoiceId", pl.String(), "As in the file; null if empty."),
        Column("rows", pl.Int64(), "Data records.", nullable=False),
        Column("BilledCost", MONEY, "Exact sum of the readable costs.", nullable=False),
        Column(
            "unreadable_costs",
            pl.Int64(),
            "Records whose cost is there but is not a decimal number.",
            nullable=False,
        ),
    ),
)

BILLING_QUARANTINE = Table(
    name="finops/billing_quarantine",
    description="One row per record that could not be stored as a charge line: where it is, what is wrong, and its text.",
    columns=(
        FILE,
        Column("x_delivery_id", pl.String(), "Identity of the delivery.", nullable=False),
        Column("x_source_row", pl.Int64(), "Number of the data record, from 1.", nullable=False),
        Column("line", pl.Int64(), "Line of the file on which the record starts, from 1; null for Parquet."),
        Column("column", pl.String(), "Column at fault; null if the record as a whole is."),
        Column("value", pl.String(), "The value at fault, as it is in the file."),
        Column("reason", pl.String(), "What is wrong, in words.", nullable=False),
        Column("x_charge_date", pl.Date(), "UTC day charged, if readable."),
        Column("BillingCurrency", pl.String(), "Currency, if readable."),
        Column("InvoiceId", pl.String(), "Invoice, if readable."),
        Column("BilledCost", MONEY, "Cost, if readable: money that waits here is still counted."),
        Column("record", pl.String(), "The whole record as JSON, so that nothing is lost.", nullable=False),
    ),
)

FOCUS_CONFORMANCE = Table(
    name="finops/focus_conformance",
    description="One row per FOCUS 1.2 rule and provider: whether the stored lines pass it.",
    columns=(
        Column("ProviderName", pl.String(), "Provider whose lines were judged.", nullable=False),
        Column("rule_id", pl.String(), "Id of the requirement in the FOCUS 1.2 model.", nullable=False),
        Column("column", pl.String(), "Column (or dataset, attribute) that the rule is about.", nullable=False),
        Column("keyword", pl.String(), "MUST, MUST NOT, SHOULD, …", nullable=False),
        Column("result", pl.String(), "`pass`, `fail`, `not applicable` or `not checked`.", nullable=False),
        Column("rows_failing", pl.Int64(), "Rows that break the rule; null if it was not checked by row."),
        Column("example", pl.String(), "One offending value with its file and row; null if none."),
        Column("reason", pl.String(), "Why it does not apply or is not checked; null otherwise."),
    ),
)
