"""Document Understanding: what documents say, by what a scenario knows of them or by a plain reading of their text."""

from sandbox.oci.services.ai_document import analysis, jobs
from sandbox.oci.services.ai_document.known import KNOWN, add_document

__all__ = ["KNOWN", "add_document", "analysis", "jobs"]
