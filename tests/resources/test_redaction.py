"""Secrets are hidden and ordinary text is not; and the errors that rely on it."""

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.errors import BadInput, CloudOpsError, Denied, PermanentError, Throttled, TransientError
from resources.redaction import redact

SECRET = "Zx9kQ2wL7pRt4vBn"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"Password: '{SECRET} and more'",
        f'{{"password": "{SECRET}", "user": "ann"}}',
        f'{{\\"api_key\\": \\"{SECRET}\\"}}',
        f"DB_PASSWD={SECRET} retry",
        f"client-secret => {SECRET}",
        f"token = {SECRET},",
        f"OCI_AUTH_TOKEN={SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"authorization: Basic {SECRET}==",
        f"curl -H 'bearer {SECRET}'",
        f"postgresql://ann:{SECRET}@db.example.com:5432/costs",
        f"postgresql://ann:pw/{SECRET}@db.example.com/costs",
        f"https://{SECRET}@git.example.com/repo.git",
        f"oracle+oracledb://ann:p@{SECRET}@db/svc",
        f"https://hooks.slack.com/services/T0001/B0001/{SECRET}",
        f"https://discord.com/api/webhooks/1234/{SECRET}",
        f"https://acme.webhook.office.com/webhookb2/1/IncomingWebhook/{SECRET}",
        f"https://api.telegram.org/bot1234:{SECRET}/sendMessage",
        f"slack://T0001/B0001/{SECRET}/#ops",
        f"tgram://1234:{SECRET}/5678",
        f"https://objectstorage.eu-frankfurt-1.oraclecloud.com/p/{SECRET}/n/ns/b/bucket/o/a.csv",
        f"https://b.s3.amazonaws.com/a.csv?X-Amz-Date=1&X-Amz-Signature={SECRET}&x=1",
        f"https://b.blob.core.windows.net/c/a.csv?sv=1&sig={SECRET}",
        f'create user ann identified by "{SECRET}"',
        f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\nMIIE{SECRET}\ncut off",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}",
        f"ghp_{SECRET}{SECRET}",
    ],
)
def test_a_secret_is_removed_in_every_form_it_comes_in(text):
    assert SECRET not in redact(text)
    assert "***" in redact(text)


def test_keys_of_aws_are_recognised_without_a_name():
    text = redact(f"tried AKIAIOSFODNN7EXAMPLE with {SECRET_KEY}, in vain")

    assert text == "tried *** with ***, in vain"


@pytest.mark.parametrize(
    "text",
    [
        "s3://billing/focus/2026-01/part-00001.csv.gz not found",
        "https://docs.example.com:8080/a/b?page=2#top",
        "https://host:8080/mail?to=ann",
        "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "ocid1.compartment.oc1..aaaaaaaaexample at 12:30:01, key order: a, b",
        "key: finops/cost_and_usage, 3 tokens: used",
        "billed 12.50 EUR; bearer of good news",
        "resources.errors.NotFound: no folder /var/lib/data — Create it.",
        "/runs/0f8fad5b-d9cb-469f-a165-70867728950e",
        "arn:aws:s3:::billing/reports/*",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert redact(text) == text


def test_what_surrounds_a_secret_stays():
    assert redact(f"login of ann at postgresql://ann:{SECRET}@db:5432/costs failed") == (
        "login of ann at postgresql://***@db:5432/costs failed"
    )
    assert redact(f'{{"password": "{SECRET}", "user": "ann"}}') == '{"password": ***, "user": "ann"}'


FRAGMENTS = st.sampled_from(
    [
        "password", "token", "=", ":", "://", "@", '"', "'", "\\", " ", "\n", "/", "https", "slack", "hooks.",
        "-----BEGIN KEY-----", "-----END KEY-----", "AKIAIOSFODNN7EXAMPLE", SECRET_KEY, SECRET, "***", ".",
        "authorization", "identified by ", "bearer ", "eyJhbGciOi.", "/p/", "/n/", "webhook", "&sig=",
    ]
)  # fmt: skip


@given(st.lists(FRAGMENTS | st.text(max_size=4), max_size=15).map("".join))
def test_redacting_twice_changes_nothing_more(text):
    assert redact(redact(text)) == redact(text)


@given(st.text(alphabet="abc xyz.,;()[]{}<>/-_éß0123456789\n", max_size=80))
def test_text_without_a_telling_word_or_shape_is_never_changed(text):
    assert redact(text) == text


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1).filter(
    lambda value: not re.search(r"[,;&\"'\\(){}\[\]<>*]", value)
))  # fmt: skip
def test_any_value_behind_password_is_hidden(value):
    assert redact(f"password={value} end") in (
        "password=*** end",
        f"password={value} end".replace(value, "***"),
    )


@pytest.mark.parametrize("piece", ["a", "a.b-", "token", "aB3/", "bearer ", "https://h/", 'password="\\"', "x://"])
def test_long_text_takes_no_longer_than_its_length_warrants(piece):
    started = process_time()
    redact(piece * (20_000 // len(piece)))

    assert process_time() - started < 2


def test_an_error_carries_advice_and_no_secret():
    error = Denied(f"login with password={SECRET} failed", f"Renew token={SECRET} today.")

    assert str(error) == "login with password=*** failed — Renew token=*** today."
    assert SECRET not in repr(error)
    assert isinstance(error, PermanentError)


def test_every_error_says_whether_a_repeat_may_help():
    assert issubclass(Throttled, TransientError)
    assert issubclass(BadInput, PermanentError)
    assert not issubclass(TransientError, PermanentError)
    assert {PermanentError, TransientError} == set(CloudOpsError.__subclasses__())
