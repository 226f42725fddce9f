"""The Usage API: windows, groups, pages and sums."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import oci
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.oci.services import usage_api
from sandbox.oci.store import Store
from tests.sandbox.oci.conftest import refused

MODELS = oci.usage_api.models
FIRST = datetime(2026, 8, 1, tzinfo=UTC)


def lines(days=30, services=("COMPUTE", "DATABASE"), compartments=("c1", "c2")):
    return [
        {
            "day": str(date(2026, 8, 1) + timedelta(days=n)), "cost": f"{n}.{m}1", "quantity": "24", "currency": "EUR",
            "service": service, "compartmentId": compartment, "compartmentName": compartment, "unit": "HOURS",
        }
        for n in range(days)
        for m, service in enumerate(services)
        for compartment in compartments
    ]  # fmt: skip


@pytest.fixture
def client(sandbox):
    usage_api.add_lines(sandbox.cloud.store, lines())
    return sandbox.client(oci.usage_api.UsageapiClient, "usage_api")


def asked(sandbox, **more):
    usual = {"tenant_id": sandbox.tenancy, "time_usage_started": FIRST, "time_usage_ended": FIRST + timedelta(days=30)}
    return MODELS.RequestSummarizedUsagesDetails(**{**usual, "granularity": "DAILY", "query_type": "COST", **more})


def test_cost_is_summed_per_day_and_group_and_only_groups_are_named(sandbox, client):
    items = client.request_summarized_usages(asked(sandbox, group_by=["service"])).data.items
    assert len(items) == 60
    second = [item for item in items if item.time_usage_started == FIRST + timedelta(days=1) and item.service == "COMPUTE"]
    assert [item.computed_amount for item in second] == [2.02]
    assert {item.compartment_id for item in items} == {None}
    assert second[0].time_usage_ended == FIRST + timedelta(days=2)


def test_pages_together_are_the_whole(sandbox, client):
    details = asked(sandbox, group_by=["service", "compartmentId"])
    whole = client.request_summarized_usages(details).data.items
    paged = oci.pagination.list_call_get_all_results(client.request_summarized_usages, details, limit=50).data
    assert len(paged) == len(whole) == 120
    assert sum(item.computed_amount for item in paged) == pytest.approx(sum(item.computed_amount for item in whole))


def test_the_end_is_not_included(sandbox, client):
    day = asked(sandbox, time_usage_ended=FIRST + timedelta(days=1), group_by=["service"])
    assert {i.time_usage_started for i in client.request_summarized_usages(day).data.items} == {FIRST}


@pytest.mark.parametrize(
    "more",
    [
        {"time_usage_started": FIRST + timedelta(hours=1)},
        {"time_usage_ended": FIRST + timedelta(days=30, seconds=1)},
        {"time_usage_ended": FIRST},
        {"time_usage_ended": FIRST + timedelta(days=91)},
        {"granularity": "MONTHLY", "time_usage_ended": FIRST + timedelta(days=10)},
        {"granularity": "TOTAL"},
        {"group_by": ["service", "region", "unit", "skuName", "resourceId"]},
        {"group_by": ["resourceName"]},
        {"group_by_tag": [MODELS.Tag(namespace="acme", key=key) for key in ("team", "environment")]},
    ],
)
def test_a_request_beyond_the_rules_is_refused(sandbox, client, more):
    assert refused(client.request_summarized_usages, asked(sandbox, **more)) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    "more",
    [
        {"granularity": "HOURLY", "time_usage_ended": FIRST + timedelta(hours=24)},
        {"query_type": "CREDIT"},
        {"forecast": MODELS.Forecast(time_forecast_ended=FIRST + timedelta(days=60))},
        {"group_by_tag": [MODELS.Tag(namespace="acme", key="team")]},
        {"compartment_depth": 2},
    ],
)
def test_what_would_be_answered_wrongly_is_not_answered(sandbox, client, more):
    assert refused(client.request_summarized_usages, asked(sandbox, **more)) == (501, "NotImplemented")


def test_the_longest_window_is_told_in_its_own_unit(sandbox, client):
    with pytest.raises(oci.exceptions.ServiceError, match="HOURLY granularity is 36 hours"):
        client.request_summarized_usages(asked(sandbox, granularity="HOURLY", time_usage_ended=FIRST + timedelta(hours=37)))


def test_answers_that_were_computed_are_not_kept_without_end(sandbox, client, monkeypatch):
    monkeypatch.setattr(usage_api, "MOST_COMPUTED", 4)
    details = [asked(sandbox, time_usage_ended=FIRST + timedelta(days=n)) for n in range(1, 8)]
    totals = [sum(i.computed_amount for i in client.request_summarized_usages(one).data.items) for one in details]
    assert totals == sorted(totals)
    assert len(sandbox.cloud.store.computed) == 4


def test_another_tenancy_is_not_told(sandbox, client):
    assert refused(client.request_summarized_usages, asked(sandbox, tenant_id="ocid1.tenancy.oc1..x"))[0] == 404


def test_months_are_sums_of_their_days(sandbox, client):
    month = asked(sandbox, granularity="MONTHLY", time_usage_ended=datetime(2026, 9, 1, tzinfo=UTC))
    (item,) = client.request_summarized_usages(month).data.items
    assert Decimal(item.attributed_cost) == sum(Decimal(line["cost"]) for line in lines())


def test_filters_nest(sandbox, client):
    only = MODELS.Filter(
        operator="AND",
        dimensions=[MODELS.Dimension(key="service", value="COMPUTE")],
        filters=[MODELS.Filter(operator="NOT", dimensions=[MODELS.Dimension(key="compartmentId", value="c1")])],
    )
    items = client.request_summarized_usages(asked(sandbox, filter=only, group_by=["service", "compartmentId"])).data.items
    assert {(item.service, item.compartment_id) for item in items} == {("COMPUTE", "c2")}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 29), st.sampled_from("ab"), st.sampled_from("xy"), st.decimals(0, 1000, places=4)), max_size=40
    ),
    st.lists(st.sampled_from(["service", "region"]), unique=True),
)
def test_sums_of_any_usage_are_those_of_a_plain_addition(tmp_path_factory, found, groups):
    from sandbox.oci.clock import Clock

    store = Store(Clock(), tmp_path_factory.mktemp("store"))
    usual = {"quantity": "1", "currency": "EUR"}
    made = [
        {**usual, "day": str(date(2026, 8, 1) + timedelta(days=n)), "cost": str(c), "service": s, "region": r}
        for n, s, r, c in found
    ]
    usage_api.add_lines(store, made)
    expected = defaultdict(Decimal)
    for line in made:
        expected[(line["day"], *(line[g] for g in groups))] += Decimal(line["cost"])
    body = {"granularity": "DAILY"}
    items = usage_api._items(store, body, groups, FIRST, FIRST + timedelta(days=30))
    assert {(i["timeUsageStarted"][:10], *(i[g] for g in groups)): Decimal(i["attributedCost"]) for i in items} == expected
