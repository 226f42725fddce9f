"""Budgets in Oracle's cloud: for a compartment or a cost-tracking tag, with alert rules that are made by calls of their own."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import ROUND_UP, Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import Field

from resources.budgets import AlertRule, Budget, BudgetService, TargetKind, marked_name
from resources.errors import BadInput, Conflict, NotFound
from resources.oci.clients import OciClients
from resources.oci.paging import items

OWNER_TAG, KEY_TAG, CURRENCY_TAG = "managed-by", "cloudops-budget", "cloudops-currency"
"""Freeform tags: whose a budget or rule is, which target it was made for, and the currency, which OCI does not tell."""
_TOKENS = 10
"""So often something may be deleted by hand and made again before the service forgets its retry tokens, after 24 hours."""
_FRESH = timedelta(minutes=5)
_KINDS: dict[str, TargetKind] = {"COMPARTMENT": "compartment", "TAG": "tag"}
_TYPES = {kind: name for name, kind in _KINDS.items()}
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+")


class OciBudgets(BudgetService):
    """Budgets of the tenancy that the clients call for; they all live in its root compartment.

    Rules that people added to a budget of ours do not carry the mark, and are left alone.
    """

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    region: str = Field(default="", description="Home region of the tenancy, in which budgets are kept; the usual one if empty.")
    page_size: int = Field(default=500, ge=1, le=1000, description="Budgets of a page.")

    @property
    def system(self) -> str:
        """See BudgetService."""
        return "oci"

    def fitted(self, budget: Budget) -> Budget:
        """See BudgetService. Amounts are whole numbers above zero, rounded up."""
        if budget.target_kind not in _TYPES:
            raise BadInput(
                f"{budget.key}: OCI has no budgets for a {budget.target_kind}, only for a compartment or a cost-tracking tag",
                "Target the compartments in which it runs, or a cost-tracking tag that its resources carry.",
            )
        if budget.target_kind == "tag" and budget.target.count(".") < 2:
            raise BadInput(f"{budget.key} is no cost-tracking tag", "Write it as namespace.key.value.")
        rules = tuple(sorted(self._fitted(budget, rule) for rule in budget.rules))
        amount = max(budget.amount.to_integral_value(ROUND_UP), Decimal(1))
        return replace(budget, name=marked_name(self.owner, budget, budget.name), amount=amount, rules=rules)

    def managed(self) -> list[Budget]:
        """See BudgetService."""
        listed = items(self._call("list_budgets"), self.clients.tenancy(), target_type="ALL", limit=self.page_size)
        ours = [budget for budget in map(self._budget, listed) if budget is not None]
        found = [replace(b, rules=tuple(sorted(rule for _, rule in self._rules(b.reference)))) for b in ours]
        return sorted(found, key=lambda budget: (budget.key, budget.reference))

    def within(self) -> dict[str, tuple[str, ...]]:
        """See BudgetService. A budget of a compartment counts what the compartments below it cost (OCI, "Budgets Overview")."""
        ask, root = self.clients.operation("identity", "list_compartments", self.region), self.clients.tenancy()
        listed = items(ask, root, compartment_id_in_subtree=True, access_level="ANY", limit=self.page_size)
        parents = {compartment.id: compartment.compartment_id for compartment in listed}
        found: dict[str, list[str]] = {}
        for inner in parents:
            outer = parents.get(inner)
            while outer:
                found.setdefault(outer, []).append(inner)
                outer = parents.get(outer)
        return {outer: tuple(sorted(inner)) for outer, inner in found.items()}

    def create(self, budget: Budget) -> Budget:
        """See BudgetService."""
        wanted = self.fitted(budget)
        fields = {
            "compartment_id": self.clients.tenancy(),
            "target_type": _TYPES[wanted.target_kind],
            "targets": [wanted.target],
            "reset_period": "MONTHLY",
            "processing_period_type": "MONTH",
            "description": f"Made and kept by {self.owner}: change its limits there, not here.",
            **self._fields(wanted, {}),
        }
        reference = self._made_once(
            "create_budget", [self.owner, wanted.key, fields], "get_budget", (), _model("CreateBudgetDetails", fields)
        )
        self._complete(reference, wanted.rules)
        return replace(wanted, reference=reference)

    def update(self, seen: Budget, wanted: Budget) -> Budget:
        """See BudgetService."""
        goal = replace(self.fitted(wanted), reference=seen.reference)
        response, current = self._current(seen)
        if not _same(current, goal):
            if not _same(current, seen):
                raise Conflict(f"{seen.key}: somebody changed the budget meanwhile", "Run this job again.")
            details = _model("UpdateBudgetDetails", self._fields(goal, response.data.freeform_tags or {}))
            try:
                self._call("update_budget")(seen.reference, details, if_match=response.headers["etag"])
            except Conflict:
                # of a repeat after an answer that was lost, the etag is the old one
                if not _same(self._current(seen)[1], goal):
                    raise
        self._complete(seen.reference, goal.rules)
        return goal

    def retire(self, seen: Budget) -> None:
        """See BudgetService."""
        try:
            response, current = self._current(seen)
            if not _same(current, seen):
                raise Conflict(f"{seen.key}: somebody changed the budget meanwhile", "Run this job again.")
            self._call("delete_budget")(seen.reference, if_match=response.headers["etag"])
        except NotFound:
            return

    def _call(self, operation: str) -> Callable[..., Any]:
        return self.clients.operation("budget", operation, self.region)

    def _fitted(self, budget: Budget, rule: AlertRule) -> AlertRule:
        wrong = [r for r in rule.recipients if not _EMAIL.fullmatch(r)]
        if wrong:
            raise BadInput(
                f"{budget.key}: {', '.join(wrong)} is no e-mail address", "OCI budgets write e-mails and nothing else."
            )
        return replace(rule, recipients=tuple(sorted(set(rule.recipients))))

    def _fields(self, budget: Budget, tags: dict[str, str]) -> dict[str, Any]:
        """What may change of a budget; tags that others set stay."""
        marks = {OWNER_TAG: self.owner, KEY_TAG: budget.key, CURRENCY_TAG: budget.currency}
        return {"display_name": budget.name, "amount": float(budget.amount), "freeform_tags": {**tags, **marks}}

    def _budget(self, found: Any) -> Budget | None:  # noqa: ANN401  # the SDK has no types
        """A budget without its rules; None if it is not ours, or was made for another target than its mark says: a copy."""
        kind, targets, tags = _KINDS.get(found.target_type), found.targets or [], found.freeform_tags or {}
        if kind is None or len(targets) != 1 or tags.get(OWNER_TAG) != self.owner:
            return None
        amount, currency = Decimal(str(found.amount)), tags.get(CURRENCY_TAG, "")
        budget = Budget(self.system, kind, targets[0], found.display_name, amount, currency, reference=found.id)
        return budget if tags.get(KEY_TAG) == budget.key else None

    def _current(self, seen: Budget) -> tuple[Any, Budget]:
        """The service's answer about a budget, and the budget. Raises Conflict if it is no longer ours."""
        response = self._call("get_budget")(seen.reference)
        budget = self._budget(response.data)
        if budget is None or budget.key != seen.key:
            raise Conflict(f"{seen.key}: the budget no longer carries our mark", "It is left alone. Run this job again.")
        return response, budget

    def _rules(self, budget: str) -> list[tuple[str, AlertRule]]:
        """Our rules of a budget with their OCIDs, sorted."""
        listed = items(self._call("list_alert_rules"), budget, limit=self.page_size)
        return sorted(((r.id, _rule(r)) for r in listed if (r.freeform_tags or {}).get(OWNER_TAG) == self.owner), key=_by_rule)

    def _complete(self, budget: str, wanted: Sequence[AlertRule]) -> None:
        """Make the rules of a budget those that are wanted, changing surplus ones before any is added or deleted."""
        missing = Counter(wanted)
        surplus: list[str] = []
        for reference, rule in self._rules(budget):
            if missing[rule]:
                missing[rule] -= 1
            else:
                surplus.append(reference)
        new = sorted(missing.elements())
        for reference, rule in zip(surplus, new, strict=False):
            self._change_rule(budget, reference, rule)
        for number, rule in enumerate(new[len(surplus) :]):
            fields = self._rule_fields(rule)
            details = _model("CreateAlertRuleDetails", fields)
            self._made_once("create_alert_rule", [budget, fields, number], "get_alert_rule", (budget,), details)
        for reference in surplus[len(new) :]:
            self._delete_rule(budget, reference)

    def _rule_fields(self, rule: AlertRule) -> dict[str, Any]:
        return {
            "display_name": f"{rule.kind.lower()}-{rule.threshold_percent.normalize():f}".replace(".", "_"),
            "type": rule.kind,
            "threshold": float(rule.threshold_percent),
            "threshold_type": "PERCENTAGE",
            "recipients": ",".join(rule.recipients),
            "message": rule.message,
            "freeform_tags": {OWNER_TAG: self.owner},
        }

    def _change_rule(self, budget: str, reference: str, rule: AlertRule) -> None:
        response = self._call("get_alert_rule")(budget, reference)
        details = _model("UpdateAlertRuleDetails", self._rule_fields(rule))
        try:
            self._call("update_alert_rule")(budget, reference, details, if_match=response.headers["etag"])
        except Conflict:
            if _rule(self._call("get_alert_rule")(budget, reference).data) != rule:
                raise

    def _delete_rule(self, budget: str, reference: str) -> None:
        try:
            response = self._call("get_alert_rule")(budget, reference)
            self._call("delete_alert_rule")(budget, reference, if_match=response.headers["etag"])
        except NotFound:
            return

    def _made_once(self, create: str, what: object, get: str, below: tuple[str, ...], details: object) -> str:
        """OCID of what was made by a call whose retry token depends on nothing but what is made.

        A run that is repeated sends the same token, so that the service answers with what the first one made. If that has been
        deleted since, the service either refuses the token or answers with what is gone, and what has lost our mark is a
        person's by now: then the next token is due.

        Args:
            create: Operation that makes it.
            what: What is made, as JSON can write it.
            get: Operation that reads it.
            below: OCIDs of what it belongs to.
            details: Body of the request.

        Raises:
            Conflict: It was made and deleted too often within a day.
        """
        for number in range(_TOKENS):
            token = hashlib.sha256(json.dumps([what, number], sort_keys=True).encode()).hexdigest()
            try:
                answer = self._call(create)(*below, details, opc_retry_token=token)
            except Conflict as error:
                if getattr(error.__cause__, "code", "") != "InvalidatedRetryToken":
                    raise
                continue
            if _is_fresh(answer) or self._is_ours_still(get, (*below, answer.data.id)):
                return str(answer.data.id)
        raise Conflict(
            f"{create}: the same was made and then deleted, or lost our mark, {_TOKENS} times within a day",
            "Find out who does that. The service takes it again after 24 hours.",
        )

    def _is_ours_still(self, get: str, path: tuple[str, ...]) -> bool:
        try:
            found = self._call(get)(*path).data
        except NotFound:
            return False
        return bool((found.freeform_tags or {}).get(OWNER_TAG) == self.owner)


def _model(name: str, fields: dict[str, Any]) -> object:
    from oci.budget import models

    made: object = getattr(models, name)(**fields)
    return made


def _same(one: Budget, other: Budget) -> bool:
    """Whether all but the rules is the same."""
    return replace(one, rules=()) == replace(other, rules=())


def _rule(found: Any) -> AlertRule:  # noqa: ANN401
    recipients = tuple(sorted(filter(None, re.split(r"[,;\s]+", found.recipients or ""))))
    percent = Decimal(str(found.threshold)) if found.threshold_type == "PERCENTAGE" else Decimal(-1)
    return AlertRule(found.type, percent, recipients, found.message or "")


def _by_rule(pair: tuple[str, AlertRule]) -> tuple[AlertRule, str]:
    return pair[1], pair[0]


def _is_fresh(answer: Any) -> bool:  # noqa: ANN401
    """Whether what was made is new by the service's own clock, and so not the answer to an earlier request."""
    said, made = answer.headers.get("date"), answer.data.time_created
    if not said or made is None:
        return False
    since: timedelta = parsedate_to_datetime(said) - made.astimezone(UTC)
    return abs(since) < _FRESH
