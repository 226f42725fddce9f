"""Payment models in a database that notes what it is told: which statements, in which order, with which binds."""

from datetime import date, datetime, timedelta

import oracledb
import polars as pl
import pytest

from resources.errors import BadInput, Conflict, NotFound
from resources.oracle_db import payment_sql as sql
from resources.oracle_db.payment_models import OraclePaymentModels
from resources.payment_models.cases import training_cases
from resources.payment_models.interface import PREDICTIONS, TrainedModel
from tests.resources.oracle_db.golden_files import golden, script
from tests.resources.oracle_db.recording import RecordingDatabase, Session, failure

NAMES = sql.Names("payment")
FEATURES = ("mean_days", "terms_days")
DAY = date(2025, 6, 1)


def invoices(count: int = 60) -> pl.DataFrame:
    """One a day, paid after 20, 35 or 50 days on terms of 30, the last ones still open."""
    rows = [
        {
            "invoice_id": f"{n:03}",
            "issued": DAY - timedelta(days=2 * count - n),
            "due": DAY - timedelta(days=2 * count - n - 30),
            "settled": DAY - timedelta(days=2 * count - n - (20, 35, 50)[n % 3]),
            "days": float((20, 35, 50)[n % 3]),
            "mean_days": 30.0 + n % 3,
            "terms_days": 30.0,
        }
        for n in range(count)
    ]
    return pl.DataFrame(rows)


def stored(number: int, state: str) -> tuple:
    return (number, state, datetime(2025, 6, 1), "mean_days,terms_days", 60, -5.0, 1.0, 12.0)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def models(session: Session) -> OraclePaymentModels:
    database = RecordingDatabase(user="pay", password="x", dsn="pay_high")
    database._session = session
    session.when("NEXTVAL", [(7,)]).when("PERCENTILE_CONT", [(-4.0, 0.5, 9.0)])
    session.when("FROM user_objects", []).when("FROM user_mining_models", [])
    session.when("SELECT model_no FROM", []).when("SELECT model_no, state", [stored(5, "previous"), stored(6, "live")])
    return OraclePaymentModels(database=database, batch_rows=25)


@pytest.mark.parametrize(
    ("file", "statements"),
    [
        ("payment_control", [statement for _, statement in sql.control(NAMES)]),
        ("payment_cases", [sql.case_table(NAMES, 7, FEATURES), sql.case_insert(NAMES, 7, FEATURES)]),
        ("payment_build", [sql.build(NAMES, function, 7, FEATURES) for function in ("CLASSIFICATION", "REGRESSION")]),
        ("payment_errors", [sql.errors(NAMES, 7, FEATURES)]),
        ("payment_scoring", [sql.scoring(NAMES, 7, FEATURES)]),
        ("payment_switch", [sql.switch(NAMES), sql.drop_model()]),
    ],
)
def test_the_statements_are_the_ones_that_were_reviewed(file, statements):
    assert script(statements) == golden(file)


@pytest.mark.parametrize("prefix", ["", "P", "1p", "p; DROP TABLE t", 'p"', "p" * 21])
def test_a_prefix_that_is_no_identifier_is_refused(prefix):
    with pytest.raises(BadInput, match="prefix"):
        sql.Names(prefix)


@pytest.mark.parametrize("features", [(), ("A",), ("x'",), ("x y",), ("x" * 31,)])
def test_a_feature_that_cannot_be_a_column_is_refused(features):
    with pytest.raises(BadInput, match="cannot be columns"):
        sql.scoring(NAMES, 1, features)


def test_the_table_that_is_learnt_from_has_numbers_and_one_status_only():
    kinds = {line.split()[1].split("(")[0].rstrip(",") for line in sql.case_table(NAMES, 7, FEATURES).splitlines()[1:-1]}

    assert kinds == {"NUMBER", "VARCHAR2"}


@pytest.mark.parametrize(("function", "other"), [("CLASSIFICATION", "days_to_pay"), ("REGRESSION", "payment_status")])
def test_a_model_sees_neither_the_other_target_nor_what_is_held_out(function, other):
    block = sql.build(NAMES, function, 7, FEATURES)

    assert other not in block
    assert "WHERE is_holdout = 0" in block
    assert "'PREP_AUTO') := 'ON'" in block
    assert "EXCEPTION" not in block


def test_training_lists_the_model_before_it_builds_and_as_trained_after(models, session):
    found = models.train(invoices(), FEATURES, DAY)
    steps = ("'building',", "CREATE TABLE payment_cases", "CREATE_MODEL2", "PERCENTILE", "SET state = 'trained'")
    said = session.statements("^INSERT INTO payment_models|CREATE TABLE payment_cases|CREATE_MODEL2|PERCENTILE|^UPDATE")
    order = [next(step for step in steps if step in one) for one in said]

    assert order == [steps[0], steps[1], steps[2], *steps[2:]]
    assert found == TrainedModel("m000007", DAY, 60, "trained")
    assert session.binds_of("SET state = 'trained'") == {"model_no": 7, "low": -4.0, "middle": 0.5, "high": 9.0}
    assert session.statements()[-1] == "COMMIT"


