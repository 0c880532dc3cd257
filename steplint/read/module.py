"""One file: bytes in, everything that later stages know about it out."""

from __future__ import annotations

import re

import libcst as cst

from steplint.model.place import NOWHERE, Span
from steplint.model.summary import Layout, ModuleSummary, Problem
from steplint.read.decode import decode
from steplint.read.deep import deeply
from steplint.read.descend import descend
from steplint.read.layout import layout
from steplint.read.positions import Positions, locate
from steplint.read.pragmas import pragmas
from steplint.read.problems import syntax_problem, too_deep_problem
from steplint.read.scopes import Source, functions


def summarize(source: bytes) -> ModuleSummary:
    """Return the summary of ``source``; whatever the bytes are, nothing is raised."""
    text = decode(source)
    if isinstance(text, Problem):
        return _unread(text)
    problem = too_deep_problem(text)
    if problem is not None:
        return _unread(problem)
    return deeply(lambda: _summarize(text))


def _summarize(text: str) -> ModuleSummary:
    try:
        module = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        return _unread(syntax_problem(text, error))
    read = Source(locate(module, text))
    descend(module, read)
    rows = functions(read.scopes)
    read.scopes.clear()
    return ModuleSummary(
        rows, tuple(read.classes), tuple(read.imports), pragmas(text, rows), layout(module, read.positions), None
    )


def _unread(problem: Problem) -> ModuleSummary:
    return ModuleSummary((), (), (), (), Layout("\n", "    ", 1), problem)
