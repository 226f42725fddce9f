"""How a consumer group shares the partitions of a stream among its instances, and how far it has come in each.

Source: docs.oracle.com, "Using Consumer Groups". Times are milliseconds since 1970, UTC; an offset that is committed here is the
one to go on with, one more than that of the last message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

USUAL_TIMEOUT = 30_000
"""Milliseconds after which an instance that does nothing is out. Source: the same page."""


@dataclass(slots=True)
class Group:
    """A group's state, kept in a dictionary so that it can be saved.

    Attributes:
        state: `start` and `committed` by partition, `instances` with their `until` and `timeout`, `owners` by partition.
    """

    state: dict[str, Any]

    @classmethod
    def new(cls, start: Mapping[str, int], since: int | None) -> Group:
        """A group without instances that begins at these offsets, with messages of a time on if there is one."""
        return cls({"start": dict(start), "since": since, "committed": {}, "instances": {}, "owners": {}, "used": 0})

    def join(self, instance: str, timeout: int, now: int) -> None:
        """Let an instance be there until its timeout has passed; who is late is out, and partitions are shared anew."""
        self.expire(now)
        is_new = instance not in self.state["instances"]
        self.state["instances"][instance] = {"until": now + timeout, "timeout": timeout}
        self.state["used"] = now
        if is_new:
            self._share()

    def expire(self, now: int) -> None:
        """Put out the instances whose timeout has passed."""
        instances: dict[str, Any] = self.state["instances"]
        late = [name for name, one in instances.items() if one["until"] <= now]
        for name in late:
            del instances[name]
        if late:
            self._share()

    def owned(self, instance: str) -> list[str]:
        """The partitions of an instance."""
        return [partition for partition, owner in self.state["owners"].items() if owner == instance]

    def commit(self, instance: str, positions: Mapping[str, int]) -> None:
        """Commit what an instance has read of the partitions that are still its own. Commits never go back: not sourced."""
        for partition in self.owned(instance):
            if partition in positions:
                self.state["committed"][partition] = max(self.begin(partition), positions[partition])

    def begin(self, partition: str) -> int:
        """The offset that the group goes on with."""
        return int(self.state["committed"].get(partition, self.state["start"][partition]))

    def reservations(self) -> list[dict[str, Any]]:
        """Per partition the last committed offset, and who has it until when."""
        rows = []
        for partition in self.state["start"]:
            owner = self.state["owners"].get(partition)
            committed = self.state["committed"].get(partition)
            rows.append(
                {
                    "partition": partition,
                    "committedOffset": None if committed is None else committed - 1,
                    "reservedInstance": owner,
                    "until": self.state["instances"][owner]["until"] if owner else None,
                }
            )
        return rows

    def _share(self) -> None:
        """Each partition has one owner, and instances differ by one partition at most; who has one keeps it if that allows."""
        before: dict[str, str] = self.state["owners"]
        held: dict[str, list[str]] = {name: [] for name in sorted(self.state["instances"])}
        self.state["owners"] = {}
        if not held:
            return
        for partition, owner in before.items():
            if owner in held:
                held[owner].append(partition)
        for partition in self.state["start"]:
            if before.get(partition) not in held:
                min(held.values(), key=len).append(partition)
        while len(most := max(held.values(), key=len)) - len(fewest := min(held.values(), key=len)) > 1:
            fewest.append(most.pop())
        owners = {partition: name for name, partitions in held.items() for partition in partitions}
        self.state["owners"] = {partition: owners[partition] for partition in self.state["start"]}
