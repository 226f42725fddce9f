"""Stores by their location: a folder, a bucket of S3, or one of OCI Object Storage."""

from urllib.parse import urlsplit

from orchestration.settings import Clouds
from resources.object_store import LocalObjectStore, NotConfigured, ObjectStore
from resources.oci.clients import OciClients
from resources.oci.object_storage import OciObjectStore


def store_at(location: str, variable: str, clouds: Clouds, clients: OciClients) -> ObjectStore:
    """The store at a location, only to be read where it is a folder; one that says what to set if there is none.

    Args:
        location: A folder, `s3://bucket/prefix` or `oci://bucket/prefix`.
        variable: Variable of the environment that it comes from, for messages.
        clouds: Where the clouds are.
        clients: Clients of Oracle's cloud.

    Raises:
        ValueError: The location is of another kind.
    """
    if not location:
        return NotConfigured(advice=f"Set {variable} to a folder, s3://bucket/prefix or oci://bucket/prefix.")
    place = urlsplit(location)
    if place.scheme == "s3":
        from resources.aws.s3 import S3ObjectStore

        endpoint = clouds.aws_endpoint or None
        return S3ObjectStore(bucket=place.netloc, prefix=place.path.strip("/"), endpoint_url=endpoint)
    if place.scheme == "oci":
        return OciObjectStore(clients=clients, bucket=place.netloc, prefix=place.path.strip("/"))
    if "://" in location:
        raise ValueError(f"{variable}={location!r}; expected a folder, s3://bucket/prefix or oci://bucket/prefix")
    return LocalObjectStore(root=location, read_only=True)
