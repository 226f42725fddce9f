"""When the inside of the FinOps graph is materialized by itself."""

import dagster as dg

WHEN_COSTS_CHANGED = (
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("when costs changed")
"""After the runs that changed any day are done: for assets that look at all days at once."""
