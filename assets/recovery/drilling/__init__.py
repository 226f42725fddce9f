"""Drills as they act on the world: what is read, written and asked of the cloud, step by step."""
