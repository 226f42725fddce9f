"""What an operator reads when a call fails, and as which kind of failure it counts."""

import importlib

import oci
import pytest

from resources import errors
from resources.errors import CloudOpsError
from resources.oci.clients import _CLIENTS, OciClients
from resources.oci.object_storage import OciObjectStore
from resources.oci.policies import statements


def failure(call, *arguments, **named):
    with pytest.raises(CloudOpsError) as raised:
        call(*arguments, **named)
    return raised.value


@pytest.mark.parametrize(
    ("status", "code", "kind", "advice"),
    [
        (400, "InvalidParameter", "BadInput", "Correct the request"),
        (400, "LimitExceeded", "PermanentError", "Ask for a higher service limit"),
        (400, "QuotaExceeded", "PermanentError", "compartment quota"),
        (401, "NotAuthenticated", "Denied", "this machine's clock"),
        (403, "NotAllowed", "Denied", "Allow group cloudops to inspect compartments in tenancy"),
        (404, "NotAuthorizedOrNotFound", "NotFound", "Allow group cloudops to inspect compartments in tenancy"),
        (409, "IncorrectState", "Conflict", "look at its state"),
        (409, "CompartmentAlreadyExists", "Conflict", "use that one, or another name"),
        (412, "NoEtagMatch", "Conflict", "look again"),
        (429, "TooManyRequests", "Throttled", "fewer calls"),
        (500, "InternalServerError", "Unavailable", "Repeat later"),
        (503, "ServiceUnavailable", "Unavailable", "state of the service"),
        (501, "NotImplemented", "BadInput", "reference of identity"),
    ],
)
def test_an_answer_becomes_an_error_with_advice(sandbox, clients_of, status, code, kind, advice):
    sandbox.fault("status", operation="list_regions", status=status, code=code)

    error = failure(clients_of(max_attempts=1).operation("identity", "list_regions"))

    assert type(error) is getattr(errors, kind)
    assert f"identity.list_regions: {status} {code}, A fault that was asked for., opc-request-id" in error.message
    assert advice in error.advice


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "statement"),
    [
        ("usage_api", "request_summarized_usages", 1, "read usage-report in tenancy"),
        ("budget", "list_budgets", 1, "read usage-budgets in tenancy"),
        ("monitoring", "list_alarms", 1, "read alarms in compartment <compartment>"),
        ("database", "list_autonomous_databases", 1, "inspect autonomous-databases in compartment <compartment>"),
        ("database", "stop_autonomous_database", 1, "use autonomous-databases in compartment <compartment>"),
        ("streaming", "list_streams", 0, "read streams in compartment <compartment>"),
        ("container_engine", "list_clusters", 1, "read clusters in compartment <compartment>"),
    ],
)
def test_what_may_not_be_seen_names_the_policy_that_may_be_missing(sandbox, clients, service, operation, arguments, statement):
    sandbox.fault("denied", operation=operation)
    given = [sandbox.tenancy] * arguments
    if service == "usage_api":
        given = [
            oci.usage_api.models.RequestSummarizedUsagesDetails(
                tenant_id=sandbox.tenancy,
                time_usage_started="2026-11-01T00:00:00Z",
                time_usage_ended="2026-11-02T00:00:00Z",
                granularity="DAILY",
            )
        ]
    more = {"compartment_id": sandbox.tenancy} if operation == "list_streams" else {}

    error = failure(clients.operation(service, operation), *given, **more)

    assert type(error) is errors.NotFound
    assert error.advice.endswith(f"it needs this policy: Allow group cloudops to {statement}")


def test_an_instance_or_resource_is_named_by_its_dynamic_group():
    assert OciClients(principal="instance principal", group="workers").subject == "dynamic-group workers"
    assert OciClients(principal="resource principal").subject == "dynamic-group cloudops"
    assert OciClients(principal="security token").subject == "group cloudops"


