"""The step graph as JSON has it: the structs that are written, from which the schema is generated."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from steplint.contract.identity import Family

SCHEMA = 1

Line = Annotated[int, Meta(ge=1, description="from 1")]
Column = Annotated[int, Meta(ge=1, description="from 1, in code points")]


class GraphPlace(Struct, frozen=True):
    """A span: lines and columns from 1, the end exclusive."""

    path: str
    line: Line
    column: Column
    end_line: Line
    end_column: Column


class GraphHop(Struct, frozen=True):
    """One frame of a trace: in `function`, `calls` is called or read."""

    place: GraphPlace
    function: str
    calls: str


class GraphUse(Struct, frozen=True):
    """Where the value of an effect goes; `step` is the position of the durable operation concerned."""

    role: str
    place: GraphPlace
    step: int | None
    api: str
    name: str
    decides: str


class GraphEffect(Struct, frozen=True):
    """A nondeterministic source or an operation: `place` leads to it, it stands at `origin`."""

    kind: str
    api: str
    place: GraphPlace
    origin: GraphPlace
    trace: tuple[GraphHop, ...]
    uses: tuple[GraphUse, ...]
    mode: str
    confidence: str


class GraphCallable(Struct, frozen=True):
    """What a step runs."""

    name: str
    place: GraphPlace
    resolved: bool
    fingerprint: str
    effects: tuple[GraphEffect, ...]


class GraphStep(Struct, frozen=True):
    """One durable operation; `id` is null for a template, both are null where it cannot be read."""

    id: str | None
    template: str | None
    kind: str
    form: str
    position: int
    occurrence: int
    times: Literal["once", "maybe", "many"]
    place: GraphPlace
    id_place: GraphPlace | None
    id_source: str
    function: str
    gate: str
    reads: tuple[int, ...]
    callable: GraphCallable | None
    trace: tuple[GraphHop, ...]
    confidence: str


class GraphNode(Struct, frozen=True):
    """A node of the tree of one workflow, in code order.

    `kind` is `step` (`index` is a position in `steps`), `effect` (`index` into `effects`), or the construct around its
    `children`: `for while comprehension` loops, `if else case except try finally with` regions, `combinator` a parallel
    group, `deferred` a function that runs later, `call` a project function that is entered. Branches with the same
    `group` and different `arm` exclude each other.
    """

    kind: str
    index: int | None = None
    title: str = ""
    place: GraphPlace | None = None
    group: str = ""
    arm: int = 0
    endless: bool = False
    children: tuple[GraphNode, ...] = ()


class GraphUnresolved(Struct, frozen=True):
    """A call that could not be followed, or an ID that could not be read."""

    place: GraphPlace
    kind: str
    reason: str


class GraphWorkflow(Struct, frozen=True):
    """One workflow. `order` has (a, b) when step b can come directly after step a."""

    id: str
    name: str
    app: str
    dialect: str
    family: Family
    source: str
    place: GraphPlace
    asynchronous: bool
    steps: tuple[GraphStep, ...]
    effects: tuple[GraphEffect, ...]
    order: tuple[tuple[int, int], ...]
    tree: tuple[GraphNode, ...]
    unresolved: tuple[GraphUnresolved, ...]


class GraphRejected(Struct, frozen=True):
    """What looks like a workflow or step and was not taken for one."""

    place: GraphPlace
    name: str
    reason: str
    setting: str


class GraphOut(Struct, frozen=True):
    """The step graph of a project. `schema` is the major version; within it fields are only added."""

    schema: int
    workflows: tuple[GraphWorkflow, ...]
    rejected: tuple[GraphRejected, ...]
