"""Rules by which exports in buckets of the team's own move to cheaper storage and go, from what the policies say of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assets.recovery.logic.backup_policies import Exports

OWN_PREFIX = "cloudops-"
"""Names of rules that are kept here begin so."""
Action = Literal["INFREQUENT_ACCESS", "ARCHIVE", "DELETE"]


@dataclass(frozen=True, slots=True)
class ExportRule:
    """What happens to exports below a prefix at some age in days."""

    name: str
    action: Action
    days: int
    prefix: str


def rules_of(exports: Sequence[Exports]) -> list[ExportRule]:
    """The rules that one bucket is to have, in the order in which exports meet them."""
    found = []
    for one in exports:
        slug = one.prefix.strip("/").replace("/", ".") or "all"
        ages: tuple[tuple[Action, int | None], ...] = (
            ("INFREQUENT_ACCESS", one.infrequent_after_days),
            ("ARCHIVE", one.archive_after_days),
            ("DELETE", one.delete_after_days),
        )
        found += [
            ExportRule(f"{OWN_PREFIX}{action.lower().replace('_', '-')}-{slug}", action, days, one.prefix)
            for action, days in ages
            if days is not None
        ]
    return found


def buckets(exports: Sequence[Exports]) -> dict[tuple[str, str], list[Exports]]:
    """What the policies say by region and bucket."""
    found: dict[tuple[str, str], list[Exports]] = {}
    for one in exports:
        found.setdefault((one.region, one.bucket), []).append(one)
    return found
