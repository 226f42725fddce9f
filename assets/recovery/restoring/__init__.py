"""Restore tests: what is read of sources and of restored databases, and what is kept of the tests."""
