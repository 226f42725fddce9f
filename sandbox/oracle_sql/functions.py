"""Functions of Oracle's SQL that SQLite does not have. Times are ISO 8601 texts in UTC, so that their order is that of texts."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

_MODELS = (
    ("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d"), ("HH24", "%H"), ("HH12", "%I"),
    ("HH", "%I"), ("MI", "%M"), ("SS", "%S"), ("FF3", "%3"),
    ("FF6", "%f"), ("FF9", "%f"), ("FF", "%f"), ("TZH", "+00"), ("TZM", "00"), ("TZR", "UTC"),
    ("MON", "%b"), ("DAY", "%A"), ("DY", "%a"), ("D", "%w"),
    ("YY", "%y"), ("WW", "%U"), ("IW", "%V"), ("Q", "%q"),
)  # fmt: skip
_SECONDS = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_MOST_HASH = 4294967295


def moment_text(moment: datetime) -> str:
    """A time as the engine keeps it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parsed(value: str) -> datetime:
    """A time that the engine or a statement wrote."""
    found = datetime.fromisoformat(value.strip().replace(" UTC", "Z"))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def to_char(value: Any, model: str | None = None) -> str | None:  # noqa: ANN401
    """`TO_CHAR` of a number or a time; of numbers, the format is not followed."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if model is None or not isinstance(value, str):
        return str(value)
    moment = parsed(value)
    said = moment.strftime(_format(model).replace("%3", f"{moment.microsecond // 1000:03d}"))
    return said.replace("%q", str((moment.month + 2) // 3))


def to_timestamp(value: Any, model: str | None = None) -> str | None:  # noqa: ANN401
    """`TO_TIMESTAMP` and `TO_DATE`."""
    if value is None:
        return None
    text = str(value)
    if model is None:
        return moment_text(parsed(text))
    pattern = _format(model).replace("%3", "%f").replace("+00:00", "%z").replace("+0000", "%z").replace("UTC", "%Z")
    found = datetime.strptime(text, pattern)  # noqa: DTZ007 - its zone is looked at below
    return moment_text(found.replace(tzinfo=UTC) if found.tzinfo is None else found)


def _format(model: str) -> str:
    """Pattern of strftime for a format model."""
    said = []
    for quoted, plain in re.findall(r'"([^"]*)"|([^"]+)', model):
        if quoted:
            said.append(quoted.replace("%", "%%"))
            continue
        rest = plain
        while rest:
            found = next(((m, p) for m, p in _MODELS if rest.upper().startswith(m)), None)
            said.append(found[1] if found else rest[0])
            rest = rest[len(found[0]) if found else 1 :]
    return "".join(said)


def ora_hash(value: Any, most: int = _MOST_HASH, seed: int = 0) -> int | None:  # noqa: ANN401
    """`ORA_HASH`: the same of the same value; its values are not Oracle's, whose function is not published."""
    if value is None:
        return None
    return zlib.crc32(f"{seed}/{to_char(value)}".encode()) % (int(most) + 1)


def standard_hash(value: Any, method: str = "SHA1") -> bytes:  # noqa: ANN401
    """`STANDARD_HASH`: bytes, as its RAW. Of NULL as of an empty text, which it is in Oracle."""
    raw = value if isinstance(value, bytes) else (to_char(value) or "").encode()
    return hashlib.new(method.upper().replace("-", ""), raw, usedforsecurity=False).digest()


def _moved(value: Any, sign: str, amount: Any, unit: str) -> str | None:  # noqa: ANN401
    if value is None or amount is None:
        return None
    return moment_text(parsed(str(value)) + timedelta(seconds=float(f"{sign}{amount}") * _SECONDS[unit.upper()]))


def _rawtohex(value: Any) -> str | None:  # noqa: ANN401
    return None if value is None else (value if isinstance(value, bytes) else str(value).encode()).hex().upper()


def _decode(*given: Any) -> Any:  # noqa: ANN401
    value, rest = given[0], given[1:]
    for place in range(0, len(rest) - 1, 2):
        if rest[place] == value:
            return rest[place + 1]
    return rest[-1] if len(rest) % 2 else None


def _to_number(value: Any) -> int | float | None:  # noqa: ANN401
    if value is None:
        return None
    number = float(value)
    return int(number) if number.is_integer() else number


def _same(value: Any, *_: Any) -> Any:  # noqa: ANN401
    return value


def _either(value: Any, first: Any, second: Any) -> Any:  # noqa: ANN401
    return second if value is None else first


def _trunc(value: Any, to: Any = None) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        moment = parsed(value).replace(minute=0, second=0, microsecond=0)
        whole = moment if to and str(to).upper().startswith("HH") else moment.replace(hour=0)
        return moment_text(whole.replace(day=1) if to and str(to).upper() in ("MM", "MONTH") else whole)
    if value is None:
        return None
    places = 10 ** int(to or 0)
    return int(value * places) / places if to else int(value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "TO_CHAR": to_char, "TO_CLOB": to_char, "TO_TIMESTAMP": to_timestamp, "TO_TIMESTAMP_TZ": to_timestamp,
    "TO_DATE": to_timestamp,
    "TO_UTC_TIMESTAMP_TZ": to_timestamp, "SYS_EXTRACT_UTC": _same, "FROM_TZ": _same, "ORA_HASH": ora_hash,
    "STANDARD_HASH": standard_hash, "RAWTOHEX": _rawtohex, "DECODE": _decode, "TO_NUMBER": _to_number, "moved_": _moved,
    "user_": lambda: "ADMIN", "NVL2": _either, "TRUNC": _trunc,
    "NVL": lambda value, instead: instead if value is None else value,
    "GREATEST": lambda *v: None if None in v else max(v), "LEAST": lambda *v: None if None in v else min(v),
    "MOD": lambda a, b: None if a is None or b is None else (a if b == 0 else a - b * int(a / b)),
    "LPAD": lambda t, n, by=" ": None if t is None else str(t)[: int(n)].rjust(int(n), by),
    "RPAD": lambda t, n, by=" ": None if t is None else str(t)[: int(n)].ljust(int(n), by),
    "REGEXP_REPLACE": lambda t, p, by="": None if t is None else re.sub(p, by, t),
    "REGEXP_LIKE": lambda t, p: None if t is None else int(re.search(p, t) is not None),
    "SUBSTRB": lambda t, begin, many=None: None if t is None else str(t)[int(begin) - 1 :][: None if many is None else int(many)],
    "LENGTHB": lambda t: None if t is None else len(str(t).encode()),
    "BITAND": lambda a, b: None if a is None or b is None else int(a) & int(b),
}  # fmt: skip
"""By name, those that depend on nothing but their arguments."""


class Joined:
    """The aggregate `LISTAGG`: texts in the order in which they come."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.separator = ""

    def step(self, value: Any, separator: str = "") -> None:  # noqa: ANN401
        """One row."""
        if value is not None:
            self.found.append(str(to_char(value)))
        self.separator = separator

    def finalize(self) -> str | None:
        """The text of all of them, sorted: SQLite hands them over in no order of ours."""
        return self.separator.join(sorted(self.found)) or None
