from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steplint.contract.change import Change, Decision
from steplint.contract.diff import diff
from steplint.contract.identity import Family
from steplint.contract.manifest import ManifestWorkflow

from .manifests import BY_FAMILY, CHECKED, ENGINES, KEYED, UNCHECKED, manifest, step, workflow


def changes(old: ManifestWorkflow, new: ManifestWorkflow, **options: Any) -> list[Change]:
    return diff(manifest(old), manifest(new), engines=ENGINES, **options)


def short(change: Change) -> tuple[str, str, str]:
    return change.kind, change.code, change.verdict


FAMILIES: tuple[Family, ...] = ("keyed", "positional-checked", "positional-unchecked")

SCRIPT = [
    # edit, before, after, kind and code and verdict of each family, as in the table of changes
    ("renamed", "a:f b:g", "a:f c:g", ("renamed", "SL301"), ("reruns", "wedges", "safe")),
    ("removed", "a:f b:g", "a:f", ("removed", "SL302"), ("ignored", "wedges", "swaps")),
    ("shifted", "a:f x:g x:h", "a:f x:h", ("shifted", "SL304"), ("swaps", "swaps", "swaps")),
    ("swapped", "a:f b:g", "b:f a:g", ("swapped", "SL305"), ("swaps", "wedges", "swaps")),
    ("retemplated", "a:f b:g", "a:f b-{}:g", ("retemplated", "SL309"), ("reruns", "wedges", "safe")),
]


@pytest.mark.parametrize(("edit", "before", "after", "said", "verdicts"), SCRIPT, ids=[each[0] for each in SCRIPT])
@pytest.mark.parametrize("family", FAMILIES)
def test_verdict_of_an_edit_depends_on_the_family(
    edit: str, before: str, after: str, said: tuple[str, str], verdicts: tuple[str, str, str], family: Family
) -> None:
    engine = BY_FAMILY[family]
    found = changes(workflow(engine, *before.split()), workflow(engine, *after.split()))
    expected = (*said, verdicts[FAMILIES.index(family)])
    assert expected in [short(each) for each in found], edit
    assert [each for each in found if each.code] == [each for each in found if short(each) == expected]


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("keyed", {("reordered", "", "safe")}),
        ("positional-checked", {("reordered", "SL303", "wedges")}),
        ("positional-unchecked", {("reordered", "SL303", "swaps")}),
    ],
)
def test_reordered_steps_are_listed_in_keyed_workflows_only(
    family: Family, expected: set[tuple[str, str, str]]
) -> None:
    engine = BY_FAMILY[family]
    found = changes(workflow(engine, "a:f", "b:g"), workflow(engine, "b:g", "a:f"))
    assert {short(each) for each in found} == expected


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("keyed", ("inserted", "", "late")),
        ("positional-checked", ("inserted", "SL311", "wedges")),
        ("positional-unchecked", ("inserted", "SL311", "swaps")),
    ],
)
def test_a_step_before_a_published_one_is_late_or_breaks(family: Family, expected: tuple[str, str, str]) -> None:
    engine = BY_FAMILY[family]
    found = changes(workflow(engine, "a:f", "b:g"), workflow(engine, "a:f", "x:h", "b:g"))
    assert [short(each) for each in found] == [expected]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_behind_the_last_published_one_is_only_listed(family: Family) -> None:
    engine = BY_FAMILY[family]
    found = changes(workflow(engine, "a:f", "b:g"), workflow(engine, "a:f", "b:g", "c:h"))
    assert [short(each) for each in found] == [("added", "", "safe")]


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("keyed", ("reused", "SL307", "stale")),
        ("positional-checked", ("reused", "SL307", "wedges")),
        ("positional-unchecked", ("reused", "SL307", "swaps")),
    ],
)
def test_an_id_with_a_tombstone_is_not_free(family: Family, expected: tuple[str, str, str]) -> None:
    engine = BY_FAMILY[family]
    old = workflow(engine, "a:f", "b:g", gone=("mail",))
    assert [short(each) for each in changes(old, workflow(engine, "mail:h", "a:f", "b:g"))] == [expected]


