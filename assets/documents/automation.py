"""When the inside of the documents graph is materialized by itself."""

import dagster as dg

WHEN_DOCUMENTS_CHANGED = (
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("when documents changed")
"""After the runs that changed any document are done."""

DAILY = (
    (
        dg.AutomationCondition.cron_tick_passed("30 4 * * *").since_last_handled()
        | (dg.AutomationCondition.missing() & dg.AutomationCondition.any_deps_updated().since_last_handled())
    )
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("daily")
"""At 04:30 UTC, and as soon as there are documents at all: for measurements."""
