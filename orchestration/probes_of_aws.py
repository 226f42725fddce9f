"""What `cloudops doctor` asks of AWS, its buckets aside."""

from collections.abc import Callable

from orchestration.doctor import Answer, Probe
from orchestration.probes_of_oci import skew
from resources.aws import identity
from resources.aws.clients import AwsClients
from resources.clock import Clock
from resources.errors import CloudOpsError

_IN_SHORT = {"max_attempts": 2, "read_timeout_seconds": 15.0}
"""A person waits for the answer, and asks again if need be."""
_CHANGES = "Allow budgets:ModifyBudget and budgets:TagResource on arn:aws:budgets::*:budget/cloudops-*."
_ACTIONS = "If actions are to be approved, allow what LookAtResources and ActOnResources of deploy/policies/aws.json name."


def of_aws(wired: AwsClients | None, clock: Clock, lacking: str) -> list[Probe]:
    """Probes of the account.

    Args:
        wired: Its clients; None if they cannot be made.
        clock: This machine's.
        lacking: What has to be set first, if they cannot.
    """
    absent = Answer("AWS is not set up in this deployment", "not configured", lacking)
    clients = None if wired is None else wired.model_copy(update=_IN_SHORT)

    def probe(name: str, purpose: str, ask: Callable[[AwsClients], Answer]) -> Probe:
        return Probe(name, "aws", purpose, lambda: absent if clients is None else ask(clients))

    return [
        probe("caller", "every request is signed by it", _caller),
        probe("clock", "signatures hold only if it is right", lambda found: _clock(found, clock)),
        probe("budgets", "those of the product are kept up to date", _budgets),
        probe("budgets: changing", "budgets and their notifications are made", lambda _: _changing()),
        probe("metrics", "which metrics the region has", _metrics),
        probe("metrics: values", "utilisation is read from them", lambda found: _values(found, clock)),
        probe("actions: changing", "approved actions are carried out", lambda _: _acting()),
    ]


def _caller(clients: AwsClients) -> Answer:
    found = identity.caller(clients)
    return Answer(f"account {found.account}, {found.arn}, region {found.region}")


def _clock(clients: AwsClients, clock: Clock) -> Answer:
    try:
        told = identity.told_time(clients)
    except CloudOpsError:
        told = None
    return skew("AWS", told, clock.now(), identity.MOST_SKEW)


def _budgets(clients: AwsClients) -> Answer:
    identity.see_budgets(clients)
    return Answer("budgets can be seen")


def _changing() -> Answer:
    return Answer("nothing is changed here", "not checked", _CHANGES)


def _acting() -> Answer:
    return Answer("nothing is changed here", "not checked", _ACTIONS)


def _metrics(clients: AwsClients) -> Answer:
    identity.list_metrics(clients)
    return Answer("metrics can be listed")


def _values(clients: AwsClients, clock: Clock) -> Answer:
    identity.read_metrics(clients, clock.now())
    return Answer("values of metrics can be read")
