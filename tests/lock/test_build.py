from __future__ import annotations

import hashlib

import pytest
from msgspec.structs import replace

from steplint.contract.identity import step_key
from steplint.contract.manifest import Manifest, ManifestPlace, ManifestWorkflow, decode, encode
from steplint.lock.build import manifest
from steplint.lock.file import Changed, LockFile, LockStep, LockWorkflow, Was
from steplint.lock.view import entries
from steplint.model.dialect import Repeat
from steplint.model.graph import IdPart, StepGraph, Unresolved, Workflow
from tests.graphs import DBOS, DIALECTS, INNGEST, arm, at, body, frame, step, workflow

ABSURD = replace(INNGEST, name="absurd", repeat=Repeat(suffix="#{n}", first=2, digest="none"))
SPACED = replace(INNGEST, name="spaced", repeat=Repeat(suffix="-{n}", first=1))
KNOWN = {**DIALECTS, "absurd": ABSURD, "spaced": SPACED}


def built(*workflows: Workflow, locked: LockFile | None = None, **options: object) -> Manifest:
    return manifest(StepGraph(workflows), KNOWN, locked, **options)  # type: ignore[arg-type]


def only(*workflows: Workflow, **options: object) -> ManifestWorkflow:
    (found,) = built(*workflows, **options).workflows  # type: ignore[arg-type]
    return found


def test_keys_are_what_the_engine_stores() -> None:
    keyed = only(workflow(step("a"), step("a"), step(template="b-{}")))
    assert [each.key for each in keyed.steps] == [step_key("a"), step_key("a", 1), None]
    plain = only(workflow(step("a"), step("a"), step("a"), dialect=ABSURD))
    assert [each.key for each in plain.steps] == ["a", "a#2", "a#3"]
    spaced = only(workflow(step("a"), step("a"), dialect=SPACED))
    assert spaced.steps[1].key == hashlib.sha1(b"a-1").hexdigest()
    assert [each.key for each in only(workflow(step("a"), dialect=DBOS)).steps] == [None]


def test_calls_in_arms_that_exclude_each_other_are_one_occurrence() -> None:
    found = only(
        workflow(
            step("a", inside=(arm("if", "g", 0),), times="maybe", body=body("f")),
            step("a", inside=(arm("else", "g", 1),), times="maybe", body=body("h")),
            step("a", body=body("k")),
            order=((0, 2), (1, 2)),
        )
    )
    assert [(each.occurrence, each.callable, each.position) for each in found.steps] == [
        (0, "flows:f | flows:h", 0),
        (1, "flows:k", 2),
    ]
    (entry,) = entries(found)
    assert (entry.count, entry.calls) == (2, ("f | h", "k"))


def test_an_arm_that_leaves_early_is_not_on_the_path_of_what_follows() -> None:
    found = only(
        workflow(
            step("a", inside=(arm("if", "g", 0, leaves="return"),), body=body("f")),
            step("a", body=body("h")),
            step("z"),
            order=((1, 2),),
        )
    )
    assert [each.occurrence for each in found.steps if each.id == "a"] == [0]


def test_calls_that_run_together_are_two_occurrences() -> None:
    together = frame("combinator", name="asyncio.gather")
    found = only(
        workflow(step("a", inside=(together,)), step("a", inside=(together,)), step("b"), order=((0, 2), (1, 2)))
    )
    assert [each.occurrence for each in found.steps if each.id == "a"] == [0, 1]


def test_a_turn_of_a_loop_is_no_occurrence_of_its_own() -> None:
    loop = frame("for")
    found = only(workflow(step("a", times="many", inside=(loop,)), step("b"), order=((0, 0), (0, 1))))
    assert [(each.id, each.occurrence, each.times) for each in found.steps] == [("a", 0, "many"), ("b", 0, "once")]
    assert [(each.id, each.count, each.repeats) for each in entries(found)] == [("a", 1, True), ("b", 1, False)]


def test_where_position_counts_every_call_is_an_entry() -> None:
    found = only(
        workflow(
            step("a", inside=(arm("if", "g", 0),)),
            step("a", inside=(arm("else", "g", 1),)),
            step(None, id_source="missing"),
            step(None, id_source="unknown"),
            dialect=DBOS,
        )
    )
    assert [each.label for each in found.steps] == ["a", "a", "", "{}"]
    assert found.unknown == ("run: the ID is computed at run time",)


