"""Asking one database: what is refused, what answers strangely, and what is never tried twice."""

from collections.abc import Mapping
from typing import Any

import pytest

from assets.fleet.asking import ask, queries
from assets.fleet.collection import Deadline
from assets.fleet.logic.measured import Missing
from resources.errors import Denied, Unavailable
from resources.sql_sessions import LoginRefused, SqlSession


class Told(SqlSession):
    """Answers of a database by a part of the statement, or what is raised; nothing else has rows."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told, self.asked = told, []

    def rows(self, sql, binds=None):
        self.asked.append(sql)
        answer = next((answer for part, answer in self.told.items() if part in sql), [])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def execute(self, sql, binds=None):
        raise NotImplementedError


def test_a_login_that_is_refused_is_tried_once_since_users_who_try_often_are_locked():
    session = Told({"SELECT": LoginRefused("HTTP 401", "Correct it.")})
    with pytest.raises(LoginRefused):
        ask(session, queries(), Deadline(5))
    assert len(session.asked) == 1


def test_a_view_that_is_refused_hides_its_own_query_alone():
    session = Told({"gv$lock": Denied("ORA-00942", "Grant it.")})
    found = ask(session, queries(), Deadline(5))
    assert found["locks"] == Missing("unavailable", "no access to gv$lock: ORA-00942 — Grant it.")
    assert {name for name, answer in found.items() if isinstance(answer, Missing)} == {"locks"}


def test_other_columns_than_were_asked_for_are_unknown():
    session = Told({"WHERE 1 = 0": [], "gv$lock": [{"locks": 1}]})
    found = ask(session, queries(), Deadline(5))
    assert found["locks"] == Missing("unknown", "locks: answered locks instead of what was asked")


def test_who_falls_silent_is_not_asked_on_and_what_was_answered_stays():
    silent = Unavailable("no answer", "See.")
    names = list(queries())
    session = Told({"WHERE 1 = 0": [], queries()[names[2]].sql: silent})
    found = ask(session, queries(), Deadline(5))
    assert [name for name, answer in found.items() if isinstance(answer, Missing)] == names[2:]
    assert len(session.asked) == 1 + 3
