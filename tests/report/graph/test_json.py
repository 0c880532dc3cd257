"""The step graph as JSON: tree, order, effects, and a schema that holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from steplint.model.graph import Frame, StepGraph
from steplint.report import schema
from steplint.report.graph import json as graph_json
from steplint.report.view import GraphView
from tests.report import shop
from tests.report.graph import samples


def written(graph: StepGraph) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(graph_json.render(graph, GraphView()))
    return found


def leaves(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        if node["kind"] in ("step", "effect"):
            yield node
        yield from leaves(node["children"])


def test_the_graph_validates_against_its_schema() -> None:
    validator = jsonschema_rs.validator_for(schema.schema("graph"))
    validator.validate(written(samples.graph()))
    validator.validate(written(StepGraph(())))
    broken = written(samples.graph())
    broken["workflows"][0]["steps"][0]["times"] = "twice"
    assert not validator.is_valid(broken)


def test_every_step_and_effect_stands_once_in_the_tree() -> None:
    for workflow in written(samples.graph())["workflows"]:
        found = list(leaves(workflow["tree"]))
        assert [each["index"] for each in found if each["kind"] == "step"] == [
            each["position"] for each in workflow["steps"]
        ]
        assert len([each for each in found if each["kind"] == "effect"]) == len(workflow["effects"])


def test_branches_of_one_decision_share_their_group() -> None:
    tree = written(samples.graph())["workflows"][0]["tree"]
    assert [node["kind"] for node in tree] == [
        "step", "effect", "if", "else", "for", "if", "combinator", "try", "except", "step", "step",
    ]  # fmt: skip
    assert tree[2]["group"] == tree[3]["group"] == "a"
    assert (tree[2]["arm"], tree[3]["arm"]) == (0, 1)
    assert [child["kind"] for child in tree[4]["children"]] == ["step", "if"]


def test_an_arm_of_several_steps_keeps_them_together() -> None:
    def inside(arm: int) -> tuple[Frame, ...]:
        return samples.around("combinator", 30, arm=arm), samples.around("deferred", 30, name="both", arm=0)

    steps = [shop.step(label, index, inside=inside(1 + index // 2)) for index, label in enumerate("abcd")]
    (group,) = written(StepGraph((shop.workflow(*steps),)))["workflows"][0]["tree"]
    assert group["kind"] == "combinator"
    assert [[each["index"] for each in arm["children"]] for arm in group["children"]] == [[0, 1], [2, 3]]


def test_columns_begin_at_one() -> None:
    workflow = written(samples.graph())["workflows"][0]
    assert workflow["steps"][0]["place"] == {
        "path": "flows/orders.py", "line": 8, "column": 5, "end_line": 8, "end_column": 15,
    }  # fmt: skip


def test_effects_of_body_and_step_are_written_with_their_use() -> None:
    workflow = written(samples.graph())["workflows"][0]
    assert workflow["effects"][0]["uses"][0]["decides"] == "whether step `mail` runs"
    assert workflow["steps"][1]["callable"]["effects"][0]["api"] == "requests.post"
