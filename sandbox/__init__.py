"""The embedded cloud and its demo scenario, run as processes.

Imports nothing of the product, and nothing of the product imports it.
"""
