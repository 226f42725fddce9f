"""Rules of FOCUS 1.2 over small frames: each kind of check, conditions, composites, and the score card as a whole."""

import os
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.columns import BY_NAME, FOCUS_COLUMNS
from assets.finops.logic.conformance import page
from assets.finops.logic.conformance.card import RuleResult, as_frame, evaluate, summary, to_markdown
from assets.finops.logic.conformance.checks import PLACEHOLDERS, UnknownCheckError, row_check
from assets.finops.logic.conformance.rules import Check, Rule, load_rules
from assets.finops.tables import FOCUS_CONFORMANCE

MONTH = datetime(2024, 9, 1, tzinfo=UTC), datetime(2024, 10, 1, tzinfo=UTC)
DTYPES = {"decimal": pl.Decimal(38, 24), "datetime": pl.Datetime("us", "UTC")}
SCHEMA = {c.name: DTYPES.get(c.kind, pl.String()) for c in FOCUS_COLUMNS}

USAGE: dict[str, Any] = {
    "AvailabilityZone": "use1-az1",
    "BilledCost": Decimal("0.5"),
    "BillingAccountId": "111",
    "BillingAccountName": "Payer",
    "BillingAccountType": "Management account",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": MONTH[1],
    "BillingPeriodStart": MONTH[0],
    "ChargeCategory": "Usage",
    "ChargeDescription": "Hours of a machine",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": datetime(2024, 9, 2, tzinfo=UTC),
    "ChargePeriodStart": MONTH[0],
    "ConsumedQuantity": Decimal(2),
    "ConsumedUnit": "Hours",
    "ContractedCost": Decimal("0.5"),
    "ContractedUnitPrice": Decimal("0.25"),
    "EffectiveCost": Decimal("0.5"),
    "InvoiceId": "INV-1",
    "InvoiceIssuerName": "AWS",
    "ListCost": Decimal(1),
    "ListUnitPrice": Decimal("0.5"),
    "PricingCategory": "Standard",
    "PricingCurrency": "USD",
    "PricingCurrencyContractedUnitPrice": Decimal("0.25"),
    "PricingCurrencyEffectiveCost": Decimal("0.5"),
    "PricingCurrencyListUnitPrice": Decimal("0.5"),
    "PricingQuantity": Decimal(2),
    "PricingUnit": "Hours",
    "ProviderName": "AWS",
    "PublisherName": "AWS",
    "RegionId": "us-east-1",
    "RegionName": "US East (N. Virginia)",
    "ResourceId": "i-1",
    "ResourceName": "web",
    "ResourceType": "Instance",
    "ServiceCategory": "Compute",
    "ServiceName": "Amazon EC2",
    "ServiceSubcategory": "Virtual Machines",
    "SkuId": "SKU-1",
    "SkuMeter": "Machine hours",
    "SkuPriceDetails": '{"CoreCount": 2}',
    "SkuPriceId": "PRICE-1",
    "SubAccountId": "222",
    "SubAccountName": "Shop",
    "SubAccountType": "Member account",
    "Tags": '{"team": "shop", "urgent": true}',
}
COMMITMENT = {
    "CommitmentDiscountCategory": "Usage",
    "CommitmentDiscountId": "ri-1",
    "CommitmentDiscountName": "Reservation",
    "CommitmentDiscountQuantity": Decimal(2),
    "CommitmentDiscountStatus": "Used",
    "CommitmentDiscountType": "Reserved Instance",
    "CommitmentDiscountUnit": "Hours",
    "PricingCategory": "Committed",
}


def typed(*lines: dict[str, Any]) -> pl.DataFrame:
    rows = [{name: line.get(name) for name in SCHEMA} for line in lines]
    frame = pl.DataFrame(rows, schema=SCHEMA).with_row_index("x_source_row", offset=1)
    return frame.with_columns(pl.lit("bill.csv").alias("x_source_file"))


def judged(frame: pl.DataFrame, provider: str = "AWS", absent: tuple[str, ...] = (), **more: Any) -> dict[str, RuleResult]:
    return {r.rule_id: r for r in evaluate(frame.lazy(), provider, absent=frozenset(absent), **more)}


