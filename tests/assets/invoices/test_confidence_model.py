"""What people correct teaches how sure values are, as soon as it says enough, and never costs a second reading of files."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from assets.invoices import tables
from assets.invoices.confidence_model import confidence_model
from assets.invoices.in_force import bring_up_to_date
from assets.invoices.logic.confidence import FEATURES, shipped
from assets.invoices.taught import model_in_force
from resources.lake import Lake
from tests.invoice_lakes import CLOCK, files, read_all

NAMES = ("seller", "buyer", "seller_address", "buyer_address", "payment_terms", "purchase_order", "seller_tax_ids",
         "invoice_number", "issue_date", "due_date", "currency", "line_total", "tax_total", "grand_total")  # fmt: skip


@pytest.fixture(scope="module")
def read(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("taught")
    read_all(files(place / "invoices"), Lake(root=str(place / "lake")))
    return place


@pytest.fixture
def lake(read, tmp_path) -> Lake:
    shutil.copytree(read / "lake", tmp_path / "lake")
    return Lake(root=str(tmp_path / "lake"))


def values(lake):
    head = lake.scan(tables.FIELD_VALUES).filter(pl.col("part") == "head", pl.col("field").is_in(NAMES))
    return head.sort("invoice_id", "field").collect()


def say(lake, *, fewer_than=1_000, wrong=()):
    """Confirm values, and correct those of the named fields."""
    rows = [
        {
            "correction_id": f"{place:04d}", "invoice_id": row["invoice_id"], "field": row["field"],
            "action": "corrected" if row["field"] in wrong else "confirmed", "before": row["value"],
            "value": f"not {row['value']}" if row["field"] in wrong else row["value"], "from_candidate": None,
            "revision": place, "by": "Ada", "said_at": CLOCK.now(),
        }
        for place, row in enumerate(values(lake).head(fewer_than).iter_rows(named=True), 1)
    ]  # fmt: skip
    lake.replace(tables.CORRECTIONS, pl.DataFrame(rows, schema=tables.CORRECTIONS.schema), where=None)
    return len(rows)


def learn(lake):
    result = confidence_model(lake=lake, clock=CLOCK)
    return {name: getattr(value, "value", value) for name, value in result.metadata.items()}


def test_without_corrections_the_shipped_model_stays_and_no_loss_is_made_up(lake):
    told = learn(lake)
    assert (told["corrected"], told["in_force"]) == (0, False)
    assert not {"log_loss_shipped", "log_loss_learnt"} & told.keys()
    assert model_in_force(lake).digest == shipped().digest


def test_a_few_corrections_change_nothing_and_it_is_said_how_many_are_needed(lake):
    before = values(lake)
    assert say(lake, fewer_than=5) == 5
    told = learn(lake)

    assert (told["corrected"], told["in_force"]) == (5, False)
    assert told["nothing_learnt"] == "5 values were corrected or confirmed; 20 are needed"
    bring_up_to_date(lake, CLOCK)
    assert values(lake)["confidence"].equals(before["confidence"])


def test_many_consistent_corrections_are_learnt_and_used_without_reading_a_file_again(lake):
    before, readings = values(lake), lake.version(tables.READINGS)
    corrected = say(lake, wrong=("payment_terms", "purchase_order"))
    told = learn(lake)

    assert told["in_force"] is True
    assert told["corrected"] == corrected
    assert told["log_loss_learnt"] < told["log_loss_shipped"]
    assert model_in_force(lake).digest != shipped().digest
    assert model_in_force(lake).accept_from == shipped().accept_from
    assert bring_up_to_date(lake, CLOCK).written == 3
    assert lake.version(tables.READINGS) == readings
    after = values(lake)
    assert after["extracted"].equals(before["extracted"])
    wrong = pl.col("field") == "purchase_order"
    assert after.filter(wrong)["confidence"].max() < before.filter(wrong)["confidence"].min()


def test_a_second_look_at_the_same_corrections_learns_the_same(lake):
    say(lake, wrong=("payment_terms", "purchase_order"))
    learn(lake)
    first = model_in_force(lake)
    bring_up_to_date(lake, CLOCK)
    learn(lake)
    assert model_in_force(lake) == first
    assert bring_up_to_date(lake, CLOCK).written == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "",
        lambda text: text[: len(text) // 2],
        lambda text: json.dumps(json.loads(text) | {"weights": [1.0]}),
        lambda text: json.dumps(json.loads(text) | {"weights": [float("nan")] * len(FEATURES)}),
        lambda text: json.dumps(json.loads(text) | {"features": ["other"] * len(FEATURES)}),
    ],
)
def test_a_damaged_model_is_not_used_and_the_shipped_one_takes_its_place(lake, damage):
    say(lake, wrong=("payment_terms", "purchase_order"))
    learn(lake)
    row = lake.scan(tables.CONFIDENCE_MODEL).collect()
    lake.replace(tables.CONFIDENCE_MODEL, row.with_columns(model=pl.lit(damage(row["model"][0]))), where=None)
    assert model_in_force(lake) == shipped()
    assert bring_up_to_date(lake, CLOCK).unread == ()
