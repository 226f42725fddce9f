"""Sensors, one module per system: thin, the decision is a pure function."""
