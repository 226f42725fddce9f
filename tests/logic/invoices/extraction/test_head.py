"""The heads of invoices of many layouts, languages and countries."""

import pytest

from assets.invoices.logic.extraction import extract
from tests.logic.invoices.extraction.layouts import LAYOUTS, analysis


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_the_head_is_read_whatever_the_layout_and_the_language(name: str) -> None:
    layout = LAYOUTS[name]
    [invoice] = extract(analysis(*layout.pages))
    read = {field: invoice.fields[field].value if field in invoice.fields else None for field in layout.head}
    assert read == dict(layout.head)