def single(check: Check, frame: pl.DataFrame, condition: Check | None = None, column: str = "") -> RuleResult:
    """The result of one rule made up for the check."""
    conditions = () if condition is None else (condition,)
    rule = Rule("R", column or check.columns[0], "Column", "Validation", "MUST", check, conditions=conditions)
    return judged(frame, rules=[rule])["R"]


def values(column: str, *found: Any) -> pl.DataFrame:
    return typed(*({**USAGE, column: value} for value in found))


def test_every_rule_of_the_model_gets_exactly_one_result_in_its_order() -> None:
    results = evaluate(typed(USAGE).lazy(), "AWS", absent=frozenset())
    assert [r.rule_id for r in results] == [r.rule_id for r in load_rules()]
    assert len(results) == len({r.rule_id for r in results}) == 621
    assert sum(summary(results).values()) == 621


def test_no_lines_give_results_too_and_none_of_them_claims_rows() -> None:
    results = judged(typed())
    assert len(results) == 621
    assert not any(r.rows_failing for r in results.values())
    assert results["BilledCost-C-003-M"].result == "not applicable"


def test_clean_lines_break_no_rule() -> None:
    used = USAGE | COMMITMENT
    unused = used | {
        "CommitmentDiscountStatus": "Unused",
        "ResourceId": "ri-1",
        "ConsumedQuantity": None,
        "ConsumedUnit": None,
    }
    failing = [r for r in judged(typed(USAGE, used, unused)).values() if r.result == "fail"]
    assert failing == []


def test_every_reason_says_why_a_rule_was_not_judged_and_only_then() -> None:
    for result in judged(typed(USAGE)).values():
        assert (result.reason is None) == (result.result in {"pass", "fail"})


@pytest.mark.parametrize(
    ("function", "column", "good", "bad"),
    [
        ("FormatString", "RegionName", ["Zürich", ""], ["Z\ufffdrich"]),
        ("FormatCurrency", "PricingCurrency", ["USD", "Credits"], ["usd", "XYZ"]),
        ("CheckNationalCurrency", "BillingCurrency", ["EUR", "JPY"], ["Credits", "eur", "€"]),
        (
            "FormatUnit",
            "PricingUnit",
            ["GB", "GB-Hours", "GiB/Day", "1000 Tokens", "Units/3 Months", "Requests", "Hours", "LCU-Hours"],
            ["gb", "GBs", "Gigabytes", "GB-Mo", "hours", "HOURS", "Hour", "GB-Hour", "1.5 Tokens", "GB/Days"],
        ),
        (
            "FormatKeyValue",
            "Tags",
            ["{}", '{"a": 1}', '{"a": "x\\"}", "b": null, "c": -1.5e3}', ' { "a" : true } '],
            ["[]", "a=b", '{"a": {"b": 1}}', '{"a": [1]}', '{"a": 1,}', '{"a" 1}', "{a: 1}", ""],
        ),
        ("NoPlaceholder", "ResourceName", ["web", "none"], list(PLACEHOLDERS)),
        ("NotBlank", "ServiceName", ["x"], ["", "   "]),
        ("JsonObject", "Tags", ["{}", '{"a": {"b": 1}}'], ["[1]", "text"]),
        ("NoNesting", "Tags", ['{"a": "{"}', "{}"], ['{"x": 1, "a": [1]}', '{"a": {}}']),
    ],
)
def test_a_format_is_told_from_what_is_not(function: str, column: str, good: list[str], bad: list[str]) -> None:
    check = Check(function, (column,))
    assert single(check, values(column, *good)).result == "pass"
    for value in bad:
        result = single(check, values(column, *good, value, value))
        assert (result.result, result.rows_failing) == ("fail", 2), value


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (Check("CheckValue", ("ChargeCategory",), "Usage"), "Usage", "Tax"),
        (Check("CheckNotValue", ("ChargeCategory",), "Tax"), "Usage", "Tax"),
        (Check("CheckNotValue", ("ResourceId",), None), "i-1", None),
        (Check("CheckValue", ("ResourceId",), None), None, "i-1"),
        (Check("CheckValue", ("EffectiveCost",), 0), Decimal(0), Decimal("1e-24")),
        (Check("CheckGreaterOrEqualThanValue", ("ListUnitPrice",), 0), Decimal(0), Decimal("-1e-24")),
        (Check("CheckSameValue", ("ResourceId", "RegionId")), "us-east-1", "i-1"),
        (Check("CheckNotSameValue", ("ResourceId", "RegionId")), "i-1", "us-east-1"),
    ],
)
def test_a_value_is_compared_exactly(check: Check, good: Any, bad: Any) -> None:
    column = check.columns[0]
    assert single(check, values(column, good, good)).result == "pass"
    assert single(check, values(column, good, bad, bad)).rows_failing == 2


