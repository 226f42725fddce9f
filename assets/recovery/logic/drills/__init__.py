"""Drills: what they do step by step, what they have to find before they act, and what their evidence proves."""
