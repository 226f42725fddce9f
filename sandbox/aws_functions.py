"""The demo company's Lambda functions and layers, put into the embedded AWS when it starts.

What was done to them since is done again afterwards (`aws_state`): the same numbers and revisions come out of the same requests.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sandbox import aws_lambda
from sandbox.aws_estate import ACCOUNTS
from sandbox.aws_lambda_requests import Answer, Call
from sandbox.lambda_code import function as code_of
from sandbox.lambda_code import layer as content_of
from sandbox.lambda_estate import Function, Layer, functions, layers
from sandbox.lambda_truth import resolved

_FIRST_AGE, _DAYS_BETWEEN, _LATEST_AGE = 150, 60, 20


def put(last: date) -> None:
    """Let layers and functions exist.

    Args:
        last: Last day of the scenario, from which ages are counted.
    """
    for layer in layers():
        _publish(layer, last)
    for function in functions():
        _create(function, last)
    for layer in layers():
        for version in layer.deleted:
            where = ACCOUNTS[layer.account], layer.region, _days_before(last, 1)
            ask(*where, "DeleteLayerVersion", LayerName=layer.name, VersionNumber=version)


def ask(account: str, region: str, moment: datetime, operation: str, **parameters: object) -> Answer | dict[str, Any] | None:
    """Do an operation of Lambda in an account as if it was asked for at that moment."""
    cloud = aws_lambda.CLOUD
    caller = f"arn:aws:iam::{account}:user/acme"
    return aws_lambda.carried_out(operation, Call(cloud, cloud.space(account, region), caller, parameters, moment, ""))


def _publish(layer: Layer, last: date) -> None:
    account = ACCOUNTS[layer.account]
    for number, (version, age) in enumerate(zip(layer.versions, layer.ages, strict=True), 1):
        where = account, layer.region, _days_before(last, age)
        ask(
            *where, "PublishLayerVersion", LayerName=layer.name, Content={"ZipFile": content_of(layer.package, version)},
            Description=f"{layer.package} {version}", CompatibleRuntimes=list(layer.runtimes), CompatibleArchitectures=["x86_64"],
            LicenseInfo="MIT",
        )  # fmt: skip
        for principal in layer.granted.get(number, ()):
            statement = "everybody" if principal == "*" else f"account-{principal}"
            ask(
                *where, "AddLayerVersionPermission", LayerName=layer.name, VersionNumber=number, StatementId=statement,
                Action="lambda:GetLayerVersion", Principal=principal,
            )  # fmt: skip


def _create(function: Function, last: date) -> None:
    account, region = ACCOUNTS[function.account], function.region
    names = {"FunctionName": function.name}

    def at(age: int, operation: str, **parameters: object) -> None:
        ask(account, region, _days_before(last, age), operation, **names, **parameters)

    for number, wanted in enumerate(function.history):
        age = _FIRST_AGE - number * _DAYS_BETWEEN
        if number:
            at(age, "UpdateFunctionConfiguration", Layers=_arns(function, wanted))
        else:
            at(
                age, "CreateFunction", Runtime=function.runtime, Role=f"arn:aws:iam::{account}:role/acme-functions",
                Handler="index.handler", Code={"ZipFile": code_of(function.purpose)}, MemorySize=function.memory_mb, Timeout=10,
                Layers=_arns(function, wanted), Tags=dict(function.tags),
            )  # fmt: skip
        at(age, "PublishVersion", Description=f"release {number + 1}")
    if function.latest is not None:
        at(_LATEST_AGE, "UpdateFunctionConfiguration", Layers=_arns(function, function.latest))
    for name, version in function.aliases.items():
        other = function.weights.get(name)
        routing = {"RoutingConfig": {"AdditionalVersionWeights": {str(other[0]): other[1]}}} if other else {}
        at(_LATEST_AGE, "CreateAlias", Name=name, FunctionVersion=str(version), **routing)


def _arns(function: Function, said: tuple[str, ...]) -> list[str]:
    return [layer.arn(version) for layer, version in (resolved(function, one) for one in said)]


def _days_before(last: date, days: int) -> datetime:
    return datetime.combine(last, time(9), UTC) - timedelta(days=days)
