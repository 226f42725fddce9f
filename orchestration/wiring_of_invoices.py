"""Which variants read invoices in a deployment: where they arrive, and what reads them."""

from orchestration.settings import Settings
from orchestration.wiring_of_stores import store_at
from resources.document_ai.interface import DocumentAI
from resources.document_ai.local import LocalDocumentAI
from resources.object_store import ObjectStore
from resources.oci.clients import OciClients


def invoice_resources(settings: Settings, clients: OciClients) -> dict[str, object]:
    """Resources of the invoices system by the name that assets and jobs use."""
    return {"invoices_store": invoices_store(settings, clients), "document_ai": document_ai(settings)}


def invoices_store(settings: Settings, clients: OciClients) -> ObjectStore:
    """Where invoices arrive; see `store_at`."""
    return store_at(settings.invoices.location, "CLOUDOPS_INVOICES", settings.clouds, clients)


def document_ai(settings: Settings) -> DocumentAI:
    """The engine that reads pages.

    Raises:
        ValueError: It is not there in this deployment.
    """
    if settings.invoices.document_ai == "oci":
        raise ValueError("CLOUDOPS_DOCUMENT_AI=oci is not wired yet")
    return LocalDocumentAI()
