"""Stores: one SQLite file, or memory for tests."""
