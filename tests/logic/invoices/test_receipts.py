"""Receipts are told from invoices, and their unlabelled head and many totals are read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.invoices.logic.extraction.receipt_amounts import meaning_of
from assets.invoices.logic.extraction.receipt_rows import rows_of
from assets.invoices.logic.extraction.receipts import is_receipt, receipt_candidates
from resources.document_ai.layout import Analysis, Page
from tests.logic.invoices.slips import analysed, slip

HEAD = [
    "GREEN VALLEY HARDWARE SDN BHD",
    "(123456-X)",
    "NO. 5, JALAN MERBAU 2/1,",
    "TAMAN MERBAU,",
    "56100 KUALA LUMPUR",
    "TEL: 03-1234 5678",
]
SALE = [
    "TAX INVOICE",
    "Invoice No: CS00011983   Date: 04/12/2017",
    "GST ID: 000750673920",
    "Item                 Amount",
    "HAMMER               45.00",
    "Total Excl. GST      45.00",
    "GST 6%                2.70",
    "Rounding              0.02",
    "TOTAL                47.72",
    "CASH                 50.00",
    "CHANGE                2.28",
    "GST SUMMARY",
    "SR @6%     45.00      2.70",
    "THANK YOU, PLEASE COME AGAIN",
]  # fmt: skip


def best(rows, field):
    """The best candidate's value."""
    found = receipt_candidates([slip(rows)])
    return found[field][0].value if field in found else None


def test_a_whole_receipt_is_read():
    assert is_receipt(analysed(HEAD + SALE))
    found = {name: candidates[0].value for name, candidates in receipt_candidates([slip(HEAD + SALE)]).items()}
    assert found == {
        "seller": "GREEN VALLEY HARDWARE SDN BHD",
        "seller_address": "NO. 5, JALAN MERBAU 2/1, TAMAN MERBAU, 56100 KUALA LUMPUR",
        "issue_date": "2017-12-04",
        "grand_total": "47.72",
        "tax_total": "2.70",
        "currency": "MYR",
        "invoice_number": "CS00011983",
        "seller_tax_ids": "000750673920",
    }


def test_a_slip_with_counted_goods_is_a_receipt_though_it_calls_itself_an_invoice():
    rows = [
        "Café Linde",
        "Marktplatz 3",
        "10178 Berlin",
        "",
        "Rechnungsnummer       48812",
        "Rechnungsdatum   30.09.2024",
        "",
        "3 x Cappuccino         9,60",
        "2 x Apfelkuchen        8,20",
        "2 x Mineralwasser      5,20",
        "USt19 %                4,37",
        "GESAMTBETRAG        27,37 €",
    ]
    assert is_receipt(analysed(rows))
    assert best(rows, "tax_total") == "4.37"
    assert best(rows, "grand_total") == "27.37"
    assert not is_receipt(analysed([row.replace(" x ", " ") for row in rows]))


def test_every_candidate_says_where_it_stands_and_why():
    for name, candidates in receipt_candidates([slip(HEAD + SALE)]).items():
        assert all(candidate.why for candidate in candidates)
        assert all(candidate.box is not None or name == "currency" for candidate in candidates)
        assert [c.score for c in candidates] == sorted((c.score for c in candidates), reverse=True)


def test_a_letter_with_terms_of_payment_is_no_receipt():
    rows = [
        "Nordlicht GmbH",
        "Invoice 4711",
        "Due date 2024-05-01",
        "IBAN DE02 1203 0000 0000 2020 51",
        "Total 100.00",
        "Thank you",
    ]
    assert not is_receipt(analysed(rows))
    assert not is_receipt(Analysis("test"))


def test_an_empty_page_is_read_as_nothing():
    assert receipt_candidates([Page(1, 100, 100, ())]) == {}
    assert not is_receipt(Analysis("test", (Page(1, 100, 100, (), "ocr"),)))


