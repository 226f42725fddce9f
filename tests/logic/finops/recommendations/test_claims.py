"""Claims: within what is spent, counted once, ranked per currency."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.recommendations.claims import Spend, claims, counted, over_spend, savings_by_currency
from assets.finops.logic.recommendations.shape import AUTOMATION, Proposal, Savings, Subject
from tests.logic.finops.recommendations.bills import day, resource, resource_costs, subject

COSTS = resource_costs(
    resource("i-1", [1.0] * 40), resource("i-2", [2.0] * 40), resource("i-3", [5.0] * 40, BillingCurrency="EUR")
)
SPEND = Spend.of(COSTS, day(39))


def proposal(about: Subject, low: object, high: object, *, kind: str = "k") -> Proposal:
    savings = Savings.unknown("why") if low is None else Savings(Decimal(str(low)), Decimal(str(high)))
    return Proposal(AUTOMATION, kind, about, "title", "action", savings, "low", "low", ())


def test_spend_is_that_of_the_last_thirty_days_per_currency():
    assert SPEND.by_currency() == {"EUR": Decimal(150), "USD": Decimal(90)}


def test_a_claim_beyond_its_subjects_cost_is_cut_to_it_and_the_cost_is_shown():
    (found,) = claims([proposal(subject(resource_id="i-1"), 20, 500)], SPEND)

    assert found.proposal.savings == Savings(Decimal(20), Decimal(30))
    assert found.proposal.subject_cost == Decimal(30)
    assert found.proposal.datapoints[-1].value == "30.00"
    assert over_spend([found], SPEND) == []


def test_a_claim_on_something_that_costs_nothing_any_more_is_nothing():
    (found,) = claims([proposal(subject(resource_id="gone"), 20, 500)], SPEND)

    assert found.proposal.savings == Savings(Decimal(0), Decimal(0))


def test_two_claims_on_one_resource_are_counted_once_and_the_narrower_one_counts():
    whole, one = proposal(subject(), 50, 60), proposal(subject(resource_id="i-1"), 10, 20)

    found = {claim.proposal.id: claim for claim in claims([whole, one], SPEND)}

    assert found[whole.id].overlaps_with == one.id
    assert found[one.id].counted
    assert savings_by_currency(found.values()) == ({"USD": Decimal(10)}, {"USD": Decimal(20)})


def test_what_is_dismissed_or_done_claims_nothing_and_hides_no_other():
    whole, one = proposal(subject(), 50, 60), proposal(subject(resource_id="i-1"), 10, 20)

    found = {claim.proposal.id: claim for claim in counted(claims([whole, one], SPEND), {one.id})}

    assert found[whole.id].counted
    assert found[one.id].overlaps_with == whole.id
    assert savings_by_currency(found.values()) == ({"USD": Decimal(50)}, {"USD": Decimal(60)})


def test_what_a_silent_provider_charges_is_unknown_and_not_nothing():
    (found,) = claims([proposal(subject(resource_id="i-1", ProviderName="Oracle"), 20, 500)], SPEND)

    assert found.proposal.savings.low is None
    assert "delivered none of the last 30 days" in (found.proposal.savings.unknown_because or "")
    assert found.proposal.subject_cost is None
    assert over_spend([found], SPEND) == []


def test_claims_on_different_resources_add_up_and_currencies_do_not():
    parts = [
        proposal(subject(resource_id="i-1"), 10, 20),
        proposal(subject(resource_id="i-2"), 5, 6),
        proposal(subject(resource_id="i-3", BillingCurrency="EUR"), 7, 8),
    ]

    low, high = savings_by_currency(claims(parts, SPEND))

    assert low == {"EUR": Decimal(7), "USD": Decimal(15)}
    assert high == {"EUR": Decimal(8), "USD": Decimal(26)}


def test_the_greatest_certain_saving_comes_first_and_unknown_ones_last():
    parts = [
        proposal(subject(resource_id="i-1"), 1, 30),
        proposal(subject(resource_id="i-2"), 5, 6),
        proposal(subject(resource_id="i-2"), None, None, kind="other"),
    ]

    found = claims(parts, SPEND)

    assert [(c.rank, c.proposal.savings.low) for c in found] == [(1, 5), (2, 1), (3, None)]
    assert not found[2].counted


def test_a_series_of_all_sub_accounts_covers_each_of_them():
    costs = resource_costs(resource("i-1", [1.0] * 30), resource("i-2", [2.0] * 30, SubAccountId="b"))
    spend = Spend.of(costs, day(29))

    (found,) = claims([proposal(subject(SubAccountId=None, all_sub_accounts=True), 80, 100)], spend)

    assert found.proposal.subject_cost == Decimal(90)


@given(
    st.lists(
        st.tuples(st.sampled_from(["i-1", "i-2", None]), st.integers(0, 200), st.integers(0, 200), st.sampled_from("abc")),
        max_size=12,
    )
)
@settings(max_examples=80, deadline=None)
def test_what_counts_together_is_never_more_than_what_was_spent(wishes):
    unique = {(name, kind): proposal(subject(resource_id=name), min(a, b), max(a, b), kind=kind) for name, a, b, kind in wishes}

    found = claims(unique.values(), SPEND)

    assert over_spend(found, SPEND) == []
    assert len(found) == len(unique)
