"""Every edit on a run in flight: what `steplint diff` says of it, and what the engine does."""
