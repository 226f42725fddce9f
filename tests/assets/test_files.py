"""What systems that take files in have in common."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from assets.files import batches, is_storable, printable, text_hash_of


@dataclass(frozen=True)
class Item:
    size: int


@given(st.lists(st.integers(0, 50).map(Item)), st.integers(1, 5), st.integers(1, 100))
def test_batches_hold_everything_in_order_within_their_bounds(items, most, most_bytes):
    made = list(batches(items, most, most_bytes))
    assert [item for batch in made for item in batch] == items
    assert all(1 <= len(batch) <= most for batch in made)
    assert all(sum(item.size for item in batch) <= most_bytes for batch in made if len(batch) > 1)


def test_a_name_that_is_no_text_can_be_shown_and_told_apart_but_not_stored():
    name = b"rechnung-\xff.pdf".decode("utf-8", "surrogateescape")
    assert not is_storable(name)
    assert printable(name).encode().decode() == r"rechnung-\udcff.pdf"
    assert text_hash_of(name) != text_hash_of("rechnung-.pdf")
