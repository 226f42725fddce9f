"""Check functions of the model as Polars expressions: per row, over the columns' types, or over groups of rows.

A row expression is false where the row fails. A null is judged by the rules of nullability alone: the other checks give null for
it, which is no failure, and `card` asks them only about rows where the rule's own column has a value.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_

import polars as pl

from assets.finops.logic.conformance.currencies import NATIONAL
from assets.finops.logic.conformance.rules import Check

ABSOLUTE_TOLERANCE = 1e-6
RELATIVE_TOLERANCE = 1e-6
"""Quantity × price matches a cost if they differ by at most a millionth of the currency unit or of the cost, whichever is
more: providers round prices, quantities and costs separately. A wrong price, unit or currency is far off."""

PLACEHOLDERS = ("", " ", "NULL", "Null", "null", "N/A", "n/a", "Not Applicable", "not applicable")
"""Texts that stand for "no value" and so break null handling."""

_SIZES = "[KMGTPE]i?[bB]|[bB]"
_TIME = "Year|Month|Day|Hour|Minute|Second"
_TIMES = f"(?:{_TIME})s"
_COUNT = r"[A-Z][A-Za-z0-9]*(?: [A-Z][A-Za-z0-9]*)*"
_UNIT = rf"^(?:[1-9]\d* )?(?:{_SIZES}|{_COUNT})(?:-{_TIMES}|/(?:{_TIME})|/[1-9]\d* {_TIMES})?$"
_LISTED = rf"\b(?:{_TIME}|Count|Unit|Request|Token|Connection|Certificate|Domain|Core)s?\b"
_NOT_PLURAL = rf"^(?:{_TIME})(?:/|$)"
_SPELLED_SIZE = r"(?i)\b(?:kilo|mega|giga|tera|peta|exa|kibi|mebi|gibi|tebi|pebi|exbi)?(?:bit|byte)s?\b|\b[kmgtpe]i?bs\b"

_NUMBER = r"^-?\d+(?:\.\d+)?(?:E-?\d+)?$"
_TEXT_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
_JSON_TEXT = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
_JSON_SCALAR = rf"(?:{_JSON_TEXT}|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)"
_JSON_PAIR = rf"\s*{_JSON_TEXT}\s*:\s*{_JSON_SCALAR}\s*"
_FLAT_OBJECT = rf"^\s*\{{(?:{_JSON_PAIR}(?:,{_JSON_PAIR})*|\s*)\}}\s*$"
_NESTED_OBJECT = rf"^\s*\{{(?:{_JSON_PAIR},)*\s*{_JSON_TEXT}\s*:\s*[\[{{]"

Schema = Mapping[str, pl.DataType]
_Row = Callable[[Check], pl.Expr]


class UnknownCheckError(ValueError):
    """The model asks for a check function that is not known here, so nothing may be said about the rule."""


def row_check(check: Check, schema: Schema) -> pl.Expr:
    """False where a row fails.

    Raises:
        UnknownCheckError: The function, or one inside, is not known.
    """
    if check.function == "AND":
        return reduce(and_, (row_check(item, schema) for item in check.items))
    if check.function == "OR":
        return _any_of(check, schema)
    if check.function in _BY_TYPE:
        return _typed_or_text(check, schema)
    if check.function not in _ROW:
        raise UnknownCheckError(check.function)
    return _ROW[check.function](check)


def _typed_or_text(check: Check, schema: Schema) -> pl.Expr:
    """A value of the right type has its format by construction; text has to match the pattern."""
    name, (dtypes, pattern) = check.columns[0], _BY_TYPE[check.function]
    if isinstance(schema[name], dtypes):
        return pl.lit(value=True)
    return pl.col(name).cast(pl.String).str.contains(pattern)


def _any_of(check: Check, schema: Schema) -> pl.Expr:
    """OR; a list of allowed values, which is its commonest use, becomes a single test."""
    if len(values := _same_column_values(check.items)) == len(check.items):
        return pl.col(check.items[0].columns[0]).is_in(values).fill_null(value=False)
    return reduce(or_, (row_check(item, schema) for item in check.items))


def _same_column_values(items: tuple[Check, ...]) -> list[str]:
    column = items[0].columns
    return [i.value for i in items if i.function == "CheckValue" and i.columns == column and isinstance(i.value, str)]


def _value(check: Check) -> pl.Expr:
    column = pl.col(check.columns[0])
    return column.is_null() if check.value is None else (column == check.value).fill_null(value=False)


def _not_value(check: Check) -> pl.Expr:
    return ~_value(check)


def _same(check: Check) -> pl.Expr:
    return pl.col(check.columns[0]).eq_missing(pl.col(check.columns[1]))


def _at_least(check: Check) -> pl.Expr:
    return pl.col(check.columns[0]) >= check.value


def _product(check: Check) -> pl.Expr:
    """A × B matches C within the tolerance. Floats will do: nothing is added up or kept, and decimals would overflow."""
    a, b, c = (pl.col(name).cast(pl.Float64) for name in check.columns)
    bound = pl.max_horizontal(c.abs() * RELATIVE_TOLERANCE, pl.lit(ABSOLUTE_TOLERANCE))
    return (a * b - c).abs() <= bound


def _matches(pattern: str) -> _Row:
    return lambda check: pl.col(check.columns[0]).str.contains(pattern)


def _string(check: Check) -> pl.Expr:
    """Text is valid Unicode by construction; U+FFFD shows that it was damaged when it was decoded."""
    return ~pl.col(check.columns[0]).cast(pl.String).str.contains("\ufffd", literal=True)


def _unit(check: Check) -> pl.Expr:
    """Shape and capitals as in the attribute Unit Format. Any other capitalised noun is a count of that noun."""
    unit = pl.col(check.columns[0])
    listed = unit.str.count_matches(f"(?i){_LISTED}") == unit.str.count_matches(_LISTED)
    odd = unit.str.contains(_SPELLED_SIZE) | unit.str.contains(_NOT_PLURAL)
    return unit.str.contains(_UNIT) & listed & ~odd


def _national(check: Check) -> pl.Expr:
    return pl.col(check.columns[0]).is_in(sorted(NATIONAL))


def _currency(check: Check) -> pl.Expr:
    """A national code, or the name of a virtual currency; but three letters that are no code are a mistake."""
    return _national(check) | ~pl.col(check.columns[0]).str.contains("^[A-Za-z]{3}$")


def _no_placeholder(check: Check) -> pl.Expr:
    return ~pl.col(check.columns[0]).is_in(PLACEHOLDERS)


def _not_blank(check: Check) -> pl.Expr:
    return pl.col(check.columns[0]).str.strip_chars() != ""


def _object(check: Check) -> pl.Expr:
    text = pl.col(check.columns[0])
    return text.str.contains(_FLAT_OBJECT) | text.str.contains(_NESTED_OBJECT)


def _no_nesting(check: Check) -> pl.Expr:
    return ~pl.col(check.columns[0]).str.contains(_NESTED_OBJECT)


_NUMERIC = (pl.Decimal, pl.Float64, pl.Float32, pl.Int64, pl.Int32)
_BY_TYPE: dict[str, tuple[tuple[type[pl.DataType], ...], str]] = {
    "CheckDecimalValue": (_NUMERIC, _NUMBER),
    "FormatNumeric": (_NUMERIC, _NUMBER),
    "FormatDateTime": ((pl.Datetime,), _TEXT_TIME),
}
_ROW: dict[str, _Row] = {
    "CheckValue": _value,
    "CheckNotValue": _not_value,
    "CheckSameValue": _same,
    "CheckNotSameValue": lambda check: ~_same(check),
    "CheckGreaterOrEqualThanValue": _at_least,
    "ColumnByColumnEqualsColumnValue": _product,
    "FormatString": _string,
    "FormatUnit": _unit,
    "FormatKeyValue": _matches(_FLAT_OBJECT),
    "FormatCurrency": _currency,
    "CheckNationalCurrency": _national,
    # Ours, for rules that the model leaves to people; see `added`.
    "NoPlaceholder": _no_placeholder,
    "NotBlank": _not_blank,
    "JsonObject": _object,
    "NoNesting": _no_nesting,
}

_TYPES: dict[str, tuple[type[pl.DataType], ...]] = {
    "TypeString": (pl.String,),
    "TypeDecimal": _NUMERIC,
    "TypeDateTime": (pl.Datetime,),
}


def is_type_check(check: Check) -> bool:
    """Whether the check is about a column's type rather than its values."""
    return check.function in _TYPES


