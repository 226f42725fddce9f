"""Checks of ours for rules that the model leaves to people ("dynamic") but that the lines themselves decide.

Each follows the rule's text in the FOCUS 1.2 specification. A rule that also needs an invoice, a price list, a contract or the
provider's intent stays unchecked: half a check would look like a pass.
"""

from collections.abc import Iterable

from assets.finops.logic.columns import FOCUS_COLUMNS
from assets.finops.logic.conformance.rules import Check, Rule


def _is(column: str, value: str | int | None) -> Check:
    return Check("CheckValue", (column,), value)


def _is_not(column: str, value: str | int | None) -> Check:
    return Check("CheckNotValue", (column,), value)


def _all(*items: Check) -> Check:
    return Check("AND", items=items)


def _each(function: str, columns: Iterable[str]) -> Check:
    return _all(*(Check(function, (column,)) for column in columns))


def _product(price: str, cost: str) -> Check:
    return Check("ColumnByColumnEqualsColumnValue", (price, "PricingQuantity", cost))


_TEXTS = tuple(c.name for c in FOCUS_COLUMNS if c.kind in {"text", "json"})
_JSONS = tuple(c.name for c in FOCUS_COLUMNS if c.kind == "json")
_NEVER_NULL = tuple(c.name for c in FOCUS_COLUMNS if c.kind == "text" and c.required)
_UNITS = ("CommitmentDiscountUnit", "ConsumedUnit", "PricingUnit")
_OF_COMMITMENT = _is_not("CommitmentDiscountId", None)
_USAGE, _PURCHASE, _CREDIT = (_is("ChargeCategory", v) for v in ("Usage", "Purchase", "Credit"))
_UNUSED = _is("CommitmentDiscountStatus", "Unused")
_NO_CORRECTION = _is_not("ChargeClass", "Correction")
_IS_COMMITMENT = Check("CheckSameValue", ("ResourceId", "CommitmentDiscountId"))

_CHECKS: dict[str, tuple[Check, tuple[Check, ...]]] = {
    # Attributes, over all columns that they are about.
    "StringHandling-A-001-M": (_each("FormatString", _TEXTS), ()),
    "StringHandling-A-007-M": (_each("NotBlank", _NEVER_NULL), ()),
    "NullHandling-A-002-M": (_each("NoPlaceholder", _TEXTS), ()),
    "KeyValueFormat-A-001-M": (_each("JsonObject", _JSONS), ()),
    "KeyValueFormat-A-003-M": (_each("NoNesting", _JSONS), ()),
    "KeyValueFormat-A-004-M": (_each("NoNesting", _JSONS), ()),
    "CurrencyFormat-A-001-C": (Check("CheckNationalCurrency", ("BillingCurrency",)), ()),
    "UnitFormat-A-001-M": (_each("FormatUnit", _UNITS), ()),
    # Commitments: how their purchase, their unused part and their use look.
    "DiscountHandling-A-012-C": (_IS_COMMITMENT, (_PURCHASE, _OF_COMMITMENT)),
    "DiscountHandling-A-018-C": (_USAGE, (_UNUSED,)),
    "DiscountHandling-A-019-C": (_all(_OF_COMMITMENT, _IS_COMMITMENT), (_UNUSED,)),
    "PricingCategory-C-009-C": (_is("PricingCategory", "Committed"), (_USAGE, _OF_COMMITMENT)),
    "CommitmentDiscountUnit-C-008-M": (
        Check("CheckDistinctCount", ("CommitmentDiscountId", "CommitmentDiscountUnit"), 1),
        (),
    ),
    "EffectiveCost-C-013-C": (
        Check(
            "SumWithout",
            ("EffectiveCost", "CommitmentDiscountStatus", "CommitmentDiscountId", "BillingCurrency"),
        ),
        (),
    ),
    # A credit stands alone, which is the specification's own example; other categories may depend on other charges.
    "EffectiveCost-C-010-C": (Check("CheckSameValue", ("EffectiveCost", "BilledCost")), (_CREDIT,)),
    "ContractedCost-C-008-C": (Check("CheckSameValue", ("ContractedCost", "BilledCost")), (_CREDIT,)),
    "ListCost-C-008-C": (Check("CheckSameValue", ("ListCost", "BilledCost")), (_CREDIT,)),
    # Products and numbers that the model checks for sister columns.
    "PricingQuantity-C-009-C": (
        _all(_product("ContractedUnitPrice", "ContractedCost"), _product("ListUnitPrice", "ListCost")),
        (_NO_CORRECTION,),
    ),
    "ContractedCost-C-009-C": (_product("ContractedUnitPrice", "ContractedCost"), ()),
    "ConsumedQuantity-C-008-C": (Check("CheckDecimalValue", ("ConsumedQuantity",)), ()),
    "CommitmentDiscountQuantity-C-009-M": (Check("CheckDecimalValue", ("CommitmentDiscountQuantity",)), ()),
    "PricingCurrencyContractedUnitPrice-C-004-C": (_is("PricingCurrencyContractedUnitPrice", None), ()),
    "PricingCurrencyContractedUnitPrice-C-005-C": (_is_not("PricingCurrencyContractedUnitPrice", None), ()),
    "PricingCurrencyContractedUnitPrice-C-008-C": (
        Check("CheckGreaterOrEqualThanValue", ("PricingCurrencyContractedUnitPrice",), 0),
        (),
    ),
    # One SKU, one meter; and no name without the thing that it names.
    "SkuMeter-C-006-O": (Check("CheckDistinctCount", ("SkuId", "SkuMeter"), 1), ()),
    "ResourceName-C-004-C": (_is("ResourceName", None), ()),
}

_TEXT_FORM = "it is about the text that the source wrote; values are stored with types"
_NAMES = "it is about how FOCUS or the provider names columns, not about lines"
_JUDGEMENT = "lines alone cannot decide it: it needs the provider's intent, price list, invoices or history"
_WHY_NOT = {"DateTimeFormat": _TEXT_FORM, "NumericFormat": _TEXT_FORM, "ColumnHandling": _NAMES}


def added_check(rule: Rule) -> tuple[Check, tuple[Check, ...]] | None:
    """Our check and the conditions that it adds to those of the rule; None if the rule stays unchecked."""
    return _CHECKS.get(rule.rule_id)


def why_unchecked(rule: Rule) -> str:
    """Why no check is possible."""
    return _WHY_NOT.get(rule.column, _JUDGEMENT)
