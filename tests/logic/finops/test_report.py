"""The FinOps report: its numbers, its wording, and that it is safe to open."""

import json
import random
import re
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.finops.logic.report import charts, wording
from assets.finops.logic.report.data import TIE_OUT_SCHEMA, ReportData
from assets.finops.logic.report.figures import by_currency
from assets.finops.logic.report.page import charts_png, render
from assets.finops.tables import BILLING_FILES, BILLING_QUARANTINE, COST_ANOMALIES, DAILY_COSTS

LAST = date(2026, 3, 31)
NOW = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)
HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror=alert(1)>'


def rows(table, *records):
    """A frame of a table's schema; what a record does not give is null."""
    return pl.DataFrame(list(records), schema=table.schema)


def cost(day, amount, service="Compute", provider="Oracle", currency="USD", effective="same", lines=1, **more):
    billed = None if amount is None else Decimal(str(amount))
    return {
        "x_charge_date": day,
        "ProviderName": provider,
        "SubAccountId": "sub-1",
        "ServiceName": service,
        "RegionId": "eu-frankfurt-1",
        "BillingCurrency": currency,
        "BilledCost": billed,
        "EffectiveCost": billed if effective == "same" else effective,
        "x_lines": lines,
        "x_lines_without_cost": lines if billed is None else 0,
        **more,
    }


def every_day(first, last, amount, **more):
    return [cost(first + timedelta(days=n), amount, **more) for n in range((last - first).days + 1)]


def report(*records, **more):
    return ReportData(generated_at=NOW, daily=rows(DAILY_COSTS, *records), **more)


def figures(*records):
    return by_currency(rows(DAILY_COSTS, *records), NOW.date())


class _Text(HTMLParser):
    """Elements and visible text of the page, as a browser would see them."""

    def __init__(self):
        super().__init__()
        self.tags, self.words, self.scripts, self._inside = [], [], [], None

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag if tag in ("script", "style") else None

    def handle_endtag(self, _tag):
        self._inside = None

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside is None:
            self.words.append(data.strip())

    @property
    def text(self):
        return " ".join(w for w in self.words if w)


def page(data):
    parser = _Text()
    parser.feed(render(data))
    return parser


SERVICES = {
    "AWS": ["Amazon Elastic Compute Cloud", "Amazon Simple Storage Service", "Amazon Relational Database Service"],
    "Oracle": ["Compute", "Block Storage", "Autonomous Database", "Object Storage"],
    "Microsoft": ["Virtual Machines", "Storage"],
}
COMPARABLE = {
    "Amazon Elastic Compute Cloud": "Virtual machines",
    "Compute": "Virtual machines",
    "Virtual Machines": "Virtual machines",
    "Amazon Simple Storage Service": "Object storage",
    "Object Storage": "Object storage",
    "Block Storage": "Block storage",
    "Amazon Relational Database Service": "Relational database",
    "Autonomous Database": "Relational database",
}
PLACES = {"AWS": ("us-east-1", "US East"), "Oracle": ("eu-frankfurt-1", "Germany"), "Microsoft": ("westeurope", "Netherlands")}


def plausible_daily(days=120, per_service=1, currency="USD", seed=7, hostile=False):
    """Costs of three clouds with weekly rhythm, growth, a credit, a new and a vanished service."""
    chance, records = random.Random(seed), []
    series = [
        (provider, f"{service}{'' if n == 0 else f' {n}'}", f"{provider.lower()}-team-{n % 5}", chance.uniform(20, 900))
        for provider, services in SERVICES.items()
        for service in services
        for n in range(per_service)
    ]
    for ago in range(days):
        day = LAST - timedelta(days=ago)
        for provider, service, account, base in series:
            weekend = 0.7 if day.weekday() >= 5 else 1
            amount = base * weekend * chance.uniform(0.9, 1.1) * (1 - ago / days / 3)
            if ago == 11 and service == "Compute":
                amount *= 4
            region, geography = PLACES[provider]
            records.append(
                cost(
                    day,
                    f"{amount:.10f}",
                    service,
                    provider,
                    currency,
                    SubAccountName=account,
                    SubAccountId=f"id-{account}",
                    x_comparable_service=COMPARABLE.get(service),
                    RegionId=region,
                    x_geography=geography,
                    lines=24,
                )
            )
        if ago < 12:
            records.append(cost(day, "41.25", HOSTILE if hostile else "Generative AI", "Oracle", currency))
        if ago > 45:
            records.append(cost(day, "18.5", "Data Catalog", "Oracle", currency))
        if day.day == 1:
            records.append(cost(day, "-750", "Promotional credit", "AWS", currency, RegionId=None))
    return records


