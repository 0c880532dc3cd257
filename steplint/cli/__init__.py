"""The command line: click commands that import what they need when they run, and hold no logic."""

from steplint.cli.main import main

__all__ = ["main"]
