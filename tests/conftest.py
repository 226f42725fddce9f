"""What tests share: an environment that is nobody's own, and skips that are failures where everything is installed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from sandbox.aws_lambda_server import Served

_ALLOWED_SKIPS = ("live:",)

# a machine that is busy makes single examples slow, which says nothing of the code; pytest's own timeout ends what hangs
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")


for _name in ("COLUMNS", "LINES"):  # a worker of the suite has those of a terminal, and would keep them for its console
    os.environ.pop(_name, None)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the developer's deployment, credentials or Dagster home."""
    for name in list(os.environ):
        if name.startswith(("CLOUDOPS_", "AWS_", "OCI_", "DAGSTER_")) and name not in ("CLOUDOPS_DATA", "CLOUDOPS_NO_SKIP"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CLOUDOPS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")


@pytest.fixture(autouse=True, scope="session")
def _instances_without_migrations() -> Iterator[None]:
    """Instances of Dagster in memory, which most runs here make, are not marked as migrated.

    For the mark all migrations are read, which takes five times as long as the rest; what is in memory is never migrated.
    """
    from dagster._core.storage.event_log import in_memory as event_log
    from dagster._core.storage.runs import in_memory as runs

    with pytest.MonkeyPatch.context() as patched:
        for storage in (event_log, runs):
            patched.setattr(storage, "stamp_alembic_rev", lambda *_: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _steps_that_are_repeated_at_once() -> Iterator[None]:
    """Dagster waits between the tries of a step that asks for another; here nothing is better for it."""
    from assets import failures

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(failures, "_SECONDS", 0)
        yield


@pytest.fixture
def data_folder() -> Path:
    """The folder of real files by others; skips where it is absent."""
    folder = os.environ.get("CLOUDOPS_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("data: set CLOUDOPS_DATA to a folder of real billing files")
    return Path(folder)


@pytest.fixture(scope="session")
def _lambda_server() -> Iterator["Served"]:
    from sandbox.aws_lambda_server import served

    with served() as aws:
        yield aws


@pytest.fixture
def aws_lambda(_lambda_server: "Served") -> "Served":
    """The embedded AWS with its Lambda over HTTP, empty and without faults; `aws_lambda.client("lambda")` is the SDK's."""
    _lambda_server.reset()
    return _lambda_server


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where CLOUDOPS_NO_SKIP is set, a skip for want of a package fails: a machine that should have it does not."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if os.environ.get("CLOUDOPS_NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        data_absent = "CLOUDOPS_DATA" in reason and not os.environ.get("CLOUDOPS_DATA")
        if not data_absent and not any(word in reason for word in _ALLOWED_SKIPS):
            report.outcome = "failed"
            report.longrepr = f"skipped where nothing may be skipped: {reason}"
