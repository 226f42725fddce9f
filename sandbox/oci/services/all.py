"""Imports every service, so that its operations are registered."""

from sandbox.oci.services import (
    ai_document,
    ai_language,
    budget,
    container_engine,
    database,
    generative_ai_inference,
    identity,
    monitoring,
    monitoring_alarms,
    object_lifecycle,
    object_storage,
    ons,
    streaming,
    streaming_reading,
    usage_api,
    work_requests,
)

__all__ = [
    "ai_document",
    "ai_language",
    "budget",
    "container_engine",
    "database",
    "generative_ai_inference",
    "identity",
    "monitoring",
    "monitoring_alarms",
    "object_lifecycle",
    "object_storage",
    "ons",
    "streaming",
    "streaming_reading",
    "usage_api",
    "work_requests",
]
