"""Tests: one file per module, and tests/making.py for the deals that they speak of."""
