"""Whether values that were extracted are right, and how that compares with what was promised of them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from assets.invoices.logic.correction import AMOUNTS, DATES

BINS = 10
_CODES = frozenset({"currency", "document_type", "iban", "invoice_number", "purchase_order", "preceding_invoice"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A value of which the truth is known.

    Attributes:
        field: Name of the field.
        truth: What is true; None if nothing is printed.
        value: What was extracted; None if nothing was.
        confidence: How sure it was; None if it was not judged.
        accepted: Whether it was accepted without a look.
    """

    field: str
    truth: str | None
    value: str | None
    confidence: float | None
    accepted: bool

    @property
    def right(self) -> bool:
        """Whether the extracted value is the true one."""
        if self.truth is None or self.value is None:
            return self.truth is None and self.value is None
        return same(self.field, self.value, self.truth)


def same(field: str, value: str, truth: str) -> bool:
    """Whether a value says what is true: amounts as numbers, codes without spaces, names and addresses by their words."""
    if field in AMOUNTS:
        return _amounts_equal(value, truth)
    if field in DATES:
        return value == truth
    if field in _CODES:
        return _compact(value) == _compact(truth)
    if field.endswith("_tax_ids"):
        return {_compact(part) for part in truth.split(",")} <= {_compact(part) for part in value.split(",")}
    if field.endswith("_address"):  # its parts are in no order that all agree on, and a country more is no fault
        said, true = set(_words(value)), set(_words(truth))
        return true <= said and len(said - true) <= 1
    return _words(value) == _words(truth)


def by_field(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    """Counts for each field, and for all of them (field None): see `invoices/extraction_quality`."""
    of_field: dict[str | None, list[Judged]] = {None: []}
    for one in judged:
        of_field.setdefault(one.field, []).append(one)
        of_field[None].append(one)
    return [
        {
            "field": field,
            "values": len(found),
            "right": sum(one.right for one in found),
            "accepted": sum(one.accepted for one in found),
            "accepted_wrong": sum(one.accepted and not one.right for one in found),
            "missing": sum(one.value is None and one.truth is not None for one in found),
        }
        for field, found in of_field.items()
    ]


def reliability(judged: Iterable[Judged]) -> list[dict[str, float]]:
    """Promised and observed share of right values in bins of confidence: `promised`, `observed`, `values`."""
    bins: dict[int, list[Judged]] = {}
    for one in judged:
        if one.confidence is not None and one.value is not None:
            bins.setdefault(min(int(one.confidence * BINS), BINS - 1), []).append(one)
    return [
        {
            "promised": sum(one.confidence or 0.0 for one in found) / len(found),
            "observed": sum(one.right for one in found) / len(found),
            "values": float(len(found)),
        }
        for _, found in sorted(bins.items())
    ]


def reliability_chart(rows: Sequence[Mapping[str, float]]) -> Any:  # noqa: ANN401  altair has no types
    """The diagram: on the line, confidence says what comes true."""
    import altair as alt

    share = alt.Scale(domain=[0, 1])
    ideal = alt.Chart(alt.Data(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(strokeDash=[4, 4], color="#9aa9b6")
    points = (
        alt.Chart(alt.Data(values=[dict(row) for row in rows]))
        .mark_circle(color="#1f6f8b", opacity=0.9)
        .encode(
            x=alt.X("promised:Q", scale=share, title="Confidence"),
            y=alt.Y("observed:Q", scale=share, title="Share that is right"),
            size=alt.Size("values:Q", title="Values", legend=alt.Legend(orient="right")),
        )
    )
    line = ideal.encode(x=alt.X("x:Q", scale=share), y=alt.Y("y:Q", scale=share))
    return alt.layer(line, points).properties(width=420, height=420, title="How much a confidence is worth")


def _amounts_equal(value: str, truth: str) -> bool:
    try:
        return Decimal(value) == Decimal(truth)
    except InvalidOperation:
        return False


def _compact(text: str) -> str:
    return "".join(text.split()).casefold()


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
