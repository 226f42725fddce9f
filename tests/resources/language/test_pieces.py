"""Long texts in pieces, and pieces in requests: nothing is lost, and the limits are kept."""

from hypothesis import given
from hypothesis import strategies as st

from resources.language.pieces import batches, pieces

TEXTS = st.text(st.sampled_from("ab. \n€"), max_size=300)


@given(TEXTS, st.integers(1, 40))
def test_pieces_side_by_side_are_the_text(text, most):
    found = list(pieces(3, text, most))
    assert all(piece.of == 3 and text[piece.start : piece.end] == piece.text for piece in found)
    assert all(0 < len(piece.text) <= most for piece in found)
    covered = {place for piece in found for place in range(piece.start, piece.end)}
    assert all(place in covered for place, sign in enumerate(text) if sign.strip())
    assert len(covered) == sum(len(piece.text) for piece in found)


def test_a_piece_ends_where_a_paragraph_does_else_a_line_else_a_sentence_else_a_word():
    def first(text):
        return next(iter(pieces(0, text, 20))).text

    assert first("one two\nthree.\n\nfour five six seven") == "one two\nthree.\n\n"
    assert first("one two three\nfour. five six seven") == "one two three\n"
    assert first("one two three. four five six seven") == "one two three. "
    assert first("one two three four five six seven") == "one two three four "
    assert first("a" * 30) == "a" * 20


@given(st.lists(TEXTS, max_size=8), st.integers(1, 4), st.integers(40, 90))
def test_requests_keep_their_limits_and_the_order(texts, most_pieces, most_characters):
    all_pieces = [piece for n, text in enumerate(texts) for piece in pieces(n, text, 40)]
    requests = list(batches(all_pieces, most_pieces, most_characters))
    assert [piece for request in requests for piece in request] == all_pieces
    assert all(1 <= len(request) <= most_pieces for request in requests)
    assert all(sum(len(piece.text) for piece in request) <= most_characters for request in requests)