def test_ids_that_cannot_be_read_are_told_and_not_listed() -> None:
    place = at(40, column=18)
    found = only(
        workflow(
            step("a"),
            step(None, line=40, id_place=place),
            step(template="{}"),
            unresolved=(
                Unresolved(place, "the ID is a parameter of `charge_all`", "step"),
                Unresolved(at(9), "an unknown call", "call"),
                Unresolved(at(99), "a step of an unknown client", "step"),
            ),
        )
    )
    assert [each.label for each in found.steps] == ["a"]
    assert found.unknown == (
        "run: the ID is a parameter of `charge_all`",
        "run: the ID is computed at run time",
        "step: a step of an unknown client",
    )


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("order.id", "purchase.id", True),
        ("n", "number", True),
        ("order.id", "order.number", False),
        ("n", "str(n)", False),
    ],
)
def test_the_name_of_a_variable_in_a_template_does_not_count(before: str, after: str, same: bool) -> None:
    holes = [
        only(workflow(step(template="load-{}", id_parts=(IdPart("event", text),)))).steps[0].holes
        for text in (before, after)
    ]
    assert (holes[0] == holes[1]) is same


RECORDS = LockFile(
    (
        LockWorkflow(
            "flow",
            "inngest",
            "keyed",
            step=(
                LockStep("a", "run", was=(Was("old-a", "alias"), Was("older-a", "reexecute"))),
                LockStep("b", "run", was=(Was("b", "restored"),), change=(Changed("rekinded", "drained"),)),
                LockStep("c", "run", gone="not needed"),
            ),
        ),
    )
)


def test_records_tell_the_runtime_which_old_memos_it_may_use() -> None:
    found = only(workflow(step("a"), step("b")), locked=RECORDS)
    assert [each.was for each in found.steps] == [("old-a",), ("b",)]
    assert found.gone == ("c", "older-a")


def test_workflows_are_sorted_and_two_registrations_of_one_are_joined() -> None:
    first, second = workflow(step("a"), identity="x"), workflow(step("b"), step("a"), identity="x")
    found = built(workflow(step("z"), identity="y"), first, workflow(step("d"), dialect=DBOS, identity="w"), second)
    assert [(each.dialect, each.id) for each in found.workflows] == [("dbos", "w"), ("inngest", "x"), ("inngest", "y")]
    assert [each.label for each in found.workflows[1].steps] == ["a", "b"]


def test_targets_go_by_globs_of_workflow_ids() -> None:
    found = built(workflow(step("a"), identity="order-one"), workflow(step("a"), identity="mail"), targets={
        "order-*": ("dbos", "inngest"),
    })  # fmt: skip
    assert {each.id: each.targets for each in found.workflows} == {"order-one": ("dbos",), "mail": ()}


def test_places_and_fingerprints_are_left_out_on_request() -> None:
    flow = workflow(step("a", body=body("f", fingerprint="91c0")), fingerprint="77")
    plain = encode(built(flow, fingerprints=False))
    assert b"place" not in plain
    assert b"b2:" not in plain
    rich = only(flow, locations=True)
    assert (rich.fingerprint, rich.steps[0].fingerprint) == ("b2:77", "b2:91c0")
    span = flow.steps[0].place.span
    assert rich.steps[0].place == ManifestPlace("flows.py", span.line, span.column + 1)


def test_a_manifest_is_canonical_json_that_reads_back() -> None:
    found = built(workflow(step("ä"), step(template="b-{}")), locations=True, version="0.1.0")
    data = encode(found)
    assert decode(data) == found
    assert encode(decode(data)) == data
    assert data.startswith(b'{\n  "schema": 1,\n  "generator"')
    assert data.endswith(b"}\n")


def test_formatting_moves_only_places() -> None:
    one = workflow(step("a", body=body("flow.<lambda>#2")), step("b"))
    other = workflow(step("a", line=110, body=body("flow.<lambda>#2", line=300)), step("b", line=120))
    assert encode(built(one)) == encode(built(other))


def test_a_lambda_is_known_by_what_it_calls_where_that_is_known() -> None:
    wrapped = replace(body("flow.<lambda>"), call="charge")
    found = only(workflow(step("a", body=wrapped), step("b", body=replace(body("flow.<lambda>#2"), call="<lambda>#2"))))
    assert [each.callable for each in found.steps] == ["flows:flow.<lambda>.charge", "flows:flow.<lambda>#2"]
    assert [each.call for each in entries(found)] == ["charge", "<lambda>"]
