"""The demo's business metrics follow its bills, with gaps as in life."""

import csv
from collections import defaultdict
from datetime import date
from statistics import median


def _values(scenario) -> dict[str, dict[str, float]]:
    with (scenario.folder / "inputs/finops/business_metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        found[row["metric"]][row["date"]] = float(row["value"])
        assert (row["kind"], row["currency"]) == (("revenue", "USD") if row["metric"] == "revenue" else ("count", ""))
    assert len(rows) == sum(map(len, found.values())), "nothing is given twice"
    return found


def test_revenue_is_there_every_day_and_transactions_lack_a_few(scenario):
    values = _values(scenario)

    assert len(values["revenue"]) == 120
    assert set(values["transactions"]) < set(values["revenue"])
    assert len(values["transactions"]) == 116
    assert set(values["customers"]) == {"2026-07", "2026-08", "2026-09", "2026-10"}


def test_weekends_are_quiet_and_a_region_that_is_down_sells_nothing(scenario):
    transactions = {date.fromisoformat(day): value for day, value in _values(scenario)["transactions"].items()}
    work = median(v for d, v in transactions.items() if d.weekday() < 5)
    rest = median(v for d, v in transactions.items() if d.weekday() >= 5)
    (down,) = (row for row in scenario.truth() if row["service"] == "AWS Lambda" and row["type"] == "drop-out")

    assert 0.5 < rest / work < 0.6
    for day in (down["start"], down["end"]):
        assert 0.3 < transactions[date.fromisoformat(day)] / work < 0.6