@pytest.mark.parametrize(
    ("family", "verdict"), [("keyed", "stale"), ("positional-checked", "wedges"), ("positional-unchecked", "stale")]
)
def test_a_kind_that_changed_under_one_id(family: Family, verdict: str) -> None:
    engine = BY_FAMILY[family]
    found = changes(workflow(engine, "a:f", "wait"), workflow(engine, "a:f", step("wait", "sleep")))
    assert [short(each) for each in found] == [("rekinded", "SL308", verdict)]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_renamed_or_removed_workflow_wedges_in_every_family(family: Family) -> None:
    engine = BY_FAMILY[family]
    old = workflow(engine, "a:f", "b:g", id="import")
    renamed = diff(manifest(old), manifest(workflow(engine, "a:f", "b:g", id="import-contacts")), engines=ENGINES)
    assert ("workflow-renamed", "SL306", "wedges") in [short(each) for each in renamed]
    assert [each.successor for each in renamed if each.code] == ["import-contacts"]
    removed = diff(manifest(old), manifest(), engines=ENGINES)
    assert [short(each) for each in removed] == [("workflow-removed", "SL306", "wedges")]


@pytest.mark.parametrize("family", FAMILIES)
def test_another_body_under_the_same_id_is_information(family: Family) -> None:
    engine = BY_FAMILY[family]
    old = workflow(engine, step("a:f", fingerprint="b2:1"))
    found = changes(old, workflow(engine, step("a:f", fingerprint="b2:2")))
    assert [short(each) for each in found] == [("rebodied", "SL320", "safe")]


def test_the_literal_of_a_renamed_step_that_moved_to_another_module_is_silent() -> None:
    old = workflow(KEYED, step("a", fingerprint="b2:1"))
    new = workflow(KEYED, step("a", fingerprint="b2:1"), source="elsewhere.py::flow")
    assert changes(old, new) == []


def test_only_the_expression_inside_a_template_changed() -> None:
    old = workflow(CHECKED, step("load-{}:f", holes=("event:_.id",)))
    found = changes(old, workflow(CHECKED, step("load-{}:f", holes=("event:_.number",))))
    assert [short(each) for each in found] == [("expression", "SL309", "safe")]


def test_a_target_engine_makes_a_harmless_reorder_of_a_keyed_workflow_wedge() -> None:
    old = workflow(KEYED, "a:f", "b:g", targets=("dbos",))
    found = changes(old, workflow(KEYED, "b:g", "a:f", targets=("dbos",)))
    assert [(short(each), each.family, each.engine) for each in found] == [
        (("reordered", "SL303", "wedges"), "keyed", "dbos")
    ]


def test_a_step_under_a_patch_gate_is_safe() -> None:
    old = workflow(CHECKED, "a:f", "b:g")
    new = workflow(CHECKED, step("p", "patch"), step("x:h", gate="p"), "a:f", "b:g")
    assert [(each.verdict, each.gate) for each in changes(old, new)] == [("safe", "p"), ("safe", "p")]


def test_a_published_step_repeated_under_a_patch_gate_stays_matched_with_the_old_path() -> None:
    old = workflow(CHECKED, "a:f", "b:g")
    new = workflow(CHECKED, step("p", "patch"), step("b:g", gate="p"), step("a:f", gate="p"), "a:f", "b:g")
    assert {each.verdict for each in changes(old, new)} == {"safe"}


def test_every_edit_of_an_unpinned_workflow_is_said_once() -> None:
    engines = {"dbos": type(CHECKED)("dbos", "positional-checked", ("name",), pinning="source")}
    old, new = workflow(CHECKED, "a:f"), workflow(CHECKED, "a:f", "b:g", "c:h")
    found = diff(manifest(old), manifest(new), engines=engines)
    assert [each.kind for each in found] == ["unpinned", "added", "added"]
    assert found[0].verdict == "wedges"
    pinned = workflow(CHECKED, "a:f", "b:g", "c:h", pinned=True)
    assert [each.kind for each in diff(manifest(old), manifest(pinned), engines=engines)] == ["added", "added"]


