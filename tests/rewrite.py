"""Edits of source text that keep its meaning, or change it in one known way."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import libcst as cst

from steplint.model.graph import StepGraph
from steplint.model.place import Span

Names = Mapping[str, str]


# ruff: noqa: N802 - the names of libcst


class _Renamed(cst.CSTTransformer):
    """Names that stand for variables; attributes and keywords are no variables."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_ImportAlias(self, original_node: cst.ImportAlias, updated_node: cst.ImportAlias) -> cst.ImportAlias:
        return original_node

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        return original_node

    def leave_MatchKeywordElement(
        self, original_node: cst.MatchKeywordElement, updated_node: cst.MatchKeywordElement
    ) -> cst.MatchKeywordElement:
        return updated_node.with_changes(key=original_node.key)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        return updated_node.with_changes(value=self._names.get(updated_node.value, updated_node.value))


def renamed(node: cst.Module, names: Names) -> cst.Module:
    """Return a module in which variables have other names."""
    return node.visit(_Renamed(names))


def locals_renamed(text: str) -> str:
    """Return a module in which every local variable, but no parameter, ends in a capital: `rowS` for `rows`."""
    tree = ast.parse(text)
    local, other = set[str](), set[str]()
    for scope in ast.walk(tree):
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            local |= _stored(scope.body)
            other |= {each.arg for each in ast.walk(scope.args) if isinstance(each, ast.arg)}
        elif isinstance(scope, ast.Lambda):
            other |= {each.arg for each in ast.walk(scope.args) if isinstance(each, ast.arg)}
        elif isinstance(scope, ast.ClassDef):
            other |= _stored(scope.body, nested=False) | _defined(scope.body)
        elif isinstance(scope, (ast.Global, ast.MatchClass)):
            other |= set(getattr(scope, "names", ()))
    other |= _stored(tree.body, nested=False) | _defined(tree.body) | _imported(tree)
    return renamed(cst.parse_module(text), {name: name[:-1] + name[-1].upper() for name in local - other}).code


