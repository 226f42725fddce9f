"""Budgets and their alert rules."""

from typing import Any

from sandbox.oci.clock import text
from sandbox.oci.errors import OciError, invalid
from sandbox.oci.exchange import Answer, Asked, answers, etag_shown, page, shown
from sandbox.oci.services import usage_api
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body, Resource

BUDGETS, RULES = "budget.budgets", "budget.rules"
MOST_RULES = 5
"""Alert rules of one budget. Not sourced; see docs/sandbox.md."""


@answers("budget")
def create_budget(asked: Asked) -> Answer:
    """A budget for one compartment or one tag.

    Source: SDK docstrings of `targets` (exactly one) and of `processingPeriodType` (SINGLE_USE has `startDate` and `endDate`).
    """
    body = asked.body
    demand_compartment(asked, body["compartmentId"])
    kind, targets = _target(body)
    _demand_period(body)
    _demand_amount(body["amount"])
    now = text(asked.store.clock.now())
    made: Body = {
        "id": asked.store.new_ocid("budget", asked.region),
        "compartmentId": body["compartmentId"],
        "displayName": body.get("displayName") or f"budget{asked.store.made:06}",
        "description": body.get("description"),
        "amount": body["amount"],
        "resetPeriod": body["resetPeriod"],
        "processingPeriodType": body.get("processingPeriodType") or "MONTH",
        "budgetProcessingPeriodStartOffset": body.get("budgetProcessingPeriodStartOffset"),
        "startDate": body.get("startDate"),
        "endDate": body.get("endDate"),
        "targetType": kind,
        "targets": targets,
        "targetCompartmentId": targets[0] if kind == "COMPARTMENT" else None,
        "lifecycleState": "ACTIVE",
        "alertRuleCount": 0,
        "version": 1,
        "timeCreated": now,
        "timeUpdated": now,
        "freeformTags": body.get("freeformTags") or {},
        "definedTags": body.get("definedTags") or {},
    }
    found = asked.store.add(BUDGETS, made)
    return Answer(_spent(asked, found), headers={"etag": found.etag})


@answers("budget")
def get_budget(asked: Asked) -> Answer:
    """One budget with what was spent of it."""
    found = asked.store.find(BUDGETS, asked.path["budgetId"])
    return Answer(_spent(asked, found), headers={"etag": etag_shown(asked, found)})


@answers("budget")
def list_budgets(asked: Asked) -> Answer:
    """Budgets of a compartment: without `targetType`, those that target compartments. Source: SDK docstring of list_budgets."""
    demand_compartment(asked, asked.query["compartmentId"])
    wanted = asked.query.get("targetType", "COMPARTMENT")
    rows = [
        r
        for r in asked.store.all(BUDGETS)
        if r.body["compartmentId"] == asked.query["compartmentId"]
        and wanted in ("ALL", r.body["targetType"])
        and asked.query.get("displayName") in (None, r.body["displayName"])
        and asked.query.get("lifecycleState") in (None, r.body["lifecycleState"])
    ]
    return page(asked, [_spent(asked, r) for r in _sorted(asked, rows)])


@answers("budget")
def update_budget(asked: Asked) -> Answer:
    """Change a budget; its target stays."""
    found = asked.store.find(BUDGETS, asked.path["budgetId"])
    found.demand_etag(asked.if_match)
    _demand_period({**found.body, **asked.body})
    if asked.body.get("amount") is not None:
        _demand_amount(asked.body["amount"])
    _change(asked, found, asked.body)
    return Answer(_spent(asked, found), headers={"etag": found.etag})


@answers("budget")
def delete_budget(asked: Asked) -> Answer:
    """Delete a budget and its alert rules."""
    found = asked.store.find(BUDGETS, asked.path["budgetId"])
    found.demand_etag(asked.if_match)
    for rule in [r.body["id"] for r in asked.store.all(RULES) if r.body["budgetId"] == found.body["id"]]:
        asked.store.remove(RULES, rule)
    asked.store.remove(BUDGETS, found.body["id"])
    return Answer(status=204)


@answers("budget")
def create_alert_rule(asked: Asked) -> Answer:
    """An alert rule of a budget."""
    budget = asked.store.find(BUDGETS, asked.path["budgetId"])
    body = asked.body
    _demand_threshold(body)
    mine = [r for r in asked.store.all(RULES) if r.body["budgetId"] == budget.body["id"]]
    if len(mine) >= MOST_RULES:
        raise OciError(400, "LimitExceeded", f"A budget has at most {MOST_RULES} alert rules.")
    now = text(asked.store.clock.now())
    made: Body = {
        "id": asked.store.new_ocid("budgetalertrule", asked.region),
        "budgetId": budget.body["id"],
        "displayName": body.get("displayName") or f"alertrule{asked.store.made:06}",
        "description": body.get("description"),
        "type": body["type"],
        "threshold": body["threshold"],
        "thresholdType": body["thresholdType"],
        "recipients": body.get("recipients") or "",
        "message": body.get("message") or "",
        "lifecycleState": "ACTIVE",
        "version": 1,
        "timeCreated": now,
        "timeUpdated": now,
        "freeformTags": body.get("freeformTags") or {},
        "definedTags": body.get("definedTags") or {},
    }
    found = asked.store.add(RULES, made)
    budget.change(alertRuleCount=len(mine) + 1)
    return Answer(made, headers={"etag": found.etag})


