"""Composition root: the one package that sees all the others. No business logic."""