def imports_aliased(text: str) -> str:
    """Return a module whose imports bind other names: `import time as t_time`, `from time import time as t_time`."""
    tree = ast.parse(text)
    bound = _imported(tree, dotted=False)
    taken = (
        {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)} | _stored(tree.body) | _defined(tree.body)
    )
    quoted = [each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    names = {
        name: f"t_{name}"
        for name in bound - taken
        if not any(value == name or value.startswith(f"{name}.") for value in quoted)
    }

    class Aliased(cst.CSTTransformer):
        def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
            return not (isinstance(node.module, cst.Name) and node.module.value == "__future__")

        def leave_ImportAlias(self, original_node: cst.ImportAlias, updated_node: cst.ImportAlias) -> cst.ImportAlias:
            alias = original_node.evaluated_alias or original_node.evaluated_name
            if alias not in names:
                return updated_node
            name = cst.AsName(cst.Name(names[alias]), cst.SimpleWhitespace(" "), cst.SimpleWhitespace(" "))
            return updated_node.with_changes(asname=name)

    return renamed(cst.parse_module(text).visit(Aliased()), names).code


def imports_reversed(text: str) -> str:
    """Return a module whose top-level imports stand in the opposite order, in the same places."""
    tree = cst.parse_module(text)
    places = [number for number, each in enumerate(tree.body) if _is_import(each)]
    body = list(tree.body)
    for place, other in zip(places, reversed(places), strict=True):
        body[place] = tree.body[other]
    return tree.with_changes(body=body).code


def lines_inserted(text: str, workflows: StepGraph, line: str, *, imports: str = "") -> str:
    """Return a module with ``line`` before each statement of its workflows, and ``imports`` before its code."""
    lines = text.split("\n")
    for number in sorted(_statements(text, workflows), reverse=True):
        indent = lines[number - 1][: len(lines[number - 1]) - len(lines[number - 1].lstrip())]
        lines.insert(number - 1, indent + line)
    if imports:
        lines.insert(_first(text) - 1, imports)
    return "\n".join(lines)


def decorators_removed(text: str, workflows: StepGraph) -> str:
    """Return a module whose workflows are plain functions and classes."""
    names = {each.name.rpartition(".")[2] for each in workflows.workflows}
    names |= {part for each in workflows.workflows for part in each.name.split(".")}

    class Bare(cst.CSTTransformer):
        def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
            return updated_node.with_changes(decorators=()) if original_node.name.value in names else updated_node

        def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
            return updated_node.with_changes(decorators=()) if original_node.name.value in names else updated_node

    return cst.parse_module(text).visit(Bare()).code


class Lifted(NamedTuple):
    """A module that reads constants, and a module that could hold them."""

    text: str
    constants: str
    imports: str


def identities_lifted(text: str, workflows: StepGraph) -> Lifted:
    """Return a module whose literal step IDs are constants, which it does not define yet."""
    spans = {
        each.id_place.span: each.id
        for flow in workflows.workflows
        for each in flow.steps
        if each.id_place is not None and each.id_source == "literal" and each.id_place.path == flow.place.path
    }
    constants, names = list[str](), list[str]()
    for span in sorted(spans, reverse=True):
        written = slice_of(text, span)
        try:
            if ast.literal_eval(written) != spans[span]:
                continue
        except (SyntaxError, ValueError):
            continue
        names.append(f"STEP_ID_{len(names)}")
        constants.append(f"{names[-1]} = {written}")
        text = replaced(text, span, names[-1])
    return Lifted(text, "\n".join(constants), ", ".join(names))


def with_head(text: str, head: str) -> str:
    """Return a module with ``head`` before its first statement that is no import from `__future__`."""
    lines = text.split("\n")
    lines.insert(_first(text) - 1, head)
    return "\n".join(lines)


def bodies_named(text: str) -> str:
    """Return a module in which a lambda handed to `.run` in a plain statement is a local function defined before it."""
    tree = ast.parse(text)
    lines = text.split("\n")
    edits = list[tuple[Span, str, int]]()
    for statement in ast.walk(tree):
        if not isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)):
            continue
        call = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "run"):
            continue
        for given in call.args[1:2]:
            if isinstance(given, ast.Lambda) and not any(ast.iter_child_nodes(given.args)):
                edits.append((_span(given), slice_of(text, _span(given.body)), statement.lineno))
    for number, (span, body, line) in sorted(enumerate(edits), key=lambda each: each[1][0], reverse=True):
        indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
        text = replaced(text, span, f"body_{number}")
        before = text.split("\n")
        function = f"{indent}def body_{number}():\n{indent}    return ({body})"
        text = "\n".join([*before[: line - 1], function, *before[line - 1 :]])
    return text


def helpers_moved(text: str, workflows: StepGraph, module: str) -> tuple[str, str]:
    """Return a module without its plain functions, which it imports from ``module``, and that module."""
    tree = ast.parse(text)
    imports = [each for each in tree.body if isinstance(each, (ast.Import, ast.ImportFrom))]
    known = _imported(tree) | set(dir(builtins))
    workflow = {each.name.split(".")[0] for each in workflows.workflows}
    movable = {
        each.name: each
        for each in tree.body
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        and not each.decorator_list
        and each.name not in workflow
        and not any(isinstance(inner, (ast.Global, ast.Nonlocal)) for inner in ast.walk(each))
    }
    while stuck := [name for name, each in movable.items() if not _free(each) <= known | movable.keys()]:
        for name in stuck:
            del movable[name]
    if not movable:
        return text, ""
    lines = text.split("\n")
    head = [_lines(lines, each) for each in imports]
    moved = "\n\n\n".join(["\n".join(head), *(_lines(lines, each) for each in movable.values())]) + "\n"
    for each in sorted(movable.values(), key=lambda each: each.lineno, reverse=True):
        del lines[each.lineno - 1 : each.end_lineno]
    return with_head("\n".join(lines), f"from {module} import {', '.join(movable)}"), moved


