"""Paper in the shade is made white; pages that are white already are left alone."""

import numpy as np
import pytest

from resources.text_recognition.lighting import evened
from tests.resources.document_ai.drawing import picture


@pytest.fixture
def page():
    return np.stack([np.asarray(picture("Invoice No. 2024-0815", "Total amount 1,234.50"))] * 3, axis=2)


def test_a_white_page_is_not_touched(page):
    assert evened(page) is page


def test_a_page_in_the_shade_is_made_white_and_its_print_stays_dark(page):
    shade = np.linspace(0.35, 0.9, page.shape[1])[None, :, None]
    bright = evened((page * shade).astype(np.uint8))
    assert np.percentile(bright, 20) > 225
    assert bright[page == 0].max() < 40


def test_white_print_on_a_dark_page_stays_white_on_dark(page):
    dark = (255 - page * 0.9).astype(np.uint8)
    bright = evened(dark)
    assert bright[page == 0].min() > np.median(bright) + 60
