"""Which variants search documents in a deployment: where they lie, what embeds them, and what finds them."""

import dagster as dg

from orchestration.settings import Settings
from orchestration.wiring_of_stores import store_at
from resources.embedding_models.catalogue import KnownModels
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from resources.knowledge_base.interface import KnowledgeBase
from resources.object_store import ObjectStore
from resources.oci.clients import OciClients
from resources.oracle_db.connections import OracleDatabase
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
    """Where documents lie; see `store_at`."""
    return store_at(settings.documents.location, "CLOUDOPS_DOCUMENTS", settings.clouds, clients)


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
    from resources.oracle_db.knowledge_base import OracleKnowledgeBase

    return OracleKnowledgeBase(database=oracle_database(settings))


def oracle_database(settings: Settings) -> OracleDatabase:
    """The Oracle Database that the environment names."""
    return OracleDatabase(
        user=dg.EnvVar("CLOUDOPS_ORACLE_USER"),
        password=dg.EnvVar("CLOUDOPS_ORACLE_PASSWORD"),
        dsn=dg.EnvVar("CLOUDOPS_ORACLE_DSN"),
        wallet_location=settings.documents.oracle_wallet or None,
    )


def search_log(settings: Settings) -> SearchLog:
    """Where searches and votes are written."""
    return SearchLog(root=str(settings.documents.search_log))
