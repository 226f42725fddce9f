"""Payment models that are learnt and asked inside an Oracle Database (Oracle Machine Learning for SQL).

A model is two mining models, one for the status and one for the days, and a row of the list that says whether it is live.
None of its SQL has run against a database here: it follows Oracle's manuals and is compared with reviewed files.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import polars as pl
from pydantic import Field

from resources.errors import Conflict, NotFound
from resources.oracle_db import payment_sql as sql
from resources.oracle_db.conditions import bound
from resources.oracle_db.connections import OracleDatabase, executed, executed_for_all, selected
from resources.oracle_db.errors import NoSuchTable
from resources.payment_models.cases import training_cases
from resources.payment_models.interface import PREDICTIONS, PaymentModels, State, TrainedModel

_FUNCTIONS: tuple[sql.Function, ...] = ("CLASSIFICATION", "REGRESSION")
_LISTED = ("trained", "live", "previous")


@dataclass(frozen=True, slots=True)
class _Stored:
    """A row of the list."""

    number: int
    model: TrainedModel
    features: tuple[str, ...]
    errors: tuple[float | None, float | None, float | None]


class OraclePaymentModels(PaymentModels):
    """See PaymentModels. Needs the privilege CREATE MINING MODEL.

    Building commits before and after itself, so that a model is first listed as `building`; what was cut off half-way is cleared
    away by the next training.
    """

    database: OracleDatabase = Field(description="The database and the user whose schema holds models and tables.")
    prefix: str = Field(default="payment", description="What the names of all tables and mining models begin with.")
    batch_rows: int = Field(default=500, ge=1, description="Rows in a round trip of a write.")
    lock_seconds: int = Field(default=30, ge=0, description="How long to wait for another session's lock.")

    @property
    def _names(self) -> sql.Names:
        return sql.Names(self.prefix)

    def train(self, rows: pl.DataFrame, features: Sequence[str], before: date) -> TrainedModel:
        """See PaymentModels. The latest fifth is held out to measure the errors that the interval is made of."""
        names, features = self._names, sql.checked_features(features)
        cases = training_cases(rows, features, before)
        with self._building("training a payment model") as session:
            self._create_control(session)
            self._sweep(session, "building", "dropping")
            number = self._add(session, features, before, cases.height)
            executed(session, sql.case_table(names, number, features))
            insert = sql.case_insert(names, number, features)
            executed_for_all(session, insert, cases.to_dicts(), self.batch_rows, _types())
            session.commit()
            for function in _FUNCTIONS:
                executed(session, sql.build(names, function, number, features))
            [errors] = selected(session, sql.errors(names, number, features))
            executed(
                session,
                f"UPDATE {names.models} SET state = 'trained', error_low = :low, error_middle = :middle, error_high = :high\n"
                "WHERE model_no = :model_no",
                dict(zip(("low", "middle", "high"), errors, strict=True)) | {"model_no": number},
            )
            session.commit()
        return TrainedModel(sql.model_id(number), before, cases.height, "trained")

    def predict(self, rows: pl.DataFrame, only: Collection[str], model_id: str | None = None) -> pl.DataFrame:
        """See PaymentModels. One round trip per invoice."""
        with self.database.connection("predicting payments") as session:
            stored = self._asked(session, model_id)
            query = sql.scoring(self._names, stored.number, stored.features)
            asked = rows.filter(pl.col("invoice_id").is_in(list(only))).select("invoice_id", "due", *stored.features)
            found = [
                {
                    "invoice_id": row.pop("invoice_id"),
                    **_prediction(row.pop("due"), selected(session, query, row)[0], stored.errors),
                }
                for row in asked.to_dicts()
            ]
        return pl.DataFrame(found, schema=PREDICTIONS)

    def models(self) -> list[TrainedModel]:
        """See PaymentModels."""
        try:
            with self.database.connection("the list of payment models") as session:
                return [stored.model for stored in self._stored(session)]
        except NoSuchTable:
            return []  # nothing was ever trained here

    def make_live(self, model_id: str) -> None:
        """See PaymentModels. One update: whoever predicts sees the old model or the new one."""
        with self._building(f"switching to payment model {model_id}") as session:
            self._lock(session)
            stored = self._one(session, model_id)
            if stored.model.state != "live":
                executed(session, sql.switch(self._names), {"model_no": stored.number})
            session.commit()
            self._sweep(session, "dropping")

    def drop(self, model_id: str) -> None:
        """See PaymentModels."""
        with self._building(f"dropping payment model {model_id}") as session:
            self._lock(session)
            stored = self._one(session, model_id)
            if stored.model.state == "live":
                raise Conflict(f"payment model {model_id} is live", "Make another one live first.")
            update = f"UPDATE {self._names.models} SET state = 'dropping' WHERE model_no = :model_no"
            executed(session, update, {"model_no": stored.number})
            session.commit()
            self._sweep(session, "dropping")

    @contextmanager
    def _building(self, about: str) -> Iterator[Any]:
        with self.database.connection(about, building=True) as session:
            executed(session, f"ALTER SESSION SET DDL_LOCK_TIMEOUT = {self.lock_seconds}")
            yield session

    def _create_control(self, session: Any) -> None:  # noqa: ANN401  # python-oracledb is imported lazily
        wanted = sql.control(self._names)
        there = self._existing(session, "object_name", "user_objects", [name for name, _ in wanted])
        for name, statement in wanted:
            if name not in there:
                executed(session, statement)

    def _add(self, session: Any, features: Sequence[str], before: date, invoices: int) -> int:  # noqa: ANN401
        [(number,)] = selected(session, f"SELECT {self._names.numbers}.NEXTVAL FROM dual")
        executed(
            session,
            f"INSERT INTO {self._names.models} (model_no, state, trained_before, features, invoices)\n"
            "VALUES (:model_no, 'building', :trained_before, :features, :invoices)",
            {"model_no": int(number), "trained_before": before, "features": ",".join(features), "invoices": invoices},
        )
        session.commit()
        return int(number)

    def _lock(self, session: Any) -> None:  # noqa: ANN401
        executed(session, f"LOCK TABLE {self._names.models} IN EXCLUSIVE MODE WAIT {self.lock_seconds}")

    def _asked(self, session: Any, model_id: str | None) -> _Stored:  # noqa: ANN401
        if model_id is not None:
            return self._one(session, model_id)
        live = next((stored for stored in self._stored(session) if stored.model.state == "live"), None)
        if live is None:
            raise NotFound("no payment model is live", "Train one, and make it live.")
        return live

    def _one(self, session: Any, model_id: str) -> _Stored:  # noqa: ANN401
        found = next((stored for stored in self._stored(session) if stored.model.model_id == model_id), None)
        if found is None:
            raise NotFound(f"there is no payment model {model_id}", "Look at `models`: it was dropped or never trained.")
        return found

    def _stored(self, session: Any) -> list[_Stored]:  # noqa: ANN401
        states, binds = bound("state", _LISTED)
        found = selected(
            session,
            "SELECT model_no, state, trained_before, features, invoices, error_low, error_middle, error_high\n"
            f"FROM {self._names.models}\nWHERE state IN ({states})\nORDER BY model_no",
            binds,
        )
        return [_listed(row) for row in found]

    def _sweep(self, session: Any, *states: str) -> None:  # noqa: ANN401
        """Drop what belongs to models in these states, and then forget them."""
        names = self._names
        listed, binds = bound("state", states)
        query = f"SELECT model_no FROM {names.models} WHERE state IN ({listed}) ORDER BY model_no"
        for (number,) in selected(session, query, binds):
            mining = [names.mining_model(function, int(number)) for function in _FUNCTIONS]
            for name in sorted(self._existing(session, "model_name", "user_mining_models", mining)):
                executed(session, sql.drop_model(), {"name": name.upper()})
            cases = names.cases(int(number))
            if self._existing(session, "object_name", "user_objects", [cases]):
                executed(session, f"DROP TABLE {cases} PURGE")
            executed(session, f"DELETE FROM {names.models} WHERE model_no = :model_no", {"model_no": int(number)})
            session.commit()

    def _existing(self, session: Any, column: str, view: str, names: Sequence[str]) -> set[str]:  # noqa: ANN401
        listed, binds = bound("name", [name.upper() for name in names])
        found = selected(session, f"SELECT {column} FROM {view} WHERE {column} IN ({listed})", binds)
        return {name.lower() for (name,) in found}


def _types() -> dict[str, Any]:
    """Of the binds that may be null in a whole batch."""
    import oracledb

    return {"payment_status": oracledb.DB_TYPE_VARCHAR, "days_to_pay": oracledb.DB_TYPE_NUMBER}


def _listed(row: tuple[Any, ...]) -> _Stored:
    number, state, before, features, invoices, *errors = row
    day = before.date() if isinstance(before, datetime) else before
    model = TrainedModel(sql.model_id(int(number)), day, int(invoices), cast(State, state))
    low, middle, high = (None if error is None else float(error) for error in errors)
    return _Stored(int(number), model, tuple(features.split(",")), (low, middle, high))


def _prediction(due: date | None, row: tuple[Any, ...], errors: tuple[float | None, ...]) -> dict[str, Any]:
    """Without a due date there is no status; a point is the prediction and the median of the errors."""
    status, *probabilities, days = row
    known = due is not None
    low, middle, high = (None if error is None else max(float(days) + error, 0.0) for error in errors)
    return {
        "status": status if known else None,
        **{name.lower(): float(p) if known else None for name, p in zip(sql.STATUSES, probabilities, strict=True)},
        "days_to_pay": max(float(days), 0.0) if middle is None else middle,
        "days_low": low,
        "days_high": high,
    }
