"""Builds small linked programs by hand, so that the logic of a rule is tested without parsing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from steplint.api import (
    Body,
    Dialect,
    Effect,
    Finding,
    Frame,
    Handler,
    Hop,
    Manifest,
    Place,
    Project,
    Span,
    Step,
    StepGraph,
    Use,
    Workflow,
)
from steplint.check import pack
from steplint.check.page import read
from steplint.contract.manifest import Generator, ManifestStep, ManifestWorkflow
from steplint.model.dialect import Standin

INNGEST = Dialect(
    name="inngest",
    family="keyed",
    words=("inngest",),
    packages=("inngest",),
    verified_with=("inngest 0.5.19",),
    reenters="every-step",
    standin=Standin(
        time="ctx.event.ts",
        random="random.Random(ctx.run_id)",
        uuid="uuid.uuid5(uuid.NAMESPACE_URL, ctx.run_id)",
        sleep='ctx.step.sleep("{id}", int({source} * 1000))',
        parallel="ctx.group.parallel",
        step='ctx.step.run("{id}", lambda: {source})',
    ),
)
RESTATE = replace(
    INNGEST,
    name="restate",
    family="positional-checked",
    words=("restate",),
    packages=("restate",),
    verified_with=("restate-sdk 1.3.0",),
    checks=("kind", "name", "arguments"),
    compares_arguments=("invoke", "send", "state"),
)
DBOS = replace(
    INNGEST,
    name="dbos",
    family="positional-checked",
    words=("dbos",),
    packages=("dbos",),
    verified_with=("dbos 3.4.0",),
    checks=("name",),
    reenters="on-resume",
    in_memory=True,
)
RESONATE = replace(
    INNGEST,
    name="resonate",
    family="positional-unchecked",
    words=("resonate",),
    packages=("resonate",),
    verified_with=("resonate-sdk 0.8.1",),
    checks=(),
)
DIALECTS: Mapping[str, Dialect] = {each.name: each for each in (INNGEST, RESTATE, DBOS, RESONATE)}


def at(line: int, column: int = 4, path: str = "flows.py", width: int = 10) -> Place:
    """Return a place of ``width`` columns on one line."""
    return Place(path, Span(line, column, line, column + width))


def hop(line: int, function: str, calls: str, path: str = "flows.py") -> Hop:
    return Hop(at(line, path=path), function, calls)


def use(role: Any, line: int = 90, **fields: Any) -> Use:
    """Return where a value goes; ``fields`` as in `Use`."""
    return Use(role, fields.pop("place", at(line)), **fields)


def effect(kind: Any, api: str, line: int = 5, uses: Iterable[Use] = (), **fields: Any) -> Effect:
    """Return a source or operation that stands at ``line``, called directly unless ``trail`` says otherwise."""
    place = fields.pop("place", at(line))
    origin = fields.pop("origin", place)
    trail = fields.pop("trail", (Hop(origin, "flow", api),))
    return Effect(kind, api, place, origin, trail, tuple(uses), **fields)


def body(name: str = "work", line: int = 200, *, resolved: bool = True, **fields: Any) -> Body:
    """Return what a step runs; ``fields`` as in `Body`."""
    return Body(f"flows:{name}", name, at(line), resolved, **fields)


def step(identity: str | None = "load", kind: Any = "run", line: int = 0, **fields: Any) -> Step:
    """Return one durable operation; `workflow` fills in position and occurrence, and the line where it is 0.

    ``template="load-{}"`` makes it a template; ``inside`` are the frames around it.
    """
    template = fields.pop("template", None)
    source = fields.pop("id_source", "template" if template else "literal" if identity is not None else "unknown")
    if template is not None:
        identity = None
    return Step(
        id=identity,
        template=template,
        kind=kind,
        form=fields.pop("form", f"step.{kind}"),
        place=fields.pop("place", at(line, width=40)),
        id_place=fields.pop("id_place", at(line, column=18)),
        id_source=source,
        position=fields.pop("position", -1),
        occurrence=fields.pop("occurrence", -1),
        times=fields.pop("times", "once"),
        function=fields.pop("function", "flow"),
        consumed=fields.pop("consumed", "await"),
        must=fields.pop("must", "await"),
        **fields,
    )


def frame(kind: Any, line: int = 1, **fields: Any) -> Frame:
    """Return one construct around an operation; ``fields`` as in `Frame`."""
    return Frame(kind, fields.pop("place", at(line)), **fields)


def arm(kind: Any, group: str, number: int, **fields: Any) -> Frame:
    """Return an arm of the branch ``group``: two steps in different arms of one group exclude each other."""
    return frame(kind, group=group, arm=number, **fields)


def handler(*catches: str, line: int = 60, ends: str = "", reraises: bool = False) -> Handler:
    return Handler(catches, at(line), ends, reraises)


def workflow(*steps: Step, identity: str = "flow", dialect: Dialect = INNGEST, **fields: Any) -> Workflow:
    """Return a workflow whose steps follow each other, unless ``order`` says otherwise.

    Steps without a line stand at 10, 20, 30, ...
    """
    numbered = tuple(_numbered(steps))
    order = fields.pop("order", tuple((n, n + 1) for n in range(len(numbered) - 1)))
    return Workflow(
        id=identity,
        name=fields.pop("name", identity.replace("-", "_")),
        app=fields.pop("app", "app"),
        dialect=dialect.name,
        family=dialect.family,
        place=fields.pop("place", at(1, column=10)),
        source=fields.pop("source", "flows.py"),
        asynchronous=fields.pop("asynchronous", True),
        steps=numbered,
        effects=tuple(fields.pop("effects", ())),
        order=order,
        **fields,
    )


def _numbered(steps: Iterable[Step]) -> Iterable[Step]:
    seen: dict[str, int] = {}
    for position, each in enumerate(steps):
        given = each.place.span.line
        line = given or 10 * (position + 1)
        used = seen.get(each.label, 0)
        seen[each.label] = used + 1
        yield replace(
            each,
            position=position if each.position < 0 else each.position,
            occurrence=used if each.occurrence < 0 else each.occurrence,
            place=each.place if given else at(line, width=40),
            id_place=at(line, column=18) if each.id_place is not None and not given else each.id_place,
        )


def project(*workflows: Workflow, published: Mapping[str, Iterable[str]] | None = None, **fields: Any) -> Project:
    """Return what a check reads. ``published`` maps workflow ID to the step IDs that the lock holds.

    ``options`` are the rule's options; `run_check` adds the defaults of the page.
    """
    dialects = fields.pop("dialects", DIALECTS)
    locked = None if published is None else _locked(workflows, published)
    graph = fields.pop("graph", None) or StepGraph(workflows)
    return Project(graph=graph, dialects=dialects, locked=locked, **fields)


def _locked(workflows: Iterable[Workflow], published: Mapping[str, Iterable[str]]) -> Manifest:
    return Manifest(
        Generator("steplint", "0"),
        tuple(
            ManifestWorkflow(
                id=each.id,
                app=each.app,
                dialect=each.dialect,
                family=each.family,
                source=each.source,
                steps=tuple(
                    ManifestStep(label, None, "run", None, 0, number, "once")
                    for number, label in enumerate(published.get(each.id, ()))
                ),
            )
            for each in workflows
        ),
    )


def run_check(stem: str, given: Project) -> list[Finding]:
    """Return the findings of the bundled check ``rules/<stem>.py``, in the order it yields them."""
    folder = pack.bundled()
    page = read(folder / f"{stem}.md")
    defaults = {name: option.default for name, option in page.rule.options.items()}
    check = pack.Pack(folder, {page.rule.name: page}).check(page.rule.name)
    return list(check(replace(given, options={**defaults, **given.options})))
