"""Text from code as markdown and HTML that stays text."""

from __future__ import annotations

import re

from steplint.report.cells import visible

_ACTIVE = re.compile(r"[\\`*_\[\]<>#|~&$]|:(?=\S)|-(?=-)|^[-+=]|(?<=www)\.|(?<=^\d)[.)]", re.IGNORECASE)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;"}
_TICKS = re.compile(r"`+")


def code(text: str) -> str:
    """Return ``text`` as a code span that fits into a table cell."""
    shown = visible(text).replace("|", r"\|")
    if not shown.strip():
        return "&nbsp;"
    fence = "`" * (max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def text(plain: str) -> str:
    """Return ``plain`` as markdown text without any markup, link or mention."""
    escaped = _ACTIVE.sub(lambda match: _ENTITIES.get(match[0], f"&#{ord(match[0])};"), visible(plain))
    return escaped.replace("@", "@&#8203;")


def message(told: str) -> str:
    """Return a message with its names in backticks as code spans and everything else as text."""
    parts = told.split("`")
    if len(parts) % 2 == 0:
        return text(told)
    return "".join(code(part) if index % 2 else text(part) for index, part in enumerate(parts))


def comment(plain: str) -> str:
    """Return ``plain`` as the inside of an HTML comment."""
    return re.sub(r"[^A-Za-z0-9 ._:/-]", "_", plain).replace("--", "-_")
