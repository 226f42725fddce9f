"""The files of the demo scenario: deterministic, shaped as providers deliver them, adding up to the truth."""

import decimal
import hashlib
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

import pytest

from sandbox.focus_columns import AWS_COLUMNS, FOCUS_1_2


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(autouse=True)
def _exact_sums():
    with decimal.localcontext(prec=60):
        yield


def _total(amounts) -> Decimal:
    return sum((Decimal(amount) for amount in amounts), Decimal(0))


def test_the_same_arguments_give_the_same_bytes(scenario, write_scenario, tmp_path: Path):
    write_scenario(tmp_path / "again")

    assert _digests(tmp_path / "again") == _digests(scenario.folder)


def test_another_seed_gives_other_amounts(scenario, write_scenario, tmp_path: Path):
    write_scenario(tmp_path, "--seed", "8")

    assert (tmp_path / "truth/totals.json").read_text() != (scenario.folder / "truth/totals.json").read_text()


def test_a_complete_scenario_is_left_alone_and_an_interrupted_one_is_repaired(write_scenario, tmp_path: Path):
    shorter = ("--days", "60", "--end", "2026-03-31")
    write_scenario(tmp_path, *shorter)
    before = _digests(tmp_path)
    assert "already complete" in write_scenario(tmp_path, *shorter)

    (tmp_path / "truth/totals.json").unlink()
    marker = json.loads((tmp_path / "scenario.json").read_text())
    (tmp_path / "scenario.json").write_text(json.dumps(marker | {"complete": False}))

    assert "written" in write_scenario(tmp_path, *shorter)
    assert _digests(tmp_path) == before


def test_other_arguments_leave_nothing_of_the_earlier_scenario_but_spare_other_files(write_scenario, tmp_path: Path):
    write_scenario(tmp_path / "used", "--days", "60", "--end", "2026-03-31")
    (tmp_path / "used/billing/mine.csv").write_text("kept")
    write_scenario(tmp_path / "used", "--days", "60", "--end", "2026-06-30")
    write_scenario(tmp_path / "fresh", "--days", "60", "--end", "2026-06-30")

    used = _digests(tmp_path / "used")
    assert used.pop("billing/mine.csv")
    assert used == _digests(tmp_path / "fresh")


def test_the_totals_equal_an_independent_reckoning_of_the_files(scenario):
    totals = json.loads((scenario.folder / "truth/totals.json").read_text())
    aws, oci = scenario.aws(), scenario.oci()

    assert {row["BillingCurrency"] for row in aws} == {"USD"}
    assert {line["cost/currencyCode"] for line in oci} == {"EUR"}
    assert Decimal(totals["AWS"]["USD"]["BilledCost"]) == _total(row["BilledCost"] for row in aws)
    assert totals["AWS"]["USD"]["rows"] == len(aws)
    assert Decimal(totals["Oracle"]["EUR"]["BilledCost"]) == _total(line["cost/myCost"] for line in oci)
    assert totals["Oracle"]["EUR"]["rows"] == len(oci)
    assert 30_000 <= len(aws) + len(oci) <= 60_000


def test_every_manifest_names_existing_files_and_their_columns(scenario):
    for manifest in scenario.manifests():
        content = json.loads(manifest.read_text())
        columns = [column["name"] for column in content["columns"]]
        assert columns == [*FOCUS_1_2, *AWS_COLUMNS]
        for path in scenario.data_files(manifest):
            assert list(scenario.records(path)[0]) == columns
            assert content["executionId"] in str(path)
            month = content["billingPeriod"]["start"][:7]
            assert {row["BillingPeriodStart"][:7] for row in scenario.records(path)} == {month}


def test_one_month_was_delivered_incomplete_first_and_one_comes_in_two_parts(scenario):
    executions = Counter(m.parent.parent.name for m in scenario.manifests() if m.parent.parent.name != "metadata")
    early, final = sorted(scenario.billing.glob("aws/focus-export/data/BILLING_PERIOD=2026-09/*/*.csv.gz"))
    parts = [len(scenario.data_files(m)) for m in scenario.manifests() if m.parent.parent.name == "metadata"]

    assert executions["BILLING_PERIOD=2026-09"] == 2
    assert len(scenario.records(early)) < len(scenario.records(final))
    assert not any(row["InvoiceId"] for row in scenario.records(early))
    assert sorted(parts) == [1, 1, 1, 2]


def test_closed_months_have_one_invoice_each_and_the_open_month_none(scenario):
    invoices = defaultdict(set)
    for row in scenario.aws():
        invoices[row["BillingPeriodStart"][:7]].add(row["InvoiceId"])

    assert invoices.pop("2026-10") == {""}
    assert all(len(ids) == 1 and "" not in ids for ids in invoices.values())
    assert len(set.union(*invoices.values())) == len(invoices) == 3


def test_aws_costs_are_quantity_times_price_and_fall_from_list_to_effective(scenario):
    for row in scenario.aws():
        if row["ChargeCategory"] not in {"Usage", "Purchase"}:
            continue
        quantity = Decimal(row["PricingQuantity"])
        assert Decimal(row["ListCost"]) == quantity * Decimal(row["ListUnitPrice"])
        assert Decimal(row["ContractedCost"]) == quantity * Decimal(row["ContractedUnitPrice"])
        assert Decimal(row["ListCost"]) >= Decimal(row["ContractedCost"]) >= Decimal(row["EffectiveCost"])


