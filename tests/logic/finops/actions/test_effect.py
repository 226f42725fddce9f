"""What a measurement says of an action: what is to save has to be seen, and what is not must not cost more."""

from decimal import Decimal

import pytest

from assets.finops.logic.actions.effect import FELL_SHORT, REALISED, judged
from assets.finops.logic.recommendations.measurement import NOT_VISIBLE, REVERSE, VERIFIED


def measured(result: str) -> dict[str, object]:
    figures = dict.fromkeys(("saving_per_day", "saving_per_day_low", "saving_per_day_high"), Decimal(1))
    return {"result": result, "reason": "", "BillingCurrency": "EUR", **figures}


@pytest.mark.parametrize(("result", "realised"), [(VERIFIED, True), (NOT_VISIBLE, True), (REVERSE, False)])
def test_what_saves_nothing_by_itself_is_as_expected_unless_the_cost_rose(result, realised):
    effect = judged(measured(result), None, saves=False)

    assert (effect.effect == REALISED, effect.effect in FELL_SHORT) == (realised, not realised)


@pytest.mark.parametrize(("result", "realised"), [(VERIFIED, True), (NOT_VISIBLE, False), (REVERSE, False)])
def test_what_is_to_save_falls_short_unless_a_saving_is_seen(result, realised):
    effect = judged(measured(result), None)

    assert (effect.effect == REALISED, effect.effect in FELL_SHORT) == (realised, not realised)
