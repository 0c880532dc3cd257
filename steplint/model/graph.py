"""The linked program: workflows, their steps, what runs in them, and where values go. Rules read this and nothing else.

Everything here is plain data. Places are in project files; functions are named as readers know them (`orders.charge`).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from steplint.contract.identity import Family
from steplint.model.place import Place

Confidence = Literal["high", "medium", "low"]

Kind = Literal[
    "time",  # wall clock or monotonic clock
    "time-zone",  # the machine's time zone
    "random",
    "uuid",
    "env",  # environment, argv, working directory, locale
    "host",  # process and host identity
    "hash",  # hash(), id(), default repr
    "order",  # iteration order of a set
    "fs-order",  # unspecified order of a directory listing
    "fs",  # file-system I/O
    "network",
    "database",
    "process",  # subprocess and signals
    "sleep",  # waits without the engine
    "concurrency",  # threads, executors, races
    "log",
    "write",  # changes the world: insert, post, send, publish
    "import",  # a module constant or default computed from a source at import time
    "shared-rng",  # draws from a generator shared by all runs
    "state",  # mutable process state: globals, caches, unstable context members
]

Role = Literal[
    "control",  # decides whether, which or how many durable operations run (in a step: whether an effect runs)
    "identity",  # part of a step ID, child ID or idempotency key of a durable operation
    "outside-effect",  # argument of an effect outside every step
    "effect-argument",  # inside a step: argument of an effect
    "step-argument",  # argument of a durable operation
    "capture",  # variable that a step's callable reads from the body
    "state",  # stored in engine state or sent as an event
    "timer",  # length of a durable sleep
    "returned",  # returned or raised after the last durable operation (in a step: memoized with its result)
    "predicate",  # filter of a read
    "delay",  # non-durable sleep, backoff or timeout argument
    "scratch",  # name of a temporary file or directory
    "logged",
    "branch",  # decides a branch without durable operations or effects
    "unknown",  # argument of a call that is neither pure nor known
]


class Hop(Struct, frozen=True):
    """One line of a trace: at ``place``, in ``function``, ``calls`` is called or read."""

    place: Place
    function: str
    calls: str


class Use(Struct, frozen=True):
    """Where the value of a source goes.

    ``name`` is the argument, dict key or attribute that takes it (`created_at`), ``api`` what receives it
    (`db.records.create`), ``verb`` the last part of that. ``step`` is the position of the durable operation concerned.
    ``decides`` says what a branch decides: "whether step `send-digest` runs". ``via`` holds the calls between the
    source's own function and the sink, outermost first.
    """

    role: Role
    place: Place
    step: int | None = None
    name: str = ""
    api: str = ""
    verb: str = ""
    decides: str = ""
    via: tuple[Hop, ...] = ()
    duration: bool = False
    """The value is the difference of two clock reads."""
    slot: Literal["", "key", "clock", "trace"] = ""
    """What ``name`` is by the tables: a key (`id`, `slug`), a time (`created_at`), a trace header (`x-request-id`)."""
    confidence: Confidence = "high"


class Handler(Struct, frozen=True):
    """An `except` clause: what it catches as qualified names (`Exception`; empty: bare), and what it does.

    ``ends`` is how every path through it ends: "raise", "return", "break", "continue" or "". ``reraises`` is True when
    some path raises.
    """

    catches: tuple[str, ...]
    place: Place
    ends: str
    reraises: bool


class Frame(Struct, frozen=True):
    """One construct around an operation, outermost first.

    ``group`` and ``arm`` identify branches: two operations exclude each other when they share a group in different
    arms. ``combinator`` frames stand for a call that runs operations together (`asyncio.gather`, `ctx.group.parallel`);
    ``deferred`` for a lambda or local function that runs later; ``call`` for a project function that was entered.
    """

    kind: Literal[
        "for", "while", "if", "else", "try", "except", "finally", "with", "case", "comprehension",
        "combinator", "deferred", "call",
    ]  # fmt: skip
    place: Place
    group: str = ""
    arm: int = 0
    name: str = ""
    """Qualified name of the manager, combinator or function; text of the iterable or condition where it is a name."""
    binds: tuple[str, ...] = ()
    """Loop variables, `as` names."""
    handlers: tuple[Handler, ...] = ()
    """Of a try: its handlers. Of a `with` over `contextlib.suppress`: one handler that catches its arguments."""
    final: str = ""
    """Of a try: how its `finally` leaves ("return", "break", "continue"), if it does; "runs" when it only runs."""
    leaves: str = ""
    asynchronous: bool = False
    endless: bool = False
    """A loop without a bounded condition (`while True`, `itertools.count`) and without a way out."""
    bound: int | None = None
    """Of a loop over `range(n)` with a literal: n."""
    over: Literal["", "memoized", "event", "constant", "range", "read", "unknown"] = ""
    """Of a loop: what it iterates over. ``read`` was read in the body and may change between replays."""
    gate: str = ""
    """Of a branch: the patch gate that decides it."""
    missing: bool = False
    """Of a branch: it is taken only where a query found nothing."""
    resource: str = ""
    """Of a `with`: the kind of its manager by the tables (transaction, session, lock, directory, file, client, timeout,
    span, log)."""
    ends: str = ""
    """Of a `finally`: the group of its try."""


class Effect(Struct, frozen=True):
    """A nondeterministic source or an operation, with the shortest way to it.

    ``place`` is the call in the workflow body (or in the step's callable) that leads there; ``origin`` is where the
    source itself stands, equal to ``place`` when it is called directly; ``trail`` has every hop, the source last.
    ``also`` are other calls of the same body that reach the same source.
    """

    kind: Kind
    api: str
    place: Place
    origin: Place
    trail: tuple[Hop, ...]
    uses: tuple[Use, ...] = ()
    """Empty: the value is unused."""
    inside: tuple[Frame, ...] = ()
    level: Literal["", "info", "off"] = ""
    confidence: Confidence = "high"
    tail: bool = False
    """No durable operation can follow on any path."""
    before: bool = False
    """A durable operation can come before it on some path."""
    receiver: str = ""
    """Of an operation on an object: the object as written (`db.campaigns`), or its type."""
    argument: str = ""
    """First literal argument, where there is one: a variable name, path or statement."""
    mode: Literal["", "read", "write", "opens"] = ""
    """Of I/O: whether it reads, changes the world, or only makes a handle."""
    keywords: tuple[str, ...] = ()
    """Keyword arguments given, for rules that ask for one (`idempotency_key`)."""
    consumed: str = "value"
    expression: str = ""
    """Of a set whose order matters or a shared generator: what it is, as written."""
    also: tuple[Place, ...] = ()


class Loop(Struct, frozen=True):
    """A loop without an exit in a step's callable; ``why`` names the construct (`while True`)."""

    place: Place
    why: str
    trail: tuple[Hop, ...] = ()
    confidence: Confidence = "high"


class Swallow(Struct, frozen=True):
    """An `except Exception` (or wider) in a step's callable whose handler neither raises nor retries.

    ``scope`` is what its try covers: "main" the step's work, "optional" a part after the main effect, "item" one turn
    of a loop. ``returns`` is the handler's literal result as text, where it has one. ``last`` is True when nothing that
    matters follows.
    """

    place: Place
    handler: Handler
    scope: Literal["main", "optional", "item"]
    returns: str = ""
    trail: tuple[Hop, ...] = ()


class Write(Struct, frozen=True):
    """A step's callable changes something that belongs to the workflow.

    ``how`` is "assign" (nonlocal), "attribute", "subscript" or the mutator called (`append`). ``target`` is what it is:
    "local" a variable of the body, "memo" a memoized result, "event" event data or input, "instance" an attribute of
    the workflow object, "global" a module variable. ``read`` is where the body reads it afterwards.
    """

    name: str
    how: str
    target: Literal["local", "memo", "event", "instance", "global"]
    place: Place
    read: Place | None = None
    trail: tuple[Hop, ...] = ()
    confidence: Confidence = "high"


class Capture(Struct, frozen=True):
    """A variable of the body that a deferred or step callable reads.

    ``late`` is True when it is a loop variable, or rebound later, that a callable run after the turn would see changed;
    ``place`` is where the callable reads it; ``in_id`` when the late read decides a step ID.
    """

    name: str
    place: Place
    late: bool = False
    in_id: bool = False


class FileUse(Struct, frozen=True):
    """A local path that a step's callable writes or reads. ``path`` is the literal or the body's variable name."""

    path: str
    mode: Literal["read", "write", "returned"]
    place: Place
    literal: bool = True


class Nested(Struct, frozen=True):
    """A durable operation inside a step's callable."""

    place: Place
    label: str
    kind: str
    trail: tuple[Hop, ...] = ()
    confidence: Confidence = "high"
    """Medium: a method outside the project of an object that was given the workflow context."""


class Body(Struct, frozen=True):
    """What a step runs. ``name`` is `module:qualname`, ``call`` its last part as the lock records it."""

    name: str
    call: str
    place: Place
    resolved: bool
    reason: str = ""
    fingerprint: str = ""
    asynchronous: bool = False
    pure: bool = False
    """Every call in it is known to be pure."""
    expression: bool = False
    """It is one pure expression."""
    draws: bool = False
    """It only draws values (clock, random, uuid) and returns them: the recommended capture."""
    effects: tuple[Effect, ...] = ()
    handlers: tuple[Swallow, ...] = ()
    loops: tuple[Loop, ...] = ()
    nested: tuple[Nested, ...] = ()
    writes: tuple[Write, ...] = ()
    captures: tuple[Capture, ...] = ()
    files: tuple[FileUse, ...] = ()
    result: str = ""
    """What it returns where that is evident and matters: set, generator, lambda, file, bytes, self, coroutine."""
    result_place: Place | None = None


class IdPart(Struct, frozen=True):
    """One interpolation of a template ID.

    ``kind``: "index" a loop counter, "element" the loop's element, "slice" a truncated value, "memo", "event",
    "constant", "parameter", "other". ``over`` is the collection as written, ``stable`` False when it was read in the
    body and may change.
    """

    kind: Literal["index", "element", "slice", "memo", "event", "constant", "parameter", "other"]
    text: str
    over: str = ""
    stable: bool = True


class Step(Struct, frozen=True):
    """One durable operation of a workflow, in code order.

    ``id`` is the literal identity; ``template`` the text with ``{}`` for each interpolation; both None when it cannot
    be read. ``id_source``: "literal", "constant", "template", "name" (the engine derives it from a callable),
    "fixed" (one name for all calls of this operation), "missing" (the engine has only the position), "unknown".
    """

    id: str | None
    template: str | None
    kind: str
    form: str
    """As the dialect spells it: ``step.run``, ``dbos.DBOS.sleep``, the decorator of a decorated step."""
    place: Place
    id_place: Place | None
    id_source: Literal["literal", "constant", "template", "name", "fixed", "missing", "unknown"]
    position: int
    occurrence: int
    times: Literal["once", "maybe", "many"]
    function: str
    """The function whose text holds the call."""
    inside: tuple[Frame, ...] = ()
    consumed: Literal["await", "yield", "value", "dropped"] = "value"
    must: Literal["await", "yield", "none"] = "none"
    """What this call needs for it to happen here, given dialect, form and function."""
    stored: bool = False
    """Its value is kept and used later (a task, a list for a combinator), so a missing await is no finding."""
    body: Body | None = None
    arguments: str = ""
    """Digest of the arguments handed on to the callable, as written; empty where there are none."""
    needs_body: bool = False
    """The form names a callable, so a missing body means that it did not resolve."""
    id_parts: tuple[IdPart, ...] = ()
    reads: tuple[int, ...] = ()
    """Positions of steps whose results its arguments or callable use."""
    read_elsewhere: bool = True
    """Its result is used by something besides one following step."""
    trail: tuple[Hop, ...] = ()
    """How the body reaches it, when it stands in a called function."""
    gate: str = ""
    positions: int = 1
    captures: tuple[Capture, ...] = ()
    """What a deferred callable around this call reads late: loop variables and names rebound later."""
    confidence: Confidence = "high"

    @property
    def label(self) -> str:
        """The ID, the template, or ``?``."""
        return self.id if self.id is not None else self.template if self.template is not None else "?"


class Unresolved(Struct, frozen=True):
    """A call that could not be followed, or an ID that could not be read."""

    place: Place
    reason: str
    kind: Literal["call", "step", "body"] = "call"


class Task(Struct, frozen=True):
    """`create_task` or the like over durable operations; ``awaited`` says whether the body waits for it."""

    place: Place
    api: str
    awaited: bool
    steps: tuple[int, ...]


class Workflow(Struct, frozen=True):
    """One workflow. ``order`` has (a, b) when step b can come directly after step a."""

    id: str
    name: str
    app: str
    dialect: str
    family: Family
    place: Place
    source: str
    asynchronous: bool
    steps: tuple[Step, ...]
    effects: tuple[Effect, ...] = ()
    """Sources and operations of the replayed body, with where their values go."""
    writes: tuple[Write, ...] = ()
    """Event data, input and memoized results that the body itself changes."""
    handlers: tuple[Swallow, ...] = ()
    """Of a body without durable operations, which runs as one unit: its handlers that swallow a failure."""
    loops: tuple[Loop, ...] = ()
    """The same: its loops without an exit."""
    tasks: tuple[Task, ...] = ()
    order: tuple[tuple[int, int], ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    form: str = ""
    confidence: Confidence = "high"
    id_place: Place | None = None
    pinned: bool = False
    """Whether the project pins the version of runs (``application_version``)."""
    fingerprint: str = ""
    """Of the workflow's own body, without layout and comments."""
    context: str = ""
    """The parameter that holds the context (`ctx`): what a fix writes. Empty where the body has none."""


class Rejected(Struct, frozen=True):
    """What looks like a workflow or step and was not taken for one: why, and the setting that would change it."""

    place: Place
    name: str
    reason: str
    setting: str = ""


class Module(Struct, frozen=True):
    """What the run saw of one file: ``dialects`` are those whose SDK it imports."""

    path: str
    dialects: tuple[str, ...]
    workflows: int


class StepGraph(Struct, frozen=True):
    """Every workflow of the project, sorted by dialect, app and ID."""

    workflows: tuple[Workflow, ...]
    rejected: tuple[Rejected, ...] = ()
    modules: tuple[Module, ...] = ()
    helpers: tuple[Place, ...] = ()
