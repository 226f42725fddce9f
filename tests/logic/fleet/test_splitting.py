"""Migrations are cut where SQL*Plus would cut them, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.fleet.logic.migrations.files import migrations_of
from assets.fleet.logic.migrations.splitting import NotAMigration, joined, normalised, split

_TEXTS = st.text(alphabet="ab ;'/\n-*&\"()[]{}!q", max_size=12)
_LITERALS = st.one_of(
    _TEXTS.map(lambda text: "'" + text.replace("'", "''") + "'"),
    _TEXTS.filter(lambda text: "]'" not in text).map(lambda text: f"q'[{text}]'"),
    _TEXTS.filter(lambda text: "!'" not in text).map(lambda text: f"nQ'!{text}!'"),
    _TEXTS.filter(lambda text: '"' not in text).map(lambda text: f'"{text}x"'),
)
_COMMENTS = st.one_of(
    st.just(""),
    _TEXTS.filter(lambda text: "\n" not in text).map(lambda text: f"--{text}\n"),
    _TEXTS.filter(lambda text: "*/" not in text + "*/"[:0] and not text.endswith("*")).map(lambda text: f"/*{text}*/"),
)
_SQL = st.builds(
    lambda head, comment, literal, tail: f"{head} {comment} {literal}{tail}",
    st.sampled_from(
        ["CREATE TABLE t AS SELECT", "INSERT INTO t VALUES", "COMMENT ON TABLE t IS", "ALTER SESSION SET x =", "GRANT"]
    ),
    _COMMENTS,
    _LITERALS,
    st.sampled_from(["", " x", "\n  , 4 / 2"]),
)
_PLSQL = st.builds(
    lambda head, comment, literal: f"{head}\n  {comment}\n  x := {literal}; y := 1\n;\nEND;",
    st.sampled_from(
        ["BEGIN", "DECLARE a NUMBER; BEGIN", "create or replace editionable package body p as", "CREATE TRIGGER t BEFORE INSERT",
         "<<here>> BEGIN", "CREATE OR REPLACE TYPE BODY x AS", "CREATE FUNCTION IF NOT EXISTS f RETURN NUMBER IS BEGIN",
         "WITH FUNCTION f RETURN NUMBER IS BEGIN"]
    ),
    _COMMENTS,
    _LITERALS,
)  # fmt: skip
_FILES = st.lists(st.tuples(_COMMENTS, st.one_of(_SQL.map(lambda s: (s, False)), _PLSQL.map(lambda s: (s, True)))), max_size=6)


@given(_FILES, _COMMENTS)
def test_statements_are_found_again_whatever_stands_in_literals_and_comments(parts, rest):
    text = "".join(f"{comment}{body}" + ("\n/\n" if block else ";\n") for comment, (body, block) in parts) + rest
    found, left = split(text)
    assert [(statement.text, statement.is_plsql) for statement in found] == [(body, block) for _, (body, block) in parts]
    assert joined(found, left) == text


@given(st.text(alphabet="BEGINDECLAR ;'/\n-*&\"q[]()@x", max_size=60))
def test_joining_what_was_split_loses_nothing_of_any_text(text):
    try:
        found, rest = split(text)
    except NotAMigration:
        return
    assert joined(found, rest) == text
    assert all(statement.text and statement.text in statement.source for statement in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SET SERVEROUTPUT ON\n", "line 1: SET is a command of SQL*Plus"),
        ("SELECT 1 FROM dual;\n\n@more.sql\n", "line 3: @ is a command of SQL*Plus"),
        ("WHENEVER SQLERROR EXIT 1\n", "WHENEVER is a command"),
        ("exec p;\n", "exec is a command"),
        ("PROMPT it's going\n", "PROMPT is a command"),
        ("INSERT INTO t VALUES (1);\n/\n", "line 2: / would run the statement before it again"),
        ("BEGIN NULL; END;\n", "line 1: PL/SQL that begins here has to end with a line that holds / alone"),
        ("SELECT 'a FROM dual;\n", "line 1: what begins with ' does not end"),
        ("SELECT 1 /* FROM dual;\n", "line 1: what begins with /* does not end"),
        ("SELECT q'[a' FROM dual;\n", "does not end"),
        ("DROP TABLE &name;\n", "&name is a variable of SQL*Plus"),
        ("ROLLBACK;\n", "nothing can be rolled back"),
        ("SET TRANSACTION READ ONLY;\n", "nothing can be rolled back"),
        (";\n", "line 1: ; ends nothing"),
    ],
)
def test_what_the_database_does_not_understand_is_refused_with_its_line(text, said):
    with pytest.raises(NotAMigration) as error:
        split(text)
    assert said in str(error.value)


def test_quotes_of_other_languages_are_no_quotes_of_sql():
    java = 'CREATE OR REPLACE AND RESOLVE JAVA SOURCE NAMED "A" AS\nclass A { // don\'t\n boolean a = b &&c; }'
    script = "CREATE MLE MODULE m LANGUAGE JAVASCRIPT AS\nexport const f = a => `it's ${a}`; /* ; */"
    found, _ = split(f"{java}\n/\n{script}\n/\nSELECT 'x' FROM dual;\n")
    assert [statement.text for statement in found] == [java, script, "SELECT 'x' FROM dual"]


def test_words_that_begin_like_blocks_inside_of_sql_end_nothing():
    found, _ = split(
        "ALTER TABLE t ADD begin_date DATE;\nSET ROLE app;\nCREATE TYPE t AS OBJECT (a NUMBER);\n/\nSELECT 1 FROM dual"
    )
    assert [statement.is_plsql for statement in found] == [False, False, True, False]


def test_a_slash_on_a_line_ends_sql_too_and_a_division_does_not():
    found, _ = split("CREATE VIEW v AS SELECT 4 / 2 AS x\nFROM dual\n/\nCREATE VIEW w AS SELECT 1 AS x FROM dual;\n")
    assert [statement.text for statement in found] == [
        "CREATE VIEW v AS SELECT 4 / 2 AS x\nFROM dual",
        "CREATE VIEW w AS SELECT 1 AS x FROM dual",
    ]


def test_line_ends_and_a_byte_order_mark_change_no_checksum_and_anything_else_does():
    (unix,) = migrations_of({"V1__a.sql": b"SELECT 1\nFROM dual;\n"})
    (windows,) = migrations_of({"V1__a.sql": b"\xef\xbb\xbfSELECT 1\r\nFROM dual;\r\n"})
    (other,) = migrations_of({"V1__a.sql": b"SELECT 2\nFROM dual;\n"})
    assert unix.checksum == windows.checksum != other.checksum


def test_versions_are_numbers_and_files_that_are_no_migrations_are_named():
    names = ["V10__b.sql", "V2__a.sql", "V2.1__c.sql", "README.md"]
    assert [one.version for one in migrations_of(dict.fromkeys(names, b"SELECT 1 FROM dual;"))] == ["2", "2.1", "10"]
    wrong = {"V1__a.sql": b"x", "V001__b.sql": b"x", "create.sql": b"x", "V3__empty.sql": b"-- nothing\n", "V4__b.sql": b"\xff"}
    with pytest.raises(NotAMigration) as error:
        migrations_of(wrong)
    for said in (
        "V1__a.sql: V001__b.sql has the same version",
        "create.sql: its name",
        "V3__empty.sql: it holds no",
        "not UTF-8",
    ):
        assert said in str(error.value)


def test_text_that_is_normalised_has_line_ends_of_unix():
    assert normalised(b"a\r\nb\rc") == "a\nb\nc"
