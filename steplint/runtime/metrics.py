"""The four metrics, straight from a ledger: step time, retry rate, run duration, memo hit rate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import fmean, median

from steplint.contract.runs import Metrics, Spread, StepMetrics, WorkflowMetrics
from steplint.runtime.store import Run, Step, Store, Try


def measure(store: Store, workflow: str = "", limit: int | None = None) -> Metrics:
    """Return the metrics of all or the newest ``limit`` runs, by workflow and by step ID."""
    runs = sorted(store.runs(workflow, limit=limit), key=lambda run: (run.workflow, run.created))
    workflows, steps = list[WorkflowMetrics](), list[StepMetrics]()
    for name, group in groupby(runs, key=lambda run: run.workflow):
        of = list(group)
        recorded = [step for run in of for step in store.steps(run.id)]
        workflows.append(_workflow(store, name, of, recorded))
        steps += _steps(name, recorded, [row for run in of for row in store.tries(run.id)])
    return Metrics(tuple(workflows), tuple(steps))


def _workflow(store: Store, name: str, runs: Sequence[Run], recorded: Iterable[Step]) -> WorkflowMetrics:
    spent = dict.fromkeys((run.id for run in runs), 0.0)
    for step in recorded:
        if step.kind == "run":
            spent[step.run] += step.ended - step.started
    visits = [visit for run in runs for visit in store.visits(run.id)]
    calls, recalls = sum(visit.calls for visit in visits), sum(visit.recalls for visit in visits)
    return WorkflowMetrics(
        name,
        len(runs),
        sum(run.status == "completed" for run in runs),
        sum(run.status == "failed" for run in runs),
        sum(run.open for run in runs),
        spread([run.ended - run.started for run in runs if run.ended is not None and run.started is not None]),
        spread(list(spent.values())),
        calls,
        recalls,
        recalls / calls if calls else 0.0,
    )


def _steps(workflow: str, recorded: Sequence[Step], tries: Iterable[Try]) -> list[StepMetrics]:
    # The label of a repeat has a number; which ID it belongs to is told by the step that was recorded in the end.
    ids = {step.key: step.id for step in recorded}
    failed, done = dict[str, list[Try]](), dict[str, list[Step]]()
    for row in tries:
        if row.key:
            failed.setdefault(ids.get(row.key, row.label), []).append(row)
    for step in recorded:
        done.setdefault(step.id, []).append(step)
    return [_step(workflow, name, done.get(name, ()), failed.get(name, ())) for name in sorted({*done, *failed})]


def _step(workflow: str, name: str, done: Sequence[Step], failed: Sequence[Try]) -> StepMetrics:
    # A step whose last try failed is recorded with its error, and that try is among the failed ones too.
    succeeded = [step for step in done if step.error is None]
    tries = len(succeeded) + len(failed)
    repeated = sum(row.retry_at is not None for row in failed)
    times = [step.ended - step.started for step in succeeded] + [row.ended - row.started for row in failed]
    return StepMetrics(
        workflow,
        name,
        done[0].kind if done else "run",
        spread(times),
        tries,
        len(failed),
        repeated / tries if tries else 0.0,
    )


def spread(seconds: Sequence[float]) -> Spread:
    """Return how ``seconds`` are distributed."""
    if not seconds:
        return Spread()
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return Spread(len(ordered), sum(ordered), fmean(ordered), median(ordered), p95, ordered[-1])