@pytest.mark.parametrize(
    ("head", "seller"),
    [
        (["A03022", "SUNNY DELIGHTS SDN. BHD.", "12, JALAN A,"], "SUNNY DELIGHTS SDN. BHD."),
        (["BIG BOOK SHOPS", "SDN BHD", "LOT 3, MALL"], "BIG BOOK SHOPS SDN BHD"),
        (["OLD TOWN GRILL", "OWN BY: CHEF ONG SDN BHD", "LOT 3, MALL"], "CHEF ONG SDN BHD"),
        (["TINY WONDERS", "BISTRO & CAFE", "109, SS21/1A,", "DAMANSARA UTAMA"], "TINY WONDERS"),
        (["ONE CASH & CARRY SDN BHD (4711-K)", "12, JALAN A,"], "ONE CASH & CARRY SDN BHD"),
        (["handed in by me", "", "", "", "MERBAU GIFT & DECO", "27, JALAN DEDAP 13,", "81100 JOHOR BAHRU"], "MERBAU GIFT & DECO"),
        (["TAX INVOICE", "Bäckerei Hofmann GmbH", "Hauptstraße 5", "20457 Hamburg"], "Bäckerei Hofmann GmbH"),
        (
            ["ALAF FOODS SDN BHD (65351-M)", "FORMERLY KNOWN AS ARCHES SDN BHD", "LEVEL 6, BANGUNAN TH,"],
            "ALAF FOODS SDN BHD",
        ),
    ],
)
def test_the_seller_is_the_name_at_the_head(head, seller):
    assert best([*head, *SALE], "seller") == seller


@pytest.mark.parametrize(
    ("head", "address"),
    [
        (["SHOP SDN BHD", "Branch 2", "Jalan Tras Batu 1", "28700 Bentong", "Tel: 09-220"], "Jalan Tras Batu 1 28700 Bentong"),
        (["SHOP SDN BHD", "109, SS21/1A,", "DAMANSARA UTAMA", "GST ID: 0123"], "109, SS21/1A, DAMANSARA UTAMA"),
        (
            ["SHOP SDN BHD", "Car Park Office, Basement 1,", "47400 Petaling Jaya", "Tel: 1"],
            "Car Park Office, Basement 1, 47400 Petaling Jaya",
        ),
        (["SHOP SDN BHD", "LOT 7, JALAN B, 81100 JOHOR TEL: 07-1234567"], "LOT 7, JALAN B, 81100 JOHOR"),
        (
            ["SHOP SDN BHD", "LOT 7 JALAN B", "43800 DENGKIL", "TEL: 1", "Bill To", "NO 1 JALAN AMAN", "43800 DENGKIL"],
            "LOT 7 JALAN B 43800 DENGKIL",
        ),
        (["Bäckerei Hofmann", "Hauptstraße 5", "20457 Hamburg", "Tel. 040 1"], "Hauptstraße 5 20457 Hamburg"),
    ],
)
def test_the_address_goes_from_its_first_line_to_the_telephone(head, address):
    assert best([*head, *SALE], "seller_address") == address


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        (["Total 31.47", "Rounding Adj -0.02", "TOTAL 31.45", "CASH 50.00", "CHANGE 18.55"], "31.45"),
        (["Net Total 19.01", "Rounding Adj. -0.01", "Net Total Rounded 19.00", "Cash 20.00", "Change 1.00"], "19.00"),
        (["SUB TOTAL 50.00", "SERVICE CHARGE 5.00", "GST 6% 3.30", "NET TOTAL 58.30"], "58.30"),
        (
            [
                "Total Qty: 7  51.42",
                "Total Sales (Excluding GST) 51.42",
                "Total GST 3.08",
                "Total Sales (Inclusive of GST) 54.50",
            ],
            "54.50",
        ),
        (["SUBTOTAL RM53.60", "CASH RM100.00", "CHANGE RM46.40", "TAXABLE AMOUNT RM50.57", "6% GST RM3.03"], "53.60"),
        (["12089  7.00", "SUB-TOTAL 6.60", "GST 0.40", "TOTAL", "CASH"], "7.00"),
        (
            [
                "Take out total (incl GST) 31.55",
                "Total Rounded 31.55",
                "Cash Tendered 50.00",
                "Change 18.45",
                "TOTAL INCLUDES 6% GST 1.79",
            ],
            "31.55",
        ),
        (
            ["SUBTOTAL 79.60", "DISCOUNT -30.00", "Total Amount: 49.60", "Serv Charge 4.96", "GST 3.27", "TOTAL: RM 57.83"],
            "57.83",
        ),
        (["TOTAL:", "RM8.90", "CASH", "RM10.00", "CHANGE", "RM1.10"], "8.90"),
        (["TOTAL RM 1,007.50", "CASH RM 1,100.00", "Change 92.50"], "1007.50"),
        (["TOTAL RMO.65", "CASH RM1.00"], "0.65"),
        (["Summe EUR 12,95", "Bar 20,00", "Rückgeld 7,05", "MwSt 19% 2,07"], "12.95"),
    ],
)
def test_the_total_is_what_the_customer_owes_after_rounding(rows, total):
    value = best([*HEAD, "CASHIER: USER", "ITEM 9.99", "ITEM 8.88", *rows, "THANK YOU"], "grand_total")
    assert value is not None
    assert Decimal(value) == Decimal(total)


