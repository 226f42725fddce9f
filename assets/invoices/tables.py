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
        Column("invoice_id", pl.String(), "Identity: of the file's bytes and the page that it begins on.", nullable=False),
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
        Column("revision", pl.Int64(), "Number of the last correction of it that its values take in; 0 for none."),
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
        Column("revision", pl.Int64(), "Number of the last correction of the invoice that the doubt takes in; 0 for none."),
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
        Column("before", pl.String(), "Value that it had, or what the risk was; null if none."),
        Column("value", pl.String(), "Value that it has, in canonical form; null if it has none."),
        Column("from_candidate", pl.Int64(), "Place of the value among the candidates, from 1; null if it was typed."),
        Column("revision", pl.Int64(), "Number of the correction among those of the invoice, from 1.", nullable=False),
        Column("by", pl.String(), "Who said so.", nullable=False),
        Column("said_at", UTC, "When.", nullable=False),
    ),
)  # fmt: skip

CONFIDENCE_MODEL = Table(
    name="invoices/confidence_model",
    description="The model that says how sure values are, with what this deployment taught it; one row.",
    columns=(
        Column("fitted_at", UTC, "When it was fitted.", nullable=False),
        Column("corrected", pl.Int64(), "Values that people judged, and that it could learn from.", nullable=False),
        Column("labelled", pl.Int64(), "Values that it was fitted on in all.", nullable=False),
        Column("log_loss_shipped", pl.Float64(), "Mean log loss of the shipped model on the judged values; null without any."),
        Column("log_loss_learnt", pl.Float64(), "That of learnt models on invoices that they did not see; null for too few."),
        Column("in_force", pl.Boolean(), "Whether it is used: it foretells better than the shipped one.", nullable=False),
        Column("model", pl.String(), "Weights, their precision and the threshold, as JSON.", nullable=False),
    ),
)

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

RISKS = Table(
    name="invoices/risks",
    description="What makes an invoice doubtful beyond its reading: one row per risk.",
    columns=(
        Column("invoice_id", pl.String(), "The invoice.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of the file's bytes.", nullable=False),
        Column("source_key", pl.String(), "File that it is in.", nullable=False),
        Column(
            "kind",
            pl.String(),
            "`duplicate`, `own_tax_id_as_seller`, `iban_changed`, `iban_abroad`, `invalid_iban`, `invalid_tax_id` or "
            "`total_mismatch`.",
            nullable=False,
        ),
        Column("says", pl.String(), "In words, with what is compared.", nullable=False),
        Column("documents", _TEXT_LIST, "Documents that it is about, the new one first.", nullable=False),
        Column("field", pl.String(), "Field to look at; null if it is none."),
    ),
)

PAYMENT_RECORDS = Table(
    name="invoices/payment_records",
    description="Everything that is known of when invoices are paid: the ledger that was supplied, and invoices that were read. "
    "One row per invoice, paid or open.",
    columns=(
        Column("invoice_id", pl.String(), "Identity: of party and number, or of the invoice that was read.", nullable=False),
        Column("direction", pl.String(), "`payable` (we pay) or `receivable` (we are paid).", nullable=False),
        Column("party", pl.String(), "Identity of the other side.", nullable=False),
        Column("party_name", pl.String(), "Its name; null if unknown."),
        Column("invoice_number", pl.String(), "Number of the invoice; null if unknown."),
        Column("issued", pl.Date(), "Day of issue.", nullable=False),
        Column("due", pl.Date(), "Day until which it is to be paid; null if unknown."),
        Column("settled", pl.Date(), "Day of payment; null while it is open."),
        Column("amount", MONEY, "Amount to be paid, negative for a credit; null if unknown."),
        Column("currency", pl.String(), "ISO 4217 code; null if unknown."),
        Column("source", pl.String(), "`ledger` or `read`.", nullable=False),
    ),
)

