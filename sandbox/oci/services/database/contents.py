"""What is in Autonomous Databases: a log of statements with their times for each, of which any moment can be read again.

A log is a *line*: the statements that changed a database, from an empty database, the demo's schema, or a moment of another line
on. A clone, a restored database and a promoted standby are lines of their own that begin at a moment of an earlier one; a standby
has none, but reads that of its primary, as far as it has come to it. Databases themselves are made in memory when they are first
asked, so that a fleet costs nothing until it is used, and what is kept is part of the sandbox's state.

Keys are OCIDs; that of a local standby, which has none, is `{ocid}#local`. Who decides when these functions are called is
`lifecycle` and what belongs to it: nothing here knows states, roles or work requests.
"""

from __future__ import annotations

import hashlib
import re
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.oci.store import Body, Resource, Store
from sandbox.oracle_sql import demo, engine, performance
from sandbox.oracle_sql.engine import Database, Result
from sandbox.oracle_sql.functions import moment_text, parsed
from sandbox.oracle_sql.refusals import Refused

CONTENTS, LINES = "database.contents", "database.lines"
DELAYS = {True: 1.0, False: 4.0}
"""Seconds that a local (True) or remote standby is behind while all is well. Not sourced."""
_EMPTY, _DEMO = "empty", "demo"
_LOCAL = "#local"
_LOG = "database.log/"
_MOST_OPEN = 24
"""Databases that are kept in memory; others are made again from their logs."""
_OPEN = "database.open"
_PAST = re.compile(r"\s+AS\s+OF\s+TIMESTAMP\s+TO_TIMESTAMP\s*\(\s*:(\w+)\s*,\s*'[^']*'\s*\)", re.IGNORECASE)
_UNDO = timedelta(hours=4)
"""How far back flashback queries reach. Not sourced."""
_LOCK = threading.RLock()

_Path = tuple[tuple[str, int], ...]
"""Lines from the first on, and how many statements of each."""


@dataclass(slots=True)
class _Image:
    database: Database
    path: _Path


def create(store: Store, ocid: str) -> None:
    """Let a new database be empty. One that nobody created here has the demo's schema."""
    _set(store, ocid, line=_line(store, base=_EMPTY))


def copy(store: Store, source: str, target: str, at: datetime | None = None, *, rows: bool = True) -> None:
    """Let a new database have what another has, or had at a moment; without rows, its tables alone."""
    line, upto = _position(store, source, at)
    _set(store, target, line=_line(store, parent=line, upto=upto, rows=rows), origin=source)
    if at is not None:
        _lose(store, target, (source, _of(store, source).body.get("origin")))


def follow(store: Store, standby: str, primary: str) -> None:
    """Let a database be the standby of another: it has all that the primary has now, and gets what is written from now on."""
    _set(store, standby, follows=primary, since=moment_text(store.clock.now()))


def promote(store: Store, standby: str, at: datetime | None = None) -> None:
    """Let a standby go on by itself, with what had reached it by now, or by the moment at which its primary was lost.

    All else is lost. Its former primary keeps what it has. A local standby goes on under the OCID that it shares with its
    primary, and a new one follows it.
    """
    _go_on(store, standby, *_position(store, standby, at))


def exchange(store: Store, primary: str, standby: str) -> None:
    """Let primary and standby change places; nothing is lost. Of a local standby, the OCID stays with the new primary."""
    _go_on(store, standby, *_position(store, primary))
    if not standby.endswith(_LOCAL):
        follow(store, primary, standby)


def detach(store: Store, standby: str) -> None:
    """Let a standby be written, as a snapshot standby is: what its primary writes meanwhile waits."""
    promote(store, standby)


def rejoin(store: Store, standby: str, primary: str) -> None:
    """Let a standby follow its primary again; what was written to it is discarded."""
    follow(store, standby, primary)


def restore(store: Store, ocid: str, at: datetime | None) -> None:
    """Let a database be as it was at a moment; None leaves it as it is."""
    line, upto = _position(store, ocid, at)
    _set(store, ocid, line=_line(store, parent=line, upto=upto, replaces=True))
    _lose(store, ocid, (ocid,))


def remove(store: Store, ocid: str) -> None:
    """Let nothing of a database be in memory. Its log stays: a long-term backup outlives it."""
    with _LOCK:
        _open(store).pop(ocid, None)


def lag(store: Store, standby: str) -> float | None:
    """Seconds that a standby is behind; None if it follows nobody."""
    if _of(store, standby).body.get("follows") is None:
        return None
    behind, stopped = fault(store, standby, "lag"), fault(store, standby, "stopped")
    usual = float(behind["value"]) if behind is not None else DELAYS[standby.endswith(_LOCAL)]
    return usual + ((store.clock.now() - parsed(stopped["since"])).total_seconds() if stopped is not None else 0.0)


