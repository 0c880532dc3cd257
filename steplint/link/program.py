"""The modules of a project as the linker looks them up: scopes, definitions, imports, and what was not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property

from steplint.model.place import Place, Span
from steplint.model.summary import Block, Class, Function, Import, ModuleSummary
from steplint.model.value import Const, Name, Value


class Layout:
    """The order in which a function's statements and blocks run, and which calls belong to a statement.

    Statements are numbered in source order; a block stands where its first statement does. Blocks of expressions
    (comprehension clauses, conditional arms) hold calls only: their heads are statements of the block around them.
    """

    __slots__ = ("applied", "calls", "clauses", "conditions", "heads", "items", "loose", "nested")

    def __init__(self, function: Function) -> None:
        blocks = function.blocks
        self.nested: set[int] = set()
        for index, block in enumerate(blocks):
            if index and self.within_expression(function, block):
                self.nested.add(index)
        first: dict[int, float] = {}
        ordered: dict[int, list[tuple[float, int, str, int]]] = defaultdict(list)
        last = -1.0
        for index, statement in enumerate(function.statements):
            at = statement.block
            while at in self.nested:
                at = blocks[at].parent
            ordered[at].append((index, 0, "statement", index))
            while at > 0:
                first.setdefault(at, index)
                at = blocks[at].parent
        for index, block in enumerate(blocks):
            if not index or index in self.nested:
                continue
            start = first.get(index, max(last, block.statement) + 0.5)
            last = max(last, start)
            ordered[block.parent].append((start, 1, "block", index))
        self.items: dict[int, list[tuple[str, int]]] = {
            block: [(kind, index) for *_, kind, index in sorted(entries)] for block, entries in ordered.items()
        }
        self.heads: dict[int, int] = {}
        self.clauses: dict[int, int] = {}
        for index, block in enumerate(blocks):
            if block.kind == "comprehension":
                self.clauses[block.statement] = index
            elif index and index not in self.nested and block.statement >= 0 and block.head is not None:
                self.heads.setdefault(block.statement, index)
        self.conditions = {
            blocks[index].statement
            for index in self.nested
            if blocks[index].kind == "if" and blocks[blocks[index].parent].kind in ("comprehension", "if")
        }
        self.calls: dict[int, list[int]] = defaultdict(list)
        for index, call in enumerate(function.calls):
            self.calls[call.statement].append(index)
        self.applied: list[tuple[Span, int, str]] = []
        """Local functions under a decorator without a call, by the unit that knows them."""
        self.loose = sorted(self.calls.get(-1, ()), key=lambda index: function.calls[index].span)

    def within_expression(self, function: Function, block: Block) -> bool:
        """Return whether a block is part of an expression: a comprehension clause or an arm of `x if c else y`."""
        if block.kind == "comprehension" or block.parent in self.nested:
            return True
        if block.kind not in ("if", "else") or not 0 <= block.statement < len(function.statements):
            return False
        return function.statements[block.statement].span.contains(block.span)


class Unit:
    """One module: its path, its dotted name, its summary, and tables over it; ``omitted`` names are only stubs."""

    def __init__(self, path: str, dotted: str, summary: ModuleSummary, omitted: frozenset[str] = frozenset()) -> None:
        self.path = path
        self.dotted = dotted
        self.summary = summary
        self.omitted = omitted
        self.layouts: dict[int, Layout] = {}

    def layout(self, index: int) -> Layout:
        """Return the order of statements of a function."""
        found = self.layouts.get(index)
        if found is None:
            found = self.layouts[index] = Layout(self.summary.functions[index])
            found.applied = sorted(
                (decorator.span, inner, decorator.value.path)
                for inner in self.members.get(index, {}).values()
                for decorator in self.summary.functions[inner].decorators
                if isinstance(decorator.value, Name) and "." in decorator.value.path
            )
        return found

    @cached_property
    def members(self) -> dict[int, dict[str, int]]:
        """Functions by the scope that defines them and their last name; the last definition counts."""
        found: dict[int, dict[str, int]] = defaultdict(dict)
        for index, each in enumerate(self.summary.functions):
            if index and each.kind in ("function", "async"):
                found[each.parent][last_name(each.name)] = index
        return found

    @cached_property
    def classes(self) -> dict[int, dict[str, int]]:
        """Classes by the scope that defines them and their last name."""
        found: dict[int, dict[str, int]] = defaultdict(dict)
        for index, each in enumerate(self.summary.classes):
            found[self.summary.functions[each.body].parent][last_name(each.name)] = index
        return found

    @cached_property
    def imports(self) -> dict[int, dict[str, Import]]:
        """Imports by scope and local name; a star import is under ``*``."""
        found: dict[int, dict[str, Import]] = defaultdict(dict)
        for each in self.summary.imports:
            if each.local in found[each.function] and each.local == each.module.split(".")[0]:
                continue
            found[each.function][each.local] = each
        return found

    @cached_property
    def stars(self) -> tuple[Import, ...]:
        """Star imports of the module."""
        return tuple(each for each in self.summary.imports if each.local == "*")

    @cached_property
    def class_of_body(self) -> dict[int, int]:
        """Class by the function that stands for its body."""
        return {each.body: index for index, each in enumerate(self.summary.classes)}

    @cached_property
    def mutated(self) -> frozenset[str]:
        """Module variables that some function rebinds, fills or empties."""
        names: set[str] = set()
        for index, function in enumerate(self.summary.functions):
            if not index or function.kind == "class":
                continue
            names.update(function.rebinds)
            for statement in function.statements:
                for target in statement.targets:
                    head = target.split(".")[0].split("[")[0]
                    if head != target and head in function.free:
                        names.add(head)
            for call in function.calls:
                if isinstance(call.callee, Name) and call.callee.path.count(".") == 1:
                    head, verb = call.callee.path.split(".")
                    if head in function.free and verb in _FILLS:
                        names.add(head)
        return frozenset(names)

    def owner(self, index: int) -> int:
        """Return the class whose method function ``index`` is, or -1."""
        return self.class_of_body.get(self.summary.functions[index].parent, -1)

    def place(self, span: Span) -> Place:
        """Return a place in this module."""
        return Place(self.path, span)

    def function(self, index: int) -> Function:
        """Return a function."""
        return self.summary.functions[index]

    def class_(self, index: int) -> Class:
        """Return a class."""
        return self.summary.classes[index]


_FILLS = frozenset(
    [
        "append",
        "extend",
        "add",
        "update",
        "insert",
        "pop",
        "remove",
        "clear",
        "setdefault",
        "discard",
        "popitem",
        "appendleft",
    ]
)

Find = Callable[[str, str, int], str | None]
Provide = Callable[[str, frozenset[str]], "tuple[ModuleSummary, frozenset[str]] | None"]
"""Gives the summary of a file that was not read yet, for the sake of some names, and the names it has stubs for."""


class Modules:
    """All modules that were read; ``find`` maps an import to a project path, ``missing`` are paths not read yet.

    With ``provide``, those are had at once, as far as it has them; ``dotted`` gives their names.
    """

    def __init__(
        self,
        units: Mapping[str, Unit],
        find: Find,
        provide: Provide | None = None,
        dotted: Callable[[str], str] = str,
    ) -> None:
        self.units = dict(units)
        self.find = find
        self.provide = provide
        self.dotted = dotted
        self.provided: set[str] = set()
        self.missing: set[str] = set()
        self.used: set[str] = set()
        self.asked: dict[str, set[str]] = defaultdict(set)
        """Names that were asked for of modules not read yet, and of those that have only a stub for them."""
        self.published: set[str] = set()
        """Names that were looked up among all published functions."""
        self.answers: dict[tuple[str, str, int], str | None] = {}
        """Imports that were looked up: importing file, module, level, and the file that was meant."""
        self._found: dict[tuple[str, str, int], str | None] = {}
        self._imported: dict[str, set[str]] = defaultdict(set)
        self._listed: set[str] = set()

    def resolve(self, importer: str, module: str, level: int) -> str | None:
        """Return the project path of an imported module, or None for one outside the project."""
        key = (importer.rpartition("/")[0], module, level)
        if key not in self._found:
            self._found[key] = self.answers[importer, module, level] = self.find(importer, module, level)
        return self._found[key]

    def unit(self, path: str, name: str = "") -> Unit | None:
        """Return a module that was read, or note that it is wanted for the sake of ``name``."""
        found = self.units.get(path)
        if found is not None:
            self.used.add(path)
            return found
        if path not in self.missing and self.provide is not None and (given := self._given(self.provide, path, name)):
            return given
        self.missing.add(path)
        if name:
            self.asked[path].add(name)
        return None

    def _given(self, provide: Provide, path: str, name: str) -> Unit | None:
        """Return a module that is read only now; what others import from it will be asked for as well."""
        for each in [each for each in self.units if each not in self._listed]:
            self._listed.add(each)
            for imported in self.units[each].summary.imports:
                source = self.resolve(each, imported.module, imported.level) if imported.name else None
                if source is not None:
                    self._imported[source].add(imported.name)
        found = provide(path, frozenset(self._imported[path] | ({name} - {""})))
        if found is None:
            return None
        summary, omitted = found
        self.units[path] = unit = Unit(path, self.dotted(path), summary, omitted)
        self.provided.add(path)
        self.used.add(path)
        return unit

    def lacks(self, unit: Unit, name: str) -> None:
        """Note that ``name`` is wanted of a module in which it is a stub."""
        self.asked[unit.path].add(name)


def is_none(value: Value | None) -> bool:
    """Return whether an expression is the constant None."""
    return isinstance(value, Const) and value.value is None


def last_name(qualified: str) -> str:
    """Return the last part of a function's or class's name, without the ordinal of a repeated definition."""
    return qualified.rpartition(".")[2].partition("#")[0]
