"""What is marked in a passage that was found."""

from hypothesis import given
from hypothesis import strategies as st

from assets.documents.logic.ranking.highlights import highlights

PASSAGE = "Vendors are reviewed yearly. A vendor's contract may be terminated at once.  Termination needs the board."


def terms_of(word: str) -> list[str]:
    return [word.lower().removesuffix("'s").removesuffix("s")]


def marked(passage: str, telling: dict[str, float]) -> list[str]:
    return [passage[start:end] for start, end in highlights(passage, telling, terms_of)]


def test_the_sentence_with_most_of_the_question_is_marked_and_its_words_elsewhere() -> None:
    assert marked(PASSAGE, {"vendor": 1, "contract": 2}) == ["Vendors", "A vendor's contract may be terminated at once."]


def test_a_single_word_is_marked_by_itself() -> None:
    assert marked(PASSAGE, {"board": 1}) == ["board"]


def test_the_more_telling_words_choose_the_sentence() -> None:
    passage = "Alpha beta here. Gamma delta here."
    assert marked(passage, {"alpha": 1, "beta": 1, "gamma": 2, "delta": 1}) == ["Alpha", "beta", "Gamma delta here."]


def test_a_passage_without_the_words_has_no_highlight() -> None:
    assert marked(PASSAGE, {"travel": 1}) == []
    assert marked(" \n ", {"travel": 1}) == []
    assert marked("", {}) == []


@given(st.text(st.sampled_from("ab .!?\n\t’é🙂"), max_size=80), st.sets(st.sampled_from(["a", "b", "ab", "é", "ba"])))
def test_highlights_lie_in_the_passage_in_order_and_do_not_overlap(passage, words) -> None:
    found = highlights(passage, dict.fromkeys(words, 1.0), terms_of)
    ends = [0]
    for start, end in found:
        assert ends[-1] <= start < end <= len(passage)
        assert passage[start:end] == passage[start:end].strip()
        ends.append(end)
