"""What holds for every request: it is signed, well-formed, answered once per retry token, and may meet a fault."""

import json
import time
from email.utils import formatdate

import oci
import pytest
import requests

from sandbox.oci.exchange import HANDLERS
from sandbox.oci.extract import FILE, extracted, written
from sandbox.oci.faults import Fault
from sandbox.oci.operations import OPERATIONS
from tests.sandbox.oci.conftest import refused

BUDGETS = oci.budget.models


def budgets(sandbox, **more):
    return sandbox.client(oci.budget.BudgetClient, "budget", **more)


def details(sandbox, **more):
    usual = {"compartment_id": sandbox.tenancy, "amount": 100, "reset_period": "MONTHLY", "target_type": "COMPARTMENT"}
    return BUDGETS.CreateBudgetDetails(**{**usual, "targets": [sandbox.tenancy], **more})


def raw(url, method="GET", headers=None, body=None):
    """Status, headers and JSON of a request as it is, without the SDK."""
    answer = requests.request(method, url, headers=headers, data=body, timeout=10)
    return answer.status_code, answer.headers, answer.json() if answer.content else None


def control(sandbox, path, method="POST", **body):
    return raw(f"{sandbox.url}/sandbox/{path}", method, {"content-type": "application/json"}, json.dumps(body).encode())[2]


def signed(sandbox, method="GET", path="/budget/20190111/budgets", body=None, **signer):
    """Headers with which the SDK would sign a request."""
    url = f"{sandbox.url}/eu-frankfurt-1{path}"
    config = sandbox.config
    of = oci.signer.Signer(config["tenancy"], config["user"], config["fingerprint"], config["key_file"], **signer)
    prepared = requests.Request(method, url, data=body, headers={"content-type": "application/json"}).prepare()
    of.do_request_sign(prepared)
    return url, dict(prepared.headers)


def test_the_specification_is_that_of_the_sdk():
    assert written(extracted()) == FILE.read_text()


def test_every_operation_of_the_specification_is_answered_and_no_other():
    listed = {(service, name) for service, clients in OPERATIONS.items() for names in clients.values() for name in names}
    assert set(HANDLERS) == listed


def test_a_body_that_the_sdk_does_not_sign_need_not_be_signed(sandbox):
    client = sandbox.client(oci.streaming.StreamClient, "streaming")
    entry = oci.streaming.models.PutMessagesDetailsEntry(value="eA==")
    sandbox.cloud.faults.asked.append(Fault("status", operation="put_messages", status=503))
    messages = oci.streaming.models.PutMessagesDetails(messages=[entry])
    assert refused(client.put_messages, "ocid1.stream.oc1..x", messages) == (503, "ServiceUnavailable")


def test_a_request_without_a_signature_is_refused(sandbox):
    status, headers, body = raw(f"{sandbox.url}/eu-frankfurt-1/budget/20190111/budgets?compartmentId=x")
    assert (status, body["code"]) == (401, "NotAuthenticated")
    assert headers["opc-request-id"]


def test_a_request_of_an_unknown_key_is_refused(sandbox, tmp_path):
    from sandbox.oci.credentials import credentials

    other = oci.config.from_file(str(credentials(tmp_path / "other", "eu-frankfurt-1").config_file))
    client = oci.budget.BudgetClient(
        other, service_endpoint=f"{sandbox.url}/eu-frankfurt-1/budget", retry_strategy=oci.retry.NoneRetryStrategy()
    )
    assert refused(client.list_budgets, sandbox.tenancy) == (401, "NotAuthenticated")


def test_a_body_that_is_not_the_one_that_was_signed_is_refused(sandbox):
    url, headers = signed(sandbox, "POST", body=b'{"amount":1}')
    status, _, body = raw(url, "POST", headers, b'{"amount":2}')
    assert (status, "body" in body["message"]) == (401, True)


def test_a_path_that_is_not_the_one_that_was_signed_is_refused(sandbox):
    url, headers = signed(sandbox)
    assert raw(f"{url}?compartmentId={sandbox.tenancy}", headers=headers)[0] == 401


