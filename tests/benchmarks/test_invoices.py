"""Scoring of invoices and the benchmark that runs on a folder."""

import json
from pathlib import Path

import pytest

from assets.invoices.logic.invoice import Candidate, FieldName, Invoice, ItemField, LineItem, Value
from benchmarks import invoices
from benchmarks.invoice_scoring import ItemCount, Judged, acceptance, accuracy, equal, items, judged
from tests.pdf_files import pdf


def _value(text: str, confidence: float | None = None) -> Value:
    return Value(Candidate(text, text), confidence=confidence)


def _item(**columns: str) -> LineItem:
    named: dict[ItemField, Value] = {name: _value(text) for name, text in columns.items()}  # type: ignore[misc]
    return LineItem(named)


@pytest.mark.parametrize(
    ("field", "expected", "found", "same"),
    [
        ("grand_total", "1939.0", "1939", True),
        ("grand_total", "RM1,007.50", "1007.50", True),
        ("grand_total", "19.39", "1939", False),
        ("issue_date", "2023-03-20", "2023-03-20", True),
        ("issue_date", "2023-03-20", "20.03.2023", False),
        ("invoice_number", "RE 2014/05 a", "re2014/05A", True),
        ("invoice_number", "471", "4711", False),
        ("seller", "Coolblue B.V.", "COOLBLUE B V", True),
        ("seller", "GmbH Muster", "Muster GmbH", True),
        ("seller", "Coolblue B.V.", "Weena 664", False),
        ("currency", "EUR", "USD", False),
    ],
)
def test_values_are_equal_in_the_way_of_their_kind(field: str, expected: str, found: str, same: bool) -> None:
    assert equal(field, expected, found) is same


def test_a_field_absent_from_the_truth_is_not_counted_and_one_that_was_not_found_is_wrong() -> None:
    fields: dict[FieldName, Value] = {"grand_total": _value("10.00", 0.99), "due_date": _value("2026-01-01")}
    values = judged("a.pdf", {"grand_total": "10", "due_date": None, "currency": "EUR"}, Invoice((1,), fields))
    assert [(value.field, value.right) for value in values] == [("currency", False), ("grand_total", True)]
    assert accuracy(values) == 0.5
    assert accuracy([]) is None


def test_only_values_that_are_sure_enough_are_accepted() -> None:
    values = [
        Judged("a", "seller", "x", "x", right=True, confidence=0.99),
        Judged("a", "currency", "x", "y", right=False, confidence=0.95),
        Judged("a", "due_date", "x", "y", right=False, confidence=0.5),
        Judged("a", "issue_date", "x", "x", right=True),
    ]
    assert acceptance(values, 0.95) == (0.5, 0.5)
    assert acceptance(values, 1.0) == (None, 0.0)


def test_items_are_paired_by_description_and_right_only_if_all_known_numbers_are() -> None:
    truth = [
        {"description": "Blue paint", "quantity": "2.0000", "unit_price": "5", "line_total": "10.00"},
        {"description": "Brush", "quantity": "1", "unit_price": None, "line_total": "3"},
        {"description": None, "quantity": None, "unit_price": None, "line_total": None},
    ]
    read = [
        _item(description="Brush", quantity="1", line_total="3.00"),
        _item(description="Paint, blue", quantity="2", unit_price="5.00", line_total="11"),
        _item(description="Subtotal", line_total="13"),
    ]
    count = items(truth, read)
    assert count == ItemCount(expected=2, found=3, right=1)
    assert count.f1 == pytest.approx(2 / 5)


def test_items_of_one_description_are_told_apart_by_their_numbers() -> None:
    truth = [{"description": "Sugar", "line_total": "1"}, {"description": "Sugar", "line_total": "2"}]
    assert items(truth, [_item(description="Sugar", line_total="2"), _item(description="Sugar", line_total="1")]).f1 == 1


def test_a_truth_without_items_says_nothing_about_those_read() -> None:
    assert items([], [_item(description="Sugar")]) == ItemCount()
    assert items([{"description": "Sugar", "line_total": "1"}], []) == ItemCount(expected=1)


def test_the_benchmark_measures_a_folder_of_its_own_layout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "zugferd").mkdir()
    (tmp_path / "zugferd" / "one.pdf").write_bytes(pdf([["Invoice"]]))
    row = {"file": "zugferd/one.pdf", "source": "zugferd", "fields": {"grand_total": "7.00"}, "line_items": []}
    (tmp_path / "truth.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    status = invoices.main(["--data", str(tmp_path), "--source", "zugferd", "--errors"])
    outcome = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert status == 1
    assert outcome["metrics"]["grand_total"] == 0
    assert outcome["metrics"]["fields"] == {"grand_total": {"accuracy": 0.0, "n": 1}}
    assert outcome["metrics"]["accepted_coverage"] == 0


def test_a_source_without_rows_is_an_error_in_the_arguments(tmp_path: Path) -> None:
    (tmp_path / "truth.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        invoices.main(["--data", str(tmp_path), "--source", "sroie"])
    assert left.value.code == 2
