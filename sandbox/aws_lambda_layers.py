"""Operations on layers, by the API reference of AWS Lambda ("API_ListLayers", "API_PublishLayerVersion", …).

Not sourced there: that the list of a layer that is not there is empty (so does LocalStack), that a policy is gone with its last
statement, that another's layers cannot be listed, and that code of layers counts once a version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.aws_lambda_errors import LambdaError, conflict, denied, invalid, not_found, stale
from sandbox.aws_lambda_requests import Call
from sandbox.aws_lambda_state import MOST_ZIPPED, LayerVersion, Package, Policy, page, partition

_ARN = re.compile(r"arn:[^:]+:lambda:([^:]*):(\d*):layer:([^:]+)(?::(\d+))?")
_USUAL_PAGE = 50
_LONGEST_POLICY = 20_480
CONTENT = "/moto-api/lambda/content"
"""Where contents are fetched from, without a signature, as from the links that AWS signs beforehand."""


def list_layers(call: Call) -> dict[str, Any]:
    """Layers with their newest version that matches."""
    found = {}
    for name in sorted(call.space.layers):
        versions = call.space.layers[name]
        matching = [n for n, v in versions.items() if v.serves(call.get("CompatibleRuntime"), call.get("CompatibleArchitecture"))]
        if matching:
            found[name] = versions[max(matching)]
    keys = list(found)
    names, more = page(keys, keys, call.get("Marker"), call.get("MaxItems", _USUAL_PAGE))
    rows = [
        {"LayerName": name, "LayerArn": _layer_arn(found[name]), "LatestMatchingVersion": _listed(found[name])} for name in names
    ]
    return {"Layers": rows, **more}


def list_layer_versions(call: Call) -> dict[str, Any]:
    """Versions of a layer, the newest first."""
    name, _ = _own(call, "lambda:ListLayerVersions")
    wanted = call.get("CompatibleRuntime"), call.get("CompatibleArchitecture")
    versions = call.space.layers.get(name, {})
    falling = sorted((-number for number, version in versions.items() if version.serves(*wanted)))
    rows, more = page(falling, [versions[-key] for key in falling], call.get("Marker"), call.get("MaxItems", _USUAL_PAGE))
    return {"LayerVersions": [_listed(version) for version in rows], **more}


def get_layer_version(call: Call) -> dict[str, Any]:
    """A version of a layer by its name, or ARN, and number."""
    match = _ARN.fullmatch(call["LayerName"])
    account, name = (match[2], match[3]) if match else (call.space.account, call["LayerName"])
    region = match[1] if match else call.space.region
    return _detailed(call, _found(call, account, region, name, call["VersionNumber"]))


def get_layer_version_by_arn(call: Call) -> dict[str, Any]:
    """A version of a layer by its ARN, of whichever account."""
    match = _ARN.fullmatch(call["Arn"])
    if match is None or not match[4]:
        raise invalid(f"{call['Arn']} is not the ARN of a layer version")
    return _detailed(call, _found(call, match[2], match[1], match[3], int(match[4])))


def publish_layer_version(call: Call) -> dict[str, Any]:
    """A new version."""
    name, _ = _own(call, "lambda:PublishLayerVersion")
    package = content_of(call, call["Content"])
    kept = call.space.stored_bytes() + len(package.content)
    if kept > call.cloud.most_stored:
        raise LambdaError(400, "CodeStorageExceededException", "Code storage limit exceeded.")
    number = call.space.next(f"layer {name}")
    made = LayerVersion(
        arn=f"{call.space.prefix}:layer:{name}:{number}", account=call.space.account, number=number, package=package,
        description=call.get("Description", ""), created=call.moment, runtimes=tuple(call.get("CompatibleRuntimes", ())),
        architectures=tuple(call.get("CompatibleArchitectures", ())), license=call.get("LicenseInfo", ""),
    )  # fmt: skip
    call.space.layers.setdefault(name, {})[number] = made
    return _detailed(call, made)


def delete_layer_version(call: Call) -> None:
    """Take a version away from who would newly use it; one that is gone is no error."""
    name, _ = _own(call, "lambda:DeleteLayerVersion")
    versions = call.space.layers.get(name, {})
    versions.pop(call["VersionNumber"], None)
    if not versions:
        call.space.layers.pop(name, None)


def add_layer_version_permission(call: Call) -> dict[str, Any]:
    """Let others use a version."""
    found = _of_own(call, "lambda:AddLayerVersionPermission")
    policy = found.policy or Policy("")
    if call["StatementId"] in policy.statements:
        said = f"The statement id ({call['StatementId']}) provided already exists. Please provide a new statement id, or remove "
        raise conflict(f"{said}the existing statement.")
    _check_revision(call, found)
    statement = _statement(call, found)
    grown = Policy("", {**policy.statements, call["StatementId"]: statement})
    if len(grown.document()) > _LONGEST_POLICY:
        raise LambdaError(
            400, "PolicyLengthExceededException", f"The final policy size is bigger than the limit ({_LONGEST_POLICY})."
        )
    grown.revision = call.space.revision(found.arn)
    found.policy = grown
    return {"Statement": json.dumps(statement), "RevisionId": grown.revision}


def remove_layer_version_permission(call: Call) -> None:
    """Take a statement back."""
    found = _of_own(call, "lambda:RemoveLayerVersionPermission")
    _check_revision(call, found)
    if found.policy is None or call["StatementId"] not in found.policy.statements:
        raise not_found(f"Statement {call['StatementId']} is not found in resource policy.")
    left = {name: statement for name, statement in found.policy.statements.items() if name != call["StatementId"]}
    found.policy = Policy(call.space.revision(found.arn), left) if left else None


def get_layer_version_policy(call: Call) -> dict[str, Any]:
    """Who else may use a version."""
    found = _of_own(call, "lambda:GetLayerVersionPolicy")
    if found.policy is None:
        raise not_found("No policy is associated with the given resource.")
    return {"Policy": found.policy.document(), "RevisionId": found.policy.revision}


def content_of(call: Call, given: Mapping[str, Any]) -> Package:
    """The package that a request names: sent with it, or in a bucket.

    Raises:
        LambdaError: There is none, or it is too large.
    """
    if "ZipFile" in given:
        if len(given["ZipFile"]) > MOST_ZIPPED:
            said = f"Request must be smaller than {MOST_ZIPPED * 4 // 3} bytes for the operation"
            raise LambdaError(413, "RequestEntityTooLargeException", said)
        return Package.of(given["ZipFile"])
    if "S3Bucket" not in given or "S3Key" not in given:
        raise invalid("Please provide a source for the code: ZipFile, or S3Bucket and S3Key.")
    return Package.of(_of_bucket(call.space.account, given))


def _of_bucket(account: str, given: Mapping[str, Any]) -> bytes:
    from moto.s3.exceptions import MissingBucket, MissingKey
    from moto.s3.models import s3_backends

    where, owner = s3_backends.bucket_accounts.get(given["S3Bucket"], ("aws", account))
    try:
        found = s3_backends[owner][where].get_object(given["S3Bucket"], given["S3Key"], given.get("S3ObjectVersion"))
    except (MissingBucket, MissingKey):
        found = None
    if found is None:
        said = "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
        raise invalid(said)
    return bytes(found.value)


def _own(call: Call, action: str) -> tuple[str, str]:
    """Name and ARN of the caller's own layer; another's may not be looked at or changed."""
    match = _ARN.fullmatch(call["LayerName"])
    name = match[3] if match else call["LayerName"]
    arn = f"{call.space.prefix}:layer:{name}"
    if match and call["LayerName"] != arn:
        raise denied(call.caller, action, call["LayerName"])
    return name, arn


def _of_own(call: Call, action: str) -> LayerVersion:
    name, arn = _own(call, action)
    found = call.space.layers.get(name, {}).get(call["VersionNumber"])
    if found is None:
        raise not_found(f"Layer version {arn}:{call['VersionNumber']} does not exist.")
    return found


def _found(call: Call, account: str, region: str, name: str, number: int) -> LayerVersion:
    if region != call.space.region:
        raise invalid(f"Layer version is in region {region}, the request went to {call.space.region}.")
    arn = f"arn:{partition(region)}:lambda:{region}:{account}:layer:{name}:{number}"
    found = call.cloud.layer_version(account, call.caller, arn, region, name, number)
    if found is None:
        raise not_found("The resource you requested does not exist.")
    return found


def _check_revision(call: Call, version: LayerVersion) -> None:
    if "RevisionId" in call.given and call["RevisionId"] != (version.policy.revision if version.policy else None):
        raise stale("GetLayerVersionPolicy")


def _statement(call: Call, version: LayerVersion) -> dict[str, Any]:
    principal, organization = call["Principal"], call.get("OrganizationId")
    if organization and principal != "*":
        raise invalid("OrganizationId may only be given with the principal *.")
    root = principal if principal.startswith("arn:") else f"arn:{partition(call.space.region)}:iam::{principal}:root"
    statement = {
        "Sid": call["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": root},
        "Action": call["Action"],
        "Resource": version.arn,
    }
    if organization:
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    return statement


def _layer_arn(version: LayerVersion) -> str:
    return version.arn.rpartition(":")[0]


def _listed(version: LayerVersion) -> dict[str, Any]:
    """As lists tell it: without its content."""
    told = {
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": version.created.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
        "CompatibleRuntimes": list(version.runtimes),
        "CompatibleArchitectures": list(version.architectures),
        "LicenseInfo": version.license,
    }
    return {name: value for name, value in told.items() if value not in ([], "") or name == "Description"}


def _detailed(call: Call, version: LayerVersion) -> dict[str, Any]:
    package = version.package
    content = {
        "Location": f"{call.endpoint}{CONTENT}/{version.account}/{call.space.region}/{_key(version)}",
        "CodeSha256": package.sha256,
        "CodeSize": len(package.content),
    }
    return {**_listed(version), "LayerArn": _layer_arn(version), "Content": content}


def _key(version: LayerVersion) -> str:
    _, name, number = version.arn.rsplit(":", 2)
    return f"layers/{name}/{number}"
