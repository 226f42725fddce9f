"""Claim: what is read from an invoice is what is printed on it, and what is accepted without a person is right.

`--data DIR` takes a folder with `truth.jsonl` (one invoice a line: `file`, `source`, `fields`, `line_items`) and the files that
it names. The files go the way of the product: from the file to the analyses of e-invoice and pages to the invoice; only the
caches and the processes that shield it from hostile files are left out. `--speed` makes its own files.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from assets.invoices.logic.acceptance import THRESHOLD
from assets.invoices.logic.reading import Reading, reading_of
from benchmarks.invoice_samples import invoice_pdf, scan
from benchmarks.invoice_scoring import SCORED, ItemCount, Judged, acceptance, accuracy, items, judged
from benchmarks.outcome import Target, finish

_WITH_XML = "zugferd-with-xml"
SOURCES = ("zugferd", _WITH_XML, "sroie", "invoice2data")
_OF_PRINTED = {name: Target(at_least=0.90) for name in SCORED if name != "seller_address"}
_ACCEPTED = {"accepted_error": Target(at_most=0.01), "accepted_coverage": Target(at_least=0.60)}
_SPEED = {"text_pdf_seconds_per_page": Target(at_most=0.15), "scan_ratio_vs_engine": Target(at_most=1.15)}
_PAGES = 3
_REPEATS = 3
_TARGETS: dict[str, dict[str, Target]] = {
    "zugferd": _OF_PRINTED | {"field_mean": Target(at_least=0.95), "line_item_f1": Target(at_least=0.85)},
    _WITH_XML: {"field_mean": Target(at_least=1.0), "line_item_f1": Target(at_least=1.0)},
    "sroie": {
        "grand_total": Target(at_least=0.88),
        "issue_date": Target(at_least=0.95),
        "seller": Target(at_least=0.80),
        "seller_address": Target(at_least=0.60),
    },
    "invoice2data": {name: Target(at_least=0.95) for name in ("invoice_number", "issue_date", "grand_total")},
}


@dataclass(slots=True)
class Tally:
    """What was measured on the invoices of one source."""

    values: list[Judged] = field(default_factory=list)
    items: ItemCount = field(default_factory=ItemCount)
    wrong_items: list[str] = field(default_factory=list)
    seconds: float = 0.0
    pages: int = 0


def main(argv: list[str]) -> int:
    """Exit status as `benchmarks.outcome.finish`."""
    parser = argparse.ArgumentParser(prog="invoices", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, help="folder with truth.jsonl")
    what.add_argument("--speed", action="store_true", help="time files of its own instead")
    parser.add_argument("--source", choices=SOURCES, help="rows of one source only (default: all)")
    parser.add_argument("--errors", action="store_true", help="list every value that is wrong")
    asked = parser.parse_args(argv)
    if asked.speed:
        return finish("invoices", speed(), _SPEED)
    sources = (asked.source,) if asked.source else SOURCES
    tallies = {source: tally(asked.data, source) for source in sources}
    tallies = {source: one for source, one in tallies.items() if one.values}
    if not tallies:
        parser.error(f"{asked.data} has no invoices of {', '.join(sources)} in its truth.jsonl")
    if asked.errors:
        _list_errors(tallies)
    metrics, targets = summary(tallies)
    return finish("invoices", metrics, targets)


def summary(tallies: dict[str, Tally]) -> tuple[dict[str, object], dict[str, Target]]:
    """Metrics and their targets; of several sources, each source's own under `source: metric`, and all of them pooled."""
    if len(tallies) == 1:
        [(source, only)] = tallies.items()
        return _metrics(only), {**_relevant(_TARGETS[source], only), **_ACCEPTED}
    pooled = Tally()
    metrics: dict[str, object] = {}
    targets: dict[str, Target] = {}
    for source, one in tallies.items():
        pooled.values += one.values
        pooled.items += one.items
        pooled.seconds += one.seconds
        pooled.pages += one.pages
        metrics |= {f"{source}: {name}": value for name, value in _metrics(one).items()}
        targets |= {f"{source}: {name}": target for name, target in _relevant(_TARGETS[source], one).items()}
    return _metrics(pooled) | metrics, {**_ACCEPTED, **targets}


