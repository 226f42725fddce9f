"""Tests, one folder per package. A package of its own, as some libraries install one of the same name."""
