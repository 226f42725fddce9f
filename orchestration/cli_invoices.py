"""Commands of people who look at invoices: `cloudops review`."""

from getpass import getuser
from typing import Annotated

import typer
from rich.text import Text

from orchestration.terminal import console, fail, told_failures

invoices = typer.Typer()


@invoices.command()
def review(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on, on this machine alone.")] = 3031,
    by: Annotated[str, typer.Option(help="Who corrects; the login name if not given.")] = "",
) -> None:
    """Look at invoices that were not accepted: their pages with doubtful fields marked, and corrections saved back."""
    with told_failures():
        from assets.invoices.review import Review
        from orchestration.review_server import serve
        from orchestration.settings import current_settings
        from orchestration.wiring import lake_of, oci_clients
        from orchestration.wiring_of_invoices import invoices_store
        from resources.clock import Clock

        settings = current_settings()
        store = invoices_store(settings, oci_clients(settings.clouds))
        person = by or _login()
        if not person:
            fail("this machine does not say who you are: name yourself with [bold]--by[/bold]")
            return
        console.print(Text(f"Review page: http://127.0.0.1:{port}   Ctrl-C ends it."))
        serve(Review(lake_of(settings), Clock()), store, by=person, port=port)


def _login() -> str | None:
    """The login name; None where the user has none, as in many containers."""
    try:
        return getuser()
    except (KeyError, OSError):
        return None
