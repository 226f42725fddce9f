"""The embedded cloud and its demo scenario, run as processes. Imports nothing of the product; nothing of the product imports it."""
