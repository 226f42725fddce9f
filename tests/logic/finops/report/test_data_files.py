"""The rows behind the figures: files beside the page, and conditions that select their rows."""

import csv
import io
import json
import re
from collections import Counter
from decimal import Decimal

import duckdb
import polars as pl
import pytest

from assets.finops.logic.report.data_files import MOST_ROWS_AS_CSV, written
from assets.finops.logic.report.sources import equal
from tests.logic.finops.report.plausible import (
    HOSTILE,
    LAST,
    Page,
    ago,
    anomalous_days,
    billing_file,
    cost,
    episode,
    every_day,
    forecast_of_april,
    made,
    plausible,
    quarantined,
    report,
    resource,
    rules,
    whole,
)


class Stored:
    """A report in a folder, asked with DuckDB."""

    def __init__(self, report_made, folder):
        self.page, self.folder = Page(report_made.page), folder
        for name, body in report_made.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(body)

    def ask(self, file, where="", select="count(*)"):
        condition = f"where {where}" if where else ""
        with duckdb.connect() as connection:
            return connection.execute(f"select {select} from '{self.folder / file}' {condition}").fetchall()[0][0]  # noqa: S608

    def counted(self, label):
        """What a card says, and how many rows it says to be behind it."""
        card = self.page.card(label)
        return int(card.value.replace(",", "")), self.ask(card.file, card.where)


@pytest.fixture(scope="module", params=["ordinary names", "hostile names"])
def stored(request, tmp_path_factory):
    return Stored(whole(hostile=request.param == "hostile names"), tmp_path_factory.mktemp("report"))


def many_of(row, number):
    """The one row of a frame, so many times."""
    return row.sample(number, with_replacement=True, seed=1)


def table(body):
    return list(csv.DictReader(io.StringIO(body.decode())))


def test_every_figure_names_a_file_that_is_there_and_every_file_is_named():
    done = whole()
    assert {file for file, _ in Page(done.page).links} == set(done.files)


def test_every_figure_names_a_file_that_is_there_though_there_are_no_rows():
    done = made(report())
    linked = {file for file, _ in Page(done.page).links}
    assert linked
    assert linked <= set(done.files)
    assert all(body.count(b"\n") == 1 for body in done.files.values())


def test_every_table_chart_and_card_names_its_rows():
    shown = Page(whole().page)
    figures = [tag for tag, attrs in shown.tags if tag in ("table", "figure") or attrs.get("class") == "label"]
    assert len(shown.links) == len(figures) > 100


def test_every_condition_selects_rows(stored):
    conditions = sorted(set(stored.page.links))
    assert len(conditions) > 60
    with duckdb.connect() as connection:
        selected = {
            (file, where): connection.execute(
                f"select count(*) from '{stored.folder / file}'" + (f" where {where}" if where else "")  # noqa: S608
            ).fetchall()[0][0]
            for file, where in conditions
        }
    assert [condition for condition, number in selected.items() if number == 0] == []


@pytest.mark.parametrize(
    "label",
    [
        "Open", "Over, or a new level", "Alerts", "Verdicts", "To decide or to do", "Files in force", "Refused files",
        "Ignored files", "Quarantined records", "Anomalies ended",
    ],
)  # fmt: skip
def test_a_card_that_counts_says_as_many_as_its_condition_selects(stored, label):
    said, selected = stored.counted(label)
    assert said == selected > 0


@pytest.mark.parametrize(
    ("label", "of"),
    [
        ("New days", "day"), ("Days whose cost changed", "day"), ("New anomalies", "id"), ("New recommendations", "id"),
        ("Files with new quarantined records", "id"),
    ],
)  # fmt: skip
def test_a_card_of_changes_says_as_many_as_its_condition_selects(stored, label, of):
    card = stored.page.card(label)
    assert int(card.value) == stored.ask(card.file, card.where, f"count(distinct {of})")


def test_the_total_of_each_cloud_and_of_all_is_the_sum_of_the_rows_that_it_names(stored):
    totals = [card for card in stored.page.cards if card.value.endswith(" USD") and "daily-costs" in card.file]
    assert [card.label for card in totals] == ["Total", "AWS", "Oracle", "Microsoft"]
    for card in totals:
        rows = stored.ask(card.file, card.where, "sum(EffectiveCost::decimal(38, 10))")
        assert card.value == f"{rows:,.2f} USD"


def test_what_is_forecast_is_the_sum_of_the_rows_that_it_names(stored):
    days, month = stored.page.card("Next 30 days"), stored.page.card("April 2026, paid and expected")
    assert float(days.value.split()[0].replace(",", "")) == stored.ask(days.file, days.where, "sum(point)") == 36_000
    assert float(month.value.split()[0].replace(",", "")) == stored.ask(month.file, month.where, "sum(total)") == 36_000


