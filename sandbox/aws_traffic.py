"""Lets CloudWatch tell the calls of the demo company's functions (`lambda_traffic`) out of what the embedded Lambda knows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse

from sandbox import aws_functions, aws_lambda, aws_lambda_metrics
from sandbox.aws_lambda_errors import LambdaError
from sandbox.aws_lambda_requests import Answer
from sandbox.aws_lambda_state import LATEST, Configuration, Function, Version
from sandbox.lambda_traffic import CALLED, Traffic

_LOCK = threading.Lock()


def extend() -> None:
    """Let moto bring the calls up to date before it answers, in this process; once, when the functions are there."""
    former: Callable[[CloudWatchResponse], Any] = CloudWatchResponse.get_metric_data
    healthy = {version.configuration for function in _all() for version in function.all_versions()}
    tried = dict.fromkeys(healthy, False)
    traffic: list[Traffic] = []
    begun = datetime.now(UTC)

    def share(arn: str, moment: datetime) -> float | None:
        function = _found(arn)
        return None if function is None else _share(function, moment, tried)

    def answer(self: CloudWatchResponse) -> Any:  # noqa: ANN401  # whatever moto answers
        with _LOCK:
            # made when first asked for: the weeks before take a second
            if not traffic:
                traffic.append(Traffic(_put, share, begun))
            traffic[0].catch_up(datetime.now(UTC))
        return former(self)

    CloudWatchResponse.get_metric_data = answer


def _all() -> list[Function]:
    return [function for space in aws_lambda.CLOUD.spaces.values() for function in space.functions.values()]


def _found(arn: str) -> Function | None:
    _, _, _, region, account, _, name = arn.split(":")
    return aws_lambda.CLOUD.space(account, region).functions.get(name)


def _share(function: Function, moment: datetime, tried: dict[Configuration, bool]) -> float:
    """Share of the calls that fail, by the versions that are called."""
    alias = function.aliases.get(CALLED)
    others = dict(alias.weights) if alias else {}
    called = {**others, alias.version if alias else LATEST: 1 - sum(others.values())}
    versions = {version.number: version for version in function.all_versions()}
    return sum(
        weight for number, weight in called.items() if number in versions and _fails(function, versions[number], moment, tried)
    )


def _fails(function: Function, version: Version, moment: datetime, tried: dict[Configuration, bool]) -> bool:
    """Whether calls of a version fail: before its last change, they did not."""
    if moment < version.modified.replace(second=0, microsecond=0):
        return False
    if version.configuration not in tried:
        tried[version.configuration] = _raises(function, version)
    return tried[version.configuration]


def _raises(function: Function, version: Version) -> bool:
    """Whether a call of a version ends with an error; not if this machine cannot run it."""
    _, _, _, region, account, _, name = function.arn.split(":")
    about = {"FunctionName": name, "Qualifier": version.number, "Payload": b"{}"}
    try:
        answer = aws_functions.ask(account, region, datetime.now(UTC), "Invoke", **about)
    except LambdaError:
        return False
    return isinstance(answer, Answer) and "X-Amz-Function-Error" in answer.headers


def _put(arn: str, values: Mapping[str, float], moment: datetime, alias: str | None) -> None:
    _, _, _, region, account, _, name = arn.split(":")
    aws_lambda_metrics.put(account, region, name, dict(values), qualifier=alias, at=moment)
