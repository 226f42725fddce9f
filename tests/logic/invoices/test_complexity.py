"""The complexity score: its four parts, what counts as one, and what is not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.invoices.logic.complexity import Complexity, Mention, complexity
from assets.invoices.logic.currency_mentions import AMBIGUOUS, currencies


def sure(*texts):
    return [Mention(text, 0.9) for text in texts]


def points(found: Complexity):
    return {summand.name: summand.points for summand in found.summands}


def test_each_part_adds_what_it_is_worth():
    found = complexity(
        3, sure("Acme Ltd", "Nordwind GmbH", "Siemens AG"), sure("Hamburg", "Lyon"), ["12,00 €", "USD 5", "£3"], "EUR"
    )
    assert points(found) == {"line_items": 6, "organisations": 10, "locations": 3, "currencies": 20}
    assert (found.score, found.at_least) == (39, 39)
    assert [(s.count, s.counted, s.each) for s in found.summands] == [(3, 3, 2), (3, 2, 5), (2, 1, 3), (3, 2, 10)]
    assert found.summands[1].found == ("Acme Ltd", "Nordwind GmbH", "Siemens AG")
    assert found.summands[3].found == ("EUR", "GBP", "USD")


def test_the_first_of_each_and_none_at_all_add_nothing():
    assert complexity(0, sure("Acme Ltd"), sure("Hamburg"), ["1 €"]).score == 0
    assert complexity(0, [], [], []).score == 0


def test_only_what_is_surer_than_four_fifths_counts():
    organisations = [Mention("Acme Ltd", 0.9), Mention("Nordwind GmbH", 0.8), Mention("Siemens AG", 0.81)]
    assert points(complexity(0, organisations, [], []))["organisations"] == 5


def test_a_name_that_is_repeated_is_one_organisation():
    named = sure("Nordwind", "NORDWIND  GmbH", "Nordwind GmbH", "Nordwind\nGmbH", "Müller KG", "Muster KG")
    (_, organisations, *_) = complexity(0, named, [], []).summands
    assert organisations.found == ("NORDWIND GmbH", "Müller KG", "Muster KG")


def test_an_address_and_a_part_of_it_are_one_location():
    named = sure("Germany", "Hafenstr. 5\n20457 Hamburg, Germany", "20457 Hamburg", "Lyon")
    (*_, locations, _) = complexity(0, [], named, []).summands
    assert locations.found == ("Hafenstr. 5 20457 Hamburg, Germany", "Lyon")


def test_the_score_ends_at_100():
    assert complexity(51, [], [], []).score == 100
    assert complexity(50, [], [], []).score == 100
    assert complexity(49, [], [], []).score == 98


def test_what_is_not_known_makes_the_score_unknown_unless_it_cannot_change_it():
    found = complexity(None, sure("A Ltd", "B Ltd"), [], [])
    assert (found.score, found.at_least) == (None, 5)
    assert points(found)["line_items"] is None
    assert complexity(3, None, None, None).score is None
    assert complexity(60, None, None, None).score == 100


@given(st.integers(0, 60), st.integers(0, 12), st.integers(0, 12), st.sets(st.sampled_from(["€", "£", "CHF", "PLN", "SEK"])))
def test_the_score_is_its_definition(items, organisations, locations, signs):
    found = complexity(
        items,
        sure(*(f"Firm{n} Ltd" for n in range(organisations))),
        sure(*(f"Town{n}" for n in range(locations))),
        [f"{sign} 5.00" for sign in signs],
    )
    expected = 2 * items + 5 * max(organisations - 1, 0) + 3 * max(locations - 1, 0) + 10 * max(len(signs) - 1, 0)
    assert found.score == min(expected, 100)


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("1.234,56 €", "EUR"), ("EUR 5", "EUR"), ("5 eur", "EUR"), ("£9.99", "GBP"), ("US$ 1,200.00", "USD"), ("$US 5", "USD"),
        ("CHF 1'200.50", "CHF"), ("A$5", "AUD"), ("CA$ 7", "CAD"), ("12 zł", "PLN"), ("₹ 500", "INR"), ("USD $5.00", "USD"),
        ("R$ 10", "BRL"), ("-5,00 EUR", "EUR"), ("12 345,67 Kč", "CZK"), ("₩1,000", "KRW"),
    ],
)  # fmt: skip
def test_a_currency_is_known_by_its_code_or_symbol(printed, code):
    assert currencies([printed]).codes == {code}


def test_a_dollar_is_one_of_many_unless_another_sum_says_which():
    assert currencies(["$ 5"]) == currencies(["$ 5", "$ 7"])
    assert (currencies(["$ 5"]).codes, currencies(["$ 5"]).unresolved) == (frozenset(), {"$"})
    assert currencies(["$ 5", "CAD 7"]).count == 1
    assert currencies(["$ 5"], known=["AUD"]).count == 1
    assert currencies(["$ 5", "€ 7"]).count == 2
    assert currencies(["$ 5", "CAD 7", "USD 8"]).codes == {"CAD", "USD"}
    assert complexity(0, [], [], ["$ 5", "7 €"]).unresolved == ("$",)


def test_a_sum_without_a_currency_is_told_and_adds_none():
    found = currencies(["12,00", "5 apples", "€ 3"])
    assert (found.without, found.count) == (("12,00", "5 apples"), 1)


def test_an_old_currency_is_none():
    assert currencies(["5 DEM"]).without == ("5 DEM",)


def test_the_codes_of_ambiguous_symbols_are_in_use():
    for sign, codes in AMBIGUOUS.items():
        assert currencies([f"{code} 1" for code in codes]).codes == codes, sign