@pytest.mark.parametrize(
    ("row", "day"),
    [
        ("Date 03/02/201815:28", "2018-02-03"),
        ("Date :26-05--2018 15:16", "2018-05-26"),
        ("03 Mar 2018 18:22", "2018-03-03"),
        ("REG 16MAR2018 18:22", "2018-03-16"),
        ("19-03-18", "2018-03-19"),
        ("Date: O1/03/2O18", "2018-03-01"),
        ("27/06/18 10:08", "2018-06-27"),
        ("2018-06-27 10:08", "2018-06-27"),
    ],
)
def test_days_are_read_however_they_are_written(row, day):
    assert best([*HEAD, row, "TOTAL RM 5.00"], "issue_date") == day


def test_the_labelled_day_wins_over_that_of_printing():
    rows = [*HEAD, "Printed Date : 05/03/2018", "Date : 01/03/2018", "TOTAL RM 5.00"]
    assert best(rows, "issue_date") == "2018-03-01"


def test_another_day_shows_that_the_month_comes_first():
    rows = ["Corner Store Inc", "12 Main Street", "Date: 03/04/2018", "Return until 03/25/2018", "TOTAL $5.00", "CASH 5.00"]
    assert best(rows, "issue_date") == "2018-03-04"


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("TOTAL", "total"), ("Totai :", "total"), ("Total Incl. of GST", "total"), ("TotalAmtincl.GST @ 6%", "total"),
        ("Total After Adj Incl GST", "total"), ("Total Amt Payable", "total"), ("Sub-Total", "subtotal"),
        ("Total Excl. of GST", "net"), ("Total Qty", "count"), ("Total Item(s):", "count"), ("Total GST", "tax"),
        ("GST @6% :", "tax"), ("Rounding Adj.", "rounding"), ("Net Total Rounded (MYR)", "total"), ("CASH", "paid"),
        ("Cashier", None), ("YOUR CHANGE", "change"), ("GST SUMMARY", "summary"), ("Zu zahlen", "total"), ("Milk 2 l", None),
        ("Tax Invoice No", None), ("GST Reg No", None),
    ],
)  # fmt: skip
def test_labels_say_what_their_amount_is(label, meaning):
    found = meaning_of(label)
    assert (found[0] if found else None) == meaning


@given(st.lists(st.text(st.sampled_from("TOALCASH 0123.45-/RMgst:"), max_size=30), max_size=25))
def test_no_text_breaks_the_reading_and_no_amount_is_made_up(rows):
    page = slip(rows)
    printed = {amount.value for row in rows_of([page]) for amount in row.amounts}
    found = receipt_candidates([page])
    is_receipt(Analysis("test", (page,)))
    assert all(candidate.amount in printed for candidate in found.get("grand_total", []))


@given(st.permutations(range(len(HEAD + SALE))))
def test_rows_do_not_depend_on_the_order_of_lines(order):
    page = slip(HEAD + SALE)
    mixed = Page(
        1, page.width, page.height, tuple(sorted(page.lines, key=lambda line: order[int(line.box.top // 26) % len(order)])), "ocr"
    )
    assert [row.text for row in rows_of([mixed])] == [row.text for row in rows_of([page])]


@pytest.mark.parametrize(
    ("row", "day"),
    [
        ("ORD #57 -REG #18- 24/03/2018 19:35:47", "2018-03-24"),
        ("28-11-17 12:21 SH01 T1 R000045219", "2017-11-28"),
        ("Date: 15 - 01 -2019", "2019-01-15"),
    ],
)
def test_a_date_is_told_from_the_numbers_beside_it(row: str, day: str) -> None:
    sale = [line for line in SALE if "Date:" not in line]
    candidates = receipt_candidates([slip([*HEAD, "SPRAYER 1.5L", "HC03-7 - 15", *sale, row])])
    assert candidates["issue_date"][0].value == day
