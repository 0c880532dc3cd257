"""Settings of the rule that runs, with their types."""

from __future__ import annotations

from steplint.api import Project


def number(project: Project, name: str) -> int:
    """Return the number set as ``name``; TypeError where the page declares another type."""
    value = project.options[name]
    if not isinstance(value, int):
        raise TypeError(f"option `{name}` is {value!r}, expected a number")
    return value


def texts(project: Project, name: str) -> tuple[str, ...]:
    """Return the list of texts set as ``name``; TypeError where the page declares another type."""
    value = project.options[name]
    if not isinstance(value, list | tuple):
        raise TypeError(f"option `{name}` is {value!r}, expected a list of texts")
    return tuple(str(each) for each in value)
