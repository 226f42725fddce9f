"""Policies tried on recorded resources: the tests in a policy's own file, and what a change of it would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.finops.logic.efficiency.amounts import KEY
from assets.finops.logic.policies.evaluate import explain, verdicts
from assets.finops.logic.policies.inventory import of_fixtures
from assets.finops.logic.policies.schema import Policy, PolicyTest

_NO_MATCH = ("no match", "excluded")


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
    explained = explain(policy, of_fixtures([test.resource for test in policy.tests]))
    rows = explained.to_dicts()
    return [Outcome(policy.name, test.name, _complaint(test, row)) for test, row in zip(policy.tests, rows, strict=True)]


def differences(before: Policy | None, after: Policy | None, inventory: pl.DataFrame) -> pl.DataFrame:
    """The resources of an inventory on which two versions of a policy do not agree: key, `before`, `after`, `because`.

    Args:
        before: The policy as it was; None if it is new.
        after: The policy as it will be; None if it is withdrawn.
        inventory: Recorded or present resources; columns as in `inventory.SCHEMA`.
    """
    nothing = pl.Series(["no match"] * len(inventory), dtype=pl.String)
    then, now = (nothing if policy is None else verdicts(policy, inventory) for policy in (before, after))
    changed = inventory.filter(then != now)
    reasons = [pl.Series("because", [], dtype=pl.String)]
    if after is not None:
        reasons = [explain(after, changed)["explanation"].map_elements(_in_words, return_dtype=pl.String).alias("because")]
    elif len(changed):
        reasons = [pl.Series("because", ["the policy is withdrawn"] * len(changed))]
    told = changed.select(KEY).with_columns(before=then.filter(then != now), after=now.filter(then != now))
    return told.with_columns(reasons)


def _complaint(test: PolicyTest, row: dict[str, Any]) -> str | None:
    verdict = "no match" if row["verdict"] in _NO_MATCH else row["verdict"]
    reasons = [reason["clause"] for reason in row["explanation"]]
    decided = f"decided by {', '.join(reasons)}" if reasons else "decided by nothing"
    if verdict != test.expect:
        return f"expects {test.expect!r}, but it is {verdict!r}, {decided}"
    if test.clause is not None and not any(_is(reason, test.clause) for reason in reasons):
        return f"expects {test.clause} to decide, but it is {decided}"
    return None


def _is(reason: str, clause: str) -> bool:
    """A clause is named by its whole place, or by the end of it."""
    return reason == clause or reason.endswith(f".{clause}") or reason.partition("[")[0] == clause


def _in_words(reasons: pl.Series) -> str:
    return "; ".join(f"{reason['clause']} {reason['result']}" for reason in reasons)
