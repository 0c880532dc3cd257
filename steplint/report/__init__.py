"""Findings and changes as text: one module per format, found by its file name."""
