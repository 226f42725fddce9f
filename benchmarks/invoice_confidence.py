"""Claim: the confidence of a value read from an invoice is the probability that it is right.

Fits the model that the product ships on labelled invoices, and measures it on invoices that a fit did not see: as printed, and
once more as crooked, grainy scans of the same pages, whose truth is the same. `--write` puts the model where the product has it.
"""

import argparse
import hashlib
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from assets.invoices.logic import confidence
from assets.invoices.logic.extraction import extract
from assets.invoices.logic.invoice import FieldName, Invoice
from assets.invoices.logic.quality import same
from benchmarks.invoice_scoring import SCORED, alike, equal
from benchmarks.invoices import SOURCES, rows
from benchmarks.outcome import Target, finish
from resources.document_ai.interface import Limits
from resources.document_ai.layout import Analysis
from resources.document_ai.local import LocalDocumentAI

_MODEL = Path("assets/invoices/logic/confidence_model.json")
_FOLDS, _ROUNDS = 5, 4
_ERROR = 0.007
"""Less than the hundredth that may be wrong: other invoices are unlike the labelled ones."""
_DPI = 150
_LEARNT = (*SCORED, "buyer", "seller_tax_ids")
"""What is learnt from: beside what is scored, what else the truth holds of heads."""
_ITEM_COLUMNS = ("description", "quantity", "unit_price", "line_total")
_TARGETS = {
    "expected_calibration_error": Target(at_most=0.03),
    "accepted_error": Target(at_most=0.01),
    "accepted_coverage": Target(at_least=0.60),
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """Values of which it is known whether they are right: features of shape (values, features), and of which file each is."""

    rows: NDArray[np.float64]
    right: NDArray[np.bool_]
    file: NDArray[np.int64]
    head: NDArray[np.bool_]
    missing: int


def main(argv: list[str]) -> int:
    """Exit status as `benchmarks.outcome.finish`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks invoice_confidence", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with truth.jsonl")
    parser.add_argument("--cache", type=Path, help="folder that keeps what was recognised")
    parser.add_argument("--write", action="store_true", help=f"write the model to {_MODEL}")
    asked = parser.parse_args(argv)
    with TemporaryDirectory() as folder:
        labelled = gathered(asked.data, asked.cache or Path(folder))
    unseen, thresholds = cross_validated(labelled)
    head = labelled.head
    accept_from = float(np.median(thresholds))
    accepted = head & (unseen >= accept_from)
    metrics: dict[str, object] = {
        "values": int(head.sum()),
        "other_values": int((~head).sum()),
        "right": float(labelled.right[head].mean()),
        "brier": float(np.mean((unseen - labelled.right) ** 2)),
        "brier_of_the_mean": float(np.var(labelled.right)),
        "expected_calibration_error": calibration_error(unseen, labelled.right),
        "accept_from": accept_from,
        "accepted_error": float(1 - labelled.right[accepted].mean()),
        "accepted_coverage": float(accepted.sum() / (head.sum() + labelled.missing)),
    }
    model = replace(confidence.fitted(labelled.rows, labelled.right), accept_from=round(accept_from, 4))
    metrics |= {f"weight of {name}": weight for name, weight in zip(model.features, model.weights, strict=True)}
    if asked.write:
        _MODEL.write_text(json.dumps(TypeAdapter(confidence.ConfidenceModel).dump_python(rounded(model)), indent=1) + "\n")
    return finish("invoice_confidence", metrics, _TARGETS)


def cross_validated(labelled: Labelled) -> tuple[NDArray[np.float64], list[float]]:
    """The confidence of every value by models that saw no value of its file, and the thresholds that they would set."""
    files = np.unique(labelled.file)
    total = np.zeros(len(labelled.right))
    thresholds = []
    for seed in range(_ROUNDS):
        unseen = np.zeros(len(labelled.right))
        folds = np.random.default_rng(seed).permutation(len(files)) % _FOLDS
        for fold in range(_FOLDS):
            test = np.isin(labelled.file, files[folds == fold])
            model = confidence.fitted(labelled.rows[~test], labelled.right[~test])
            unseen[test] = [model.probability(row) for row in labelled.rows[test].tolist()]
        thresholds.append(confidence.threshold(unseen[labelled.head], labelled.right[labelled.head], _ERROR))
        total += unseen
    return total / _ROUNDS, thresholds


def calibration_error(probability: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Mean distance of the stated probability from the share that is right, over bins of equally many values."""
    order = np.argsort(probability)
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return float(sum(len(p) * abs(probability[p].mean() - right[p].mean()) for p in parts) / len(order))


def gathered(data: Path, cache: Path) -> Labelled:
    """Features and truth of every value that can be scored, of the files as they are and of scans made of them."""
    engine = LocalDocumentAI()
    found: list[tuple[list[float], bool, int, bool]] = []
    missing = 0
    names: dict[str, int] = {}
    for row, path in _files(data, cache):
        analysis = _analysis(engine, path, cache)
        invoices = extract(analysis)
        number = names.setdefault(Path(row["file"]).name, len(names))
        if not invoices:
            missing += sum(row["fields"].get(name) not in (None, "") for name in SCORED)
            continue
        recognised = {page.number for page in analysis.pages if page.origin == "ocr"}
        for features, right, head in labelled_values(row, invoices[0], recognised):
            found.append((features, right, number, head))
        missing += sum(row["fields"].get(n) not in (None, "") and n not in invoices[0].fields for n in SCORED)
    engine.close()
    return Labelled(
        np.array([f for f, *_ in found]),
        np.array([r for _, r, _, _ in found], bool),
        np.array([n for *_, n, _ in found]),
        np.array([h for *_, h in found], bool),
        missing,
    )


def labelled_values(
    row: Mapping[str, Any], invoice: Invoice, recognised: Collection[int]
) -> Iterator[tuple[list[float], bool, bool]]:
    """Features, whether it is right, and whether it is of the head, of every value that the truth holds."""
    for name in _LEARNT:
        expected, value = row["fields"].get(name), invoice.fields.get(cast(FieldName, name))
        if expected not in (None, [], "") and not (isinstance(expected, list) and "" in expected) and value is not None:
            context = confidence.context_of(invoice, value, recognised, confidence.checks_of(invoice, name))
            right = equal(name, str(expected), value.value) if name in SCORED else _agrees(name, value.value, expected)
            yield confidence.features(name, value, context), right, name in SCORED
    for number, item, truth in alike(row.get("line_items"), invoice.items):
        for column in _ITEM_COLUMNS:
            expected, value = truth.get(column), item.columns.get(cast(Any, column))
            if expected not in (None, "") and value is not None:
                context = confidence.context_of(invoice, value, recognised, confidence.checks_of_item(invoice, number, column))
                right = equal("seller" if column == "description" else "line_total", str(expected), value.value)
                yield confidence.features("item", value, context), right, False


def _agrees(name: str, read: str, truth: str | list[str]) -> bool:
    """Whether a value that is not scored is right; of several identifiers, each that was read has to be one."""
    return same(name, ", ".join(truth), read) if isinstance(truth, list) else same(name, read, truth)


def _files(data: Path, cache: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    for source in SOURCES:
        if source == "zugferd-with-xml":
            continue
        for row in rows(data, source):
            path = data / row["file"]
            yield row, path
            if path.suffix == ".pdf":
                yield row, _scanned(path, cache)


def _scanned(path: Path, cache: Path) -> Path:
    """The pages of a PDF as a scanner would give them: at an angle, grainy, greyish, compressed."""
    import pypdfium2
    from PIL import Image

    target = cache / f"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.tiff"
    if target.exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(int(target.stem, 16) % 2**32)
    pages = []
    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            image = page.render(scale=_DPI / 72, grayscale=True).to_pil()
            image = image.rotate(rng.uniform(-1.2, 1.2), Image.Resampling.BICUBIC, fillcolor=255)
            grey = np.asarray(image, np.float32) * 0.85 + 25 + rng.normal(0, 9, (image.height, image.width))
            packed = io.BytesIO()
            Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(packed, "JPEG", quality=int(rng.integers(40, 80)))
            pages.append(Image.open(packed))
    pages[0].save(target, save_all=True, append_images=pages[1:], compression="tiff_lzw")
    return target


def _analysis(engine: LocalDocumentAI, path: Path, cache: Path) -> Analysis:
    name = hashlib.sha256(path.read_bytes() + engine.engine.encode()).hexdigest()[:24]
    kept, adapter = cache / f"{name}.json", TypeAdapter(Analysis)
    if kept.exists():
        return adapter.validate_json(kept.read_bytes())
    analysis = engine.analyse(path, path.name, Limits())
    cache.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(adapter.dump_json(analysis))
    return analysis


def rounded(model: confidence.ConfidenceModel) -> confidence.ConfidenceModel:
    """The model with as many digits as mean something."""

    def short(numbers: Sequence[float]) -> tuple[float, ...]:
        return tuple(float(f"{number:.5g}") for number in numbers)

    return replace(model, weights=short(model.weights), precision=tuple(map(short, model.precision)))
