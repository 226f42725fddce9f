"""What Lambda answers, as the types of `resources.lambda_layers`. No call is made here."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from resources.lambda_layers import Alias, Function, Grant, LayerArn, LayerVersion, Place

_READY = (None, "Active", "Inactive")
"""States of a function that can be called: an unused one's network is taken away, and comes back with the next call. Lists have
none."""
_SETTINGS = (
    "Runtime", "Role", "Handler", "Timeout", "MemorySize", "Architectures", "Environment", "VpcConfig", "DeadLetterConfig",
    "KMSKeyArn", "TracingConfig", "FileSystemConfigs", "ImageConfigResponse", "EphemeralStorage", "LoggingConfig",
)  # fmt: skip
"""What a published version keeps of its function, beside code and layers."""
_ORGANIZATION = "aws:PrincipalOrgID"


def function(place: Place, found: Mapping[str, Any]) -> Function:
    """A function's configuration."""
    return Function(
        place=place,
        name=found["FunctionName"],
        version=found.get("Version", "$LATEST"),
        arn=":".join(found["FunctionArn"].split(":")[:7]),
        runtime=found.get("Runtime"),
        architectures=tuple(found.get("Architectures") or ("x86_64",)),
        handler=found.get("Handler"),
        memory_mb=int(found.get("MemorySize", 128)),
        timeout_seconds=int(found.get("Timeout", 3)),
        layers=tuple(layer["Arn"] for layer in found.get("Layers") or ()),
        code_bytes=int(found.get("CodeSize", 0)),
        code_sha256=found.get("CodeSha256", ""),
        last_modified=moment(found.get("LastModified")),
        revision=found.get("RevisionId", ""),
        is_ready=found.get("State") in _READY and found.get("LastUpdateStatus") != "InProgress",
        settings_sha256=_settings(found),
    )


def _settings(found: Mapping[str, Any]) -> str:
    """Hash of what is configured; what is empty is as if it were not there."""
    held = {name: found[name] for name in _SETTINGS if found.get(name)}
    held |= {"SnapStart": (found.get("SnapStart") or {}).get("ApplyOn", "None")}
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()


def failure(found: Mapping[str, Any]) -> str | None:
    """Why a function, or its last update, failed; None if neither did."""
    for state in ("LastUpdateStatus", "State"):
        if found.get(state) == "Failed":
            code, reason = found.get(f"{state}ReasonCode"), found.get(f"{state}Reason")
            return ": ".join(said for said in (code, reason) if said) or "AWS gives no reason"
    return None


def layer_version(found: Mapping[str, Any]) -> LayerVersion:
    """A version of a layer, of a list or by itself."""
    content = found.get("Content") or {}
    return LayerVersion(
        arn=LayerArn.parsed(found["LayerVersionArn"]),
        description=found.get("Description") or "",
        created=moment(found.get("CreatedDate")),
        runtimes=tuple(found.get("CompatibleRuntimes") or ()),
        architectures=tuple(found.get("CompatibleArchitectures") or ()),
        license=found.get("LicenseInfo") or None,
        zip_bytes=content.get("CodeSize"),
        sha256=content.get("CodeSha256"),
    )


def alias(found: Mapping[str, Any]) -> Alias:
    """An alias."""
    weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Alias(
        name=found["Name"],
        version=found["FunctionVersion"],
        revision=found.get("RevisionId", ""),
        weights={version: float(share) for version, share in weights.items()},
    )


def grants(policy: str) -> list[Grant]:
    """Who a layer version's policy lets use it; each principal of a statement by itself."""
    return [
        Grant(statement.get("Sid", ""), principal, _organization(statement), action)
        for statement in _many(json.loads(policy).get("Statement") or [])
        if statement.get("Effect", "Allow") == "Allow"
        for principal in _principals(statement.get("Principal", "*"))
        for action in _many(statement.get("Action") or [])
    ]


def moment(said: object) -> datetime | None:
    """A time as Lambda writes it (`2026-11-16T12:00:00.000+0000`); None if there is none."""
    if said is None or said == "":
        return None
    found = said if isinstance(said, datetime) else datetime.fromisoformat(str(said))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _principals(said: Any) -> Iterable[str]:  # noqa: ANN401
    """Accounts by their number (`arn:aws:iam::111122223333:root` or as it is), everybody as `*`."""
    for name in _many(said.get("AWS", []) if isinstance(said, dict) else said):
        parts = str(name).split(":")
        yield parts[4] if len(parts) == 6 and parts[5] == "root" else str(name)


def _organization(statement: Mapping[str, Any]) -> str | None:
    for names in (statement.get("Condition") or {}).values():
        for key, value in names.items():
            if key.lower() == _ORGANIZATION.lower():
                return str(next(iter(_many(value)), "")) or None
    return None


def _many(said: Any) -> list[Any]:  # noqa: ANN401
    return said if isinstance(said, list) else [said]
