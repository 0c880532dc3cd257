"""One durable engine as data: how workflows and steps are written, how a step is found again, what replay compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from steplint.contract.identity import Family, Verdict

Position = int | str
"""A place in the arguments of a call: see `StepForm`."""


class WorkflowForm(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One way to declare a workflow; exactly one of `decorator`, `call`, `base` and `named` is set.

    `decorator` is a qualified name applied to a function or class, `call` a call that is given the function, `base` a
    base class. `named` is the method name of a decorator on a receiver that does not resolve (`*.create_function`);
    it counts only when every keyword of `needs` is there, with less confidence.
    """

    decorator: str = ""
    call: str = ""
    base: str = ""
    named: str = ""
    needs: tuple[str, ...] = ()
    id: tuple[Position, ...] = ()
    """Positions of the workflow ID in the arguments, tried in order; ``@name`` and ``@qualname`` of the function."""
    body: tuple[Position, ...] = (0,)
    """Positions of the function in the arguments of `call`."""
    also: tuple[str, ...] = ()
    """Keyword arguments that hold further bodies (``on_failure``)."""
    app: str = ""
    """Keyword or position in the constructor of the receiver that names the app (``app_id``)."""
    receives: tuple[str, ...] = ()
    """What the leading parameters of the body are: a path of the context ("" the context itself), or ``-`` for data."""
    entry: tuple[str, ...] = ()
    """For classes: qualified decorators that mark the body, or ``.run`` for a method of that name."""
    handlers: tuple[str, ...] = ()
    """For classes: qualified decorators of further methods that are replayed (signals, updates)."""
    generator: bool = False
    """The form counts only when the function is a generator."""


