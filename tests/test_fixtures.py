"""Every comment in `fixtures/` is true, and nothing is found that no comment says."""

from __future__ import annotations

from pathlib import Path

import pytest

from steplint.testing import mismatches, run_fixture

FIXTURES = Path(__file__).parents[1] / "fixtures"
INNGEST = """\
import inngest

client = inngest.Inngest(app_id="shop")


# workflow: order
@client.create_function(fn_id="order", trigger=inngest.TriggerEvent(event="order/placed"))
async def order(ctx: inngest.Context) -> None:
    await ctx.step.run("load-cart", load)  # step: load-cart
"""


def folders(kind: str) -> list[Path]:
    """Return the projects of one kind: a folder each."""
    found = FIXTURES / kind
    return sorted(path for path in found.iterdir() if path.is_dir()) if found.is_dir() else []


@pytest.mark.parametrize("folder", folders("rules"), ids=lambda path: path.name)
def test_the_situations_of_a_rule_are_found_as_marked(folder: Path) -> None:
    run_fixture(folder, rules=("default", folder.name.replace("_", "-")))


@pytest.mark.parametrize("folder", [*folders("dialects"), *folders("projects")], ids=lambda path: path.name)
def test_workflows_steps_and_findings_are_found_as_marked(folder: Path) -> None:
    run_fixture(folder)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("    await ctx.step.run('other', load)\n", "unmarked step `other` once"),
        ("    await ctx.step.run('other', load)  # step: others\n", "expected step `others` once, found `other` once"),
        (
            "    await ctx.step.run('other', load)  # step: other many\n",
            "expected step `other` many, found `other` once",
        ),
        ("    pass  # step: other\n", "expected step `other` once, found none"),
        ("    pass  # expect: body-time\n", "expected body-time, found nothing here"),
        ("    await ctx.step.run('step1', load)  # step: step1\n", "unmarked finding: warning[generic-step-id SL201]"),
        (
            '    await ctx.step.run("step1", load)  # step: step1  # expect: SL201 "nonsense"\n',
            'expected SL201 "nonsense", found generic-step-id',
        ),
        (
            "    await ctx.step.run('step1', load)  # step: step1  # todo: SL201\n",
            "`SL201` is found now: make it an `expect`",
        ),
        ("\n\n# workflow: other\nasync def other() -> None: ...\n", "expected workflow `other`, found none"),
        ("\n\n# effects: time\ndef other() -> None: ...\n", "expected effects time, found none"),
    ],
)
def test_a_line_that_says_something_else_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "flow.py"
    file.write_text(INNGEST + line)
    assert any(message in each.message for each in mismatches(file)), mismatches(file)
    with pytest.raises(AssertionError, match=r"\^\^"):
        run_fixture(file)


def test_a_workflow_without_a_comment_is_named(tmp_path: Path) -> None:
    file = tmp_path / "flow.py"
    file.write_text(INNGEST.replace("# workflow: order\n", ""))
    assert [each.message for each in mismatches(file)] == ["unmarked workflow `order`"]


def test_true_comments_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "flow.py"
    file.write_text(
        INNGEST.replace(
            'run("load-cart", load)  # step: load-cart', "run('step1', load)  # step: step1  # expect: SL201"
        )
        + "\n\n# effects: network\ndef load() -> None:\n    import requests\n\n    requests.get('https://x.example')\n"
    )
    run_fixture(file)
