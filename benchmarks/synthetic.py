"""Writes a monorepo that nobody wrote by hand, and single modules of a given size, to measure steplint on.

    python benchmarks/synthetic.py FOLDER                   10,000 files, 3 % with workflows of several SDKs
    python benchmarks/synthetic.py FOLDER --files 1000      the same mixture, smaller
    python benchmarks/synthetic.py FILE.py --module 4000    one workflow module of 4,000 lines
    python benchmarks/synthetic.py FILE.py --shape steps --size 1000

The same arguments always write the same bytes. Sizes follow those of real repositories: half of the files have fewer
than 190 lines, a few have thousands. Workflows call into chains of modules that name no SDK, so that at least a tenth
of all modules is reached from a workflow and most of what is in them is not.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

FILES = 10_000
WORKFLOWS = 0.03
CHAINED = 0.12
"""The part of all modules that lies on a chain of imports from a workflow."""

_MEDIAN, _SPREAD, _LONGEST = 190, 1.1, 6_000
_AREA = 40  # files in a package

_NOUNS = (
    *("account", "order", "invoice", "payment", "refund", "ticket", "customer", "shipment", "parcel", "route"),
    *("vehicle", "driver", "region", "quote", "policy", "claim", "document", "report", "session", "device"),
    *("sensor", "reading", "alert", "rule", "segment", "campaign", "message", "template", "channel", "contact"),
)
_VERBS = ("load", "store", "merge", "rank", "score", "render", "collect", "validate", "convert", "resolve", "split")
_FIELDS = ("status", "total", "owner", "created", "label", "weight", "currency", "priority", "source", "retries")
SDKS = ("inngest", "dbos", "temporal", "restate", "hatchet")


class Link(NamedTuple):
    """A function on a chain: where it is, and the modules of the chain below it."""

    module: str
    function: str


class Size(NamedTuple):
    """What was written: files, lines, modules with workflows, modules on their chains."""

    files: int
    lines: int
    workflows: int
    chained: int


# -- ordinary code -----------------------------------------------------------------------------------------------------


def _helper(rng: random.Random, number: int) -> list[str]:
    noun, verb = rng.choice(_NOUNS), rng.choice(_VERBS)
    one, other = rng.sample(_FIELDS, 2)
    return [
        f"def {verb}_{noun}_{number}(rows: list[dict[str, Any]], limit: int = {rng.randint(5, 500)}) -> Any:",
        f'    """Return {noun}s by {one}, at most so many of each {other}."""',
        "    found: dict[str, Any] = {}",
        "    for row in rows:",
        f'        key = str(row.get("{one}", "{noun}")).strip().lower()',
        "        if not key:",
        "            continue",
        "        bucket = found.setdefault(key, [])",
        "        if len(bucket) >= limit:",
        f'            log.debug("%s has more than %d of %s", key, limit, "{other}")',
        "            continue",
        f'        bucket.append({{**row, "{other}": row.get("{other}") or {rng.randint(0, 9)}}})',
        "    return {key: value for key, value in sorted(found.items()) if value}",
        "",
        "",
    ]


def _record(rng: random.Random, number: int) -> list[str]:
    noun = rng.choice(_NOUNS).title()
    fields = rng.sample(_FIELDS, 5)
    return [
        "@dataclass(frozen=True)",
        f"class {noun}{number}:",
        f'    """What is known of one {noun.lower()}."""',
        "",
        *(f'    {name}: str = "{rng.randint(100, 999)}"' for name in fields),
        "",
        f"    def with_{fields[0]}(self, value: str) -> {noun}{number}:",
        f'        """Return a copy with another {fields[0]}."""',
        f"        if value == self.{fields[0]}:",
        "            return self",
        f"        return replace(self, {fields[0]}=value)",
        "",
        "    @property",
        "    def complete(self) -> bool:",
        '        """Return whether nothing is missing."""',
        f"        return all((self.{fields[1]}, self.{fields[2]}, self.{fields[3]}))",
        "",
        "    def as_row(self) -> tuple[str, ...]:",
        '        """Return the values in the order of the table."""',
        f"        return ({', '.join(f'self.{name}' for name in fields)})",
        "",
        "",
    ]


def _service(rng: random.Random, number: int) -> list[str]:
    noun = rng.choice(_NOUNS)
    verbs = rng.sample(_VERBS, 3)
    lines = [
        f"class {noun.title()}Service{number}:",
        f'    """Talks to the {noun} store, {rng.choice(("with retries", "one page at a time", "read only"))}."""',
        "",
        '    def __init__(self, client: Any, prefix: str = "v1", timeout: float = 5.0) -> None:',
        "        self.client = client",
        '        self.prefix = prefix.rstrip("/")',
        "        self.timeout = timeout",
        "        self._seen: set[str] = set()",
        "",
    ]
    for verb in verbs:
        field = rng.choice(_FIELDS)
        lines += [
            f"    async def {verb}(self, {noun}_id: str, *, {field}: str | None = None) -> dict[str, Any]:",
            f'        """{verb.title()} one {noun}; raises LookupError when there is none."""',
            f'        params = {{"{field}": {field}}} if {field} is not None else {{}}',
            "        try:",
            "            answer = await self.client.get(",
            f'                f"{{self.prefix}}/{noun}/{{{noun}_id}}",',
            "                params=params,",
            "                timeout=self.timeout,",
            "            )",
            "        except TimeoutError:",
            f'            log.warning("no answer for %s", {noun}_id)',
            "            raise",
            f"        if answer.status == {rng.choice((404, 410))}:",
            f'            raise LookupError(f"no {noun} {{{noun}_id}}")',
            f"        self._seen.add({noun}_id)",
            "        return dict(answer.json())",
            "",
        ]
    return [*lines, ""]


def _table(rng: random.Random, number: int) -> list[str]:
    noun = rng.choice(_NOUNS)
    rows = (
        f'    "{noun}-{rng.randint(1000, 9999)}": ("{rng.choice(_FIELDS)}", {rng.random():.4f}, {rng.randint(0, 9)}),'
        for _ in range(rng.randint(8, 30))
    )
    return [f"{noun.upper()}_RATES_{number} = {{", *rows, "}", ""]


def _query(rng: random.Random, number: int) -> list[str]:
    noun = rng.choice(_NOUNS)
    one, other = rng.sample(_FIELDS, 2)
    return [
        f'{noun.upper()}_SQL_{number} = """',
        f"    SELECT {noun}.id, {noun}.{one}, {noun}.{other}, count(*) AS n",
        f"    FROM {noun}",
        f"    LEFT JOIN {rng.choice(_NOUNS)} AS other ON other.{noun}_id = {noun}.id",
        f"    WHERE {noun}.{one} = %(value)s AND other.{other} IS NOT NULL",
        f"    GROUP BY {noun}.id, {noun}.{one}, {noun}.{other}",
        f"    ORDER BY n DESC LIMIT {rng.randint(10, 999)}",
        '"""',
        "",
    ]


