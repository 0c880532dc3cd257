"""Replays recorded runs against the code of now without executing a step, and says where they part ways."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from steplint.contract.runs import Divergence, Rehearsal
from steplint.runtime import replay
from steplint.runtime.binding import Binding
from steplint.runtime.clock import WallClock
from steplint.runtime.entry import Entry
from steplint.runtime.errors import BranchStop, Interrupt, Refused, UnserializableError
from steplint.runtime.guard import drifted
from steplint.runtime.ops import PLAN, Call, callable_name
from steplint.runtime.store import Run, Step, Store
from steplint.runtime.values import encode
from steplint.runtime.visit import Settings, Visit
from steplint.runtime.workflow import Workflow

SETTINGS = Settings(
    in_place=False, backoff=(0.0,), clock=WallClock(), stopping=lambda: False, introduce=lambda workflow: None
)


def rehearse(store: Store, run: Run, workflow: Workflow, binding: Binding) -> Rehearsal:
    """Return what becomes of ``run`` under this code. Nothing is written; what the body does outside steps happens."""
    bound = binding.workflow(workflow.id)
    drift = tuple(text for _, text in drifted(store, run, bound)) if run.manifest != bound.digest else ()
    entry = RehearsalEntry(Visit(store, run, SETTINGS, workflow, bound), run.open)
    stopped = entry.follow(workflow)
    return Rehearsal(
        run.id,
        workflow.id,
        run.status,
        len(entry.recalled),
        tuple(entry.divergences(stopped)),
        followed=not stopped,
        stopped=stopped,
        drift=drift,
    )


def rehearse_all(
    store: Store, workflows: Iterable[Workflow], binding: Binding, limit: int | None = None
) -> list[Rehearsal]:
    """Return what becomes of the newest ``limit`` runs, or all, of each workflow; cancelled ones are left out."""
    return [
        rehearse(store, run, workflow, binding)
        for workflow in workflows
        for name in (workflow.id, *binding.earlier(workflow.id))
        for run in store.runs(name, limit=limit)
        if run.status != "cancelled"
    ]


class _Missed(NamedTuple):
    """A call without a memo, the memo of the step it seems to replace, and whether it surely executes."""

    call: Call
    memo: Step | None
    certain: bool


class RehearsalEntry(Entry):
    """An entry that answers every call from the memos, guesses where it must, and keeps what it sees."""

    def __init__(self, visit: Visit, unfinished: bool) -> None:
        super().__init__(visit, frozenset())
        self.calls: list[Call] = []
        self.recalled: set[str] = set()
        self.result: str | None = None
        self._recorded = list(visit.memos.values())
        self._unfinished = unfinished
        self._missed: list[_Missed] = []
        self._found: list[Divergence] = []

    def follow(self, workflow: Workflow) -> str:
        """Run the body as far as the memos lead; return why it could not be followed, or ""."""
        loop = asyncio.new_event_loop()
        try:
            self._end(encode(replay.enter(self, workflow, lambda: loop)))
        except Refused as refused:
            self._found.append(Divergence("refused", "", refused.fault.message))
        except UnserializableError as error:
            self._found.append(Divergence("refused", "", f"the result of the workflow, {error}"))
        except Interrupt:
            pass  # the first step that is still to come
        except Exception as error:
            if any(missed.memo is None for missed in self._missed):
                return f"`{type(error).__name__}: {error}`, after a step whose result nobody knows"
            self._fail(error)
        finally:
            self.close()
            loop.close()
        return ""

    def look(self, call: Call) -> Step:
        """Return the memo of ``call``, or of the step it seems to replace, or nothing as its value."""
        self.calls.append(call)
        found = super().look(call)
        assert isinstance(found, Step)
        if found.key:
            self.recalled.add(found.key)
            self._compare(call, found)
        return found

    def divergences(self, stopped: str) -> Iterator[Divergence]:
        """Yield where the run and the code part ways, calls first."""
        lost = {memo.key: memo for memo in self._recorded if memo.key not in self.recalled}
        for call, memo, certain in self._missed:
            if memo is not None and memo.key in lost:
                text = f"step `{call.label}` executes; it looks like the recorded `{memo.label}`"
                yield Divergence("reexecuted", call.label, text, memo.label)
            elif certain or lost:
                yield Divergence("late", call.label, f"step `{call.label}` executes after steps that stand behind it")
        yield from self._found
        if stopped:
            return
        successors = {missed.memo.key: missed.call.label for missed in self._missed if missed.memo is not None}
        for memo in lost.values():
            text = f"what step `{memo.label}` recorded is not asked for"
            yield Divergence("lost", memo.label, text, successors.get(memo.key, ""))
        called = {call.key for call in self.calls}
        for timer in self.visit.timers.values():
            if timer.key not in called:
                yield Divergence("lost", timer.label, f"the run waits for step `{timer.label}`, which is not called")

    def _missing(self, call: Call) -> Step:
        plan = PLAN.get()
        if self.left:
            raise Interrupt
        if plan is not None and plan.stopping:
            raise BranchStop
        rest = [memo for memo in self._recorded if memo.key not in self.recalled]
        if call.key in self.visit.timers:
            raise self.stop(call.id)
        guess = self._guess(call, rest)
        if not rest or (self._unfinished and plan is not None):
            # The frontier; in a group, the other callables tell whether the steps that are left are lost.
            self._missed.append(_Missed(call, guess, False))
            raise self.stop(call.id)
        self._missed.append(_Missed(call, guess, True))
        return replace(guess or _NOTHING, key="", id=call.id, kind=call.kind)

    def _guess(self, call: Call, rest: list[Step]) -> Step | None:
        """Return the recorded step that ``call`` seems to replace: the next one of its kind with its callable."""
        taken = {missed.memo.key for missed in self._missed if missed.memo is not None}
        name = callable_name(call.target)
        free = [memo for memo in rest if memo.kind == call.kind and memo.key not in taken]
        return next((memo for memo in free if memo.callable in (name, "")), None)

    def _compare(self, call: Call, memo: Step) -> None:
        name = callable_name(call.target)
        if memo.kind != call.kind:
            text = f"step `{call.label}` receives what a step of kind `{memo.kind}` recorded"
            self._found.append(Divergence("rekinded", call.label, text))
        elif memo.callable != name and any(each.callable == name for each in self._recorded if each.key != memo.key):
            text = f"step `{call.label}` calls `{name}` and receives what `{memo.callable}` recorded"
            self._found.append(Divergence("changed", call.label, text))

    def _mismatch(self, memo: Step, call: Call) -> None:
        if memo.id != call.id:
            super()._mismatch(memo, call)

    def _end(self, result: str) -> None:
        self.result = result
        recorded = self.visit.run.result
        if recorded is not None and result != recorded:
            self._found.append(Divergence("result", "", f"the result is {_short(result)}, it was {_short(recorded)}"))

    def _fail(self, error: Exception) -> None:
        if self.visit.run.status == "completed":
            text = f"the body raises `{type(error).__name__}: {error}`, the run was completed"
            self._found.append(Divergence("result", "", text))


_NOTHING = Step("", 0, "", "", 0, "run", "null", None, 0, 0.0, 0.0)


def _short(text: str) -> str:
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}...`"
