"""What exists in the sandbox: resources as JSON with their versions, records, and changes that are due at a time.

It can be saved to a folder and restored from it.
"""

import bisect
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.oci.clock import Clock, parsed, text
from sandbox.oci.errors import not_found, stale_etag

_FILE = "state.json"
Body = dict[str, Any]


@dataclass(slots=True)
class Resource:
    """Something that exists.

    Attributes:
        body: It, as the service's `get` shows it.
        region: Where it is; empty for what is in every region.
        version: Counts its changes; its etag is made of it.
        before: What it was before the last change.
        hidden: What the service knows of it and does not show.
    """

    body: Body
    region: str
    version: int = 1
    before: Body | None = None
    hidden: Body = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """Of this version."""
        return self.etag_of(self.version)

    def etag_of(self, version: int) -> str:
        """Of a version that it is or was."""
        text_of = f"{self.body.get('id') or self.body.get('name')}/{version}"
        return hashlib.sha256(text_of.encode()).hexdigest()[:32]

    def change(self, **fields: Any) -> None:  # noqa: ANN401
        """Set fields, as a new version."""
        self.before = dict(self.body)
        self.body.update(fields)
        self.version += 1

    def demand_etag(self, if_match: str | None) -> None:
        """Raises OciError (412) if the caller has seen another version."""
        if if_match is not None and if_match not in ("*", self.etag):
            raise stale_etag()


@dataclass(frozen=True, slots=True)
class Change:
    """Fields that a resource gets when a time has come; `table` and `key` name it.

    With an `effect` it is that which is called instead, with the change: it gives the resource the fields, or does not.
    """

    due: str
    table: str
    key: str
    fields: Body
    effect: str = ""
    details: Body = field(default_factory=dict)


Effect = Callable[["Store", Change], None]
EFFECTS: dict[str, Effect] = {}


def effect(name: str) -> Callable[[Effect], Effect]:
    """Register a function as what a change of this name does."""

    def register(function: Effect) -> Effect:
        EFFECTS[name] = function
        return function

    return register


@dataclass(slots=True)
class Store:
    """All resources by table and key, and the changes to come."""

    clock: Clock
    folder: Path
    tables: dict[str, dict[str, Resource]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    made: int = 0
    served: dict[str, Body] = field(default_factory=dict)
    """Answers by `opc-retry-token`: `at`, `digest` of the request, `status`, `body`, `headers`."""
    journals: dict[str, list[Body]] = field(default_factory=dict)
    computed: dict[str, Any] = field(default_factory=dict)
    """Answers that were computed already, by request: pages of one answer are not computed anew. Not saved."""
    address: str = ""
    """Where the sandbox is served, `http://host:port`; empty until it is. Not saved."""

    def __post_init__(self) -> None:
        self.objects.mkdir(parents=True, exist_ok=True)

    @property
    def objects(self) -> Path:
        """Folder with the contents of objects."""
        return self.folder / "objects"

    def table(self, name: str) -> dict[str, Resource]:
        """The resources of a table by key."""
        return self.tables.setdefault(name, {})

    def journal(self, name: str) -> list[Body]:
        """Records that are only ever added: usage, datapoints, messages."""
        return self.journals.setdefault(name, [])

    def all(self, table: str, region: str | None = None) -> Iterator[Resource]:
        """Resources of a table, of one region if given, in the order in which they were made."""
        return (r for r in self.table(table).values() if region is None or r.region in ("", region))

    def find(self, table: str, key: str, region: str | None = None) -> Resource:
        """One resource; raises OciError (404) if it is not there."""
        found = self.table(table).get(key)
        if found is None or (region is not None and found.region not in ("", region)):
            raise not_found()
        return found

    def add(self, table: str, body: Body, region: str = "", key: str | None = None, **hidden: Any) -> Resource:  # noqa: ANN401
        """Let something exist; its key is its `id` if none is given."""
        resource = Resource(body, region, hidden=hidden)
        self.table(table)[key or str(body["id"])] = resource
        return resource

    def remove(self, table: str, key: str) -> None:
        """Let it exist no more."""
        self.find(table, key)
        del self.tables[table][key]

    def new_ocid(self, kind: str, region: str = "") -> str:
        """An OCID of its own; the same sequence in each sandbox."""
        self.made += 1
        unique = hashlib.sha256(f"{kind}/{self.made}".encode()).hexdigest()[:40]
        return f"ocid1.{kind}.oc1.{region}.aaaaaaaa{unique}"

    def later(self, seconds: float, table: str, key: str, **fields: Any) -> None:  # noqa: ANN401
        """Let a resource change when so many seconds of the sandbox's time have passed."""
        self.afterwards(seconds, Change("", table, key, fields))

    def afterwards(self, seconds: float, change: Change) -> None:
        """Let a change happen when so many seconds of the sandbox's time have passed."""
        due = text(self.clock.now() + timedelta(seconds=seconds))
        bisect.insort(self.changes, replace(change, due=due), key=lambda c: c.due)

    def forget_changes(self, table: str, key: str) -> list[Change]:
        """Let what was to come of a resource not happen; returns it."""
        mine = [c for c in self.changes if (c.table, c.key) == (table, key)]
        self.changes = [c for c in self.changes if (c.table, c.key) != (table, key)]
        return mine

    def catch_up(self) -> None:
        """Make the changes that are due, in the order of their times; while one is made, the time is when it was due."""
        now = text(self.clock.now())  # times of one form have the order of their texts
        while self.changes and self.changes[0].due <= now:
            change = self.changes.pop(0)
            with self.clock.standing_at(parsed(change.due)):
                self._make(change)

    def _make(self, change: Change) -> None:
        if change.effect:
            EFFECTS[change.effect](self, change)
            return
        resource = self.table(change.table).get(change.key)
        if resource is not None:
            resource.change(**change.fields)

    def save(self) -> Path:
        """Write all that exists to the folder; the contents of objects are there already."""
        state = {
            "tables": {name: {key: asdict(r) for key, r in rows.items()} for name, rows in self.tables.items()},
            "journals": self.journals,
            "changes": [asdict(change) for change in self.changes],
            "served": self.served,
            "made": self.made,
            "stopped_at": text(self.clock.stopped_at) if self.clock.stopped_at else None,
            "ahead": self.clock.ahead.total_seconds(),
        }
        file = self.folder / _FILE
        part = file.with_suffix(".part")
        part.write_text(json.dumps(state))
        part.replace(file)
        return file

    def restore(self) -> bool:
        """Read what was saved in the folder; returns whether there was anything."""
        file = self.folder / _FILE
        if not file.exists():
            return False
        state = json.loads(file.read_text())
        self.tables = {name: {key: Resource(**r) for key, r in rows.items()} for name, rows in state["tables"].items()}
        self.journals = state["journals"]
        self.changes = [Change(**change) for change in state["changes"]]
        self.served = state["served"]
        self.made = state["made"]
        self.clock.stopped_at = parsed(state["stopped_at"]) if state["stopped_at"] else None
        self.clock.ahead = type(self.clock.ahead)(seconds=state["ahead"])
        return True