def _checked(rng: random.Random, number: int) -> list[str]:
    noun = rng.choice(_NOUNS)
    tests: list[str] = []
    for field in rng.sample(_FIELDS, rng.randint(3, 8)):
        tests += [
            f'    if "{field}" in values and not isinstance(values["{field}"], str):',
            f"        problems.append(f\"{noun} {{name}}: `{field}` must be text, not {{values['{field}']!r}}\")",
            f'    elif len(str(values.get("{field}", ""))) > {rng.randint(20, 400)}:',
            f'        problems.append(f"{noun} {{name}}: `{field}` is too long")',
        ]
    return [
        f"def check_{noun}_{number}(name: str, values: dict[str, Any]) -> list[str]:",
        f'    """Return what is wrong with the values of a {noun}."""',
        "    problems: list[str] = []",
        *tests,
        "    return problems",
        "",
        "",
    ]


_BLOCKS: tuple[Callable[[random.Random, int], list[str]], ...] = (
    *(_helper, _helper, _record, _service, _service, _table, _query, _checked, _checked),
)


def filler(rng: random.Random, lines: int) -> list[str]:
    """Return about so many lines of code that has nothing to do with workflows."""
    found: list[str] = []
    while len(found) < lines:
        found += rng.choice(_BLOCKS)(rng, len(found))
    return found


