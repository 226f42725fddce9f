"""AWS Budgets: for an account, a service or a cost allocation tag, with notifications as alert rules."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_UP, Decimal
from typing import Any

from pydantic import Field

from resources.aws.clients import AwsClients
from resources.budgets import AlertRule, Budget, BudgetService, RuleKind, TargetKind, marked_name
from resources.errors import BadInput, Conflict, NotFound

OWNER_TAG = "managed-by"
_FILTERS: dict[TargetKind, str] = {"account": "LinkedAccount", "service": "Service", "tag": "TagKeyValue"}
_KINDS = {name: kind for kind, name in _FILTERS.items()}
_TYPES: dict[RuleKind, str] = {"ACTUAL": "ACTUAL", "FORECAST": "FORECASTED"}
_RULES: dict[str, RuleKind] = {name: kind for kind, name in _TYPES.items()}
_USER = "user:"
"""What AWS writes before the key of a tag that users define."""
_READ_ONLY = ("CalculatedSpend", "LastUpdatedTime", "HealthStatus")
_MOST_MAILS, _MOST_TOPICS = 10, 1
"""Subscribers of one notification. Source: AWS, "Creating a budget"."""


class AwsBudgets(BudgetService):
    """Cost budgets of the account that the clients call for: that of the organisation sees every account's costs.

    A budget is ours if it has the name that we give to its target and the resource tag `managed-by`. Notifications have no mark:
    those that people add to a budget of ours go. They have no words of ours either.
    """

    clients: AwsClients = Field(description="Clients of AWS.")
    page_size: int = Field(default=100, ge=1, le=1000, description="Budgets of a page.")

    @property
    def system(self) -> str:
        """See BudgetService."""
        return "aws"

    def fitted(self, budget: Budget) -> Budget:
        """See BudgetService. Amounts have two digits after the point, rounded up, and are above zero."""
        if budget.target_kind not in _FILTERS:
            raise BadInput(
                f"{budget.key}: AWS has no budgets for a {budget.target_kind}, only for an account, a service or a tag",
                "Target one of these.",
            )
        if budget.target_kind == "tag" and "$" not in budget.target:
            raise BadInput(f"{budget.key} is no tag of AWS", "Write it as key$value.")
        rules = tuple(sorted(_fitted(budget, rule) for rule in budget.rules))
        amount = max(budget.amount.quantize(Decimal("0.01"), ROUND_UP), Decimal("0.01"))
        return replace(budget, name=self._name(budget), amount=amount, rules=rules)

    def managed(self) -> list[Budget]:
        """See BudgetService."""
        listed = self._pages("describe_budgets", "Budgets", PaginationConfig={"PageSize": self.page_size})
        ours = [budget for budget in map(self._budget, listed) if budget is not None and self._is_tagged(budget)]
        found = [replace(b, rules=tuple(rule for _, rule in self._rules(b.reference))) for b in ours]
        return sorted(found, key=lambda budget: (budget.key, budget.reference))

    def create(self, budget: Budget) -> Budget:
        """See BudgetService. The budget and its rules come into being together."""
        wanted = self.fitted(budget)
        value = f"{_USER}{wanted.target}" if wanted.target_kind == "tag" else wanted.target
        described = {
            "BudgetName": wanted.name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": _limit(wanted),
            "CostFilters": {_FILTERS[wanted.target_kind]: [value]},
            # forecasts are of EffectiveCost, which spreads what was paid in advance
            "CostTypes": {"UseAmortized": True, "UseBlended": False},
        }
        notified = [{"Notification": _notification(r), "Subscribers": _subscribers(r.recipients)} for r in wanted.rules]
        try:
            self._ask(
                "create_budget",
                wanted.key,
                Budget=described,
                NotificationsWithSubscribers=notified,
                ResourceTags=[{"Key": OWNER_TAG, "Value": self.owner}],
            )
        except Conflict as error:
            return self.update(self._ours(wanted, error), wanted)
        return replace(wanted, reference=wanted.name)

    def update(self, seen: Budget, wanted: Budget) -> Budget:
        """See BudgetService. AWS has no etags: a change by others in the very moment of ours is lost."""
        goal = replace(self.fitted(wanted), reference=seen.reference)
        raw, current = self._current(seen)
        if (current.amount, current.currency) != (goal.amount, goal.currency):
            if (current.amount, current.currency) != (seen.amount, seen.currency):
                raise Conflict(f"{seen.key}: somebody changed the budget meanwhile", "Run this job again.")
            changed = {name: value for name, value in raw.items() if name not in _READ_ONLY}
            self._ask("update_budget", seen.key, NewBudget={**changed, "BudgetLimit": _limit(goal)})
        self._complete(goal)
        return goal

    def retire(self, seen: Budget) -> None:
        """See BudgetService."""
        try:
            _, current = self._current(seen)
            if (current.amount, current.currency) != (seen.amount, seen.currency):
                raise Conflict(f"{seen.key}: somebody changed the budget meanwhile", "Run this job again.")
            self._ask("delete_budget", seen.key, BudgetName=seen.reference)
        except NotFound:
            return

    def _name(self, budget: Budget) -> str:
        return marked_name(self.owner, budget, budget.target)

    def _ask(self, operation: str, about: str, **request: Any) -> Any:  # noqa: ANN401  # boto3 has no types of its own
        method = getattr(self.clients.client("budgets"), operation)
        account = {} if "ResourceARN" in request else {"AccountId": self.clients.account()}
        with self.clients.errors(_permission(operation), about):
            return method(**account, **request)

    def _pages(self, operation: str, field: str, **request: Any) -> list[Any]:  # noqa: ANN401
        """Every element of a listing."""
        paginator = self.clients.client("budgets").get_paginator(operation)
        with self.clients.errors(_permission(operation), str(request.get("BudgetName", "budgets"))):
            pages = paginator.paginate(AccountId=self.clients.account(), **request)
            return [found for page in pages for found in page.get(field) or []]

    def _budget(self, found: dict[str, Any]) -> Budget | None:
        """A budget without its rules; None if its name is not the one that we give to its target."""
        filters: dict[str, list[str]] = found.get("CostFilters") or {}
        if len(filters) != 1 or found.get("TimeUnit") != "MONTHLY" or "BudgetLimit" not in found:
            return None
        (name, values), *_ = filters.items()
        kind = _KINDS.get(name)
        if kind is None or len(values) != 1:
            return None
        target = values[0].removeprefix(_USER) if kind == "tag" else values[0]
        limit, called = found["BudgetLimit"], found["BudgetName"]
        budget = Budget(self.system, kind, target, called, Decimal(limit["Amount"]), limit["Unit"], reference=called)
        return budget if called == self._name(budget) else None

    def _is_tagged(self, budget: Budget) -> bool:
        arn = f"arn:{self.clients.partition()}:budgets::{self.clients.account()}:budget/{budget.reference}"
        tags = self._ask("list_tags_for_resource", budget.key, ResourceARN=arn).get("ResourceTags") or []
        return any(tag == {"Key": OWNER_TAG, "Value": self.owner} for tag in tags)

    def _current(self, seen: Budget) -> tuple[dict[str, Any], Budget]:
        """A budget as AWS describes it, and as ours. Raises Conflict if it is not ours."""
        raw: dict[str, Any] = self._ask("describe_budget", seen.key, BudgetName=seen.reference)["Budget"]
        budget = self._budget(raw)
        if budget is None or budget.key != seen.key or not self._is_tagged(budget):
            raise Conflict(f"{seen.key}: the budget {seen.reference} does not carry our mark", "It is left alone.")
        return raw, budget

    def _ours(self, wanted: Budget, error: Conflict) -> Budget:
        """The budget that has the name already; raises Conflict, with what to do, if it is somebody else's."""
        try:
            return self._current(replace(wanted, reference=wanted.name))[1]
        except Conflict:
            raise Conflict(
                f"{wanted.key}: there is a budget {wanted.name} already, which does not carry our mark",
                "It is left alone. Rename it, or choose another `owner` for the budgets of this deployment.",
            ) from error

    def _rules(self, name: str) -> list[tuple[dict[str, Any], AlertRule]]:
        found = []
        for notification in self._pages("describe_notifications_for_budget", "Notifications", BudgetName=name):
            asked = {key: value for key, value in notification.items() if key != "NotificationState"}
            listed = self._pages("describe_subscribers_for_notification", "Subscribers", BudgetName=name, Notification=asked)
            recipients = tuple(sorted(subscriber["Address"] for subscriber in listed))
            found.append((asked, AlertRule(_RULES[asked["NotificationType"]], _percent(asked), recipients)))
        return sorted(found, key=lambda pair: pair[1])

    def _complete(self, goal: Budget) -> None:
        """Make the notifications of a budget those that are wanted: subscribers first, then new ones, then those to go."""
        there = self._rules(goal.reference)
        missing = Counter(goal.rules)
        surplus = []
        for asked, rule in there:
            if missing[rule]:
                missing[rule] -= 1
            else:
                surplus.append((asked, rule))
        for rule in sorted(missing.elements()):
            same = [pair for pair in surplus if (pair[1].kind, pair[1].threshold_percent) == (rule.kind, rule.threshold_percent)]
            if same:
                surplus.remove(same[0])
                self._resubscribe(goal, *same[0], rule)
            else:
                self._notify(goal, rule)
        for asked, _ in surplus:
            self._leave("delete_notification", goal, Notification=asked)

    def _notify(self, goal: Budget, rule: AlertRule) -> None:
        request = {"Notification": _notification(rule), "Subscribers": _subscribers(rule.recipients)}
        self._there_already("create_notification", goal, **request)

    def _resubscribe(self, goal: Budget, asked: dict[str, Any], there: AlertRule, wanted: AlertRule) -> None:
        """Exchange the subscribers of a notification; it is never without any."""
        for subscriber in _subscribers(sorted({*wanted.recipients} - {*there.recipients})):
            self._there_already("create_subscriber", goal, Notification=asked, Subscriber=subscriber)
        for subscriber in _subscribers(sorted({*there.recipients} - {*wanted.recipients})):
            self._leave("delete_subscriber", goal, Notification=asked, Subscriber=subscriber)

    def _there_already(self, operation: str, goal: Budget, **request: Any) -> None:  # noqa: ANN401
        """Ask for something that a lost answer may have brought into being before."""
        try:
            self._ask(operation, goal.key, BudgetName=goal.reference, **request)
        except Conflict:
            return

    def _leave(self, operation: str, goal: Budget, **request: Any) -> None:  # noqa: ANN401
        try:
            self._ask(operation, goal.key, BudgetName=goal.reference, **request)
        except NotFound:
            return


