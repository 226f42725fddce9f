"""Tells which policy statement was missing where AWS refused something for want of a right."""

from assets.layers.logic.publishing import policy_statement
from resources.errors import CloudOpsError, Denied


def needed(error: CloudOpsError, operation: str, *resources: str) -> str:
    """A sentence with the statement that would have let it happen; empty if it was not a matter of rights.

    Args:
        error: What AWS answered.
        operation: What was to be done, as `assets.layers.logic.publishing` names it.
        resources: ARNs that it was to be done to.
    """
    if not isinstance(error, Denied):
        return ""
    statement = policy_statement(operation, *(one for arn in resources for one in _with_versions(arn)))
    return f" The role needs the statement {statement}."


def _with_versions(arn: str) -> tuple[str, ...]:
    return (arn, f"{arn}:*") if ":layer:" in arn else (arn,)
