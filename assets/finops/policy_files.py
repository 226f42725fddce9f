"""Where policies come from: the files of the product, and those that people put into the inputs store."""

from pathlib import Path

from assets.finops.logic.policies.library import Library, library
from resources.object_store import ObjectStore

PREFIX = "finops/policies/"
"""Below it, people's own policies lie in the inputs store, as `….yaml`."""
_SHIPPED = Path(__file__).parent / "policies"
_LARGEST_BYTES = 1_000_000


def shipped_files() -> dict[str, bytes]:
    """The policies that come with the product, by name of file."""
    return {f"shipped/{path.name}": path.read_bytes() for path in sorted(_SHIPPED.glob("*.yaml"))}


def policies_in_force(inputs_store: ObjectStore) -> Library:
    """The shipped policies and people's own, with what had to be left out and why.

    Raises:
        CloudOpsError: The store cannot be listed or read: that is not the same as a store without policies.
    """
    own, refused = {}, {}
    for found in inputs_store.list_objects(PREFIX):
        if not found.key.endswith((".yaml", ".yml")):
            continue
        if found.size > _LARGEST_BYTES:
            refused[found.key] = f"{found.key}: is larger than {_LARGEST_BYTES} bytes, which no policy needs"
        else:
            own[found.key] = inputs_store.get(found.key)
    return library(shipped_files(), own, refused)