@answers("budget")
def get_alert_rule(asked: Asked) -> Answer:
    """One alert rule."""
    found = _rule(asked)
    return Answer(shown(asked, found.body, found.before), headers={"etag": etag_shown(asked, found)})


@answers("budget")
def list_alert_rules(asked: Asked) -> Answer:
    """The alert rules of a budget."""
    budget = asked.store.find(BUDGETS, asked.path["budgetId"])
    rows = [
        r
        for r in asked.store.all(RULES)
        if r.body["budgetId"] == budget.body["id"]
        and asked.query.get("displayName") in (None, r.body["displayName"])
        and asked.query.get("lifecycleState") in (None, r.body["lifecycleState"])
    ]
    return page(asked, [shown(asked, r.body, r.before) for r in _sorted(asked, rows)])


@answers("budget")
def update_alert_rule(asked: Asked) -> Answer:
    """Change an alert rule."""
    found = _rule(asked)
    found.demand_etag(asked.if_match)
    _demand_threshold({**found.body, **asked.body})
    _change(asked, found, asked.body)
    return Answer(found.body, headers={"etag": found.etag})


@answers("budget")
def delete_alert_rule(asked: Asked) -> Answer:
    """Delete an alert rule."""
    found = _rule(asked)
    found.demand_etag(asked.if_match)
    asked.store.remove(RULES, found.body["id"])
    budget = asked.store.find(BUDGETS, asked.path["budgetId"])
    budget.change(alertRuleCount=budget.body["alertRuleCount"] - 1)
    return Answer(status=204)


def _rule(asked: Asked) -> Resource:
    budget = asked.store.find(BUDGETS, asked.path["budgetId"])
    found = asked.store.find(RULES, asked.path["alertRuleId"])
    if found.body["budgetId"] != budget.body["id"]:
        return asked.store.find(RULES, "")
    return found


def _change(asked: Asked, found: Resource, body: Body) -> None:
    given = {name: value for name, value in body.items() if value is not None}
    found.change(**given, version=found.body["version"] + 1, timeUpdated=text(asked.store.clock.now()))


def _target(body: Body) -> tuple[str, list[str]]:
    if body.get("targetCompartmentId"):
        return "COMPARTMENT", [body["targetCompartmentId"]]
    targets = body.get("targets") or []
    if len(targets) != 1:
        raise invalid("targets must contain exactly one item")
    kind = body.get("targetType") or "COMPARTMENT"
    if kind == "TAG" and targets[0].count(".") != 2:
        raise invalid("a tag is targeted as namespace.key.value")
    return kind, targets


def _demand_period(body: Body) -> None:
    if body.get("processingPeriodType") == "SINGLE_USE" and not (body.get("startDate") and body.get("endDate")):
        raise invalid("startDate and endDate are required with SINGLE_USE")


def _demand_amount(amount: float) -> None:
    """A whole number. Source: SDK docstring of `amount`."""
    if amount <= 0 or amount != int(amount):
        raise invalid("amount must be a whole number greater than 0")


def _demand_threshold(body: Body) -> None:
    """At most 10,000 per cent, or 12 digits before the point; two after it. Source: SDK docstring of `threshold`."""
    most = 10_000 if body["thresholdType"] == "PERCENTAGE" else 10**12 - 0.01
    if not 0 < body["threshold"] <= most or round(body["threshold"], 2) != body["threshold"]:
        raise invalid(
            "threshold must be greater than 0, at most 10000 per cent or 12 digits before the point, with two digits after it"
        )


def _sorted(asked: Asked, rows: list[Resource]) -> list[Resource]:
    field = asked.query.get("sortBy", "timeCreated")
    usual = "DESC" if field == "timeCreated" else "ASC"
    numbered: list[tuple[Any, Resource]] = [((r.body[field], n), r) for n, r in enumerate(rows)]
    ordered = sorted(numbered, key=lambda pair: pair[0], reverse=asked.query.get("sortOrder", usual) == "DESC")
    return [r for _, r in ordered]


def _spent(asked: Asked, found: Resource) -> Body:
    """A budget with the usage of its month so far."""
    body = shown(asked, found.body, found.before)
    now = asked.store.clock.now()
    actual = usage_api.spent(asked.store, body["targetType"], body["targets"][0], now)
    days = (now.day - 1) + now.hour / 24
    forecast = None if actual is None or not days else round(actual / days * usage_api.days_in_month(now), 2)
    return {**body, "actualSpend": actual, "forecastedSpend": forecast, "timeSpendComputed": text(now)}
