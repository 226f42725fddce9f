"""Which generation of the knowledge base the documents go into, with the model that made it."""

from dataclasses import dataclass, replace

from assets.documents.indexing import chunking_identity
from resources.embeddings import Embedder, EmbeddingModels
from resources.errors import BadInput, CloudOpsError
from resources.knowledge_base.interface import Generation, KnowledgeBase


@dataclass(frozen=True, slots=True)
class Serving:
    """A generation and its model.

    Attributes:
        generation: Where passages go.
        embedder: The model of all its vectors.
        is_live: Whether it answers already; the very first one does not until it is built.
        outdated: Why it should be built anew, for people; None if it need not be.
    """

    generation: Generation
    embedder: Embedder
    is_live: bool
    outdated: str | None


def serving(knowledge_base: KnowledgeBase, models: EmbeddingModels) -> Serving:
    """The live generation with its own model, or the first one, with the configured model.

    Raises:
        BadInput: The model of the live generation is not what it was: new vectors could not be compared with the old ones.
    """
    live = knowledge_base.live()
    if live is None:
        generation, embedder = begun(knowledge_base, models, models.default)
        return Serving(generation, embedder, is_live=False, outdated=None)
    embedder = model_of(live, models)
    reasons = []
    try:
        configured = models.load(models.default).model().version
    except CloudOpsError as error:  # what answers needs it not
        configured = f"{models.default!r}, which cannot be had ({error.message}),"
    if configured != live.model.version:
        reasons.append(f"it was made by {live.model.version}, and {configured} is configured")
    if chunking_identity(live.model) != live.chunking:
        reasons.append(f"documents are cut as {chunking_identity(live.model)} now, it was cut as {live.chunking}")
    return Serving(live, embedder, is_live=True, outdated="; ".join(reasons) or None)


def begun(knowledge_base: KnowledgeBase, models: EmbeddingModels, source: str) -> tuple[Generation, Embedder]:
    """A generation being built with the model of a source: the unfinished one of that model if there is one."""
    embedder = models.load(source)
    model = replace(embedder.model(), source=source)
    return knowledge_base.begin(model, chunking_identity(model)), embedder


def model_of(generation: Generation, models: EmbeddingModels) -> Embedder:
    """The model that made a generation.

    Raises:
        BadInput: What its source gives now is another model.
    """
    embedder = models.load(generation.model.source)
    found = embedder.model()
    if found.version != generation.model.version:
        raise BadInput(
            f"the knowledge base was made by {generation.model.version}, and {generation.model.source!r} is {found.version} now",
            "Bring the former model back, or run the job documents_reembed, which builds a new generation beside the old one.",
        )
    return embedder
