"""Static analysis for durable execution in Python."""

__version__ = "0.1.0"
