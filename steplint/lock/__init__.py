"""The step graph against `steplint.lock`: what is written, what must never vanish, what a change needs recorded."""
