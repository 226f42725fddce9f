"""The rules of insights, at their limits."""

from decimal import Decimal

import pytest

from assets.invoices.logic.insights import Facts, Rules, insights

RULES = Rules(approval_limits={"EUR": Decimal(50_000), "JPY": Decimal(8_000_000)})
CALM = {"risk": 0.1, "complexity": 10.0, "organisations": ("Acme",), "total": Decimal(10), "currency": "EUR"}


def types(**facts: object) -> list[str]:
    return [insight.type for insight in insights(Facts(**(CALM | facts)), RULES)]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"risk": 0.4}, []),
        ({"risk": 0.41}, ["MEDIUM_RISK"]),
        ({"risk": 0.7}, ["MEDIUM_RISK"]),
        ({"risk": 0.71}, ["HIGH_RISK"]),
        ({"risk": None}, ["UNKNOWN"]),
        ({"complexity": 70}, []),
        ({"complexity": 71}, ["COMPLEX_INVOICE"]),
        ({"complexity": None}, ["UNKNOWN"]),
        ({"organisations": ("Acme", "Bolt")}, []),
        ({"organisations": ("Acme", "Bolt", "Acme")}, []),
        ({"organisations": ("Acme", "Bolt", "Core")}, ["MULTIPLE_VENDORS"]),
        ({"organisations": None}, ["UNKNOWN"]),
        ({"total": Decimal("50000.00")}, []),
        ({"total": Decimal("50000.01")}, ["HIGH_VALUE"]),
        ({"total": Decimal("50000.01"), "currency": "JPY"}, []),
        ({"total": Decimal(1), "currency": "CHF"}, ["APPROVAL_LIMIT_UNKNOWN"]),
        ({"total": None}, ["UNKNOWN"]),
        ({"currency": None}, ["UNKNOWN"]),
        ({"risk": 0.9, "complexity": 99.0}, ["HIGH_RISK", "COMPLEX_INVOICE"]),
    ],
)
def test_a_limit_must_be_exceeded_and_what_is_unknown_is_said(facts, expected):
    assert types(**facts) == expected


def test_an_insight_carries_the_numbers_that_caused_it():
    [found] = insights(Facts(**(CALM | {"total": Decimal("60000.10")})), RULES)

    assert found.numbers == {"total": "60000.10", "limit": "50000", "currency": "EUR"}
    assert "60,000.10 EUR" in found.message
    assert found.priority == "HIGH"


def test_a_medium_limit_above_the_high_one_is_refused():
    with pytest.raises(ValueError, match="must hold"):
        Rules(high_risk=0.3)