_USUAL = pl.List(
    pl.Struct(
        {
            "currency": pl.String(),
            "invoices": pl.Int64(),
            "unknown": pl.Int64(),
            "median": pl.Float64(),
            "least": pl.Float64(),
            "greatest": pl.Float64(),
        }
    )
)
VENDOR_HISTORY = Table(
    name="invoices/vendor_history",
    description="How each party has paid, or was paid: one row per party.",
    columns=(
        Column("party", pl.String(), "Identity of the party.", nullable=False),
        Column("party_name", pl.String(), "Its name; null if unknown."),
        Column("direction", pl.String(), "`payable` or `receivable`.", nullable=False),
        Column("as_of", pl.Date(), "Day of the look: only what was known on its morning counts.", nullable=False),
        Column("invoices", pl.Int64(), "Invoices.", nullable=False),
        Column("paid", pl.Int64(), "Of them, paid.", nullable=False),
        Column("open", pl.Int64(), "Of them, open.", nullable=False),
        Column("overdue", pl.Int64(), "Open ones past their due date.", nullable=False),
        Column("judged", pl.Int64(), "Known to be on time or late.", nullable=False),
        Column("on_time", pl.Int64(), "Of them, on time.", nullable=False),
        Column("late_payments", pl.Int64(), "Of them, late; overdue ones included.", nullable=False),
        Column("rating", pl.Float64(), "Share paid on time, 0 to 100, shrunk towards that of all; null if nothing is judged."),
        Column("mean_days", pl.Float64(), "Mean days to payment; null before the first."),
        Column("median_days", pl.Float64(), "Median days to payment; null before the first."),
        Column("amounts", _USUAL, "Usual amounts by currency; `unknown` counts invoices without one.", nullable=False),
        Column("first_issue", pl.Date(), "Day of the first invoice.", nullable=False),
        Column("last_payment", pl.Date(), "Day of the last payment; null before the first."),
    ),
)

PAYMENT_MODEL_JOURNAL = Table(
    name="invoices/payment_model",
    description="Payment models that were trained, and whether each took over: one row per decision.",
    columns=(
        Column("decided_at", UTC, "When.", nullable=False),
        Column("action", pl.String(), "`replaced` or `kept`.", nullable=False),
        Column("incumbent", pl.String(), "Model in use before; null if there was none."),
        Column("candidate", pl.String(), "The new model.", nullable=False),
        Column("invoices", pl.Int64(), "Invoices that both were judged on.", nullable=False),
        Column("score_before", pl.Float64(), "Ranked probability score of the former model; null if not measured."),
        Column("score_after", pl.Float64(), "That of the new one; null if not measured."),
        Column("reason", pl.String(), "Why, for people.", nullable=False),
        Column("card", pl.String(), "Model card as a JSON object.", nullable=False),
    ),
)

PAYMENT_PREDICTIONS = Table(
    name="invoices/payment_predictions",
    description="When open invoices will be paid: one row per open invoice.",
    columns=(
        Column("invoice_id", pl.String(), "The invoice, as in `payment_records`.", nullable=False),
        Column("model_id", pl.String(), "Model that says so.", nullable=False),
        Column("as_of", pl.Date(), "Day of the look.", nullable=False),
        Column(
            "status",
            pl.String(),
            "Likeliest: `ON_TIME`, `SLIGHTLY_LATE` (up to 7 days) or `SIGNIFICANTLY_LATE`; null if unknown.",
        ),
        Column("on_time", pl.Float64(), "Probability of payment by the due date; null without one."),
        Column("slightly_late", pl.Float64(), "Probability of up to 7 days later; null likewise."),
        Column("significantly_late", pl.Float64(), "Probability of a later payment; null likewise."),
        Column("days_to_pay", pl.Float64(), "Median days from issue to payment; null beyond a year."),
        Column("days_low", pl.Float64(), "Lower bound of the interval that holds four of five payments."),
        Column("days_high", pl.Float64(), "Its upper bound; null beyond a year."),
    ),
)

CASH_FLOW = Table(
    name="invoices/cash_flow",
    description="Payments of open invoices by week: expected, and between which bounds. Currencies are never summed.",
    columns=(
        Column("direction", pl.String(), "`payable` or `receivable`.", nullable=False),
        Column("currency", pl.String(), "ISO 4217 code; null if unknown."),
        Column("as_of", pl.Date(), "First day of the forecast.", nullable=False),
        Column("week", pl.Date(), "Monday of the week; null for everything after the last one."),
        Column("expected", pl.Float64(), "Expected amount.", nullable=False),
        Column("lower_80", pl.Float64(), "80 % of outcomes lie above this and below `upper_80`.", nullable=False),
        Column("upper_80", pl.Float64(), "See `lower_80`.", nullable=False),
        Column("lower_95", pl.Float64(), "The same for 95 %.", nullable=False),
        Column("upper_95", pl.Float64(), "See `lower_95`.", nullable=False),
        Column("invoices", pl.Float64(), "Expected number of payments.", nullable=False),
    ),
)