def test_a_request_of_another_hour_is_refused(sandbox):
    url, headers = signed(sandbox)
    late = {**headers, "date": formatdate(time.time() - 3600, usegmt=True)}
    status, _, body = raw(url, headers=late)
    assert (status, "five minutes" in body["message"]) == (401, True)


def test_what_is_missing_and_what_may_not_be_seen_are_told_alike(sandbox):
    missing = refused(budgets(sandbox).get_budget, "ocid1.budget.oc1..none")
    foreign = refused(budgets(sandbox).list_budgets, "ocid1.tenancy.oc1..other")
    sandbox.cloud.faults.asked.append(Fault("denied", service="budget", times=1))
    denied = refused(budgets(sandbox).list_budgets, sandbox.tenancy)
    assert {missing, foreign, denied} == {(404, "NotAuthorizedOrNotFound")}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"compartmentId": "x", "amount": 1}, "resetPeriod is required"),
        ({"compartmentId": "x", "amount": "1", "resetPeriod": "MONTHLY"}, "amount must be of type float"),
        ({"compartmentId": "x", "amount": True, "resetPeriod": "MONTHLY"}, "amount must be of type float"),
        ({"compartmentId": "x", "amount": 1, "resetPeriod": "WEEKLY"}, "resetPeriod must be one of MONTHLY"),
        ({"compartmentId": "x", "amount": 1, "resetPeriod": "MONTHLY", "colour": "red"}, "colour is not a field"),
        ({"compartmentId": "x", "amount": 1, "resetPeriod": "MONTHLY", "targets": "t"}, "targets must be an array"),
        ({"compartmentId": "x", "amount": 1, "resetPeriod": "MONTHLY", "startDate": "soon"}, "startDate must be an RFC 3339"),
    ],
)
def test_a_body_that_the_sdk_would_not_send_is_refused_by_field(sandbox, body, field):
    text = json.dumps(body).encode()
    url, headers = signed(sandbox, "POST", body=text)
    status, _, answer = raw(url, "POST", headers, text)
    assert status == 400
    assert answer["message"].startswith(field)


def test_query_parameters_are_checked_by_name_and_value(sandbox):
    wrong = {"?limit=ten": "compartmentId", "?compartmentId=x&limit=ten": "limit", "?compartmentId=x&colour=red": "colour"}
    for query, said in wrong.items():
        url, headers = signed(sandbox, path=f"/budget/20190111/budgets{query}")
        status, _, body = raw(url, headers=headers)
        assert (status, said in body["message"]) == (400, True)


def test_an_operation_that_is_not_there_says_where_to_look(sandbox):
    url, headers = signed(sandbox, path="/budget/20190111/nothing")
    status, _, body = raw(url, headers=headers)
    assert (status, "docs/sandbox.md" in body["message"]) == (501, True)


def test_a_request_repeated_with_its_token_is_done_once(sandbox):
    client = budgets(sandbox)
    first, again = (client.create_budget(details(sandbox), opc_retry_token="once") for _ in range(2))
    assert first.data.id == again.data.id
    assert len(client.list_budgets(sandbox.tenancy).data) == 1


def test_another_request_with_the_same_token_is_refused(sandbox):
    client = budgets(sandbox)
    client.create_budget(details(sandbox), opc_retry_token="once")
    other = details(sandbox, amount=200)
    assert refused(client.create_budget, other, opc_retry_token="once") == (409, "InvalidatedRetryToken")


def test_an_answer_is_repeated_as_it_was_whatever_happened_since(sandbox):
    client = budgets(sandbox)
    made = client.create_budget(details(sandbox), opc_retry_token="once").data
    client.update_budget(made.id, BUDGETS.UpdateBudgetDetails(amount=250))
    assert client.create_budget(details(sandbox), opc_retry_token="once").data.amount == 100


def test_a_token_is_forgotten_after_a_day(sandbox):
    client = budgets(sandbox)
    first = client.create_budget(details(sandbox), opc_retry_token="once").data
    sandbox.advance(25 * 3600)
    assert client.create_budget(details(sandbox), opc_retry_token="once").data.id != first.id


