"""The files that a new rule or dialect starts from: they load, and their example fails until the logic is there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from steplint.config import ConfigError
from steplint.model.rule import Rule

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PAGE = """\
# {name}

```toml
code = "{code}"
severity = "warning"
since = "next"
default = true
```

## What it does

Finds steps whose ID starts with `todo-`.

## Why it is bad

Say what happens to a run: which value is wrong, which step runs again.

## Examples

```python
import inngest

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
    await ctx.step.run("todo-charge", print)  # error
```

Fine:

```python
import inngest

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
    await ctx.step.run("charge-card", print)
```
"""
_CHECK = '''\
"""See the page beside this file."""

from collections.abc import Iterator

from steplint.api import Finding, Project


def check(project: Project) -> Iterator[Finding]:
    """Yield every step whose ID starts with `todo-`."""
    for workflow, step in project.steps():
        if step.id == "todo-":  # the example on the page fails: `todo-charge` only starts so
            yield Finding(
                f"step `{step.id}` is not finished",
                step.id_place or step.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.id,
            )
'''
_DIALECT = """\
# {name}: the address of its documentation. What each field means: docs/dialects.md of steplint.
name = "{name}"
family = "keyed"                       # keyed, positional-checked or positional-unchecked: how a replay finds a step
words = ["{module}"]                   # text without which no file uses this SDK
packages = ["{module}"]
verified-with = ["{name} 1.0"]
evidence = "read"                      # run, read or documented

workflow = [
  {{ decorator = "{module}.workflow", id = ["name", "@name"], receives = [""] }},
]

step = [
  {{ kind = "run", method = "step", id = [0, "name"], body = [1, "fn"], passes = 2 }},
  {{ kind = "sleep", method = "sleep", id = [0, "name"], duration = 1 }},
]

[contexts]
"{module}.Context" = ""
"""
_FIXTURE = """\
\"\"\"What the dialect finds: `steplint.testing.run_fixture` compares these comments with what is there.\"\"\"

import {module}


# workflow: order
@{module}.workflow(name="order")
def order(ctx: {module}.Context) -> None:
    ctx.step("charge-card", print)  # step: charge-card
    ctx.sleep("cool-down", 60)  # step: cool-down
    # The next line fails until the table has the operation: `{{ kind = "wait", method = "wait", id = [0, "name"] }},`.
    ctx.wait("approval")  # step: approval
"""


class File(NamedTuple):
    """A file to write."""

    path: Path
    text: str


def rule_files(name: str, folder: Path, known: Iterable[Rule], code: str = "") -> tuple[File, ...]:
    """Return page and check of a new rule; raises ConfigError for a name or code that cannot be used."""
    _check_name(name)
    rules = list(known)
    taken = {each.code for each in rules}
    if name in {each.name for each in rules}:
        raise ConfigError(f"there is a rule `{name}` already", f"steplint rule {name}")
    free = code or next((f"SL{n}" for n in range(900, 1000) if f"SL{n}" not in taken), "")
    if free in taken or not re.fullmatch(r"SL\d{3}", free):
        raise ConfigError(f"`{free}` cannot be the code of a new rule", "own rules have codes from SL900 to SL999")
    stem = name.replace("-", "_")
    return (
        File(folder / f"{stem}.md", _PAGE.format(name=name, code=free)),
        File(folder / f"{stem}.py", _CHECK),
    )


def dialect_files(name: str, folder: Path, known: Iterable[str]) -> tuple[File, ...]:
    """Return the table of a new dialect and an annotated file; raises ConfigError for a name that cannot be used."""
    _check_name(name)
    if name in known:
        raise ConfigError(f"there is a dialect `{name}` already", "a file of this name would replace it")
    module = name.replace("-", "_")
    return (
        File(folder / f"{name}.toml", _DIALECT.format(name=name, module=module)),
        File(folder / f"{module}_example.py", _FIXTURE.format(module=module)),
    )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"`{name}` is no name", "lower-case words joined by `-`, such as `reused-token`")
