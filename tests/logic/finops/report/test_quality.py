"""The section on data quality: whether every row and digit is accounted for, and what is not in the numbers."""

from decimal import Decimal

from tests.logic.finops.report.plausible import LAST, Page, ago, billing_file, cost, page, quarantined, report, rules, tie, whole


def test_a_file_that_ties_out_is_called_exact_and_another_by_how_much_it_is_off():
    big = "12345678901234.000000000000000000000001"
    shown = page(
        report(
            files=[billing_file("good.csv"), billing_file("bad.csv"), billing_file("silent.csv")],
            tie_out=[
                tie("good.csv", in_files=big, stored=big),
                tie("bad.csv", in_files=big, stored="12345678901234", rows=(10, 9, 0)),
            ],
        )
    )
    verdicts = [row[:2] for row in shown.table("Tie-out per file")]
    assert verdicts == [["bad.csv", "off by -1 rows and −0.000000000000000000000001"], ["good.csv", "exact"]]
    assert "In force but without control totals: silent.csv." in shown.section("data-quality")
    assert "1 total of a file and currency not tying out." in shown.section("concerns")
    assert shown.card("Tie-out").value == "1 difference"


def test_money_and_rows_of_all_files_are_added_up_to_the_last_digit_per_currency():
    files = [tie("a", in_files="1.000000000000000000000001", stored="1.000000000000000000000001"), tie("b"), tie("c", "EUR")]
    shown = page(report(tie_out=files))
    assert [row[:6] for row in shown.table("Tie-out per currency")] == [
        ["EUR", "exact", "10", "10", "0", "100.5"],
        ["USD", "exact", "20", "20", "0", "101.500000000000000000000001"],
    ]


def test_files_left_out_are_told_with_the_reason_the_urgent_ones_first():
    shown = Page(whole().page)
    text = shown.section("data-quality")
    assert "1 ignored, 1 refused, 1 superseded." in text
    left_out = shown.table("Files left out")
    assert [row[1] for row in left_out] == ["refused", "superseded", "ignored"]
    assert left_out[0][4] == "The gzip stream ends early: upload it again."


def test_preliminary_files_are_named_and_concern_the_reader():
    shown = Page(whole().page)
    assert shown.table("Preliminary files") == [["focus/2026/03/usage.csv.gz", "1 Mar 2026 – 31 Mar 2026"]]
    assert "1 file with preliminary numbers." in shown.section("concerns")
    assert "2026-03 (preliminary)" in shown.section("currency-1")


def test_files_of_providers_that_do_not_say_whether_they_are_final_are_counted():
    shown = page(report(files=[billing_file("a.csv"), billing_file("b.csv", final=True)]))
    assert "1 file in force from providers that do not say whether numbers are final." in shown.section("data-quality")


def test_quarantined_records_are_counted_and_the_first_are_shown():
    shown = page(report(quarantine=[quarantined(n, BilledCost=Decimal("1.5")) for n in range(60, 0, -1)]))
    said = "60 records in quarantine; the first 50 are shown. Money waiting there: 90 USD."
    assert said in shown.section("data-quality")
    records = shown.table("Quarantined records")
    assert [row[2] for row in records] == [str(n) for n in range(1, 51)]
    assert records[0] == ["focus/2026/03/usage.csv.gz", "2", "1", "BilledCost", "12,5O", "Not a decimal number."]
    assert shown.card("Quarantined records").value == "60"


def test_money_in_quarantine_that_cannot_be_read_is_unknown():
    text = page(report(quarantine=[quarantined(1)])).section("data-quality")
    assert "Money waiting there: 1 record of unknown cost." in text


def test_lines_of_unknown_cost_are_told_per_service():
    shown = page(report(cost(LAST, "1", lines=5), cost(LAST, None, effective=None, lines=2), cost(LAST, "1", service="Known")))
    assert shown.table("Lines of unknown cost") == [["Oracle", "Compute", "USD", "7", "2"]]


def test_rules_of_focus_are_counted_per_cloud_and_broken_ones_concern_the_reader():
    kept = [*rules("AWS", "pass", 4), *rules("AWS", "fail", 2), *rules("Oracle", "pass", 3), *rules("Oracle", "not checked", 1)]
    shown = page(report(conformance=kept))
    assert shown.table("Rules of FOCUS 1.2 per cloud") == [["AWS", "4", "2", "0", "0"], ["Oracle", "3", "0", "0", "1"]]
    assert shown.card("AWS").value == "4 of 6 pass"
    assert "2 rules of FOCUS 1.2 not kept by AWS." in shown.section("concerns")
    assert "Oracle" not in shown.section("concerns")


def test_names_that_are_not_mapped_are_listed():
    lines = {"ProviderName": ["AWS"] * 2, "ServiceName": ["Amazon Simple Storage Service", "Amazon Nonsense"]}
    shown = page(report(coverage={**lines, "RegionId": [None] * 2, "PricingUnit": [None] * 2}))
    (service,) = [row for row in shown.table("Mapping to provider-neutral names") if row[1] == "service"]
    assert service == ["AWS", "service", "50.0 %", "50.0 %", "Amazon Nonsense"]


def test_a_report_without_fault_says_so_and_one_without_proof_does_not():
    proven = page(report(cost(LAST, "1"), files=[billing_file("a.csv", final=True)], tie_out=[tie("a.csv")]))
    assert "Nothing to worry about" in proven.section("concerns")
    assert proven.card("Tie-out").value == "exact"
    unproven = page(report(cost(LAST, "1"))).section("concerns")
    assert "nothing proves that the numbers are complete" in unproven


def test_an_incomplete_delivery_concerns_the_reader():
    files = [billing_file("part.csv", "incomplete", first_day=ago(3), reason="The rest of the delivery is missing.")]
    shown = page(report(files=files))
    assert "1 file not in the numbers: the rest of the delivery is missing." in shown.section("concerns")
    assert shown.table("Files left out")[0][1] == "incomplete"