def replaced(text: str, span: Span, other: str) -> str:
    """Return ``text`` with other text at a span."""
    lines = text.split("\n")
    before = "\n".join([*lines[: span.line - 1], lines[span.line - 1][: span.column]])
    after = "\n".join([lines[span.end_line - 1][span.end_column :], *lines[span.end_line :]])
    return before + other + after


def slice_of(text: str, span: Span) -> str:
    """Return the text at a span."""
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column]
    lines[0] = lines[0][span.column :]
    return "\n".join(lines)


def _span(node: ast.expr) -> Span:
    return Span(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0)


def _lines(lines: list[str], node: ast.stmt) -> str:
    return "\n".join(lines[node.lineno - 1 : node.end_lineno])


def _statements(text: str, workflows: StepGraph) -> set[int]:
    """Return the first lines of the statements of workflow functions, without those of functions inside."""
    starts = {each.place.span.line for each in workflows.workflows}
    found = set[int]()

    def gather(body: Iterable[ast.stmt], first: bool) -> None:
        for number, each in enumerate(body):
            document = number == 0 and first and isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
            if not document:
                found.add(min([each.lineno, *(inner.lineno for inner in getattr(each, "decorator_list", ()))]))
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            for inner in (getattr(each, name, ()) for name in ("body", "orelse", "finalbody")):
                gather(inner if not _chained(each, inner) else inner[0].body, first=False)
            for holder in (*getattr(each, "handlers", ()), *getattr(each, "cases", ())):
                gather(holder.body, first=False)

    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            head = range(min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.body[0].lineno)
            if starts & set(head) and node.body[0].lineno > node.lineno:
                gather(node.body, first=True)
    return found


def _chained(statement: ast.stmt, body: list[ast.stmt]) -> bool:
    """Return whether ``body`` is an `elif`, before which nothing can stand."""
    alone = isinstance(statement, ast.If) and body is statement.orelse and len(body) == 1
    return alone and isinstance(body[0], ast.If) and body[0].col_offset == statement.col_offset


def _first(text: str) -> int:
    """Return the line before which code can stand: after the docstring and `__future__`."""
    line = 1
    for each in ast.parse(text).body:
        document = isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
        if not document and not (isinstance(each, ast.ImportFrom) and each.module == "__future__"):
            break
        line = (each.end_lineno or 0) + 1
    return line


def _stored(body: Iterable[ast.stmt], *, nested: bool = True) -> set[str]:
    found = set[str]()
    for statement in body:
        if not nested and isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for each in ast.walk(statement):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                found.add(each.id)
    return found


def _defined(body: Iterable[ast.stmt]) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {each.name for statement in body for each in ast.walk(statement) if isinstance(each, kinds)}


def _imported(tree: ast.Module, *, dotted: bool = True) -> set[str]:
    found = set[str]()
    for each in ast.walk(tree):
        if isinstance(each, (ast.Import, ast.ImportFrom)) and getattr(each, "module", "") != "__future__":
            for alias in each.names:
                if dotted or alias.asname or "." not in alias.name:
                    found.add(alias.asname or alias.name.split(".")[0])
    if not dotted:
        for each in ast.walk(tree):
            if isinstance(each, ast.Import):
                found -= {alias.name.split(".")[0] for alias in each.names if "." in alias.name and not alias.asname}
    return found - {"*"}


def _free(function: ast.stmt) -> set[str]:
    """Return the names that a function reads and does not bind."""
    names = [each for each in ast.walk(function) if isinstance(each, ast.Name)]
    bound = {each.id for each in names if isinstance(each.ctx, ast.Store)} | _defined([function])
    bound |= {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
    quoted = {
        name.id
        for each in ast.walk(function)
        if isinstance(each, ast.ExceptHandler) and each.name
        for name in [ast.Name(each.name)]
    }
    return {each.id for each in names if isinstance(each.ctx, ast.Load)} - bound - quoted


def _is_import(statement: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    [*_, only] = statement.body
    future = (
        isinstance(only, cst.ImportFrom) and isinstance(only.module, cst.Name) and only.module.value == "__future__"
    )
    return isinstance(only, (cst.Import, cst.ImportFrom)) and not future
