"""The tables of the invoices system: what a row is, and its columns. Put no logic here."""

import polars as pl

from resources.tables import MONEY, QUANTITY, UTC, Column, Table

_TEXT_LIST = pl.List(pl.String())

SOURCE_INVOICES = Table(
    name="invoices/source_invoices",
    description="The ledger of files: one row per object that is or was among the invoices, what became of it, and why.",
    columns=(
        Column("source_key", pl.String(), "Key of the object in the store of invoices.", nullable=False),
        Column("key_hash", pl.String(), "SHA-256 of that key.", nullable=False),
        Column("etag", pl.String(), "Version of the object that was looked at last.", nullable=False),
        Column("size", pl.Int64(), "Bytes.", nullable=False),
        Column("last_modified", UTC, "When the object was last written.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of its bytes; null if they were not read."),
        Column("state", pl.String(), "`read`, `quarantined`, or `deleted`.", nullable=False),
        Column("reason", pl.String(), "Why it is quarantined, for people; null if it is not."),
        Column("reader_version", pl.String(), "Engines and extraction that looked at it.", nullable=False),
        Column("invoices", pl.Int64(), "Invoices that were found in it; null if it was not read."),
        Column("pages", pl.Int64(), "Its pages; null if it was not read."),
        Column("pages_recognised", pl.Int64(), "Pages that are pictures and were recognised; null if it was not read."),
        Column("engine", pl.String(), "Engine that the invoices come from, `name@version`; null if it was not read."),
        Column("notes", _TEXT_LIST, "What was unusual when it was read.", nullable=False),
        Column("seen_at", UTC, "When this row was last changed.", nullable=False),
    ),
)

READINGS = Table(
    name="invoices/readings",
    description="What engines and extraction made of files, by the hash of their bytes: nothing is read twice.",
    columns=(
        Column("content_hash", pl.String(), "SHA-256 of the file's bytes.", nullable=False),
        Column("kind", pl.String(), "`analysis` (of one engine) or `invoices` (extracted from it).", nullable=False),
        Column("version", pl.String(), "What it was made by: the engine, and for invoices the extraction too.", nullable=False),
        Column("body", pl.String(), "The result as JSON.", nullable=False),
        Column("digest", pl.String(), "SHA-256 of the body: what does not fit is read again.", nullable=False),
        Column("made_at", UTC, "When.", nullable=False),
    ),
)

_PAGES = pl.List(
    pl.Struct({"number": pl.Int64(), "width": pl.Float64(), "height": pl.Float64(), "origin": pl.String(), "turn": pl.Float64()})
)
_TAXES = pl.List(pl.Struct({"rate": MONEY, "base": MONEY, "amount": MONEY}))
_CHECKS = pl.List(pl.Struct({"name": pl.String(), "subject": pl.String(), "holds": pl.Boolean(), "says": pl.String()}))
_DOUBTS = pl.List(
    pl.Struct({"field": pl.String(), "reason": pl.String(), "value": pl.String(), "confidence": pl.Float64(), "page": pl.Int64()})
)