_HEAD = (
    "from __future__ import annotations",
    "",
    "import logging",
    "from dataclasses import dataclass, replace",
    "from typing import Any",
    "",
)
_LOG = ("log = logging.getLogger(__name__)", "", "")


def module(rng: random.Random, lines: int, imports: tuple[str, ...] = (), body: tuple[str, ...] = ()) -> str:
    """Return a module of about so many lines around ``body``, which stands somewhere in the middle."""
    rest = max(lines - len(body) - len(imports) - 12, 0)
    above = rng.randint(0, rest)
    text = [f'"""About {rng.choice(_NOUNS)}s and their {rng.choice(_FIELDS)}."""', "", *_HEAD, *imports, "", *_LOG]
    return "\n".join([*text, *filler(rng, above), *body, *filler(rng, rest - above)]).rstrip("\n") + "\n"


# -- chains ------------------------------------------------------------------------------------------------------------


def link_body(rng: random.Random, own: str, below: Link | None) -> tuple[str, ...]:
    """Return the function of a chain that a workflow reaches, and a helper that it calls itself."""
    field = rng.choice(_FIELDS)
    # One leaf in twelve reads the clock: a body that reaches it is a finding, a step is not.
    leaf = "datetime.now(timezone.utc).isoformat()" if rng.random() < 1 / 12 else f'f"{own}-{{len(rows)}}"'
    value = f"{below.function}(picked)" if below else leaf
    return (
        f"def _{own}_rows(value: Any) -> list[dict[str, Any]]:",
        "    if isinstance(value, dict):",
        "        return [value]",
        f'    return [{{"{field}": each}} for each in value or ()]',
        "",
        "",
        f"def {own}(value: Any) -> Any:",
        f'    """Return the {field} of what is given, one level down."""',
        f"    rows = _{own}_rows(value)",
        f'    picked = [row for row in rows if row.get("{field}")]',
        "    if not picked:",
        "        return None",
        f"    return {value}",
        "",
        "",
    )


# -- workflows ---------------------------------------------------------------------------------------------------------


def _calls(names: list[str], steps: int) -> Iterator[tuple[int, str]]:
    for number in range(steps):
        yield number, names[number % len(names)]


def _inngest(rng: random.Random, name: str, steps: int, called: list[str]) -> list[str]:
    found = [
        f'@client.create_function(fn_id="{name}", trigger=inngest.TriggerEvent(event="{name}/requested"))',
        f"async def {name.replace('-', '_')}(ctx: inngest.Context) -> dict[str, Any]:",
        "    data = ctx.event.data",
        "    results: list[Any] = []",
    ]
    for number, function in _calls(called, steps):
        noun = rng.choice(_NOUNS)
        if number % 7 == 5:
            found += [
                f'    if data.get("{noun}"):',
                f'        results.append(await ctx.step.run("{noun}-{number}", lambda: {function}(data)))',
                "    else:",
                f'        await ctx.step.sleep("wait-{noun}-{number}", timedelta(minutes={rng.randint(1, 90)}))',
            ]
        else:
            found += [f'    {noun}_{number} = await ctx.step.run("{noun}-{number}", {function}, data)']
            found += [f"    results.append({noun}_{number})"]
    return [*found, '    return {"results": results}', "", ""]


def _dbos(rng: random.Random, name: str, steps: int, called: list[str]) -> list[str]:
    own = name.replace("-", "_")
    found: list[str] = []
    for number, function in _calls(called, steps):
        found += [
            "@DBOS.step()",
            f"def {own}_{number}(value: Any) -> Any:",
            f"    return {function}(value)",
            "",
            "",
        ]
    found += [
        f'@DBOS.workflow(name="{name}")',
        f"def {own}(order_id: str) -> list[Any]:",
        "    results: list[Any] = []",
    ]
    for number in range(steps):
        if number % 6 == 4:
            found += [f"    for each in range({rng.randint(2, 9)}):", f"        results.append({own}_{number}(each))"]
        else:
            found += [f"    results.append({own}_{number}(order_id))"]
    return [*found, "    return results", "", ""]


