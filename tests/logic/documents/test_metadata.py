"""What is known about a document comes from the most particular source that makes sense, and it is told which that was."""

import json
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.documents.logic.dates import read_date
from assets.documents.logic.document import Document, Metadata, Section
from assets.documents.logic.metadata import is_sidecar, merged, path_rules, sidecar_of, stated

RULES = path_rules(
    r"""
    - match: "legal/*"
      department: Legal
      tags: [contracts]
    - match: "*/20[0-9][0-9]-*"
      tags: dated
      date: '(\d{4}-\d\d-\d\d)'
    - match: "*"
      department: Everybody
    """
)


def document(metadata: Metadata | None = None, heading: str | None = None) -> Document:
    return Document("text", (Section((heading,) if heading else (), 0, 4),), (), metadata or Metadata(), "text")


def test_the_more_particular_source_wins_field_by_field() -> None:
    said = Metadata(title="Own title", department="Own", created_date=date(2020, 1, 1), tags=("own",))
    found = merged(
        document(said, "Heading"),
        "legal/2024-03-05-nda.pdf",
        sidecar=json.dumps({"title": "Sidecar title"}).encode(),
        object_metadata={"Department": "Stored"},
        rules=RULES,
    )
    assert found.metadata == Metadata("Sidecar title", "Stored", date(2020, 1, 1), ("own",))
    assert found.sources == {"title": "sidecar", "department": "object metadata", "created_date": "document", "tags": "document"}
    assert found.notes == ()


def test_rules_for_paths_speak_where_nobody_else_does() -> None:
    found = merged(document(), "legal/deep/2024-03-05-nda.pdf", rules=RULES)
    assert found.metadata == Metadata("2024-03-05-nda", "Legal", date(2024, 3, 5), ("contracts", "dated"))
    assert found.sources == {"title": "file name", "department": "path rule", "created_date": "path rule", "tags": "path rule"}
    assert merged(document(), "other/a.pdf", rules=RULES).metadata.department == "Everybody"


def test_what_nobody_knows_stays_unknown() -> None:
    found = merged(document(), "a.pdf")
    assert found.metadata == Metadata(title="a")
    assert found.sources == {"title": "file name"}


@pytest.mark.parametrize(
    ("key", "heading", "title", "source"),
    [
        ("x/a.pdf", "Scope of work", "Scope of work", "first heading"),
        ("x/annual.report.pdf", None, "annual.report", "file name"),
        ("../..", None, "..", "file name"),
        ("x/a\nb\"'\u202e.pdf", None, "a b\"'", "file name"),
        ("\x00", None, "document", "file name"),
        ("x/" + "n" * 900, None, "n" * 500, "file name"),
    ],
)
def test_a_title_is_always_known(key: str, heading: str | None, title: str, source: str) -> None:
    found = merged(document(heading=heading), key)
    assert (found.metadata.title, found.sources["title"]) == (title, source)


@pytest.mark.parametrize(
    "sidecar",
    [
        b"",
        b"{",
        b"[1]",
        b'"x"',
        b"\xff\xfe\x00",
        b"[" * 60_000,
        b'{"title": "x"}' + b" " * 70_000,
        b'{"title": ' + b"9" * 6000 + b"}",
    ],
)
def test_a_malformed_sidecar_is_a_note(sidecar: bytes) -> None:
    found = merged(document(), "a.pdf", sidecar=sidecar)
    assert found.metadata == Metadata(title="a")
    assert found.notes[0].startswith("the sidecar is not used")


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"date": "03/05/2024"}, "could be two dates"),
        ({"date": "soon"}, "is no date"),
        ({"date": 20240305}, "is no date"),
        ({"department": ["Legal"]}, "a list is no text"),
        ({"department": "x" * 101}, "longer than 100 characters"),
        ({"tags": {"a": 1}}, "a dict is no text"),
        ({"tags": ["x" * 101]}, "longer than 100 characters"),
        ({"tags": [f"t{n}" for n in range(101)]}, "more than 100"),
        ({"title": True}, "a bool is no text"),
        ({"title": 10**100}, "too large a number"),
    ],
)
def test_a_value_that_makes_no_sense_is_a_note_and_the_next_source_is_asked(values: dict[str, object], note: str) -> None:
    found = merged(
        document(Metadata("t", "d", date(2020, 1, 1), ("own",))), "a.pdf", sidecar=json.dumps(values).encode(), rules=RULES
    )
    assert found.metadata == Metadata("t", "d", date(2020, 1, 1), ("own",))
    assert len(found.notes) == 1
    assert note in found.notes[0]


