"""The command line: `cloudops run`, `ingest`, `backfill`, `report`, `dev`; the rest is in `cli_*` beside it."""

import logging
import signal
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from orchestration.cli_actions import approvals
from orchestration.cli_decisions import decisions
from orchestration.cli_doctor import doctors
from orchestration.cli_documents import documents
from orchestration.cli_drills import drills
from orchestration.cli_invoices import invoices
from orchestration.cli_layers import layers
from orchestration.cli_policies import policies
from orchestration.terminal import Data, console, fail, told_failures

# single-run backfills are marked beta: no other way exists, and users cannot act on it
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`")

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Cloud operations on OCI and AWS: your bills in FOCUS form, tied out to the last digit.

Start with [bold]cloudops run[/bold]: it makes a demo company's bills and takes them through to the report. Then give it your own:
[bold]cloudops run --data FOLDER[/bold]. Nothing leaves this machine.""",
)
app.add_typer(decisions)
app.add_typer(approvals)
app.add_typer(doctors)
app.add_typer(documents)
app.add_typer(invoices)
app.add_typer(policies, name="policies")
app.add_typer(drills, name="drill")
app.add_typer(layers, name="layer")
WORKSPACE = Path(__file__).parent.parent / "workspace.yaml"


@app.command()
def run(
    data: Data = None,
    again: Annotated[bool, typer.Option("--again", help="Read every file anew, though it did not change.")] = False,
) -> None:
    """Inspect billing files, bring the days they change up to date, write the report.

    A repeat reads only what is new. A run that was killed is taken up where it was: the tables are the same in the end.
    """
    _check_folder(data)
    from orchestration import embedded

    started = time.monotonic()
    with told_failures(), _progress() as progress:
        place = embedded.prepare(data)
        task = progress.add_task("Starting", total=None)
        with embedded.clouds(place, demo=data is None):

            def step(what: str) -> None:
                progress.update(task, description=what, total=None, completed=0)

            summary = embedded.run_finops(again, step)
            if data is None:
                summary.checks_failed.extend(embedded.run_documents(step))
                summary.checks_failed.extend(embedded.run_invoices(step))
                summary.checks_failed.extend(embedded.run_fleet(step))
                summary.checks_failed.extend(embedded.run_layers(step))
    _summarise(place, summary, time.monotonic() - started)


@app.command()
def ingest(
    path: Annotated[Path, typer.Argument(help="Folder with billing files, or one file.")],
    again: Annotated[bool, typer.Option("--again", help="Read every file anew, though it did not change.")] = False,
) -> None:
    """Bring the billing files of a folder into the lake; the same as [bold]run --data[/bold].

    One file is refused with what was expected if it is not billing data; in a folder, such files are listed as ignored.
    """
    if path.is_file():
        _refuse_unless_billing(path)
        path = path.parent
    run(path, again)


@app.command()
def backfill(
    first: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Last day, inclusive.")],
    data: Data = None,
    a_run_a_day: Annotated[bool, typer.Option("--a-run-a-day", help="One run per day instead of one over the range.")] = False,
) -> None:
    """Materialize the days from FIRST to LAST again, from charge lines to costs per day."""
    _check_folder(data)
    if last < first:
        fail(f"the last day {last:%Y-%m-%d} is before the first {first:%Y-%m-%d}")
    from orchestration import embedded

    with told_failures(), _progress() as progress:
        place = embedded.prepare(data)
        task = progress.add_task("Starting", total=None)
        with embedded.clouds(place, demo=data is None):
            runs = embedded.backfill(
                first.date(),
                last.date(),
                a_run_a_day=a_run_a_day,
                step=lambda what: progress.update(task, description=what, total=None, completed=0),
            )
    console.print(f"{(last - first).days + 1} days materialized in {runs} run{'s' if runs > 1 else ''}.")


@app.command()
def report(
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Also write it there, with its rows in report-data/ beside it.")
    ] = None,
) -> None:
    """Write the FinOps report from what the lake holds, without reading any bill."""
    _check_folder(data)
    from orchestration import embedded

    with told_failures():
        place = embedded.prepare(data)
        if not (place.home / "lake").exists():
            fail("there is nothing to report on yet: use [bold]cloudops run[/bold] first")
        target = embedded.write_report(out)
    console.print(f"Report: [bold]{target}[/bold]")


@app.command()
def dev(
    data: Data = None,
    port: Annotated[int, typer.Option(help="Port of the UI.")] = 3000,
    sandbox_port: Annotated[int, typer.Option(help="Port of the embedded AWS; the Oracle cloud has the next one.")] = 5555,
) -> None:
    """Start the Dagster UI on this machine, with schedules and sensors, and for the demo both clouds; Ctrl-C ends all."""
    _check_folder(data)
    from orchestration import embedded, embedded_clouds

    if data is None and not embedded_clouds.are_there():
        fail("the embedded clouds are not installed: use [bold]make dev[/bold], which installs them")
    for number in (port, *((sandbox_port, sandbox_port + 1) if data is None else ())):
        _refuse_used_port(number)
    with told_failures():
        place = embedded.prepare(data)
    ui = [sys.executable, "-m", "dagster", "dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)]
    console.print(f"Dagster UI: [bold]http://127.0.0.1:{port}[/bold]   state: {place.home}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts us in the background has it ignored
    code = 0
    clouds = embedded.clouds(place, demo=data is None, port=sandbox_port)
    with suppress(KeyboardInterrupt), clouds, embedded.processes(ui) as (web,):
        code = web.wait()
    raise typer.Exit(code)


def _summarise(place: "embedded.Embedded", summary: "embedded.Summary", seconds: float) -> None:  # type: ignore[name-defined] # noqa: F821
    from orchestration.summary import documents, done_in_the_clouds, models, planted, stored
    from orchestration.summary_of_fleet import fleet
    from orchestration.summary_of_invoices import invoices
    from orchestration.summary_of_layers import layers
    from resources.clock import Clock
    from resources.lake import Lake

    lake = Lake(root=str(place.home / "lake"))
    stored(lake)
    models(lake)
    planted(lake, place.home)
    done_in_the_clouds(lake, summary.started)
    documents(lake)
    invoices(lake)
    fleet(lake, place.home / "reports")
    layers(lake, place.home / "reports", Clock().now())
    console.print(f"Ranges of days brought up to date: {len(summary.days)}.")
    for check in dict.fromkeys(summary.checks_failed):
        console.print(f"  check to look at: {check}")
    console.print(f"Report: [bold]{summary.report}[/bold]")
    console.print(f"Lake:   {place.home / 'lake'}   inputs: {place.inputs_root}   (took {seconds:.0f} s)")


def _check_folder(data: Path | None) -> None:
    if data is not None and not data.is_dir():
        fail(f"{data} is not a folder. Give the folder that holds your billing files, e.g. --data ~/bills")


def _refuse_unless_billing(path: Path) -> None:
    from assets.finops.logic.formats.recognise import EXPECTED, recognise, refusal
    from assets.finops.logic.reading import DamagedFile, peek

    try:
        look = peek(path)
    except DamagedFile as error:
        fail(f"{path} {error}")
        return
    if look.kind not in ("archive", "json") and recognise(look.header) is None:
        fail(f"{path} is refused: {refusal(look.header) or f'not billing data. Expected one of: {EXPECTED}'}")


def _refuse_used_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            fail(f"port {port} is in use: end what uses it, or give another one (see cloudops dev --help)")


class _Bar(logging.Handler):
    """Shows progress records of the product in a bar."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress
        self._task = progress.add_task("", total=1, visible=False)

    def emit(self, record: logging.LogRecord) -> None:
        done, total, what = getattr(record, "done", 0), getattr(record, "total", 1), getattr(record, "what", "")
        self._progress.update(self._task, completed=done, total=total, description=f"  {what[-70:]}", visible=done + 1 < total)


@contextmanager
def _progress() -> Iterator[Progress]:
    from assets.progress import PROGRESS_LOGGER

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        logger = logging.getLogger(PROGRESS_LOGGER)
        handler = _Bar(progress)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        try:
            yield progress
        finally:
            logger.removeHandler(handler)


if __name__ == "__main__":
    app()
