"""Files without a word of an SDK that import a client, a service or a decorator from a file that made one."""

from __future__ import annotations

from pathlib import Path

import pytest

from steplint.project import linking
from tests.test_project import checked, told, write

ENGINE = """\
from dbos import DBOS

workflow = DBOS.workflow
step = DBOS.step


def job(name):
    return DBOS.workflow(name=name)


def durable(function):
    @DBOS.workflow()
    def inner(*given):
        return function(*given)

    return inner


def unrelated(name):
    return name
"""
BODY = """\
    if time.time() > 5:
        charge(number)
"""


def flow(imports: str, decorator: str) -> str:
    return f"import time\n\n{imports}\nfrom shop.steps import charge\n\n\n{decorator}\ndef order(number):\n{BODY}"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    steps = "from shop.engine import step\n\n\n@step()\ndef charge(number):\n    return number\n"
    write(tmp_path, {"shop/__init__.py": "", "shop/engine.py": ENGINE, "shop/steps.py": steps})
    return tmp_path


@pytest.mark.parametrize(
    ("imports", "decorator"),
    [
        ("from shop.engine import workflow", "@workflow()"),
        ("from .engine import (\n    workflow,\n)", "@workflow()"),
        ("from shop.engine import workflow as flow", "@flow()"),
        ("from shop import engine", "@engine.workflow()"),
        ("import shop.engine", "@shop.engine.workflow()"),
        ("from shop.engine import *", "@workflow()"),
        ("from shop.engine import job", "@job('order')"),
        ("from shop.engine import durable", "@durable"),
    ],
)
def test_a_workflow_is_found_however_its_decorator_is_imported(shop: Path, imports: str, decorator: str) -> None:
    write(shop, {"shop/flow.py": flow(imports, decorator)})
    assert [(path, name) for path, *_, name, _ in told(checked(shop))] == [("shop/flow.py", "body-time")]


def test_what_a_package_passes_on_is_followed(shop: Path) -> None:
    write(shop, {"shop/__init__.py": "from .engine import workflow\n"})
    write(shop, {"shop/flow.py": flow("from . import workflow", "@workflow()")})
    assert len(told(checked(shop))) == 1


def test_a_name_that_says_nothing_of_the_sdk_makes_no_file_worth_reading(shop: Path) -> None:
    write(shop, {"shop/other.py": "from shop.engine import unrelated\n\nunrelated('x')\n"})
    report = checked(shop)
    assert report.summary.files == 2  # shop/engine.py and shop/steps.py


def test_an_edit_that_imports_the_decorator_is_seen(shop: Path) -> None:
    write(shop, {"shop/flow.py": flow("from shop.plain import workflow", "@workflow()")})
    write(shop, {"shop/plain.py": "def workflow():\n    return lambda function: function\n"})
    assert told(checked(shop)) == []
    write(shop, {"shop/flow.py": flow("from shop.engine import workflow", "@workflow()")})
    assert len(told(checked(shop))) == 1
    assert told(checked(shop)) == told(checked(shop, remembers=False))


def test_an_edit_that_makes_the_decorator_plain_is_seen(shop: Path) -> None:
    write(shop, {"shop/flow.py": flow("from shop.engine import workflow", "@workflow()")})
    assert len(told(checked(shop))) == 1
    plain = "def workflow():\n    return lambda function: function\n\n\nstep = workflow\n"
    write(shop, {"shop/engine.py": plain})
    assert told(checked(shop)) == []


@pytest.mark.parametrize(
    ("made", "decorator", "header"),
    [
        ("import restate\n\nx = restate.Service('x')\n", "@x.handler()", "async def go(ctx, number):"),
        ("from hatchet_sdk import Hatchet\n\nx = Hatchet()\n", "@x.durable_task()", "async def go(number, ctx):"),
        ("import inngest\n\nx = inngest.Inngest(app_id='x')\n", "@x.create_function(fn_id='go')", "def go(ctx):"),
    ],
)
def test_a_client_or_service_of_another_file_declares_workflows(
    tmp_path: Path, made: str, decorator: str, header: str
) -> None:
    flow = f"from shop.service import x\n\n\n{decorator}\n{header}\n    pass\n"
    write(tmp_path, {"shop/__init__.py": "", "shop/service.py": made, "shop/flow.py": flow})
    assert checked(tmp_path).summary.workflows == 1


def test_a_crash_over_one_file_is_reported_and_the_others_are_checked(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: str, *given: object, **named: object) -> tuple[str, ...]:
        if path == "shop/steps.py":
            raise RuntimeError("boom")
        return offered(path, *given, **named)  # type: ignore[arg-type]

    offered = linking.offered
    monkeypatch.setattr(linking, "offered", fails)
    write(shop, {"shop/flow.py": flow("from shop.engine import workflow", "@workflow()")})
    report = checked(shop)
    assert [each.where for each in report.errors] == ["file shop/steps.py"]
    assert (report.exit_code, len(told(report))) == (70, 1)
