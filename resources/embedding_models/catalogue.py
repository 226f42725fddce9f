"""Embedding models by source, each loaded once per process: `int8:`, `fp32:` and `oci:`."""

from threading import Lock

from pydantic import Field, PrivateAttr

from resources.embeddings import Embedder, EmbeddingModels
from resources.errors import BadInput
from resources.oci.clients import OciClients

_KINDS = (
    "int8:WEIGHTS (8-bit numbers, without torch) or fp32:WEIGHTS (the reference, with torch), where WEIGHTS is a folder, a name "
    "on the hub, or nothing for the built-in model; oci:MODEL (OCI Generative AI)"
)


class KnownModels(EmbeddingModels):
    """Models that can be had on this machine, and those of OCI Generative AI."""

    first: str = Field(default="int8:", description=f"Model of a new knowledge base: {_KINDS}.")
    cache: str = Field(description="Folder for graphs that are made of weights.")
    clients: OciClients | None = Field(default=None, description="Clients for models of OCI; none can be had without.")
    compartment: str = Field(default="", description="OCID of the compartment in which OCI Generative AI is used.")
    _loaded: dict[str, Embedder] = PrivateAttr(default_factory=dict)
    _lock: Lock = PrivateAttr(default_factory=Lock)

    @property
    def default(self) -> str:
        """See EmbeddingModels."""
        return self.first

    def load(self, source: str) -> Embedder:
        """See EmbeddingModels."""
        with self._lock:
            if source not in self._loaded:
                self._loaded[source] = self._made(source)
            return self._loaded[source]

    def _made(self, source: str) -> Embedder:
        kind, colon, name = source.partition(":")
        if colon and kind == "int8":
            from resources.embedding_models.onnx_runtime import OnnxEmbedder

            return OnnxEmbedder(weights=name, cache=self.cache)
        if colon and kind == "fp32":
            from resources.embedding_models.sentence_transformer import SentenceTransformerEmbedder

            return SentenceTransformerEmbedder(weights=name)
        if colon and kind == "oci" and name:
            if self.clients is None or not self.compartment:
                raise BadInput(f"{source} needs a tenancy", "Set CLOUDOPS_OCI_TENANCY and CLOUDOPS_OCI_COMPARTMENT.")
            from resources.oci.embeddings import OciEmbedder

            return OciEmbedder(clients=self.clients, compartment_id=self.compartment, model_name=name)
        raise BadInput(f"{source!r} is no embedding model", f"Give one of {_KINDS}.")