def test_what_could_be_saved_is_the_sum_of_the_rows_that_it_names(stored):
    card = stored.page.card("Saving per 30 days")
    assert card.value == f"{stored.ask(card.file, card.where, 'sum(savings_low)'):.2f} – 240.00 USD"


ODD_NAMES = [
    "=1+2", "-lead", "+44 20", "@import", "O'Reilly", "'quoted'", "00123", "a\nb", 'q"x', "null", "\ttab", "1e5", "ünï", "a,b",
]  # fmt: skip


def test_odd_names_are_found_by_their_condition(tmp_path):
    names = {name: number for number, name in enumerate(ODD_NAMES, start=1)}
    conformance = [rule for name, number in names.items() for rule in rules(name, "pass", number)]
    stored = Stored(made(report(conformance=conformance)), tmp_path)
    found = {card.label: stored.ask(card.file, card.where) for card in stored.page.cards if "conformance" in card.file}
    assert found == names


def test_a_condition_on_a_name_of_digits_selects_it_alone(tmp_path):
    accounts = ["000123", "123000", "999"]
    found = [episode(episode_id=f"e{account}", SubAccountId=account) for account in accounts]
    costs = [row for n, account in enumerate(accounts) for row in every_day(ago(n), LAST, "1", SubAccountId=account)]
    stored = Stored(made(report(*costs, episodes=found)), tmp_path)
    of_charts = sorted({where for file, where in stored.page.links if "SubAccountId" in where})
    assert [stored.ask("report-data/daily-costs.csv", where) for where in of_charts] == [1, 2, 3]


def test_a_quote_in_a_name_does_not_end_the_text_of_a_condition():
    assert equal(a="x' or 'y' = 'y", b=None) == "a = 'x'' or ''y'' = ''y' and b is null"


def test_a_name_that_a_spreadsheet_would_run_is_only_text():
    names = ["=cmd|'/c calc'!A1", "+1", "-1", "@sum", "\tx", "\rx", "harmless", "a=b"]
    body = written(pl.DataFrame({"name": names, "amount": [Decimal(-1)] * len(names)}))
    rows = table(body)
    assert [row["name"] for row in rows] == [f"'{name}" for name in names[:6]] + ["harmless", "a=b"]
    assert {row["amount"] for row in rows} == {"-1"}


def test_no_cell_of_text_begins_a_formula_in_any_file():
    run = report(
        cost(LAST, "1", service="=1", provider="+1", SubAccountId="@1", RegionId="-1", BillingCurrency="=C"),
        episodes=[episode(resource_ids=["=1"], episode_id="=e", kind="=k")], files=[billing_file("=f", focus_columns=["=x"])],
        quarantine=[quarantined(1, value="=v", column="-c", reason="=r")], efficiency=[resource("=r", evidence="=e")],
    )  # fmt: skip
    for name, body in [*whole(hostile=True).files.items(), *made(run, report()).files.items()]:
        cells = [cell for row in table(body) for cell in row.values()]
        assert not [cell for cell in cells if re.match(r"[=+@\t\r]|-(?![\d.]+$)", cell or "")], name


def test_amounts_keep_every_digit():
    amount = "12345678901234.000000000000000000000001"
    (row,) = table(made(report(cost(LAST, amount))).files["report-data/daily-costs.csv"])
    assert Decimal(row["BilledCost"]) == Decimal(row["EffectiveCost"]) == Decimal(amount)


def test_a_file_has_every_row_of_its_table():
    data, done = plausible(), whole()
    counts = {name.split("/")[1].removesuffix(".csv"): len(table(body)) for name, body in done.files.items()}
    heights = {
        "daily-costs": data.daily, "anomaly-episodes": data.episodes, "anomaly-days": data.anomalies,
        "detection-quality": data.detection, "forecasts": data.forecasts, "forecast-quality": data.forecast_quality,
        "forecast-verification": data.verification, "recommendations": data.recommendations,
        "recommendation-events": data.events, "realised-savings": data.savings, "unit-economics": data.units,
        "resource-efficiency": data.efficiency, "billing-files": data.files, "quarantine": data.quarantine,
        "tie-out": data.tie_out, "focus-conformance": data.conformance, "mapping-coverage": data.coverage,
    }  # fmt: skip
    assert {name: counts[name] for name in heights} == {name: frame.height for name, frame in heights.items()}
    assert counts["changes"] == done.changes > 0


