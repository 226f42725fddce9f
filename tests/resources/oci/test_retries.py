"""Which calls are repeated, seen from the server: how many requests reached it, and for how long."""

import time

import oci
import pytest

from resources import patience
from resources.errors import BadInput, CloudOpsError, Conflict, Throttled, Unavailable
from resources.oci.retries import Limits, never, repeated

BUDGET = oci.budget.models.CreateBudgetDetails(
    compartment_id="ocid1.tenancy.oc1..x", amount=10, reset_period="MONTHLY", target_type="COMPARTMENT", targets=["x"]
)
MESSAGES = oci.streaming.models.PutMessagesDetails(messages=[oci.streaming.models.PutMessagesDetailsEntry(value="eA==")])


def reached(sandbox, operation, call):
    """Requests of a call that ends with an error, and that error."""
    sandbox.count_requests(operation)
    with pytest.raises(CloudOpsError) as raised:
        call()
    return sandbox.requests(operation), type(raised.value)


def list_regions(clients):
    return lambda: clients.operation("identity", "list_regions")()


class TestWhatMayBeSentTwice:
    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_a_reading_call_outlives_failures_of_the_service(self, sandbox, clients, status):
        sandbox.count_requests("list_regions")
        sandbox.fault("status", operation="list_regions", status=status, times=3)

        assert list_regions(clients)().data
        assert sandbox.requests("list_regions") == 4

    @pytest.mark.parametrize("kind", ["drop", "drop_after"])
    def test_a_reading_call_outlives_a_broken_connection(self, sandbox, clients, kind):
        sandbox.count_requests("list_regions")
        sandbox.fault(kind, operation="list_regions", times=2)

        assert list_regions(clients)().data
        assert sandbox.requests("list_regions") == 3

    def test_a_reading_call_outlives_an_answer_that_is_too_late(self, sandbox, clients_of):
        sandbox.fault("latency", operation="list_regions", seconds=1, times=1)

        assert list_regions(clients_of(read_timeout_seconds=0.2))().data

    def test_a_call_is_given_up_after_so_many_attempts(self, sandbox, clients_of):
        sandbox.fault("status", operation="list_regions", status=503)

        assert reached(sandbox, "list_regions", list_regions(clients_of(max_attempts=3))) == (3, Unavailable)

    def test_no_attempt_begins_after_whoever_asks_has_gone(self, sandbox, clients_of):
        sandbox.fault("status", operation="list_regions", status=429)
        patient = clients_of(max_attempts=50, first_wait_seconds=0.2, longest_wait_seconds=0.2)
        started = time.monotonic()
        with patience.within(60), patience.within(0.5):
            requests, kind = reached(sandbox, "list_regions", list_regions(patient))
        assert (requests > 1, kind) == (True, Throttled)
        assert time.monotonic() - started < 5
        assert patience.left() == float("inf")

    def test_one_attempt_is_one(self, sandbox, clients_of):
        sandbox.fault("status", operation="list_regions", status=429)

        assert reached(sandbox, "list_regions", list_regions(clients_of(max_attempts=1))) == (1, Throttled)

    @pytest.mark.parametrize(
        ("status", "code", "error"),
        [
            (400, "InvalidParameter", "BadInput"),
            (401, "NotAuthenticated", "Denied"),
            (404, "NotAuthorizedOrNotFound", "NotFound"),
            (409, "IncorrectState", "Conflict"),
            (409, "LockConflict", "Conflict"),
            (412, "NoEtagMatch", "Conflict"),
            (501, "NotImplemented", "BadInput"),
        ],
    )
    def test_an_answer_that_a_repeat_does_not_change_is_final(self, sandbox, clients, status, code, error):
        sandbox.fault("status", operation="list_regions", status=status, code=code)

        requests, kind = reached(sandbox, "list_regions", list_regions(clients))

        assert (requests, kind.__name__) == (1, error)

    def test_a_question_that_is_a_post_is_repeated_as_well(self, sandbox, clients):
        sandbox.fault("status", operation="summarize_metrics_data", status=503)
        details = oci.monitoring.models.SummarizeMetricsDataDetails(namespace="n", query="CpuUtilization[1m].mean()")

        def call():
            clients.operation("monitoring", "summarize_metrics_data")(sandbox.tenancy, details)

        assert reached(sandbox, "summarize_metrics_data", call) == (5, Unavailable)

    def test_deleting_and_replacing_are_repeated(self, sandbox, clients):
        for operation, arguments in (
            ("delete_budget", ["ocid1.budget.oc1..x"]),
            ("update_budget", ["ocid1.budget.oc1..x", oci.budget.models.UpdateBudgetDetails(amount=5)]),
        ):
            sandbox.fault("status", operation=operation, status=503)

            def call(operation=operation, arguments=arguments):
                clients.operation("budget", operation)(*arguments)

            assert reached(sandbox, operation, call) == (5, Unavailable)


