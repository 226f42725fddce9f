"""When the inside of the FinOps graph is materialized by itself."""

import dagster as dg

WHEN_COSTS_CHANGED = (
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("when costs changed")
"""After the runs that changed any day are done: for assets that look at all days at once."""

_MONDAYS: dg.AutomationCondition = dg.AutomationCondition.cron_tick_passed("0 5 * * 1")
WEEKLY = (
    (
        _MONDAYS.since_last_handled()
        | (dg.AutomationCondition.missing() & dg.AutomationCondition.any_deps_updated().since_last_handled())
    )
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("weekly")
"""On Mondays at 05:00 UTC, and as soon as there are costs at all: for measurements that a day hardly changes."""
