"""A run goes on under another manifest: refused, warned of, allowed, or helped by what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steplint.contract.identity import step_key
from steplint.contract.manifest import Generator, Manifest, ManifestStep, ManifestWorkflow, encode
from steplint.runtime import Context, RunHeldError, Runtime, Workflow
from steplint.runtime.binding import Binding, load
from tests.runtime.conftest import MakeRuntime

Spec = str | tuple[str, dict[str, Any]]


def manifest(*specs: Spec, gone: tuple[str, ...] = (), workflow: str = "w") -> Manifest:
    """Return the manifest of a workflow; a spec is an ID, or an ID or template with further fields."""
    steps, counts = [], dict[str, int]()
    for position, spec in enumerate(specs):
        name, more = (spec, {}) if isinstance(spec, str) else spec
        template = name if "{}" in name else None
        occurrence = counts.get(name, 0)
        counts[name] = occurrence + 1
        fields: dict[str, Any] = {
            "id": None if template else name,
            "template": template,
            "kind": "run",
            "key": None if template else step_key(name, occurrence),
            "occurrence": occurrence,
            "position": position,
            "times": "once",
            "callable": f"app:do_{name.replace('-', '_')}",
        }
        steps.append(ManifestStep(**(fields | more)))
    one = ManifestWorkflow(workflow, "", "steplint", "keyed", "app.py::body", tuple(steps), gone=gone)
    return Manifest(Generator("steplint", "0"), (one,))


class Story:
    """One run that waits after its first steps, and is then continued by other code under another manifest."""

    def __init__(self, make: MakeRuntime) -> None:
        self.make = make
        self.calls: list[str] = []

    def body(self, *steps: str) -> Callable[[Context], Any]:
        def body(ctx: Context) -> Any:
            values = []
            for step in steps:
                if step == "--":
                    ctx.step.wait_for_event("gate", event="go")
                else:
                    name, _, value = step.partition("=")
                    values.append(ctx.step.run(name, lambda v: self.calls.append(v) or v, value or name))
            return values

        return body

    def begin(self, deployed: Manifest | None, *steps: str) -> None:
        runtime = self.make(Workflow("w", self.body(*steps)), manifest=deployed)
        runtime.start(next(iter(runtime._known.values())), id="r")
        runtime.work(until_idle=True)
        runtime.send({"name": "go"})
        self.calls.clear()

    def go_on(self, deployed: Manifest | None, *steps: str, **options: Any) -> Runtime:
        return self.make(Workflow("w", self.body(*steps)), manifest=deployed, **options)


@pytest.fixture
def story(make_runtime: MakeRuntime) -> Story:
    return Story(make_runtime)


def notes(runtime: Runtime) -> list[str]:
    return [note.text for note in runtime.store.notes("r")]


def test_a_run_keeps_the_manifest_it_ran_under(story: Story) -> None:
    deployed = manifest("a", "b")
    story.begin(deployed, "a", "--", "b")
    runtime = story.go_on(deployed, "a", "--", "b")
    run = runtime.store.run("r")
    assert run is not None
    kept = runtime.store.manifest(run.manifest)
    assert kept is not None
    assert b'"a"' in kept
    assert runtime.result("r") == ["a", "b"]
    assert notes(runtime) == []


def test_an_unrecorded_rename_runs_again_with_a_warning(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    story.begin(manifest("charge", "mail"), "charge", "--", "mail")
    new = manifest(("charge-card", {"callable": "app:do_charge"}), "mail")
    runtime = story.go_on(new, "charge-card", "--", "mail")
    assert runtime.result("r") == ["charge-card", "mail"]
    assert story.calls == ["charge-card", "mail"]
    assert notes(runtime) == ["warn: step `charge` -> `charge-card`: renamed, reruns, looks like `charge-card`"]
    assert "run `r`: step `charge` -> `charge-card`: renamed, reruns" in caplog.text


def test_an_unrecorded_rename_is_refused_if_the_policy_says_so(story: Story) -> None:
    story.begin(manifest("charge", "mail"), "charge", "--", "mail")
    new = manifest(("charge-card", {"callable": "app:do_charge"}), "mail")
    runtime = story.go_on(new, "charge-card", "--", "mail", guard={"reruns": "refuse"})
    with pytest.raises(RunHeldError, match="`charge` -> `charge-card`: renamed, reruns"):
        runtime.result("r")
    assert story.calls == []


def test_a_recorded_rename_finds_the_old_memo(story: Story) -> None:
    story.begin(manifest("charge", "mail"), "charge", "--", "mail")
    new = manifest(("charge-card", {"was": ("charge",)}), "mail")
    runtime = story.go_on(new, "charge-card", "--", "mail", guard={"reruns": "refuse"})
    assert runtime.result("r") == ["charge", "mail"]
    assert story.calls == ["mail"]


def test_a_chain_of_renames_finds_the_memo_of_any_of_them(story: Story) -> None:
    story.begin(manifest("pay", "mail"), "pay", "pay=second", "--", "mail")
    new = manifest(("charge-card", {"was": ("pay", "charge")}), "mail")
    assert story.go_on(new, "charge-card", "charge-card", "--", "mail").result("r") == ["pay", "second", "mail"]
    assert story.calls == ["mail"]


def test_a_recorded_rename_of_a_template_finds_the_old_memos(story: Story) -> None:
    story.begin(manifest("{}-fetch-{}", "mail"), "x-fetch-1", "y-fetch-2", "--", "mail")
    new = manifest(("load-{}-{}", {"was": ("{}-fetch-{}",)}), "mail")
    assert story.go_on(new, "load-x-1", "load-y-2", "--", "mail").result("r") == ["x-fetch-1", "y-fetch-2", "mail"]
    assert story.calls == ["mail"]


def test_a_rename_accepted_as_reexecution_executes_again_without_a_refusal(story: Story) -> None:
    story.begin(manifest("charge", "mail"), "charge", "--", "mail")
    new = manifest("charge-card", "mail", gone=("charge",))
    runtime = story.go_on(new, "charge-card", "--", "mail", guard={"reruns": "refuse", "late": "allow"})
    assert runtime.result("r") == ["charge-card", "mail"]
    assert story.calls == ["charge-card", "mail"]


def test_a_buried_id_that_is_used_again_is_refused(story: Story) -> None:
    story.begin(manifest("charge", "mail"), "charge", "--", "mail")
    new = manifest(("charge", {"callable": "app:do_else"}), "mail", gone=("charge",))
    runtime = story.go_on(new, "charge=else", "--", "mail")
    with pytest.raises(RunHeldError, match="step `charge`: reused, stale"):
        runtime.result("r")


def test_a_buried_id_is_not_looked_up_if_its_reuse_is_allowed(story: Story) -> None:
    story.begin(manifest("charge", "mail"), "charge", "--", "mail")
    new = manifest(("charge", {"callable": "app:do_else"}), "mail", gone=("charge",))
    runtime = story.go_on(new, "charge=else", "--", "mail", guard={"stale": "allow"})
    assert runtime.result("r") == ["else", "mail"]
    assert story.calls == ["else", "mail"]
    assert [(step.id, step.key != "") for step in runtime.store.steps("r") if step.kind == "run"] == [
        ("charge", False),
        ("charge", True),
        ("mail", True),
    ]


def test_swapped_ids_are_refused(story: Story) -> None:
    story.begin(manifest("a", "b", "c"), "a", "b", "--", "c")
    new = manifest(("a", {"callable": "app:do_b"}), ("b", {"callable": "app:do_a"}), "c")
    with pytest.raises(RunHeldError, match="swapped, swaps"):
        story.go_on(new, "a=b", "b=a", "--", "c").result("r")


def test_a_shift_among_calls_of_one_id_is_refused(story: Story) -> None:
    old = manifest(("f", {"callable": "app:user"}), ("f", {"callable": "app:orders"}), "c")
    story.begin(old, "f=user", "f=orders", "--", "c")
    with pytest.raises(RunHeldError, match="shifted, swaps"):
        story.go_on(manifest(("f", {"callable": "app:orders"}), "c"), "f=orders", "--", "c").result("r")


def test_another_kind_under_one_id_is_refused_or_gives_the_old_value(story: Story) -> None:
    story.begin(manifest(("a", {"kind": "sleep"}), "c"), "a", "--", "c")
    new = manifest("a", "c")
    with pytest.raises(RunHeldError, match="rekinded, stale"):
        story.go_on(new, "a", "--", "c").result("r")
    runtime = story.go_on(new, "a", "--", "c", guard={"stale": "allow"})
    assert runtime.retry("r")
    assert runtime.result("r") == ["a", "c"]
    assert story.calls == ["c"]


def test_a_held_run_goes_on_when_a_manifest_is_deployed_that_suits_it(story: Story) -> None:
    story.begin(manifest("a", "b", "c"), "a", "b", "--", "c")
    wrong = manifest(("a", {"callable": "app:do_b"}), ("b", {"callable": "app:do_a"}), "c")
    with pytest.raises(RunHeldError):
        story.go_on(wrong, "a", "b", "--", "c").result("r")
    with pytest.raises(RunHeldError):  # the same manifest again changes nothing
        story.go_on(wrong, "a", "b", "--", "c").result("r")
    right = manifest("a", "b", "c", "d")
    assert story.go_on(right, "a", "b", "--", "c", "d").result("r") == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("new", "steps", "calls"),
    [
        pytest.param(manifest("b", "a", "c"), ("b", "a", "--", "c"), ["c"], id="two different steps change places"),
        pytest.param(manifest("b", "c"), ("b", "--", "c"), ["c"], id="a recorded step is removed"),
        pytest.param(
            manifest("a", "b", "d", "c"), ("a", "b", "--", "d", "c"), ["d", "c"], id="added after the frontier"
        ),
        pytest.param(manifest("a", "b", "x"), ("a", "b", "--", "x"), ["x"], id="a step no run has reached is renamed"),
    ],
)
def test_edits_that_do_no_harm_pass_without_a_warning(
    story: Story, new: Manifest, steps: tuple[str, ...], calls: list[str]
) -> None:
    story.begin(manifest("a", "b", "c"), "a", "b", "--", "c")
    runtime = story.go_on(new, *steps)
    runtime.result("r")
    assert story.calls == calls
    assert [note for note in notes(runtime) if not note.startswith("allow: ")] == []


def test_a_step_inserted_before_the_frontier_runs_late_with_a_warning(story: Story) -> None:
    story.begin(manifest("a", "b", "c"), "a", "b", "--", "c")
    runtime = story.go_on(manifest("a", "new", "b", "c"), "a", "new", "b", "--", "c")
    assert runtime.result("r") == ["a", "new", "b", "c"]
    assert story.calls == ["new", "c"]
    assert notes(runtime) == ["warn: step `new`: inserted, late"]


def test_without_a_manifest_a_run_that_had_one_goes_on_with_a_warning(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    story.begin(manifest("a", "b"), "a", "--", "b")
    assert story.go_on(None, "a", "--", "b").result("r") == ["a", "b"]
    assert "run `r` ran under a manifest, but this process has none" in caplog.text


def test_a_run_that_had_no_manifest_is_bound_to_the_first_one(story: Story) -> None:
    story.begin(None, "a", "--", "b")
    runtime = story.go_on(manifest("a", "b"), "a", "--", "b")
    assert runtime.result("r") == ["a", "b"]
    run = runtime.store.run("r")
    assert run is not None
    assert run.manifest != ""


def test_a_step_that_waited_for_its_next_try_and_is_gone_is_noted(make_runtime: MakeRuntime) -> None:
    def broken() -> None:
        raise OSError("down")

    runtime = make_runtime(Workflow("w", lambda ctx: ctx.step.run("old", broken)))
    runtime.start(runtime._known["w"], id="r")
    runtime.work(until_idle=True)
    runtime = make_runtime(Workflow("w", lambda ctx: ctx.step.run("new", lambda: 1)))
    assert runtime.result("r") == 1
    assert notes(runtime) == ["step `old` was to be tried again, but the body no longer reaches it"]


def test_a_place_in_the_file_is_no_drift() -> None:
    one = Binding(manifest("a")).workflow("w").digest
    assert one == Binding(manifest("a")).workflow("w").digest != Binding(manifest("b")).workflow("w").digest
    assert Binding(None).workflow("w").digest == ""


def test_a_manifest_is_read_from_a_file(tmp_path: Path, make_runtime: MakeRuntime) -> None:
    path = tmp_path / "steps.json"
    path.write_bytes(encode(manifest("a")))
    assert make_runtime(manifest=path)._binding.workflow("w").digest != ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no manifest that can be used"),
        (
            '{"schema": 9, "generator": {"name": "n", "version": "v"}, "workflows": []}',
            "manifest schema 9 is not known",
        ),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "steps.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load(path)
