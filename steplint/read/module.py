"""One file: bytes in, everything that later stages know about it out."""

from __future__ import annotations

from functools import partial

import libcst as cst

from steplint.model.place import NOWHERE
from steplint.model.summary import Layout, ModuleSummary, Problem
from steplint.read.chains import shortened
from steplint.read.decode import decode
from steplint.read.deep import deeply
from steplint.read.descend import descend
from steplint.read.layout import layout, newline_of
from steplint.read.positions import locate
from steplint.read.pragmas import pragmas
from steplint.read.problems import size_problem, syntax_problem
from steplint.read.scopes import Source, functions


def summarize(source: bytes) -> ModuleSummary:
    """Return the summary of ``source``; whatever the bytes are, nothing is raised."""
    text = decode(source)
    if isinstance(text, Problem):
        return _unread(text)
    problem = size_problem(text)
    if problem is not None:
        return _unread(problem)
    return deeply(partial(_summarize, text, newline_of(source)))


def _summarize(text: str, newline: str) -> ModuleSummary:
    try:
        module = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        shorter = shortened(text)
        return _unread(syntax_problem(text, error)) if shorter is None else _summarize(shorter, newline)
    except UnicodeEncodeError:
        return _unread(Problem("the text holds lone surrogates, which no encoding can write", NOWHERE))
    try:
        return _described(module, text, newline)
    except RecursionError:
        return _unread(Problem("the code nests deeper than it can be followed", NOWHERE))


def _described(module: cst.Module, text: str, newline: str) -> ModuleSummary:
    read = Source(locate(module, text))
    descend(module, read)
    rows = functions(read.scopes)
    # Scopes and source hold each other, and the whole tree; collection is off while files are read.
    read.scopes.clear()
    return ModuleSummary(
        rows,
        tuple(read.classes),
        tuple(read.imports),
        pragmas(read.positions, rows),
        layout(module, read.positions, newline),
        None,
    )


def _unread(problem: Problem) -> ModuleSummary:
    return ModuleSummary((), (), (), (), Layout("\n", "    ", 1), problem)