def type_passes(check: Check, schema: Schema) -> bool:
    """Whether the column has the type that the check asks for."""
    return isinstance(schema[check.columns[0]], _TYPES[check.function])


def is_group_check(check: Check) -> bool:
    """Whether the check compares rows with each other."""
    return check.function in _GROUP


def group_check(check: Check, lines: pl.LazyFrame) -> pl.LazyFrame:
    """Judge groups of `lines`, those that the rule is about.

    Returns:
        One row: `judged` and `failing`, both in lines, and `example`, a failing group in words.
    """
    return _GROUP[check.function](check, lines)


def _distinct_count(check: Check, lines: pl.LazyFrame) -> pl.LazyFrame:
    """Every value of A goes with `value` distinct values of B; nulls are not values."""
    key, other = check.columns
    groups = (
        lines.filter(pl.col(key).is_not_null() & pl.col(other).is_not_null())
        .group_by(pl.col(key).alias("key"))
        .agg(rows=pl.len(), found=pl.col(other).n_unique())
    )
    text = pl.format(f"{key}='{{}}' has {{}} values of {other}", "key", "found")
    return _failing_groups(groups, pl.col("found") != check.value, text)


def _sum_without(check: Check, lines: pl.LazyFrame) -> pl.LazyFrame:
    """Per group (the columns after the second), rows without the second column add nothing to the sum of the first."""
    amount, status, *keys = check.columns
    unnamed = pl.col(status).is_null()
    groups = lines.group_by(pl.col(keys[0]).alias("key"), *keys[1:]).agg(
        rows=pl.len(), found=pl.col(amount).filter(unnamed).sum()
    )
    text = pl.format(f"{keys[0]}='{{}}': rows without {status} add {{}} of {amount}", "key", "found")
    return _failing_groups(groups, pl.col("found") != 0, text)


def _failing_groups(groups: pl.LazyFrame, bad: pl.Expr, text: pl.Expr) -> pl.LazyFrame:
    return groups.select(
        judged=pl.col("rows").sum(),
        failing=pl.col("rows").filter(bad).sum(),
        example=text.filter(bad).min(),
    )


_GROUP: dict[str, Callable[[Check, pl.LazyFrame], pl.LazyFrame]] = {
    "CheckDistinctCount": _distinct_count,
    "SumWithout": _sum_without,
}
