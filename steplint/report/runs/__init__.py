"""Recorded runs as tables, timelines and pages."""