def test_records_in_lists_are_rows_of_a_file_of_their_own():
    files = whole().files
    culprits = Counter(row["episode_id"] for row in table(files["report-data/anomaly-culprits.csv"]))
    assert culprits == {"e0ffee123456": 2, "fa11fa11fa11": 1}
    points = table(files["report-data/recommendation-datapoints.csv"])
    assert [row["figure"] for row in points if row["recommendation_id"] == "aaaa"] == [
        "cost of 30 days",
        "95th percentile of CPU",
    ]


def test_lists_of_names_are_json():
    names = ['a"b', "c,d", HOSTILE]
    (row,) = table(made(report(episodes=[episode(resource_ids=names)])).files["report-data/anomaly-episodes.csv"])
    assert json.loads(row["resource_ids"]) == names


def test_raw_records_of_the_quarantine_stay_in_the_lake():
    done = made(report(quarantine=[quarantined(1, record='{"secret": 1}')]))
    assert b"secret" not in done.files["report-data/quarantine.csv"]
    assert "secret" not in done.page


def test_many_rows_become_parquet_with_every_digit_and_the_page_links_to_it(tmp_path):
    amount = Decimal("1234567.000000000000000000000001")
    many = [cost(ago(n % 400), amount, SubAccountId=str(n % 7)) for n in range(MOST_ROWS_AS_CSV + 1)]
    done = made(report(*many))
    stored = Stored(done, tmp_path)
    assert "report-data/daily-costs.parquet" in done.files
    assert "report-data/daily-costs.csv" not in done.files
    total = stored.page.card("Total")
    assert total.file == "report-data/daily-costs.parquet"
    assert stored.ask(total.file, total.where) == len(many)
    assert pl.read_parquet(done.files[total.file])["BilledCost"].unique().to_list() == [amount]
    assert all(stored.ask(file, where) > 0 for file, where in set(stored.page.links) if file == total.file)


def test_conditions_on_lists_and_odd_names_hold_in_parquet_too(tmp_path):
    few = [resource(f"r{n}", candidates=["idle_review"], unit_price_change_percent=1.0) for n in range(3)]
    odd, rest = resource("=r", "1", "growing"), report(efficiency=[resource("rest")]).efficiency
    frame = pl.concat([report(efficiency=[*few, odd]).efficiency, many_of(rest, MOST_ROWS_AS_CSV)])
    stored = Stored(made(report(cost(LAST, "1"), efficiency=frame)), tmp_path)
    conditions = sorted({where for file, where in stored.page.links if file == "report-data/resource-efficiency.parquet"})
    selected = {where.partition(" and ")[2]: stored.ask("report-data/resource-efficiency.parquet", where) for where in conditions}
    assert selected == {
        "": frame.height, "candidates <> '[]'": 3, "unit_price_change_percent <> 0": 3, "state in ('growing', 'shrinking')": 1,
    }  # fmt: skip


def test_the_name_that_a_file_had_when_it_was_larger_or_smaller_is_obsolete():
    small = made(report(quarantine=[quarantined(1)]))
    large = made(report(quarantine=many_of(report(quarantine=[quarantined(1)]).quarantine, MOST_ROWS_AS_CSV + 1)))
    assert "report-data/quarantine.parquet" in small.obsolete
    assert "report-data/quarantine.csv" in large.obsolete
    for done in (small, large):
        assert len(done.obsolete) == len(done.files)
        assert not set(done.obsolete) & set(done.files)


def test_exactly_the_most_rows_are_still_csv():
    rows = many_of(report(quarantine=[quarantined(1)]).quarantine, MOST_ROWS_AS_CSV)
    assert "report-data/quarantine.csv" in made(report(quarantine=rows)).files


def test_months_that_are_forecast_have_a_file_of_their_own():
    done = made(report(*every_day(ago(40), LAST, "5"), forecasts=forecast_of_april(Oracle="100")))
    april = [row for row in table(done.files["report-data/forecast-months.csv"]) if row["month"] == "2026-04-01"]
    assert [(row["level"], Decimal(row["total"])) for row in april] == [("currency", 3000), ("provider", 3000)]


def test_days_of_an_anomaly_are_found_by_its_identity(tmp_path):
    found = [episode(episode_id="0123456789ab"), episode(episode_id="ab0123456789")]
    days = [day for one in found for day in anomalous_days(one)]
    stored = Stored(made(report(cost(LAST, "1"), episodes=found, anomalies=days)), tmp_path)
    wheres = {where for file, where in stored.page.links if file == "report-data/anomaly-days.csv"}
    assert {where: stored.ask("report-data/anomaly-days.csv", where) for where in wheres} == {
        "episode_id = '0123456789ab'": 2,
        "episode_id = 'ab0123456789'": 2,
    }
