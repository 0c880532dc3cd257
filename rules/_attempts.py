"""What runs again as a whole when an attempt fails: a step, or a workflow without durable operations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from steplint.api import Effect, Place, Project, Step, Use, Workflow

from ._sources import changes
from ._text import short, shown

_REVISES = re.compile(
    r"update(_|$)|upsert|replace|patch$|put(_|$)|merge|save$|commit$|flush$|find_one_and_|h?set(ex|nx)?$|expire",
    re.IGNORECASE,
)
# A request to a language model costs time and money, but makes nothing that a second one would double.
_MODELS = (
    "openai.", "anthropic.", "groq.", "mistralai.", "cohere.", "google.genai.", "together.", "langchain", "langgraph.",
)  # fmt: skip
_ASKS = re.compile(r"\b(completions|embeddings|responses|moderations|transcriptions)\.(create|parse|stream)$")
_LOCAL = ("builtins.open", "io.open", "os.", "shutil.", "pathlib.", "aiofiles.", "tempfile.")
# The file that is sent: its name stays here.
_READS_FILES = frozenset({"upload_file", "upload_from_filename", "fput_object", "upload_file_from_path"})
_FILES = frozenset({"filename", "file_path", "local_path", "source_file_name"})
# The argument that addresses what is made: a new one makes another object, though the verb overwrites.
_ADDRESSES = frozenset({"id", "_id", "pk", "key", "uuid", "guid", "object_name", "blob_name"})
_PLACES = re.compile(r"put(_|$)|upsert|h?set(ex|nx)?$|save$|merge$", re.IGNORECASE)
_BUILDS_REVISION = re.compile(r"\b(update|delete)\b")
# Tokens and signatures are meant to be made anew for each request.
_CREDENTIALS = re.compile(r"(proxy[-_])?authorization|(set[-_])?cookie|(x[-_])?signature", re.IGNORECASE)
_REVISING_STATEMENT = re.compile(r"\s*(update|delete|merge)\b", re.IGNORECASE)
# The `insert` of a dialect of SQLAlchemy has `on_conflict_...` over the common one: that is what it is imported for.
_BUILDS_UPSERT = re.compile(r"\bon_(conflict|duplicate)_|^sqlalchemy\.dialects\.\w+\.insert\b")
_UPSERTING_STATEMENT = re.compile(
    r"\s*(replace\b|insert\s+(or|ignore)\b|insert\b.*\bon\s+(conflict|duplicate)\b)", re.IGNORECASE | re.DOTALL
)
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

        Labels of a trace, credentials, local files, requests to a language model and what a program on this machine
        is started with do not count: there a drawn value names scratch.
        """
        roles = ("effect-argument",) if self.step else ("effect-argument", "outside-effect")
        if use.role not in roles or use.slot == "trace" or _CREDENTIALS.fullmatch(use.name):
            return False
        if use.verb in _READS_FILES and use.name.lower() in _FILES:
            return False
        return not (use.api.startswith(_LOCAL) or asks(use.api) or self._on_this_machine(use))

    def _on_this_machine(self, use: Use) -> bool:
        return any(each.kind in ("fs", "process") and each.api == use.api for each in self.effects)

    def way(self, source: Effect, use: Use) -> tuple[Place, ...]:
        """Return the calls to a source from the function on that also leads to what takes its value."""
        taker = next((each for each in self.effects if use.place in (each.place, each.origin)), None)
        calls = [hop.place for hop in source.trail]
        others = [hop.place for hop in taker.trail] if taker is not None else []
        common = next((at for at, (one, other) in enumerate(zip(calls, others, strict=False)) if one != other), 0)
        return tuple(calls[common:])

    def taker(self, use: Use) -> str:
        """Return what takes the value, as written where that is known."""
        taking = (each for each in self.effects if each.api == use.api and use.place in (each.place, each.origin))
        return next((called(each) for each in taking), shown(use.api))

    def revises(self, source: Effect, use: Use) -> bool:
        """Return whether the effect that takes the value changes what exists, rather than making or sending."""
        if use.slot == "key" and use.name.lower() in _ADDRESSES and _PLACES.match(use.verb):
            return False
        if _REVISES.match(use.verb) or any(_BUILDS_REVISION.search(each.api) for each in built(source, use)):
            return True
        return any(_REVISING_STATEMENT.match(each) for each in self._statements(use))

    def upserts(self, source: Effect, use: Use) -> bool:
        """Return whether a statement that takes the value makes a record only where there is none."""
        return any(_BUILDS_UPSERT.search(each.api) for each in built(source, use)) or any(
            _UPSERTING_STATEMENT.match(each) for each in self._statements(use)
        )

    def finds(self, source: Effect, use: Use) -> bool:
        """Return whether the value is drawn, or its effect runs, only where a query did not find what it makes.

        An error for want of something else is no such answer: what is made then is made again.
        """
        around = [frame for each in self.effects if use.place in (each.place, each.origin) for frame in each.inside]
        if any(frame.missing for frame in (*source.inside, *around)):
            return True
        branches = {frame.place for frame in around}
        return any(
            each.role == "control"
            and each.api == use.api
            and each.verb != "raise"
            and each.place.path == use.place.path
            and each.place not in branches
            for read in self.effects
            if read.kind == "database" and read.mode == "read"
            for each in read.uses
        )

    def _statements(self, use: Use) -> Iterator[str]:
        return (each.argument for each in self.effects if each.place == use.place or each.origin == use.place)


def built(source: Effect, use: Use) -> tuple[Use, ...]:
    """Return the uses of ``source`` in the statement that ``use`` carries out: `update(Row).where(...).values(...)`."""
    return tuple(
        each
        for each in source.uses
        if each is not use
        and each.role in ("unknown", "predicate")
        and each.place.path == use.place.path
        and use.place.span.contains(each.place.span)
    )


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