def test_the_savings_plan_is_bought_used_and_partly_unused(scenario):
    plan = [row for row in scenario.aws() if row["CommitmentDiscountId"]]
    used = [row for row in plan if row["CommitmentDiscountStatus"] == "Used"]
    unused = [row for row in plan if row["CommitmentDiscountStatus"] == "Unused"]
    bought = [row for row in plan if row["ChargeCategory"] == "Purchase"]

    assert used
    assert unused
    assert {row["BilledCost"] for row in used} == {"0"}
    assert {row["EffectiveCost"] for row in bought} == {"0"}
    assert _total(r["EffectiveCost"] for r in used + unused) == _total(r["BilledCost"] for r in bought)


def test_the_bill_has_fees_taxes_credits_three_accounts_two_regions_and_many_services(scenario):
    rows = scenario.aws()

    assert {row["ChargeCategory"] for row in rows} == {"Usage", "Purchase", "Tax", "Credit"}
    assert len({row["SubAccountId"] for row in rows if row["ResourceType"] == "Instance"}) == 3
    assert {row["RegionId"] for row in rows} == {"us-east-1", "eu-central-1", ""}
    assert len({row["ServiceName"] for row in rows}) >= 9
    assert all(json.loads(row["Tags"]) for row in rows if row["Tags"])


def test_corrections_refer_to_lines_delivered_earlier_and_replace_them(scenario):
    delivered: dict[str, Decimal] = {}
    corrections = defaultdict(list)
    for path in scenario.oci_files():
        lines = [line for line in scenario.records(path) if scenario.is_good(line)]
        for line in lines:
            if line["lineItem/isCorrection"] == "true":
                assert line["lineItem/backreferenceNo"] in delivered
                corrections[line["lineItem/backreferenceNo"]].append(Decimal(line["cost/myCost"]))
        delivered |= {line["lineItem/referenceNo"]: Decimal(line["cost/myCost"]) for line in lines}

    assert len(corrections) >= 3
    for reference, (reversal, replacement) in corrections.items():
        assert reversal == -delivered[reference]
        assert 0 < replacement < delivered[reference]


def test_the_cost_reports_have_what_makes_real_ones_hard_to_read(scenario):
    lines = scenario.oci()
    digests = Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in scenario.oci_files())
    bad = [line for path in scenario.oci_files() for line in scenario.records(path) if not scenario.is_good(line)]

    assert all(re.fullmatch(r"\d{16}\.csv\.gz", path.name) for path in scenario.oci_files())
    assert all(re.fullmatch(r"[\d-]+T\d\d:\d\dZ", line["lineItem/intervalUsageStart"]) for line in lines)
    assert all(re.fullmatch(r"[\d-]+T\d\d:\d\d:00Z", line["lineItem/intervalUsageEnd"]) for line in lines)
    assert any("E-" in line["cost/myCost"] for line in lines)
    assert any("\\" in column for column in lines[0])
    assert sorted(digests.values(), reverse=True)[:2] == [2, 1]
    assert len(bad) == 3
    assert (scenario.billing / "README.txt").exists()
    assert (scenario.billing / "lookups/cost-centres.csv").exists()


def test_reference_numbers_are_never_used_twice(scenario):
    references = Counter(line["lineItem/referenceNo"] for line in scenario.oci())

    assert references.most_common(1)[0][1] == 1


def _daily(scenario) -> dict[tuple[str, ...], dict[date, dict[str, Decimal]]]:
    """EffectiveCost by series, day and resource."""
    found = defaultdict(lambda: defaultdict(lambda: defaultdict(Decimal)))
    for row in scenario.aws():
        series = ("AWS", row["SubAccountId"], row["ServiceName"], row["RegionId"])
        day = datetime.fromisoformat(row["ChargePeriodStart"]).date()
        found[series][day][row["ResourceId"]] += Decimal(row["EffectiveCost"])
    for line in scenario.oci():
        series = ("Oracle", line["product/compartmentId"], line["product/service"], line["product/region"])
        day = datetime.fromisoformat(line["lineItem/intervalUsageStart"]).date()
        found[series][day][line["product/resourceId"]] += Decimal(line["cost/myCost"])
    return found


def test_every_planted_anomaly_is_visible_in_its_series_and_worth_what_the_truth_says(scenario):
    daily = _daily(scenario)
    truth = scenario.truth()
    window = [date(2026, 7, 4) + timedelta(days=n) for n in range(120)]

    assert len(truth) >= 10
    assert {row["type"] for row in truth} == {
        "spike", "level shift", "drop-out", "ramp", "new service", "weekend leak"
    }  # fmt: skip
    for row in truth:
        series = daily[row["provider"], row["sub_account"], row["service"], row["region"]]
        start, end = date.fromisoformat(row["start"]), date.fromisoformat(row["end"])
        calm = [day for day in window if not start <= day <= end]
        culprits = row["resource_ids"].split(";")
        deviations = []
        for day in (day for day in window if start <= day <= end):
            like = [d for d in calm if (d.weekday() >= 5) == (day.weekday() >= 5)]
            usual = median(sum(series[d].values(), Decimal(0)) for d in like)
            now = sum(series[day].values(), Decimal(0))
            if row["type"] != "weekend leak" or day.weekday() >= 5:
                deviations.append((now - usual) / usual if usual else Decimal(100))
        excess = _total(
            series[day][culprit] - median(series[d][culprit] for d in calm if (d.weekday() >= 5) == (day.weekday() >= 5))
            for day in window
            if start <= day <= end
            for culprit in culprits
        )
        strongest = max(deviations, key=abs)
        assert strongest > Decimal("0.4") if row["direction"] == "up" else strongest < Decimal("-0.4"), row
        assert abs(excess - Decimal(row["impact"])) < abs(Decimal(row["impact"])) / 5, row


def test_too_short_a_scenario_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from sandbox.scenario import main

    with pytest.raises(SystemExit) as refusal:
        main(["--out", str(tmp_path), "--days", "30"])

    assert refusal.value.code == 2
    assert "at least 60" in capsys.readouterr().err
