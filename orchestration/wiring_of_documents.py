"""Which variants search documents in a deployment: where they lie, what embeds them, and what finds them."""

from urllib.parse import urlsplit

import dagster as dg

from orchestration.settings import Settings
from resources.embedding_models.catalogue import KnownModels
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from resources.knowledge_base.interface import KnowledgeBase
from resources.object_store import LocalObjectStore, NotConfigured, ObjectStore
from resources.oci.clients import OciClients
from resources.oci.object_storage import OciObjectStore
from resources.search_log import SearchLog

ORACLE = "oracle"
"""The setting of a knowledge base in an Oracle Database."""


def document_resources(settings: Settings, clients: OciClients) -> dict[str, object]:
    """Resources of the documents system by the name that assets and jobs use."""
    return {
        "documents_store": documents_store(settings, clients),
        "embedding_models": embedding_models(settings, clients),
        "knowledge_base": knowledge_base(settings),
        "search_log": search_log(settings),
    }


def documents_store(settings: Settings, clients: OciClients) -> ObjectStore:
    """Where documents lie: a folder, a bucket of S3, or one of OCI Object Storage.

    Raises:
        ValueError: The location is of another kind.
    """
    location = settings.documents.location
    if not location:
        return NotConfigured(advice="Set CLOUDOPS_DOCUMENTS to a folder, s3://bucket/prefix or oci://bucket/prefix.")
    place = urlsplit(location)
    if place.scheme == "s3":
        from resources.aws.s3 import S3ObjectStore

        endpoint = settings.clouds.aws_endpoint or None
        return S3ObjectStore(bucket=place.netloc, prefix=place.path.strip("/"), endpoint_url=endpoint)
    if place.scheme == "oci":
        return OciObjectStore(clients=clients, bucket=place.netloc, prefix=place.path.strip("/"))
    if "://" in location:
        raise ValueError(f"CLOUDOPS_DOCUMENTS={location!r}; expected a folder, s3://bucket/prefix or oci://bucket/prefix")
    return LocalObjectStore(root=location, read_only=True)


def embedding_models(settings: Settings, clients: OciClients) -> KnownModels:
    """All embedding models, and which one a new knowledge base begins with."""
    documents = settings.documents
    return KnownModels(
        first=documents.embedding_model,
        cache=str(documents.model_cache),
        clients=clients if documents.oci_compartment else None,
        compartment=documents.oci_compartment,
    )


def knowledge_base(settings: Settings) -> KnowledgeBase:
    """The knowledge base: a folder, or an Oracle Database."""
    if settings.documents.knowledge_base != ORACLE:
        return EmbeddedKnowledgeBase(root=settings.documents.knowledge_base)
    from resources.oracle_db.connections import OracleDatabase
    from resources.oracle_db.knowledge_base import OracleKnowledgeBase

    database = OracleDatabase(
        user=dg.EnvVar("CLOUDOPS_ORACLE_USER"),
        password=dg.EnvVar("CLOUDOPS_ORACLE_PASSWORD"),
        dsn=dg.EnvVar("CLOUDOPS_ORACLE_DSN"),
        wallet_location=settings.documents.oracle_wallet or None,
    )
    return OracleKnowledgeBase(database=database)


def search_log(settings: Settings) -> SearchLog:
    """Where searches and votes are written."""
    return SearchLog(root=str(settings.documents.search_log))
