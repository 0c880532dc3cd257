"""Sources to summaries, and summaries as text that a test can state."""

from __future__ import annotations

from textwrap import dedent

from steplint.model.place import Span
from steplint.model.summary import Block, Call, Function, ModuleSummary
from steplint.model.value import Closure, Const, Group, Member, Name, Opaque, Result, Template, Value
from steplint.read.module import summarize


def read(source: str) -> ModuleSummary:
    """Return the summary of a source that is expected to parse."""
    summary = summarize(dedent(source).encode())
    assert summary.problem is None, summary.problem
    return summary


def function(source: str, name: str = "f") -> Function:
    """Return one function of a source by its qualified name."""
    return named(read(source), name)


def named(summary: ModuleSummary, name: str) -> Function:
    """Return the function of that name, of which there is one."""
    (found,) = [each for each in summary.functions if each.name == name]
    return found


def body(source: str) -> Function:
    """Return the module scope of a source."""
    return read(source).functions[0]


def expression(source: str) -> str:
    """Return the value of the last statement of a source."""
    return shown(body(source).statements[-1].value)


def shown(value: Value | None) -> str:
    """Return a value in one line: names as they are, results as ``#0``, groups as ``kind(...)``."""
    match value:
        case None:
            return "-"
        case Const():
            return repr(value.value)
        case Template():
            return f"f{value.text!r}({', '.join(map(shown, value.parts))})"
        case Name():
            return value.path
        case Member():
            return f"{shown(value.base)}.{value.path}"
        case Result():
            return f"#{value.call}"
        case Closure():
            return f"lambda:{value.function}"
        case Group():
            return f"{value.kind}({', '.join(map(shown, value.items))})"
        case Opaque():
            return f"?{value.kind}"


def statements(scope: Function) -> list[str]:
    """Return each statement as ``kind targets = value @ block``."""
    return [
        f"{each.kind} {', '.join(each.targets)}{' = ' if each.targets else ''}{shown(each.value)} @{each.block}"
        for each in scope.statements
    ]


def calls(scope: Function) -> list[str]:
    """Return each call as ``callee(arguments) consumed @ block``."""
    return [f"{called(each)} {each.consumed} @{each.block}" for each in scope.calls]


def called(call: Call) -> str:
    """Return a call as it could be written."""
    arguments = [
        shown(each.value)
        if each.keyword is None
        else f"{each.keyword}{'' if each.keyword in ('*', '**') else '='}{shown(each.value)}"
        for each in call.arguments
    ]
    return f"{shown(call.callee)}({', '.join(arguments)})"


def blocks(scope: Function) -> list[str]:
    """Return each block as ``kind in parent, group: head -> leaves``, without what it does not have."""
    return [_block(each) for each in scope.blocks]


def _block(block: Block) -> str:
    head = "" if block.head is None else f": {shown(block.head)}"
    leaves = f" -> {block.leaves}" if block.leaves else ""
    return f"{block.kind} in {block.parent}, {block.group}{head}{leaves}"


def cut(source: str, span: Span) -> str:
    """Return the text of a span."""
    lines = source.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column]
    lines[0] = lines[0][span.column :]
    return "\n".join(lines)
