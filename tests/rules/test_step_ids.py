"""The rules about step IDs: placeholders, duplicates, unstable, cut, missing and colliding ones."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from steplint.api import Finding, IdPart, StepForm
from steplint.model.dialect import Repeat
from tests.graphs import (
    DBOS,
    INNGEST,
    RESONATE,
    arm,
    at,
    body,
    effect,
    frame,
    project,
    run_check,
    step,
    use,
    workflow,
)


def check(stem: str, *steps: Any, **fields: Any) -> list[Finding]:
    return run_check(stem, project(workflow(*steps, **fields)))


@pytest.mark.parametrize(
    "identity",
    [
        "step1", "step-1", "Step 1", "step_one", "step", "task", "STAGE", "op2", "do-3", "foo", "bar",
        "tmp", "test", "a", "Z", "7", "42",
        "process1", "job_10", "handler2", "stepfirst", "action.2", "main1", "phase two",
    ],
)  # fmt: skip
def test_a_placeholder_is_generic(identity: str) -> None:
    (found,) = check("generic_step_id", step(identity))
    assert found.message == (f"step ID `{identity}` does not say what the step does: a run's history cannot be read")
    assert found.place == at(10, column=18)


@pytest.mark.parametrize(
    "identity",
    [
        "notify", "transcribe", "score", "persist", "process", "run", "execute", "handler", "main", "run-import",
        "process-order", "step-up-auth", "task-force", "import1", "validate-payment-method",
        "load", "fetch-data", "ab", "batch-1",
    ],
)  # fmt: skip
def test_words_of_the_domain_are_no_placeholders(identity: str) -> None:
    assert check("generic_step_id", step(identity)) == []


def test_a_template_and_a_fixed_name_are_not_judged() -> None:
    assert check("generic_step_id", step(template="task-{}"), step("step", id_source="fixed")) == []


def test_a_published_placeholder_is_listed_only() -> None:
    given = project(workflow(step("step1"), step("step2")), published={"flow": ["step1"]})
    assert [each.level for each in run_check("generic_step_id", given)] == ["published", ""]


def test_the_later_of_two_equal_ids_is_reported() -> None:
    (found,) = check("duplicate_step_id", step("load-page"), step("x"), step("load-page"))
    assert found.message == "step ID `load-page` is also used at line 10: told apart by order alone"
    assert (found.level, found.place.span.line) == ("sequence", 30)
    assert [(note.place.span.line, note.message) for note in found.notes] == [(10, "first use")]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            (step("a", inside=(arm("if", "g", 0),)), step("a", inside=(arm("else", "g", 1),))), id="exclusive arms"
        ),
        pytest.param((step("a", times="many"),), id="one call in a loop"),
        pytest.param((step(template="a-{}"), step(template="a-{}")), id="templates"),
        pytest.param((step("a", id_source="name"), step("a", id_source="name")), id="names of functions"),
        pytest.param((step("sleep", id_source="fixed"), step("sleep", id_source="fixed")), id="fixed names"),
    ],
)
def test_ids_that_are_not_used_twice_on_a_path_are_silent(steps: Any) -> None:
    assert check("duplicate_step_id", *steps) == []


def test_keys_of_state_and_names_of_functions_called_are_no_ids_of_calls() -> None:
    assert check("duplicate_step_id", step("status", "state"), step("status", "state")) == []
    calling = replace(INNGEST, step=(StepForm(kind="run", method="step.run", id=("@reference",)),))
    given = project(workflow(step("charge"), step("charge")), dialects={"inngest": calling})
    assert run_check("duplicate_step_id", given) == []


def test_an_early_return_excludes_what_follows() -> None:
    assert check("duplicate_step_id", step("a"), step("a"), order=()) == []


def test_equal_ids_in_parallel_branches_are_an_error_where_the_engine_counts() -> None:
    combinator = frame("combinator", 5, name="group.parallel")
    left, right = frame("deferred", 6), frame("deferred", 7)
    steps = step("ask", inside=(combinator, left)), step("ask", inside=(combinator, right))
    (found,) = check("duplicate_step_id", *steps, order=())
    assert (found.level, found.message) == (
        "parallel",
        "step ID `ask` is also used at line 10: told apart by which branch comes first",
    )
    (found,) = check("duplicate_step_id", *steps, order=(), dialect=DBOS)
    assert found.level == "sequence"
    same = step("ask", inside=(combinator, left)), step("ask", inside=(combinator, left))
    (found,) = check("duplicate_step_id", *same)
    assert found.level == "sequence"


def unstable(kind: str, api: str, place: Any, dialect: Any = INNGEST, role: Any = "identity") -> list[Finding]:
    source = effect(kind, api, uses=[use(role, 10, step=0)], place=place)
    given = step(template="sync-{}", line=10, id_place=at(10, column=18, width=30))
    return check("unstable_step_id", given, effects=[source], dialect=dialect)


def test_a_source_in_the_expression_of_an_id_is_reported_at_the_id() -> None:
    (found,) = unstable("time", "time.time", at(10, column=25, width=11))
    assert found.message == "the ID of step `sync-{}` differs at every replay: it comes from `time.time`"
    assert (found.flow, found.place) == ("identity", at(10, column=18, width=30))
    assert found.label == "the memo is never found: the step runs at every replay"


def test_a_source_in_its_own_statement_is_left_to_the_rule_of_its_kind() -> None:
    assert unstable("time", "time.time", at(5)) == []


@pytest.mark.parametrize("kind", ["import", "shared-rng", "state"])
def test_sources_without_a_rule_by_default_are_reported_wherever_they_stand(kind: str) -> None:
    (found,) = unstable(kind, "uuid.uuid4", at(5))
    assert found.message.endswith("it comes from `uuid.uuid4` at line 5")
    assert found.notes[0].place == at(5)


def test_other_flows_and_memoized_values_are_no_matter_of_identity() -> None:
    assert unstable("time", "time.time", at(10, column=25, width=11), role="step-argument") == []


@pytest.mark.parametrize(("dialect", "label"), [(DBOS, "replay compares names"), (RESONATE, "a replay shows another")])
def test_what_an_unstable_id_does_depends_on_the_engine(dialect: Any, label: str) -> None:
    (found,) = unstable("time", "time.time", at(10, column=25, width=11), dialect)
    assert found.label.startswith(label)


def test_an_index_into_a_collection_that_may_change_is_reported() -> None:
    part = IdPart("index", "i", over="users", stable=False)
    (found,) = check("index_keyed_step_id", step(template="mail-{}", id_parts=(part,)))
    assert found.message == "step ID `mail-{}` counts `users`: element {i} of a replay may be another one"
    steady = IdPart("index", "i", over="users")
    element = IdPart("element", "user", over="users", stable=False)
    assert check("index_keyed_step_id", step(template="mail-{}", id_parts=(steady, element))) == []


def test_an_id_without_literal_text_cannot_be_recorded() -> None:
    given = (step(None), step(template="{}"), step(template="{} {}"), step(template="{}-load"), step("load"))
    assert [each.place.span.line for each in check("untracked_step_id", *given)] == [10, 20, 30]
    assert check("untracked_step_id", step(None, id_source="missing"), step(None, id_source="name")) == []


def test_a_cut_key_is_reported() -> None:
    part = IdPart("slice", "conn['id'][:8]")
    (found,) = check("lossy_step_id", step(template="sync-{}", id_parts=(part,)))
    assert found.message == "step ID `sync-{}` holds only a part of a key, `conn['id'][:8]`"


FORM = StepForm(kind="run", call="dbos.DBOS.run_step", id=("0[name]", "name", "@qualname"), body=(1,))
NAMEABLE = replace(DBOS, step=(FORM,))
NAMELESS = replace(DBOS, step=(replace(FORM, id=("@qualname",)),))


def missing(dialect: Any, **fields: Any) -> list[Finding]:
    given = step(form="dbos.DBOS.run_step", body=body("<lambda>"), **fields)
    return run_check("missing_step_name", project(workflow(given, dialect=dialect), dialects={"dbos": dialect}))


def test_a_step_known_by_its_position_or_by_a_lambda_is_unnamed() -> None:
    (position,) = missing(NAMEABLE, identity=None, id_source="missing")
    assert position.message == "step 1 has no name: a diff knows its position only"
    assert position.hint == 'give it a name: `name="..."`'
    (derived,) = missing(NAMEABLE, identity="flow.<locals>.<lambda>", id_source="name")
    assert derived.message == "the step's name is `flow.<locals>.<lambda>`, which moving it changes"


def test_a_step_that_cannot_be_named_or_has_a_name_is_silent() -> None:
    assert missing(NAMELESS, identity=None, id_source="missing") == []
    assert missing(NAMEABLE, identity="charge", id_source="name") == []
    assert missing(NAMEABLE, identity="charge") == []
    assert missing(NAMEABLE, identity=None, id_source="missing", kind="sleep") == []


@pytest.mark.parametrize(
    ("steps", "level"),
    [
        pytest.param(("load", "load:1", "load"), "certain", id="the second use is the literal"),
        pytest.param(("load", "load:1"), "possible", id="the next use would be"),
        pytest.param(("load", "load", "load:2"), "possible", id="the third use would be"),
        pytest.param(("load", "load", "load", "load:2"), "certain", id="the third use is"),
    ],
)
def test_an_id_that_a_repeat_turns_into_collides(steps: tuple[str, ...], level: str) -> None:
    (found,) = check("colliding_step_id", *map(step, steps))
    assert found.level == level
    assert found.step.startswith("load:")
    assert {note.message for note in found.notes} == {"`load` is used here"}


@pytest.mark.parametrize("steps", [("stage:load", "load"), ("load:1",), ("load:0", "load"), ("load:x", "load")])
def test_a_colon_alone_is_no_collision(steps: tuple[str, ...]) -> None:
    assert check("colliding_step_id", *map(step, steps)) == []


def test_a_loop_repeats_an_id_as_often_as_it_likes() -> None:
    (found,) = check("colliding_step_id", step("load", times="many"), step("load:5"))
    assert found.level == "certain"
    assert found.notes[0].message == "`load` is used here, in a loop"


def test_exclusive_uses_do_not_add_up() -> None:
    steps = step("load", inside=(arm("if", "g", 0),)), step("load", inside=(arm("else", "g", 1),)), step("load:1")
    (found,) = check("colliding_step_id", *steps)
    assert found.level == "possible"


def test_a_numbered_template_beside_a_repeated_id_is_less_certain() -> None:
    (found,) = check("colliding_step_id", step("load"), step("load"), step(template="load:{}"))
    assert (found.level, found.confidence) == ("possible", "medium")
    assert check("colliding_step_id", step("load"), step(template="load:{}")) == []


def test_the_dialect_says_how_repeats_are_written() -> None:
    absurd = replace(INNGEST, repeat=Repeat(suffix="#{n}", first=2, digest="none"))
    steps = [step("load"), step("load#2"), step("load")]
    found = run_check("colliding_step_id", project(workflow(*steps), dialects={"inngest": absurd}))
    assert [each.level for each in found] == ["certain"]
    assert check("colliding_step_id", *steps) == []


def test_positions_do_not_collide() -> None:
    assert check("colliding_step_id", *map(step, ("load", "load:1", "load")), dialect=DBOS) == []
