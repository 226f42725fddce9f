"""The assets of what invoices are about: what their texts name, and how complex they are."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.invoices import tables
from assets.invoices.logic.complexity import Complexity, Mention, complexity
from assets.invoices.readings import analyses
from resources.clock import Clock
from resources.document_ai.layout import Analysis
from resources.lake import Lake
from resources.language.interface import Entities, Kind, LanguageAI, Text

_REVISION = 3
"""Raised whenever the same texts would give other rows."""
_SAYS = 5
"""Words of a line from which it says something, and does not only name it."""
_ENTITIES, _COMPLEXITY = (dg.AssetKey(["invoices", name]) for name in ("entities", "complexity"))
_MOST_PHRASES = 8
_PARTIES = ("seller", "buyer")
_ADDRESSES = ("seller_address", "buyer_address", "payment_terms")
_AMOUNTS = ("grand_total", "tax_total", "line_total", "due_payable")
_USED = (*_PARTIES, *_ADDRESSES, *_AMOUNTS, "currency")
"""Columns of an invoice that its text or its score is made of."""


@dg.multi_asset(
    name="invoices_understood",
    specs=[
        dg.AssetSpec(
            key, deps=[["invoices", "invoices"], ["invoices", "line_items"]], group_name="invoices",
            owners=["team:accounts-payable"], kinds={"python", "deltalake"}, description=said, metadata=table_metadata(table),
        )
        for key, table, said in (
            (_ENTITIES, tables.ENTITIES, "Organisations, locations, money, dates and products that invoices name."),
            (_COMPLEXITY, tables.COMPLEXITY, "A score for each invoice, with what it is the sum of."),
        )
    ],
    pool="invoices_understood",
)  # fmt: skip
def invoices_understood(lake: Lake, clock: Clock, language_ai: dg.ResourceParam[LanguageAI]) -> Iterator[dg.MaterializeResult]:
    """Understand the texts of invoices that changed; those that did not are left as they are."""
    with errors_classified():
        understood = understand(lake, clock, language_ai)
        entities = lake.scan(tables.ENTITIES).group_by("kind").agg(pl.len().alias("mentions")).sort("kind").collect()
        scores = lake.scan(tables.COMPLEXITY).select("invoice_id", "complexity_score").collect()
    yield dg.MaterializeResult(asset_key=_ENTITIES, metadata={"by_kind": markdown_table(entities), "understood": understood})
    highest, quality = scores["complexity_score"].max(), language_ai.sentiment_quality
    yield dg.MaterializeResult(
        asset_key=_COMPLEXITY,
        metadata={
            "dagster/row_count": len(scores),
            "unknown": scores["complexity_score"].null_count(),
            **({"highest": int(str(highest))} if highest is not None else {}),
            **({"sentiment_macro_f1": quality.macro_f1, "sentiment_sentences": quality.sentences} if quality else {}),
        },
    )


def understand(lake: Lake, clock: Clock, language: LanguageAI) -> int:
    """Bring both tables to the invoices in force; returns how many were understood anew."""
    invoices = {row["invoice_id"]: row for row in lake.scan(tables.INVOICES).collect().iter_rows(named=True)}
    items = _items(lake)
    versions = {identity: _version(language, row, items.get(identity, [])) for identity, row in invoices.items()}
    there = dict(lake.scan(tables.COMPLEXITY).select("invoice_id", "engine").collect().iter_rows())
    changed = [identity for identity, version in versions.items() if there.get(identity) != version]
    gone = [identity for identity in there if identity not in invoices]
    if changed or gone:
        named = ", ".join(f"'{identity}'" for identity in [*changed, *gone])
        rows = _rows(lake, clock, language, [invoices[identity] for identity in changed], items, versions)
        # mentions first: what was not noted with its version is understood again
        lake.replace(tables.ENTITIES, pl.DataFrame(rows[0], schema=tables.ENTITIES.schema), where=f"invoice_id IN ({named})")
        lake.replace(tables.COMPLEXITY, pl.DataFrame(rows[1], schema=tables.COMPLEXITY.schema), where=f"invoice_id IN ({named})")
    return len(changed)


def _items(lake: Lake) -> dict[str, list[str]]:
    """Descriptions of line items, by invoice."""
    items: dict[str, list[str]] = {}
    rows = lake.scan(tables.LINE_ITEMS).sort("invoice_id", "position").select("invoice_id", "description").collect()
    for identity, described in rows.iter_rows():
        items.setdefault(identity, []).append(described or "")
    return items


def _version(language: LanguageAI, row: Mapping[str, Any], items: Sequence[str]) -> str:
    """Changes whenever other answers are to be expected; how sure values are changes none, and a service is paid by the call."""
    used = [row["content_hash"], row["engine"], [page["number"] for page in row["pages"]], *(str(row[n]) for n in _USED), *items]
    return f"{language.engine} {hashlib.sha256(json.dumps(used).encode()).hexdigest()[:16]} {_REVISION}"


def _rows(
    lake: Lake,
    clock: Clock,
    language: LanguageAI,
    invoices: Sequence[Mapping[str, Any]],
    items: Mapping[str, Sequence[str]],
    versions: Mapping[str, str],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    pages = _pages(lake, clock, [row["content_hash"] for row in invoices])
    texts = [_text(row, items.get(row["invoice_id"], []), pages.get(row["content_hash"])) for row in invoices]
    answers = language.entities(texts)
    phrases = language.key_phrases(texts)
    noted = [Text(text.key, notes) for text in texts if (notes := _notes(text.text))]
    moods = {mood.key: mood for mood in language.sentiments(noted)}
    mentions, scores = [], []
    for row, answer, phrase in zip(invoices, answers, phrases, strict=True):
        mood = moods.get(row["invoice_id"])
        identity = {"invoice_id": row["invoice_id"], "content_hash": row["content_hash"]}
        mentions += [{**identity, "kind": e.kind, "text": e.text, "confidence": e.confidence} for e in answer.found or ()]
        found = _complexity(row, items.get(row["invoice_id"], []), answer)
        scores.append(
            {
                **identity,
                "complexity_score": found.score,
                "at_least": found.at_least,
                "summands": [
                    {
                        "name": s.name,
                        "found": list(s.found),
                        "count": s.count,
                        "counted": s.counted,
                        "each": s.each,
                        "points": s.points,
                    }
                    for s in found.summands
                ],
                "key_phrases": [one.text for one in (phrase.found or ())[:_MOST_PHRASES]],
                "mood": mood.found.mood if mood and mood.found else None,
                "engine": versions[row["invoice_id"]],
            }
        )
    return mentions, scores


def _complexity(row: Mapping[str, Any], items: Sequence[str], answer: Entities) -> Complexity:
    found = answer.found if not answer.failures else None
    lines = len(items) or None  # an invoice without line items has some that were not found
    if found is None:
        return complexity(lines, None, None, None, row["currency"])
    return complexity(
        lines,
        [Mention(e.text, e.confidence) for e in found if e.kind == "organisation"],
        [Mention(e.text, e.confidence) for e in found if e.kind == "location"],
        [e.text for e in found if e.kind == "money"],
        row["currency"],
    )


def _pages(lake: Lake, clock: Clock, contents: Sequence[str]) -> dict[str, Analysis]:
    """Analyses of pages, by the hash of the file; an XML file has none."""
    rows = lake.scan(tables.READINGS).filter(pl.col("kind") == "analysis", pl.col("content_hash").is_in(list(contents)))
    newest = rows.sort("made_at").select("content_hash", "version").collect()
    return analyses(lake, clock).many(dict(newest.iter_rows()))


def _text(row: Mapping[str, Any], items: Sequence[str], pages: Analysis | None) -> Text:
    """What an invoice says: its pages, or what its XML holds."""
    numbers = {page["number"] for page in row["pages"]}
    said = "\n".join(page.text for page in pages.pages if page.number in numbers) if pages else ""
    if not said:
        parts = [*(row[name] for name in (*_PARTIES, *_ADDRESSES)), *items]
        sums = [f"{row[name]:f} {row['currency']}" for name in _AMOUNTS if row[name] is not None and row["currency"]]
        said = "\n".join(part for part in [*parts, *sums] if part)
    known: list[tuple[Kind, str]] = [("organisation", row[name]) for name in _PARTIES if row[name]]
    known += [("product", described) for described in items if described]
    return Text(row["invoice_id"], said, known=tuple(known))


def _notes(text: str) -> str:
    """The lines of a page that say something in words: thanks, complaints, conditions."""
    return "\n".join(line for line in text.splitlines() if len(re.findall(r"[^\W\d_]{2,}", line)) >= _SAYS)
