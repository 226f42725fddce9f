"""Golden questions as people write them, and judgements from votes."""

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.documents.logic.judgements import Judged, from_votes, golden_questions, merged

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KEYS = {"d1": "a.md", "d2": "b.md", "d3": "c.md"}


def test_a_line_is_a_question_with_its_documents():
    file = golden_questions('{"question": " who pays? ", "relevant": {"travel.md": 3, "old/travel.md": 1}}\n')
    assert file.questions == (Judged("who pays?", {"travel.md": 3, "old/travel.md": 1}),)
    assert file.refused == ()


def test_a_line_may_restrict_the_search():
    line = {"question": "q", "relevant": {"a": 1}, "department": ["Legal", "HR"], "tags": "risk", "language": "de"}
    (judged,) = golden_questions(json.dumps({**line, "created_from": "2025-01-01", "created_to": "2025-12-31"})).questions
    assert judged.departments == {"Legal", "HR"}
    assert (judged.tags, judged.languages) == ({"risk"}, {"de"})
    assert (judged.created_from, judged.created_to) == (date(2025, 1, 1), date(2025, 12, 31))


def test_comments_empty_lines_and_a_byte_order_mark_are_no_questions():
    text = '\ufeff# ours\r\n\r\n  \n{"question": "q", "relevant": {"a": 1}}\r\n'
    assert len(golden_questions(text).questions) == 1
    assert golden_questions(text).refused == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not a JSON object"),
        ("[1]", "valid dictionary"),
        ('{"question": "q"}', "relevant: Field required"),
        ('{"question": " ", "relevant": {"a": 1}}', "question: is empty"),
        ('{"question": "q", "relevant": {}}', "relevant: "),
        ('{"question": "q", "relevant": {"a.md": 4}}', "relevant.a.md: Input should be less than or equal to 3"),
        ('{"question": "q", "relevant": {"a.md": true}}', "relevant.a.md: "),
        ('{"question": "q", "relevant": {"a": 1, "a": 2}}', "'a' is there twice"),
        ('{"question": "q", "relevant": {"a": 1}, "departmnet": "HR"}', "departmnet: Extra inputs are not permitted"),
        ('{"question": "q", "relevant": {"a": 1}, "created_from": "31.12.2025"}', "created_from: "),
        ('{"question": "q", "relevant": {"a": 1}, "created_to": 20251231}', "created_to: is no day"),
        ('{"question": "q", "relevant": {"a": 1}, "tags": []}', "tags: "),
        ('{"question": "q", "relevant": {"a": 1}, "created_from": "2026-01-02", "created_to": "2026-01-01"}', "is after"),
        ('{"question": "first", "relevant": {"b": 1}}', "asks the same as an earlier line"),
        ("[" * 100_000, "not a JSON object"),
    ],
)
def test_a_bad_line_is_refused_by_its_number_and_the_rest_is_used(line, said):
    first = '{"question": "First", "relevant": {"a": 1}}'
    last = '{"question": "last", "relevant": {"a": 1}}'
    file = golden_questions(f"{first}\n{line}\n{last}")
    assert [q.question for q in file.questions] == ["First", "last"]
    (refused,) = file.refused
    assert refused.startswith("line 2: ")
    assert said in refused


@given(st.text(max_size=200))
def test_any_text_is_read_and_every_line_is_used_or_named(text):
    file = golden_questions(text)
    lines = [line for line in text.removeprefix("\ufeff").split("\n") if line.strip() and not line.lstrip().startswith("#")]
    assert len(file.questions) + len(file.refused) == len(lines)


def searches(*rows):
    schema = {"query_id": pl.String, "question": pl.String, "filter": pl.String}
    return pl.DataFrame([row if len(row) == 3 else (*row, "{}") for row in rows], schema=schema, orient="row")


def votes(*rows):
    """Of (query, document, useful) and perhaps who, one second after the other."""
    schema = {
        "query_id": pl.String, "document_id": pl.String, "useful": pl.Boolean, "by": pl.String,
        "said_at": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    full = [(*row, *[None] * (4 - len(row)), NOW + timedelta(seconds=n)) for n, row in enumerate(rows)]
    return pl.DataFrame(full, schema=schema, orient="row")


def test_a_document_that_enough_people_called_useful_answers_the_question():
    said = votes(("q1", "d1", True), ("q2", "d1", True), ("q1", "d2", True))
    assert from_votes(searches(("q1", "Who pays?"), ("q2", "who  pays?")), said, KEYS) == (Judged("Who pays?", {"a.md": 1}),)


def test_a_document_that_as_many_called_useless_does_not():
    said = votes(*((f"q{n}", "d1", n % 2 == 0) for n in range(6)), ("q0", "d2", True), ("q1", "d2", True), ("q2", "d2", False))
    asked = searches(*((f"q{n}", "who pays?") for n in range(6)))
    assert from_votes(asked, said, KEYS) == (Judged("who pays?", {"b.md": 1}),)


def test_who_votes_again_on_the_same_result_is_counted_once():
    said = votes(("q1", "d1", True, "ann"), ("q1", "d1", True, "ann"), ("q1", "d1", True, "ann"))
    assert from_votes(searches(("q1", "x")), said, KEYS) == ()
    assert len(from_votes(searches(("q1", "x")), votes(("q1", "d1", True, "ann"), ("q1", "d1", True, "bob")), KEYS)) == 1


def test_votes_with_another_filter_are_of_another_question():
    where = '{"departments": ["HR"], "created_from": "2025-01-01", "tags": ["x"], "languages": ["en"]}'
    said = votes(("q1", "d1", True), ("q2", "d1", True))
    asked = searches(("q1", "x"), ("q2", "x", where))
    assert from_votes(asked, said, KEYS, minimum_votes=2) == ()
    plain, filtered = sorted(from_votes(asked, said, KEYS, minimum_votes=1), key=lambda j: bool(j.tags))
    assert plain == Judged("x", {"a.md": 1})
    assert (filtered.departments, filtered.created_from, filtered.languages) == ({"HR"}, date(2025, 1, 1), {"en"})


def test_votes_on_documents_that_are_gone_do_not_count():
    assert from_votes(searches(("q1", "x")), votes(("q1", "gone", True), ("other", "d1", True)), KEYS, minimum_votes=1) == ()


def test_what_people_wrote_down_holds_alone():
    golden = (Judged("Who pays?", {"a.md": 3}),)
    voted = (Judged("who pays?", {"b.md": 1}), Judged("other", {"c.md": 1}))
    assert merged(golden, voted) == (golden[0], voted[1])
    assert merged((), ()) == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(["q1", "q2"]), st.sampled_from(list(KEYS)), st.booleans(), st.sampled_from("ab")), max_size=20
    )
)
def test_more_useless_votes_never_make_a_document_relevant(said):
    asked = searches(("q1", "x"), ("q2", "x"))
    before = {key for j in from_votes(asked, votes(*said), KEYS, minimum_votes=1) for key in j.relevant}
    against = [("q1", "d1", False, "c"), ("q2", "d1", False, "c")]
    after = {key for j in from_votes(asked, votes(*said, *against), KEYS, minimum_votes=1) for key in j.relevant}
    assert after <= before
    assert before - after <= {"a.md"}