def anomaly(day=LAST - timedelta(days=11), **more):
    return {
        "x_charge_date": day,
        "ProviderName": "Oracle",
        "SubAccountId": "id-oracle-team-0",
        "ServiceName": "Compute",
        "RegionId": "eu-frankfurt-1",
        "BillingCurrency": "USD",
        "direction": "up",
        "actual": Decimal("2100.25"),
        "expected": Decimal("525.125"),
        "impact": Decimal("1575.125"),
        "score": 14.2,
        "history_days": 90,
        "confidence": "high",
        "resource_ids": ["ocid1.instance.oc1.eu-frankfurt-1.abtheljrexample1", "ocid1.instance.oc1..b"],
        **more,
    }


def billing_file(name, state="in force", result="billing", **more):
    return {
        "x_source_file": name,
        "x_delivery_id": name,
        "etag": "e",
        "last_modified": NOW,
        "size_bytes": 1000,
        "format": "focus-1.0",
        "result": result,
        "state": state,
        "rows": 1000,
        "first_day": LAST - timedelta(days=30),
        "last_day": LAST,
        "inspected_at": NOW,
        **more,
    }


def quarantined(row, **more):
    return {
        "x_source_file": "focus/2026/03/usage.csv.gz",
        "x_delivery_id": "d",
        "x_source_row": row,
        "line": row + 1,
        "column": "BilledCost",
        "value": "12,5O",
        "reason": "Not a decimal number.",
        "BillingCurrency": "USD",
        "record": "{}",
        **more,
    }


def tie(file="focus/2026/03/usage.csv.gz", currency="USD", in_files="100.5", stored="100.5", waiting="0", rows=(10, 10, 0)):
    amounts = {n: Decimal(v) for n, v in (("in_files", in_files), ("stored", stored), ("quarantined", waiting))}
    counts = dict(zip(("rows_in_file", "rows_stored", "rows_quarantined"), rows, strict=True))
    return {"file": file, "currency": currency, **amounts, **counts}


def ties(*records):
    return pl.DataFrame(list(records), schema=TIE_OUT_SCHEMA)


def plausible(hostile=False):
    """A report with something in every part."""
    daily = [
        *plausible_daily(hostile=hostile),
        *plausible_daily(days=40, currency="MC", seed=8),
        cost(LAST, None, "Support", "Oracle", "MC", effective=None),
    ]
    return report(
        *daily,
        anomalies=rows(COST_ANOMALIES, anomaly(), anomaly(LAST, direction="down", impact=Decimal(-80), confidence="low")),
        files=rows(
            BILLING_FILES,
            billing_file("focus/2026/03/usage.csv.gz", final=False),
            billing_file("focus/2026/02/usage.csv.gz", final=True),
            billing_file("focus/2026/01/old.csv.gz", "superseded", reason="A newer delivery of 2026-01 replaces it."),
            billing_file("notes.txt", None, "ignored", reason="Not a billing file."),
            billing_file("broken.csv.gz", None, "refused", rows=None, reason="The gzip stream ends early: upload it again."),
        ),
        quarantine=rows(BILLING_QUARANTINE, *(quarantined(n, BilledCost=Decimal("1.5")) for n in range(1, 61))),
        tie_out=ties(
            tie(
                in_files="1190.000000000000000001",
                stored="1100.000000000000000001",
                waiting="90",
                rows=(1000, 940, 60),
            ),
            tie("focus/2026/02/usage.csv.gz", in_files="98765.4321", stored="98765.4321", rows=(1000, 1000, 0)),
        ),
        conformance={
            "AWS": {"pass": 410, "fail": 3, "not applicable": 60, "not checked": 12},
            "Oracle": {"pass": 390, "fail": 0, "not applicable": 80, "not checked": 15},
        },
        coverage=pl.DataFrame(
            {
                "ProviderName": ["AWS", "Oracle"],
                "aspect": ["service", "region"],
                "value_share": [0.95, None],
                "line_share": [0.9999, 1.0],
                "unmapped": [["Amazon Chime"], []],
            },
            schema_overrides={"unmapped": pl.List(pl.String)},
        ),
    )


