"""What all commands share: where they write, the folder they work on, and how failures are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column

console = Console()

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="DATA",
        help="Folder with billing files: FOCUS, AWS CUR, OCI cost reports, Azure exports, as CSV, gz, Parquet or in archives. "
        "Files are recognised by their content. Without it, the demo's.",
    ),
]


def whole_id() -> Column:
    """A column of ids, which people copy: never cut, however narrow the terminal. A table keeps its cells in it."""
    return Column("id", no_wrap=True, overflow="ignore", min_width=16)


def fail(message: str) -> None:
    """Say what is wrong with what was asked for, and end with code 2."""
    console.print(f"[red]{message}[/red]", highlight=False)
    raise typer.Exit(2)


@contextmanager
def told_failures() -> Iterator[None]:
    """Failures that we understand are told in words, without a traceback."""
    from sqlalchemy.exc import OperationalError

    from orchestration.embedded import RunFailed
    from resources.errors import CloudOpsError

    try:
        yield
    except (RunFailed, CloudOpsError) as error:
        console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
        raise typer.Exit(1) from None
    except (OSError, OperationalError) as error:  # the latter is Dagster's, of its SQLite files
        reason = error.orig if isinstance(error, OperationalError) else error
        console.print(f"[red]{escape(str(reason))}[/red]\nIs the disk full, or the folder not writable?", highlight=False)
        raise typer.Exit(1) from None
