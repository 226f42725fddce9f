"""What the journal says became of a roll-out's changes."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Way = Literal["forward", "back"]


@dataclass(slots=True)
class Standing:
    """Changes that were made for certain, by subject, with what each was to become.

    Attributes:
        forward: Towards the new version.
        back: Back to what was before.
        doubtful: Subjects of which nobody knows whether they were changed and changed back by others.
    """

    forward: dict[str, dict[str, Any]] = field(default_factory=dict)
    back: dict[str, dict[str, Any]] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)

    def of(self, way: Way) -> dict[str, dict[str, Any]]:
        """Changes of one way."""
        return self.forward if way == "forward" else self.back


def standing(rows: Iterable[Mapping[str, Any]], rollout: str, made: Collection[str], doubt: str) -> Standing:
    """What a roll-out made.

    Args:
        rows: Of the journal.
        rollout: Which roll-out.
        made: Outcomes of changes that were made.
        doubt: Outcome of one of which that is not known.
    """
    found = Standing()
    for row in rows:
        after = json.loads(row["after"] or "{}")
        if after.get("rollout") != rollout:
            continue
        if row["outcome"] in made:
            found.of(after["way"])[row["subject"]] = after
        elif row["outcome"] == doubt:
            found.doubtful.add(row["subject"])
    return found