def _relevant(targets: dict[str, Target], one: Tally) -> dict[str, Target]:
    """Targets for what the truth holds at all."""
    measured = {name: value for name, value in _metrics(one).items() if value is not None}
    return {name: target for name, target in targets.items() if name in measured}


def _metrics(one: Tally) -> dict[str, object]:
    metrics: dict[str, object] = {}
    counts = Counter(value.field for value in one.values)
    for name in SCORED:
        if counts[name]:
            metrics[name] = accuracy(value for value in one.values if value.field == name)
    error, coverage = acceptance(one.values, THRESHOLD)
    return metrics | {
        "fields": {name: {"accuracy": metrics[name], "n": counts[name]} for name in SCORED if counts[name]},
        "field_mean": accuracy(one.values),
        "values": len(one.values),
        "line_item_f1": one.items.f1,
        "line_items": one.items.expected,
        "accepted_error": error,
        "accepted_coverage": coverage,
        "seconds_per_page": one.seconds / one.pages if one.pages else None,
    }


def tally(folder: Path, source: str) -> Tally:
    """Reads all files of a source and holds them against the truth."""
    total = Tally()
    for row in rows(folder, source):
        path = folder / row["file"]
        started = time.perf_counter()
        reading = read(path)
        total.seconds += time.perf_counter() - started
        total.pages += max(1, len(reading.pages))
        first = reading.invoices[0] if reading.invoices else None
        total.values += judged(row["file"], row["fields"], first)
        count = items(row.get("line_items"), first.items if first else ())
        if count.right < max(count.expected, count.found):
            total.wrong_items.append(f"{row['file']}: {count.right} right of {count.expected}, {count.found} read")
        total.items += count
    return total


def rows(folder: Path, source: str) -> Iterator[dict[str, Any]]:
    """Rows of the truth that belong to a source; e-invoices are rows of `zugferd` with the file that still has its XML."""
    with (folder / "truth.jsonl").open(encoding="utf-8") as truth:
        for line in truth:
            row = json.loads(line)
            if source == _WITH_XML and row["source"] == "zugferd":
                yield row | {"file": f"{_WITH_XML}/{Path(row['file']).name}"}
            elif row["source"] == source:
                yield row


def read(path: Path) -> Reading:
    """The way of the product from a file to its invoices."""
    from resources.document_ai.einvoices import resource
    from resources.document_ai.interface import Limits
    from resources.document_ai.local import analysis_of

    structured = resource.read(str(path))
    printed = None if structured and path.suffix == ".xml" else analysis_of(path, path.name, Limits())
    return reading_of(structured, printed)


def speed() -> dict[str, object]:
    """Seconds a page of a PDF with a text layer, and how much longer a scan takes than its recognition alone."""
    with TemporaryDirectory(prefix="invoices-") as folder:
        pdf, picture = Path(folder) / "invoice.pdf", Path(folder) / "scan.png"
        invoice_pdf(pdf, _PAGES)
        scan(pdf, picture)
        read(pdf)
        text = [_timed(lambda: read(pdf)) for _ in range(_REPEATS)]
        engine = _bare_engine()
        rounds = [(_timed(lambda: read(picture)), _timed(lambda: engine(str(picture)))) for _ in range(_REPEATS + 1)][1:]
    return {
        "text_pdf_seconds_per_page": median(text) / _PAGES,
        "scan_ratio_vs_engine": median(whole / alone for whole, alone in rounds),
        "scan_seconds": median(whole for whole, _ in rounds),
        "engine_seconds": median(alone for _, alone in rounds),
    }


def _bare_engine() -> Callable[[str], object]:
    """The recognition as its library gives it, on as many threads as ours."""
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 2 for kind in ("intra", "inter")}
    engine: Callable[[str], object] = RapidOCR(params={"Global.log_level": "error", **threads})
    return engine


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _list_errors(tallies: dict[str, Tally]) -> None:
    table = Table("file", "field", "truth", "read", "confidence", title="wrong values")
    for one in tallies.values():
        _add_rows(table, [value for value in one.values if not value.right])
        for said in one.wrong_items:
            table.add_row(said, "line items", "", "", "")
    Console(width=200).print(table)


def _add_rows(table: Table, wrong: Sequence[Judged]) -> None:
    for value in wrong:
        sure = "" if value.confidence is None else f"{value.confidence:.2f}"
        table.add_row(value.file, value.field, value.expected, value.found or "–", sure)
