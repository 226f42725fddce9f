"""AWS Budgets beyond what moto answers: changes, subscribers, tags, pages, and the refusal of duplicates.

Rules are those of the API reference of AWS Budgets (docs.aws.amazon.com, "API_budgets_…" pages): a budget's name is unique in an
account; a notification is identified by type, operator, threshold and kind of threshold; it keeps at least one subscriber.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from moto.budgets.exceptions import DuplicateRecordException, NotFoundException
from moto.budgets.models import Budget, Notification
from moto.budgets.responses import BudgetsResponse
from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time

_TAGS = "x_sandbox_tags"
_USUAL_PAGE = 100


def extend() -> None:
    """Let moto answer these operations, in this process; doing it again changes nothing."""
    for operation in (
        _create_budget, _update_budget, _describe_budget, _describe_budgets, _list_tags_for_resource, _tag_resource,
        _create_notification, _delete_notification, _describe_notifications_for_budget, _create_subscriber,
        _delete_subscriber, _describe_subscribers_for_notification,
    ):  # fmt: skip
        setattr(BudgetsResponse, operation.__name__.removeprefix("_"), operation)


def _create_budget(self: BudgetsResponse) -> str:
    wanted = self._get_param("Budget")
    notified = self._get_param("NotificationsWithSubscribers", [])
    identities = [_identity(n["Notification"]) for n in notified]
    if len(set(identities)) < len(identities):
        raise DuplicateRecordException("notification", wanted["BudgetName"])
    self.backend.create_budget(account_id=self._get_param("AccountId"), budget=wanted, notifications=notified)
    made = self.backend.budgets[self._get_param("AccountId")][wanted["BudgetName"]]
    setattr(made, _TAGS, {tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags", []) or []})
    return json.dumps({})


def _update_budget(self: BudgetsResponse) -> str:
    wanted = self._get_param("NewBudget")
    found = _budget(self, wanted["BudgetName"])
    if "BudgetLimit" not in wanted and "PlannedBudgetLimits" not in wanted:
        raise _invalid("Unable to create/update budget - please provide a budget limit")
    found.budget = {"TimePeriod": found.budget["TimePeriod"], **wanted, "LastUpdatedTime": unix_time()}
    return json.dumps({})


def _describe_budget(self: BudgetsResponse) -> str:
    return json.dumps({"Budget": _budget(self, self._get_param("BudgetName")).to_dict()})


def _describe_budgets(self: BudgetsResponse) -> str:
    found = self.backend.budgets[self._get_param("AccountId")]
    return _page(self, "Budgets", [found[name].to_dict() for name in sorted(found)])


def _list_tags_for_resource(self: BudgetsResponse) -> str:
    tags = _tags(self)
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]})


def _tag_resource(self: BudgetsResponse) -> str:
    _tags(self).update({tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags")})
    return json.dumps({})


def _create_notification(self: BudgetsResponse) -> str:
    budget, wanted = _budget(self, self._get_param("BudgetName")), self._get_param("Notification")
    if any(_identity(n.details) == _identity(wanted) for n in budget.notifications):
        raise DuplicateRecordException("notification", budget.budget["BudgetName"])
    if not self._get_param("Subscribers"):
        raise _invalid("a notification needs at least one subscriber")
    budget.add_notification(details=wanted, subscribers=self._get_param("Subscribers"))
    return json.dumps({})


def _delete_notification(self: BudgetsResponse) -> str:
    budget, gone = _budget(self, self._get_param("BudgetName")), _notification(self)
    budget.notifications = [n for n in budget.notifications if n is not gone]
    return json.dumps({})


def _describe_notifications_for_budget(self: BudgetsResponse) -> str:
    found = _budget(self, self._get_param("BudgetName")).notifications
    return _page(self, "Notifications", [{**n.details, "NotificationState": "OK"} for n in found])


def _create_subscriber(self: BudgetsResponse) -> str:
    found, wanted = _notification(self), self._get_param("Subscriber")
    if wanted in found.subscribers:
        raise DuplicateRecordException("subscriber", wanted["Address"])
    found.subscribers.append(wanted)
    return json.dumps({})


def _delete_subscriber(self: BudgetsResponse) -> str:
    found, gone = _notification(self), self._get_param("Subscriber")
    if gone not in found.subscribers:
        raise NotFoundException("Unable to delete subscriber - it doesn't exist.")
    if len(found.subscribers) == 1:
        raise _invalid("a notification needs at least one subscriber")
    found.subscribers.remove(gone)
    return json.dumps({})


def _describe_subscribers_for_notification(self: BudgetsResponse) -> str:
    return _page(self, "Subscribers", list(_notification(self).subscribers))


def _budget(response: BudgetsResponse, name: str) -> Budget:
    found: Budget | None = response.backend.budgets[response._get_param("AccountId")].get(name)
    if found is None:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return found


def _notification(response: BudgetsResponse) -> Notification:
    wanted = _identity(response._get_param("Notification"))
    for found in _budget(response, response._get_param("BudgetName")).notifications:
        if _identity(found.details) == wanted:
            return found
    raise NotFoundException("Unable to get notification - it doesn't exist.")


def _identity(notification: dict[str, Any]) -> tuple[Any, ...]:
    kind = notification.get("ThresholdType", "PERCENTAGE")
    return notification["NotificationType"], notification["ComparisonOperator"], float(notification["Threshold"]), kind


def _tags(response: BudgetsResponse) -> dict[str, str]:
    account, _, name = response._get_param("ResourceARN").split(":", 4)[4].partition(":budget/")
    found = response.backend.budgets[account].get(name)
    if found is None:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    if not hasattr(found, _TAGS):
        setattr(found, _TAGS, {})
    tags: dict[str, str] = getattr(found, _TAGS)
    return tags


def _page(response: BudgetsResponse, field: str, found: list[Any]) -> str:
    start = int(base64.b64decode(response._get_param("NextToken") or base64.b64encode(b"0")))
    end = start + int(response._get_param("MaxResults") or _USUAL_PAGE)
    more = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(found) else {}
    return json.dumps({field: found[start:end], **more})


def _invalid(message: str) -> JsonRESTError:
    return JsonRESTError("InvalidParameterException", message)