def _temporal(rng: random.Random, name: str, steps: int, called: list[str]) -> list[str]:
    own = name.replace("-", "_")
    found: list[str] = []
    for number, function in _calls(called, steps):
        found += ["@activity.defn", f"async def {own}_{number}(value: Any) -> Any:", f"    return {function}(value)"]
        found += ["", ""]
    found += [
        "@workflow.defn",
        f"class {own.title().replace('_', '')}:",
        "    @workflow.run",
        "    async def run(self, order_id: str) -> list[Any]:",
        "        results: list[Any] = []",
    ]
    for number in range(steps):
        found += [
            "        results.append(",
            "            await workflow.execute_activity(",
            f"                {own}_{number}, order_id, start_to_close_timeout=timedelta(seconds={rng.randint(5, 90)})",
            "            )",
            "        )",
        ]
    return [*found, "        return results", "", ""]


def _restate(rng: random.Random, name: str, steps: int, called: list[str]) -> list[str]:
    own = name.replace("-", "_")
    found = [
        f'{own}_service = restate.Service("{name}")',
        "",
        "",
        f"@{own}_service.handler()",
        f"async def {own}(ctx: restate.Context, order_id: str) -> list[Any]:",
        "    results: list[Any] = []",
    ]
    for number, function in _calls(called, steps):
        noun = rng.choice(_NOUNS)
        found += [f'    results.append(await ctx.run("{noun}-{number}", lambda: {function}(order_id)))']
    return [*found, "    return results", "", ""]


def _hatchet(rng: random.Random, name: str, steps: int, called: list[str]) -> list[str]:
    own = name.replace("-", "_")
    found: list[str] = []
    for number, function in _calls(called, steps):
        found += ["@hatchet.task()", f"async def {own}_{number}(input: Any, ctx: Any) -> Any:"]
        found += [f"    return {function}(input)", "", ""]
    found += ["@hatchet.durable_task()", f"async def {own}(input: Any, ctx: DurableContext) -> list[Any]:"]
    found += ["    results: list[Any] = []"]
    for number in range(steps):
        found += [f"    results.append(await {own}_{number}.aio_run(input))"]
        if number % 5 == 3:
            found += [f"    await ctx.aio_sleep_for(timedelta(minutes={rng.randint(1, 50)}))"]
    return [*found, "    return results", "", ""]


class Sdk(NamedTuple):
    """How a module starts that uses an SDK, and how one of its workflows is written."""

    imports: tuple[str, ...]
    setup: tuple[str, ...]
    workflow: Callable[[random.Random, str, int, list[str]], list[str]]


_TIME = "from datetime import timedelta"
_SDKS: Mapping[str, Sdk] = {
    "inngest": Sdk((_TIME, "", "import inngest"), ('client = inngest.Inngest(app_id="{app}")', "", ""), _inngest),
    "dbos": Sdk(("from dbos import DBOS",), (), _dbos),
    "temporal": Sdk((_TIME, "", "from temporalio import activity, workflow"), (), _temporal),
    "restate": Sdk(("import restate",), (), _restate),
    "hatchet": Sdk(
        (_TIME, "", "from hatchet_sdk import DurableContext, Hatchet"), ("hatchet = Hatchet()", "", ""), _hatchet
    ),
}


