"""The Language service: what it finds in texts, by small rules that give the same answer each time.

The shapes, limits and names are the service's; the findings are those of word lists and patterns, not of a model, and their
scores say only which finding is surer. None of the rules that find something is sourced.
"""

from sandbox.oci.services.ai_language import batch

__all__ = ["batch"]
