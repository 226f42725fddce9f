"""Tests of layers: that what they hold loads and works, and how long that takes, on this machine and in an account."""
