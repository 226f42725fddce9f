"""Variants of `resources.embeddings` that compute on this machine, from weights in a folder, a package or a hub's cache."""
