"""How a database is reached, and what is said when it is not."""

import socket

import oracledb
import pytest
from oracledb.errors import _Error

from resources.errors import BadInput, CloudOpsError, Conflict, Denied, NotFound, PermanentError, Throttled, Unavailable
from resources.oracle_db.connections import OracleDatabase
from resources.oracle_db.errors import Locked, NoSuchTable, StaleVectorIndex, of_database, translated
from tests.resources.oracle_db.recording import RecordingDatabase, failure

SECRETS = {"password": "tiger-4711", "wallet_password": "wallet-0815"}


def nobody() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}/none"


def test_a_database_that_does_not_answer_is_a_reason_to_try_again_later():
    database = OracleDatabase(user="kb", password="tiger-4711", dsn=nobody(), connect_timeout_seconds=1)

    with pytest.raises(Unavailable, match="a question: DPY-6005") as error, database.connection("a question"):
        pass

    assert "tiger" not in f"{error.value!r} {error.value.__cause__}"


def test_a_host_that_has_no_address_is_a_reason_to_check_the_name(monkeypatch):
    def no_address(*_args, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    database = OracleDatabase(user="kb", password="x", dsn="nowhere.invalid:1521/none", connect_timeout_seconds=1)

    with pytest.raises(Unavailable), database.connection("a question"):
        pass


def test_an_alias_that_no_file_explains_is_not_found(tmp_path):
    (tmp_path / "tnsnames.ora").write_text("other = (DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=h)(PORT=1)))\n")
    database = OracleDatabase(user="kb", password="x", dsn="kb_high", config_dir=str(tmp_path))

    with pytest.raises(NotFound, match="DPY-4000") as error, database.connection("a question"):
        pass

    assert "tnsnames.ora" in error.value.advice


def test_neither_password_is_ever_shown():
    database = OracleDatabase(user="kb", dsn="kb_high", **SECRETS)

    assert not [secret for secret in SECRETS.values() if secret in f"{database!r} {database}"]


def test_a_pool_has_the_limits_that_were_set():
    database = OracleDatabase(user="kb", dsn=nobody(), pool_size=3, pool_wait_seconds=2.5, **SECRETS)

    pool = database._pool()

    assert (pool.max, pool.min, pool.wait_timeout, pool.getmode) == (3, 0, 2500, oracledb.POOL_GETMODE_TIMEDWAIT)
    assert pool.thin
    pool.close()


def test_a_session_is_given_back_whatever_happens():
    database = RecordingDatabase(user="kb", password="x", dsn="kb_high", call_timeout_seconds=7)

    with pytest.raises(ZeroDivisionError), database.connection("a question") as session:
        assert session.call_timeout == 7000
        raise ZeroDivisionError

    assert session.closed == 1


@pytest.mark.parametrize(
    ("text", "code", "kind", "advice"),
    [
        ("ORA-01017: invalid username/password; logon denied", 1017, Denied, "password of the database"),
        ("ORA-28000: the account is locked", 28000, Denied, "Unlock"),
        ("ORA-01031: insufficient privileges", 1031, Denied, "docs/oracle-vector-search.md"),
        ("ORA-00942: table or view does not exist", 942, NoSuchTable, "never created"),
        ("ORA-08103: object no longer exists", 8103, NotFound, "what generations there are"),
        ("ORA-00001: unique constraint (KB.SYS_C1) violated", 1, Conflict, "look at it"),
        ("ORA-00018: maximum number of sessions exceeded", 18, Throttled, "fewer connections"),
        ("DPY-4005: timed out waiting for the connection pool to return a connection", 0, Throttled, "fewer connections"),
        ("DPY-4024: call timeout of 30000 ms exceeded", 0, Unavailable, "longer than the timeout"),
        ("ORA-00054: resource busy", 54, Locked, "holds the lock"),
        ("ORA-01555: snapshot too old", 1555, Unavailable, "new snapshot"),
        ("ORA-51815: INMEMORY NEIGHBOR GRAPH HNSW vector index snapshot is too old.", 51815, StaleVectorIndex, "new snapshot"),
        ("ORA-03113: end-of-file on communication channel", 3113, Unavailable, "Repeat later"),
        ("ORA-01653: unable to extend table", 1653, PermanentError, "tablespace"),
        ("ORA-51962: The vector memory area is out of space", 51962, PermanentError, "VECTOR_MEMORY_SIZE"),
        ("ORA-00904: invalid identifier", 904, BadInput, "error-help/db/ora-00904/"),
        ("DPY-2018: wallet file /w/ewallet.pem was not found", 0, NotFound, "ewallet.pem"),
    ],
)
def test_an_error_of_the_database_says_what_is_wrong_and_what_to_do(text, code, kind, advice):
    with pytest.raises(kind, match="a write") as error, translated("a write"):
        raise failure(text, code)

    assert type(error.value) is kind
    assert advice in error.value.advice


def test_an_error_never_repeats_what_a_database_quotes():
    quoted = "ORA-00001: unique constraint (KB.PK) violated on table KB.T columns (TITLE)\nORA-03301: TITLE:'Salaries of 2026'"

    with pytest.raises(Conflict) as error, translated("a write"):
        raise failure(quoted, 1)

    assert "Salaries" not in f"{error.value!r} {error.value.__cause__!r}"
    assert error.value.__suppress_context__


def test_what_oracle_text_refuses_is_named_by_its_code():
    refused = _Error(
        "ORA-29902: error in executing ODCIIndexStart() routine\nORA-20000: Oracle Text error:\nDRG-50901: text", code=29902
    )

    error = of_database(refused, "words")

    assert "ORA-29902, DRG-50901" in error.message


def test_an_error_that_the_driver_calls_recoverable_is_worth_a_repeat():
    lost = _Error("ORA-10001: something", code=10001, isrecoverable=True)

    assert isinstance(of_database(lost, "a write"), Unavailable)


def test_an_error_without_a_code_is_still_one_of_ours():
    with pytest.raises(CloudOpsError, match="unknown error"), translated("a write"):
        raise oracledb.InterfaceError