def test_allowed_values_are_any_of_a_list_and_a_null_is_left_to_the_rules_of_nullability() -> None:
    allowed = Check("OR", items=tuple(Check("CheckValue", ("ChargeFrequency",), v) for v in ("A", "B")))
    assert single(allowed, values("ChargeFrequency", "A", "B", None), column="ChargeFrequency").result == "pass"
    assert single(allowed, values("ChargeFrequency", "A", "b"), column="ChargeFrequency").rows_failing == 1


def test_parts_combine_with_and_and_or() -> None:
    usage = Check("CheckValue", ("ChargeCategory",), "Usage")
    named = Check("CheckValue", ("ServiceName",), "Amazon S3")
    frame = typed(USAGE, USAGE | {"ServiceName": "Amazon S3"}, USAGE | {"ChargeCategory": "Tax"})
    both, either = Check("AND", items=(usage, named)), Check("OR", items=(usage, named))
    assert single(both, frame, column="ChargeCategory").rows_failing == 2
    assert single(either, frame, column="ChargeCategory").rows_failing == 1


@pytest.mark.parametrize(("cost", "result"), [("0.5", "pass"), ("0.5000005", "pass"), ("0.50001", "fail"), ("0", "fail")])
def test_quantity_times_price_matches_a_cost_within_a_millionth(cost: str, result: str) -> None:
    found = judged(typed(USAGE | {"ContractedCost": Decimal(cost)}))
    assert found["ContractedUnitPrice-C-011-C"].result == result
    assert found["PricingQuantity-C-009-C"].result == result


def test_a_product_with_an_unknown_factor_is_no_mismatch() -> None:
    found = judged(typed(USAGE | {"PricingQuantity": None}))
    assert found["ListUnitPrice-C-010-C"].result == "pass"
    assert found["PricingQuantity-C-005-C"].result == "fail"


def test_types_are_judged_by_the_schema_and_text_numbers_by_their_form() -> None:
    text = typed(USAGE).with_columns(pl.lit("1,5").alias("BilledCost"), pl.lit("2024-09-01").alias("ChargePeriodStart"))
    found = judged(text)
    failing = [f"BilledCost-C-{n}-M" for n in ("001", "002", "004")]
    failing += [f"ChargePeriodStart-C-{n}-M" for n in ("001", "002")]
    assert {found[rule_id].result for rule_id in failing} == {"fail"}
    clean = judged(typed(USAGE))
    assert {clean[rule_id].result for rule_id in failing} == {"pass"}


def test_a_price_with_two_parent_skus_fails_with_all_its_rows() -> None:
    two = USAGE | {"SkuId": "SKU-2"}
    found = judged(typed(USAGE, USAGE, two, USAGE | {"SkuPriceId": "PRICE-2"}, USAGE | {"SkuId": None}))
    result = found["SkuPriceId-C-008-M"]
    assert (result.result, result.rows_failing) == ("fail", 3)
    assert result.example == "SkuPriceId='PRICE-1' has 2 values of SkuId"


def test_commitment_usage_that_is_neither_used_nor_unused_breaks_the_sum_of_its_commitment() -> None:
    used = USAGE | COMMITMENT
    lost = used | {"CommitmentDiscountStatus": None}
    free = lost | {"EffectiveCost": Decimal(0), "CommitmentDiscountId": "ri-2"}
    assert judged(typed(used, free))["EffectiveCost-C-013-C"].result == "pass"
    assert judged(typed(used, lost, free))["EffectiveCost-C-013-C"].rows_failing == 2


