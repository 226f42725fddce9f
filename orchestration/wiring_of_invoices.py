"""Which variants read invoices in a deployment: where they arrive, and what reads them."""

import dagster as dg

from assets.invoices.local_payment_models import LocalPaymentModels
from orchestration.settings import Settings
from orchestration.wiring_of_documents import oracle_database
from orchestration.wiring_of_stores import store_at
from resources.aws.s3 import S3ObjectStore
from resources.clock import Clock
from resources.document_ai.interface import DocumentAI
from resources.document_ai.local import LocalDocumentAI
from resources.lake import Lake
from resources.language.interface import LanguageAI
from resources.language.local import LocalLanguage
from resources.message_stream import MessageStream, NotConfigured
from resources.metrics_sink import LakeMetrics, MetricsSink
from resources.object_store import LocalObjectStore, ObjectStore
from resources.oci.clients import OciClients
from resources.payment_models.interface import PaymentModels


def invoice_resources(settings: Settings, clients: OciClients, lake: Lake) -> dict[str, object]:
    """Resources of the invoices system by the name that assets and jobs use."""
    return {
        "invoices_store": invoices_store(settings, clients),
        "document_ai": document_ai(settings, clients),
        "language_ai": language_ai(settings, clients),
        "payment_models": payment_models(settings),
        "invoice_stream": invoice_stream(settings, clients),
        "metrics_sink": metrics_sink(settings, clients, lake),
    }


def invoices_store(settings: Settings, clients: OciClients) -> ObjectStore:
    """Where invoices arrive; see `store_at`."""
    return store_at(settings.invoices.location, "CLOUDOPS_INVOICES", settings.clouds, clients)


def document_ai(settings: Settings, clients: OciClients) -> DocumentAI:
    """The engine that reads pages: this machine, or OCI Document Understanding."""
    if settings.invoices.document_ai == "local":
        return LocalDocumentAI()
    from resources.oci.document_understanding import OciDocumentAI

    return OciDocumentAI(
        clients=clients, compartment_id=settings.documents.oci_compartment, bucket=settings.invoices.document_ai_bucket
    )


def language_ai(settings: Settings, clients: OciClients) -> LanguageAI:
    """What understands texts: this machine, or OCI Language."""
    if settings.invoices.language_ai == "local":
        return LocalLanguage()
    from resources.oci.language import OciLanguage

    return OciLanguage(clients=clients, compartment_id=settings.documents.oci_compartment)


def invoice_stream(settings: Settings, clients: OciClients) -> MessageStream:
    """The stream that tells of arrivals, if one is named."""
    if not settings.invoices.stream:
        return NotConfigured(advice="Set CLOUDOPS_INVOICE_STREAM to the OCID of a stream of OCI Streaming.")
    from resources.oci.streaming import OciStream

    return OciStream(clients=clients, stream_id=settings.invoices.stream)


def metrics_sink(settings: Settings, clients: OciClients, lake: Lake) -> MetricsSink:
    """Where measurements of the product itself go: OCI Monitoring where a compartment is named for them, else the lake."""
    if settings.is_local or not settings.invoices.metrics_compartment:
        return LakeMetrics(lake=lake)
    from resources.oci.metrics_sink import OciMetrics

    return OciMetrics(clients=clients, clock=Clock(), compartment_id=settings.invoices.metrics_compartment)


def payment_models(settings: Settings) -> PaymentModels:
    """Where payment models are kept and learnt: in this process, or in the Oracle Database of the knowledge base."""
    if settings.invoices.payment_models == "oracle":
        from resources.oracle_db.payment_models import OraclePaymentModels

        return OraclePaymentModels(database=oracle_database(settings))
    if settings.is_local:
        return LocalPaymentModels(store=LocalObjectStore(root=str(settings.home / "payment_models")))
    store = S3ObjectStore(bucket=dg.EnvVar("CLOUDOPS_REPORT_BUCKET"), region=dg.EnvVar("CLOUDOPS_REGION"))
    return LocalPaymentModels(store=store, prefix="models/payments")