def test_the_body_fingerprint_decides_whether_an_unpinned_workflow_was_edited() -> None:
    engines = {"dbos": type(CHECKED)("dbos", "positional-checked", ("name",), pinning="source")}
    old = workflow(CHECKED, step("a:f", fingerprint="b2:1"), fingerprint="b2:w")
    same = workflow(CHECKED, step("a:f", fingerprint="b2:2"), fingerprint="b2:w")
    other = workflow(CHECKED, step("a:f", fingerprint="b2:1"), fingerprint="b2:v")
    assert [each.kind for each in diff(manifest(old), manifest(same), engines=engines)] == ["rebodied"]
    assert [each.kind for each in diff(manifest(old), manifest(other), engines=engines)] == ["unpinned"]


def was(step: str, old: str, accept: str = "reexecute") -> Decision:
    return Decision("was", "inngest", "", "flow", step=step, old=old, accept=accept, why="reworded")


def test_a_recorded_rename_carries_its_record() -> None:
    old, new = workflow(KEYED, "a:f", "b:g"), workflow(KEYED, "a:f", "c:g")
    (found,) = changes(old, new, decisions=[was("c", "b")])
    assert (found.kind, found.verdict, found.recorded and found.recorded.accept) == ("renamed", "reruns", "reexecute")
    (aliased,) = changes(old, new, decisions=[was("c", "b", "alias")])
    assert aliased.verdict == "safe"


def test_a_manifest_carries_enough_of_its_records_for_the_runtime() -> None:
    old = workflow(KEYED, "a:f", "b:g", "c:h")
    new = workflow(KEYED, "a:f", step("b2:g", was=("b",)), gone=("c",))
    found = {(each.kind, each.verdict, each.recorded is not None) for each in changes(old, new)}
    assert found == {("renamed", "safe", True), ("removed", "ignored", True)}


def test_a_removed_step_whose_rename_was_recorded_before_counts_as_removed() -> None:
    old, new = workflow(KEYED, "a:f", "b:g"), workflow(KEYED, "a:f")
    gone = Decision("gone", "inngest", "", "flow", step="c", accept="", why="not needed")
    (found,) = changes(old, new, decisions=[was("c", "b"), gone])
    assert (found.kind, found.recorded and found.recorded.record) == ("removed", "gone")


def test_a_rename_recorded_in_a_positional_workflow_keeps_its_place() -> None:
    decision = Decision("was", "dbos", "", "flow", step="c", old="b", accept="drained", why="")
    old, new = workflow(CHECKED, "a:f", "b:g", "z:k"), workflow(CHECKED, "a:f", "c:g", "z:k")
    (found,) = changes(old, new, decisions=[decision])
    assert (found.kind, found.recorded and found.recorded.accept) == ("renamed", "drained")


def test_a_rename_is_suggested_with_its_evidence() -> None:
    (found,) = changes(workflow(KEYED, "a:f", "b:g", "c:h"), workflow(KEYED, "a:f", "x:g", "c:h"))
    assert found.suggestion is not None
    assert (found.suggestion.id, found.suggestion.evidence) == ("x", ("same-callable", "same-neighbors"))
    assert found.suggestion.score == 0.91


def test_the_only_step_of_a_workflow_looks_renamed_unless_its_callable_is_another() -> None:
    (same,) = changes(workflow(KEYED, "process-data:flow.<lambda>"), workflow(KEYED, "process-user-data:flow.<lambda>"))
    assert (same.code, same.suggestion and same.suggestion.evidence) == ("SL301", ("same-neighbors",))
    found = changes(workflow(KEYED, "charge:charge"), workflow(KEYED, "mail:mail"))
    assert [each.code for each in found if each.code] == ["SL302"]


def test_neighbors_decide_between_two_calls_of_one_callable() -> None:
    old = workflow(KEYED, "a:f", "b:g", "c:h", "d:g", "e:k")
    found = changes(old, workflow(KEYED, "a:f", "x:g", "c:h", "y:g", "e:k"))
    assert {(each.old.label, each.suggestion.id) for each in found if each.old and each.suggestion} == {
        ("b", "x"),
        ("d", "y"),
    }


