"""Lakes with invoices that were really read, from files made for the test."""

from dataclasses import replace
from pathlib import Path

from assets.invoices.in_force import Brought, bring_up_to_date
from assets.invoices.intake import TakenIn, take_in
from assets.invoices.reading import InvoiceReader
from assets.invoices.review_queue import write_queue
from assets.progress import silent
from resources.clock import Clock
from resources.document_ai.interface import DocumentAI, Limits
from resources.document_ai.local import LocalDocumentAI
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from sandbox.invoices.companies import KRAEMER
from sandbox.invoices.demo import brochures, office_supplies
from sandbox.invoices.paper import pdf

CLOCK = Clock(fixed_at="2026-11-02T09:00:00Z")
SCRIPT = "<script>document.title='owned'</script>"
IMAGE = "<img src=x onerror=alert(1)>"


def hostile():
    """An invoice whose texts are markup."""
    seller = replace(KRAEMER, name=f"Krämer {IMAGE} GmbH")
    written = office_supplies()
    return replace(written, seller=seller, order=SCRIPT, terms=f"30 days {IMAGE}")


def files(folder: Path) -> Path:
    """A folder with three invoices: German, English, hostile."""
    from datetime import date

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nordlicht.pdf").write_bytes(pdf([brochures("2026-0711", date(2026, 8, 3), 1500)], "letter"))
    (folder / "harbour.pdf").write_bytes(pdf([office_supplies()], "boxes"))
    (folder / "hostile.pdf").write_bytes(pdf([hostile()], "boxes"))
    return folder


def read_all(
    folder: Path, lake: Lake, engine: DocumentAI | None = None, *, clock: Clock = CLOCK, **asked
) -> tuple[TakenIn, Brought]:
    """Read a folder into a lake, as the assets do."""
    store = LocalObjectStore(root=str(folder), read_only=True)
    limits = asked.pop("limits", Limits())
    with InvoiceReader(engine or LocalDocumentAI(), lake, clock, limits) as reader:
        taken = take_in(store, reader, lake, clock.now(), silent, limits=limits, **{"keys": None, **asked})
    brought = bring_up_to_date(lake, clock)
    write_queue(lake)
    return taken, brought
