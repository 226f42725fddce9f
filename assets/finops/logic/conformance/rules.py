"""The rules of FOCUS 1.2, as data.

Source: FOCUS 1.2 requirements model 1.2.0.1 of the FinOps Open Cost and Usage Specification (MIT). `rules_1_2.json` carries over
its facts (ids, columns, keywords, criteria, checks and conditions) and none of its sentences.

Some checks of the model say something else than the rule in the specification. They would fail good lines or pass bad ones, so
our table holds what the specification says, and such rules are marked `repaired`:

* CapacityReservationStatus-C-003-C and -C-004-C: the condition names no check function (`{"AND": …}`), so it held for every row.
* ResourceId-C-006-C: the condition names its column under another key.
* ConsumedQuantity-C-006-C, CommitmentDiscountStatus-C-004-C, Tags-C-003-C, ResourceName-C-005-C: the condition is inverted.
* CommitmentDiscountQuantity-C-010-C: the condition asks for no ChargeCategory where a Purchase is meant.
* CommitmentDiscountQuantity-C-007-C: the condition demands null for the corrections that C-006-C leaves free.
* CommitmentDiscountStatus-C-005-M: the allowed values are those of something else; they are Used and Unused.
* PricingCurrencyEffectiveCost-C-004-M: the check is about another column.
* EffectiveCost-C-005-C: a purchase need not cover future charges. Only one of a commitment certainly does, so those are judged.
* InvoiceId-C-003-C and SubAccountType-C-003-C: both parts of the nullability count, as for every other column.
* InvoiceId-C-004-C and -C-005-C: the conditions are missing, and whether an invoice exists is not in the lines: not checked.
* BilledCost-C-005-C: that provider and issuer go by two names ("AWS", "Amazon Web Services, Inc.") does not make the issuer a
  third party: not checked.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

_TABLE = "rules_1_2.json"
_WITH_VALUE = frozenset({"CheckValue", "CheckNotValue", "CheckGreaterOrEqualThanValue", "CheckDistinctCount"})
COMPOSITE = "Composite"


@dataclass(frozen=True, slots=True)
class Check:
    """A check of the model, or a tree of them.

    Attributes:
        function: Check function, as the model calls it.
        columns: Columns that it looks at, in the model's order.
        value: Value to compare with, or the id of the rule that a CheckModelRule stands for.
        items: Parts of an AND or OR.
    """

    function: str
    columns: tuple[str, ...] = ()
    value: str | int | None = None
    items: tuple["Check", ...] = ()

    def walk(self) -> Iterator["Check"]:
        """This check and all its parts."""
        yield self
        for item in self.items:
            yield from item.walk()

    @property
    def all_columns(self) -> frozenset[str]:
        """Columns that this check and all its parts look at."""
        return frozenset(column for part in self.walk() for column in part.columns)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        rule_id: Id in the model.
        column: Column (or dataset, attribute) that it is about.
        entity: `Column`, `Dataset` or `Attribute`.
        function: `Presence`, `Type`, `Format`, `Nullability`, `Validation` or `Composite`.
        keyword: MUST, MUST NOT, SHOULD, SHOULD NOT, RECOMMENDED or MAY.
        check: What rows have to meet; None if the model leaves it to people ("dynamic").
        criteria: What the provider has to support for the rule to apply; those of the composites around it count too.
        conditions: What a row has to meet for the rule to be about it; those of the composites around it count too.
        repaired: The check differs from the model's; see the module's docstring.
    """

    rule_id: str
    column: str
    entity: str
    function: str
    keyword: str
    check: Check | None = None
    criteria: tuple[str, ...] = ()
    conditions: tuple[Check, ...] = ()
    repaired: bool = False

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Rules that a composite rule is made of."""
        if self.function != COMPOSITE or self.check is None:
            return ()
        return tuple(str(c.value) for c in self.check.items if c.function == "CheckModelRule")


@cache
def load_rules() -> tuple[Rule, ...]:
    """The 621 rules, in the model's order."""
    table = json.loads(files(__package__).joinpath(_TABLE).read_text("utf-8"))
    return tuple(_with_surroundings([_rule(row) for row in table["rules"]]))


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        rule_id=row["id"],
        column=row["column"],
        entity=row["entity"],
        function=row["function"],
        keyword=row["keyword"],
        check=_check(row["check"]) if "check" in row else None,
        criteria=tuple(row.get("criteria", ())),
        conditions=(_check(row["condition"]),) if "condition" in row else (),
        repaired=row.get("repaired", False),
    )


def _check(node: list[Any]) -> Check:
    """Read `[function, column, …, value]` or, for AND and OR, `[function, part, …]`."""
    function, *rest = node
    if function in {"AND", "OR"}:
        return Check(function, items=tuple(_check(part) for part in rest))
    if function == "CheckModelRule":
        return Check(function, value=rest[0])
    if function in _WITH_VALUE:
        return Check(function, tuple(rest[:-1]), rest[-1])
    return Check(function, tuple(rest))


def _with_surroundings(rules: Sequence[Rule]) -> Iterator[Rule]:
    """Give every rule the criteria and conditions of the composites that it is part of, at any depth."""
    own = {rule.rule_id: rule for rule in rules}
    around: dict[str, list[str]] = {}
    for rule in rules:
        for item in rule.item_ids:
            around.setdefault(item, []).append(rule.rule_id)

    def composites(rule_id: str) -> Iterator[Rule]:
        for parent in around.get(rule_id, []):
            yield own[parent]
            yield from composites(parent)

    for rule in rules:
        whole = (*reversed(list(composites(rule.rule_id))), rule)
        criteria = dict.fromkeys(c for r in whole for c in r.criteria)
        conditions = dict.fromkeys(c for r in whole for c in r.conditions)
        yield replace(rule, criteria=tuple(criteria), conditions=tuple(conditions))