@pytest.mark.parametrize(
    ("reservation", "category", "status", "failing"),
    [
        (None, "Usage", None, set()),
        (None, "Usage", "Used", {"CapacityReservationStatus-C-003-C"}),
        ("cr-1", "Usage", None, {"CapacityReservationStatus-C-004-C"}),
        ("cr-1", "Purchase", None, set()),
        ("cr-1", "Usage", "Unused", set()),
    ],
)
def test_status_of_a_capacity_reservation_depends_on_its_id_and_category(
    reservation: str | None, category: str, status: str | None, failing: set[str]
) -> None:
    changed = {"CapacityReservationId": reservation, "CapacityReservationStatus": status}
    found = judged(typed(USAGE | changed | {"ChargeCategory": category, "ChargeFrequency": "One-Time"}))
    pair = {"CapacityReservationStatus-C-003-C", "CapacityReservationStatus-C-004-C"}
    assert {i for i in pair if found[i].result == "fail"} == failing
    assert all(rule.repaired for rule in load_rules() if rule.rule_id in pair)


@pytest.mark.parametrize(
    ("changes", "rule_id", "result"),
    [
        ({"ConsumedQuantity": None}, "ConsumedQuantity-C-006-C", "fail"),
        ({"ConsumedQuantity": None, "ChargeClass": "Correction"}, "ConsumedQuantity-C-006-C", "not applicable"),
        (COMMITMENT | {"CommitmentDiscountStatus": None}, "CommitmentDiscountStatus-C-004-C", "fail"),
        (COMMITMENT, "CommitmentDiscountStatus-C-005-M", "pass"),
        (COMMITMENT | {"CommitmentDiscountStatus": "Active"}, "CommitmentDiscountStatus-C-005-M", "fail"),
        ({"SubAccountType": None}, "SubAccountType-C-003-C", "fail"),
        ({"ChargeCategory": "Tax"}, "ListUnitPrice-C-004-C", "fail"),
        ({"ChargeCategory": "Purchase", "ChargeFrequency": "One-Time"}, "EffectiveCost-C-005-C", "not applicable"),
        ({"ServiceSubcategory": "Block Storage"}, "ServiceSubcategory-C-004-M", "fail"),
        ({"InvoiceId": None}, "InvoiceId-C-005-C", "not checked"),
        ({"InvoiceIssuerName": "Amazon Web Services, Inc."}, "BilledCost-C-005-C", "not checked"),
        ({"PricingCurrencyEffectiveCost": Decimal(-1)}, "PricingCurrencyEffectiveCost-C-004-M", "pass"),
    ],
)
def test_conditions_decide_which_lines_a_rule_is_about(changes: dict[str, Any], rule_id: str, result: str) -> None:
    assert judged(typed(USAGE | changes))[rule_id].result == result


def test_a_condition_of_a_composite_holds_for_its_items() -> None:
    rules = {rule.rule_id: rule for rule in load_rules()}
    assert rules["CommitmentDiscountQuantity-C-005-C"].conditions[0].function == "AND"
    assert "COMMITMENT_DISCOUNT_SUPPORTED" in rules["CommitmentDiscountQuantity-C-005-C"].criteria
    found = judged(typed(USAGE))["CommitmentDiscountQuantity-C-005-C"]
    assert (found.result, found.reason) == ("not applicable", "no row meets its condition")


def test_a_column_that_the_source_lacks_fails_once_and_its_other_rules_do_not_apply() -> None:
    without = typed(USAGE).with_columns(pl.lit(None, pl.String).alias("RegionName"))
    found = judged(without, absent=("RegionName",))
    about = [r for r in found.values() if r.column == "RegionName" and r.result != "not applicable"]
    assert [(r.rule_id, r.result) for r in about] == [("CostAndUsage-D-062-C", "fail")]
    assert judged(typed(USAGE).drop("RegionName"))["CostAndUsage-D-062-C"].result == "fail"


def test_a_check_over_several_columns_leaves_out_only_the_absent_ones() -> None:
    frame = values("ResourceName", "N/A")
    assert judged(frame, absent=("RegionName",))["NullHandling-A-002-M"].rows_failing == 1
    assert judged(frame, absent=("ListUnitPrice",))["PricingQuantity-C-009-C"].result == "pass"
    assert judged(frame, absent=("ResourceId",))["DiscountHandling-A-019-C"].result == "not applicable"


def test_what_a_provider_does_not_support_does_not_apply_to_it() -> None:
    missing = ("PricingCurrencyEffectiveCost",)
    assert judged(typed(USAGE), "aws", missing)["CostAndUsage-D-051-C"].result == "not applicable"
    assert judged(typed(USAGE), "Unheard Cloud", missing)["CostAndUsage-D-051-C"].result == "fail"


