"""The lake: Delta tables on a local disk or in an S3-compatible bucket, written by delta-rs, read by anything that reads Delta.

A write replaces what a predicate names, in one commit: readers see the old rows or the new ones, never a mixture, and a killed
writer leaves the table as it was. Writers that may not overlap name themselves (`writer`): the later commit is refused and
tried again on the new state.
"""

import json
import logging
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import dagster as dg
import polars as pl
from pydantic import Field

from resources.errors import BadInput, Conflict
from resources.tables import Table

if TYPE_CHECKING:
    from deltalake import DeltaTable, Schema
    from deltalake.transaction import AddAction, RemoveAction
    from pyarrow.parquet import ParquetWriter

_LOG = logging.getLogger(__name__)
_ATTEMPTS = 5
_CHECKPOINT_INTERVAL = 10
"""Commits after which Delta sums up its log; whoever opens a table reads the commits since, by default up to 100, one by one."""
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: rows written and the table's version after it."""

    rows: int
    version: int


class Lake(dg.ConfigurableResource):
    """All tables of one deployment."""

    root: str = Field(description="Folder or `s3://bucket/prefix` that holds the tables.")
    endpoint_url: str | None = Field(default=None, description="Endpoint of an S3-compatible service; AWS if empty.")
    region: str | None = Field(default=None, description="Region of the bucket.")
    access_key_id: str | None = Field(default=None, description="Access key; the environment's credentials if empty.")
    secret_access_key: str | None = Field(default=None, description="Secret of the access key.")

    def uri(self, table: Table) -> str:
        """Where the table lies, for other engines."""
        return f"{self.root.rstrip('/')}/{table.name}"

    @property
    def storage_options(self) -> dict[str, str]:
        """Options for delta-rs and Polars; empty for a local folder."""
        if not self.root.startswith("s3://"):
            return {}
        options = {
            "aws_endpoint_url": self.endpoint_url,
            "aws_region": self.region,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            "aws_conditional_put": "etag",
        }
        if self.endpoint_url and self.endpoint_url.startswith("http://"):
            options["aws_allow_http"] = "true"
        return {name: value for name, value in options.items() if value}

    def version(self, table: Table) -> int | None:
        """The table's current version; None if it does not exist."""
        delta = self._open(table)
        return None if delta is None else delta.version()

    def scan(self, table: Table) -> pl.LazyFrame:
        """The table as a lazy frame, empty with the right columns if it does not exist yet.

        Columns that were added to the definition after the table was written are typed NULL.
        """
        delta = self._open(table)
        if delta is None:
            return pl.LazyFrame(schema=table.schema)
        frame = pl.scan_delta(delta)
        present = set(frame.collect_schema().names())
        missing = [pl.lit(None, c.dtype).alias(c.name) for c in table.columns if c.name not in present]
        return frame.with_columns(missing) if missing else frame

    def replace(self, table: Table, frame: pl.DataFrame, *, where: str | None) -> Written:
        """Replace the rows that `where` names by those of `frame`, atomically.

        Args:
            table: The table; created at its first write.
            frame: The new rows. Columns are matched by name; one that is missing is NULL.
            where: SQL predicate over columns, e.g. `x_charge_date >= '2026-01-01'`; None replaces the whole table.

        Raises:
            BadInput: The frame has a column that the table does not know.
            Conflict: Others kept writing to the same rows.
        """
        from deltalake import write_deltalake

        def write() -> Written:
            delta = self._ready(table, {})
            rows = _conform(table, _schema(delta), frame.lazy()).collect()
            write_deltalake(delta, rows, mode="overwrite", predicate=where)
            return Written(len(rows), delta.version())

        return _until_no_conflict(table, write)

    def last_commit(self, table: Table, writer: str) -> int:
        """Number of the last commit that `writer` made to the table by `swap`; 0 if none."""
        delta = self._open(table)
        return 0 if delta is None else delta.transaction_version(writer) or 0

    @contextmanager
    def stage(self, table: Table, *, extra: Mapping[str, pl.DataType] | None = None) -> Iterator["StagedFiles"]:
        """A place to write data files of any size, unseen by readers until `swap`; what is not swapped is discarded.

        Args:
            table: The table; created if it does not exist, and widened by `extra`.
            extra: Columns beyond the table's own, allowed if its schema is open.
        """
        delta = self._ready(table, dict(extra or {}))
        local = not self.root.startswith("s3://")
        parent = Path(self.root) / "_staging" if local else None
        if parent:
            parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=parent, prefix="write-") as folder:
            yield StagedFiles(table, _schema(delta), Path(folder))

    def swap(
        self,
        table: Table,
        staged: "StagedFiles",
        *,
        drop: Mapping[str, Collection[str]],
        writer: str,
        after: int,
    ) -> Written:
        """Publish staged files and drop the rows whose column has one of the given values, in one commit.

        Args:
            table: The table.
            staged: The files to publish.
            drop: One text column and the values whose rows go, e.g. `{"x_delivery_id": {"a1", "b2"}}`.
            writer: Name under which no two commits may overlap.
            after: `last_commit(table, writer)` as it was when the decision to write was made.

        Raises:
            Conflict: Another commit of that writer, or to those rows, came first: decide anew and try again.
        """
        from deltalake import CommitProperties, Transaction
        from deltalake.exceptions import CommitFailedError

        delta = self._ready(table, {})
        last = delta.transaction_version(writer) or 0
        if last != after:
            raise Conflict(f"{table.name}: {writer} was run by another", "run this step again")
        staged.close()
        rows = staged.rows
        removed = [self._removal(table, action, staged, drop) for action in _holding(delta, drop)]
        added = [self._publish(table, file) for file in staged.files]
        try:
            delta.create_write_transaction(
                [*removed, *added],
                "append",
                delta.schema(),
                partition_by=list(table.partition_by),
                commit_properties=CommitProperties(app_transactions=[Transaction(writer, last + 1)]),
            )
        except CommitFailedError as error:
            raise Conflict(f"{table.name}: another writer was first ({error})", "run this step again") from error
        delta.update_incremental()
        return Written(rows, delta.version())

    def compact(self, table: Table) -> None:
        """Merge small data files. Readers are not disturbed; rows stay as they are."""
        if (delta := self._open(table)) is not None:
            delta.optimize.compact()

    def vacuum(self, table: Table, *, keep_hours: int) -> int:
        """Delete what no version of the last `keep_hours` needs, and what killed writers left; returns how many data files.

        Choose more hours than any write takes.
        """
        self._discard_staged(time.time() - keep_hours * 3600)
        delta = self._open(table)
        if delta is None:
            return 0
        return len(delta.vacuum(keep_hours, dry_run=False, enforce_retention_duration=False, full=True))

    def _discard_staged(self, before: float) -> None:
        """Remove staging folders that were last written to before the given time (seconds since the epoch)."""
        for folder in Path(self.root, "_staging").glob("write-*"):
            with suppress(FileNotFoundError):
                if max(p.stat().st_mtime for p in (folder, *folder.iterdir())) < before:
                    shutil.rmtree(folder)

    def _open(self, table: Table) -> "DeltaTable | None":
        from deltalake import DeltaTable

        uri, options = self.uri(table), self.storage_options
        return DeltaTable(uri, storage_options=options) if DeltaTable.is_deltatable(uri, options) else None

    def _removal(
        self, table: Table, action: dict[str, Any], staged: "StagedFiles", drop: Mapping[str, Collection[str]]
    ) -> "RemoveAction":
        """The action that removes a data file; rows of it that stay are staged again."""
        from deltalake.transaction import RemoveAction

        (column, values), *_ = drop.items()
        partition = {name: action[f"partition.{name}"] for name in table.partition_by}
        low, high = action[f"min.{column}"], action[f"max.{column}"]
        if low is None or low != high:
            whole = pl.scan_parquet(f"{self.uri(table)}/{action['path']}", storage_options=self.storage_options or None)
            staged.sink(whole.filter(~pl.col(column).is_in(list(values))), partition)
        return RemoveAction(
            path=action["path"],
            data_change=True,
            deletion_timestamp=time.time_ns() // 1_000_000,
            size=action["size_bytes"],
            partition_values=partition,
        )

    def _publish(self, table: Table, file: "StagedFile") -> "AddAction":
        """Move a staged file to its place and describe it for the commit."""
        from deltalake.transaction import AddAction

        folder = "/".join(f"{name}={value}" for name, value in file.partition.items())
        name = "/".join(filter(None, [folder, f"part-{uuid4().hex}.parquet"]))
        if self.root.startswith("s3://"):
            self._upload(file.path, f"{self.uri(table)}/{name}")
        else:
            target = Path(self.uri(table)) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            file.path.replace(target)
        return AddAction(name, file.size, dict(file.partition), time.time_ns() // 1_000_000, True, json.dumps(file.stats))

    def _upload(self, path: Path, uri: str) -> None:
        from pyarrow import fs

        s3 = fs.S3FileSystem(
            access_key=self.access_key_id,
            secret_key=self.secret_access_key,
            region=self.region,
            endpoint_override=self.endpoint_url,
        )
        fs.copy_files(str(path), uri.removeprefix("s3://"), destination_filesystem=s3)

    def _ready(self, table: Table, extra: dict[str, pl.DataType]) -> "DeltaTable":
        """The table, created if need be, with every column that is going to be written."""
        if extra and not table.open_schema:
            raise BadInput(
                f"{table.name} takes no columns beyond its own: {', '.join(sorted(extra))}",
                "extend its definition",
            )
        wanted = {**dict(table.schema), **extra}
        return _until_no_conflict(table, lambda: self._widened(table, self._open(table) or self._created(table, wanted), wanted))

    def _created(self, table: Table, wanted: Mapping[str, pl.DataType | type[pl.DataType]]) -> "DeltaTable":
        """The table, new. Raises CommitFailedError if another writer was first."""
        from deltalake import CommitProperties, DeltaTable

        # compacted files keep the bounds by which rows are found; by default only those of the first columns
        indexed = {"delta.dataSkippingStatsColumns": ",".join(table.indexed)} if table.indexed else {}
        return DeltaTable.create(
            self.uri(table),
            _delta_schema(wanted),
            mode="ignore",
            partition_by=list(table.partition_by) or None,
            description=table.description,
            configuration={"delta.checkpointInterval": str(_CHECKPOINT_INTERVAL), **indexed},
            # a second attempt would put this schema in the place of the other writer's
            commit_properties=CommitProperties(max_commit_retries=0),
            storage_options=self.storage_options or None,
        )

    def _widened(self, table: Table, delta: "DeltaTable", wanted: Mapping[str, pl.DataType | type[pl.DataType]]) -> "DeltaTable":
        """The table with every wanted column, whatever the case of its name."""
        from deltalake import DeltaTable
        from deltalake import Field as DeltaField

        known = {f.name.lower() for f in delta.schema().fields}
        new = {name: dtype for name, dtype in wanted.items() if name.lower() not in known}
        if not new:
            return delta
        delta.alter.add_columns([DeltaField(f.name, f.type, nullable=True) for f in _delta_schema(new).fields])
        return DeltaTable(self.uri(table), storage_options=self.storage_options)


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One data file that is not yet part of a table."""

    path: Path
    partition: Mapping[str, str]
    rows: int
    size: int
    stats: dict[str, object]


class StagedFiles:
    """Data files on their way into a table; see `Lake.stage`."""

    def __init__(self, table: Table, schema: pl.Schema, folder: Path) -> None:
        self._table, self._schema, self._folder = table, schema, folder
        self._writers: dict[tuple[str, ...], ParquetWriter] = {}
        self.files: list[StagedFile] = []

    @property
    def rows(self) -> int:
        """Rows in the files so far."""
        return sum(file.rows for file in self.files)

    def sink(self, query: pl.LazyFrame, partition: Mapping[str, str]) -> int:
        """Stream a query into one file; returns its rows. All rows belong to the given partition."""
        path = self._path()
        columns = pl.Schema({n: t for n, t in self._schema.items() if n not in partition})
        _conform(self._table, columns, query, ignore=partition).sink_parquet(
            path, compression="zstd", compression_level=1, statistics=False
        )
        return self._register(path, partition)

    def write(self, frame: pl.DataFrame) -> None:
        """Add rows of any partitions; they are in `files` after `close`."""
        import pyarrow.parquet as pq

        rows = _conform(self._table, self._schema, frame.lazy()).collect()
        keys = list(self._table.partition_by)
        parts = rows.partition_by(keys, as_dict=True, include_key=False) if keys else {(): rows}
        for values, part in parts.items():
            arrow = part.to_arrow(compat_level=pl.CompatLevel.oldest())
            key = tuple(str(v) for v in values)
            if key not in self._writers:
                self._writers[key] = pq.ParquetWriter(self._path(), arrow.schema, compression="zstd", compression_level=1)
            self._writers[key].write_table(arrow)

    def close(self) -> None:
        """Finish the files begun by `write`."""
        for values, writer in self._writers.items():
            writer.close()
            self._register(Path(writer.where), dict(zip(self._table.partition_by, values, strict=True)))
        self._writers.clear()

    def _path(self) -> Path:
        return self._folder / f"{uuid4().hex}.parquet"

    def _register(self, path: Path, partition: Mapping[str, str]) -> int:
        """Note the file with the statistics by which its rows are found again."""
        names = [c.name for c in self._table.columns if c.name in self._table.indexed]
        bounds = pl.scan_parquet(path).select(
            pl.len().alias("rows"),
            *(pl.col(n).min().cast(pl.String).alias(f"min {n}") for n in names),
            *(pl.col(n).max().cast(pl.String).alias(f"max {n}") for n in names),
        ).collect().row(0, named=True)  # fmt: skip
        rows = int(bounds["rows"])
        if not rows:
            return 0
        stats = {
            "numRecords": rows,
            "minValues": {n: bounds[f"min {n}"] for n in names},
            "maxValues": {n: bounds[f"max {n}"] for n in names},
            "nullCount": dict.fromkeys(names, 0),
        }
        self.files.append(StagedFile(path, dict(partition), rows, path.stat().st_size, stats))
        return rows


def _delta_schema(columns: Mapping[str, pl.DataType | type[pl.DataType]]) -> "Schema":
    from deltalake import Schema

    return Schema.from_arrow(pl.DataFrame(schema=dict(columns)).to_arrow(compat_level=pl.CompatLevel.oldest()).schema)


def _schema(delta: "DeltaTable") -> pl.Schema:
    return pl.Schema(pl.scan_delta(delta).collect_schema())


def _holding(delta: "DeltaTable", drop: Mapping[str, Collection[str]]) -> list[dict[str, Any]]:
    """The data files that may hold rows to be dropped, by their statistics; one without may hold any."""
    (column, values), *_ = drop.items()
    actions = pl.DataFrame(delta.get_add_actions(flatten=True))
    if not values or not len(actions):
        return []
    bounds = [f"min.{column}", f"max.{column}"]
    actions = actions.with_columns(pl.lit(None, pl.String).alias(b) for b in bounds if b not in actions.columns)
    wanted = pl.DataFrame({"wanted": sorted(values)})
    low, high = map(pl.col, bounds)
    held = actions.join_where(wanted, low <= pl.col("wanted"), high >= pl.col("wanted"))
    return actions.filter(pl.col("path").is_in(held["path"].implode()) | low.is_null() | high.is_null()).to_dicts()


def _conform(table: Table, schema: pl.Schema, frame: pl.LazyFrame, *, ignore: Collection[str] = ()) -> pl.LazyFrame:
    """The frame with exactly the columns of `schema`; names of open columns are matched whatever their case."""
    spelled = {name.lower(): name for name in schema}
    columns = frame.collect_schema().names()
    sources = {spelled.get(c.lower(), c): c for c in columns if c not in ignore}
    unknown = [c for c in sources if c not in schema]
    if unknown:
        raise BadInput(f"{table.name} has no column {', '.join(unknown)}", "extend its definition")
    return frame.select(
        (pl.col(sources[name]).cast(dtype) if name in sources else pl.lit(None, dtype)).alias(name)
        for name, dtype in schema.items()
    )


def _until_no_conflict(table: Table, write: Callable[[], _Result]) -> _Result:
    from deltalake.exceptions import CommitFailedError

    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return write()
        except CommitFailedError:
            _LOG.info("%s: another writer was first (attempt %s of %s)", table.name, attempt, _ATTEMPTS)
    raise Conflict(f"{table.name}: others kept writing to it", "run this step again when they are done")