def _fitted(budget: Budget, rule: AlertRule) -> AlertRule:
    recipients = tuple(sorted(set(rule.recipients)))
    topics = sum(recipient.startswith("arn:") for recipient in recipients)
    if not recipients:
        raise BadInput(f"{budget.key}: an alert rule without recipients", "AWS Budgets needs one: give an e-mail or a topic.")
    if len(recipients) - topics > _MOST_MAILS or topics > _MOST_TOPICS:
        raise BadInput(
            f"{budget.key}: an alert rule with {len(recipients) - topics} e-mail addresses and {topics} topics",
            f"AWS writes to {_MOST_MAILS} addresses and {_MOST_TOPICS} SNS topic at most: let a topic write to them all.",
        )
    return AlertRule(rule.kind, rule.threshold_percent, recipients)


def _limit(budget: Budget) -> dict[str, str]:
    return {"Amount": f"{budget.amount:f}", "Unit": budget.currency}


def _notification(rule: AlertRule) -> dict[str, Any]:
    return {
        "NotificationType": _TYPES[rule.kind],
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": float(rule.threshold_percent),
        "ThresholdType": "PERCENTAGE",
    }


def _percent(notification: dict[str, Any]) -> Decimal:
    """The threshold; below zero, which is never wanted, of a notification that is not like ours."""
    like_ours = (notification["ComparisonOperator"], notification.get("ThresholdType", "PERCENTAGE"))
    return Decimal(str(notification["Threshold"])) if like_ours == ("GREATER_THAN", "PERCENTAGE") else Decimal(-1)


def _subscribers(recipients: Iterable[str]) -> list[dict[str, str]]:
    return [{"SubscriptionType": "SNS" if r.startswith("arn:") else "EMAIL", "Address": r} for r in recipients]


def _permission(operation: str) -> str:
    """The IAM action of an operation: AWS Budgets knows only reading and modifying, beside tags."""
    if "tags" in operation:
        return "budgets:ListTagsForResource"
    return "budgets:ViewBudget" if operation.startswith("describe") else "budgets:ModifyBudget"
