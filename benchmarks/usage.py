"""Claim: billing files are read exactly, at a speed near that of a plain copy to Parquet, in flat memory."""

import argparse
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import polars as pl

from assets.finops import tables
from assets.finops.intake.inventory import take_inventory
from assets.finops.intake.storing import store_lines
from assets.finops.logic.conservation import by_currency, money_text
from assets.finops.tie_out import prove
from benchmarks.measure import alternating, middle
from benchmarks.outcome import Target, finish
from resources.lake import Lake
from resources.object_store import LocalObjectStore

_EVER = (date(1900, 1, 1), date(2999, 12, 31))
_INTAKE = """
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import rmtree
from assets.finops.intake.inventory import take_inventory
from assets.finops.intake.storing import store_lines
from assets.finops.tie_out import prove
from resources.lake import Lake
from resources.object_store import LocalObjectStore

folder, lake_root = argv
rmtree(lake_root, ignore_errors=True)
store, lake = LocalObjectStore(root=folder, read_only=True), Lake(root=lake_root)

def work():
    take_inventory(store, lake, datetime.now(UTC))
    stored = store_lines(store, lake, (date(1900, 1, 1), date(2999, 12, 31)))
    assert stored.rows, "nothing stored"
    assert not len(prove(lake).differences), "does not tie out"
"""
_COPY = """
import polars as pl

source, target = argv

def work():
    pl.scan_csv(source).sink_parquet(target)
"""


def main(argv: list[str]) -> int:
    """`--data DIR` reads every file below a folder; `--rows N` times a generated file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks usage", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, help="folder with billing files; others are listed as ignored")
    what.add_argument("--rows", type=int, help="rows of a generated FOCUS CSV.gz")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args(argv)
    if arguments.data:
        return _files(arguments.data)
    return _speed(arguments.rows, arguments.repeats)


def _files(folder: Path) -> int:
    """Every file in a lake of its own, so that none hides another; then the stated result of each."""
    store = LocalObjectStore(root=str(folder), read_only=True)
    with TemporaryDirectory(prefix="cloudops-bench-") as scratch:
        inventory = take_inventory(store, Lake(root=f"{scratch}/inventory"), datetime.now(UTC)).files
        files = [
            _one(store, f"{scratch}/{n}", row) for n, row in enumerate(inventory.sort("x_source_file").iter_rows(named=True))
        ]
    shown = [f for f in files if f["result"] != "ignored"]
    for file in shown:
        print(f"{file['result']:8} {file['file']}  {file['format']}  {file['stored_total'] or file['reason']}")
    billing = [f for f in shown if f["result"] in ("stored", "partly")]
    metrics = {
        "billing_files": len(billing),
        "rows_read": sum(int(str(f["rows_read"])) for f in billing),
        "rows_stored": sum(int(str(f["rows_stored"])) for f in billing),
        "rows_quarantined": sum(int(str(f["rows_quarantined"])) for f in billing),
        "refused": sum(f["result"] == "refused" for f in shown),
        "ignored": sum(f["result"] == "ignored" for f in files),
        "all_exact": all(bool(f["exact"]) for f in billing),
        "files": files,
    }
    return finish("usage", metrics, {"all_exact": Target(equals=True)})


def _one(store: LocalObjectStore, lake_root: str, row: dict[str, object]) -> dict[str, object]:
    key = str(row["x_source_file"])
    stated = {"file": key, "format": row["format"], "reason": row["reason"]}
    nothing = {
        "rows_read": 0, "rows_stored": 0, "rows_quarantined": 0, "source_total": {}, "stored_total": {}, "quarantined_total": {},
    }  # fmt: skip
    if row["result"] != "billing":
        result = "refused" if row["result"] == "refused" else "ignored"
        return {**stated, "result": result, **nothing, "exact": None}
    lake = Lake(root=lake_root)
    take_inventory(store, lake, datetime.now(UTC), keys=[key.partition("!/")[0]])
    _leave_only(lake, key)
    store_lines(store, lake, _EVER)
    proof = prove(lake)
    quarantined = int(proof.quarantined["rows"].sum())
    return {
        **stated,
        "result": "partly" if quarantined else "stored",
        "final": row["final"],
        "rows_read": int(proof.control["rows"].sum()),
        "rows_stored": int(proof.stored["rows"].sum()),
        "rows_quarantined": quarantined,
        "source_total": money_text(by_currency(proof.control)),
        "stored_total": money_text(by_currency(proof.stored)),
        "quarantined_total": money_text(by_currency(proof.quarantined)),
        "exact": not len(proof.differences),
    }


def _leave_only(lake: Lake, key: str) -> None:
    """Of an archive, this member alone: put into force whatever the others say."""
    ledger = lake.scan(tables.BILLING_FILES).collect()
    only = ledger.filter(pl.col("x_source_file") == key).with_columns(state=pl.lit("in force"))
    lake.replace(tables.BILLING_FILES, only, where=None)


def _speed(rows: int, repeats: int) -> int:
    with TemporaryDirectory(prefix="cloudops-bench-") as scratch:
        whole, quarter = _generated(Path(scratch), rows), _generated(Path(scratch), rows // 4)
        lake = f"{scratch}/lake"
        works = [
            (_INTAKE, str(whole.parent), lake),
            (_COPY, str(whole), f"{scratch}/copy.parquet"),
            (_INTAKE, str(quarter.parent), lake),
        ]
        ours, copies, quarters = alternating(works, repeats)
    metrics = {
        "seconds_ratio_vs_polars": median(a.seconds / b.seconds for a, b in zip(ours, copies, strict=True)),
        "peak_mb": middle(ours).peak_mb,
        "peak_ratio_vs_quarter": middle(ours).peak_mb / middle(quarters).peak_mb,
        "growth_ratio": median(a.seconds / (4 * b.seconds) for a, b in zip(ours, quarters, strict=True)),
        "rows_per_second": rows / middle(ours).seconds,
        "seconds": middle(ours).seconds,
        "polars_seconds": middle(copies).seconds,
    }
    targets = {
        "seconds_ratio_vs_polars": Target(at_most=2),
        "peak_mb": Target(at_most=1500),
        "peak_ratio_vs_quarter": Target(at_most=1.5),
        "growth_ratio": Target(at_most=1.2),
    }
    return finish("usage", metrics, targets)


def _generated(scratch: Path, rows: int) -> Path:
    folder = scratch / f"rows-{rows}"
    folder.mkdir()
    file = folder / "export.csv.gz"
    subprocess.run([sys.executable, "-m", "sandbox.big_file", "--rows", str(rows), "--out", str(file)], check=True)
    return file
