"""Summaries into the step graph: names, calls, workflows, steps, effects and where values go. No syntax, no files."""