def disturb(store: Store, key: str, **faults: Any) -> None:  # noqa: ANN401
    """Let something be wrong with a database or standby from now on; None as the value ends it.

    Args:
        store: What exists.
        key: Of the database or standby.
        faults: `hung` (true): it never answers. `lag` (seconds): a standby is so far behind. `stopped` (true): nothing more
            reaches a standby. `corrupt` (true): a standby has one other value than its primary. `denied` (names of views): they
            cannot be read. `metrics` (`missing`): Monitoring has no more datapoints. `backup` (`rows`): what is restored
            has fewer rows.
    """
    body = _of(store, key).body
    known: Body = dict(body.get("faults") or {})
    for name, value in faults.items():
        known.pop(name, None)
        if value not in (None, False):
            known[name] = {"value": value, "since": moment_text(store.clock.now())}
    body["faults"] = known


def fault(store: Store, key: str, name: str) -> Body | None:
    """`value` of a fault and the time `since` which it is there; None if there is none."""
    found = store.table(CONTENTS).get(key)
    known: Body | None = (found.body.get("faults") or {}).get(name) if found else None
    return known


def run(store: Store, key: str, sql: str, binds: Mapping[str, Any] | None = None, *, read_only: bool = False) -> Result:
    """Run a statement in a database; what changes it is kept.

    Raises:
        Refused: The database refuses it.
    """
    with _LOCK:
        now = store.clock.now()
        image = _image(store, key)
        body = _of(store, key).body
        read_only = read_only or body.get("follows") is not None
        asked = _PAST.search(sql)
        if asked is not None:
            return _in_the_past(store, key, _PAST.sub("", sql), dict(binds or {}), asked[1])
        image.database.views = lambda name: _view(store, key, name, now)
        image.database.names = _names(key, elsewhere=bool(body.get("elsewhere")))
        result = image.database.run(sql, binds, now=now, read_only=read_only)
        if engine.changes(sql):
            line, upto = image.path[-1]
            store.journal(_LOG + line).append({"at": moment_text(now), "sql": sql, "binds": dict(binds or {})})
            image.path = (*image.path[:-1], (line, upto + 1))
        return result


def _in_the_past(store: Store, key: str, sql: str, binds: dict[str, Any], bind: str) -> Result:
    """A flashback query: a table as it was, as far back as the undo is kept."""
    now = store.clock.now()
    at = datetime.fromisoformat(str(binds.pop(bind, ""))).replace(tzinfo=UTC)
    if at > now:
        raise Refused(8186)
    if now - at > _UNDO:
        raise Refused(1555)
    wanted = _path(store, *_position(store, key, at))
    base = store.find(LINES, wanted[0][0]).body["base"]
    image = _Image(demo.filled() if base == _DEMO else Database(), ((wanted[0][0], 0),))
    _replay(store, image, wanted)
    return image.database.run(sql, binds, now=now, read_only=True)


def _view(store: Store, key: str, name: str, now: datetime) -> engine.Rows | None:
    denied = fault(store, key, "denied")
    if denied is not None and name in str(denied["value"]).lower().replace(",", " ").split():
        raise Refused(942, name)
    return performance.view(name, key, now)


def _names(key: str, *, elsewhere: bool) -> dict[str, str]:
    """What `SYS_CONTEXT` says of the database that answers: that of its container, which a standby does not share, and its own.

    Source: `DB_UNIQUE_NAME` differs within a Data Guard configuration (Oracle Data Guard Concepts and Administration).
    """
    place = key.split(".")[3] if key.count(".") > 3 else key
    return {
        "db_unique_name": f"E{hashlib.sha256(f'{place}/{elsewhere}'.encode()).hexdigest()[:7].upper()}POD",
        "con_name": f"G{hashlib.sha256(key.encode()).hexdigest()[:12].upper()}",
    }


def _of(store: Store, key: str) -> Resource:
    """What is known of a database; one that nobody created has the demo's schema."""
    if key not in store.table(CONTENTS):
        _set(store, key, line=_line(store, base=_DEMO))
    return store.table(CONTENTS)[key]


def _set(store: Store, key: str, **fields: Any) -> None:  # noqa: ANN401
    known = store.table(CONTENTS).get(key)
    kept = {name: known.body.get(name) if known else None for name in ("faults", "elsewhere")}
    store.add(CONTENTS, {"id": key, **kept, **fields})


def _line(
    store: Store, *, base: str = "", parent: str | None = None, upto: int = 0, rows: bool = True, replaces: bool = False
) -> str:
    """A new line.

    Args:
        store: What exists.
        base: What it begins with if it has no parent.
        parent: Line of which it begins with the first statements.
        upto: How many.
        rows: Whether rows are taken over.
        replaces: Whether it goes on for the database of its parent, which until now was as the parent's later statements say.
    """
    name = str(len(store.table(LINES)))
    since = moment_text(store.clock.now())
    body = {"id": name, "base": base, "parent": parent, "upto": upto, "rows": rows, "since": since, "replaces": replaces}
    store.add(LINES, body)
    return name


