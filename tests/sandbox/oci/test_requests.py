"""What holds for every request: it is signed, well-formed, answered once per retry token, and may meet a fault."""

import base64
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
from sandbox.oci.server import MOST_BODY
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


def test_a_date_that_is_not_signed_does_not_make_an_old_request_a_new_one(sandbox):
    config = sandbox.config
    signer = oci.signer.Signer(config["tenancy"], config["user"], config["fingerprint"], config["key_file"])
    url = f"{sandbox.url}/eu-frankfurt-1/budget/20190111/budgets?compartmentId={sandbox.tenancy}"
    old = requests.Request("GET", url, headers={"date": formatdate(time.time() - 3600, usegmt=True)}).prepare()
    signer.do_request_sign(old)
    status, _, body = raw(url, headers={**old.headers, "x-date": formatdate(usegmt=True)})
    assert (status, "five minutes" in body["message"]) == (401, True)


def test_a_body_that_need_not_be_signed_but_was_is_the_one_that_was_signed(sandbox):
    path = "/streaming/20180418/streams/ocid1.stream.oc1..x/messages"
    url, headers = signed(sandbox, "POST", path, b'{"messages":[]}')
    assert raw(url, "POST", headers, b'{"messages":[]}')[0] == 404
    assert raw(url, "POST", headers, b'{"messages":{}}')[0] == 401


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
        ({"compartmentId": "x", "amount": float("1e400"), "resetPeriod": "MONTHLY"}, "The body is not JSON"),
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


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
def test_a_number_is_finite(sandbox, number):
    text = f'{{"compartmentId": "{sandbox.tenancy}", "amount": {number}, "resetPeriod": "MONTHLY"}}'.encode()
    url, headers = signed(sandbox, "POST", body=text)
    assert raw(url, "POST", headers, text)[0] == 400


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


def test_a_token_is_of_one_region_one_path_and_one_query(sandbox):
    here, there = (budgets(sandbox, region=region) for region in ("eu-frankfurt-1", "us-ashburn-1"))
    first = here.create_budget(details(sandbox), opc_retry_token="once").data
    assert there.create_budget(details(sandbox), opc_retry_token="once").data.id != first.id
    other = here.create_budget(details(sandbox)).data
    rule = BUDGETS.CreateAlertRuleDetails(type="ACTUAL", threshold=90, threshold_type="PERCENTAGE")
    here.create_alert_rule(first.id, rule, opc_retry_token="rule")
    assert refused(here.create_alert_rule, other.id, rule, opc_retry_token="rule") == (409, "InvalidatedRetryToken")
    here.base_client.session.headers["opc-retry-token"] = "list"
    here.list_budgets(sandbox.tenancy)
    assert refused(here.list_budgets, sandbox.tenancy, limit=1) == (409, "InvalidatedRetryToken")


def test_answers_are_kept_no_longer_than_their_tokens_are_valid(sandbox):
    client = budgets(sandbox)
    for n in range(3):
        client.create_budget(details(sandbox), opc_retry_token=f"t{n}")
        sandbox.advance(20 * 3600)
    assert len(sandbox.cloud.store.served) == 2


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


def test_a_stale_answer_has_the_etag_of_what_it_shows(sandbox):
    client = budgets(sandbox)
    first = client.create_budget(details(sandbox))
    client.update_budget(first.data.id, BUDGETS.UpdateBudgetDetails(amount=250))
    sandbox.cloud.faults.asked.append(Fault("stale", operation="get_budget", times=1))
    seen = client.get_budget(first.data.id)
    assert seen.headers["etag"] == first.headers["etag"]
    change = BUDGETS.UpdateBudgetDetails(amount=seen.data.amount + 1)
    assert refused(client.update_budget, seen.data.id, change, if_match=seen.headers["etag"]) == (412, "NoEtagMatch")


def test_a_list_can_be_stale_too(sandbox):
    client = budgets(sandbox)
    budget = client.create_budget(details(sandbox)).data.id
    rule = BUDGETS.CreateAlertRuleDetails(type="ACTUAL", threshold=90, threshold_type="PERCENTAGE")
    client.update_alert_rule(budget, client.create_alert_rule(budget, rule).data.id, BUDGETS.UpdateAlertRuleDetails(threshold=70))
    sandbox.cloud.faults.asked.append(Fault("stale", operation="list_alert_rules", times=1))
    assert [client.list_alert_rules(budget).data[0].threshold for _ in range(2)] == [90, 70]


