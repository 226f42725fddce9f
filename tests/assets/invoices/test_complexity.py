"""What invoices are about: understood once, and only what says something is asked for its mood."""

from collections import Counter

import pytest
from pydantic import PrivateAttr

from assets.invoices import tables
from assets.invoices.complexity import understand
from assets.invoices.in_force import bring_up_to_date
from assets.invoices.logic.known_sellers import KnownSellers
from assets.invoices.review import Correction, Review
from resources.lake import Lake
from resources.language.local import LocalLanguage
from tests.invoice_lakes import CLOCK, files, read_all


class Counting(LocalLanguage):
    """Counts the texts that it is asked about."""

    _asked: Counter = PrivateAttr(default_factory=Counter)

    def entities(self, texts):
        self._asked["entities"] += len(texts)
        return super().entities(texts)

    def sentiments(self, texts):
        self._asked["sentiments"] += len(texts)
        return super().sentiments(texts)


@pytest.fixture
def lake(tmp_path):
    lake = Lake(root=str(tmp_path / "lake"))
    read_all(files(tmp_path / "invoices"), lake)
    return lake


def _scores(lake):
    return {row["invoice_id"]: row for row in lake.scan(tables.COMPLEXITY).collect().iter_rows(named=True)}


def test_an_invoice_is_understood_once(lake):
    language = Counting()
    assert understand(lake, CLOCK, language) == 3
    assert understand(lake, CLOCK, language) == 0
    assert language._asked["entities"] == 3


def test_how_sure_values_are_sends_nothing_to_the_service_again(lake):
    language = Counting()
    understand(lake, CLOCK, language)
    assert bring_up_to_date(lake, CLOCK, KnownSellers({"DE1": ("Somebody Else",)})).written == 3
    assert understand(lake, CLOCK, language) == 0


def test_a_corrected_seller_is_understood_anew(lake):
    language = Counting()
    understand(lake, CLOCK, language)
    identity = lake.scan(tables.INVOICES).collect()["invoice_id"][0]
    Review(lake, CLOCK).save(Correction(identity, 0, "seller", "corrected", "Another Seller Ltd"), "Ada")
    bring_up_to_date(lake, CLOCK)
    assert understand(lake, CLOCK, language) == 1


def test_the_mood_is_that_of_what_is_said_and_of_nothing_else(lake):
    language = Counting()
    understand(lake, CLOCK, language)
    moods = [row["mood"] for row in _scores(lake).values()]
    assert language._asked["sentiments"] == sum(mood is not None for mood in moods)


def test_the_score_is_the_sum_of_its_summands(lake):
    understand(lake, CLOCK, LocalLanguage())
    for row in _scores(lake).values():
        assert row["at_least"] == min(100, sum(summand["points"] for summand in row["summands"]))
