"""What the arithmetic of an invoice repairs, and what it leaves alone."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assets.invoices.logic.arithmetic import COMPUTED_CONFIDENCE, reconcile
from assets.invoices.logic.arithmetic.slots import Slot, numbers, with_values
from assets.invoices.logic.invoice import Candidate, Invoice, LineItem, TaxLine, Value
from resources.document_ai.layout import Box

CENT = Decimal("0.01")
CONFUSED = {"1": "7", "7": "1", "3": "8", "8": "3", "5": "6", "6": "5"}


def scanned(number: Decimal | str, *others: str) -> Value:
    """A number read by OCR, with other candidates."""
    first = Candidate(str(number), str(number), 1, Box(0, 0, 10, 10), 1.0, ("label",), reading=0.9)
    return Value(first, (first, *(replace(first, value=other, raw=other, score=0.8) for other in others)))


def printed(number: Decimal | str, *others: str) -> Value:
    """A number of a text layer."""
    value = scanned(number, *others)
    candidates = tuple(replace(candidate, reading=1.0) for candidate in value.candidates)
    return Value(candidates[0], candidates)


def cents(number: Decimal) -> Decimal:
    return number.quantize(CENT, ROUND_HALF_UP)


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    """Invoices that agree: one or two rates, with or without allowances, charges and prepaid amounts, or credit notes."""
    rates = draw(
        st.lists(st.sampled_from([Decimal(19), Decimal(7), Decimal("5.5"), Decimal(20)]), min_size=1, max_size=2, unique=True)
    )
    sign = draw(st.sampled_from([1, 1, 1, -1]))
    items, bases = [], dict.fromkeys(rates, Decimal(0))
    for _ in range(draw(st.integers(1, 6))):
        quantity, price = Decimal(draw(st.integers(1, 200))), Decimal(draw(st.integers(100, 99_999))) / 100
        total = cents(sign * quantity * price)
        rate = draw(st.sampled_from(rates))
        bases[rate] += total
        columns = {"quantity": scanned(sign * quantity), "unit_price": scanned(price), "line_total": scanned(total)}
        items.append(LineItem(columns, 1))  # type: ignore[arg-type]
    net = sum(bases.values(), Decimal(0))
    charge = Decimal(draw(st.integers(0, 1))) * Decimal("4.90") if sign > 0 else Decimal(0)
    bases[rates[0]] += charge
    taxes = [TaxLine(scanned(rate), scanned(base), scanned(cents(base * rate / 100))) for rate, base in bases.items()]
    tax = sum((cents(base * rate / 100) for rate, base in bases.items()), Decimal(0))
    total = net + charge + tax
    paid = cents(total * draw(st.sampled_from([Decimal(0), Decimal("0.3")])))
    fields = {"line_total": net, "tax_total": tax, "grand_total": total, "due_payable": total - paid}
    fields |= {"charge_total": charge} if charge else {}
    fields |= {"prepaid": paid} if paid else {}
    return Invoice((1,), {name: scanned(value) for name, value in fields.items()}, tuple(items), tuple(taxes))  # type: ignore[misc]


TWICE = ("line_total", "tax_total", "grand_total", "amount")
"""Numbers that two identities are about."""


@st.composite
def damaged(draw: st.DrawFn) -> tuple[Invoice, Invoice, Slot]:
    """An invoice that agrees, the same with one digit misread, and where."""
    invoice = draw(invoices())
    slots = [(slot, value) for slot, value in numbers(invoice) if slot[2] in TWICE]
    slot, value = draw(st.sampled_from(slots))
    text = value.value
    places = [i for i, c in enumerate(text) if c in CONFUSED]
    assume(places)
    at = draw(st.sampled_from(places))
    wrong = scanned(text[:at] + CONFUSED[text[at]] + text[at + 1 :])
    assume(wrong.value not in {other.value for _, other in numbers(invoice)})  # prices with taxes in them are printed like that
    return invoice, with_values(invoice, {slot: wrong}), slot


def amounts(invoice: Invoice) -> dict[Slot, Decimal]:
    return {slot: Decimal(value.value) for slot, value in numbers(invoice)}


def repairs(invoice: Invoice) -> dict[Slot, str]:
    return {slot: value.repaired for slot, value in numbers(invoice) if value.repaired}


@settings(max_examples=60, deadline=None)
@given(invoices())
def test_an_invoice_that_agrees_is_never_changed(invoice: Invoice) -> None:
    result = reconcile(invoice)
    assert result.fields == invoice.fields
    assert result.items == invoice.items
    assert result.taxes == invoice.taxes
    assert result.reconciled is True
    assert result.notes == ()


@settings(max_examples=100, deadline=None)
@given(damaged())
def test_a_digit_that_was_misread_is_repaired_exactly(case: tuple[Invoice, Invoice, Slot]) -> None:
    invoice, wrong, slot = case
    result = reconcile(wrong)
    assert amounts(result) == amounts(invoice)
    assert repairs(result).keys() == {slot}
    assert result.reconciled is True
    value = dict(numbers(result))[slot]
    assert value.chosen in value.candidates
    assert value.chosen.raw == dict(numbers(wrong))[slot].chosen.raw


@settings(max_examples=60, deadline=None)
@given(invoices(), st.data())
def test_what_no_reading_supports_is_not_changed_and_said(invoice: Invoice, data: st.DataObject) -> None:
    slot, value = data.draw(st.sampled_from([(s, v) for s, v in numbers(invoice) if s[2] in ("tax_total", "grand_total")]))
    wrong = with_values(invoice, {slot: scanned(Decimal(value.value) + Decimal("12345.67"))})
    result = reconcile(wrong)
    assert amounts(result) == amounts(wrong)
    assert result.reconciled is False
    assert any("does not hold" in note and "apart" in note for note in result.notes)


@settings(max_examples=30, deadline=None)
@given(damaged())
def test_numbers_of_a_text_layer_are_never_taken_as_misread(case: tuple[Invoice, Invoice, Slot]) -> None:
    _, wrong, _ = case
    certain = with_values(wrong, {slot: printed(value.value) for slot, value in numbers(wrong)})
    result = reconcile(certain)
    assert amounts(result) == amounts(certain)
    assert repairs(result) == {}


def invoice(**totals: Value) -> Invoice:
    return Invoice((1,), dict(totals))  # type: ignore[arg-type]


def item(quantity: str, price: str, total: str, **others: Value) -> LineItem:
    columns = {"quantity": printed(quantity), "unit_price": printed(price), "line_total": printed(total), **others}
    return LineItem(columns, 1)  # type: ignore[arg-type]


def holds(result: Invoice, name: str) -> list[bool | None]:
    return [check.holds for check in result.checks if check.name == name]


def test_the_identities_choose_among_candidates_of_the_layout() -> None:
    given = invoice(line_total=printed("100.00"), tax_total=printed("19.00"), grand_total=printed("100.00", "119.00", "500.00"))
    total = reconcile(given).fields["grand_total"]
    assert total.value == "119.00"
    assert total.repaired is not None
    assert "net and tax are total" in total.repaired


def test_candidates_that_serve_equally_well_are_not_chosen_among() -> None:
    given = invoice(line_total=printed("100.00", "200.00"), tax_total=printed("19.00"), grand_total=printed("219.00", "119.00"))
    result = reconcile(given)
    assert amounts(result) == amounts(given)
    assert any("none was changed" in note for note in result.notes)


def test_a_stored_value_is_never_changed() -> None:
    value = printed("100.00", "119.00")
    stored = replace(value, chosen=replace(value.chosen, source="structured"))
    result = reconcile(invoice(line_total=printed("100.00"), tax_total=printed("19.00"), grand_total=stored))
    assert result.fields["grand_total"] == stored
    assert result.reconciled is False


def test_a_lost_decimal_mark_is_found_again() -> None:
    result = reconcile(invoice(line_total=scanned("10000"), tax_total=scanned("19.00"), grand_total=scanned("119.00")))
    assert result.fields["line_total"].value == "100.00"


def test_an_ambiguous_quantity_is_decided_by_its_product() -> None:
    line = item("1.000", "5.00", "5000.00")
    columns = line.columns | {"quantity": printed("1.000", "1000")}
    result = reconcile(Invoice((1,), items=(replace(line, columns=columns),)))
    assert result.items[0].columns["quantity"].value == "1000"


@pytest.mark.parametrize(
    ("line", "held"),
    [
        (item("3", "0.3333", "1.00"), True),
        (item("250", "12.40", "31.00"), True),
        (item("27", "7.00", "15.75", base_quantity=printed("12")), True),
        (item("27", "7.00", "15.57", base_quantity=printed("12")), False),
        (item("5", "4.55", "20.48", discount=printed("10")), True),
        (item("10", "100", "850.00", discount=printed("150.00")), True),
        (item("400", "0.79", "376.04", vat_rate=printed("19")), True),
        (item("0", "12.00", "0.00"), True),
        (item("3", "2.00", "7.00"), False),
    ],
)
def test_prices_per_hundred_fractions_and_discounts_are_understood(line: LineItem, held: bool) -> None:
    assert holds(reconcile(Invoice((1,), items=(line,))), "quantity_times_price") == [held]


def test_lines_with_taxes_in_them_add_up_to_the_grand_total() -> None:
    totals = invoice(line_total=printed("100.00"), tax_total=printed("19.00"), grand_total=printed("119.00"))
    result = reconcile(replace(totals, items=(item("1", "59.50", "59.50"), item("1", "59.50", "59.50"))))
    assert result.reconciled is True


def test_that_taxes_may_be_included_is_no_reason_to_read_another_total() -> None:
    totals = invoice(line_total=printed("79.60"), allowance_total=printed("30.00"), tax_total=printed("3.27"))
    both = {"grand_total": printed("57.80", "49.60"), "due_payable": printed("57.80", "49.60")}
    given = replace(totals, fields=totals.fields | both, items=(item("1", "53.70", "53.70"), item("1", "25.90", "25.90")))  # type: ignore[arg-type]
    result = reconcile(given)
    assert amounts(result) == amounts(given)
    assert result.reconciled is False


def test_reverse_charge_agrees() -> None:
    totals = invoice(line_total=printed("50.00"), tax_total=printed("0.00"), grand_total=printed("50.00"))
    result = reconcile(replace(totals, taxes=(TaxLine(printed("0"), printed("50.00"), printed("0.00")),)))
    assert result.reconciled is True


def test_allowances_charges_rounding_and_prepaid_amounts_are_part_of_the_sums() -> None:
    names = {
        "line_total": "100.00",
        "allowance_total": "10.00",
        "charge_total": "5.00",
        "tax_total": "9.50",
        "grand_total": "104.50",
    }
    names |= {"prepaid": "50.00", "rounding": "0.02", "due_payable": "54.52"}
    assert reconcile(invoice(**{name: printed(value) for name, value in names.items()})).reconciled is True


def test_a_credit_note_may_be_printed_with_either_sign() -> None:
    totals = invoice(
        document_type=printed("credit_note"),
        line_total=printed("-20.48"),
        tax_total=printed("-4.10"),
        grand_total=printed("-24.58"),
    )
    assert reconcile(replace(totals, items=(item("5", "4.096", "-20.48"),))).reconciled is True


def test_a_currency_without_fractions_is_held_to_its_own_unit() -> None:
    yen = invoice(currency=printed("JPY"), line_total=printed("1000"), tax_total=printed("100"), grand_total=printed("1101"))
    assert reconcile(yen).reconciled is True
    euro = invoice(currency=printed("EUR"), line_total=printed("1000"), tax_total=printed("100"), grand_total=printed("1101"))
    assert reconcile(euro).reconciled is False


def test_a_due_amount_below_the_total_is_not_held_to_fail_where_no_prepaid_amount_was_read() -> None:
    result = reconcile(invoice(grand_total=printed("100.00"), due_payable=printed("70.00")))
    assert holds(result, "total_less_prepaid_is_due") == [None]
    result = reconcile(invoice(grand_total=printed("100.00"), prepaid=printed("20.00"), due_payable=printed("70.00")))
    assert holds(result, "total_less_prepaid_is_due") == [False]


def test_nothing_left_to_pay_is_no_reason_to_read_another_total() -> None:
    given = invoice(grand_total=printed("1939", "0"), due_payable=printed("0"))
    assert reconcile(given).fields["grand_total"].value == "1939"


def test_allowances_that_were_not_read_do_not_keep_the_net_amount_from_being_found() -> None:
    totals = invoice(line_total=printed("32.50", "45.00", "44.00"), tax_total=printed("8.36"), grand_total=printed("52.36"))
    lines = (item("1", "30.00", "30.00"), item("1", "15.00", "15.00"))
    result = reconcile(replace(totals, items=lines, taxes=(TaxLine(printed("19"), printed("44.00"), printed("8.36")),)))
    assert result.fields["line_total"].value == "45.00"
    assert result.reconciled is True


def test_what_is_not_known_is_not_held_to_fail() -> None:
    result = reconcile(invoice(line_total=printed("100.00")))
    assert holds(result, "net_and_tax_are_total") == [None]
    assert result.reconciled is None
    assert result.notes == ()


def test_a_total_that_is_printed_nowhere_is_given_as_computed_if_all_else_agrees() -> None:
    given = invoice(line_total=printed("100.00"), grand_total=printed("119.00"))
    given = replace(given, taxes=(TaxLine(printed("19"), printed("100.00"), printed("19.00")),))
    tax = reconcile(given).fields["tax_total"]
    assert (tax.value, tax.chosen.source, tax.chosen.box, tax.confidence) == ("19.00", "arithmetic", None, COMPUTED_CONFIDENCE)
    assert tax.repaired is not None


def test_nothing_is_computed_where_something_does_not_agree() -> None:
    given = invoice(line_total=printed("100.00"), grand_total=printed("119.00"))
    given = replace(given, taxes=(TaxLine(printed("19"), printed("100.00"), printed("17.00")),))
    assert "tax_total" not in reconcile(given).fields


@settings(max_examples=50, deadline=None)
@given(invoices())
def test_a_second_time_changes_nothing(given_: Invoice) -> None:
    once = reconcile(given_)
    assert reconcile(once) == once


def test_hundreds_of_lines_that_do_not_agree_take_no_time() -> None:
    lines = tuple(
        LineItem({"quantity": scanned(str(i)), "unit_price": scanned("1.37"), "line_total": scanned(f"{i * 1.37:.2f}")}, 1)
        for i in range(1, 400)
    )
    result = reconcile(
        replace(invoice(line_total=scanned("4.00"), tax_total=scanned("19.00"), grand_total=scanned("99.99")), items=lines)
    )
    assert result.reconciled is False
