"""What is done next about auto scaling that was approved, by what is seen of the database."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assets.finops.logic.actions.lifecycle import APPROVED, EXECUTED, EXECUTING, ROLLING_BACK, Standing
from assets.finops.logic.actions.model import Facts
from assets.finops.logic.actions.plan import Protection
from assets.finops.logic.actions.steps import DO, DONE_ALREADY, LEAVE, NOTHING, WAIT, Approved, next_step

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
OFF = Facts("database", frozenset(), "running", "8", auto_scaling=False)
ON = replace(OFF, auto_scaling=True)


@pytest.mark.parametrize(
    ("state", "seen", "verdict", "operation"),
    [
        (APPROVED, OFF, DO, "autoscale"),
        (APPROVED, ON, LEAVE, ""),
        (APPROVED, replace(OFF, size="16"), LEAVE, ""),
        (APPROVED, replace(OFF, status="stopped"), LEAVE, ""),
        (APPROVED, replace(OFF, status="changing"), WAIT, ""),
        (APPROVED, replace(OFF, tags=(("cloudops", "keep"),)), LEAVE, ""),
        (EXECUTING, OFF, DO, "autoscale"),
        (EXECUTING, ON, DONE_ALREADY, "autoscale"),
        (EXECUTED, OFF, NOTHING, ""),
        (ROLLING_BACK, ON, DO, "autoscale-off"),
        (ROLLING_BACK, replace(ON, size="16"), DO, "autoscale-off"),
        (ROLLING_BACK, OFF, DONE_ALREADY, "autoscale-off"),
        (ROLLING_BACK, replace(OFF, status="stopped"), DONE_ALREADY, "autoscale-off"),
        (ROLLING_BACK, replace(ON, status="absent"), LEAVE, ""),
    ],
)
def test_auto_scaling_is_turned_on_or_off_only_where_it_is_not_so_yet_and_as_it_was_approved(state, seen, verdict, operation):
    standing = Standing(state, NOW, "ann", "", 3, NOW, "f", NOW, "ann")
    approved = Approved("a", "autoscale", {"least": 1, "most": 24}, ("running", "8"), "f", standing)

    step = next_step(approved, seen, NOW, Protection(), resource_id="ocid1.autonomousdatabase.oc1..a")

    assert (step.verdict, step.operation) == (verdict, operation)