def test_the_page_names_the_period_the_clouds_and_their_totals():
    text = page(report(*every_day(LAST, LAST, "1234.5"), cost(LAST, "0.25", provider="AWS"))).text
    assert "31 Mar 2026; 2 clouds, 2 charge lines" in text
    assert "1,234.75 USD" in text
    assert "1,234.50 USD" in text
    assert "0.25 USD" in text


def test_the_same_data_give_the_same_page_and_pictures():
    assert render(plausible()) == render(plausible())
    assert charts_png(plausible()) == charts_png(plausible())


def test_each_currency_has_a_section_of_its_own_and_none_is_summed_with_another():
    shown = page(report(cost(LAST, "10"), cost(LAST, "5", currency="MC"), cost(LAST, "7", currency="EUR")))
    assert [f"Cost in {c}" in shown.text for c in ("USD", "MC", "EUR")] == [True] * 3
    assert "22.00" not in shown.text


def test_effective_cost_is_used_only_where_every_row_has_it():
    assert figures(cost(LAST, "10", effective=Decimal(8)))[0].measure == "EffectiveCost"
    mixed = figures(cost(LAST, "10", effective=Decimal(8)), cost(LAST, "10", effective=None))[0]
    assert mixed.measure == "BilledCost"
    assert mixed.total["cost"].item() == 20


def test_a_cost_that_no_line_tells_is_unknown_and_not_zero():
    (only,) = figures(cost(LAST, None, effective=None, lines=3))
    assert only.total.row(0) == (None, 3, 3)
    text = page(report(cost(LAST, None, effective=None, lines=3))).text
    assert "Total unknown" in text
    assert "3 charge lines whose cost is unknown." in text
    assert "0.00" not in text


def test_a_total_without_some_lines_says_so():
    text = page(report(cost(LAST, "10", effective=None), cost(LAST, None, effective=None, lines=2))).text
    assert "10.00 USD without 2 lines of unknown cost" in text
    assert "10.00 + unknown" in text


def test_the_last_30_full_days_are_compared_with_the_30_before():
    data = [*every_day(LAST - timedelta(59), LAST - timedelta(30), "10"), *every_day(LAST - timedelta(29), LAST, "15")]
    (usd,) = figures(*data, cost(NOW.date(), "1000"))
    assert (usd.current.first, usd.current.last) == (LAST - timedelta(29), LAST)
    (row,) = usd.compared("provider").iter_rows(named=True)
    assert (row["cost"], row["cost_before"], row["change"]) == (450, 300, 150)
    assert "+50.0 %" in page(report(*data)).text


def test_a_change_is_not_told_without_enough_history():
    short = every_day(LAST - timedelta(58), LAST, "10")
    assert figures(*short)[0].previous is None
    assert "Not enough history to compare: it takes 60 days, the data spans 59 days." in page(report(*short)).text


def test_the_compared_days_end_where_a_late_cloud_ends_but_not_where_a_cloud_was_left():
    aws, late = every_day(LAST - timedelta(80), LAST, "1", provider="AWS"), LAST - timedelta(3)
    gone = every_day(LAST - timedelta(80), LAST - timedelta(40), "1", provider="Google")
    oracle = every_day(LAST - timedelta(80), late, "1")
    assert figures(*aws, *oracle, *gone)[0].current.last == late
    assert figures(*aws, *gone)[0].current.last == LAST


