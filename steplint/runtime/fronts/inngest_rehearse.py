"""Replays a recorded run of an Inngest function against the app of now: each request learns one step, none executes."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from steplint.contract.runs import Divergence, Rehearsal
from steplint.runtime.binding import Binding
from steplint.runtime.fronts.inngest_app import App
from steplint.runtime.fronts.inngest_config import Function
from steplint.runtime.fronts.inngest_run import KINDS, Found, operations, request
from steplint.runtime.guard import drifted
from steplint.runtime.store import Run, Step, Store
from steplint.runtime.values import decode, encode


def rehearse(store: Store, run: Run, function: Function, app: App, binding: Binding) -> Rehearsal:
    """Return what becomes of ``run``. Nothing is written; what the body does outside steps happens."""
    bound = binding.workflow(function.id)
    drift = tuple(text for _, text in drifted(store, run, bound)) if run.manifest != bound.digest else ()
    path = _Path(store, run, function, app)
    stopped = path.follow()
    found = tuple(path.divergences(stopped))
    return Rehearsal(
        run.id, function.id, run.status, len(path.asked), found, followed=not stopped, stopped=stopped, drift=drift
    )


class _Path:
    """What the body asks for, memo after memo; where a memo is missing, that of a likely predecessor is tried."""

    def __init__(self, store: Store, run: Run, function: Function, app: App) -> None:
        self._run, self._function, self._app = run, function, app
        self._recorded = {step.key: step for step in store.steps(run.id) if step.key}
        self._waiting = {timer.key for timer in store.timers(run.id)}
        self.asked: dict[str, Step] = {}
        self._missing: dict[str, tuple[Found, Step | None]] = {}
        self._found: list[Divergence] = []

    def follow(self) -> str:
        """Enter the body with more memos each time; returns why it could not be followed, or ""."""
        event, given = decode(self._run.event), dict[str, Step]()
        while True:
            body = request(
                self._run.id, event, given.values(), 0, self._function.max_attempts,
                pending=True, function=self._function.full_id,
            )  # fmt: skip
            answer = self._app.call(self._function.full_id, "step", body)
            if answer.status == 200:
                return self._end(answer.body)
            if answer.status != 206:
                return self._fail(f"{answer.fault.name}: {answer.fault.message}")
            before = len(given)
            for found in operations(answer):
                step = self._answer(found)
                if found.key in self.asked and found.key in given:
                    text = f"step `{found.label}` is asked for twice with one key"
                    self._found.append(Divergence("refused", found.label, text))
                    return ""
                if step is not None:
                    given[found.key] = step
            if len(given) == before:
                return ""

    def divergences(self, stopped: str) -> Iterator[Divergence]:
        """Yield where the run and the code part ways."""
        lost = {key: step for key, step in self._recorded.items() if key not in self.asked}
        for found, guess in self._missing.values():
            if guess is not None and guess.key in lost:
                text = f"step `{found.label}` executes; it looks like the recorded `{guess.label}`"
                yield Divergence("reexecuted", found.label, text, guess.label)
            elif guess is not None or lost:
                yield Divergence("late", found.label, f"step `{found.label}` executes after steps that stand behind it")
        yield from self._found
        if not stopped:
            successors = {guess.key: found.label for found, guess in self._missing.values() if guess is not None}
            for key, step in lost.items():
                text = f"what step `{step.label}` recorded is not asked for"
                yield Divergence("lost", step.label, text, successors.get(key, ""))

    def _answer(self, found: Found) -> Step | None:
        """Return the memo of a step, or of the one that it seems to replace; None at the frontier."""
        step = self._recorded.get(found.key)
        if step is not None:
            if found.key not in self.asked:
                self._found += filter(None, [self._rekinded(found)])
                self.asked[found.key] = step
            return step
        if found.key in self._missing or found.key in self._waiting:
            return None
        taken = {guess.key for _, guess in self._missing.values() if guess is not None}
        kind = KINDS.get(found.op, "run")
        free = [each for each in self._recorded.values() if each.key not in self.asked and each.key not in taken]
        guess = next((each for each in free if each.kind == kind), None)
        self._missing[found.key] = found, guess
        return None if guess is None else replace(guess, key=found.key, id=found.id, occurrence=found.occurrence)

    def _rekinded(self, found: Found) -> Divergence | None:
        step, kind = self._recorded.get(found.key), KINDS.get(found.op)
        if step is None or kind is None or step.kind == kind:
            return None
        text = f"step `{found.label}` receives what a step of kind `{step.kind}` recorded"
        return Divergence("rekinded", found.label, text)

    def _end(self, result: object) -> str:
        text, recorded = encode(result), self._run.result
        if recorded is not None and text != recorded:
            self._found.append(Divergence("result", "", f"the result is `{text[:60]}`, it was `{recorded[:60]}`"))
        return ""

    def _fail(self, error: str) -> str:
        if self._run.status == "completed":
            self._found.append(Divergence("result", "", f"the body raises `{error}`, the run was completed"))
            return ""
        return "" if self._run.status == "failed" else f"`{error}`"
