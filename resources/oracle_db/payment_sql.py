"""Statements of the payment models in an Oracle Database: their tables, how a model is built, and how it is asked.

Sources: Oracle Machine Learning for SQL, "The CREATE_MODEL2 Procedure", "Data Requirements" (no column of type DATE, TIMESTAMP,
RAW or LONG: days are numbers; the case id is unique and no predictor); SQL Language Reference, "PREDICTION" and
"PREDICTION_PROBABILITY". Values never become part of a statement; names do, and are checked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resources.errors import BadInput

STATUSES = ("ON_TIME", "SLIGHTLY_LATE", "SIGNIFICANTLY_LATE")
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
"""Quantiles of the errors on the invoices that were held out."""
SETTINGS = {
    "CLASSIFICATION": {
        "ALGO_NAME": "ALGO_RANDOM_FOREST",
        "ODMS_RANDOM_SEED": "7",
        "PREP_AUTO": "ON",
        "RFOR_NUM_TREES": "200",
    },
    "REGRESSION": {
        "ALGO_NAME": "ALGO_GENERALIZED_LINEAR_MODEL",
        "GLMS_RIDGE_REGRESSION": "GLMS_RIDGE_REG_ENABLE",
        "PREP_AUTO": "ON",
    },
}
"""Both say that data is to be prepared automatically, which is off unless said. The linear model of this database knows two
classes only, therefore the forest."""

Function = Literal["CLASSIFICATION", "REGRESSION"]
_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,19}")
_FEATURE = re.compile(r"[a-z][a-z0-9_]{0,29}")


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the objects of one set of payment models.

    Raises:
        BadInput: The prefix is no plain identifier.
    """

    prefix: str

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.prefix):
            raise BadInput(
                f"{self.prefix[:40]!r} is no prefix of payment models",
                "Take lower-case letters, digits and underscores, a letter first, 20 at most.",
            )

    @property
    def models(self) -> str:
        """Table that lists the models."""
        return f"{self.prefix}_models"

    @property
    def numbers(self) -> str:
        """Sequence that numbers them."""
        return f"{self.prefix}_model_numbers"

    def cases(self, number: int) -> str:
        """Table of the invoices that a model was learnt from."""
        return f"{self.prefix}_cases_m{number:06d}"

    def mining_model(self, function: Function, number: int) -> str:
        """The mining model for the status (classification) or the days (regression)."""
        return f"{self.prefix}_{'status' if function == 'CLASSIFICATION' else 'days'}_m{number:06d}"


def model_id(number: int) -> str:
    """Name of a model; sorts by number."""
    return f"m{number:06d}"


def checked_features(features: Sequence[str]) -> tuple[str, ...]:
    """The features, if each name can be a column.

    Raises:
        BadInput: One cannot, or there is none.
    """
    wrong = [name for name in features if not _FEATURE.fullmatch(name)]
    if wrong or not features:
        raise BadInput(f"{wrong[:3] or 'no features'} cannot be columns", "Name features in lower-case letters, digits and _.")
    return tuple(features)


def control(names: Names) -> tuple[tuple[str, str], ...]:
    """What there is once, each with its name: the sequence and the list, in which at most one model is live and one previous."""
    return (
        (names.numbers, f"CREATE SEQUENCE {names.numbers} START WITH 1 INCREMENT BY 1 NOCACHE"),
        (
            names.models,
            f"""CREATE TABLE {names.models} (
  model_no       NUMBER(6) PRIMARY KEY,
  state          VARCHAR2(10) NOT NULL CHECK (state IN ('building', 'trained', 'live', 'previous', 'dropping')),
  trained_before DATE NOT NULL,
  features       VARCHAR2(4000) NOT NULL,
  invoices       NUMBER(12) NOT NULL,
  error_low      NUMBER,
  error_middle   NUMBER,
  error_high     NUMBER,
  created_at     TIMESTAMP DEFAULT SYS_EXTRACT_UTC(SYSTIMESTAMP) NOT NULL
)""",
        ),
        (
            f"{names.models}_one",
            f"CREATE UNIQUE INDEX {names.models}_one ON {names.models} (CASE WHEN state IN ('live', 'previous') THEN state END)",
        ),
    )


