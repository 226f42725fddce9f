"""Words are recognised where they stand, however the picture lies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.document_ai.layout import around
from resources.text_recognition import engine_version, geometry, recognised
from resources.text_recognition.decoding import Decoder, Sign
from resources.text_recognition.words import alternatives, closed_up, words_of
from tests.resources.document_ai.drawing import picture

LINES = ("Invoice No. 2024-0815", "Total amount 1,234.50")
CHARACTERS = ["blank", "a", "b", "B", "1", ",", " "]


@pytest.fixture(scope="module")
def upright():
    return recognised(picture(*LINES))


def test_words_stand_in_their_boxes(upright):
    assert [line.text for line in upright.lines] == list(LINES)
    total = upright.lines[1]
    amount = total.words[-1]
    assert amount.text == "1,234.50"
    assert amount.box.left > total.box.left + 0.6 * total.box.width
    assert 110 < amount.box.middle < 180
    assert amount.confidence > 0.9


@pytest.mark.parametrize("turn", [90, 180])
def test_a_turned_picture_is_read_turned_back(upright, turn):
    found = recognised(picture(*LINES).rotate(turn, expand=True, fillcolor=255))
    assert [line.text for line in found.lines] == list(LINES)
    assert (found.turn - turn) % 360 == pytest.approx(0, abs=0.5)
    assert (found.width, found.height) == (upright.width, upright.height)
    for line, plain in zip(found.lines, upright.lines, strict=True):
        assert line.box.left == pytest.approx(plain.box.left, abs=8)
        assert line.box.top == pytest.approx(plain.box.top, abs=8)


@pytest.mark.parametrize("turn", [180, 270])
def test_words_of_a_narrow_strip_stand_where_they_do_on_it_turned(turn):
    strip = picture(LINES[0], size=(1000, 100)).crop((0, 30, 1000, 120))
    found = recognised(strip.rotate(turn, expand=True))
    assert (found.width, found.height, found.turn) == (*strip.size, turn)
    (line,) = found.lines
    assert line.words[0].text == "Invoice"
    assert line.box.left == pytest.approx(57, abs=8)
    assert line.box.middle == pytest.approx(48, abs=8)


def test_lines_of_a_sloping_scan_are_level():
    page = picture("Description", "Hexagon bolt", "Washer", size=(900, 300))
    page.paste(picture("Amount", "19.90", "4.25", size=(400, 300)), (500, 0))
    found = recognised(page.rotate(-3, expand=True, fillcolor=255))
    rows = [[line.text for line in found.lines if abs(line.box.middle - first.box.middle) < 12] for first in found.lines]
    assert ["Washer", "4.25"] in [sorted(row, reverse=True) for row in rows]
    assert found.turn == pytest.approx(-3, abs=0.7)


def test_an_empty_picture_has_no_lines():
    found = recognised(picture(size=(300, 200)))
    assert (found.lines, found.turn) == ((), 0)


def test_the_version_names_the_libraries():
    assert "rapidocr-" in engine_version()
    assert "onnxruntime-" in engine_version()


def decoded(*columns):
    """Signs of one line from the probabilities of its columns, each as {character: probability}."""
    line = np.zeros((1, len(columns), len(CHARACTERS)), np.float32)
    for place, column in enumerate(columns):
        for character, probability in column.items():
            line[0, place, CHARACTERS.index(character)] = probability
    texts, lines = Decoder(CHARACTERS)(line, True, wh_ratio_list=[4.0], max_wh_ratio=8.0)
    return texts[0][0], lines[0]


def test_repeated_columns_are_one_sign_and_blanks_part_them():
    text, signs = decoded({"a": 1}, {"a": 1}, {"blank": 1}, {"a": 1})
    assert text == "aa"
    assert [sign.place for sign in signs] == [0.25, 1.75]  # the line fills half of what all are filled up to


def test_a_space_that_the_network_hints_at_is_one():
    assert decoded({"B": 1}, {"blank": 0.9, " ": 0.1}, {"1": 1})[0] == "B 1"
    assert decoded({"B": 1}, {"blank": 0.99, " ": 0.01}, {"1": 1})[0] == "B1"


def test_no_space_is_put_within_lower_case_or_before_a_comma_on_a_hint():
    assert decoded({"a": 1}, {"blank": 0.95, " ": 0.05}, {"b": 1})[0] == "ab"
    assert decoded({"1": 1}, {"blank": 0.8, " ": 0.2}, {",": 1})[0] == "1,"


def test_other_readings_of_an_unsure_sign_are_kept_likeliest_first():
    _, signs = decoded({"B": 0.6, "1": 0.1, "b": 0.25}, {"blank": 1}, {"1": 1})
    assert signs[0].others == (("b", pytest.approx(0.25)), ("1", pytest.approx(0.1)))
    assert alternatives(signs) == ("b1", "11")


def test_letters_with_a_space_after_each_are_closed_up():
    spaced = [Sign(c, 1.0, n / 20) for n, c in enumerate("T A X")]
    line = [*spaced, Sign(" ", 1.0, 6 / 20), *(Sign(c, 1.0, (8 + n) / 20) for n, c in enumerate("N O 1 2"))]
    assert "".join(sign.text for sign in closed_up(line)) == "TAX NO12"


@given(st.text(st.sampled_from("ab1 "), min_size=1, max_size=20))
def test_words_lie_within_their_line_and_lose_no_sign(text):
    signs = [Sign(c, 0.9, (n + 0.5) / len(text)) for n, c in enumerate(text)]
    quad = np.array([[10, 20], [210, 20], [210, 40], [10, 40]], np.float32)
    words = list(words_of(signs, quad))
    assert "".join(word.text for word in words) == text.replace(" ", "")
    if words:
        box = around(word.box for word in words)
        assert 9.9 <= box.left < box.right <= 210.1


@given(st.floats(-15, 15), st.integers(4, 12))
def test_the_slope_of_lines_is_found_and_undone(degrees, count):
    flat = np.array([[[50, 40 * n], [450, 40 * n], [450, 40 * n + 20], [50, 40 * n + 20]] for n in range(count)], np.float32)
    sloping = geometry.level(flat, -degrees, 500, 500)
    found = geometry.slope(sloping)
    assert found == pytest.approx(degrees, abs=0.25)
    assert np.allclose(geometry.level(sloping, found, 500, 500), flat, atol=2.5)
