"""What the page shows: what changed, who uses what, adoption, and what has to be done about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any

from assets.layers.logic.report.changes import Change
from assets.layers.logic.report.data import NEARLY_FULL, ReportData, Row, label, place_of, share_used
from assets.layers.logic.runtimes import LIFECYCLES, READ_ON, state_of
from assets.layers.logic.usage import LATEST
from assets.pages import wording
from assets.pages.content import Card, Cell, Figure, Table
from assets.pages.snapshots import Changes
from assets.pages.svg import Chart, Threshold

_MOST_ROWS = 300
_MOST_CHARTS = 12
_MOST_NAMED = 4
_TONES = {"there": "", "deleted": "bad", "not granted": "bad", "unknown": "muted"}
_RUNTIME_TONES = {"deprecated": "bad", "soon": "warn", "supported": "good", "unknown": "muted"}


def page(data: ReportData, changes: Changes[Change]) -> dict[str, Any]:
    """Variables of the template."""
    return {
        "changes": changes,
        "changes_table": _changes(changes),
        "cards": _cards(data),
        "concerns": concerns(data),
        "usage": _usage(data),
        "adoption": _adoption(data),
        "gone": _gone(data),
        "behind": _behind(data),
        "orphans": _orphans(data),
        "runtimes": _runtimes(data),
        "dead_layers": _dead_layers(data),
        "storage": _storage(data),
        "public": _public(data),
    }


def concerns(data: ReportData) -> list[str]:
    """Why what the report says may not be all there is."""
    found = [f"{place_of(one)}: {reason}" for one in data.places for reason in one["reasons"]]
    if found:
        found.append("What nobody is seen to use may be used there: nothing is called orphaned for certain.")
    stale = [row for row in data.usage if data.stale(row)]
    if stale:
        oldest = min(row["read_at"] for row in stale)
        found.append(f"{wording.count(len(stale), 'use')} could not be read again since {wording.moment(oldest)} UTC.")
    unknown = sum(row["state"] == "unknown" for row in data.versions)
    if unknown:
        found.append(f"Of {wording.count(unknown, 'used version')} it is not known whether they are still there.")
    return found


def _cards(data: ReportData) -> list[Card]:
    sizes = [row["zip_bytes"] for row in data.orphans]
    unsized = sizes.count(None)
    dead, soon = sum(data.deprecated("deprecated").values()), sum(data.deprecated("soon").values())
    lost = sum(not one["is_complete"] for one in data.places)
    return [
        Card("Functions with layers", wording.count(data.functions), detail=f"of {_all_functions(data)}"),
        Card("Layer versions", wording.count(len(data.versions)), detail=wording.count(len(_layers(data)), "layer")),
        Card("Places not fully read", wording.count(lost), "bad" if lost else "", f"of {len(data.places)}"),
        Card("Used and gone", wording.count(len(data.gone)), "bad" if data.gone else "", "versions"),
        Card("Functions behind", wording.count(len({row["function"] for row in data.behind})), detail="the newest version"),
        Card(
            "Orphaned versions" if data.is_complete else "Perhaps orphaned",
            wording.count(len(data.orphans)),
            detail=f"{wording.size(sum(one or 0 for one in sizes))}{f', {unsized} of unknown size' if unsized else ''}",
        ),
        Card("Functions on deprecated runtimes", wording.count(dead), "bad" if dead else "", f"{soon} more within 180 days"),
        Card("For everybody", wording.count(len(data.public)), "warn" if data.public else "", "versions"),
    ]


def _all_functions(data: ReportData) -> str:
    known = [place["functions"] for place in data.places]
    return f"{sum(one or 0 for one in known):,}{' or more' if None in known else ''}"


def _layers(data: ReportData) -> set[str]:
    return {row["layer"] for row in data.versions}


def _changes(changes: Changes[Change]) -> Table:
    rows = [(Cell(one.kind), Cell(wording.short(one.name)), Cell(one.said, one.tone)) for one in changes.changes]
    return _table("What changed", ("What", "Where", "Change"), rows, "Nothing changed.")


def _usage(data: ReportData) -> Table:
    ordered = sorted(data.versions, key=lambda row: (-row["functions"], -row["function_versions"], row["layer_version"]))
    rows = [_used(data, row) for row in ordered if row["function_versions"]]
    columns = ("Version", "Owner", "State", "Functions", "Their versions", "Memory", "Runtimes", "Used in accounts", "Aliases",
               "Size", "Published")  # fmt: skip
    return _table("Usage by layer version, the most used first", columns, rows, "No function uses a layer.")


def _used(data: ReportData, row: Row) -> Sequence[Cell]:
    users = data.users.get(row["layer_version"], ())
    latest = [one for one in users if one["function_version"] == LATEST]
    aliases = [one["aliases"] for one in users]
    return (
        Cell(label(row), title=row["layer_version"]),
        Cell(place_of(row)),
        _state(row),
        Cell(wording.count(row["functions"]), number=True),
        Cell(wording.count(row["function_versions"]), number=True),
        Cell(f"{sum(one['memory_mb'] for one in latest):,} MB", number=True),
        Cell(_counted(one["runtime"] or "image" for one in latest)),
        Cell(_counted(one["account"] for one in latest)),
        Cell(wording.UNKNOWN if None in aliases else wording.count(sum(map(len, aliases))), number=True),
        Cell(wording.size(row["zip_bytes"]), number=True),
        Cell(_day(row["created"])),
    )


def _state(row: Row) -> Cell:
    said = "newest" if row["state"] == "there" and row["is_newest"] else row["state"]
    return Cell(said, _TONES[row["state"]] or ("good" if said == "newest" else ""), title=row["reason"])


def _adoption(data: ReportData) -> list[Figure]:
    """For the layers that most functions use: how many functions have the newest version, day by day."""
    days: dict[str, dict[datetime, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for row in data.adoption:
        at = datetime.combine(row["day"], time(), UTC)
        days[row["layer"]][at][row["version"]] += row["functions"]
    users = Counter(row["layer"] for row in data.usage if row["function_version"] == LATEST)
    found = []
    for layer, number in users.most_common(_MOST_CHARTS):
        newest = data.newest.get(layer)
        if newest is None or layer not in days:
            continue
        points = [(at, float(versions[newest["version"]])) for at, versions in sorted(days[layer].items())]
        all_users = Threshold(float(number), "limit", f"all {number} functions that use the layer now")
        title = (
            f"{newest['name']} in {place_of(newest)}: functions with version {newest['version']}, of {number} that use the layer"
        )
        found.append(Figure(title, Chart(title, points, timedelta(days=8), [all_users]).svg()))
    return found


def _gone(data: ReportData) -> Table:
    rows = [
        (
            Cell(label(row), title=row["layer_version"]), Cell(place_of(row)), _state(row),
            Cell(wording.count(row["functions"]), number=True), Cell(wording.count(row["function_versions"]), number=True),
            Cell(_names(data.users[row["layer_version"]])), Cell(row["reason"]),
        )
        for row in data.gone
    ]  # fmt: skip
    columns = ("Version", "Owner", "State", "Functions", "Their versions", "Which", "Why")
    caption = "Versions that are used and gone: functions work on, and fail at their next change"
    return _table(caption, columns, rows, "Every version that is used is there.")


def _behind(data: ReportData) -> Table:
    rows = []
    for row in data.behind:
        newest = data.newest[row["layer"]]
        since = wording.since(newest["created"], data.now)
        rows.append(
            (
                Cell(row["function_name"], title=row["function"]), Cell(place_of(row)), Cell(row["name"]),
                Cell(str(row["version"]), number=True), Cell(str(newest["version"]), number=True), Cell(f"{since} ago"),
            )
        )  # fmt: skip
    columns = ("Function", "Place", "Layer", "Has", "Newest", "Newest published")
    return _table("Functions behind the newest version, the furthest first", columns, rows, "No function is behind.")


def _orphans(data: ReportData) -> Table:
    rows = [
        (
            Cell(label(row), title=row["layer_version"]), Cell(place_of(row)), Cell(wording.size(row["zip_bytes"]), number=True),
            Cell(_day(row["created"])), Cell("yes" if row["is_newest"] else "no"),
            Cell(wording.UNKNOWN if row["grants"] is None else ", ".join(row["grants"]) or "nobody"),
        )
        for row in data.orphans
    ]  # fmt: skip
    columns = ("Version", "Owner", "Size", "Published", "Newest", "Granted to")
    sure = "" if data.is_complete else " as far as could be read"
    return _table(f"Versions that nobody uses{sure}, the largest first", columns, rows, "Every version is used.")


def _runtimes(data: ReportData) -> Table:
    today = data.now.date()
    with_layers = Counter(r["runtime"] or "image" for r in _once(row for row in data.usage if row["function_version"] == LATEST))
    order = list(_RUNTIME_TONES)
    ordered = sorted(data.runtimes.items(), key=lambda one: (order.index(state_of(one[0], today)), -one[1], one[0]))
    rows = []
    for name, number in ordered:
        state, dates = state_of(name, today), LIFECYCLES.get(name)
        told = (dates.deprecated, dates.no_create, dates.no_update) if dates else (None, None, None)
        rows.append(
            (
                Cell(name), Cell(state, _RUNTIME_TONES[state]), Cell(wording.count(number), number=True),
                Cell(wording.count(with_layers[name]), number=True), *(Cell(_day(one)) for one in told),
            )
        )  # fmt: skip
    columns = ("Runtime", "State", "Functions", "With layers", "Deprecated", "No new functions", "No changes")
    return _table(f"Runtimes of functions; dates as AWS told them on {_day(READ_ON)}", columns, rows, "No function is known.")


def _dead_layers(data: ReportData) -> Table:
    rows = [
        (
            Cell(label(row), title=row["layer_version"]), Cell(place_of(row)), Cell(", ".join(row["runtimes"]), "bad"),
            Cell(wording.count(row["functions"]), number=True),
        )
        for row in data.dead_layers()
    ]  # fmt: skip
    columns = ("Version", "Owner", "Says it is for", "Functions")
    return _table(
        "Layer versions for deprecated runtimes alone", columns, rows, "No layer version is for deprecated runtimes alone."
    )


def _storage(data: ReportData) -> Table:
    rows = []
    for one in sorted(data.places, key=lambda place: -(share_used(place) or 0)):
        share = share_used(one)
        rows.append(
            (
                Cell(place_of(one)), Cell(wording.size(one["code_bytes"]), number=True),
                Cell(wording.size(one["code_limit_bytes"]), number=True),
                Cell(wording.UNKNOWN if share is None else f"{share:.1%}", _full(share), number=True),
                Cell(wording.count(one["functions"]), number=True), Cell(wording.count(one["layers"]), number=True),
                Cell(wording.count(one["layer_versions"]), number=True),
                Cell("yes" if one["is_complete"] else "no", "" if one["is_complete"] else "bad"),
            )
        )  # fmt: skip
    columns = ("Place", "Used", "Quota", "Share", "Functions", "Layers", "Versions", "Fully read")
    return _table("Code storage of functions and layers against the quota", columns, rows, "No place was looked at.")


def _full(share: float | None) -> str:
    return "warn" if share is not None and share >= NEARLY_FULL else ""


def _public(data: ReportData) -> Table:
    rows = [
        (Cell(label(row), title=row["layer_version"]), Cell(place_of(row)), Cell(", ".join(row["grants"]), "warn"))
        for row in data.public
    ]
    return _table("Versions that everybody may use", ("Version", "Owner", "Granted to"), rows, "No version is for everybody.")


def _table(caption: str, columns: tuple[str, ...], rows: Sequence[Sequence[Cell]], empty: str) -> Table:
    """A table of at most so many rows that a browser shows it at once; the tables of the lake have them all."""
    more = f" ({_MOST_ROWS} of {len(rows):,} shown)" if len(rows) > _MOST_ROWS else ""
    return Table(caption + more, columns, rows[:_MOST_ROWS], empty)


def _once(rows: Iterable[Row]) -> list[Row]:
    """One row per function, whatever number of layers it has."""
    return list({row["function"]: row for row in rows}.values())


def _counted(values: Iterable[str]) -> str:
    return ", ".join(f"{name} ({number})" for name, number in sorted(Counter(values).items(), key=lambda one: (-one[1], one[0])))


def _names(users: Sequence[Row]) -> str:
    """Functions with those of their versions that have it."""
    ordered = sorted(users, key=lambda row: str(row["function"]))
    found = []
    for _, rows in groupby(ordered, key=lambda row: row["function"]):
        of = list(rows)
        found.append(f"{of[0]['function_name']} ({', '.join(row['function_version'] for row in of[:_MOST_NAMED])})")
    return ", ".join(found[:_MOST_NAMED]) + (f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else "")


def _day(value: Any) -> str:  # noqa: ANN401 - a date or a moment
    return wording.UNKNOWN if value is None else f"{value.day} {value:%b %Y}"
