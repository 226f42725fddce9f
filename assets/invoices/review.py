"""What a person does with the review queue: looks at an invoice, says what its fields are, and leaves the rest to the next one.

Corrections are only ever added. Whoever saves names how many corrections of the invoice were seen: if somebody else was
faster, nothing is saved.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import uuid4

import polars as pl

from assets.invoices import tables
from assets.invoices.logic.acceptance import DECISIVE, REQUIRED
from assets.invoices.logic.correction import canonical, kind_of
from assets.invoices.logic.invoice import FieldName
from assets.invoices.taught import still_open
from resources.clock import Clock
from resources.errors import BadInput, Conflict, NotFound
from resources.lake import Lake

Action = Literal["corrected", "confirmed", "absent", "dismissed"]
RISK = "risk:"
_WRITER = "review"
_FIELDS: tuple[FieldName, ...] = get_args(FieldName)
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invoice that waits for a look.

    Attributes:
        invoice_id: The invoice.
        source_key: File that it is in.
        seller: Its seller; None if unknown.
        invoice_number: Its number; None if unknown.
        total: Its total, plain, with its currency; None if unknown.
        doubts: Fields that are open.
    """

    invoice_id: str
    source_key: str
    seller: str | None
    invoice_number: str | None
    total: str | None
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: shares of the page's width and height, from its upper left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Option:
    """A reading that was considered."""

    value: str
    raw: str
    why: tuple[str, ...]
    place: Place | None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an invoice as it is shown.

    Attributes:
        name: Its name.
        kind: How it is typed; see `kind_of`.
        value: Value in force; None if none was found.
        confidence: How sure it is; None if it was not judged.
        doubt: Why it has to be looked at; None if it has not.
        repaired: What arithmetic did to it; None if nothing.
        said_by: Who corrected or confirmed it; None if nobody.
        place: Where it stands; None if unknown.
        options: Readings that were considered, best first.
    """

    name: str
    kind: str
    value: str | None
    confidence: float | None
    doubt: str | None
    repaired: str | None
    said_by: str | None
    place: Place | None
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """An invoice as it is shown.

    Attributes:
        invoice_id: The invoice.
        source_key: File that it is in.
        revision: Corrections of it so far; whoever saves names it.
        pages: Numbers of its pages with their proportion (height by width).
        fields: Its fields, doubtful ones first.
        risks: What else is to be looked at, by name.
        notes: What a person should know beside those.
        checks: Identities that do not hold, in numbers.
    """

    invoice_id: str
    source_key: str
    revision: int
    pages: tuple[tuple[int, float], ...]
    fields: tuple[Field, ...]
    risks: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody says of a field.

    Attributes:
        invoice_id: The invoice.
        revision: Corrections of it that were seen.
        field: The field, or a risk.
        action: What is said of it.
        value: What was typed or chosen; None if nothing is printed, or for a risk.
        option: Place of the value among the options, from 1; None if it was typed.
    """

    invoice_id: str
    revision: int
    field: str
    action: Action
    value: str | None = None
    option: int | None = None