INVOICES = Table(
    name="invoices/invoices",
    description="One row per invoice in force: its values, corrections included, and whether it is accepted. "
    "A file that arrived under several names has its invoices once.",
    columns=(
        Column("invoice_id", pl.String(), "Identity: of the file's bytes and the invoice's place in it.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of the file's bytes.", nullable=False),
        Column("source_key", pl.String(), "Key of the object that holds it, the oldest if there are several.", nullable=False),
        Column("copies", _TEXT_LIST, "Keys of other objects with the same bytes.", nullable=False),
        Column("ordinal", pl.Int64(), "Its place among the invoices of the file, from 1.", nullable=False),
        Column(
            "status",
            pl.String(),
            "`accepted` or `review`; whether there is a risk about it, `review_queue` says.",
            nullable=False,
        ),
        Column("doubts", _DOUBTS, "Fields because of which it is not accepted, why, and where to look.", nullable=False),
        Column("document_type", pl.String(), "`invoice`, `credit_note` or `receipt`; null if unknown."),
        Column("invoice_number", pl.String(), "Number that the seller gave it."),
        Column("issue_date", pl.Date(), "Day of issue."),
        Column("due_date", pl.Date(), "Day until which it is to be paid."),
        Column("delivery_date", pl.Date(), "Day of delivery."),
        Column("seller", pl.String(), "Name of the seller."),
        Column("seller_address", pl.String(), "Its address, on one line."),
        Column("seller_tax_ids", _TEXT_LIST, "Its tax identifiers; empty if none was found.", nullable=False),
        Column("buyer", pl.String(), "Name of the buyer."),
        Column("buyer_address", pl.String(), "Its address, on one line."),
        Column("buyer_tax_ids", _TEXT_LIST, "Its tax identifiers; empty if none was found.", nullable=False),
        Column("iban", pl.String(), "Account to be paid on."),
        Column("currency", pl.String(), "ISO 4217 code of all amounts."),
        Column("line_total", MONEY, "Sum of the lines' net amounts."),
        Column("allowance_total", MONEY, "Sum of allowances, positive."),
        Column("charge_total", MONEY, "Sum of charges, positive."),
        Column("tax_total", MONEY, "Sum of taxes."),
        Column("grand_total", MONEY, "Amount with tax."),
        Column("prepaid", MONEY, "Paid already."),
        Column("rounding", MONEY, "Added to round the amount due."),
        Column("due_payable", MONEY, "Amount that is left to be paid."),
        Column("purchase_order", pl.String(), "Order of the buyer."),
        Column("payment_terms", pl.String(), "Terms of payment, as printed."),
        Column("preceding_invoice", pl.String(), "Invoice that a credit note takes back."),
        Column("taxes", _TAXES, "Rate in per cent, net base and amount of each tax; null for what is not known.", nullable=False),
        Column("checks", _CHECKS, "Identities that were tried; `holds` is null if a part is unknown.", nullable=False),
        Column("reconciled", pl.Boolean(), "Whether the amounts agree; null if too little is known to say."),
        Column("repaired", _TEXT_LIST, "Fields that arithmetic repaired.", nullable=False),
        Column("corrected", _TEXT_LIST, "Fields that people corrected or confirmed.", nullable=False),
        Column(
            "pages",
            _PAGES,
            "Pages that it stands on, with their size in the units of all boxes, and degrees by which each was turned.",
            nullable=False,
        ),
        Column("engine", pl.String(), "Engine that read it, `name@version`.", nullable=False),
        Column("notes", _TEXT_LIST, "What a person should know.", nullable=False),
        Column("fingerprint", pl.String(), "Changes whenever anything that the row follows from changes.", nullable=False),
    ),
)

LINE_ITEMS = Table(
    name="invoices/line_items",
    description="One row per line item of an invoice in force.",
    columns=(
        Column("invoice_id", pl.String(), "The invoice.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of the file's bytes.", nullable=False),
        Column("position", pl.Int64(), "Its place, from 1.", nullable=False),
        Column("page", pl.Int64(), "Page that it stands on; null if on none."),
        Column("line_id", pl.String(), "Identifier that the seller gave the line."),
        Column("description", pl.String(), "What was sold."),
        Column("sku", pl.String(), "Article number."),
        Column("quantity", QUANTITY, "How much of it."),
        Column("unit", pl.String(), "Unit, as printed or as a code."),
        Column("unit_price", MONEY, "Net price of a unit, or of `base_quantity` units."),
        Column("base_quantity", QUANTITY, "Units that the price is for; null for one."),
        Column("discount", MONEY, "Discount, as printed."),
        Column("vat_rate", MONEY, "Tax rate in per cent."),
        Column("line_total", MONEY, "Net amount of the line."),
        Column("currency", pl.String(), "ISO 4217 code of the amounts."),
    ),
)

