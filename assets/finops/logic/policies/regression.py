"""Policies tried on recorded resources: the tests in a policy's own file, and resources recorded for such tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from assets.finops.logic.policies.evaluate import explain
from assets.finops.logic.policies.inventory import PROVIDERS, of_fixtures
from assets.finops.logic.policies.schema import AnomalyFixture, Fixture, MeasuredFixture, Policy, PolicyTest

_NUMBER_AT_THE_END = re.compile(r"\[\d+\]$")
_NAMES = {
    "id": "ResourceId", "name": "ResourceName", "service": "ServiceName", "comparable_service": "x_comparable_service",
    "type": "ResourceType", "sub_account": "SubAccountId", "sub_account_name": "SubAccountName", "region": "RegionId",
    "currency": "BillingCurrency", "day": "as_of",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test of a policy ended.

    Attributes:
        policy: Name of the policy.
        test: Name of the test.
        complaint: What is not as the test expects; None if all is.
    """

    policy: str
    test: str
    complaint: str | None

    @property
    def passed(self) -> bool:
        """Whether the policy does what the test expects."""
        return self.complaint is None

    def __str__(self) -> str:
        return f"{self.policy}, test {self.test!r}: {self.complaint or 'passed'}"


def run_tests(policy: Policy) -> list[Outcome]:
    """Every test of the policy's own file, in order."""
    rows = explain(policy, of_fixtures([test.resource for test in policy.tests])).to_dicts()
    return [Outcome(policy.name, test.name, _complaint(test, row)) for test, row in zip(policy.tests, rows, strict=True)]


def record(resource: Mapping[str, Any]) -> dict[str, object]:
    """A row of the inventory as the `resource` of a test: every policy says of it what it says of the row.

    Texts, numbers as texts, lists and mappings; what is unknown is left out.
    """
    plain = {name: resource[_NAMES.get(name, name)] for name in Fixture.model_fields if _NAMES.get(name, name) in resource}
    known = {name: _written(value) for name, value in plain.items() if value is not None}
    provider = {name: key for key, name in PROVIDERS.items()}.get(resource["ProviderName"])
    lists = {
        "metrics": _recorded(resource["metrics"], MeasuredFixture, {"name": "metric"}),
        "anomalies": _recorded(resource["anomalies"], AnomalyFixture, {}),
        "tags": None if resource["tags"] is None else {tag["key"]: tag["value"] or "" for tag in resource["tags"]},
    }
    given = {**known, "provider": provider, **lists}
    return {name: given[name] for name in Fixture.model_fields if given.get(name) is not None}


def _recorded(
    items: list[dict[str, Any]] | None, model: type[MeasuredFixture | AnomalyFixture], renamed: Mapping[str, str]
) -> list[dict[str, object]] | None:
    if items is None:
        return None
    named = {name: renamed.get(name, name) for name in model.model_fields}
    return [{name: _written(item[at]) for name, at in named.items() if item[at] is not None} for item in items]


def _written(value: object) -> object:
    """A value as it would be written in a policy file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal | float):
        return f"{round(Decimal(str(value)), 12).normalize():f}"
    return str(value) if isinstance(value, int | date) else value


def _complaint(test: PolicyTest, row: Mapping[str, Any]) -> str | None:
    verdict = "no match" if row["verdict"] == "excluded" else row["verdict"]
    reasons = [reason["clause"] for reason in row["explanation"]]
    decided = f"decided by {', '.join(reasons)}"
    if verdict != test.expect:
        return f"expects {test.expect!r}, but it is {verdict!r}, {decided}"
    if test.clause is not None and not any(_is(reason, test.clause) for reason in reasons):
        return f"expects {test.clause} to decide, but it is {decided}"
    return None


def _is(reason: str, clause: str) -> bool:
    """A clause is named by its place, by the beginning or the end of it, or by its kind if it is one of a list."""
    within = reason.startswith(f"{clause}.") or reason.endswith(f".{clause}")
    return reason == clause or within or _NUMBER_AT_THE_END.sub("", reason) == clause
