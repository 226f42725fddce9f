"""Headers are recognised, and their columns mean in FOCUS what the provider says they mean."""

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops import tables
from assets.finops.logic.formats import aws_cur
from assets.finops.logic.formats.layout import RESERVED, kept_names, tags_as_json
from assets.finops.logic.formats.recognise import EXPECTED, recognise, refusal
from assets.finops.logic.normalise import normalise
from assets.finops.logic.reading import batches, peek
from tests.billing_files import FOCUS_HEADER, azure_row, cur_row, focus_row, oci_row, table_csv


@pytest.fixture
def lines(tmp_path: Path):
    def _lines(*rows: dict[str, str]) -> list[dict[str, object]]:
        path = tmp_path / "file.csv"
        path.write_bytes(table_csv(*rows))
        look = peek(path)
        done = [normalise(b, recognise(look.header)) for b in batches(path, look, careful=True)]
        assert not any(len(d.rejects) for d in done)
        return [line for d in done for line in d.lines.to_dicts()]

    return _lines


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (focus_row(), "focus-1.2"),
        ({k: v for k, v in focus_row().items() if k != "InvoiceId"}, "focus-1.0"),
        (focus_row(HostProviderName="AWS"), "focus-1.3"),
        ({k.lower(): v for k, v in focus_row().items()}, "focus-1.2"),
        (cur_row(), "aws-cur"),
        ({aws_cur.snake(k): v for k, v in cur_row().items()}, "aws-cur"),
        (oci_row(), "oci-cost-report"),
        (azure_row(), "azure-export"),
        ({k.lower(): v for k, v in azure_row().items()}, "azure-export"),
    ],
)
def test_every_format_is_recognised_by_its_header_alone(row, name):
    layout = recognise(list(row))

    assert layout
    assert layout.format == name


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (["billing_account_id", "service.id", "usage_start_time", "cost", "currency", "credits"], "Google"),
        (["my date", "the cost", "currency"], "in no known format"),
        (FOCUS_HEADER[:4], "in no known format"),
        (["name", "email", "start"], None),
        ([], None),
    ],
)
def test_what_looks_like_billing_is_refused_with_what_would_do_and_anything_else_is_not(header, said):
    assert recognise(header) is None
    reason = refusal([*header, "ChargePeriodStart"] if header == FOCUS_HEADER[:4] else header)
    assert reason is None if said is None else said in (reason or "")
    assert "FOCUS" in EXPECTED


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), max_size=12))
def test_no_header_whatsoever_raises(header):
    recognise(header)
    refusal(header)


def test_columns_of_ours_are_reserved():
    ours = {c.name for c in tables.COST_AND_USAGE.columns if c.name.startswith("x_")}

    assert ours <= RESERVED


@settings(deadline=None)
@given(
    st.lists(st.text(st.sampled_from("aAxX_ -é") | st.characters(), max_size=6) | st.sampled_from(sorted(RESERVED)), unique=True)
)
def test_kept_columns_have_names_that_differ_by_more_than_case_and_are_not_ours(raws):
    names = kept_names(raws)

    assert list(names) == raws
    assert len({n.lower() for n in names.values()}) == len(raws)
    assert not {n.lower() for n in names.values()} & RESERVED
    assert all(n.startswith("x_") for n in names.values())


TAGS = st.lists(st.fixed_dictionaries({"a": st.none() | st.text(max_size=3), "b": st.none() | st.text(max_size=3)}), max_size=8)


@settings(deadline=None)
@given(TAGS)
def test_tag_columns_become_one_json_object_per_row_and_null_where_none_is_filled(rows):
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String})
    found = tags_as_json(frame, {"a": "user:a", "b": "b"}).to_list()

    expected = [{k: v for k, v in (("user:a", r["a"]), ("b", r["b"])) if v is not None} for r in rows]
    assert [json.loads(f) if f is not None else {} for f in found] == expected
    assert [f is None for f in found] == [not e for e in expected]


