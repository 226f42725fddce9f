"""Imports every service, so that its operations are registered."""

from sandbox.oci.services import (
    budget,
    identity,
    monitoring,
    monitoring_alarms,
    object_storage,
    ons,
    streaming,
    streaming_reading,
    usage_api,
    work_requests,
)

__all__ = [
    "budget",
    "identity",
    "monitoring",
    "monitoring_alarms",
    "object_storage",
    "ons",
    "streaming",
    "streaming_reading",
    "usage_api",
    "work_requests",
]