def case_table(names: Names, number: int, features: Sequence[str]) -> str:
    """Statement that creates the table of a model's cases."""
    columns = ",\n".join(f"  {name} NUMBER NOT NULL" for name in checked_features(features))
    return f"""CREATE TABLE {names.cases(number)} (
  case_id NUMBER(12) PRIMARY KEY,
  is_holdout NUMBER(1) NOT NULL CHECK (is_holdout IN (0, 1)),
  payment_status VARCHAR2(18) CHECK (payment_status IN ({", ".join(f"'{one}'" for one in STATUSES)})),
  days_to_pay NUMBER,
{columns}
)"""


def case_insert(names: Names, number: int, features: Sequence[str]) -> str:
    """Statement that writes a case."""
    columns = ("case_id", "is_holdout", "payment_status", "days_to_pay", *checked_features(features))
    return f"INSERT INTO {names.cases(number)} ({', '.join(columns)})\nVALUES ({', '.join(f':{name}' for name in columns)})"


def build(names: Names, function: Function, number: int, features: Sequence[str]) -> str:
    """Block that builds a mining model from the cases that are not held out. Whatever it raises, reaches the caller.

    The query gives the case id, the target and the features: neither the other target, nor what else the table holds.
    """
    target = "payment_status" if function == "CLASSIFICATION" else "days_to_pay"
    columns = ", ".join(checked_features(features))
    settings = "\n".join(f"  settings('{name}') := '{value}';" for name, value in sorted(SETTINGS[function].items()))
    return f"""DECLARE
  settings DBMS_DATA_MINING.SETTING_LIST;
BEGIN
{settings}
  DBMS_DATA_MINING.CREATE_MODEL2(
    model_name          => '{names.mining_model(function, number).upper()}',
    mining_function     => '{function}',
    data_query          => 'SELECT case_id, {target}, {columns}
FROM {names.cases(number)} WHERE is_holdout = 0 AND {target} IS NOT NULL',
    set_list            => settings,
    case_id_column_name => 'CASE_ID',
    target_column_name  => '{target.upper()}');
END;"""


def drop_model() -> str:
    """Block that drops the mining model `:name`."""
    return "BEGIN DBMS_DATA_MINING.DROP_MODEL(:name); END;"


def errors(names: Names, number: int, features: Sequence[str]) -> str:
    """Query of the quantiles of the errors in days on the cases that were held out (nulls if there are none)."""
    listed = ", ".join(f"{name} AS {name}" for name in checked_features(features))
    quantiles = ",\n  ".join(f"PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY error_days)" for p in (LOW, MIDDLE, HIGH))
    return (
        f"SELECT {quantiles}\n"
        f"FROM (SELECT days_to_pay - PREDICTION({names.mining_model('REGRESSION', number)} USING {listed}) AS error_days\n"
        f"  FROM {names.cases(number)} WHERE is_holdout = 1 AND days_to_pay IS NOT NULL)"
    )


def scoring(names: Names, number: int, features: Sequence[str]) -> str:
    """Query of one invoice, its features bound: status, the three probabilities, and days."""
    using = "USING " + ", ".join(f":{name} AS {name}" for name in checked_features(features))
    status, days = names.mining_model("CLASSIFICATION", number), names.mining_model("REGRESSION", number)
    probabilities = ",\n  ".join(f"PREDICTION_PROBABILITY({status}, '{one}' {using})" for one in STATUSES)
    return f"SELECT PREDICTION({status} {using}),\n  {probabilities},\n  PREDICTION({days} {using})\nFROM dual"


def switch(names: Names) -> str:
    """Statement that makes `:model_no` live; the live one becomes the previous, and the one before that is to be dropped."""
    return (
        f"UPDATE {names.models}\n"
        "SET state = CASE WHEN model_no = :model_no THEN 'live' WHEN state = 'live' THEN 'previous' ELSE 'dropping' END\n"
        "WHERE model_no = :model_no OR state IN ('live', 'previous')"
    )
