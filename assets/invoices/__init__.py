"""Invoices: read, checked, and when they will be paid."""
