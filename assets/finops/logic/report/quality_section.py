"""The section on data quality: whether every row and digit is accounted for, and what is not in the numbers."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import polars as pl

from assets.finops.logic.report import content, wording
from assets.finops.logic.report.content import Block, Card, Cell, Section, Table, Tone
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.figures import NO_CURRENCY, NO_PROVIDER
from assets.finops.logic.report.sources import Rows, Source, equal

ANCHOR = "data-quality"
FILES = 500
RECORDS = 50
_DIGITS = 60
"""More than the 38 digits of any amount: Python's 28 would round away a small difference."""
_RESULTS: tuple[tuple[str, Tone], ...] = (
    ("pass", "good"), ("fail", "bad"), ("not applicable", "muted"), ("not checked", "warn"),
)  # fmt: skip


def section(data: ReportData) -> Section:
    """The whole section."""
    return Section(
        anchor=ANCHOR,
        heading="Data quality",
        cards=_cards(data),
        blocks=(
            _tie_out(data),
            _not_in_force(data.files),
            _preliminary(data.files),
            _quarantine(data.quarantine),
            _unknown_costs(data.daily),
            _conformance(results_per_provider(data.conformance)),
            _coverage(data.coverage),
        ),
    )


def results_per_provider(conformance: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Provider to number of FOCUS rules per result (`pass`, `fail`, `not applicable`, `not checked`)."""
    counts: dict[str, dict[str, int]] = {}
    for provider, result, rules in (
        conformance.group_by("ProviderName", "result").len().sort("ProviderName", "result").iter_rows()
    ):
        counts.setdefault(provider, {})[result] = rules
    return counts


def _conformance_cards(conformance: Mapping[str, Mapping[str, int]]) -> list[Card]:
    """One card per cloud: how many FOCUS rules its lines pass, fail, or could not be judged by."""
    cards = []
    for provider, counts in sorted(conformance.items()):
        known = {name: counts.get(name, 0) for name, _ in _RESULTS}
        judged = known["pass"] + known["fail"]
        detail = ", ".join(f"{wording.count(n)} {name}" for name, n in known.items())
        value = f"{wording.count(known['pass'])} of {wording.count(judged)} pass" if judged else "nothing judged"
        source = Rows(Source.CONFORMANCE, equal(ProviderName=provider))
        parts = [(name, known[name], tone) for name, tone in _RESULTS if known[name]]
        cards.append(Card(provider, value, source, detail, "bad" if known["fail"] else "", parts))
    return cards


def concerns(data: ReportData) -> list[str]:
    """What a reader should know before trusting the numbers, one sentence each; empty if nothing."""
    files = data.files
    counted = (
        (differing(data.tie_out).height, "total", "of a file and currency not tying out."),
        (len(unchecked(data)), "file", "in force without control totals."),
        (files.filter(pl.col("result") == "refused").height, "file", "refused: not in the numbers."),
        (
            files.filter(pl.col("state") == "incomplete").height,
            "file",
            "not in the numbers: the rest of the delivery is missing.",
        ),
        (data.quarantine.height, "record", "in quarantine: not in the numbers."),
        (int(data.daily["x_lines_without_cost"].sum()), "charge line", "whose cost is unknown."),
        (preliminary(files).height, "file", "with preliminary numbers."),
        *(
            (counts.get("fail", 0), "rule", f"of FOCUS 1.2 not kept by {provider}.")
            for provider, counts in sorted(results_per_provider(data.conformance).items())
        ),
    )
    unproven = [] if data.tie_out.height else ["No control totals: nothing proves that the numbers are complete."]
    return unproven + [f"{wording.count(number, noun)} {what}" for number, noun, what in counted if number]


def preliminary(files: pl.DataFrame) -> pl.DataFrame:
    """Files in force whose numbers the provider still calls preliminary."""
    return files.filter((pl.col("state") == "in force") & ~pl.col("final"))


def differing(tie_out: pl.DataFrame) -> pl.DataFrame:
    """Rows of the tie-out where data records or money differ, or cannot be compared."""
    money = pl.col("in_files").eq(pl.col("stored") + pl.col("quarantined"))
    rows = pl.col("rows_in_file").eq(pl.col("rows_stored") + pl.col("rows_quarantined"))
    return tie_out.filter(~(money & rows).fill_null(value=False))


def unchecked(data: ReportData) -> list[str]:
    """Files in force that the tie-out does not name, though they have records."""
    in_force = data.files.filter((pl.col("state") == "in force") & (pl.col("rows").fill_null(1) > 0))["x_source_file"]
    return sorted(set(in_force) - set(data.tie_out["file"]))


def _cards(data: ReportData) -> list[Card]:
    proof = Rows(Source.TIE_OUT)
    files, broken = data.files, differing(data.tie_out).height
    in_force = files.filter(pl.col("state") == "in force")
    if data.tie_out.is_empty():
        verdict = Card("Tie-out", "not done", proof, "no control totals", "warn")
    elif broken:
        verdict = Card("Tie-out", wording.count(broken, "difference"), proof, "see the table", "bad")
    else:
        verdict = Card("Tie-out", "exact", proof, f"{wording.count(data.tie_out['file'].n_unique(), 'file')}", "good")
    refused = files.filter(pl.col("result") == "refused").height
    ignored = files.filter(pl.col("result") == "ignored").height
    waiting = data.quarantine.height
    read = f"{wording.count(int(in_force['rows'].sum()), 'row')} read"
    by_result = {name: Rows(Source.BILLING_FILES, equal(result=name)) for name in ("refused", "ignored")}
    return [
        verdict,
        Card("Files in force", wording.count(in_force.height), Rows(Source.BILLING_FILES, equal(state="in force")), read),
        Card("Refused files", wording.count(refused), by_result["refused"], "", "bad" if refused else ""),
        Card("Ignored files", wording.count(ignored), by_result["ignored"]),
        Card("Quarantined records", wording.count(waiting), Rows(Source.QUARANTINE), "", "bad" if waiting else ""),
    ]


def _tie_out(data: ReportData) -> Block:
    heading = "Every row and every digit"
    if data.tie_out.is_empty():
        return Block(heading, ("No control totals: materialize finops/billing_file_totals to have them.",))
    broken = differing(data.tie_out).with_columns(broken=pl.lit(value=True))
    judged = (
        data.tie_out.join(broken.select("file", "currency", "broken"), on=["file", "currency"], how="left", nulls_equal=True)
        .with_columns(pl.col("broken").fill_null(value=False))
        .sort("broken", "file", "currency", descending=[True, False, False])
    )
    remarks = [
        "BilledCost and data records, read from the raw text of each file in force, against what is stored and what is in "
        "quarantine."
    ]
    if judged.height > FILES:
        remarks.append(f"The first {FILES} of {wording.count(judged.height)} are shown, differences first.")
    missing = unchecked(data)
    if missing:
        remarks.append(f"In force but without control totals: {wording.listed(missing)}.")
    columns = (
        "File", "Verdict", "Rows read", "Rows stored", "Rows quarantined", "Currency", "Money read", "Money stored",
        "Money quarantined",
    )  # fmt: skip
    rows = [_tie_out_row(row) for row in judged.head(FILES).iter_rows(named=True)]
    return Block(
        heading,
        remarks,
        tables=(_tie_out_totals(data.tie_out), Table("Tie-out per file", columns, rows, Rows(Source.TIE_OUT), scroll=True)),
    )


def _tie_out_totals(tie_out: pl.DataFrame) -> Table:
    money = ("in_files", "stored", "quarantined")
    counts = ("rows_in_file", "rows_stored", "rows_quarantined")
    summed = tie_out.group_by("currency").agg(
        # A sum over a file whose money is unknown would pass for the whole.
        *(pl.when(pl.col(c).null_count() == 0).then(pl.col(c).sum()).alias(c) for c in (*money, *counts))
    )
    columns = (
        "Currency", "Verdict", "Rows read", "Rows stored", "Rows quarantined", "Money read", "Money stored",
        "Money quarantined",
    )  # fmt: skip
    rows = []
    for row in summed.sort("currency", nulls_last=True).iter_rows(named=True):
        cells = _tie_out_row({"file": "", **row})
        rows.append([cells[5], *cells[1:5], *cells[6:]])
    return Table("Tie-out per currency", columns, rows, Rows(Source.TIE_OUT))


def _tie_out_row(row: Mapping[str, Any]) -> list[Cell]:
    return [
        content.text(row["file"]),
        _verdict(row),
        content.number(row["rows_in_file"]),
        content.number(row["rows_stored"]),
        content.number(row["rows_quarantined"]),
        content.text(row["currency"], NO_CURRENCY),
        _digits(row["in_files"]),
        _digits(row["stored"]),
        _digits(row["quarantined"]),
    ]


def _verdict(row: Mapping[str, Any]) -> Cell:
    if any(value is None for name, value in row.items() if name not in ("file", "currency")):
        return Cell(wording.UNKNOWN, "warn")
    rows = row["rows_stored"] + row["rows_quarantined"] - row["rows_in_file"]
    with localcontext(prec=_DIGITS):
        money = row["stored"] + row["quarantined"] - row["in_files"]
    if not rows and not money:
        return Cell("exact", "good")
    return Cell(f"off by {wording.count(rows, 'row')} and {wording.exact(money)}", "bad")


def _digits(value: Decimal | None) -> Cell:
    return Cell(wording.exact(value), "warn" if value is None else "", numeric=True)


def _not_in_force(files: pl.DataFrame) -> Block:
    heading = "Files that are not in the numbers"
    if files.is_empty():
        return Block(heading, ("No billing files were found: check the source's bucket and prefix.",))
    left_out = files.filter(
        (pl.col("result").is_in(["refused", "ignored"])) | (pl.col("state").is_in(["superseded", "duplicate", "incomplete"]))
    ).with_columns(what=pl.coalesce("state", "result"))
    counts = left_out.group_by("what").len().sort("what")
    said = ", ".join(f"{wording.count(n)} {what}" for what, n in counts.iter_rows()) or "none"
    urgency = pl.col("what").replace_strict(
        {"refused": 0, "incomplete": 1, "duplicate": 2, "superseded": 3}, default=4, return_dtype=pl.Int64
    )
    ranked = left_out.sort(urgency, "x_source_file")
    more = f" The first {FILES} are shown." if ranked.height > FILES else ""
    rows = [
        [
            content.text(row["x_source_file"]),
            Cell(row["what"], "bad" if row["what"] in ("refused", "incomplete") else "muted"),
            content.text(row["format"], "not recognised"),
            content.number(row["rows"]) if row["rows"] is not None else Cell("–", "muted", numeric=True),
            Cell(row["reason"] or "no reason given", "" if row["reason"] else "muted"),
        ]
        for row in ranked.head(FILES).iter_rows(named=True)
    ]
    table = Table(
        "Files left out", ("File", "What it is", "Format", "Rows", "Why, and what to do"), rows, Rows(Source.BILLING_FILES),
        empty="Every file found is in force.", scroll=True,
    )  # fmt: skip
    return Block(heading, (f"{said[0].upper()}{said[1:]}.{more}",), tables=(table,))


def _preliminary(files: pl.DataFrame) -> Block:
    early = preliminary(files).sort("x_source_file")
    silent = files.filter((pl.col("state") == "in force") & pl.col("final").is_null()).height
    rows = [
        [content.text(row["x_source_file"]), Cell(wording.span(row["first_day"], row["last_day"]))]
        for row in early.head(FILES).iter_rows(named=True)
    ]
    remark = f"{wording.count(silent, 'file')} in force from providers that do not say whether numbers are final."
    source = Rows(Source.BILLING_FILES, "state = 'in force' and not final")
    table = Table("Preliminary files", ("File", "Days"), rows, source, empty="No file is marked as preliminary.", scroll=True)
    return Block("Preliminary numbers", (remark,) if silent else (), tables=(table,))


def _quarantine(quarantine: pl.DataFrame) -> Block:
    if quarantine.is_empty():
        return Block("Quarantine", ("No record is in quarantine.",))
    sums = _waiting(quarantine)
    ranked = quarantine.sort("x_source_file", "x_source_row")
    shown = f"; the first {RECORDS} are shown" if ranked.height > RECORDS else ""
    rows = [
        [
            content.text(row["x_source_file"]),
            Cell(wording.count(row["line"]) if row["line"] is not None else "–", numeric=True),
            Cell(wording.count(row["x_source_row"]), numeric=True),
            content.text(row["column"], "whole record"),
            content.text(row["value"], "empty"),
            Cell(row["reason"]),
        ]
        for row in ranked.head(RECORDS).iter_rows(named=True)
    ]
    columns = ("File", "Line", "Record", "Column", "Value", "Reason")
    table = Table("Quarantined records", columns, rows, Rows(Source.QUARANTINE), scroll=True)
    remark = f"{wording.count(ranked.height, 'record')} in quarantine{shown}. Money waiting there: {'; '.join(sums)}."
    return Block("Quarantine", (remark,), tables=(table,))


def _waiting(quarantine: pl.DataFrame) -> list[str]:
    """Money in quarantine, per currency, in words."""
    cost = pl.col("BilledCost")
    summed = quarantine.group_by("BillingCurrency").agg(cost.sum(), cost.count().alias("read"), pl.len())
    said = []
    for currency, money, read, records in summed.sort("BillingCurrency", nulls_last=True).iter_rows():
        known = f"{wording.exact(money)} {currency or NO_CURRENCY}" if read else ""
        unread = f"{wording.count(records - read, 'record')} of unknown cost" if records > read else ""
        said.append(" and ".join(filter(None, (known, unread))))
    return said


def _unknown_costs(daily: pl.DataFrame) -> Block:
    keys = ("BillingCurrency", "ProviderName", "ServiceName")
    without = (
        daily.group_by(keys)
        .agg(pl.col("x_lines").sum(), pl.col("x_lines_without_cost").sum())
        .filter(pl.col("x_lines_without_cost") > 0)
        .sort("x_lines_without_cost", *keys, descending=[True, False, False, False], nulls_last=True)
    )
    rows = [
        [
            content.text(row["ProviderName"], NO_PROVIDER),
            content.text(row["ServiceName"]),
            content.text(row["BillingCurrency"], NO_CURRENCY),
            content.number(row["x_lines"]),
            content.number(row["x_lines_without_cost"]),
        ]
        for row in without.head(RECORDS).iter_rows(named=True)
    ]
    columns = ("Cloud", "Service", "Currency", "Lines", "Lines of unknown cost")
    more = f"The first {RECORDS} of {wording.count(without.height)} services are shown."
    table = Table(
        "Lines of unknown cost", columns, rows, Rows(Source.DAILY_COSTS, "x_lines_without_cost > 0"),
        empty="Every charge line states its BilledCost.", scroll=True, note=more if without.height > RECORDS else "",
    )  # fmt: skip
    return Block("Lines whose cost is unknown", tables=(table,))


def _conformance(conformance: Mapping[str, Mapping[str, int]]) -> Block:
    heading = "FOCUS conformance"
    if not conformance:
        return Block(heading, ("Not judged yet: materialize finops/focus_conformance.",))
    rows = [
        [Cell(provider), *(content.number(counts.get(name, 0)) for name, _ in _RESULTS)]
        for provider, counts in sorted(conformance.items())
    ]
    columns = ("Cloud", *(name.capitalize() for name, _ in _RESULTS))
    table = Table("Rules of FOCUS 1.2 per cloud", columns, rows, Rows(Source.CONFORMANCE))
    return Block(heading, cards=_conformance_cards(conformance), tables=(table,))


def _coverage(coverage: pl.DataFrame) -> Block:
    rows = [
        [
            content.text(row["ProviderName"], NO_PROVIDER),
            Cell(row["aspect"]),
            Cell(wording.ratio(row["value_share"]), numeric=True),
            Cell(wording.ratio(row["line_share"]), numeric=True),
            Cell(wording.listed(row["unmapped"] or []), "muted" if not row["unmapped"] else ""),
        ]
        for row in coverage.sort("ProviderName", "aspect", nulls_last=True).iter_rows(named=True)
    ]
    columns = ("Cloud", "What", "Names mapped", "Lines mapped", "Not mapped, most lines first")
    table = Table(
        "Mapping to provider-neutral names", columns, rows, Rows(Source.COVERAGE), empty="The coverage was not measured."
    )
    return Block("Mapping coverage", tables=(table,))
