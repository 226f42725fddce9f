"""What was made of files, kept by the hash of their bytes, so that nothing is read twice."""

import hashlib
from collections.abc import Iterable
from typing import Any, Generic, Literal, TypeVar

import polars as pl
from pydantic import TypeAdapter, ValidationError

from assets.invoices import tables
from assets.invoices.logic.reading import Reading
from resources.clock import Clock
from resources.document_ai.layout import Analysis
from resources.lake import Lake

Kind = Literal["analysis", "invoices"]
_Made = TypeVar("_Made")
_NAMED_AT_ONCE = 2_000


class Readings(Generic[_Made]):
    """Results of one kind, as JSON in the lake; an entry that is damaged counts as none.

    Args:
        lake: Tables of the deployment.
        kind: What is kept.
        adapter: How it is written and checked when it is read.
        clock: Gives the time of an entry.
    """

    def __init__(self, lake: Lake, kind: Kind, adapter: TypeAdapter[_Made], clock: Clock) -> None:
        self._lake, self._kind, self._adapter, self._clock = lake, kind, adapter, clock

    def get(self, content_hash: str, version: str) -> tuple[_Made | None, str | None]:
        """What was made of the file by that version, and a note if there was something that cannot be used."""
        found = self._rows([content_hash]).filter(pl.col("version") == version).collect()
        for row in found.iter_rows(named=True):
            try:
                return self._made(row), None
            except ValueError as error:
                return None, f"what was kept of it ({self._kind}) is damaged and was made again: {error}"
        return None, None

    def many(self, versions: dict[str, str]) -> dict[str, _Made]:
        """What was made of files, by their hash; those whose entry is missing or damaged are left out.

        Args:
            versions: Version by hash of the file.
        """
        made = {}
        hashes = sorted(versions)
        for start in range(0, len(hashes), _NAMED_AT_ONCE):
            for row in self._rows(hashes[start : start + _NAMED_AT_ONCE]).collect().iter_rows(named=True):
                if row["version"] == versions[row["content_hash"]]:
                    try:
                        made[row["content_hash"]] = self._made(row)
                    except ValueError:
                        continue
        return made

    def put(self, content_hash: str, version: str, made: _Made) -> None:
        """Keep what was made of a file; what an older version made of it goes."""
        body = self._adapter.dump_json(made).decode()
        row = {
            "content_hash": content_hash,
            "kind": self._kind,
            "version": version,
            "body": body,
            "digest": _digest(body),
            "made_at": self._clock.now(),
        }
        where = f"content_hash = '{content_hash}' AND kind = '{self._kind}'"
        if self._kind == "analysis":
            where += f" AND version = '{_quoted(version)}'"  # several engines may look at one file
        self._lake.replace(tables.READINGS, pl.DataFrame([row], schema=tables.READINGS.schema), where=where)

    def _rows(self, hashes: Iterable[str]) -> pl.LazyFrame:
        return self._lake.scan(tables.READINGS).filter(pl.col("kind") == self._kind, pl.col("content_hash").is_in(list(hashes)))

    def _made(self, row: dict[str, Any]) -> _Made:
        if _digest(row["body"]) != row["digest"]:
            raise ValueError("its digest differs")
        try:
            return self._adapter.validate_json(row["body"])
        except ValidationError as error:
            raise ValueError(f"{error.error_count()} values are not what they should be") from error


def analyses(lake: Lake, clock: Clock) -> Readings[Analysis]:
    """What engines made of files; the version is that of the engine."""
    return Readings(lake, "analysis", TypeAdapter(Analysis), clock)


def extracted(lake: Lake, clock: Clock) -> Readings[Reading]:
    """Invoices in files; the version is that of engines and extraction."""
    return Readings(lake, "invoices", TypeAdapter(Reading), clock)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _quoted(text: str) -> str:
    return text.replace("'", "''")