def test_pages_neither_repeat_nor_skip_what_was_there_when_lists_change_between_them(sandbox):
    client = budgets(sandbox)
    for name in "abcdef":
        client.create_budget(details(sandbox, display_name=name))
    order = {"sort_by": "displayName", "sort_order": "DESC"}
    first = client.list_budgets(sandbox.tenancy, limit=2, **order)
    client.create_budget(details(sandbox, display_name="g"))
    second = client.list_budgets(sandbox.tenancy, limit=2, page=first.next_page, **order)
    for row in (*first.data, second.data[0]):
        client.delete_budget(row.id)
    third = client.list_budgets(sandbox.tenancy, limit=2, page=second.next_page, **order)
    assert [[row.display_name for row in answer.data] for answer in (first, second, third)] == [
        ["f", "e"],
        ["d", "c"],
        ["b", "a"],
    ]


def test_a_page_whose_first_row_is_gone_begins_where_it_was(sandbox):
    client = budgets(sandbox)
    made = [client.create_budget(details(sandbox, display_name=name)).data.id for name in "abcd"]
    first = client.list_budgets(sandbox.tenancy, limit=2, sort_by="displayName")
    client.delete_budget(made[2])
    rest = client.list_budgets(sandbox.tenancy, limit=2, page=first.next_page, sort_by="displayName").data
    assert [row.display_name for row in rest] == ["d"]


@pytest.mark.parametrize("said", [b"from:-1", b"from:1", b"from:1:x y", b"\xff", b""])
def test_a_page_token_that_no_list_gave_is_refused(sandbox, said):
    token = base64.urlsafe_b64encode(said).decode() or "!"
    assert refused(budgets(sandbox).list_budgets, sandbox.tenancy, page=token) == (400, "InvalidParameter")


def test_a_share_of_requests_fails_with_the_same_ones_for_the_same_seed(sandbox):
    def failed(seed):
        fault = Fault("status", share=0.2, seed=seed)
        return [fault.strikes("budget", "list_budgets") for _ in range(200)]

    assert failed(1) == failed(1) != failed(2)
    assert 20 < sum(failed(1)) < 60


@pytest.mark.parametrize("fault", ["nonsense", "status=abc", "status=200", "latency=soon"])
def test_a_fault_that_there_is_not_is_refused(sandbox, fault):
    client = budgets(sandbox)
    client.base_client.session.headers["x-sandbox-fault"] = fault
    assert refused(client.list_budgets, sandbox.tenancy) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("faults", {"kind": "thunder"}, "kind must be one of"),
        ("faults", {"kind": "status", "colour": "red"}, "colour"),
        ("faults", {}, "kind"),
        ("clock", {"advance": -1}, "does not go back"),
        ("clock", {"stop_at": "soon"}, "soon"),
        ("usage", [{"day": "2026-11-01"}], "cost is required"),
        ("usage", [{"day": "2026-11-01", "cost": "much", "quantity": "1"}], "must be a number"),
        ("usage", "text", "indices"),
    ],
)
def test_what_its_own_address_cannot_use_is_told_and_changes_nothing(sandbox, path, body, said):
    text = json.dumps(body).encode()
    status, _, answer = raw(f"{sandbox.url}/sandbox/{path}", "POST", {"content-type": "application/json"}, text)
    assert (status, answer["code"], said in answer["message"]) == (400, "InvalidParameter", True)
    assert budgets(sandbox).create_budget(details(sandbox)).data.actual_spend is None
    assert control(sandbox, "faults", "GET")["asked"] == []


def test_every_error_has_a_code_and_the_id_of_its_request(sandbox):
    large = raw(f"{sandbox.url}/eu-frankfurt-1/budget/20190111/budgets", "POST", {}, b"x" * (MOST_BODY + 1))
    nowhere = raw(f"{sandbox.url}/nowhere")
    sandbox.cloud.store.tables["budget.budgets"] = {"broken": None}
    url, headers = signed(sandbox, path=f"/budget/20190111/budgets?compartmentId={sandbox.tenancy}")
    failed = raw(url, headers=headers)
    assert [answer[0] for answer in (large, nowhere, failed)] == [413, 404, 500]
    assert [answer[2]["code"] for answer in (large, nowhere, failed)] == [
        "RequestEntityTooLarge", "NotFound", "InternalServerError",
    ]  # fmt: skip
    assert all(answer[1]["opc-request-id"] for answer in (large, nowhere, failed))


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
