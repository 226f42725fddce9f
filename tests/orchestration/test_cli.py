"""The command line as users meet it: a process in a folder, its words, its exit code, and what it leaves behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.finops import tables
from orchestration.recovery import alone
from resources.lake import Lake
from tests.billing_files import deliver, focus_csv, focus_row
from tests.small_bills import deliver_two_days, focus_bill, oci_bill, rows

PROJECT = Path(__file__).parents[2]
START = date(2025, 11, 1)
MOMENTS = (
    "lake/finops/billing_file_totals/_delta_log/*1.json",
    "lake/finops/billing_files/_delta_log/*1.json",
    "lake/_staging/write-*/*.parquet",
    "lake/finops/cost_and_usage/_delta_log/*1.json",
    "lake/finops/daily_costs/_delta_log/*1.json",
)
"""Files whose appearance means that a run has got so far, in order."""


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of that size at the folder; skips where mounting is not permitted."""
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("live: needs the right to mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


class Shell:
    """A working folder in which commands are run; their state lands there as well."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder

    def start(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("CLOUDOPS_", "DAGSTER_HOME"))}
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", *map(str, arguments)],
            cwd=self.folder,
            env={**environment, "PYTHONPATH": str(PROJECT), "COLUMNS": "300"},
            text=True,
            start_new_session=True,
            **options,
        )

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """Everything that the command says; it must end with the given code."""
        with self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                said, _ = process.communicate(timeout=120)
            finally:
                process.kill()
        assert process.returncode == code, said
        return " ".join(said.split())

    def kill_when(self, moment: str, *arguments: str | Path) -> None:
        """Start a command and kill it, without any chance to tidy up, as soon as a file of that name is in its state."""
        with self.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            give_up = time.monotonic() + 60
            while process.poll() is None and not any(self.home.glob(moment)) and time.monotonic() < give_up:
                time.sleep(0.002)
            assert process.poll() is None, f"ended before {moment}"
            assert time.monotonic() < give_up, f"never got to {moment}"
            os.killpg(process.pid, signal.SIGKILL)

    @property
    def home(self) -> Path:
        """State of the one deployment in this folder."""
        return next(self.folder.glob(".cloudops/*"), self.folder / "none yet")

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        lake = Lake(root=str(self.home / "lake"))
        return {table.name: rows(lake, table) for table in tables.TABLES}


@pytest.fixture
def shell(tmp_path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def bills(tmp_path_factory) -> Path:
    """Twenty files over sixty days, with one record that cannot be read."""
    root = tmp_path_factory.mktemp("bills")
    days = [START + timedelta(days=n) for n in range(60)]
    for n in range(10):
        charged = days[6 * n : 6 * n + 6]
        deliver(root, f"aws/{n}.csv", focus_bill(*((day, currency, f"{n}.25") for day in charged for currency in ("USD", "GBP"))))
        deliver(root, f"oci/{n}.csv", oci_bill(*((day, f"{n}.0{day.day:02}") for day in charged)))
    deliver(root, "odd.csv", focus_csv(focus_row(BilledCost="1,5"), focus_row(BilledCost="2")))
    return root


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, bills) -> tuple[Shell, str]:
    """A first run that nothing disturbed, and what it said: one file is named, and its folder is taken."""
    shell = Shell(tmp_path_factory.mktemp("undisturbed"))
    return shell, shell.run("ingest", bills / "odd.csv")


def test_help_teaches_where_to_start(shell):
    said = shell.run("--help")

    assert "Start with cloudops run" in said
    assert "--data FOLDER" in said
    assert all(f" {command} " in said for command in ("run", "ingest", "backfill", "report", "dev"))


def test_a_folder_that_is_missing_is_answered_with_advice(shell):
    said = shell.run("run", "--data", "missing", code=2)

    assert "missing is not a folder" in said
    assert "e.g. --data" in said


def test_a_file_that_is_no_bill_is_refused_with_what_was_expected(shell):
    (shell.folder / "notes.txt").write_text("nothing about money")

    said = shell.run("ingest", "notes.txt", code=2)

    assert "notes.txt is refused: not billing data" in said
    assert "BilledCost, BillingCurrency, ChargePeriodStart" in said
    assert not (shell.folder / ".cloudops").exists()


def test_days_in_the_wrong_order_are_refused(shell):
    assert "is before the first" in shell.run("backfill", "2026-01-05", "2026-01-04", code=2)


def test_there_is_no_report_on_an_empty_lake(shell, tmp_path):
    deliver_two_days(tmp_path / "some")

    assert "nothing to report on yet" in shell.run("report", "--data", "some", code=2)


def test_a_used_port_is_named_and_nothing_is_started(shell):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = shell.run("dev", "--port", str(port), code=2)

    assert f"port {port} is in use" in said
    assert not (shell.folder / ".cloudops").exists()


def test_a_run_says_what_it_stored_and_what_to_look_at(undisturbed):
    shell, said = undisturbed

    assert "21 in force; 0 refused, 0 ignored" in said
    assert "31 sums of files and currencies, 31 exact to the last digit; 1 records in quarantine" in said
    assert "check to look at: finops/cost_and_usage: no_record_is_in_quarantine" in said
    assert (shell.home / "reports" / "finops" / "report.html").stat().st_size > 10_000


def test_a_second_run_finds_nothing_to_do_and_succeeds(undisturbed, bills):
    shell, _ = undisturbed
    before = shell.tables()

    said = shell.run("ingest", bills)

    assert "Ranges of days brought up to date: 0" in said
    assert shell.tables() == before


def test_sixty_days_are_materialized_again_in_one_command_and_one_run(undisturbed, bills):
    shell, _ = undisturbed
    before = shell.tables()

    said = shell.run("backfill", START, START + timedelta(days=59), "--data", bills)

    assert "60 days materialized in 1 run." in said
    assert shell.tables() == before


def test_days_are_materialized_again_in_a_run_each_if_asked(undisturbed, bills):
    shell, _ = undisturbed
    before = shell.tables()

    said = shell.run("backfill", START, START + timedelta(days=2), "--a-run-a-day", "--data", bills)

    assert "3 days materialized in 3 runs." in said
    assert shell.tables() == before


def test_two_commands_do_not_work_on_one_deployment_at_a_time(undisturbed, bills):
    shell, _ = undisturbed

    with alone(shell.home):
        said = shell.run("run", "--data", bills, code=1)

    assert "another command is working" in said
    assert "wait until it has ended" in said


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_tables(shell, undisturbed, bills):
    for moment in MOMENTS:
        shell.kill_when(moment, "run", "--data", bills)

    shell.run("run", "--data", bills)

    expected = undisturbed[0].tables()
    for name, found in shell.tables().items():
        assert found == expected[name], name


def test_a_full_disk_is_told_in_words_and_with_more_space_the_run_succeeds(tmp_path):
    bills, disk = tmp_path / "few", tmp_path / "disk"
    deliver_two_days(bills)
    deliver(bills, "cut.csv.gz", b"\x1f\x8b no more")

    with small_disk(disk, "600k"):
        shell = Shell(disk)
        full = shell.run("run", "--data", bills, code=1)
        subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
        later = shell.run("run", "--data", bills)

    assert "Is the disk full" in full
    assert "Traceback" not in full
    assert "3 exact to the last digit" in later
    assert "refused cut.csv.gz" in later
    assert "check to look at: finops/billing_files: every_billing_file_is_understood" in later