class StepForm(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One way to write a durable operation; exactly one of `method`, `call` and `decorator` is set.

    `method` is a path on the context (``step.run``), `call` a qualified function or method, `decorator` marks functions
    whose calls are steps. Positions in `id` and `body` are tried in order: ``0`` a positional argument, ``"name"`` a
    keyword, ``"0[name]"`` an entry of a dict argument, ``"@name"`` / ``"@qualname"`` / ``"@path"`` of the callable (a
    path is ``module.qualname``), ``"@module"`` the last part of the module it stands in, ``"@reference"`` the name
    under which a `ReferenceForm` publishes it (or its own, or the text itself), ``"@published"`` the same for published
    callables only, ``"=text"`` a fixed name.
    """

    kind: Literal["run", "sleep", "wait", "send", "invoke", "infer", "state", "callback", "patch", "child", "other"]
    method: str = ""
    call: str = ""
    decorator: str = ""
    verb: str = ""
    """The step is not the call of a function so decorated, but of this method of it (``child.aio_run(...)``)."""
    id: tuple[Position, ...] = ()
    keys: tuple[Position, ...] = ()
    """Further arguments that are part of the identity (``id=`` of a child workflow)."""
    body: tuple[Position, ...] = ()
    """Positions of the callable. Of kind invoke, send, or child without ``child``: it runs elsewhere and only names."""
    passes: int | None = None
    """First positional argument handed on to the body."""
    passes_keyword: str = ""
    """Keyword whose list is handed on to the body (``args``)."""
    context_first: bool = False
    """The body is given a context of its own before what is handed on."""
    positions: int = 1
    """History positions that one call consumes."""
    must: Literal["", "await", "yield", "none"] = ""
    """What a call needs for it to happen, where it differs from the dialect."""
    called: bool = False
    """The body argument is itself the call of a function that returns the body (``context.step(charge(card))``)."""
    child: str = ""
    """The body is workflow code of this run that receives a context: its path, ``.`` the whole one, ``-`` none."""
    duration: Position | None = None
    """Position of the duration of a durable timer."""
    applies: bool = False
    """The method is used as a decorator on a local function and runs it (``@ctx.run_step``)."""


class ReferenceForm(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A decorator that publishes a function under a name by which steps refer to it (``activity.defn``)."""

    decorator: str = ""
    call: str = ""
    """A registering call that is given the function (``worker.add_activity``)."""
    id: tuple[Position, ...] = ()
    body: tuple[Position, ...] = (0,)


class Repeat(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """How a keyed engine tells repeats of one ID apart."""

    suffix: str = ":{n}"
    first: int = 1
    digest: Literal["sha1", "none"] = "sha1"


class Standin(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What to write instead of a nondeterministic source: text for hints."""

    time: str = ""
    random: str = ""
    uuid: str = ""
    sleep: str = ""
    parallel: str = ""
    step: str = ""
    """How a value is made a step; ``{id}`` and ``{source}`` are filled in."""


class Dialect(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Everything steplint knows about one durable engine. Field meanings and sources: docs/dialects.md."""

    name: str
    family: Family
    words: tuple[str, ...]
    """Text without which a file cannot use this SDK; the byte prefilter looks for them."""
    packages: tuple[str, ...]
    """Distribution and import names of the SDK; importing one activates the dialect for SL005."""
    verified_with: tuple[str, ...]
    versions: str = ""
    """Versions of the SDK that the file is for, where another file has the others: ``<2`` or ``>=2``."""
    evidence: Literal["run", "read", "documented"] = "read"
    """How the verdicts were established: observed on the running engine, read in its source, or from its documents."""
    checks: tuple[str, ...] = ()
    """What replay compares at a position: kind, name, arguments, parent."""
    compares_arguments: tuple[str, ...] = ()
    """Kinds of operation whose argument bytes are compared."""
    verdicts: Mapping[str, Verdict] = {}
    """Cells of the family's verdict table that this engine overrides."""
    repeat: Repeat = Repeat()
    reenters: Literal["every-step", "on-resume"] = "on-resume"
    interrupt: Literal["BaseException", "Exception", "none"] = "BaseException"
    interrupts: tuple[str, ...] = ()
    """Names of the classes the engine raises to suspend a run."""
    must: Literal["await", "yield", "none"] = "await"
    """What an asynchronous body does with a step call for it to happen."""
    in_memory: bool = False
    """The engine keeps the coroutine in memory between steps, so a block is left only on a crash or eviction."""
    shared_process: bool = False
    """Steps of one run share a process and its disk by design."""
    decoded_arguments: bool = False
    """A step gets a decoded copy of its arguments, so that changing them changes nothing of the workflow."""
    folder_function: str = ""
    """Function in the ``__init__.py`` of a folder that a step may refer to by the folder's name (``main``)."""
    workflow: tuple[WorkflowForm, ...] = ()
    step: tuple[StepForm, ...] = ()
    reference: tuple[ReferenceForm, ...] = ()
    alias: Mapping[str, str] = {}
    """Other names of a name: import paths, and calls that return a type. Loading adds each form under them too."""
    contexts: Mapping[str, str] = {}
    """Type to what it stands for: ``{"inngest.Context" = "", "inngest.Step" = "step"}``."""
    obtained: Mapping[str, str] = {}
    """Calls that return a context: ``{"inngest.experimental.get_step_context" = "step"}``."""
    parameters: Mapping[str, str] = {}
    """The same by parameter name, with less confidence: ``{ctx = "", step = "step"}``."""
    parallel: tuple[str, ...] = ()
    """Combinators that run durable operations together safely: context paths or qualified names."""
    unordered: Mapping[str, Literal["error", "warning", "info", "off"]] = {}
    """Combinators that this engine does not record, with the severity of their use over durable operations."""
    stable: tuple[str, ...] = ()
    """Qualified names that are deterministic under this engine (``temporalio.workflow.now``, ``asyncio.sleep``)."""
    stable_context: tuple[str, ...] = ()
    """Members of the context with the same promise (``run_id``, ``uuid``)."""
    unstable_context: tuple[str, ...] = ()
    """Members of the context that change between two executions of one run (``attempt``)."""
    gates: tuple[str, ...] = ()
    """Patch gates: qualified calls or context paths whose branch is only taken by new runs."""
    pinning: Literal["none", "source", "version"] = "none"
    """Whether runs are pinned: ``source`` derives a version from the workflow's source unless one is configured."""
    pinned_by: tuple[str, ...] = ()
    """Keywords or keys of configuration that pin a version (``application_version``)."""
    output: Literal["json", "pickle", "codec"] = "json"
    import_is_body: bool = False
    """The module is imported again for each replay, so import time counts as body."""
    granular: bool = False
    """The engine recommends many small steps: SL401 is off."""
    limits: Mapping[str, int] = {}
    severity: Mapping[str, Mapping[str, str]] = {}
    """Rule name to flow or level to severity, where this engine differs from the rule's page."""
    accepts: tuple[str, ...] = ()
    """Policies a record may use besides those of the family (alias, versioned, patched)."""
    standin: Standin = Standin()