def test_a_focus_file_keeps_what_the_specification_does_not_know(lines):
    (line,) = lines(focus_row(x_ServiceCode="AmazonS3", Id="7"))

    assert (line["x_ServiceCode"], line["x_Id"]) == ("AmazonS3", "7")


def test_an_oci_correction_is_marked_and_its_resource_type_comes_from_the_ocid(lines):
    correction, usual = lines(oci_row(isCorrection="TRUE", myCost="-1e-5"), oci_row())

    assert (correction["ChargeClass"], usual["ChargeClass"]) == ("Correction", None)
    assert correction["BilledCost"] == Decimal("-0.00001")
    assert usual["ResourceType"] == "bucket"
    assert json.loads(str(usual["Tags"])) == {"team": "blue"}
    assert (usual["ServiceName"], usual["BillingCurrency"]) != (None, None)


def test_an_azure_export_has_days_and_inclusive_period_ends(lines):
    line, refund = lines(azure_row(), azure_row(ChargeType="Refund", Tags='{"a": "b"}'))

    assert json.loads(str(line["Tags"])) == {"team": "blue"}
    assert (refund["ChargeCategory"], refund["Tags"]) == ("Credit", '{"a": "b"}')


PLAN = {"savingsPlan/SavingsPlanARN": "arn:sp", "savingsPlan/SavingsPlanEffectiveCost": "0.9"}
PLAN |= {"savingsPlan/TotalCommitmentToDate": "10.000000000000000001", "savingsPlan/UsedCommitment": "4"}
RESERVATION = {"reservation/ReservationARN": "arn:ri", "reservation/EffectiveCost": "0.7"}
RESERVATION |= {"reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "1.25", "reservation/UnusedRecurringFee": "2.5"}


@pytest.mark.parametrize(
    ("cells", "effective", "category"),
    [
        ({"LineItemType": "Usage"}, "1.5", "Usage"),
        ({"LineItemType": "SavingsPlanCoveredUsage", **PLAN}, "0.9", "Usage"),
        ({"LineItemType": "SavingsPlanNegation", **PLAN}, "0", "Usage"),
        ({"LineItemType": "SavingsPlanRecurringFee", **PLAN}, "6.000000000000000001", "Purchase"),
        ({"LineItemType": "SavingsPlanUpfrontFee", **PLAN}, "0", "Purchase"),
        ({"LineItemType": "DiscountedUsage", **RESERVATION}, "0.7", "Usage"),
        ({"LineItemType": "RIFee", **RESERVATION}, "3.75", "Purchase"),
        ({"LineItemType": "Fee", **RESERVATION}, "0", "Purchase"),
        ({"LineItemType": "Fee"}, "1.5", "Purchase"),
        ({"LineItemType": "Refund"}, "1.5", "Credit"),
        ({"LineItemType": "SomethingNew"}, "1.5", None),
    ],
)
def test_the_amortised_cost_of_aws_follows_the_line_item_type_exactly(lines, cells, effective, category):
    (line,) = lines(cur_row(**cells))

    assert line["EffectiveCost"] == Decimal(effective)
    assert line["BilledCost"] == Decimal("1.5")
    assert line["ChargeCategory"] == category


def test_both_generations_of_the_aws_report_give_the_same_lines(lines):
    rows = [cur_row(**PLAN, LineItemType="SavingsPlanCoveredUsage"), cur_row()]
    legacy = lines(*rows)
    modern = lines(*({aws_cur.snake(k): v for k, v in row.items()} for row in rows))

    same = {name for name in legacy[0] if name != "Tags"}
    assert [{n: line[n] for n in same} for line in legacy] == [{n: line[n] for n in same} for line in modern]
    assert [json.loads(str(line["Tags"])) for line in legacy + modern] == [{"user:team": "blue"}] * 2 + [
        {"user_team": "blue"}
    ] * 2