def test_a_policy_is_known_for_every_operation_that_is_used():
    for service, (module, kind) in _CLIENTS.items():
        client = getattr(importlib.import_module(f"oci.{module}"), kind)
        for operation in (name for name in vars(client) if not name.startswith("_")):
            assert statements(service, operation, "group g"), f"{service}.{operation}"
    assert statements("nothing", "at_all", "group g") == ()


def test_the_verb_of_a_policy_is_the_least_that_does():
    def verbs(service, operation):
        return [s.removeprefix("Allow group g to ").split(" in ")[0] for s in statements(service, operation, "group g")]

    assert verbs("object_storage", "list_objects") == ["inspect objects"]
    assert verbs("object_storage", "get_object") == ["read objects"]
    assert verbs("object_storage", "put_object") == ["manage objects"]
    assert verbs("database", "fail_over_autonomous_database") == ["use autonomous-databases"]
    assert verbs("database", "create_autonomous_database") == ["manage autonomous-databases"]
    assert verbs("database", "create_autonomous_database_backup") == ["manage autonomous-backups", "read autonomous-databases"]
    assert verbs("ons_messages", "publish_message") == ["use ons-topics"]
    assert verbs("streaming_messages", "put_messages") == ["use stream-push"]
    assert verbs("streaming_messages", "get_messages") == ["use stream-pull"]


def test_the_bucket_of_reports_asks_for_the_endorsement(sandbox, clients):
    store = OciObjectStore.of_reports(clients, sandbox.tenancy, "us-ashburn-1", "reports/cost-csv")

    error = failure(lambda: list(store.pages()))

    assert type(error) is errors.Denied
    assert "It is there, but may not be seen" in error.advice
    tenancy = "ocid1.tenancy.oc1..aaaaaaaaned4fkpkisbwjlr56u7cj63lf3wffbilvqknstgtvzub7vhqkggq"
    assert f"define tenancy usage-report as {tenancy}; " in error.advice
    assert error.advice.endswith("endorse group cloudops to read objects in tenancy usage-report")


def test_no_answer_is_a_failure_that_may_pass(sandbox, clients_of):
    clients = clients_of(endpoint="http://127.0.0.1:1", max_attempts=1)

    error = failure(clients.operation("identity", "list_regions"))

    assert type(error) is errors.Unavailable
    assert error.message == "identity.list_regions: no answer (ConnectionError)"
    assert "Check the network" in error.advice


def test_an_answer_that_is_too_late_is_a_failure_that_may_pass(sandbox, clients_of):
    sandbox.fault("latency", operation="list_regions", seconds=1)

    error = failure(clients_of(max_attempts=1, read_timeout_seconds=0.1).operation("identity", "list_regions"))

    assert type(error) is errors.Unavailable
    assert "no answer (ReadTimeout" in error.message


def test_a_request_that_the_sdk_refuses_is_bad_input(clients):
    assert type(failure(clients.operation("budget", "get_budget"), "  ")) is errors.BadInput
    assert type(failure(clients.operation("budget", "get_budget"), "x", nonsense=1)) is errors.BadInput


def test_no_secret_of_an_answer_is_told(sandbox, clients):
    with (
        pytest.raises(errors.Denied) as raised,
        clients.errors("database", "generate_autonomous_database_wallet"),
    ):
        raise oci.exceptions.ServiceError(
            403, "NotAllowed", {"opc-request-id": "R1"}, "password=Welcome1 of https://o.com/p/Zx81kk/n/ns is refused"
        )

    assert "Welcome1" not in str(raised.value)
    assert "Zx81kk" not in str(raised.value)
    assert "opc-request-id R1" in str(raised.value)


def test_an_error_keeps_the_one_it_comes_from(sandbox, clients):
    error = failure(clients.operation("budget", "get_budget"), "ocid1.budget.oc1..none")

    assert isinstance(error.__cause__, oci.exceptions.ServiceError)
