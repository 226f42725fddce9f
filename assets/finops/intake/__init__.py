"""Brings billing files from the store into the lake: inspects what arrived, decides what is in force, stores its lines.

The assets `billing_files` and `cost_and_usage` are the callers. What a format means is in `logic`; here bytes are moved.
"""
