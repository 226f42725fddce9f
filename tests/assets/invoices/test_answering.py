"""Requests for one analysis: every error has its status, and no answer has what it must not."""

import json
import logging

import pytest

from assets.invoices.answering import reply
from resources.document_ai.interface import Unreadable
from resources.errors import BadInput, Conflict, Denied, NotFound, Throttled, Unavailable

REQUEST = b'{"object_key": "a.pdf"}'


def raising(error):
    def analyse(_):
        raise error

    return analyse


def test_what_was_found_is_the_answer():
    answer = reply(REQUEST, lambda arrival: {"object_key": arrival.object_key})
    assert (answer.status, answer.body) == (200, {"status": 200, "object_key": "a.pdf"})


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (BadInput("m", "a"), 400, "BadInput"),
        (Denied("m", "a"), 403, "Denied"),
        (NotFound("m", "a"), 404, "NotFound"),
        (Conflict("m", "a"), 409, "Conflict"),
        (Unreadable("it is encrypted"), 422, "Unreadable"),
        (Throttled("m", "a"), 502, "Throttled"),
        (Unavailable("m", "a"), 502, "Unavailable"),
        (RuntimeError("password=hunter2"), 502, "Failed"),
    ],
)
def test_every_error_has_its_status_and_what_may_pass_is_to_be_asked_for_again(error, status, kind):
    answer = reply(REQUEST, raising(error))
    assert (answer.status, answer.body["status"], answer.body["error"]["kind"]) == (status, status, kind)
    assert answer.body["error"]["advice"]


def test_an_unexpected_error_is_logged_and_its_text_is_not_told(caplog):
    with caplog.at_level(logging.ERROR):
        answer = reply(REQUEST, raising(RuntimeError("password=hunter2")))
    assert "hunter2" not in json.dumps(answer.body)
    assert "a.pdf" in caplog.text


def test_a_request_that_tells_of_no_object_is_not_analysed():
    answer = reply(b"{}", raising(AssertionError("it was asked")))
    assert (answer.status, answer.body["error"]["kind"]) == (400, "BadInput")