def _position(store: Store, key: str, at: datetime | None = None) -> tuple[str, int]:
    """Line and number of statements of a database, now or at a moment."""
    body = _of(store, key).body
    primary = body.get("follows")
    if primary is None:
        line = str(body["line"])
        return (line, len(store.journal(_LOG + line))) if at is None else _located(store, line, moment_text(at))
    line = str(_of(store, primary).body["line"])
    return line, _counted(store, line, moment_text(_reached(store, key, at)))


def _reached(store: Store, standby: str, at: datetime | None = None) -> datetime:
    """Until when a standby has, or had at a moment, what its primary wrote: all that there was when it began to follow, at least.

    What had reached it before something went wrong with it stays there.
    """
    now, usual = at or store.clock.now(), timedelta(seconds=DELAYS[standby.endswith(_LOCAL)])
    behind, stopped, found = fault(store, standby, "lag"), fault(store, standby, "stopped"), now - usual
    if behind is not None:
        found = max(parsed(behind["since"]) - usual, now - timedelta(seconds=float(behind["value"])))
    if stopped is not None:
        found = min(found, parsed(stopped["since"]) - usual)
    return max(found, parsed(str(_of(store, standby).body["since"])))


def _counted(store: Store, line: str, moment: str) -> int:
    """How many statements of a line there were at a moment."""
    return bisect_right(store.journal(_LOG + line), moment, key=lambda entry: str(entry["at"]))


def _located(store: Store, line: str, moment: str) -> tuple[str, int]:
    body = store.find(LINES, line).body
    parent = body["parent"]
    if parent is None or moment >= body["since"]:
        return line, _counted(store, line, moment)
    found, upto = _located(store, parent, moment)
    if found == parent and not body["replaces"]:
        upto = min(upto, body["upto"])
    return found, upto


def _path(store: Store, line: str, upto: int) -> _Path:
    body = store.find(LINES, line).body
    before = _path(store, body["parent"], body["upto"]) if body["parent"] is not None else ()
    return (*before, (line, upto))


def _go_on(store: Store, standby: str, line: str, upto: int) -> None:
    """Let a standby be a database of its own, from a position on; with another value, where a fault asks for it."""
    key = standby.removesuffix(_LOCAL)
    elsewhere = bool(_of(store, key).body.get("elsewhere")) != (key != standby)
    _set(store, key, line=_line(store, parent=line, upto=upto), elsewhere=elsewhere)
    if fault(store, standby, "corrupt") is not None:
        _write(store, key, demo.CORRUPTION)
    if key != standby:
        follow(store, standby, key)


def _lose(store: Store, key: str, sources: Iterable[str | None]) -> None:
    """Let rows be missing in what was restored, where a fault asks for it."""
    asked = [fault(store, source, "backup") for source in sources if source]
    if any(one is not None and one["value"] == "rows" for one in asked):
        _write(store, key, demo.LOSS)


def _write(store: Store, key: str, sql: str) -> None:
    """Let a statement have been run that nobody ran."""
    line = str(_of(store, key).body["line"])
    store.journal(_LOG + line).append({"at": moment_text(store.clock.now()), "sql": sql, "binds": {}})


def _open(store: Store) -> OrderedDict[str, _Image]:
    return store.computed.setdefault(_OPEN, OrderedDict())  # type: ignore[no-any-return]


def _image(store: Store, key: str) -> _Image:
    """The database in memory, as it is now."""
    wanted = _path(store, *_position(store, key))
    images = _open(store)
    found = images.pop(key, None)
    if found is None or not _leads(found.path, wanted):
        base = store.find(LINES, wanted[0][0]).body["base"]
        found = _Image(demo.filled() if base == _DEMO else Database(), ((wanted[0][0], 0),))
    _replay(store, found, wanted)
    images[key] = found
    while len(images) > _MOST_OPEN:
        images.popitem(last=False)
    return found


def _leads(path: _Path, wanted: _Path) -> bool:
    """Whether a database becomes the one that is wanted by more statements alone."""
    last = len(path) - 1
    return (
        len(path) <= len(wanted)
        and path[:-1] == wanted[:last]
        and path[-1][0] == wanted[last][0]
        and path[-1][1] <= wanted[last][1]
    )


def _replay(store: Store, image: _Image, wanted: _Path) -> None:
    for place in range(len(image.path) - 1, len(wanted)):
        line, upto = wanted[place]
        begun = place < len(image.path)
        if not begun and not store.find(LINES, line).body["rows"]:
            image.database.clear()
        for entry in store.journal(_LOG + line)[image.path[place][1] if begun else 0 : upto]:
            try:
                image.database.run(entry["sql"], entry["binds"], now=parsed(entry["at"]))
            except Refused:  # one that was kept before the line began elsewhere: a value of a table that is not there
                continue
    image.path = wanted
