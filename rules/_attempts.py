"""What runs again as a whole when an attempt fails: a step, or a workflow without durable operations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from steplint.api import Effect, Project, Step, Use, Workflow

from ._operations import changes
from ._text import short, shown

_REVISES = re.compile(
    r"update(_|$)|upsert|replace|patch$|put(_|$)|merge|save$|commit$|flush$|find_one_and_|h?set(ex|nx)?$|expire",
    re.IGNORECASE,
)
# A request to a language model costs time and money, but makes nothing that a second one would double.
_MODELS = ("openai.", "anthropic.", "groq.", "mistralai.", "cohere.", "google.genai.", "together.", "langchain")
_ASKS = re.compile(r"\b(completions|embeddings|responses|moderations|transcriptions)\.(create|parse|stream)$")
_LOCAL = ("builtins.open", "io.open", "os.", "shutil.", "pathlib.", "aiofiles.", "tempfile.")
_REVISING_STATEMENT = re.compile(r"\s*(update|delete|merge)\b", re.IGNORECASE)
# Ends of a transaction or of a buffer: they carry out what was asked before.
_COMPLETES = frozenset({"begin", "commit", "flush", "rollback", "close", "refresh"})


class Attempt(NamedTuple):
    """One unit of retry; ``step`` is None for a workflow without durable operations."""

    workflow: Workflow
    step: Step | None
    effects: tuple[Effect, ...]

    @property
    def name(self) -> str:
        """How a message calls it."""
        return f"step `{short(self.step.label)}`" if self.step else f"workflow `{self.workflow.id}`"

    @property
    def label(self) -> str:
        """The step's ID, or nothing."""
        return self.step.label if self.step else ""

    def sources(self, *kinds: str) -> Iterator[Effect]:
        """Yield the sources of ``kinds`` that no table excuses."""
        return (each for each in self.effects if each.kind in kinds and each.level != "off")

    def sends(self, use: Use) -> bool:
        """Return whether the value becomes an argument of an effect that outlives the process.

        Labels of a trace, local files and requests to a language model do not count.
        """
        roles = ("effect-argument",) if self.step else ("effect-argument", "outside-effect")
        return use.role in roles and use.slot != "trace" and not (use.api.startswith(_LOCAL) or asks(use.api))

    def taker(self, use: Use) -> str:
        """Return what takes the value, as written where that is known."""
        taking = (each for each in self.effects if each.api == use.api and use.place in (each.place, each.origin))
        return next((called(each) for each in taking), shown(use.api))

    def revises(self, use: Use) -> bool:
        """Return whether the effect that takes the value changes what exists, rather than making or sending."""
        if _REVISES.match(use.verb):
            return True
        statements = (each.argument for each in self.effects if each.place == use.place or each.origin == use.place)
        return any(_REVISING_STATEMENT.match(each) for each in statements)


def attempts(project: Project) -> Iterator[Attempt]:
    """Yield every unit of retry whose code was found."""
    for workflow in project.graph.workflows:
        if not workflow.steps:
            yield Attempt(workflow, None, workflow.effects)
    for workflow, step, body in project.bodies():
        yield Attempt(workflow, step, body.effects)


def writes(effect: Effect) -> bool:
    """Return whether ``effect`` changes the world beyond this process and its disk."""
    return changes(effect) and verb(effect) not in _COMPLETES and not asks(effect.api)


def asks(api: str) -> bool:
    """Return whether a call asks a language model for an answer."""
    return api.startswith(_MODELS) or bool(_ASKS.search(api))


def verb(effect: Effect) -> str:
    """Return the last part of what is called."""
    return effect.api.rpartition(".")[2]


def called(effect: Effect) -> str:
    """Return what is called, as written where that is known: `db.orders.insert_one`."""
    return f"{effect.receiver}.{verb(effect)}" if effect.receiver else shown(effect.api)
