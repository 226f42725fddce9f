"""Brings the rules of buckets with exports to what the policies say; rules that people made stay as they are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.journal import DONE, FOUND_DONE, FOUND_UNDONE, Change, Journal
from assets.recovery.logic.backup_policies import Exports
from assets.recovery.logic.export_rules import buckets, rules_of
from resources.clock import Clock
from resources.errors import NotFound, PermanentError
from resources.object_lifecycle import LifecycleRule, ObjectLifecycle, Rules

OPERATION = "set rules of a bucket"
"""In the journal."""
_SCHEMA = dict.fromkeys(("bucket", "rule", "action", "days", "prefix", "does"), pl.String)


@dataclass(frozen=True, slots=True)
class Aged:
    """What became of the rules: a table for people, how many buckets were changed, and what failed."""

    told: pl.DataFrame
    changed: int
    failed: list[str]


def age_exports(
    lifecycle: ObjectLifecycle, exports: Sequence[Exports], journal: Journal, clock: Clock, *, acts: bool
) -> Aged:  # fmt: skip
    """Plan the rules of every bucket that policies name, or named once; with `acts`, set them.

    Raises:
        TransientError: The service did not answer: run again.
    """
    told: list[dict[str, str]] = []
    failed: list[str] = []
    changed = 0
    cut_off = {lost.change.subject: lost for lost in journal.cut_off("oci", [OPERATION])} if acts else {}
    named = buckets(exports)
    for region, bucket in [*named, *_no_longer(journal, named)]:
        wanted = named.get((region, bucket), [])
        try:
            seen = lifecycle.rules(region, bucket)
            after = _after(seen, wanted)
            told += _told(bucket, seen, after)
            if acts and f"{region}/{bucket}" in cut_off:
                found = FOUND_DONE if _same(seen.rules, after) else FOUND_UNDONE
                journal.end([(cut_off[f"{region}/{bucket}"], found)], clock.now())
            if acts and not _same(seen.rules, after):
                _set(lifecycle, (region, bucket), after, seen, journal, clock)
                changed += 1
        except PermanentError as error:
            if wanted or not isinstance(error, NotFound):
                failed.append(f"bucket {bucket}: {error}")
    return Aged(pl.DataFrame(told, schema=_SCHEMA), changed, failed)


def _no_longer(journal: Journal, named: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Regions and buckets whose rules were set here, and that no policy names any more: nobody wants those rules now."""
    wanted = {bucket for _, bucket in named}
    once = (subject.rpartition("/") for subject in journal.rows([OPERATION])["subject"].unique().sort())
    return [(region, bucket) for region, _, bucket in once if bucket not in wanted]


def _after(seen: Rules, wanted: Sequence[Exports]) -> list[LifecycleRule]:
    """Rules that people made, as they are, and then ours, as they are to be."""
    ours = [LifecycleRule(rule.name, rule.action, rule.days, (rule.prefix,)) for rule in rules_of(wanted)]
    return [*(rule for rule in seen.rules if not rule.is_ours), *ours]


def _set(
    lifecycle: ObjectLifecycle,
    place: tuple[str, str],
    after: Sequence[LifecycleRule],
    seen: Rules,
    journal: Journal,
    clock: Clock,
) -> None:
    region, bucket = place
    change = Change(
        "oci", OPERATION, f"{region}/{bucket}", _as_json(seen.rules), _as_json(after), "policies say how its exports age"
    )
    (entry,) = journal.begin([change], clock.now())
    try:
        lifecycle.replace(region, bucket, after, seen)
        _demand(after, lifecycle.rules(region, bucket))
    except PermanentError as error:
        journal.end([(entry, f"failed: {error}")], clock.now())
        raise
    journal.end([(entry, DONE)], clock.now())


def _demand(after: Sequence[LifecycleRule], seen: Rules) -> None:
    if not _same(seen.rules, after):
        raise PermanentError("its rules are not as they were written", "See who else changes them, and run this job again.")


def _same(left: Sequence[LifecycleRule], right: Sequence[LifecycleRule]) -> bool:
    return sorted(left, key=lambda rule: rule.name) == sorted(right, key=lambda rule: rule.name)


def _told(bucket: str, seen: Rules, after: Sequence[LifecycleRule]) -> list[dict[str, str]]:
    before, then = ({rule.name: rule for rule in side} for side in (seen.rules, after))
    rows = []
    for name in sorted({*before, *then}):
        rule = then.get(name) or before[name]
        new = name not in before
        does = "stays" if before.get(name) == then.get(name) else "goes" if name not in then else "is new" if new else "changes"
        shown = {"action": rule.action, "days": str(rule.days), "prefix": ", ".join(rule.prefixes)}
        rows.append({"bucket": bucket, "rule": name, **shown, "does": does if rule.is_ours else "stays: not ours"})
    return rows


def _as_json(rules: Sequence[LifecycleRule]) -> dict[str, Any]:
    return {
        rule.name: {"action": rule.action, "days": rule.days, "prefixes": rule.prefixes, "is_enabled": rule.is_enabled}
        for rule in rules
    }
