"""Billing formats: how each is recognised by its header, and how its text columns become FOCUS 1.2 columns. One per module."""
