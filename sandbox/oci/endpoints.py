"""Where the sandbox itself is reached, for answers that name the endpoint to go on with."""

from sandbox.oci.exchange import Asked


def own(asked: Asked, service: str) -> str:
    """The sandbox's address for a service in the region of the request, by the host that the request was sent to."""
    return f"http://{asked.headers['host']}/{asked.region}/{service}"
