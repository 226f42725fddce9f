"""Invoices are taken in once, whatever happens in between, and what people correct stays corrected."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from pydantic import PrivateAttr

from assets.invoices import tables
from assets.invoices.in_force import bring_up_to_date
from assets.invoices.invoices import without_invoice
from assets.invoices.review import Correction, Review
from assets.invoices.review_queue import write_queue
from resources.clock import Clock
from resources.document_ai.interface import DocumentAI, Limits
from resources.document_ai.layout import Analysis
from resources.document_ai.local import LocalDocumentAI
from resources.errors import BadInput, Conflict, NotFound
from resources.lake import Lake
from sandbox.invoices.demo import brochures, office_supplies
from sandbox.invoices.paper import pdf
from tests.invoice_lakes import CLOCK, files, read_all


class Counting(DocumentAI):
    """The local engine, with the names of the files that it was given; after some of them it dies."""

    dies_after: int = 1_000_000
    _seen: list[str] = PrivateAttr(default_factory=list)
    _inner: LocalDocumentAI | None = PrivateAttr(default=None)

    @property
    def engine(self) -> str:
        return "counting@1"

    def analyse(self, path: Path, key: str, limits: Limits) -> Analysis:
        if len(self._seen) >= self.dies_after:
            raise KeyboardInterrupt
        self._seen.append(key)
        self._inner = self._inner or LocalDocumentAI()
        return self._inner.analyse(path, key, limits)


@pytest.fixture(scope="module")
def read(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("read")
    folder = files(place / "invoices")
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "page.pdf").write_bytes(b"<html><body>no invoice</body></html>")
    engine = Counting()
    read_all(folder, Lake(root=str(place / "lake")), engine)
    return place


@pytest.fixture
def place(read, tmp_path) -> Path:
    """A copy of files and lake, as they were read."""
    shutil.copytree(read, tmp_path / "place", copy_function=shutil.copy2)
    return tmp_path / "place"


@pytest.fixture
def lake(place) -> Lake:
    return Lake(root=str(place / "lake"))


def ledger(lake):
    rows = lake.scan(tables.SOURCE_INVOICES).collect()
    return {row["source_key"]: row for row in rows.iter_rows(named=True)}


def invoices(lake):
    rows = lake.scan(tables.INVOICES).sort("source_key", "ordinal").collect()
    return {row["source_key"]: row for row in rows.iter_rows(named=True)}


def test_files_are_read_and_bad_ones_named_without_harm_to_others(lake):
    states = {key: row["state"] for key, row in ledger(lake).items()}
    assert states == {
        "nordlicht.pdf": "read", "harbour.pdf": "read", "hostile.pdf": "read", "empty.pdf": "quarantined",
        "page.pdf": "quarantined",
    }  # fmt: skip
    assert ledger(lake)["empty.pdf"]["reason"] == "it is empty"
    assert set(invoices(lake)) == {"nordlicht.pdf", "harbour.pdf", "hostile.pdf"}
    assert invoices(lake)["nordlicht.pdf"]["invoice_number"] == "2026-0711"


def test_a_rerun_processes_nothing_twice(place, lake):
    versions = {table.name: lake.version(table) for table in (tables.INVOICES, tables.READINGS, tables.SOURCE_INVOICES)}
    engine = Counting()
    taken, brought = read_all(place / "invoices", lake, engine)

    assert (taken.unchanged, taken.read, taken.known, engine._seen) == (5, 0, 0, [])
    assert (brought.written, brought.removed) == (0, 0)
    assert versions == {table.name: lake.version(table) for table in (tables.INVOICES, tables.READINGS, tables.SOURCE_INVOICES)}


def test_a_copy_is_known_by_its_bytes_and_its_invoices_are_there_once(place, lake):
    shutil.copy(place / "invoices/harbour.pdf", place / "invoices/scan again.pdf")
    engine = Counting()
    taken, _ = read_all(place / "invoices", lake, engine)

    assert (taken.known, taken.read, engine._seen) == (1, 0, [])
    assert invoices(lake)["harbour.pdf"]["copies"] == ["scan again.pdf"]
    assert len(invoices(lake)) == 3


def test_a_renamed_file_keeps_its_invoices_and_a_deleted_one_loses_them(place, lake):
    (place / "invoices/harbour.pdf").rename(place / "invoices/moved.pdf")
    (place / "invoices/nordlicht.pdf").unlink()
    before = invoices(lake)["harbour.pdf"]["invoice_id"]
    taken, brought = read_all(place / "invoices", lake, Counting())

    assert (taken.deleted, taken.read, brought.removed) == (2, 0, 1)
    assert invoices(lake)["moved.pdf"]["invoice_id"] == before
    assert "nordlicht.pdf" not in invoices(lake)
    left = lake.scan(tables.FIELD_VALUES).select(pl.col("invoice_id").n_unique()).collect().item()
    assert left == 2


def test_what_was_read_of_a_deleted_file_is_forgotten_a_week_later_and_nothing_else(place, lake):
    def kept():
        return lake.scan(tables.READINGS).select(pl.col("content_hash").n_unique()).collect().item()

    (place / "invoices/nordlicht.pdf").unlink()
    read_all(place / "invoices", lake, Counting())
    assert kept() == 3
    read_all(place / "invoices", lake, Counting(), clock=Clock(fixed_at="2026-11-20T09:00:00Z"))
    assert kept() == 2
    taken, brought = read_all(place / "invoices", lake, Counting())
    assert (taken.read, taken.unchanged, brought.written) == (0, 4, 0)


def test_a_rewritten_file_is_read_again(place, lake):
    (place / "invoices/harbour.pdf").write_bytes(pdf([brochures("2026-0999", date(2026, 9, 1), 10)], "letter"))
    engine = Counting()
    taken, brought = read_all(place / "invoices", lake, engine)

    assert (taken.read, engine._seen, brought.removed) == (1, ["harbour.pdf"], 1)
    assert invoices(lake)["harbour.pdf"]["invoice_number"] == "2026-0999"


def test_a_damaged_entry_of_the_cache_is_made_again_with_a_note(place, lake):
    rows = lake.scan(tables.READINGS).collect()
    broken = rows.with_columns(body=pl.lit('{"engine": "x"}'))
    lake.replace(tables.READINGS, broken, where=None)
    (place / "invoices/harbour.pdf").touch()
    engine = Counting()
    taken, brought = read_all(place / "invoices", lake, engine)

    assert (taken.read, engine._seen) == (1, ["harbour.pdf"])
    assert any("is damaged and was made again" in note for note in ledger(lake)["harbour.pdf"]["notes"])
    assert invoices(lake)["harbour.pdf"]["invoice_number"] == "IN-10442"
    assert brought.unread == ()  # the others' rows were made before, and stay


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    folder, lake = files(tmp_path / "invoices"), Lake(root=str(tmp_path / "lake"))
    with pytest.raises(KeyboardInterrupt):
        read_all(folder, lake, Counting(dies_after=2))
    assert ledger(lake) == {}  # the batch was not noted, but what was read of it is kept

    engine = Counting()
    taken, brought = read_all(folder, lake, engine)
    assert engine._seen == ["nordlicht.pdf"]
    assert (taken.read, taken.known, brought.written) == (1, 2, 3)
    assert len(invoices(lake)) == 3


def test_a_store_that_lists_nothing_is_not_believed(tmp_path):
    folder, lake = tmp_path / "invoices", Lake(root=str(tmp_path / "lake"))
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.pdf").write_bytes(b"no invoice")
    read_all(folder, lake, Counting())
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(BadInput, match="the store of invoices is empty"):
        read_all(folder, lake, Counting())
    taken, _ = read_all(folder, lake, Counting(), may_be_empty=True)
    assert taken.deleted == 10


def test_every_value_says_where_it_stands_and_what_else_it_might_be(lake):
    identity = invoices(lake)["nordlicht.pdf"]["invoice_id"]
    values = lake.scan(tables.FIELD_VALUES).filter(pl.col("invoice_id") == identity, pl.col("part") == "head").collect()
    total = values.filter(pl.col("field") == "grand_total").row(0, named=True)
    assert (total["value"], total["page"]) == ("1860.28", 1)
    assert total["raw"].startswith("1.860,28")
    assert 0 < total["left"] < total["right"] <= 595
    assert '"why"' in total["candidates"]


def corrected(lake, key="harbour.pdf", field="grand_total", value="1757.05", revision=0, action="corrected", by="Ada"):
    identity = invoices(lake)[key]["invoice_id"]
    return Review(lake, CLOCK).save(Correction(identity, revision, field, action, value), by)


def test_a_correction_is_in_force_after_the_next_run_and_leaves_the_queue_at_once(lake):
    assert corrected(lake) == 1
    waiting = {one.source_key: one.doubts for one in Review(lake, CLOCK).waiting()}
    assert "grand_total" not in waiting["harbour.pdf"]

    assert bring_up_to_date(lake, CLOCK).written == 1
    write_queue(lake)
    row = invoices(lake)["harbour.pdf"]
    assert (str(row["grand_total"].normalize()), row["corrected"]) == ("1757.05", ["grand_total"])
    value = lake.scan(tables.FIELD_VALUES).filter(pl.col("source") == "person").collect().row(0, named=True)
    assert (value["field"], value["value"], value["extracted"]) == ("grand_total", "1757.05", "1757.04")
    assert bring_up_to_date(lake, CLOCK).written == 0


def test_an_invoice_is_accepted_once_everything_doubtful_was_confirmed(lake):
    review, identity = Review(lake, CLOCK), invoices(lake)["nordlicht.pdf"]["invoice_id"]
    for revision, field in enumerate(one["field"] for one in invoices(lake)["nordlicht.pdf"]["doubts"]):
        review.save(Correction(identity, revision, field, "confirmed"), "Ada")
    bring_up_to_date(lake, CLOCK)
    assert invoices(lake)["nordlicht.pdf"]["status"] == "accepted"
    assert identity not in {one.invoice_id for one in review.waiting()}


def test_who_saw_an_older_state_saves_nothing(lake):
    corrected(lake, by="Ada")
    with pytest.raises(Conflict, match="somebody else corrected"):
        corrected(lake, by="Bob", value="1.00")
    assert corrected(lake, by="Bob", value="1.00", revision=1) == 2
    assert lake.scan(tables.CORRECTIONS).select("by", "value", "before").sort("by").collect().rows() == [
        ("Ada", "1757.05", "1757.04"), ("Bob", "1.00", "1757.05"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"value": "much"}, BadInput),
        ({"field": "grand total"}, BadInput),
        ({"field": "risk:duplicate"}, BadInput),
        ({"action": "dismissed"}, BadInput),
        ({"field": "preceding_invoice", "action": "confirmed", "value": None}, BadInput),
    ],
)
def test_what_cannot_be_a_correction_is_refused(lake, asked, error):
    with pytest.raises(error):
        corrected(lake, **asked)
    assert lake.version(tables.CORRECTIONS) in (None, 0)


def test_an_unknown_invoice_is_not_there(lake):
    with pytest.raises(NotFound):
        Review(lake, CLOCK).invoice("0" * 32 + "-1")


def test_two_invoices_in_one_file_are_two(tmp_path):
    folder, lake = tmp_path / "invoices", Lake(root=str(tmp_path / "lake"))
    folder.mkdir()
    (folder / "both.pdf").write_bytes(pdf([office_supplies(), brochures("2026-0711", date(2026, 8, 3), 5)], "letter"))
    read_all(folder, lake)
    rows = lake.scan(tables.INVOICES).sort("ordinal").select("ordinal", "invoice_number").collect().rows()
    assert rows == [(1, "IN-10442"), (2, "2026-0711")]


class _Divided(LocalDocumentAI):
    """The local engine, of another version that takes page one for a cover."""

    @property
    def engine(self) -> str:
        return "divided@2"

    def analyse(self, path: Path, key: str, limits: Limits) -> Analysis:
        found = super().analyse(path, key, limits)
        return replace(found, pages=found.pages[1:])


def test_a_correction_stays_with_its_page_when_a_file_is_divided_anew(tmp_path):
    folder, lake = tmp_path / "invoices", Lake(root=str(tmp_path / "lake"))
    folder.mkdir()
    (folder / "both.pdf").write_bytes(pdf([office_supplies(), brochures("2026-0711", date(2026, 8, 3), 5)], "letter"))
    read_all(folder, lake)
    first, second = lake.scan(tables.INVOICES).sort("ordinal").collect()["invoice_id"]
    review = Review(lake, CLOCK)
    review.save(Correction(second, 0, "purchase_order", "corrected", "PO-2"), "Ada")
    review.save(Correction(first, 0, "purchase_order", "corrected", "PO-1"), "Ada")

    read_all(folder, lake, _Divided())
    (row,) = lake.scan(tables.INVOICES).collect().iter_rows(named=True)
    assert (row["invoice_number"], row["purchase_order"]) == ("2026-0711", "PO-2")
    assert without_invoice(lake).select("invoice_id", "value").rows() == [(first, "PO-1")]


def agree(lake, key="harbour.pdf"):
    return invoices(lake)[key]["reconciled"]


def test_identities_are_tried_on_what_people_said(lake):
    assert agree(lake) is True
    corrected(lake, field="due_payable", action="confirmed", value=None)
    corrected(lake, value="1757.00", revision=1)
    bring_up_to_date(lake, CLOCK)
    write_queue(lake)
    row = invoices(lake)["harbour.pdf"]
    assert (row["reconciled"], row["status"]) == (False, "review")
    assert any("does not hold" in note for note in row["notes"])
    waiting = {one.source_key: one.doubts for one in Review(lake, CLOCK).waiting()}
    assert "grand_total" in waiting["harbour.pdf"]  # a slip of the keyboard is asked about once more

    corrected(lake, value="1757.04", revision=2)
    bring_up_to_date(lake, CLOCK)
    assert agree(lake) is True
    assert not any("does not hold" in note for note in invoices(lake)["harbour.pdf"]["notes"])


def test_what_does_not_add_up_is_accepted_once_a_person_confirms_the_total(lake):
    corrected(lake, value="1757.00")
    bring_up_to_date(lake, CLOCK)
    write_queue(lake)
    corrected(lake, action="confirmed", value=None, revision=1)
    bring_up_to_date(lake, CLOCK)
    assert "grand_total" not in [doubt["field"] for doubt in invoices(lake)["harbour.pdf"]["doubts"]]


def test_without_a_required_field_nothing_is_accepted_whoever_says_that_it_is_not_printed(lake):
    key, review = "nordlicht.pdf", Review(lake, CLOCK)
    doubtful = [one["field"] for one in invoices(lake)[key]["doubts"]]
    for revision, field in enumerate(dict.fromkeys([*doubtful, "currency"])):
        corrected(lake, key, field, None, revision, "absent" if field == "currency" else "confirmed")
    bring_up_to_date(lake, CLOCK)
    write_queue(lake)
    row = invoices(lake)[key]
    assert (row["status"], row["currency"]) == ("review", None)
    assert "nothing can be booked without it" in row["doubts"][0]["reason"]
    assert "currency" in {one.source_key: one.doubts for one in review.waiting()}[key]


def test_what_was_read_anew_since_it_was_shown_is_not_confirmed_unseen(lake):
    with pytest.raises(Conflict, match="read anew"):
        corrected(lake, action="confirmed", value="9.99")


def test_a_dismissed_risk_comes_back_when_it_is_another(lake):
    row = invoices(lake)["harbour.pdf"]

    def risk(says):
        found = {"kind": "duplicate", "says": says, "documents": [], "field": None}
        found |= {name: row[name] for name in ("invoice_id", "content_hash", "source_key")}
        lake.replace(tables.RISKS, pl.DataFrame([found], schema=tables.RISKS.schema), where=None)
        write_queue(lake)
        return "risk:duplicate" in {one.source_key: one.doubts for one in Review(lake, CLOCK).waiting()}.get("harbour.pdf", ())

    assert risk("same as a.pdf") is True
    corrected(lake, field="risk:duplicate", value=None, action="dismissed")
    assert risk("same as a.pdf") is False
    assert risk("same as b.pdf") is True


def test_a_reading_that_is_chosen_is_taken_as_it_is(lake):
    """Typed, `1.234` may be meant either way; as a reading it is canonical."""
    identity = invoices(lake)["harbour.pdf"]["invoice_id"]
    mine = (pl.col("invoice_id") == identity) & (pl.col("field") == "grand_total") & (pl.col("part") == "head")
    read = pl.when(mine).then(pl.lit('[{"value": "1.234"}]')).otherwise("candidates")
    lake.replace(tables.FIELD_VALUES, lake.scan(tables.FIELD_VALUES).with_columns(candidates=read).collect(), where=None)
    with pytest.raises(BadInput, match="either way"):
        corrected(lake, value="1.234")
    assert Review(lake, CLOCK).save(Correction(identity, 0, "grand_total", "corrected", "1.234", 1), "Ada") == 1
    with pytest.raises(BadInput, match="either way"):
        Review(lake, CLOCK).save(Correction(identity, 1, "grand_total", "corrected", "5.678", 1), "Ada")


def test_what_does_not_agree_is_shown_once(lake):
    corrected(lake, value="1757.00")
    bring_up_to_date(lake, CLOCK)
    shown = Review(lake, CLOCK).invoice(invoices(lake)["harbour.pdf"]["invoice_id"])
    assert shown.checks
    assert not any(says in note for note in shown.notes for says in shown.checks)
