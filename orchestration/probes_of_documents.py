"""What `cloudops doctor` asks of documents and invoices: whether they can be read, and documents embedded and found."""

from orchestration.doctor import Answer
from orchestration.probes_of_stores import reading
from resources.embeddings import EmbeddingModels
from resources.knowledge_base.interface import KnowledgeBase
from resources.object_store import NotConfigured, ObjectStore
from resources.search_log import SearchLog

_TRIAL = "What happens when a laptop is lost?"


def reading_if_named(store: ObjectStore) -> Answer:
    """Whether what arrives in a store can be listed and read, if a place is named at all.

    Raises:
        CloudOpsError: It cannot.
    """
    if isinstance(store, NotConfigured):
        return Answer("no place is named", "not configured", store.advice)
    return reading(store)


def embedding(models: EmbeddingModels) -> Answer:
    """Whether the configured model is there and makes vectors.

    Raises:
        CloudOpsError: It is not, or does not.
    """
    embedder = models.load(models.default)
    embedder.embed_query(_TRIAL)
    model = embedder.model()
    return Answer(f"{model.version} makes vectors of {model.dimensions} dimensions")


def finding(base: KnowledgeBase) -> Answer:
    """Whether a generation answers.

    Raises:
        CloudOpsError: The knowledge base cannot be read.
    """
    live = base.live()
    if live is None:
        return Answer("there is nothing to search yet", "not configured", "Run the job documents_refresh.")
    return Answer(f"{live.generation_id} answers with {live.rows:,} passages of {live.model.version}")


def logging_searches(log: SearchLog) -> Answer:
    """Where searches are recorded; that the folder can be written only a search tells."""
    return Answer(f"searches are written to {log.root}")
