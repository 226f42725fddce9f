"""The Usage API read through the SDK from the sandbox: complete, whatever the window, the pages and the faults."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.errors import BadInput, Denied, NotFound
from resources.oci.clients import OciClients
from resources.oci.usage import LONGEST_WINDOW_DAYS, OciUsage, windows
from sandbox.oci.faults import Fault
from sandbox.oci.services import usage_api

FIRST = date(2026, 1, 1)


@pytest.fixture
def clients(sandbox) -> OciClients:
    file = str(sandbox.folder / "oci_config")
    return OciClients(config_file=file, endpoint=sandbox.url, first_wait_seconds=0.001, longest_wait_seconds=0.01)


@pytest.fixture
def usage(sandbox, clients) -> OciUsage:
    lines = [
        {
            "day": str(FIRST + timedelta(days=n)),
            "cost": f"{n}.01",
            "quantity": "1",
            "currency": "EUR",
            "service": s,
            "region": "r",
        }
        for n in range(200)
        for s in ("A", "B")
    ]
    usage_api.add_lines(sandbox.cloud.store, lines)
    return OciUsage(clients=clients, page_size=50)


def total(pages):
    items = [item for page in pages for item in page]
    return len(items), sum(Decimal(str(item["computedAmount"])) for item in items)


WHOLE = (400, 2 * sum(Decimal(f"{n}.01") for n in range(200)))


def test_more_days_than_a_window_has_are_read_whole(usage):
    assert total(usage.daily(FIRST, FIRST + timedelta(days=199), ["service"])) == WHOLE


def test_throttled_and_failed_answers_are_asked_for_again(sandbox, usage):
    sandbox.cloud.faults.asked += [Fault("status", status=429, share=0.3, seed=1), Fault("status", status=500, share=0.2, seed=2)]
    assert total(usage.daily(FIRST, FIRST + timedelta(days=199), ["service"])) == WHOLE
    assert sandbox.cloud.faults.struck > 0


def test_a_missing_policy_is_an_error_that_names_it_and_no_empty_answer(sandbox, usage):
    sandbox.cloud.faults.asked.append(Fault("denied", service="usage_api"))
    with pytest.raises((NotFound, Denied)) as error:
        list(usage.daily(FIRST, FIRST, ["service"]))
    assert "usage" in str(error.value).lower()
    assert "Allow" in str(error.value)


def test_what_the_service_would_refuse_is_refused_before_it_is_asked(usage):
    with pytest.raises(BadInput, match="before the first"):
        list(usage.daily(FIRST, FIRST - timedelta(days=1), []))
    with pytest.raises(BadInput, match="groups by 4 at most"):
        list(usage.daily(FIRST, FIRST, ["service", "region", "unit", "skuName", "compartmentId"]))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 2000))
def test_windows_cover_each_day_once_and_none_is_too_long(first, days):
    last = first + timedelta(days=days)
    found = windows(first, last)
    assert found[0][0] == first
    assert found[-1][1] == last + timedelta(days=1)
    assert all(end == start for (_, end), (start, _) in pairwise(found))
    assert all(0 < (end - start).days <= LONGEST_WINDOW_DAYS for start, end in found)
