"""The knowledge base in a folder of this machine: files, no server."""

from resources.knowledge_base.embedded.store import EmbeddedKnowledgeBase

__all__ = ["EmbeddedKnowledgeBase"]
