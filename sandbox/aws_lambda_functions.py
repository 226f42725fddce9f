"""Operations on functions, by the API reference of AWS Lambda ("API_CreateFunction", "API_ListFunctions", …).

Not sourced: the order of lists, wording of refusals, that a concurrency of 0 alone throttles, and which settings are only kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sandbox.aws_lambda_errors import LambdaError, conflict, invalid, not_found, stale
from sandbox.aws_lambda_layers import CONTENT, content_of
from sandbox.aws_lambda_requests import Call
from sandbox.aws_lambda_state import (
    LATEST,
    MOST_UNZIPPED,
    MOST_ZIPPED,
    Configuration,
    Function,
    LayerVersion,
    Package,
    Space,
    Version,
    page,
)

MOST_LAYERS, MOST_LISTED, _MOST_CONCURRENT = 5, 50, 1000
_NAME = re.compile(r"(?:arn:[^:]+:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([\w-]+)(?::([$\w-]+))?")
_LAYER = re.compile(r"arn:[^:]+:lambda:([^:]+):(\d{12}):layer:([^:]+):(\d+)")
_STATES = ("State", "StateReason", "StateReasonCode", "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode")
"""Fields that ListFunctions leaves out. Source: "API_ListFunctions"."""
_KEPT = ("VpcConfig", "DeadLetterConfig", "KMSKeyArn", "TracingConfig", "FileSystemConfigs", "ImageConfig", "EphemeralStorage",
         "SnapStart", "LoggingConfig")  # fmt: skip


def list_functions(call: Call) -> dict[str, Any]:
    """Functions, or with `FunctionVersion=ALL` each of their versions; never more than 50 of a page."""
    every = call.get("FunctionVersion") == "ALL"
    keys, rows = call.space.by_version if every else call.space.by_name
    found, more = page(keys, rows, call.get("Marker"), min(call.get("MaxItems", MOST_LISTED), MOST_LISTED))
    told = [described(function, version, qualified=every) for function, version in found]
    return {"Functions": [{name: row[name] for name in row if name not in _STATES} for row in told], **more}


def create_function(call: Call) -> dict[str, Any]:
    """A new function."""
    name, _ = named(call)
    if name in call.space.functions:
        raise conflict(f"Function already exist: {name}")
    if call.get("PackageType", "Zip") != "Zip":
        raise LambdaError(501, "NotImplemented", "The embedded Lambda makes functions of zips alone.")
    if "Runtime" not in call.given or "Handler" not in call.given:
        raise invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
    package = content_of(call, call["Code"])
    _check_storage(call, package)
    configuration = _configured(call, Configuration(package, call["Runtime"], call["Handler"], call["Role"]))
    arn = f"{call.space.prefix}:function:{name}"
    latest = Version(LATEST, configuration, call.moment, "", call.cloud.ready_from(call.moment))
    made = Function(name, arn, latest, dict(call.get("Tags", {})))
    renew(call, made)
    call.space.functions[name] = made
    call.space.changed()
    if call.get("Publish"):
        from sandbox.aws_lambda_versions import published

        return described(made, published(call, made, ""), qualified=True)
    return described(made, made.latest)


def get_function(call: Call) -> dict[str, Any]:
    """A function with its code's address, tags and concurrency."""
    function, version, qualifier = found(call)
    told = {
        "Configuration": described(function, version, qualifier=qualifier),
        "Code": {"RepositoryType": "S3", "Location": _location(call, function, version)},
        "Tags": function.tags,
    }
    if function.reserved is not None:
        told["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return {name: value for name, value in told.items() if value != {}}


def get_function_configuration(call: Call) -> dict[str, Any]:
    """A function without its code."""
    function, version, qualifier = found(call)
    return described(function, version, qualifier=qualifier)


def update_function_configuration(call: Call) -> dict[str, Any]:
    """Change what `$LATEST` is run with; what is not given stays."""
    function = changeable(call)
    _change(call, function, _configured(call, function.latest.configuration))
    return described(function, function.latest)


def update_function_code(call: Call) -> dict[str, Any]:
    """Change the code of `$LATEST`."""
    function = changeable(call)
    package = content_of(call, call.given)
    before = function.latest.configuration
    _check_size(package, before.layers)
    _check_storage(call, package)
    changed = replace(before, package=package, architectures=tuple(call.get("Architectures", before.architectures)))
    if call.get("DryRun"):
        return described(function, replace(function.latest, configuration=changed))
    _change(call, function, changed)
    if call.get("Publish"):
        from sandbox.aws_lambda_versions import published

        return described(function, published(call, function, ""), qualified=True)
    return described(function, function.latest)


def delete_function(call: Call) -> None:
    """Delete a function, or one of its versions that no alias names."""
    name, qualifier = named(call)
    function = function_of(call.space, name)
    if qualifier is None:
        del call.space.functions[name]
    elif qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    elif qualifier in function.versions:
        used = [alias.name for alias in function.aliases.values() if qualifier in (alias.version, *alias.weights)]
        if used:
            raise conflict(f"Version {qualifier} of {function.arn} is used by aliases {used}")
        del function.versions[qualifier]
    else:
        raise not_found(f"Function not found: {function.arn}:{qualifier}")
    call.space.changed()


def put_function_concurrency(call: Call) -> dict[str, Any]:
    """Reserve executions for a function; 0 stops it."""
    function = _whole(call)
    function.reserved = call["ReservedConcurrentExecutions"]
    return {"ReservedConcurrentExecutions": function.reserved}


def get_function_concurrency(call: Call) -> dict[str, Any]:
    """What is reserved."""
    reserved = _whole(call).reserved
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


def delete_function_concurrency(call: Call) -> None:
    """Reserve nothing."""
    _whole(call).reserved = None


def list_tags(call: Call) -> dict[str, Any]:
    """Tags of a function."""
    return {"Tags": _tagged(call).tags}


def tag_resource(call: Call) -> None:
    """Add tags, or change them; the function's revision is another then (source: as of `Version`)."""
    function = _tagged(call)
    function.tags.update(call["Tags"])
    renew(call, function)


def untag_resource(call: Call) -> None:
    """Take tags away."""
    function = _tagged(call)
    for key in call["TagKeys"]:
        function.tags.pop(key, None)
    renew(call, function)


def get_account_settings(call: Call) -> dict[str, Any]:
    """Limits of the account in this region, and what is used of them."""
    limits = {
        "TotalCodeSize": call.cloud.most_stored,
        "CodeSizeUnzipped": MOST_UNZIPPED,
        "CodeSizeZipped": MOST_ZIPPED,
        "ConcurrentExecutions": _MOST_CONCURRENT,
        "UnreservedConcurrentExecutions": _MOST_CONCURRENT - sum(f.reserved or 0 for f in call.space.functions.values()),
    }
    used = {"TotalCodeSize": call.space.stored_bytes(), "FunctionCount": len(call.space.functions)}
    return {"AccountLimit": limits, "AccountUsage": used}


def named(call: Call) -> tuple[str, str | None]:
    """Name and qualifier of the function that a request is about.

    Raises:
        LambdaError: It is another account's or region's, or two different qualifiers are given.
    """
    match = _NAME.fullmatch(call["FunctionName"])
    if match is None:
        raise invalid(f"{call['FunctionName']} is no function's name.")
    region, account, name, inner = match.groups()
    if region not in (None, call.space.region) or account not in (None, call.space.account):
        raise not_found(f"Function not found: {call['FunctionName']}")
    outer = call.get("Qualifier")
    if inner and outer and inner != outer:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    return name, outer or inner


def function_of(space: Space, name: str) -> Function:
    """A function by its name.

    Raises:
        LambdaError: It is not there.
    """
    function = space.functions.get(name)
    if function is None:
        raise not_found(f"Function not found: {space.prefix}:function:{name}")
    return function


def found(call: Call) -> tuple[Function, Version, str | None]:
    """Function, version and qualifier of a request; an alias leads to its version."""
    name, qualifier = named(call)
    function = function_of(call.space, name)
    if qualifier in (None, LATEST):
        return function, function.latest, qualifier
    number = function.aliases[qualifier].version if qualifier in function.aliases else qualifier
    version = function.latest if number == LATEST else function.versions.get(str(number))
    if version is None:
        raise not_found(f"Function not found: {function.arn}:{qualifier}")
    return function, version, qualifier


def changeable(call: Call) -> Function:
    """The function that a request wants to change.

    Raises:
        LambdaError: It is not there, of another revision, or changes already.
    """
    name, qualifier = named(call)
    function = function_of(call.space, name)
    if qualifier not in (None, LATEST):
        raise invalid("This operation is permitted on Lambda functions only. Aliases and versions do not support this operation.")
    if "RevisionId" in call.given and call["RevisionId"] != function.latest.revision:
        raise stale("GetFunction")
    if not function.latest.is_ready:
        said = "An update is in progress for resource" if function.latest.before else "The function is currently in state Pending"
        raise conflict(f"The operation cannot be performed at this time. {said}: {function.arn}")
    return function


def renew(call: Call, function: Function) -> None:
    """Give `$LATEST` its next revisions: one for as long as it is not ready, and one for then."""
    latest = function.latest
    latest.first_revision, latest.last_revision = (call.space.revision(f"function {function.name}") for _ in range(2))


def described(function: Function, version: Version, *, qualified: bool = False, qualifier: str | None = None) -> dict[str, Any]:
    """A FunctionConfiguration.

    Args:
        function: Which one.
        version: Of it.
        qualified: Whether its ARN ends with the version.
        qualifier: What its ARN ends with.
    """
    held = version.configuration
    ending = qualifier or (version.number if qualified or version.number != LATEST else None)
    waits = not version.is_ready
    told: dict[str, Any] = {
        "FunctionName": function.name,
        "FunctionArn": f"{function.arn}:{ending}" if ending else function.arn,
        "Runtime": held.runtime,
        "Role": held.role,
        "Handler": held.handler,
        "CodeSize": len(held.package.content),
        "Description": held.description,
        "Timeout": held.timeout,
        "MemorySize": held.memory,
        "LastModified": version.modified.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
        "CodeSha256": held.package.sha256,
        "Version": version.number,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": version.revision,
        "State": "Pending" if waits and version.before is None else "Active",
        "LastUpdateStatus": "InProgress" if waits and version.before is not None else "Successful",
        "PackageType": "Zip",
        "Architectures": list(held.architectures),
        "EphemeralStorage": {"Size": 512},
        **json.loads(held.more),
    }
    if held.environment:
        told["Environment"] = {"Variables": dict(held.environment)}
    if held.layers:
        told["Layers"] = [{"Arn": layer.arn, "CodeSize": len(layer.package.content)} for layer in held.layers]
    if waits:
        reason = ("StateReason", "The function is being created.", "Creating")
        if version.before is not None:
            reason = ("LastUpdateStatusReason", "The function is being updated.", "Updating")
        told |= {reason[0]: reason[1], f"{reason[0]}Code": reason[2]}
    return told


def _change(call: Call, function: Function, changed: Configuration) -> None:
    latest = function.latest
    latest.before, latest.configuration = latest.configuration, changed
    latest.modified, latest.ready = call.moment, call.cloud.ready_from(call.moment)
    renew(call, function)


def _configured(call: Call, before: Configuration) -> Configuration:
    """A configuration with what a request gives."""
    layers = _layers(call, call["Layers"]) if "Layers" in call.given else before.layers
    _check_size(before.package, layers)
    variables = call["Environment"].get("Variables", {}) if "Environment" in call.given else dict(before.environment)
    more = json.loads(before.more) | {name: call[name] for name in _KEPT if name in call.given}
    return replace(
        before,
        layers=layers,
        runtime=call.get("Runtime", before.runtime),
        handler=call.get("Handler", before.handler),
        role=call.get("Role", before.role),
        description=call.get("Description", before.description),
        timeout=call.get("Timeout", before.timeout),
        memory=call.get("MemorySize", before.memory),
        architectures=tuple(call.get("Architectures", before.architectures)),
        environment=tuple(sorted(variables.items())),
        more=json.dumps(more, sort_keys=True),
    )


def _layers(call: Call, arns: Sequence[str]) -> tuple[LayerVersion, ...]:
    """Layer versions that a function is to have, in their order."""
    if len(arns) > MOST_LAYERS:
        raise invalid(f"Cannot reference more than {MOST_LAYERS} layers.")
    chosen: dict[str, LayerVersion] = {}
    for arn in arns:
        match = _LAYER.fullmatch(arn)
        if match is None:
            raise invalid(f"{arn} is not the ARN of a layer version.")
        region, account, name, number = match.groups()
        if region != call.space.region:
            said = f"Layers are not in the same region as the function. Layers are expected to be in region {call.space.region}."
            raise invalid(said)
        layer = call.cloud.layer_version(account, call.caller, arn, region, name, int(number))
        if layer is None:
            raise invalid(f"Layer version {arn} does not exist.")
        key = f"{account}:{name}"
        if key in chosen:
            raise invalid(
                f"Two different versions of the same layer are not allowed to be referenced in the same function: {arn}"
            )
        chosen[key] = layer
    return tuple(chosen.values())


def _check_size(package: Package, layers: Sequence[LayerVersion]) -> None:
    size = package.unzipped + sum(layer.package.unzipped for layer in layers)
    if size > MOST_UNZIPPED:
        said = f"Function code combined with layers exceeds the maximum allowed size of {MOST_UNZIPPED} bytes."
        raise invalid(f"{said} The actual size is {size} bytes.")


def _check_storage(call: Call, package: Package) -> None:
    if call.space.stored_bytes() + len(package.content) > call.cloud.most_stored:
        raise LambdaError(400, "CodeStorageExceededException", "Code storage limit exceeded.")


def _whole(call: Call) -> Function:
    name, _ = named(call)
    return function_of(call.space, name)


def _tagged(call: Call) -> Function:
    arn = call["Resource"]
    start = f"{call.space.prefix}:function:"
    name = arn.removeprefix(start)
    if not arn.startswith(start) or ":" in name:
        raise invalid(f"{arn} is not the ARN of a function of this account without a version.")
    return function_of(call.space, name)


def _location(call: Call, function: Function, version: Version) -> str:
    return f"{call.endpoint}{CONTENT}/{call.space.account}/{call.space.region}/functions/{function.name}/{version.number}"