def test_new_and_vanished_services_are_named():
    text = page(
        report(
            *every_day(LAST - timedelta(70), LAST, "5"),
            *every_day(LAST - timedelta(70), LAST - timedelta(45), "5", service="Old thing"),
            cost(LAST, "9", service="New thing"),
        )
    ).text
    assert "New in the last 30 days: New thing." in text
    assert "Vanished in the last 30 days: Old thing." in text


def test_a_service_of_a_cloud_that_appears_late_is_not_called_new():
    data = [*every_day(LAST - timedelta(70), LAST, "5"), *every_day(LAST - timedelta(35), LAST, "5", provider="AWS")]
    statuses = figures(*data)[0].compared("provider", "service").select("provider", "status").rows()
    assert sorted(statuses) == [("AWS", "no history"), ("Oracle", "both")]
    text = page(report(*data)).text
    assert "Not enough history to compare, so left out: AWS." in text


def test_a_change_of_something_partly_unknown_is_unknown():
    data = [*every_day(LAST - timedelta(70), LAST, "5"), cost(LAST, None, effective=None)]
    (row,) = figures(*data)[0].compared("provider").iter_rows(named=True)
    assert row["change"] is None


def test_the_tail_of_many_services_is_summed_up():
    text = page(report(*(cost(LAST, "1.5", service=f"Service {n:03}") for n in range(40)))).text
    assert "25 others together: 37.50 USD, 62.5 %." in text


def test_like_services_stand_side_by_side():
    shown = page(
        report(
            cost(LAST, "3", service="Compute", x_comparable_service="Virtual machines"),
            cost(LAST, "4", service="EC2", provider="AWS", x_comparable_service="Virtual machines"),
            cost(LAST, "2", service="Odd"),
        )
    ).text
    assert "Virtual machines 4.00 3.00 7.00" in shown
    assert "not mapped – 2.00 2.00" in shown


def test_an_anomaly_tells_what_was_expected_and_which_resources_caused_it():
    text = page(plausible()).text
    assert "2 anomalies found in 120 days of 12 series" in text
    assert "525.12 2,100.25 +1,575.12 +14.2 high ocid1.instance" in text
    assert "low confidence" in text


def test_no_anomaly_is_said_with_what_was_judged():
    text = page(report(*every_day(LAST - timedelta(40), LAST, "5"), cost(LAST, "1", service="Young"))).text
    assert "No anomalies found in 41 days of 2 series" in text
    assert "too little history to judge (fewer than 14 days): 1 of these series" in text


def test_a_file_that_ties_out_is_called_exact_and_another_by_how_much_it_is_off():
    files = rows(BILLING_FILES, billing_file("good.csv"), billing_file("bad.csv"), billing_file("silent.csv"))
    big = "12345678901234.000000000000000000000001"
    data = report(
        cost(LAST, "1"),
        files=files,
        tie_out=ties(
            tie("good.csv", in_files=big, stored=big),
            tie("bad.csv", in_files=big, stored="12345678901234", rows=(10, 9, 0)),
        ),
    )
    text = page(data).text
    assert "good.csv exact" in text
    assert "bad.csv off by -1 rows and −0.000000000000000000000001" in text
    assert "In force but without control totals: silent.csv." in text


def test_files_left_out_are_told_with_the_reason():
    text = page(plausible()).text
    assert "1 ignored, 1 refused, 1 superseded." in text
    assert "The gzip stream ends early: upload it again." in text
    assert "2026-03 (preliminary)" in text


def test_quarantined_records_are_counted_and_the_first_are_shown():
    shown = page(plausible())
    assert "60 records in quarantine; the first 50 are shown. Money waiting there: 90 USD." in shown.text
    assert shown.text.count("Not a decimal number.") == 50


def test_money_in_quarantine_that_cannot_be_read_is_unknown():
    text = page(report(quarantine=rows(BILLING_QUARANTINE, quarantined(1)))).text
    assert "Money waiting there: 1 record of unknown cost." in text


def test_a_page_without_data_says_what_is_missing_and_what_to_do():
    text = page(report()).text
    assert "No costs yet" in text
    assert "No billing files were found: check the source's bucket and prefix." in text
    assert "Not judged yet: materialize finops/focus_conformance." in text
    assert charts_png(report()) == {}


