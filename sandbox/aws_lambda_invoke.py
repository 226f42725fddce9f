"""Invoking functions, by the API reference of AWS Lambda ("API_Invoke"); every call is told to CloudWatch."""

from __future__ import annotations

import json
import threading
import uuid

from sandbox.aws_lambda_errors import LambdaError, conflict, throttled
from sandbox.aws_lambda_functions import found
from sandbox.aws_lambda_metrics import record
from sandbox.aws_lambda_requests import Answer, Call
from sandbox.aws_lambda_runtime import Run, run
from sandbox.aws_lambda_state import Function, Version

_MOST_EVENT = 6_291_556
"""Bytes of an event of a call that waits. Source: "Lambda quotas"."""


def invoke(call: Call) -> Answer:
    """Call a function and wait, or not (`Event`), or only ask whether it could be called (`DryRun`)."""
    function, version, qualifier = found(call)
    if qualifier in function.aliases:
        version = _drawn(call, function, str(qualifier))
    event = call.get("Payload") or b"{}"
    _check(event)
    kind = call.get("InvocationType", "RequestResponse")
    if kind == "DryRun":
        return Answer(204, b"", {"X-Amz-Executed-Version": version.number})
    if function.reserved == 0:
        record(call.space.account, call.space.region, function.name, qualifier=qualifier, throttled=True)
        raise throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
    if not version.is_ready and version.before is None:
        said = "The operation cannot be performed at this time. The function is currently in the following state: Pending"
        raise conflict(said)
    request = str(uuid.uuid4())
    if kind == "Event":
        threading.Thread(target=_run, args=(call, function, version, qualifier, event, request), daemon=True).start()
        return Answer(202, b"", {"x-amzn-RequestId": request})
    done = _run(call, function, version, qualifier, event, request)
    headers = {"Content-Type": "application/json", "X-Amz-Executed-Version": version.number, "x-amzn-RequestId": request}
    if done.error:
        headers["X-Amz-Function-Error"] = done.error
    if call.get("LogType") == "Tail":
        headers["X-Amz-Log-Result"] = done.tail
    return Answer(200, done.payload, headers)


def _run(call: Call, function: Function, version: Version, qualifier: str | None, event: bytes, request: str) -> Run:
    """While a function is being changed, what it was before runs."""
    changing = not version.is_ready and version.before is not None
    configuration = version.before if changing and version.before else version.configuration
    arn = f"{function.arn}:{qualifier}" if qualifier else function.arn
    done = run(function, version, configuration, event, request, arn, call.endpoint)
    account, region = call.space.account, call.space.region
    executed = version.number if qualifier in function.aliases else None
    record(
        account,
        region,
        function.name,
        qualifier=qualifier,
        executed=executed,
        duration_ms=done.duration_ms,
        error=bool(done.error),
    )
    return done


def _drawn(call: Call, function: Function, alias: str) -> Version:
    """A version of an alias, by its weights."""
    chosen = function.aliases[alias]
    with call.cloud.lock:
        share = call.cloud.drawn.random()
    for number, weight in chosen.weights.items():
        share -= weight
        if share < 0:
            return function.versions[number]
    return function.versions.get(chosen.version, function.latest)


def _check(event: bytes) -> None:
    if len(event) > _MOST_EVENT:
        raise LambdaError(413, "RequestTooLargeException", f"{len(event)} byte payload is too large (limit {_MOST_EVENT} bytes)")
    try:
        json.loads(event)
    except ValueError as error:
        raise LambdaError(400, "InvalidRequestContentException", f"Could not parse request body into json: {error}") from error