class Review:
    """The review queue over the tables of a deployment."""

    def __init__(self, lake: Lake, clock: Clock) -> None:
        self._lake, self._clock = lake, clock

    def waiting(self) -> list[Waiting]:
        """Invoices with open doubts, those with most first."""
        open_doubts = self._open().group_by("invoice_id").agg(pl.col("field").alias("open"))
        columns = ("invoice_id", "source_key", "seller", "invoice_number", "grand_total", "currency")
        rows = self._lake.scan(tables.INVOICES).select(columns).join(open_doubts, on="invoice_id").collect()
        found = [
            Waiting(
                row["invoice_id"],
                row["source_key"],
                row["seller"],
                row["invoice_number"],
                _money(row["grand_total"], row["currency"]),
                tuple(row["open"]),
            )
            for row in rows.iter_rows(named=True)
        ]
        return sorted(found, key=lambda one: (-len(one.doubts), one.source_key, one.invoice_id))

    def invoice(self, invoice_id: str) -> Shown:
        """One invoice.

        Raises:
            NotFound: There is none of that identity.
        """
        row = self._row(invoice_id)
        said = self._said(invoice_id)
        latest = {one["field"]: one for one in said}
        shapes = {page["number"]: page for page in row["pages"]}
        doubts = dict(self._open().filter(pl.col("invoice_id") == invoice_id).select("field", "reason").collect().iter_rows())
        values = {value["field"]: value for value in self._values(invoice_id)}
        names = sorted(
            (name for name in _FIELDS if name in values or name in REQUIRED or name in doubts or name in latest),
            key=lambda name: (name not in doubts, name not in DECISIVE, _FIELDS.index(name)),
        )
        broken = tuple(check["says"] for check in row["checks"] if check["holds"] is False)
        return Shown(
            invoice_id=invoice_id,
            source_key=row["source_key"],
            revision=len(said),
            pages=tuple((page["number"], page["height"] / page["width"]) for page in row["pages"]),
            fields=tuple(_field(name, values.get(name), doubts.get(name), latest.get(name), shapes) for name in names),
            risks=tuple((name, reason) for name, reason in doubts.items() if name.startswith(RISK)),
            notes=tuple(note for note in row["notes"] if not any(says in note for says in broken)),
            checks=broken,
        )

    def page(self, invoice_id: str, number: int) -> tuple[str, str, float]:
        """Key of the file that a page is in, SHA-256 of the bytes that were read, and degrees by which the page was turned.

        Raises:
            NotFound: There is no such invoice or page.
        """
        row = self._row(invoice_id)
        for page in row["pages"]:
            if page["number"] == number:
                return row["source_key"], row["content_hash"], page["turn"] or 0.0
        raise NotFound(f"invoice {invoice_id} has no page {number}", "Reload the page.")

    def save(self, correction: Correction, by: str) -> int:
        """Add a correction; returns how many the invoice has then.

        Raises:
            NotFound: There is no such invoice.
            BadInput: The value cannot be that field's.
            Conflict: Somebody else corrected the invoice meanwhile.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return self._save(correction, by)
            except _Overtaken:  # by a correction of some invoice, perhaps of another
                if attempt + 1 == _ATTEMPTS:
                    break
        raise Conflict("other corrections kept coming in", "Save once more.")

    def _save(self, correction: Correction, by: str) -> int:
        after = self._lake.last_commit(tables.CORRECTIONS, _WRITER)
        self._row(correction.invoice_id)
        said = self._said(correction.invoice_id)
        if len(said) != correction.revision:
            raise Conflict("somebody else corrected this invoice meanwhile", "Look at it again, then say what is still wrong.")
        before = self._in_force(correction, said)
        if correction.action == "confirmed" and correction.value not in (None, before):
            raise Conflict("the invoice was read anew meanwhile", "Look at it again, then say what is still wrong.")
        identity = uuid4().hex
        row = {
            "correction_id": identity,
            "invoice_id": correction.invoice_id,
            "field": correction.field,
            "action": correction.action,
            "before": before,
            "value": _checked(correction, before, self._read(correction)),
            "from_candidate": correction.option,
            "revision": correction.revision + 1,
            "by": by,
            "said_at": self._clock.now(),
        }
        with self._lake.stage(tables.CORRECTIONS) as staged:
            staged.write(pl.DataFrame([row], schema=tables.CORRECTIONS.schema))
            try:
                self._lake.swap(tables.CORRECTIONS, staged, drop={"correction_id": [identity]}, writer=_WRITER, after=after)
            except Conflict as error:
                raise _Overtaken from error
        return correction.revision + 1

    def _open(self) -> pl.LazyFrame:
        """Doubts about which nobody said anything since."""
        return still_open(self._lake.scan(tables.REVIEW_QUEUE), self._lake)

    def _row(self, invoice_id: str) -> dict[str, Any]:
        found = self._lake.scan(tables.INVOICES).filter(pl.col("invoice_id") == invoice_id).collect()
        if found.is_empty():
            raise NotFound(f"there is no invoice {invoice_id}", "Reload the list: it may have been deleted or read anew.")
        return found.row(0, named=True)

    def _values(self, invoice_id: str) -> Iterable[dict[str, Any]]:
        rows = self._lake.scan(tables.FIELD_VALUES).filter(pl.col("invoice_id") == invoice_id, pl.col("part") == "head")
        return rows.collect().iter_rows(named=True)

    def _said(self, invoice_id: str) -> list[dict[str, Any]]:
        """Corrections of an invoice, oldest first."""
        rows = self._lake.scan(tables.CORRECTIONS).filter(pl.col("invoice_id") == invoice_id).sort("revision").collect()
        return list(rows.iter_rows(named=True))

    def _in_force(self, correction: Correction, said: Iterable[Mapping[str, Any]]) -> str | None:
        """Value of the field as it is before the correction, or what the risk is."""
        if correction.field.startswith(RISK):
            mine = (pl.col("invoice_id") == correction.invoice_id) & (pl.col("field") == correction.field)
            return next(iter(self._open().filter(mine).collect()["reason"]), None)
        latest: dict[str, str | None] = {one["field"]: one["value"] for one in said}
        if correction.field in latest:
            return latest[correction.field]
        values: dict[str, str] = {value["field"]: value["value"] for value in self._values(correction.invoice_id)}
        return values.get(correction.field)

    def _read(self, correction: Correction) -> str | None:
        """The reading that was chosen: it is in canonical form, whatever it looks like; None if the value was typed."""
        values = [value for value in self._values(correction.invoice_id) if value["field"] == correction.field]
        options = [one["value"] for value in values for one in json.loads(value["candidates"])]
        chosen = correction.option is not None and correction.value in options[correction.option - 1 : correction.option]
        return correction.value if chosen else None


class _Overtaken(Exception):
    """Another correction was committed first."""


def _checked(correction: Correction, before: str | None, read: str | None) -> str | None:
    """The canonical value. Raises BadInput."""
    if correction.field.startswith(RISK):
        if correction.action != "dismissed":
            raise BadInput("A risk can only be dismissed.", "Correct the field that it is about, or dismiss it.")
        if before is None:
            raise BadInput(f"There is no {correction.field[:40]!r} to dismiss.", "Reload the invoice.")
        return None
    if correction.field not in _FIELDS or correction.action == "dismissed":
        raise BadInput(f"There is no field {correction.field[:40]!r}.", "Use a name that the page shows.")
    if correction.action == "absent":
        return None
    if correction.action == "confirmed":
        if before is None:
            raise BadInput("There is no value to confirm.", "Type one, or say that nothing is printed.")
        return before
    if read is not None:
        return read
    try:
        return canonical(correction.field, correction.value or "")
    except ValueError as error:
        raise BadInput(f"{correction.field.replace('_', ' ')}: {error}.", "Correct what you typed.") from error


def _field(
    name: str,
    value: Mapping[str, Any] | None,
    doubt: str | None,
    said: Mapping[str, Any] | None,
    shapes: Mapping[int, Mapping[str, Any]],
) -> Field:
    read = value["value"] if value else None
    candidates = json.loads(value["candidates"]) if value else []
    return Field(
        name=name,
        kind=kind_of(name),
        value=said["value"] if said else read,
        confidence=value["confidence"] if value else None,
        doubt=doubt,
        repaired=value["repaired"] if value else None,
        said_by=said["by"] if said else None,
        place=_place(value["page"], value, shapes) if value else None,
        options=tuple(
            Option(one["value"], one["raw"], tuple(one["why"]), _place(one["page"], one["box"], shapes)) for one in candidates
        ),
    )


def _place(number: int | None, box: Mapping[str, Any] | None, shapes: Mapping[int, Mapping[str, Any]]) -> Place | None:
    shape = shapes.get(number) if number is not None else None
    if number is None or shape is None or box is None or box["left"] is None:
        return None
    width, height = shape["width"], shape["height"]
    return Place(number, box["left"] / width, box["top"] / height, box["right"] / width, box["bottom"] / height)


def _money(amount: Any, currency: str | None) -> str | None:  # noqa: ANN401  a decimal or None
    return None if amount is None else f"{amount:,.2f} {currency or ''}".strip()