def test_a_report_without_fault_says_so_and_one_without_proof_does_not():
    proven = report(cost(LAST, "1"), files=rows(BILLING_FILES, billing_file("a.csv", final=True)), tie_out=ties(tie("a.csv")))
    assert "Nothing to worry about" in page(proven).text
    assert "nothing proves that the numbers are complete" in page(report(cost(LAST, "1"))).text


def test_names_from_the_data_are_only_ever_text():
    html = render(plausible(hostile=True))
    shown = _Text()
    shown.feed(html)
    assert len(shown.scripts) == len([tag for tag, _ in shown.tags if tag == "script"])
    assert not [tag for tag, _ in shown.tags if tag == "img"]
    specs = [json.loads(body) for (tag, attrs), body in zip(_scripts(shown), shown.scripts, strict=True) if attrs]
    assert any(HOSTILE in json.dumps(spec, ensure_ascii=False).replace('\\"', '"') for spec in specs)


def _scripts(shown):
    return [(tag, attrs) for tag, attrs in shown.tags if tag == "script"]


def test_the_page_fetches_nothing():
    shown = page(plausible())
    attributes = [(name, value) for _, attrs in shown.tags for name, value in attrs.items()]
    assert not [value for name, value in attributes if name in ("src", "srcset", "action")]
    assert all(value.startswith("#") for name, value in attributes if name == "href")
    assert "url(" not in render(plausible()).split("</style>")[0]
    (policy,) = [attrs["content"] for tag, attrs in shown.tags if attrs.get("http-equiv")]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy


def test_every_chart_has_a_table_with_its_numbers():
    html = render(plausible())
    for article in html.split("<article>")[1:]:
        if 'class="chart"' in article:
            assert "<table>" in article


def test_pictures_are_small_png_of_trend_and_services_per_currency():
    pictures = charts_png(plausible())
    assert list(pictures) == ["cost_trend_USD", "top_services_USD", "cost_trend_MC", "top_services_MC"]
    assert all(p.startswith(b"\x89PNG\r\n\x1a\n") and len(p) < 100_000 for p in pictures.values())


def test_a_frame_that_lacks_a_column_is_refused_by_name():
    with pytest.raises(ValueError, match=r"`daily` lacks the columns .*ServiceName"):
        ReportData(generated_at=NOW, daily=rows(DAILY_COSTS).drop("ServiceName"))


def test_400_days_of_200_series_take_seconds_and_stay_below_two_megabytes():
    data = report(*plausible_daily(days=400, per_service=22))
    started = time.perf_counter()
    html = render(data)
    assert time.perf_counter() - started < 10  # twice the 5 s aimed at: the machine may be shared
    assert len(html.encode()) < 2_000_000


def test_every_cloud_has_a_colour_that_no_other_has():
    colours = charts.provider_colours(["AWS", "Amazon Web Services", "Oracle", "Microsoft", "Snowflake", "unknown cloud"])
    assert len(set(colours.values())) == 6


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=24))
def test_an_amount_keeps_its_sign_and_is_never_shown_as_zero(value):
    said = wording.amount(value)
    assert said.startswith(wording.MINUS) == (value < 0)
    assert bool(re.search("[1-9]", said)) == (value != 0)


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=24))
def test_an_exact_amount_loses_no_digit(value):
    assert Decimal(wording.exact(value).replace(",", "").replace(wording.MINUS, "-")) == value


@given(st.text(max_size=200), st.integers(10, 80))
def test_a_shortened_name_keeps_both_ends(name, length):
    said = wording.short(name, length)
    assert len(said) <= length
    assert said == name or (name.startswith(said.split("…")[0]) and "…" in said)


def test_a_percentage_needs_an_amount_before_that_is_above_zero():
    assert wording.percent_change(Decimal(5), Decimal(-10)) == "–"
    assert wording.percent_change(Decimal(-5), Decimal(10)) == "−50.0 %"
    assert wording.percent_change(None, Decimal(10)) == "unknown"


def test_a_share_is_a_hundred_percent_only_if_nothing_is_missing():
    assert wording.ratio(0.99999) == "99.9 %"
    assert wording.ratio(1.0) == "100.0 %"
