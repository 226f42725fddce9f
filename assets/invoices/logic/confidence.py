"""How sure a value is: a calibrated probability from what speaks for and against it.

A logistic regression over some facts about how a value was reached, few enough that a person can check each weight. Its weights
start as a Gaussian prior, fitted on labelled invoices, and what people correct moves them: the posterior of Laplace's
approximation (Bishop, Pattern Recognition and Machine Learning, 2006, §4.5.1) is the next prior, so that a handful of corrections
does little and thousands decide.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from math import exp, isfinite, log

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from assets.invoices.logic.invoice import Check, FieldName, Invoice, LineItem, TaxLine, Value

_GROUPS: Mapping[str, frozenset[str]] = {
    "amount": frozenset({
        "line_total", "allowance_total", "charge_total", "tax_total", "grand_total", "prepaid", "rounding", "due_payable",
    }),
    "day": frozenset({"issue_date", "due_date", "delivery_date"}),
    "number": frozenset({"invoice_number", "purchase_order", "preceding_invoice"}),
    "identifier": frozenset({"iban", "seller_tax_ids", "buyer_tax_ids"}),
    "party": frozenset({"seller", "buyer"}),
    "address": frozenset({"seller_address", "buyer_address"}),
    "item": frozenset({"item", "tax"}),
}  # fmt: skip
"""Fields whose values fail alike; what is in none of them (currency, terms) is the base case."""

_IDENTITIES: Mapping[str, frozenset[str]] = {
    "lines_are_net": frozenset({"line_total", "allowance_total", "charge_total", "grand_total"}),
    "net_and_tax_are_total": frozenset({"line_total", "allowance_total", "charge_total", "tax_total", "grand_total"}),
    "taxes_are_tax_total": frozenset({"tax_total"}),
    "total_less_prepaid_is_due": frozenset({"grand_total", "prepaid", "due_payable"}),
}
"""Fields of the head that take part in each identity over the whole invoice."""

FEATURES = (
    "base", *_GROUPS, "receipt", "score", "margin", "unrivalled", "identity_holds", "more_identities_hold", "identity_fails",
    "recognised", "doubtful_characters", "named_by_engine", "calculated", "repaired",
)  # fmt: skip
"""What the probability is made of, in the order of the weights."""

_UNSURE = 0.02
_FOLLOWS = 0.5
_PRIOR_PRECISION = 0.2
"""Of every weight before anything was seen: log-odds of two or three are nothing unusual."""
_STEPS = 50


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """Weights of the features, and how firm they are.

    Attributes:
        features: Names that the weights belong to, in order.
        weights: Log-odds that a feature adds, shape (features,).
        precision: Inverse covariance of the weights, shape (features, features).
        accept_from: Confidence from which a value is accepted without a person.
        labelled: Values that the weights were fitted on.
        corrected: Those among them that people judged in this deployment.

    Raises:
        ValueError: Weights and precision are not what the features ask for, or no numbers.
    """

    features: tuple[str, ...]
    weights: tuple[float, ...]
    precision: tuple[tuple[float, ...], ...]
    accept_from: float
    labelled: int
    corrected: int = 0

    def __post_init__(self) -> None:
        size = len(self.features)
        numbers = [*self.weights, *(number for row in self.precision for number in row), self.accept_from]
        if len(self.weights) != size or [len(row) for row in self.precision] != [size] * size:
            raise ValueError(f"weights and precision are not of the {size} features")
        if not all(isfinite(number) for number in numbers):
            raise ValueError("weights, precision and threshold are not all finite")

    @property
    def digest(self) -> str:
        """Short identity of the weights."""
        return hashlib.sha256(repr((self.features, self.weights, self.accept_from)).encode()).hexdigest()[:12]

    def probability(self, row: Sequence[float]) -> float:
        """Probability that a value with these features is right."""
        odds = sum(weight * feature for weight, feature in zip(self.weights, row, strict=True))
        return 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))


@dataclass(frozen=True, slots=True)
class Context:
    """What the confidence of a value depends on beside the value itself."""

    checks: tuple[Check, ...] = ()
    receipt: bool = False
    recognised: bool = False


@cache
def shipped() -> ConfidenceModel:
    """The model that a new deployment begins with."""
    text = files("assets.invoices.logic").joinpath("confidence_model.json").read_bytes()
    return TypeAdapter(ConfidenceModel).validate_json(text)


def judged(invoice: Invoice, recognised: Collection[int], model: ConfidenceModel) -> Invoice:
    """The invoice with a confidence on every value, those of items and taxes too.

    What an e-invoice stores keeps the confidence that it has. What is printed nowhere and only follows from other amounts is
    never surer than a coin.

    Args:
        invoice: As extracted and reconciled.
        recognised: Numbers of the pages whose words were recognised on a picture.
        model: What to judge by.
    """

    def of(name: str, value: Value, checks: Sequence[Check]) -> Value:
        if value.chosen.source == "structured":
            return value
        sure = model.probability(features(name, value, context_of(invoice, value, recognised, checks)))
        return replace(value, confidence=min(sure, _FOLLOWS) if _is_calculated(value) else sure)

    head: dict[FieldName, Value] = {name: of(name, value, checks_of(invoice, name)) for name, value in invoice.fields.items()}
    due, total = head.get("due_payable"), head.get("grand_total")
    if due and total and (due.value, due.chosen.box) == (total.value, total.chosen.box):
        head["due_payable"] = replace(due, confidence=total.confidence)  # one printed amount is right or wrong for both
    items = tuple(_item(invoice, number, item, of) for number, item in enumerate(invoice.items, 1))
    taxes = tuple(_tax(invoice, tax, of) for tax in invoice.taxes)
    return replace(invoice, fields=head, items=items, taxes=taxes)


def checks_of(invoice: Invoice, name: str) -> list[Check]:
    """The identities over the whole invoice that a field of its head takes part in."""
    return [check for check in invoice.checks if name in _IDENTITIES.get(check.name, ())]


def checks_of_item(invoice: Invoice, number: int, column: str) -> list[Check]:
    """The identities that a cell of the line item with this number, from 1, takes part in."""
    names = {"quantity": 1, "unit_price": 1, "discount": 1, "line_total": 2}.get(column, 0)
    own = [check for check in invoice.checks if check.name == "quantity_times_price" and check.subject == f"line {number}"]
    together = [check for check in invoice.checks if check.name == "lines_are_net"]
    return [*(own if names else []), *(together if names > 1 else [])]


def context_of(invoice: Invoice, value: Value, recognised: Collection[int], checks: Sequence[Check]) -> Context:
    """What the features of a value depend on beside itself."""
    kind = invoice.fields.get("document_type")
    page = value.chosen.page or min(invoice.pages, default=0)
    return Context(tuple(checks), kind is not None and kind.value == "receipt", page in recognised)


def features(name: str, value: Value, context: Context) -> list[float]:
    """What speaks for and against a value, in the order of `FEATURES`; each about 0 to 2.

    Args:
        name: Of the field; `item` or `tax` for a cell of a table.
        value: The value.
        context: Its surroundings.
    """
    chosen = value.chosen
    rivals = [candidate.score for candidate in value.candidates if candidate.value != chosen.value]
    rival = max(rivals, default=0.0)
    holds = sum(check.holds is True for check in context.checks)
    return [
        1.0,
        *(float(name in names) for names in _GROUPS.values()),
        float(context.receipt),
        _evidence(chosen.score),
        max(-1.0, min(1.0, chosen.score - rival)),
        float(not rivals),
        float(holds > 0),
        float(holds > 1),
        float(any(check.holds is False for check in context.checks)),
        float(context.recognised),
        min(2.0, -log(max(chosen.reading, 1e-6)) * 4),
        float(chosen.source == "engine"),
        float(_is_calculated(value)),
        float(value.repaired is not None),
    ]


def fitted(rows: NDArray[np.float64], right: NDArray[np.bool_], prior: ConfidenceModel | None = None) -> ConfidenceModel:
    """The model after values that were judged by people or held against a truth.

    Args:
        rows: Features, shape (values, features).
        right: Whether each value was right, shape (values,).
        prior: What was known before; by default nothing.

    Returns:
        The weights at the mode of the posterior and its curvature there, `accept_from` as the prior has it.
    """
    size = len(FEATURES)
    mean = np.array(prior.weights) if prior else np.zeros(size)
    precision = np.array(prior.precision) if prior else np.eye(size) * _PRIOR_PRECISION
    weights = mean.copy()
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        gradient = rows.T @ (probability - right) + precision @ (weights - mean)
        curvature = (rows.T * (probability * (1 - probability))) @ rows + precision
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    probability = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
    curvature = (rows.T * (probability * (1 - probability))) @ rows + precision
    return ConfidenceModel(
        features=FEATURES,
        weights=tuple(float(w) for w in weights),
        precision=tuple(tuple(float(p) for p in row) for row in curvature),
        accept_from=prior.accept_from if prior else 1.0,
        labelled=(prior.labelled if prior else 0) + len(right),
        corrected=(prior.corrected if prior else 0) + (len(right) if prior else 0),
    )


def threshold(confidence: NDArray[np.float64], right: NDArray[np.bool_], error: float) -> float:
    """The least confidence from which at most a share `error` of the values is wrong; 1 if there is none.

    One wrong value more than were seen is counted, so that few values do not promise what they cannot know.
    """
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order])
    accepted = np.arange(1, len(order) + 1)
    last = np.append(confidence[order][1:] < confidence[order][:-1], [True])  # values alike are accepted together
    fine = last & ((wrong + 1) / accepted <= error)
    return float(confidence[order][np.flatnonzero(fine)[-1]]) if fine.any() else 1.0


def _is_calculated(value: Value) -> bool:
    return value.chosen.source == "arithmetic" and value.chosen.box is None


def _evidence(score: float) -> float:
    """Log-odds of the score of a candidate, a quarter of them: scores near 1 differ more than they look."""
    bounded = min(max(score, _UNSURE), 1 - _UNSURE / 20)
    return log(bounded / (1 - bounded)) / 4


_Judge = Callable[[str, Value, Sequence[Check]], Value]


def _item(invoice: Invoice, number: int, item: LineItem, judge: _Judge) -> LineItem:
    columns = item.columns.items()
    return replace(item, columns={name: judge("item", value, checks_of_item(invoice, number, name)) for name, value in columns})


def _tax(invoice: Invoice, tax: TaxLine, judge: _Judge) -> TaxLine:
    subject = f"{tax.rate.value} %" if tax.rate is not None else ""
    own = [check for check in invoice.checks if check.name == "rate_times_base" and check.subject == subject]
    rate, base, amount = (None if part is None else judge("tax", part, own) for part in (tax.rate, tax.base, tax.amount))
    return TaxLine(rate, base, amount)
