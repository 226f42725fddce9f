"""From the tree of an e-invoice to an analysis, as its vocabulary says.

Amounts keep the sign that the document gives them. By EN 16931 a credit note (381, UBL's CreditNote) states as positive what goes
back to the buyer; a correction (384) or an invoice may be negative. Whether money comes or goes, the document type and the sign
say together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from resources.document_ai.einvoices import cii, ubl
from resources.document_ai.einvoices.formats import (
    KINDS,
    MANDATORY,
    MANDATORY_USUALLY,
    PROFILES,
    REPEATED,
    Vocabulary,
)
from resources.document_ai.einvoices.values import canonical
from resources.document_ai.layout import Analysis, Cell, KeyValue, Table

_FORMATS: Mapping[str, tuple[str, Vocabulary, Mapping[str, str]]] = {
    **{root: (name, cii.CII, cii.RENAMED) for root, name in cii.ROOTS.items()},
    **{root: (name, ubl.UBL, ubl.RENAMED) for root, name in ubl.ROOTS.items()},
}
_SHOWN = 80
"""Characters of a stored value that a note quotes."""


def is_einvoice(root: str) -> bool:
    """Whether a root element, by its qualified name, is that of an e-invoice: an order, say, is none."""
    return root in _FORMATS


def analysis_of(root: str, tree: Any, engine: str) -> Analysis:  # noqa: ANN401  lxml's element
    """What an e-invoice says. A value that is not there, or is none, is absent; notes say so.

    Args:
        root: Qualified name of its root.
        tree: Its elements by local name; they are renamed.
        engine: For the analysis.
    """
    name, vocabulary, renamed = _FORMATS[root]
    for element in tree.iter():
        element.tag = renamed.get(element.tag, element.tag)
        if code := element.get("currencyID"):
            element.set("currencyID", canonical("identifier", code) or "")
    reading = _Reading(tree, vocabulary)
    fields = [*reading.head(root), *reading.texts()]
    items, taxes = reading.items(), reading.taxes()
    profile = reading.profile(name)
    missing = _missing(profile, name, {value.key for value in fields} | ({"items"} if items else set()))
    tables = (*([Table(None, items, items=True)] if items else []), *([Table(None, taxes)] if taxes else []))
    return Analysis(engine, key_values=tuple(fields), tables=tables, notes=(*reading.notes, *missing), structured=True)


def _missing(profile: str, name: str, found: set[str]) -> list[str]:
    demanded = MANDATORY.get(name) or MANDATORY.get(profile, MANDATORY_USUALLY)
    return [f"the e-invoice lacks {what}, which {profile or name} demands" for what in demanded if what not in found]


@dataclass
class _Reading:
    """One invoice while it is read."""

    tree: Any
    vocabulary: Vocabulary
    notes: list[str] = field(default_factory=list)
    currency: str = ""

    def profile(self, name: str) -> str:
        """The profile; notes say which, and whether the invoice is a test."""
        guideline = next(self._texts(self.tree, self.vocabulary.guideline), "")
        profile = next((known for part, known in PROFILES if part in guideline.lower()), "")
        self.notes.insert(0, f"e-invoice: {name}, {profile or f'of no known profile ({guideline[:_SHOWN]!r})'}")
        if next(self._texts(self.tree, self.vocabulary.test), "").lower() in ("true", "1"):
            self.notes.append("the e-invoice is marked as a test")
        return profile

    def head(self, root: str) -> Iterator[KeyValue]:
        """Fields of the head; the currency first, for amounts are chosen by it."""
        for value in self._field("currency"):
            self.currency = value.normalized or ""
        for name in self.vocabulary.fields:
            found = list(self._field(name))
            if name == "document_type" and not found and root.endswith("}CreditNote"):
                found = [KeyValue(name, "CreditNote", normalized="credit_note")]
            yield from found

    def texts(self) -> Iterator[KeyValue]:
        """Free texts, of the whole and of its lines."""
        paths = (self.vocabulary.notes, f"{self.vocabulary.items}/{self.vocabulary.item_notes}")
        for text in (text for path in paths for text in self._texts(self.tree, path)):
            yield KeyValue("note", text, normalized=canonical("words", text))

    def items(self) -> tuple[tuple[Cell, ...], ...]:
        """Line items; lines that only hold a text, or group others, are none."""
        lines = _evaluated(self.tree, self.vocabulary.items)
        parts = [line for line in lines if self.vocabulary.parts and _evaluated(line, self.vocabulary.parts)]
        if parts:
            self.notes.append(f"lines that only group or explain others, and are not taken as line items: {len(parts)}")
        rows = [tuple(self._item(line, number)) for number, line in enumerate(lines, 1) if line not in parts]
        return tuple(row for row in rows if {cell.key for cell in row} - {"line_id"})

    def taxes(self) -> tuple[tuple[Cell, ...], ...]:
        """Rows of taxes, of what each has of `rate`, `base` and `amount`."""
        rows = _evaluated(self.tree, self.vocabulary.taxes, self.currency)
        return tuple(
            tuple(
                Cell(value, key=key)
                for key, path in self.vocabulary.tax.items()
                for _, value in self._values(row, key, (path,), f"tax {number}")
            )
            for number, row in enumerate(rows, 1)
        )

    def _item(self, line: Any, number: int) -> Iterator[Cell]:  # noqa: ANN401
        about = f"line {number}"
        for key, paths in self.vocabulary.item.items():
            for _, value in self._values(line, key, paths, about):
                if key != "base_quantity" or Decimal(value) not in (0, 1):
                    yield Cell(value, key=key)
        taken, put = (
            [Decimal(value) for _, value in self._values(line, "amount", (path,), about, every=True)]
            for path in (self.vocabulary.allowances, self.vocabulary.charges)
        )
        if taken or put:
            yield Cell(f"{sum(taken) - sum(put):f}", key="discount")

    def _field(self, name: str) -> Iterator[KeyValue]:
        every = name in REPEATED or name == "payment_terms"
        found = list(self._values(self.tree, name, self.vocabulary.fields[name], "the head", every=every))
        if name == "payment_terms" and found:
            found = [("\n".join(text for text, _ in found), "\n".join(value for _, value in found))]
        for text, value in found:
            yield KeyValue(name, text, normalized=value)

    def _values(
        self,
        element: Any,  # noqa: ANN401
        name: str,
        paths: tuple[str, ...],
        about: str,
        *,
        every: bool = False,
    ) -> list[tuple[str, str]]:
        """Values as stored and in their canonical form: the first, unless every one is wanted."""
        kind = KINDS.get(name, "text")
        for path in paths:
            texts = list(self._addresses(element, path) if kind == "address" else self._texts(element, path))
            known = [(text, value) for text in texts if (value := canonical(kind, text)) is not None]
            for text in texts:
                if canonical(kind, text) is None:
                    self._note(f"{name} of {about} is no {kind}: {text[:_SHOWN]!r}")
            if known and not every and len({value for _, value in known}) > 1:
                others = ", ".join(dict.fromkeys(value for _, value in known[1:] if value != known[0][1]))
                self._note(f"{name} of {about} is stated {len(known)} times; the first is taken, not {others}")
            if known:
                return known if every else known[:1]
        return []

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _texts(self, element: Any, path: str) -> Iterator[str]:  # noqa: ANN401
        for found in _evaluated(element, path, self.currency):
            text = found if isinstance(found, str) else "".join(found.itertext())
            if text.strip():
                yield text.strip()

    def _addresses(self, element: Any, path: str) -> Iterator[str]:  # noqa: ANN401
        for address in _evaluated(element, path, self.currency):
            lines = [" ".join(text for part in parts for text in self._texts(address, part)) for parts in self.vocabulary.address]
            yield ", ".join(line for line in lines if line)


@cache
def _compiled(path: str) -> Any:  # noqa: ANN401
    from lxml import etree

    return etree.XPath(path)


def _evaluated(element: Any, path: str, currency: str = "") -> list[Any]:  # noqa: ANN401
    return list(_compiled(path)(element, currency=currency))