FIELD_VALUES = Table(
    name="invoices/field_values",
    description="One row per value of an invoice in force: where it stands, what else it might be, and how sure it is.",
    columns=(
        Column("invoice_id", pl.String(), "The invoice.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of the file's bytes.", nullable=False),
        Column("part", pl.String(), "`head`, `item` or `tax`.", nullable=False),
        Column("position", pl.Int64(), "Place of the item or tax, from 1; null for the head."),
        Column("field", pl.String(), "Name of the field.", nullable=False),
        Column("value", pl.String(), "Value in force, in canonical form.", nullable=False),
        Column("extracted", pl.String(), "Value as it was extracted; null if only a person gave one."),
        Column("raw", pl.String(), "What is printed; null if only a person gave a value."),
        Column("page", pl.Int64(), "Page that it stands on; null if on none."),
        Column("left", pl.Float64(), "Left edge of its box, in units of the page; null without one."),
        Column("top", pl.Float64(), "Upper edge of its box."),
        Column("right", pl.Float64(), "Right edge of its box."),
        Column("bottom", pl.Float64(), "Lower edge of its box."),
        Column("source", pl.String(), "`layout`, `engine`, `structured`, `arithmetic` or `person`.", nullable=False),
        Column("confidence", pl.Float64(), "Calibrated probability that it is right; null if it was not judged."),
        Column("accepted", pl.Boolean(), "Whether it is accepted without a look.", nullable=False),
        Column("repaired", pl.String(), "What was done to reach it; null if nothing."),
        Column("candidates", pl.String(), "Every reading that was considered, best first, as JSON.", nullable=False),
    ),
)

REVIEW_QUEUE = Table(
    name="invoices/review_queue",
    description="What a person has to look at: one row per doubt about an invoice. It empties as corrections come in.",
    columns=(
        Column("invoice_id", pl.String(), "The invoice.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of the file's bytes.", nullable=False),
        Column("source_key", pl.String(), "Key of the object that holds it.", nullable=False),
        Column("field", pl.String(), "Field, or `risk:` and the kind of risk.", nullable=False),
        Column("reason", pl.String(), "Why it is doubtful, for people.", nullable=False),
        Column("value", pl.String(), "Value in force; null if none was found."),
        Column("confidence", pl.Float64(), "How sure it is; null if it was not judged."),
        Column("page", pl.Int64(), "Page to look at; null if unknown."),
    ),
)

CORRECTIONS = Table(
    name="invoices/corrections",
    description="What people said of values; rows are only ever added, and the last one of a field counts.",
    columns=(
        Column("correction_id", pl.String(), "Identity of the row.", nullable=False),
        Column("invoice_id", pl.String(), "The invoice.", nullable=False),
        Column("field", pl.String(), "Field, or `risk:` and the kind of risk.", nullable=False),
        Column("action", pl.String(), "`corrected`, `confirmed`, `absent` (no such value is printed) or `dismissed`.",
               nullable=False),
        Column("before", pl.String(), "Value that it had; null if none."),
        Column("value", pl.String(), "Value that it has, in canonical form; null if it has none."),
        Column("from_candidate", pl.Int64(), "Place of the value among the candidates, from 1; null if it was typed."),
        Column("revision", pl.Int64(), "Number of the correction among those of the invoice, from 1.", nullable=False),
        Column("by", pl.String(), "Who said so.", nullable=False),
        Column("said_at", UTC, "When.", nullable=False),
    ),
)  # fmt: skip

EXTRACTION_QUALITY = Table(
    name="invoices/extraction_quality",
    description="How right the values are that were extracted, by field: one row per measurement and field, and one for all.",
    columns=(
        Column("measured_at", UTC, "When.", nullable=False),
        Column("truth", pl.String(), "What it was measured against: `truth file` or `corrections`.", nullable=False),
        Column("field", pl.String(), "The field; null in the row of all of them."),
        Column("values", pl.Int64(), "Values whose truth is known.", nullable=False),
        Column("right", pl.Int64(), "Of them, those that were extracted right.", nullable=False),
        Column("accepted", pl.Int64(), "Of them, those that were accepted without a look.", nullable=False),
        Column("accepted_wrong", pl.Int64(), "Accepted ones that are wrong.", nullable=False),
        Column("missing", pl.Int64(), "Printed, but not found.", nullable=False),
    ),
)

TABLES = (
    SOURCE_INVOICES, READINGS, INVOICES, LINE_ITEMS, FIELD_VALUES, REVIEW_QUEUE, CORRECTIONS, EXTRACTION_QUALITY,
)  # fmt: skip