def test_a_permission_cannot_be_broken() -> None:
    permissions = [r for r in judged(typed(USAGE)).values() if r.keyword == "MAY"]
    assert len(permissions) == 35
    assert {r.result for r in permissions} == {"not applicable"}


UNKNOWN = Check("CheckMoonPhase", ("BilledCost",))


@pytest.mark.parametrize("check", [UNKNOWN, Check("OR", items=(Check("CheckValue", ("ChargeCategory",), "Usage"), UNKNOWN))])
def test_an_unknown_check_function_is_never_a_pass(check: Check) -> None:
    result = single(check, typed(USAGE), column="BilledCost")
    assert (result.result, result.reason) == ("not checked", "check function CheckMoonPhase is not known")
    with pytest.raises(UnknownCheckError):
        row_check(check, {})


def test_a_rule_with_an_unknown_condition_is_not_judged() -> None:
    known = Check("CheckNotValue", ("BilledCost",), None)
    assert single(known, typed(USAGE), condition=UNKNOWN).result == "not checked"


def composite(*items: str) -> Rule:
    check = Check("AND", items=tuple(Check("CheckModelRule", value=i) for i in items))
    return Rule("C", "CostAndUsage", "Dataset", "Composite", "MUST", check)


@pytest.mark.parametrize(
    ("items", "result"),
    [
        (["good", "bad"], "fail"),
        (["unknown", "bad"], "fail"),
        (["good", "unknown", "away"], "pass"),
        (["unknown", "away"], "not checked"),
        (["away"], "not applicable"),
        (["good", "not in the model"], "not checked"),
    ],
)
def test_a_composite_follows_from_its_items(items: list[str], result: str) -> None:
    def rule(name: str, check: Check, *conditions: Check) -> Rule:
        return Rule(name, "BilledCost", "Column", "Nullability", "MUST", check, (), conditions)

    rules = [
        composite(*items),
        rule("good", Check("CheckNotValue", ("BilledCost",), None)),
        rule("bad", Check("CheckValue", ("BilledCost",), None)),
        rule("unknown", UNKNOWN),
        rule("away", Check("CheckNotValue", ("BilledCost",), None), Check("CheckValue", ("ChargeCategory",), "Tax")),
    ]
    found = judged(typed(USAGE), rules=rules)["C"]
    assert found.result == result
    assert found.example == ("bad" if result == "fail" else None)


PLANTS: list[tuple[str, Any, str]] = [
    ("BilledCost", None, "BilledCost-C-003-M"),
    ("BillingAccountId", None, "BillingAccountId-C-001-M"),
    ("BillingCurrency", "Credits", "BillingCurrency-C-006-M"),
    ("ChargeCategory", "Use", "ChargeCategory-C-003-M"),
    ("ChargeClass", "Mistake", "ChargeClass-C-005-C"),
    ("ContractedCost", Decimal(7), "ContractedUnitPrice-C-011-C"),
    ("ListUnitPrice", Decimal(-1), "ListUnitPrice-C-008-M"),
    ("ListCost", Decimal(7), "ListUnitPrice-C-010-C"),
    ("PricingUnit", "gigabyte", "PricingUnit-C-003-O"),
    ("RegionName", None, "RegionName-C-005-C"),
    ("ResourceName", "n/a", "NullHandling-A-002-M"),
    ("ServiceCategory", "Cloud", "ServiceCategory-C-003-M"),
    ("ServiceSubcategory", "Nonsense", "ServiceSubcategory-C-003-M"),
    ("SkuId", None, "SkuId-C-005-C"),
    ("Tags", "[1]", "Tags-C-001-M"),
]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PLANTS), st.sets(st.integers(1, 12), min_size=1))
def test_a_planted_violation_is_found_by_its_rule_with_its_rows(plant: tuple[str, Any, str], rows: set[int]) -> None:
    column, value, rule_id = plant
    frame = typed(*(USAGE | ({column: value} if n in rows else {}) for n in range(1, 13)))
    result = judged(frame)[rule_id]
    assert (result.result, result.rows_failing) == ("fail", len(rows))
    assert result.example is not None
    assert f"{column}=" in result.example
    assert result.example.endswith(f"(bill.csv, row {min(rows)})")