def test_an_answer_that_was_lost_is_found_by_its_token(sandbox):
    sandbox.cloud.faults.asked.append(Fault("drop_after", operation="create_budget", times=1))
    client = budgets(sandbox)
    with pytest.raises(oci.exceptions.RequestException):
        client.create_budget(details(sandbox), opc_retry_token="lost")
    found = client.create_budget(details(sandbox), opc_retry_token="lost").data
    assert [row.id for row in client.list_budgets(sandbox.tenancy).data] == [found.id]


def test_a_connection_that_drops_before_the_work_leaves_nothing(sandbox):
    sandbox.cloud.faults.asked.append(Fault("drop", operation="create_budget", times=1))
    client = budgets(sandbox)
    with pytest.raises(oci.exceptions.RequestException):
        client.create_budget(details(sandbox))
    assert client.list_budgets(sandbox.tenancy).data == []


def test_faults_are_asked_for_over_http_counted_and_taken_back(sandbox):
    control(sandbox, "faults", kind="status", status=429, seconds=3, service="budget", after=1, times=1)
    client = budgets(sandbox)
    client.list_budgets(sandbox.tenancy)
    with pytest.raises(oci.exceptions.ServiceError) as error:
        client.list_budgets(sandbox.tenancy)
    assert (error.value.status, error.value.code, error.value.headers["retry-after"]) == (429, "TooManyRequests", "3")
    client.list_budgets(sandbox.tenancy)
    control(sandbox, "faults", kind="status", status=500)
    control(sandbox, "faults", "DELETE")
    client.list_budgets(sandbox.tenancy)


def test_a_fault_can_be_asked_for_by_the_request_itself(sandbox):
    client = budgets(sandbox)
    client.base_client.session.headers["x-sandbox-fault"] = "status=503"
    assert refused(client.list_budgets, sandbox.tenancy) == (503, "ServiceUnavailable")


def test_a_stale_answer_is_that_before_the_last_change(sandbox):
    client = budgets(sandbox)
    made = client.create_budget(details(sandbox)).data
    client.update_budget(made.id, BUDGETS.UpdateBudgetDetails(amount=250))
    sandbox.cloud.faults.asked.append(Fault("stale", operation="get_budget", times=1))
    assert [client.get_budget(made.id).data.amount for _ in range(2)] == [100, 250]


def test_a_share_of_requests_fails_with_the_same_ones_for_the_same_seed(sandbox):
    def failed(seed):
        fault = Fault("status", share=0.2, seed=seed)
        return [fault.strikes("budget", "list_budgets") for _ in range(200)]

    assert failed(1) == failed(1) != failed(2)
    assert 20 < sum(failed(1)) < 60


def test_the_clock_stands_still_until_it_is_advanced(sandbox):
    before = control(sandbox, "clock", "GET")["now"]
    assert control(sandbox, "clock", "GET")["now"] == before == "2026-11-16T12:00:00.000Z"
    assert control(sandbox, "clock", advance=3600)["now"] == "2026-11-16T13:00:00.000Z"


def test_what_was_saved_is_there_after_a_restart(sandbox):
    from sandbox.oci.process import cloud, served

    client = budgets(sandbox)
    made = client.create_budget(details(sandbox)).data
    objects = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    objects.create_bucket("acmesandbox", oci.object_storage.models.CreateBucketDetails(name="b", compartment_id=sandbox.tenancy))
    objects.put_object("acmesandbox", "b", "o", b"kept")
    control(sandbox, "state")

    restored = cloud(sandbox.folder)
    with served(restored) as url:
        from dataclasses import replace

        again = replace(sandbox, url=url, cloud=restored)
        assert budgets(again).get_budget(made.id).data.amount == 100
        objects = again.client(oci.object_storage.ObjectStorageClient, "object_storage")
        assert objects.get_object("acmesandbox", "b", "o").data.content == b"kept"
        assert control(again, "clock", "GET")["now"] == "2026-11-16T12:00:00.000Z"