def workflow_module(rng: random.Random, lines: int, sdk: str, app: str, chains: tuple[Link, ...] = ()) -> str:
    """Return a module with one workflow for each 120 lines, between code that has nothing to do with it."""
    own = _SDKS[sdk]
    imports = (*own.imports, *(f"from {each.module} import {each.function}" for each in chains))
    local = [f"prepare_{app.replace('-', '_')}_{number}" for number in range(2)]
    body = [line.format(app=app) for line in own.setup]
    for name in local:
        body += [f"def {name}(value: Any) -> Any:", f'    return {{"value": value, "kind": "{name}"}}', "", ""]
    called = [each.function for each in chains] or local
    count = max(1, lines // 120)
    for number in range(count):
        body += own.workflow(rng, f"{app}-{number}", rng.randint(3, 9), [*called, local[number % 2]])
        body += filler(rng, max(lines - 60, 0) // count - 40) if count > 1 else []
    return module(rng, lines, imports, tuple(body))


# -- shapes that could cost more than they should ----------------------------------------------------------------------


def many_steps(size: int) -> str:
    """Return one workflow with so many steps, each of which uses the result of the one before."""
    body = ["import inngest", "", 'client = inngest.Inngest(app_id="long")', "", ""]
    body += ["def work(value):", "    return value", "", ""]
    body += ['@client.create_function(fn_id="long", trigger=inngest.TriggerEvent(event="long/go"))']
    body += ["async def long(ctx: inngest.Context):", "    value = ctx.event.data"]
    for number in range(size):
        if number % 10 == 9:
            body += [f'    if value.get("field_{number}"):']
            body += [f'        await ctx.step.run("extra-{number}", work, value)']
        body += [f'    value = await ctx.step.run("part-{number}", work, value)']
    return "\n".join([*body, "    return value", ""])


def deep_chain(size: int) -> str:
    """Return a workflow whose step calls functions so many levels deep."""
    body = ["import inngest", "", 'client = inngest.Inngest(app_id="deep")', "", ""]
    for number in range(size):
        called = f"level_{number + 1}(value)" if number + 1 < size else "value"
        body += [
            f"def level_{number}(value):",
            "    found = [value]",
            f"    found.append({called})",
            "    return found",
        ]
        body += ["", ""]
    body += ['@client.create_function(fn_id="deep", trigger=inngest.TriggerEvent(event="deep/go"))']
    body += [
        "async def deep(ctx: inngest.Context):",
        '    return await ctx.step.run("all", level_0, ctx.event.data)',
        "",
    ]
    return "\n".join(body)


def long_function(size: int) -> str:
    """Return a workflow whose step runs a function of so many lines."""
    body = ["import inngest", "", 'client = inngest.Inngest(app_id="wide")', "", ""]
    body += ["def wide(value):", "    found = {}"]
    while len(body) < size:
        number = len(body)
        body += [
            f'    item_{number} = value.get("field_{number}") or {number}',
            f"    if item_{number} > {number % 97}:",
        ]
        body += [f'        found["field_{number}"] = str(item_{number}).strip()']
        body += ["    else:", f'        found["other_{number}"] = [item_{number}, len(found)]']
    body += ["    return found", "", ""]
    body += ['@client.create_function(fn_id="wide", trigger=inngest.TriggerEvent(event="wide/go"))']
    body += ["async def flow(ctx: inngest.Context):", '    return await ctx.step.run("all", wide, ctx.event.data)', ""]
    return "\n".join(body)


SHAPES: Mapping[str, Callable[[int], str]] = {"steps": many_steps, "deep": deep_chain, "function": long_function}


def single(lines: int, sdk: str = "inngest") -> str:
    """Return a workflow module of exactly so many lines."""
    aim, text = lines, [""] * (lines + 1)
    while len(text) > lines and aim > 0:  # blocks are written whole, so the first try may be too long
        text = workflow_module(random.Random(f"single {lines} {sdk}"), aim, sdk, "single").splitlines()
        aim -= max(len(text) - lines, 10)
    rest = (f"LIMIT_{number} = {number}" for number in range(lines - len(text)))
    return "\n".join([*text, *rest]) + "\n"


# -- the tree ----------------------------------------------------------------------------------------------------------


class Tree:
    """The files of a monorepo, generated one package after the other."""

    def __init__(self, files: int, seed: int = 1) -> None:
        self._rng = random.Random(seed)
        self._files = files
        self.lines = self.workflows = self.chained = 0

    def contents(self) -> Iterator[tuple[str, str]]:
        """Yield path and text of every file."""
        left, area = self._files, 0
        while left > 0:
            count = min(_AREA, left)
            yield from self._area(area, count)
            left, area = left - count, area + 1

    def flows(self, workflows: int) -> Iterator[tuple[str, str]]:
        """Yield path and text of so many modules with workflows and of the chains below them, and of nothing else."""
        for area in range((workflows + 1) // 2):
            package = f"{self._rng.choice(_NOUNS)}_{area}"
            yield self._file(f"services/{package}/__init__.py", f'"""The {package} package."""\n')
            links = self._links(package, 3)
            yield from self._chains(links)
            yield from self._flows(package, area, min(2, workflows - 2 * area), links)

    def _area(self, area: int, count: int) -> Iterator[tuple[str, str]]:
        rng = self._rng
        package = f"{rng.choice(_NOUNS)}_{area}"
        folder = f"services/{package}"
        share = count * WORKFLOWS + rng.random()
        flows = min(int(share), count // 4)
        links = self._links(package, round(count * CHAINED)) if flows else []
        plain = count - 1 - flows - len(links)
        yield self._file(f"{folder}/__init__.py", f'"""The {package} package."""\n')
        yield from self._chains(links)
        yield from self._flows(package, area, flows, links)
        for number in range(plain):
            name = f"{rng.choice(_VERBS)}_{rng.choice(_NOUNS)}_{number}"
            inner = "tests/test_" if number % 5 == 4 else ""
            yield self._file(f"{folder}/{inner}{name}.py", module(rng, self._size()))

    def _chains(self, links: Iterable[tuple[Link, Link | None]]) -> Iterator[tuple[str, str]]:
        for own, below in links:
            imports = (f"from {below.module} import {below.function}",) if below else ()
            if below is None:
                imports = ("from datetime import datetime, timezone",)
            text = module(self._rng, self._size(), imports, link_body(self._rng, own.function, below))
            self.chained += 1
            yield self._file(f"services/{own.module.replace('.', '/')}.py", text)

    def _flows(
        self, package: str, area: int, count: int, links: list[tuple[Link, Link | None]]
    ) -> Iterator[tuple[str, str]]:
        heads = tuple(own for number, (own, _) in enumerate(links) if number % 3 == 0)
        for number in range(count):
            sdk = SDKS[(area + number) % len(SDKS)]
            app = f"{package.replace('_', '-')}-{number}"
            text = workflow_module(self._rng, self._size(), sdk, app, heads)
            self.workflows += 1
            yield self._file(f"services/{package}/flow_{number}.py", text)

    def _links(self, package: str, count: int) -> list[tuple[Link, Link | None]]:
        """Return chains of three: a head that workflows call, and two modules below it."""
        found: list[tuple[Link, Link | None]] = []
        own = [
            Link(f"{package}.chain_{number}", f"{self._rng.choice(_VERBS)}_link_{number}") for number in range(count)
        ]
        for number, each in enumerate(own):
            last = number % 3 == 2 or number + 1 == count
            found.append((each, None if last else own[number + 1]))
        return found

    def _size(self) -> int:
        return max(8, min(int(self._rng.lognormvariate(0, _SPREAD) * _MEDIAN), _LONGEST))

    def _file(self, path: str, text: str) -> tuple[str, str]:
        self.lines += text.count("\n")
        return path, text


def write(folder: Path, files: int = FILES, seed: int = 1) -> Size:
    """Write a monorepo below ``folder`` and return what it consists of."""
    tree = Tree(files, seed)
    return Size(_written(folder, tree.contents()), tree.lines, tree.workflows, tree.chained)


def write_flows(folder: Path, workflows: int, seed: int = 2) -> Size:
    """Write so many modules with workflows, two in a package with one chain, to stand among other people's code."""
    tree = Tree(0, seed)
    return Size(_written(folder, tree.flows(workflows)), tree.lines, tree.workflows, tree.chained)


def _written(folder: Path, contents: Iterable[tuple[str, str]]) -> int:
    count = 0
    for path, text in contents:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        count += 1
    return count


def main() -> None:
    """Write what the arguments ask for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", type=Path, help="a folder, or a file with --module or --shape")
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--module", type=int, metavar="LINES")
    parser.add_argument("--shape", choices=sorted(SHAPES))
    parser.add_argument("--size", type=int, default=1_000, help="steps, levels or lines of a --shape")
    given = parser.parse_args()
    if given.module or given.shape:
        text = SHAPES[given.shape](given.size) if given.shape else single(given.module)
        given.target.write_text(text, encoding="utf-8")
        return
    print(
        *(f"{value:,} {name}" for name, value in write(given.target, given.files, given.seed)._asdict().items()),
        sep=", ",
    )


if __name__ == "__main__":
    main()