def test_several_equal_candidates_are_listed_without_a_suggestion() -> None:
    found = changes(workflow(KEYED, "a:f", "b:g", "c:h"), workflow(KEYED, "a:f", "x:g", "y:g", "c:h"))
    (removed,) = [each for each in found if each.code == "SL302"]
    assert removed.candidates == ("x", "y")
    assert removed.suggestion is None


def test_another_callable_with_another_body_in_the_same_place_is_a_candidate_only() -> None:
    old = workflow(KEYED, "a:f", step("b:g", fingerprint="b2:1"), "c:h")
    found = changes(old, workflow(KEYED, "a:f", step("x:k", fingerprint="b2:2"), "c:h"))
    assert [(each.code, each.candidates) for each in found if each.code] == [("SL302", ("x",))]


def test_a_suggestion_never_changes_what_is_reported() -> None:
    old, new = workflow(KEYED, "a:f", "b:g"), workflow(KEYED, "a:f", "x:g")
    assert [each.code for each in changes(old, new, suggest=False) if each.code] == ["SL302"]


def test_calls_of_one_id_with_equal_callables_leave_open_which_one_is_gone() -> None:
    (found,) = changes(workflow(KEYED, "x:f", "x:f"), workflow(KEYED, "x:f"))
    assert (found.code, found.confidence) == ("SL304", "medium")


def test_an_appended_occurrence_is_quiet_and_one_in_front_is_not() -> None:
    assert [short(each) for each in changes(workflow(KEYED, "x:f"), workflow(KEYED, "x:f", "x:h"))] == [
        ("added", "", "safe")
    ]
    assert [each.code for each in changes(workflow(KEYED, "x:f"), workflow(KEYED, "x:h", "x:f"))] == ["SL304"]


def test_the_last_of_several_occurrences_may_go() -> None:
    assert [short(each) for each in changes(workflow(KEYED, "x:f", "x:g"), workflow(KEYED, "x:f"))] == [
        ("removed", "", "ignored")
    ]


def test_reordered_lambdas_are_no_swap() -> None:
    old = workflow(KEYED, "a:flow.<lambda>", "b:flow.<lambda>#2")
    assert [each.code for each in changes(old, workflow(KEYED, "b:flow.<lambda>", "a:flow.<lambda>#2"))] == [""]


def test_names_that_line_up_let_exchanged_calls_pass_a_check() -> None:
    found = changes(workflow(CHECKED, "a:f", "b:g"), workflow(CHECKED, "a:g", "b:f"))
    assert [short(each) for each in found] == [("swapped", "SL305", "swaps")]


IDS = st.lists(st.sampled_from("abcdefgh"), max_size=8)


@given(IDS, st.sampled_from(FAMILIES))
def test_a_manifest_does_not_differ_from_itself(ids: list[str], family: Family) -> None:
    one = workflow(BY_FAMILY[family], *(f"{each}:{each}" for each in ids))
    assert changes(one, one) == []


@given(st.permutations(list("abcdef")))
def test_order_of_distinct_ids_is_no_finding_in_keyed_workflows(ids: list[str]) -> None:
    old = workflow(KEYED, *(f"{each}:{each}" for each in "abcdef"))
    found = changes(old, workflow(KEYED, *(f"{each}:{each}" for each in ids)))
    assert [each for each in found if each.code] == []


@given(st.permutations(list("abcdef")), st.sampled_from([CHECKED, UNCHECKED]))
def test_every_other_order_of_a_positional_workflow_is_a_reorder(ids: list[str], engine: Any) -> None:
    old = workflow(engine, *(f"{each}:{each}" for each in "abcdef"))
    codes = {each.code for each in changes(old, workflow(engine, *(f"{each}:{each}" for each in ids)))}
    assert codes == ({"SL303"} if ids != list("abcdef") else set())


@given(IDS, IDS, st.sampled_from(FAMILIES))
def test_no_published_id_vanishes_without_a_word(before: list[str], after: list[str], family: Family) -> None:
    engine = BY_FAMILY[family]
    found = changes(workflow(engine, *before), workflow(engine, *after))
    told = {each.old.label for each in found if each.old is not None}
    assert set(before) - set(after) <= told
    assert set(after) - set(before) <= {each.new.label for each in found if each.new is not None}
