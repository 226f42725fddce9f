"""Operations on versions and aliases of functions, by the API reference of AWS Lambda ("API_PublishVersion", …).

Not sourced: the order of lists, wording of refusals, that an alias keeps weights that a change does not name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.aws_lambda_errors import conflict, invalid, not_found, stale
from sandbox.aws_lambda_functions import MOST_LISTED, changeable, described, function_of, named, renew
from sandbox.aws_lambda_requests import Call
from sandbox.aws_lambda_state import LATEST, Alias, Function, Version, number_of, page


def list_versions_by_function(call: Call) -> dict[str, Any]:
    """`$LATEST` and the published versions; never more than 50 of a page."""
    name, _ = named(call)
    function = function_of(call.space, name)
    rows = list(function.all_versions())
    keys = [number_of(version.number) for version in rows]
    found, more = page(keys, rows, call.get("Marker"), min(call.get("MaxItems", MOST_LISTED), MOST_LISTED))
    return {"Versions": [described(function, version, qualified=True) for version in found], **more}


def publish_version(call: Call) -> dict[str, Any]:
    """A version of what `$LATEST` is now; the latest one if nothing changed since."""
    function = changeable(call)
    if "CodeSha256" in call.given and call["CodeSha256"] != function.latest.configuration.package.sha256:
        held = function.latest.configuration.package.sha256
        raise invalid(
            f"CodeSHA256 ({call['CodeSha256']}) is different from current CodeSHA256 in $LATEST ({held}). Please try again."
        )
    return described(function, published(call, function, call.get("Description", "")), qualified=True)


def published(call: Call, function: Function, description: str) -> Version:
    """Publish `$LATEST`; a version that is not new stays as it is."""
    source = function.latest.configuration
    if function.versions and function.published_from == source:
        return next(reversed(function.versions.values()))
    number = str(call.space.next(f"function {function.name}"))
    configuration = replace(source, description=description or source.description)
    revision = call.space.revision(f"function {function.name}:{number}")
    made = Version(number, configuration, call.moment, revision, call.cloud.ready_from(call.moment))
    function.versions[number] = made
    function.published_from = source
    renew(call, function)  # source: as of `Version`
    call.space.changed()
    return made


def list_aliases(call: Call) -> dict[str, Any]:
    """Aliases of a function, or those that point to a version."""
    function = _function(call)
    wanted = call.get("FunctionVersion")
    names = sorted(name for name, alias in function.aliases.items() if wanted in (None, alias.version))
    found, more = page(names, names, call.get("Marker"), call.get("MaxItems", MOST_LISTED))
    return {"Aliases": [_told(function, function.aliases[name]) for name in found], **more}


def create_alias(call: Call) -> dict[str, Any]:
    """A new alias."""
    function = _function(call)
    if call["Name"] in function.aliases:
        raise conflict(f"Alias already exists: {function.arn}:{call['Name']}")
    weights = _weights(call, {})
    _check(function, call["FunctionVersion"], weights)
    revision = call.space.revision(f"alias {function.name}:{call['Name']}")
    made = Alias(call["Name"], call["FunctionVersion"], call.get("Description", ""), revision, weights)
    function.aliases[made.name] = made
    return _told(function, made)


def get_alias(call: Call) -> dict[str, Any]:
    """An alias."""
    return _told(*_alias(call))


def update_alias(call: Call) -> dict[str, Any]:
    """Let an alias point elsewhere; what is not given stays."""
    function, alias = _alias(call)
    if "RevisionId" in call.given and call["RevisionId"] != alias.revision:
        raise stale("GetAlias")
    version, weights = call.get("FunctionVersion", alias.version), _weights(call, alias.weights)
    _check(function, version, weights)
    alias.version, alias.weights = version, weights
    alias.description = call.get("Description", alias.description)
    alias.revision = call.space.revision(f"alias {function.name}:{alias.name}")
    return _told(function, alias)


def delete_alias(call: Call) -> None:
    """Delete an alias; one that is gone is no error."""
    _function(call).aliases.pop(call["Name"], None)


def _function(call: Call) -> Function:
    name, _ = named(call)
    return function_of(call.space, name)


def _alias(call: Call) -> tuple[Function, Alias]:
    function = _function(call)
    if call["Name"] not in function.aliases:
        raise not_found(f"Cannot find alias arn: {function.arn}:{call['Name']}")
    return function, function.aliases[call["Name"]]


def _weights(call: Call, before: dict[str, float]) -> dict[str, float]:
    if "RoutingConfig" not in call.given:
        return before
    return dict(call["RoutingConfig"].get("AdditionalVersionWeights", {}))


def _check(function: Function, version: str, weights: dict[str, float]) -> None:
    """Source of the rules: "Lambda function aliases" of the developer guide."""
    for number in (version, *weights):
        if number != LATEST and number not in function.versions:
            raise not_found(f"Function not found: {function.arn}:{number}")
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if weights and LATEST in (version, *weights):
        raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
    if version in weights:
        raise invalid(
            f"Invalid function version {version}. Function version {version} is already included in routing configuration."
        )
    roles = {function.versions[number].configuration.role for number in (version, *weights) if number in function.versions}
    if len(roles) > 1:
        raise invalid("Both versions of an alias must have the same execution role.")
    if any(not 0 <= weight <= 1 for weight in weights.values()):
        raise invalid("Weights of versions are between 0.0 and 1.0.")


def _told(function: Function, alias: Alias) -> dict[str, Any]:
    told = {
        "AliasArn": f"{function.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    }
    return {**told, "RoutingConfig": {"AdditionalVersionWeights": alias.weights}} if alias.weights else told