def test_an_example_beyond_the_first_rows_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assets.finops.logic.conformance.card._FIRST_ROWS", 2)
    frame = typed(USAGE, USAGE, USAGE, USAGE | {"BilledCost": None})
    assert judged(frame)["BilledCost-C-003-M"].example == "BilledCost=null (bill.csv, row 4)"


def test_results_are_rows_of_the_table() -> None:
    frame = as_frame(judged(typed(USAGE | {"BilledCost": None})).values())
    assert frame.schema == pl.Schema(FOCUS_CONFORMANCE.schema)
    required = [c.name for c in FOCUS_CONFORMANCE.columns if not c.nullable]
    assert frame.select(required).null_count().row(0) == (0,) * len(required)


def test_the_report_counts_first_then_lists_duties_before_advice_and_escapes_values() -> None:
    frame = values("ServiceName", "A|B", "A|B").with_columns(
        pl.lit("gb").alias("PricingUnit"), pl.lit(None, pl.String).alias("SkuMeter"), pl.lit("x|y").alias("Tags")
    )
    text = to_markdown(list(judged(frame).values()))
    assert text.startswith("| pass | fail | not applicable | not checked |")
    assert "Tags='x\\|y'" in text
    assert text.index("Tags-C-001-M") < text.index("PricingUnit-C-003-O")
    assert "Tags-C-000-C" not in text
    assert "more failing rules" in to_markdown(list(judged(frame).values()), limit=1)


def test_the_rules_name_only_columns_of_focus() -> None:
    rules = load_rules()
    named = {c for r in rules for check in (r.check, *r.conditions) if check for c in check.all_columns}
    assert named <= set(BY_NAME)
    assert Counter(r.entity for r in rules) == {"Column": 470, "Attribute": 82, "Dataset": 69}


@pytest.fixture
def sample() -> pl.DataFrame:
    folder = os.environ.get("CLOUDOPS_DATA")
    if not folder:
        pytest.skip("CLOUDOPS_DATA names no folder of real billing files")
    path = Path(folder) / "focus/focus-1.0-sample/focus_sample.csv"
    text = pl.read_csv(path, infer_schema=False, null_values=["NULL"])
    reads = {
        "decimal": lambda c: pl.col(c.name).cast(pl.Decimal(38, 24)),
        "datetime": lambda c: pl.col(c.name).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", time_zone="UTC"),
    }
    given = [c for c in FOCUS_COLUMNS if c.name in text.columns]
    frame = text.select(reads.get(c.kind, lambda c: pl.col(c.name))(c) for c in given)
    return frame.with_row_index("x_source_row", offset=1).with_columns(pl.lit(path.name).alias("x_source_file"))


@pytest.mark.data
def test_the_published_focus_sample_breaks_known_rules(sample: pl.DataFrame) -> None:
    aws = judged(sample.filter(pl.col("ProviderName") == "AWS"))
    oracle = judged(sample.filter(pl.col("ProviderName") == "Oracle"), "Oracle")
    assert len(aws) == len(oracle) == 621
    assert aws["ResourceType-C-005-C"].rows_failing == 752
    assert aws["CostAndUsage-D-059-C"].result == "fail"  # SkuMeter came with FOCUS 1.1
    assert aws["BillingCurrency-C-006-M"].result == "pass"
    assert oracle["ChargeFrequency-C-003-M"].rows_failing == 7  # "Usage-based" is not "Usage-Based"
    assert oracle["NullHandling-A-002-M"].rows_failing == 7
    again = judged(sample.filter(pl.col("ProviderName") == "AWS"))
    assert again == aws


def test_the_page_lists_every_rule_failures_first_and_escapes_what_comes_from_data():
    results = [
        RuleResult("A<b>", "X-C-001-M", "X", "MUST", "pass", 0, None, None),
        RuleResult("A<b>", "Y-C-002-M", "Y", "MUST", "fail", 3, "<script>alert(1)</script>", None),
    ]
    html = page.render(results)
    assert html.index("Y-C-002-M") < html.index("X-C-001-M")
    assert "<script>" not in html
    assert "A&lt;b&gt;" in html
    assert "No line is stored yet" in page.render([])
