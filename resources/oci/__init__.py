"""Oracle Cloud Infrastructure: the only importer of the `oci` SDK, and only inside functions."""