def test_cases_are_written_in_batches_with_the_types_of_what_may_be_null(models, session):
    models.train(invoices(), FEATURES, DAY)
    batches = [binds for said, binds in session.said if said.startswith("INSERT INTO payment_cases")]

    assert [len(batch) for batch in batches] == [25, 25, 10]
    assert [one["case_id"] for batch in batches for one in batch] == list(range(1, 61))
    assert session.sizes[0] == {"payment_status": oracledb.DB_TYPE_VARCHAR, "days_to_pay": oracledb.DB_TYPE_NUMBER}


def test_what_was_not_known_on_the_day_is_not_among_the_cases():
    day = DAY - timedelta(days=40)
    rows = invoices()
    blind = rows.with_columns(
        settled=pl.when(pl.col("settled") < day).then("settled"), days=pl.when(pl.col("settled") < day).then("days")
    )

    assert training_cases(rows, FEATURES, day + timedelta(days=30)).height == rows.height
    with pytest.raises(BadInput, match="paid before"):
        training_cases(rows, FEATURES, day)
    large, large_blind = (
        pl.concat([frame.with_columns(invoice_id=pl.col("invoice_id") + str(n)) for n in range(3)]) for frame in (rows, blind)
    )
    assert training_cases(large, FEATURES, day).equals(training_cases(large_blind, FEATURES, day))


def test_open_invoices_long_past_their_due_date_are_cases_without_days():
    rows = invoices().with_columns(settled=pl.when(pl.col("invoice_id") != "058").then("settled"))
    cases = training_cases(rows, FEATURES, DAY)
    [given_up] = cases.filter(pl.col("days_to_pay").is_null()).to_dicts()

    assert given_up["payment_status"] == "SIGNIFICANTLY_LATE"
    assert cases["payment_status"].value_counts().sort("payment_status")["count"].to_list() == [20, 21, 19]
    assert cases["is_holdout"].sum() == 12


def test_a_failed_build_reaches_the_caller_and_is_cleared_away_by_the_next_training(models, session):
    session.when("CREATE_MODEL2", failure("ORA-40104: invalid training data for model build", 40104))
    with pytest.raises(BadInput, match="ORA-40104"):
        models.train(invoices(), FEATURES, DAY)
    assert not session.statements("SET state = 'trained'")

    session.when("CREATE_MODEL2", 0).when("SELECT model_no FROM", [(4,)])
    session.when("FROM user_mining_models", [("PAYMENT_DAYS_M000004",)]).when("FROM user_objects", [("PAYMENT_CASES_M000004",)])
    models.train(invoices(), FEATURES, DAY)

    assert session.binds_of("DROP_MODEL") == {"name": "PAYMENT_DAYS_M000004"}
    assert session.statements("DROP TABLE") == ["DROP TABLE payment_cases_m000004 PURGE"]
    assert session.binds_of("DELETE") == {"model_no": 4}


def test_predictions_bind_the_features_and_hold_the_interval_of_the_errors(models, session):
    session.when("PREDICTION_PROBABILITY", [("SLIGHTLY_LATE", 0.25, 0.5, 0.25, 3.0)])
    rows = invoices().with_columns(due=pl.when(pl.col("invoice_id") != "001").then("due"))
    found = models.predict(rows, ["000", "001"])

    assert found.schema == PREDICTIONS
    assert found.row(0) == ("000", "SLIGHTLY_LATE", 0.25, 0.5, 0.25, 4.0, 0.0, 15.0)
    assert found.row(1) == ("001", None, None, None, None, 4.0, 0.0, 15.0)
    asked = [(said, binds) for said, binds in session.said if "PREDICTION_PROBABILITY" in said]
    assert [binds for _, binds in asked] == [{"mean_days": 30.0, "terms_days": 30.0}, {"mean_days": 31.0, "terms_days": 30.0}]
    assert "payment_status_m000006" in asked[0][0]


def test_a_switch_is_one_update_under_a_lock_and_then_the_old_ones_go(models, session):
    models.make_live("m000005")
    said = session.statements("^LOCK|^UPDATE|COMMIT|SELECT model_no FROM")

    assert [one.split()[0] for one in said] == ["LOCK", "UPDATE", "COMMIT", "SELECT"]
    assert session.binds_of("^UPDATE") == {"model_no": 5}


def test_the_live_model_cannot_be_dropped_and_an_unknown_one_is_said(models, session):
    with pytest.raises(Conflict, match="live"):
        models.drop("m000006")
    with pytest.raises(NotFound, match="m000009"):
        models.drop("m000009")
    session.when("SELECT model_no, state", [stored(5, "trained")])
    with pytest.raises(NotFound, match="live"):
        models.predict(invoices(), ["000"])


def test_before_the_first_training_there_are_no_models(models, session):
    session.when("SELECT model_no, state", failure("ORA-00942: table or view does not exist", 942))

    assert models.models() == []
