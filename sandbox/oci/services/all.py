"""Imports every service, so that its operations are registered."""

from sandbox.oci.services import budget, identity, object_storage, usage_api

__all__ = ["budget", "identity", "object_storage", "usage_api"]
