"""Work requests: how they go on by the clock, how they end, and what is listed of them."""

import oci
import pytest

from sandbox.oci.process import HOME_REGION
from sandbox.oci.services.work_requests import affected, start
from tests.sandbox.oci.conftest import NOW, refused

DATABASE = "ocid1.autonomousdatabase.oc1.eu-frankfurt-1.a"


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.work_requests.WorkRequestClient, "work_requests")


def begun(sandbox, operation="Create Autonomous Database", identifier=DATABASE, seconds=100.0, **more):
    resources = [affected("autonomousDatabase", "CREATED", identifier, f"/autonomousDatabases/{identifier}")]
    return start(sandbox.cloud.store, HOME_REGION, sandbox.tenancy, operation, resources, seconds, **more)


def test_a_work_request_is_accepted_in_progress_and_succeeds_by_the_clock(sandbox, client):
    ocid = begun(sandbox)
    seen = []
    for passed in (0, 9, 1, 40, 49, 1, 1000):
        sandbox.advance(passed)
        found = client.get_work_request(ocid)
        seen.append((found.data.status, found.data.percent_complete, found.headers.get("retry-after")))
    assert seen == [
        ("ACCEPTED", 0.0, "30"),
        ("ACCEPTED", 0.0, "30"),
        ("IN_PROGRESS", 10.0, "30"),
        ("IN_PROGRESS", 50.0, "30"),
        ("IN_PROGRESS", 99.0, "1"),
        ("SUCCEEDED", 100.0, None),
        ("SUCCEEDED", 100.0, None),
    ]
    done = client.get_work_request(ocid).data
    times = [(at - NOW).total_seconds() for at in (done.time_accepted, done.time_started, done.time_finished)]
    assert times == [0.0, 10.0, 100.0]


def test_its_resources_are_in_progress_until_it_is_done(sandbox, client):
    ocid = begun(sandbox)
    (resource,) = client.get_work_request(ocid).data.resources
    assert (resource.identifier, resource.entity_type, resource.action_type) == (DATABASE, "autonomousDatabase", "IN_PROGRESS")
    sandbox.advance(100)
    assert [r.action_type for r in client.get_work_request(ocid).data.resources] == ["CREATED"]


def test_one_that_fails_says_why(sandbox, client):
    ocid = begun(sandbox, error=("LimitExceeded", "There is no capacity."))
    sandbox.advance(50)
    assert client.list_work_request_errors(ocid).data == []
    sandbox.advance(50)
    failed = client.get_work_request(ocid)
    assert (failed.data.status, failed.data.percent_complete, failed.headers.get("retry-after")) == ("FAILED", 99.0, None)
    (error,) = client.list_work_request_errors(ocid).data
    assert (error.code, error.message, (error.timestamp - NOW).total_seconds()) == (
        "LimitExceeded",
        "There is no capacity.",
        100.0,
    )


def test_one_that_takes_no_time_is_done_at_once(sandbox, client):
    assert client.get_work_request(begun(sandbox, seconds=0)).data.status == "SUCCEEDED"


def test_the_sdk_waits_for_the_end(sandbox, client):
    ocid = begun(sandbox, seconds=0)
    found = oci.wait_until(client, client.get_work_request(ocid), "status", "SUCCEEDED", max_wait_seconds=5)
    assert found.data.status == "SUCCEEDED"


def test_a_stale_answer_shows_how_far_it_had_come_before(sandbox, client):
    ocid = begun(sandbox)
    sandbox.advance(100)
    for call in ("get_work_request", "list_work_requests"):
        sandbox.fault("stale", operation=call, times=1)
    seen = [client.get_work_request(ocid).data.status for _ in range(2)]
    listed = [client.list_work_requests(sandbox.tenancy).data[0].status for _ in range(2)]
    assert seen == listed == ["IN_PROGRESS", "SUCCEEDED"]


def test_the_log_grows_as_it_goes_on(sandbox, client):
    ocid = begun(sandbox, operation="Stop")
    lengths = []
    for passed in (0, 10, 90):
        sandbox.advance(passed)
        lengths.append(len(client.list_work_request_logs(ocid).data))
    assert lengths == [1, 2, 3]
    paged = oci.pagination.list_call_get_all_results(client.list_work_request_logs, ocid, limit=2, sort_order="DESC").data
    assert [(entry.timestamp - NOW).total_seconds() for entry in paged] == [100.0, 10.0, 0.0]
    assert paged[0].message == "Stop: succeeded"


def test_work_requests_are_listed_in_pages_by_compartment_and_resource(sandbox, client):
    made = [begun(sandbox, identifier=f"ocid1.x.{n}") for n in range(5)]
    listed = oci.pagination.list_call_get_all_results(client.list_work_requests, sandbox.tenancy, limit=2).data
    assert [w.id for w in listed] == made[::-1]
    sandbox.advance(50)
    (one,) = client.list_work_requests(sandbox.tenancy, resource_id="ocid1.x.3").data
    assert (one.id, one.percent_complete, one.status) == (made[3], 50.0, "IN_PROGRESS")
    assert refused(client.list_work_requests, "ocid1.compartment.oc1..x") == (404, "NotAuthorizedOrNotFound")


def test_an_unknown_one_and_one_of_another_region_are_not_found(sandbox, client):
    ocid = begun(sandbox)
    elsewhere = sandbox.client(oci.work_requests.WorkRequestClient, "work_requests", "us-ashburn-1")
    for call, name in ((client.get_work_request, "ocid1.x"), (elsewhere.get_work_request, ocid)):
        assert refused(call, name) == (404, "NotAuthorizedOrNotFound")
    for call in (client.list_work_request_errors, client.list_work_request_logs):
        assert refused(call, "ocid1.x") == (404, "NotAuthorizedOrNotFound")
    assert elsewhere.list_work_requests(sandbox.tenancy).data == []
