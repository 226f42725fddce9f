"""Refusals of the embedded AWS Lambda, with the codes of its API reference; wording of messages is not sourced unless noted."""

from __future__ import annotations


class LambdaError(Exception):
    """A refusal.

    Attributes:
        status: Of HTTP.
        code: As the API reference names it.
        message: For the caller.
        more: Further fields of the answer, such as `Reason` of throttles.
    """

    def __init__(self, status: int, code: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more


def invalid(message: str) -> LambdaError:
    """One of the parameters is not valid."""
    return LambdaError(400, "InvalidParameterValueException", message)


def unmet(value: object, member: str, constraint: str) -> LambdaError:
    """A constraint of the service's model is not met."""
    name = member[:1].lower() + member[1:]
    said = f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
    return LambdaError(400, "ValidationException", said)


def not_found(message: str) -> LambdaError:
    """The resource is not there."""
    return LambdaError(404, "ResourceNotFoundException", message)


def conflict(message: str) -> LambdaError:
    """It exists already, or something else is in progress."""
    return LambdaError(409, "ResourceConflictException", message)


def stale(look_at: str) -> LambdaError:
    """The RevisionId is not the latest."""
    said = "The Revision Id provided does not match the latest Revision Id."
    said = f"{said} Call the {look_at} API to retrieve the latest Revision Id"
    return LambdaError(412, "PreconditionFailedException", said)


def denied(caller: str, action: str, resource: str) -> LambdaError:
    """No policy allows it."""
    said = f"User: {caller} is not authorized to perform: {action} on resource: {resource}"
    said = f"{said} because no resource-based policy allows the {action} action"
    return LambdaError(403, "AccessDeniedException", said)


def throttled(reason: str) -> LambdaError:
    """Too many requests, or too many executions."""
    return LambdaError(429, "TooManyRequestsException", "Rate exceeded", Reason=reason)