ENTITIES = Table(
    name="invoices/entities",
    description="What the texts of invoices name: one row per mention.",
    columns=(
        Column("invoice_id", pl.String(), "The invoice.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of the file's bytes.", nullable=False),
        Column("kind", pl.String(), "`organisation`, `location`, `money`, `date`, `product` or `other`.", nullable=False),
        Column("text", pl.String(), "As printed.", nullable=False),
        Column("confidence", pl.Float64(), "By the engine's own account, 0 to 1.", nullable=False),
    ),
)

_SUMMANDS = pl.List(
    pl.Struct(
        {
            "name": pl.String(), "found": _TEXT_LIST, "count": pl.Int64(), "counted": pl.Int64(), "each": pl.Int64(),
            "points": pl.Int64(),
        }
    )
)  # fmt: skip

COMPLEXITY = Table(
    name="invoices/complexity",
    description="How much there is to an invoice, with what the score is the sum of: one row per invoice.",
    columns=(
        Column("invoice_id", pl.String(), "The invoice.", nullable=False),
        Column("content_hash", pl.String(), "SHA-256 of the file's bytes.", nullable=False),
        Column("complexity_score", pl.Int64(), "0 to 100; null if a part of it is not known."),
        Column("at_least", pl.Int64(), "The score by what is known.", nullable=False),
        Column(
            "summands", _SUMMANDS, "What was counted, how much of it, and the points of each; null for unknown.", nullable=False
        ),
        Column("key_phrases", _TEXT_LIST, "What the text is about, the most important first.", nullable=False),
        Column("mood", pl.String(), "Of its notes: `positive`, `negative`, `neutral` or `mixed`; null without notes."),
        Column("engine", pl.String(), "What understood the text, with what it was made of.", nullable=False),
    ),
)

INSIGHTS = Table(
    name="invoices/insights",
    description="What a person should look at before an invoice is approved: one row per rule that applies.",
    columns=(
        Column("invoice_id", pl.String(), "The invoice.", nullable=False),
        Column("source_key", pl.String(), "File that it is in.", nullable=False),
        Column("type", pl.String(), "The rule.", nullable=False),
        Column("priority", pl.String(), "`HIGH`, `MEDIUM` or `LOW`.", nullable=False),
        Column("message", pl.String(), "What to do, for people.", nullable=False),
        Column(
            "numbers", pl.String(), "Values that caused it and the limits that they exceed, as a JSON object.", nullable=False
        ),
    ),
)

CLOUD_INVOICE_TIE_OUT = Table(
    name="invoices/cloud_invoice_tie_out",
    description="Invoices of cloud providers beside what was billed under their number: one row per number and currency.",
    columns=(
        Column("invoice_number", pl.String(), "Number; null for charges that name none."),
        Column("currency", pl.String(), "ISO 4217 code."),
        Column("invoice_total", MONEY, "Total of the invoice that was read; null without one."),
        Column("billed_total", MONEY, "Σ BilledCost of its charge lines; null without them."),
        Column("difference", MONEY, "Invoice less billed; null if they cannot be compared."),
        Column("invoices", pl.Int64(), "Invoices read under that number.", nullable=False),
        Column("lines", pl.Int64(), "Charge lines under that number.", nullable=False),
        Column("lines_unknown", pl.Int64(), "Of them, lines without a known cost.", nullable=False),
        Column(
            "result",
            pl.String(),
            "`matched`, `differs`, `not billed`, `no invoice`, `several invoices`, `unknown number` or `unknown`.",
            nullable=False,
        ),
    ),
)

STREAM_QUARANTINE = Table(
    name="invoices/stream_quarantine",
    description="Messages of the stream of arrivals that tell of none: one row per message.",
    columns=(
        Column("message_id", pl.String(), "Partition and offset.", nullable=False),
        Column("received_at", UTC, "When the stream took it.", nullable=False),
        Column("reason", pl.String(), "Why it tells of none.", nullable=False),
        Column("excerpt", pl.String(), "Its beginning, made printable.", nullable=False),
        Column("seen_at", UTC, "When it was read.", nullable=False),
    ),
)

TABLES = (
    SOURCE_INVOICES, READINGS, INVOICES, LINE_ITEMS, FIELD_VALUES, REVIEW_QUEUE, CORRECTIONS, CONFIDENCE_MODEL,
    EXTRACTION_QUALITY, RISKS, PAYMENT_RECORDS, VENDOR_HISTORY, PAYMENT_MODEL_JOURNAL, PAYMENT_PREDICTIONS, CASH_FLOW, ENTITIES,
    COMPLEXITY, INSIGHTS, CLOUD_INVOICE_TIE_OUT, STREAM_QUARANTINE,
)  # fmt: skip
