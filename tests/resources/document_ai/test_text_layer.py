"""The text layer of a page is read as a person sees the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.document_ai.characters import Character
from resources.document_ai.interface import Unreadable
from resources.document_ai.layout import Box, Line, Word
from resources.document_ai.letter_spacing import closed_up
from resources.document_ai.lines import lines_of
from resources.document_ai.text_layer import _printed_once
from tests.pdf_files import pdf
from tests.resources.document_ai.drawing import drawn, layer, texts


def test_words_stand_where_they_are_printed():
    page = layer(drawn(lambda canvas: canvas.drawString(72, 742, "Invoice 4711"))).page
    (line,) = page.lines
    assert line.text == "Invoice 4711"
    assert (page.width, page.height, page.turn) == (595, 842, 0)
    assert line.box.left == pytest.approx(72, abs=1)
    assert line.box.top < 100 < line.box.bottom + 5


@pytest.mark.parametrize(("rotation", "turn"), [(90, 270.0), (180, 180.0), (270, 90.0)])
def test_a_page_that_is_shown_turned_is_read_turned_back(rotation, turn):
    data = drawn(lambda canvas: (canvas.drawString(72, 742, "Invoice 4711"), canvas.drawString(300, 600, "Total 12.50")))
    plain = layer(data).page
    page = layer(data, lambda page: page.set_rotation(rotation)).page
    assert texts(page) == texts(plain)
    assert page.turn == turn
    assert (page.width, page.height) == (595, 842)
    assert page.lines[0].box.left == pytest.approx(plain.lines[0].box.left, abs=0.1)
    assert page.lines[1].box.top == pytest.approx(plain.lines[1].box.top, abs=0.1)


def test_a_page_turned_for_reading_on_the_side_is_not_turned_again():
    def sideways(canvas):
        canvas.translate(595, 0)
        canvas.rotate(90)
        canvas.drawString(72, 500, "Invoice 4711")

    page = layer(drawn(sideways), lambda page: page.set_rotation(90)).page
    assert (texts(page), page.turn, page.width) == (["Invoice 4711"], 0, 842)


def test_text_on_its_side_becomes_a_line_of_its_own():
    def draw(canvas):
        canvas.drawString(72, 700, "A line that is read as usual")
        canvas.saveState()
        canvas.translate(30, 300)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Registered in Hamburg")
        canvas.restoreState()

    usual, upright = layer(drawn(draw)).page.lines
    assert usual.text == "A line that is read as usual"
    assert upright.text == "Registered in Hamburg"
    assert upright.box.height > 5 * upright.box.width
    assert upright.box.bottom == pytest.approx(842 - 300, abs=1)


def test_a_cropped_page_begins_at_its_crop_box_and_what_is_outside_is_counted_as_hidden():
    data = drawn(lambda canvas: (canvas.drawString(100, 700, "seen"), canvas.drawString(10, 30, "outside")))
    found = layer(data, lambda page: page.set_cropbox(50, 50, 500, 800))
    (line,) = found.page.lines
    assert (line.text, found.hidden) == ("seen", len("outside"))
    assert line.box.left == pytest.approx(50, abs=1)
    assert (found.page.width, found.page.height) == (450, 750)


def test_what_is_drawn_invisibly_or_too_small_is_left_out_and_counted():
    def draw(canvas):
        canvas.drawString(72, 700, "Total 100.00")
        canvas.setFont("Helvetica", 0.2)
        canvas.drawString(72, 600, "tiny")
        text = canvas.beginText(72, 500)
        text.setFont("Helvetica", 10)
        text.setTextRenderMode(3)
        text.textLine("hidden")
        canvas.drawText(text)

    found = layer(drawn(draw))
    assert (texts(found.page), found.hidden) == (["Total 100.00"], len("tinyhidden"))


def test_what_a_scanner_wrote_invisibly_over_its_picture_is_read_but_not_trusted_like_print():
    def draw(canvas):
        text = canvas.beginText(72, 500)
        text.setTextRenderMode(3)
        text.textLine("recognised")
        canvas.drawText(text)

    (line,) = layer(drawn(draw), scanned=True).page.lines
    assert (line.text, line.confidence) == ("recognised", 0.9)


def test_a_word_printed_twice_to_look_bold_is_read_once():
    def draw(canvas):
        for place in (72, 72.4):
            canvas.drawString(place, 700, "Total 1100.11")
        canvas.drawString(300, 650, "between")
        canvas.drawString(72, 700.3, "Total 1100.11")

    assert texts(layer(drawn(draw)).page) == ["Total 1100.11", "between"]


def test_letters_set_wide_are_words():
    def draw(canvas):
        text = canvas.beginText(72, 700)
        text.setCharSpace(5)
        text.textLine("RECHNUNG")
        canvas.drawText(text)

    assert texts(layer(drawn(draw)).page) == ["RECHNUNG"]


def test_a_row_of_single_digits_stays_a_row():
    words = tuple(Word(str(n), Box(20 * n, 0, 20 * n + 6, 10)) for n in range(1, 7))
    assert closed_up(Line(words)).text == "1 2 3 4 5 6"


def test_wide_gaps_in_letters_set_wide_part_words():
    places = [0, 12, 24, 36, 60, 72, 84, 96]
    words = tuple(Word(c, Box(x, 0, x + 6, 10)) for c, x in zip("CASHSALE", places, strict=True))
    assert closed_up(Line(words)).text == "CASH SALE"


def test_a_hyphen_at_the_end_of_a_line_is_kept():
    def draw(canvas):
        canvas.drawString(72, 700, "INV-2024-")
        canvas.drawString(72, 688, "next")

    assert texts(layer(drawn(draw)).page) == ["INV-2024-", "next"]


def test_characters_beyond_all_bounds_are_refused(monkeypatch):
    monkeypatch.setattr("resources.document_ai.characters._MOST", 10)
    with pytest.raises(Unreadable, match="page 1 has 11 characters, more than 10"):
        layer(pdf([["eleven char"]]))


@given(
    st.lists(
        st.builds(
            lambda text, left, top: Character(text, left, top, left + 5, top + 10, 0, True),
            st.sampled_from("ab1 "),
            st.floats(0, 60),
            st.floats(0, 30),
        ),
        max_size=40,
    )
)
def test_no_character_is_kept_beside_its_like(characters):
    kept = [c for c in _printed_once(characters) if not c.blank]
    pairs = [(a, b) for n, a in enumerate(kept) for b in kept[:n] if a.text == b.text]
    assert all(abs(a.left - b.left) > 1 or abs(a.top - b.top) > 1 for a, b in pairs)
    assert {c.text for c in kept} == {c.text for c in characters if not c.blank}


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 800)), max_size=30))
def test_every_word_is_in_exactly_one_line(places):
    words = [Word(str(n), Box(x, y, x + 10, y + 10)) for n, (x, y) in enumerate(places)]
    assert sorted(word.text for line in lines_of(words) for word in line.words) == sorted(word.text for word in words)