class TestWhatMayBeSentOnlyOnce:
    @pytest.mark.parametrize(
        "fault", [{"kind": "status", "status": 503}, {"kind": "status", "status": 429}, {"kind": "drop_after"}]
    )
    def test_a_creation_without_a_token_is_sent_once(self, sandbox, clients, fault):
        sandbox.fault(**fault, operation="create_budget")

        requests, _ = reached(sandbox, "create_budget", lambda: clients.operation("budget", "create_budget")(BUDGET))

        assert requests == 1

    def test_messages_are_sent_once(self, sandbox, clients):
        sandbox.fault("status", operation="put_messages", status=503)
        put = clients.operation("streaming_messages", "put_messages")

        assert reached(sandbox, "put_messages", lambda: put("ocid1.stream.oc1..x", MESSAGES)) == (1, Unavailable)

    def test_a_creation_with_the_callers_token_is_repeated_and_done_once(self, sandbox, clients):
        sandbox.count_requests("create_budget")
        sandbox.fault("drop_after", operation="create_budget", times=2)
        details = oci.budget.models.CreateBudgetDetails(
            compartment_id=sandbox.tenancy,
            amount=10,
            reset_period="MONTHLY",
            target_type="COMPARTMENT",
            targets=[sandbox.tenancy],
            display_name="once",
        )

        made = clients.operation("budget", "create_budget")(details, opc_retry_token="budget-of-november")

        found = clients.operation("budget", "list_budgets")(sandbox.tenancy).data
        assert [b.id for b in found if b.display_name == "once"] == [made.data.id]
        assert sandbox.requests("create_budget") == 3

    @pytest.mark.parametrize("token", [None, "drill-7"])
    def test_a_change_of_role_is_never_repeated_in_a_wrong_state(self, sandbox, clients, token):
        sandbox.fault("status", operation="generate_autonomous_database_wallet", status=409, code="IncorrectState")
        sandbox.fault("status", operation="restart_autonomous_database", status=409, code="IncorrectState")
        details = oci.database.models.GenerateAutonomousDatabaseWalletDetails(password="Welcome1234#")
        more = {"opc_retry_token": token} if token else {}

        wallet = clients.operation("database", "generate_autonomous_database_wallet")
        restart = clients.operation("database", "restart_autonomous_database")

        assert reached(sandbox, wallet.__name__, lambda: wallet("ocid1.x", details, **more)) == (1, Conflict)
        assert reached(sandbox, restart.__name__, lambda: restart("ocid1.x")) == (1, Conflict)

    def test_a_call_may_be_told_to_be_sent_once(self, sandbox, clients):
        sandbox.fault("status", operation="list_regions", status=503)
        call = clients.operation("identity", "list_regions")

        assert reached(sandbox, "list_regions", lambda: call(retry_strategy=never())) == (1, Unavailable)

    def test_a_call_may_be_told_to_be_repeated(self, sandbox, clients):
        sandbox.fault("status", operation="create_budget", status=503)
        call = clients.operation("budget", "create_budget")
        limits = Limits(attempts=2, first_wait=0.01)

        assert reached(sandbox, "create_budget", lambda: call(BUDGET, retry_strategy=repeated(limits))) == (2, Unavailable)


class TestTime:
    def test_no_attempt_begins_after_the_time_is_over(self, sandbox, clients_of):
        sandbox.fault("status", operation="list_regions", status=503)
        clients = clients_of(
            max_attempts=1000, retry_seconds=0.5, first_wait_seconds=0.1, longest_wait_seconds=0.1, breaker_failures=0
        )
        clients.client("identity")

        began = time.monotonic()
        requests, _ = reached(sandbox, "list_regions", list_regions(clients))

        assert time.monotonic() - began < 1
        assert 3 < requests < 100

    def test_the_bound_of_a_wait_doubles_up_to_the_longest(self):
        limits = Limits(first_wait=1, longest_wait=5)

        assert [limits.wait(attempt) for attempt in (1, 2, 3, 4, 5)] == [1, 2, 4, 5, 5]

    def test_no_wait_is_longer_than_its_bound(self, sandbox, clients_of):
        sandbox.fault("status", operation="list_regions", status=503)
        clients = clients_of(max_attempts=4, first_wait_seconds=0.05, longest_wait_seconds=0.1)
        clients.client("identity")

        began = time.monotonic()
        reached(sandbox, "list_regions", list_regions(clients))

        assert time.monotonic() - began < 0.05 + 0.1 + 0.1 + 0.5


class TestCircuitBreaker:
    def test_a_service_that_fails_again_and_again_is_not_asked_for_a_while(self, sandbox, clients_of):
        sandbox.fault("status", operation="list_regions", status=503)
        clients = clients_of(max_attempts=1, breaker_failures=3, breaker_seconds=1)

        requests, _ = reached(sandbox, "list_regions", list_regions(clients))
        for _ in range(9):
            with pytest.raises(Unavailable) as raised:
                list_regions(clients)()

        assert requests + sandbox.requests("list_regions") - 1 == 3
        assert "failed again and again" in str(raised.value)

    def test_an_open_breaker_ends_a_call_at_once(self, sandbox, clients_of):
        sandbox.fault("status", operation="list_regions", status=503)
        clients = clients_of(max_attempts=100, breaker_failures=3)

        assert reached(sandbox, "list_regions", list_regions(clients)) == (3, Unavailable)

    def test_it_is_of_one_service_alone(self, sandbox, clients_of):
        sandbox.fault("status", operation="list_regions", status=503)
        clients = clients_of(max_attempts=3, breaker_failures=3)
        with pytest.raises(Unavailable):
            list_regions(clients)()

        assert clients.operation("object_storage", "get_namespace")().data

    def test_throttles_and_conflicts_do_not_open_it(self, sandbox, clients_of):
        clients = clients_of(max_attempts=1, breaker_failures=2)
        for status, code, error in ((429, "", Throttled), (409, "IncorrectState", Conflict), (400, "InvalidParameter", BadInput)):
            sandbox.fault("status", operation="list_regions", status=status, code=code, times=4)
            for _ in range(4):
                with pytest.raises(error):
                    list_regions(clients)()

        assert list_regions(clients)().data

    def test_it_can_be_left_out(self, sandbox, clients_of):
        sandbox.fault("status", operation="list_regions", status=503)

        calls = list_regions(clients_of(max_attempts=30, breaker_failures=0))

        assert reached(sandbox, "list_regions", calls) == (30, Unavailable)
