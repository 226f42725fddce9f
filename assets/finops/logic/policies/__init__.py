"""Policies as data: what a policy file may say, which resources it matches and why, and what that touches."""
