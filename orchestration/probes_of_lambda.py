"""What `cloudops doctor` asks of Lambda: all that is read in each account and region, of the first thing that is there."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

from orchestration.doctor import Answer, Probe
from resources.aws.lambda_service import AwsLambda
from resources.clock import Clock
from resources.errors import Denied, NotFound
from resources.lambda_layers import Function, LayerVersion, MetricQuery, Place
from resources.lambda_service import LambdaService

_READING, _CHANGING, _TESTING = "functions and layers", "functions and layers: changing", "layers: test role"
_PURPOSES = {
    _READING: "who uses which layer is read",
    _CHANGING: "layers are published, rolled out and removed",
    _TESTING: "layers are tested by temporary functions",
}
_CHANGES = (
    "Allow what ChangeFunctions, ManageLayers and TestFunctions of deploy/policies/aws-lambda-account.json name, "
    "and PublishMetrics of deploy/policies/aws.json."
)
_IN_SHORT = {"max_attempts": 2, "read_timeout_seconds": 15.0}
_HOUR = timedelta(hours=1)


def of_lambda(service: LambdaService | None, clock: Clock, lacking: str) -> list[Probe]:
    """Probes of functions and layers: one for the caller's account, one for each that is entered by a role.

    Args:
        service: Functions and layers; None if they cannot be asked for.
        clock: This machine's.
        lacking: What has to be set first, if they cannot.
    """
    if service is None:
        nothing = Answer("AWS Lambda is not set up in this deployment", "not configured", lacking)
        return [Probe(name, "aws", purpose, lambda: nothing) for name, purpose in _PURPOSES.items()]
    others: list[str] = []
    if isinstance(service, AwsLambda):
        service = service.model_copy(update={"clients": service.clients.model_copy(update=_IN_SHORT), "repeat_seconds": 5.0})
        others = service.accounts
    return [
        Probe(_READING, "aws", _PURPOSES[_READING], lambda: _reading(service, "", clock)),
        *(_of_account(service, account, clock) for account in others),
        Probe(_CHANGING, "aws", _PURPOSES[_CHANGING], lambda: Answer("nothing is changed here", "not checked", _CHANGES)),
        Probe(_TESTING, "aws", _PURPOSES[_TESTING], lambda: _testing(service)),
    ]


def _of_account(service: LambdaService, account: str, clock: Clock) -> Probe:
    purpose = f"the same in account {account}"
    return Probe(f"{_READING}: {account}", "aws", purpose, lambda: _reading(service, account, clock))


def _reading(service: LambdaService, account: str, clock: Clock) -> Answer:
    """Whether everything that is read of an account can be read in each of its regions.

    Args:
        service: Functions and layers.
        account: Its number; the caller's own if empty.
        clock: Until when metrics are asked for.
    """
    places = service.places()
    here = [place for place in places if place.account == (account or places[0].account)]
    said: dict[str, str] = {}
    for place in here:
        for ask in _questions(service, place, clock):
            try:
                ask()
            except Denied as error:
                said[error.advice] = error.message
            except NotFound:
                continue  # removed since it was listed
    regions = ", ".join(place.region for place in here)
    if said:
        return Answer("; ".join(said.values()), "missing", " ".join(said))
    return Answer(f"account {here[0].account} can be read in {regions}")


def _questions(service: LambdaService, place: Place, clock: Clock) -> Iterator[Callable[[], object]]:
    """Each call by itself, the lists first; what a function or a layer is needed for is left out where there is none."""
    functions: list[Function] = []
    layers: list[str] = []
    versions: list[LayerVersion] = []
    yield lambda: functions.extend(islice(service.functions(place, all_versions=False), 1))
    yield lambda: layers.extend(service.layers(place))
    yield lambda: service.code_storage(place)
    for name, arn in [(found.name, found.arn) for found in functions]:
        yield partial(service.function, place, name)
        yield partial(service.aliases, place, name)
        yield partial(service.tags, place, arn)
        query = MetricQuery(name, "Errors", "Sum")
        yield partial(service.metrics, place, [query], clock.now() - _HOUR, clock.now(), 3600)
    if layers:
        yield lambda: versions.extend(service.layer_versions(place, layers[0]))
    for version in versions[:1]:
        yield partial(service.layer_version, version.arn)
        yield partial(service.grants, version.arn)


def _testing(service: LambdaService) -> Answer:
    if isinstance(service, AwsLambda) and not service.test_role:
        advice = "Set CLOUDOPS_LAMBDA_TEST_ROLE to an execution role that each account has."
        return Answer("no role is named: layers are tested on this machine alone", "not configured", advice)
    advice = "Each account needs that role, which Lambda may assume, and iam:PassRole on it."
    return Answer("a function would have to be made", "not checked", advice)
