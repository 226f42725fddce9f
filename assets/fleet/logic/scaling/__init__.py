"""Sizes by the clock: what a database is to be when, what it needed, and whether it is changed now."""