def test_values_are_trimmed_and_hold_no_control_characters() -> None:
    said, notes = stated(
        {
            "TITLE": " A\x00 title\r\n of\u202e two  lines ",
            "dept": "'; DROP TABLE kb_documents; --",
            "Keywords": "b; a,,a , c\x07",
        },
        "x",
    )
    assert said == Metadata("A title of two lines", "'; DROP TABLE kb_documents; --", None, ("a", "b", "c"))
    assert notes == []


def test_names_that_programs_give_are_no_titles() -> None:
    assert stated({"title": "Untitled"}, "x") == (Metadata(), [])


def test_object_metadata_is_read_in_the_form_of_headers() -> None:
    found = merged(document(), "a", object_metadata={"title": "=?UTF-8?B?w5xiZXJzaWNodA==?=", "department": "=?x?q?=ff?="})
    assert found.metadata.title == "Übersicht"


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05", "2024-03-05T23:59:59-08:00", "2024-03-05 10:00", "20240305", "2024/3/5", "2024.03.05", "05.03.2024",
        "5.3.2024", "5 March 2024", "5th Mar 2024", "March 5, 2024", "Mar. 5 2024", "Tue, 05 Mar 2024 23:30:00 -0800",
        "Tuesday, March 5th, 2024",
        "D:20240305120000+01'00'", "D:20240305", "05-Mar-2024", date(2024, 3, 5), datetime(2024, 3, 5, 23),
    ],
)  # fmt: skip
def test_clear_dates_are_read(text: object) -> None:
    assert read_date(text) == date(2024, 3, 5)


def test_an_order_is_taken_only_where_the_other_makes_no_sense() -> None:
    assert read_date("13/05/2024") == read_date("05/13/2024") == date(2024, 5, 13)
    assert read_date("05/05/2024") == date(2024, 5, 5)


@pytest.mark.parametrize(
    "text",
    ["", "2024", "2024-13-01", "2024-02-30", "0001-01-01", "9999-01-01", "1/2/2024", "٢٠٢٤-٠٣-٠٥", "2024-03-05x", None, 3.5],
)
def test_what_is_no_clear_date_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        read_date(text)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_date_is_the_same_however_it_is_written(day: date) -> None:
    forms = ["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%a, %d %b %Y 10:00:00 GMT", "D:%Y%m%d000000Z"]
    assert {read_date(day.strftime(form)) for form in forms} == {day}


@given(
    st.dictionaries(
        st.sampled_from(["title", "department", "date", "tags", "other"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    )
)
def test_whatever_a_source_says_is_either_sound_or_a_note(values: dict[str, object]) -> None:
    said, notes = stated(values, "x")
    texts = [text for text in (said.title, said.department, *said.tags) if text is not None]
    assert all(text == " ".join(text.split()) and text.isprintable() | bool(text.strip()) for text in texts)
    assert said.tags == tuple(sorted(set(said.tags)))
    assert len(notes) <= len(values)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: b", "no list"),
        ("- department: x", "path rule 1 has no pattern"),
        ("- match: x\n  departmnt: y", "no use for departmnt"),
        ("- match: x\n  date: '('", "path rule 1 cannot be used"),
        ("- match: x\n  tags: {a: b}", "path rule 1 cannot be used"),
        ("- [", "no YAML"),
    ],
)
def test_faulty_rules_are_refused_with_what_is_wrong(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        path_rules(text)


def test_a_date_in_a_path_that_is_none_is_a_note() -> None:
    found = merged(document(), "x/2024-99-99.pdf", rules=RULES)
    assert found.metadata.created_date is None
    assert found.notes[0].startswith("the date in its path is not used")


def test_a_sidecar_lies_beside_its_document() -> None:
    assert sidecar_of("a/b.pdf") == "a/b.pdf.meta.json"
    assert is_sidecar("a/b.pdf.meta.json")
    assert not is_sidecar("a/b.json")
