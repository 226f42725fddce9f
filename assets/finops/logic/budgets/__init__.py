"""Budgets as desired state: what there should be (`desired`, `adaptive`) and what has to change for that (`plan`)."""
