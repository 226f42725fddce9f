"""Extracted values are right if they say what is true, however it is written."""

import pytest

from assets.invoices.logic.quality import Judged, by_field, reliability, same


@pytest.mark.parametrize(
    ("field", "value", "truth", "right"),
    [
        ("grand_total", "10", "10.00", True),
        ("grand_total", "10.01", "10.00", False),
        ("grand_total", "ten", "10.00", False),
        ("issue_date", "2026-01-02", "2026-02-01", False),
        ("iban", "DE27 2004", "DE272004", True),
        ("seller", "Café Löwe", "CAFÉ LÖWE", True),
        ("seller", "Café Löwe GmbH", "Café Löwe", False),
        ("seller_address", "20457 Hamburg, Hafenweg 7, DE", "Hafenweg 7, 20457 Hamburg", True),
        ("seller_address", "Hamburg", "Hafenweg 7, 20457 Hamburg", False),
        ("seller_tax_ids", "DE1, 22/333", "DE1", True),
        ("seller_tax_ids", "DE2", "DE1", False),
    ],
)
def test_values_are_compared_by_what_they_say(field, value, truth, right):
    assert same(field, value, truth) is right


def test_counts_are_by_field_and_in_all():
    judged = [
        Judged("currency", "EUR", "EUR", 0.99, accepted=True),
        Judged("currency", "EUR", "USD", 0.98, accepted=True),
        Judged("seller", "Acme", None, None, accepted=False),
        Judged("seller", None, None, None, accepted=False),
    ]
    rows = {row["field"]: row for row in by_field(judged)}
    assert rows["currency"] == {"field": "currency", "values": 2, "right": 1, "accepted": 2, "accepted_wrong": 1, "missing": 0}
    assert rows["seller"]["missing"] == 1
    assert (rows[None]["values"], rows[None]["right"]) == (4, 2)


def test_a_reliability_diagram_leaves_out_what_was_not_judged():
    judged = [
        Judged("currency", "EUR", "EUR", 1.0, accepted=True),
        Judged("currency", "EUR", "USD", 0.95, accepted=False),
        Judged("currency", "EUR", "USD", None, accepted=False),
    ]
    assert reliability(judged) == [{"promised": 0.975, "observed": 0.5, "values": 2.0}]
