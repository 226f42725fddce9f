"""Line items of invoices of many layouts and languages."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.invoices.logic.invoice import LineItem
from assets.invoices.logic.items import adjustments, line_items
from assets.invoices.logic.numbers import numerals
from resources.document_ai.layout import Box, Cell, Page, Table, Word
from tests.logic.invoices.set_pages import Setting, page, table, words

Rows = Sequence[Sequence[str]]


def read(*pages: Page) -> list[dict[str, str]]:
    return [values(item) for item in line_items(pages, numerals(line.text for one in pages for line in one.lines))]


def values(item: LineItem) -> dict[str, str]:
    return {name: value.value for name, value in item.columns.items()}


HEADS: dict[str, tuple[str, str, str, str, str, str, str]] = {
    "english": ("Qty", "Description", "Unit Price", "VAT %", "Amount", "Total", ","),
    "german": ("Menge", "Bezeichnung", "Einzelpreis", "MwSt.", "Gesamtpreis", "Gesamtbetrag", "."),
    "french": ("Qté", "Désignation", "P.U. HT", "TVA", "Total HT", "Total TTC", " "),
    "spanish": ("Cant.", "Descripción", "Precio unitario", "IVA", "Importe", "Total factura", "."),
    "italian": ("Q.tà", "Descrizione", "Prezzo unitario", "IVA", "Importo", "Totale", "."),
    "dutch": ("Aantal", "Omschrijving", "Prijs per stuk", "BTW", "Bedrag", "Totaal", "."),
    "portuguese": ("Qtd.", "Descrição", "Preço unitário", "IVA", "Valor total", "Total", "."),
}


@pytest.mark.parametrize("language", sorted(HEADS))
def test_a_table_is_read_in_every_language(language: str) -> None:
    quantity, description, price, rate, amount, total, group = HEADS[language]
    mark = "." if group == "," else ","
    texts: list[Setting] = [(40, quantity, False), (90, description, False)]
    amounts: list[Setting] = [(380, price, True), (440, rate, True), (540, amount, True)]
    one = ["2", "Blue widget", f"10{mark}50", "20%", f"21{mark}00"]
    other = ["100", "Bolt M8 x 20", f"12{mark}00", "20%", f"1{group}200{mark}00"]
    content, end = table(texts + amounts, [one, other], 200)
    content += words(380, end + 10, total, right=True) + words(540, end + 10, f"1{group}465{mark}20", right=True)
    assert read(page(1, content)) == [
        {"description": "Blue widget", "quantity": "2", "unit_price": "10.50", "vat_rate": "20", "line_total": "21.00"},
        {"description": "Bolt M8 x 20", "quantity": "100", "unit_price": "12.00", "vat_rate": "20", "line_total": "1200.00"},
    ]


SIMPLE: list[Setting] = [
    (40, "Pos", False), (80, "Description", False), (350, "Qty", True), (440, "Price", True), (540, "Total", True),
]  # fmt: skip


def simple(rows: Rows, top: float = 200) -> tuple[list[Word], float]:
    return table(SIMPLE, rows, top)


def test_a_wrapped_description_is_one_and_what_stands_apart_below_it_is_not_part_of_it() -> None:
    content, _ = simple(
        [["1", "A very long description\nthat goes on below", "1", "5.00", "5.00"], ["2", "Other", "2", "3.00", "6.00"]]
    )
    content += words(80, 300, "Goods remain ours until they are paid")
    assert [item["description"] for item in read(page(1, content))] == ["A very long description that goes on below", "Other"]


def test_a_description_that_begins_above_its_numbers_is_joined_with_the_right_ones() -> None:
    content = [word for left, head, right in SIMPLE for word in words(left, 200, head, right=right)]
    for i, (upper, lower) in enumerate([("First thing", "in two lines"), ("Second thing", "likewise")]):
        top = 216 + 40 * i
        content += words(80, top, upper) + words(80, top + 12, lower)
        content += words(40, top + 6, str(i + 1)) + words(350, top + 6, "2", right=True)
        content += words(440, top + 6, "3.00", right=True) + words(540, top + 6, "6.00", right=True)
    assert [item["description"] for item in read(page(1, content))] == ["First thing in two lines", "Second thing likewise"]


def test_items_go_on_over_pages_past_carry_overs_and_repeated_heads() -> None:
    first, end = simple([["1", "One", "1", "5.00", "5.00"], ["2", "Two", "1", "6.00", "6.00"]])
    first += words(80, end, "Übertrag") + words(540, end, "11.00", right=True) + words(300, 820, "Page 1 of 2")
    second = words(80, 40, "Übertrag") + words(540, 40, "11.00", right=True)
    more, end = simple([["3", "Three", "1", "7.00", "7.00"]], 60)
    second += more + words(80, end, "Total") + words(540, end, "18.00", right=True)
    assert [item["description"] for item in read(page(1, first), page(2, second))] == ["One", "Two", "Three"]


def test_items_go_on_over_pages_without_a_head() -> None:
    first, _ = simple([["1", "One", "1", "5.00", "5.00"]])
    cells = ["2", "Two", "3", "6.00", "18.00"]
    second = [w for (left, _, right), cell in zip(SIMPLE, cells, strict=True) for w in words(left, 60, cell, right=right)]
    assert [item["line_total"] for item in read(page(1, first), page(2, second))] == ["5.00", "18.00"]


@pytest.mark.parametrize(
    "label", ["Subtotal", "Discount 10%", "VAT 20%", "Shipping", "Total due", "Rabatt", "zzgl. MwSt", "Frais de port"]
)
def test_sums_taxes_and_charges_are_no_items(label: str) -> None:
    content, end = simple([["1", "One", "2", "5.00", "10.00"], ["2", "Two", "1", "7.00", "7.00"]])
    content += words(440, end, label, right=True) + words(540, end, "17.00", right=True)
    content += words(440, end + 18, "Total", right=True) + words(540, end + 18, "17.00", right=True)
    assert len(read(page(1, content))) == 2


def test_shipping_with_a_quantity_and_a_price_is_an_item() -> None:
    content, _ = simple([["1", "One", "2", "5.00", "10.00"], ["2", "Shipping", "1", "7.00", "7.00"]])
    assert [item["description"] for item in read(page(1, content))] == ["One", "Shipping"]


def test_discounts_and_charges_among_the_items_are_totals_of_the_invoice() -> None:
    content, end = simple([["1", "One", "2", "5.00", "10.00"], ["2", "Two", "1", "7.00", "7.00"]])
    for label, amount in (("Discount", "-2.00"), ("Rabatt", "1.00"), ("Shipping", "4.90")):
        content += words(80, end, label) + words(540, end, amount, right=True)
        end += 18
    found = adjustments([page(1, content)], numerals(["5.00"]))
    assert {name: value.value for name, value in found.items()} == {"allowance_total": "3.00", "charge_total": "4.90"}
    assert len(read(page(1, content))) == 2


def test_a_sum_is_no_item_whatever_it_is_called() -> None:
    content, end = simple([["1", "One", "2", "5.00", "10.00"], ["2", "Two", "1", "7.00", "7.00"]])
    content += words(80, end, "Zwischcnsumme") + words(540, end, "17.00", right=True)
    assert len(read(page(1, content))) == 2


def test_a_head_on_a_scan_is_known_although_a_character_is_wrong() -> None:
    columns: list[Setting] = [
        (40, "Descriptlon", False),
        (300, "Quantitv", True),
        (420, "Unit Pricc", True),
        (540, "Am0unt", True),
    ]
    content, _ = table(columns, [["Widget", "2", "10.50", "21.00"]], 200)
    assert read(page(1, content)) == []
    scan = [Word(w.text, w.box, 0.9) for w in content]
    assert read(page(1, scan)) == [{"description": "Widget", "quantity": "2", "unit_price": "10.50", "line_total": "21.00"}]


def test_numbers_in_a_description_are_part_of_it() -> None:
    content, _ = simple([["1", "Cable 3 x 1.5 mm 50 m", "2", "5.00", "10.00"], ["2", "Game 7 for 3DS", "1", "7.00", "7.00"]])
    assert [item["description"] for item in read(page(1, content))] == ["Cable 3 x 1.5 mm 50 m", "Game 7 for 3DS"]


def test_a_head_in_two_lines_is_one_head() -> None:
    columns: list[Setting] = [(40, "Article", False), (300, "Quantity", True), (540, "Amount", True)]
    content, _ = table(columns, [["Widget", "2", "21.00"]], 200)
    content += words(420, 194, "Unit", right=True) + words(420, 206, "price", right=True) + words(420, 218, "10.50", right=True)
    assert read(page(1, content)) == [{"description": "Widget", "quantity": "2", "unit_price": "10.50", "line_total": "21.00"}]


def test_units_and_article_numbers_stand_apart() -> None:
    columns: list[Setting] = [(40, "Pos", False), (70, "Art.-Nr.", False), (150, "Bezeichnung", False), (330, "Menge", False),
                              (460, "Einzelpreis", True), (540, "Gesamt", True)]  # fmt: skip
    content, _ = table(columns, [["1", "A-4711", "Schraube", "10,5 kg", "2,00 €", "21,00 €"]], 200)
    [item] = read(page(1, content))
    assert item == {
        "line_id": "1", "description": "Schraube", "sku": "A-4711", "quantity": "10.5", "unit": "kg", "unit_price": "2.00",
        "line_total": "21.00",
    }  # fmt: skip


def test_amounts_without_a_head_are_items_if_they_add_up() -> None:
    content: list[Word] = []
    for i, (text, amount) in enumerate([("Consulting in May", "1,200.00"), ("Travel", "150.50"), ("Total", "1,350.50")]):
        content += words(60, 200 + 18 * i, text) + words(500, 200 + 18 * i, amount, right=True)
    assert read(page(1, content)) == [
        {"description": "Consulting in May", "line_total": "1200.00"},
        {"description": "Travel", "line_total": "150.50"},
    ]


def test_amounts_without_a_head_that_do_not_add_up_are_no_items() -> None:
    content: list[Word] = []
    for i, (text, amount) in enumerate([("Opening hours", "8.30"), ("Fee", "150.50"), ("Total", "1,350.50")]):
        content += words(60, 200 + 18 * i, text) + words(500, 200 + 18 * i, amount, right=True)
    assert read(page(1, content)) == []


def test_every_cell_says_where_it_stands_and_what_is_printed() -> None:
    content, _ = simple([["1", "One", "2", "$5.00", "$10.00"]])
    [item] = line_items([page(3, content)], numerals(["$5.00"]))
    for value in item.columns.values():
        assert value.chosen.page == 3
        assert value.chosen.box is not None
        assert value.chosen in value.candidates
    assert item.columns["line_total"].chosen.raw == "$10.00"


def test_an_ambiguous_cell_keeps_both_readings() -> None:
    content, _ = simple([["1", "One", "1.000", "5.00", "5.00"]])
    [item] = line_items([page(1, content)], numerals(["5.00"]))
    assert [candidate.value for candidate in item.columns["quantity"].candidates] == ["1.000", "1000"]


def test_other_readings_of_an_engine_are_kept_as_candidates() -> None:
    content, _ = simple([["1", "One", "2", "5.00", "10.00"]])
    content = [Word(w.text, w.box, 0.6, ("18.00",)) if w.text == "10.00" else w for w in content]
    [item] = line_items([page(1, content)], numerals(["5.00"]))
    assert [candidate.value for candidate in item.columns["line_total"].candidates] == ["10.00", "18.00"]


def test_letters_that_a_recognised_number_is_read_with_are_digits() -> None:
    content, _ = simple([["1", "One", "2", "5.0O", "1O.00"], ["2", "B.2", "1", "7.00", "7.00"]])
    certain = [item.get("line_total") for item in read(page(1, content))]
    assert "10.00" not in certain
    scan = [Word(w.text, w.box, 0.8) for w in content]
    first, second = read(page(1, scan))
    assert (first["unit_price"], first["line_total"]) == ("5.00", "10.00")
    assert second["description"] == "B.2"


def test_line_items_that_an_engine_names_are_taken_as_they_are() -> None:
    named = {"description": "Blue widget", "quantity": "1.000", "line_total": "12.50", "tax_code": "?"}
    stored = Table(None, (tuple(Cell(text, key=key) for key, text in named.items()),), items=True)
    [item] = line_items([], numerals(["1,50"]), [stored])
    assert values(item) == {"description": "Blue widget", "quantity": "1.000", "line_total": "12.50"}
    assert item.columns["quantity"].chosen.source == "structured"
    read_cells = (Cell("Blue widget", key="description"), Cell("1.000", key="quantity"))
    [item] = line_items([], numerals(["1,50"]), [Table(1, (read_cells,), items=True)])
    assert values(item)["quantity"] == "1000"


def test_letters_written_up_the_margin_change_nothing() -> None:
    content, _ = simple([["1", "One", "2", "5.00", "10.00"], ["2", "Two", "1", "7.00", "7.00"]])
    margin = [Word(c, Box(20, 190 + 4 * i, 30, 194 + 4 * i)) for i, c in enumerate("Printed by us in 2020")]
    assert read(page(1, content + margin)) == read(page(1, content))


names = st.text("abcdefghij", min_size=3, max_size=12).map(str.title)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(names, st.integers(1, 99), st.integers(1, 99_999)), min_size=1, max_size=12), st.permutations(range(4)))
def test_any_order_of_columns_is_read(lines: list[tuple[str, int, int]], order: list[int]) -> None:
    heads = [("Description", False, 150), ("Quantity", True, 60), ("Unit price", True, 80), ("Line total", True, 90)]
    columns: list[Setting] = []
    left = 40.0
    for index in order:
        head, right, width = heads[index]
        columns.append((left + width if right else left, head, right))
        left += width + 20
    cells = [(name, str(q), f"{p / 100:.2f}", f"{q * p / 100:.2f}") for name, q, p in lines]
    content, _ = table(columns, [[row[index] for index in order] for row in cells], 100)
    assert read(page(1, content)) == [
        {"description": name, "quantity": q, "unit_price": p, "line_total": t} for name, q, p, t in cells
    ]  # fmt: skip
