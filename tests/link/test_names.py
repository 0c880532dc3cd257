"""What a name stands for: through imports, re-exports, aliases, and packages that are called like an SDK."""

from __future__ import annotations

import pytest

from .given import FLOW, body, flow, labels, linked, source, sources


def test_a_name_that_a_package_exports_again_is_what_it_exports() -> None:
    files = {
        "shop/__init__.py": "from .mail import deliver as send\n",
        "shop/mail.py": "def deliver(): ...\n",
        "flows.py": source("await ctx.step.run('send-mail', send)", "from shop import send"),
    }
    [found] = linked(files).workflows
    assert body(found, "send-mail").name == "shop.mail:deliver"


def test_a_star_import_gives_the_public_names_of_a_module() -> None:
    found = flow("await ctx.step.run('send-mail', send)", "from mail import *", mail="def send(): ...\n")
    assert body(found, "send-mail").name == "mail:send"


@pytest.mark.parametrize(
    "imports", ["import time as t", "import time\nt = time", "from importlib import import_module\nimport time as t"]
)
def test_a_module_is_the_same_under_another_name(imports: str) -> None:
    found = flow("if t.time() > 5:\n    await ctx.step.run('send-mail', print)", imports)
    assert sources(found) == {"time.time": {"control"}}


def test_a_function_of_the_module_hides_an_import_above_it() -> None:
    before = "from time import time\ndef time():\n    return 4\n"
    assert sources(flow("if time() > 5:\n    await ctx.step.run('send-mail', print)", before)) == {}


def test_a_parameter_hides_a_module() -> None:
    before = "import time\ndef late(time):\n    return time.time()\n"
    assert "time.time" not in sources(flow("if late(ctx.event.data):\n    await ctx.step.run('a-b', print)", before))


def test_the_context_and_its_members_may_have_other_names() -> None:
    found = flow("step = ctx.step\nrun = step.run\nawait step.run('one-a', print)\nawait run('two-b', print)")
    assert labels(found) == ["one-a", "two-b"]


def test_a_package_of_the_project_may_be_called_like_the_sdk() -> None:
    files = {
        "app/inngest/__init__.py": "",
        "app/inngest/client.py": "import inngest\nclient = inngest.Inngest(app_id='shop')\n",
        "app/__init__.py": "",
        "app/flows.py": "import inngest\nfrom app.inngest.client import client\n"
        + FLOW
        + "    await ctx.step.run('send-mail', print)\n",
    }
    [found] = linked(files).workflows
    assert (found.id, found.app, labels(found)) == ("order", "shop", ["send-mail"])


def test_the_client_may_come_from_a_function() -> None:
    text = "import inngest\ndef made():\n    return inngest.Inngest(app_id='shop')\nclient = made()\n"
    [found] = linked({"flows.py": text + FLOW + "    await ctx.step.run('send-mail', print)\n"}).workflows
    assert labels(found) == ["send-mail"]


def test_a_name_imported_only_for_types_is_known() -> None:
    text = (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nfrom shop import client\n"
        "if TYPE_CHECKING:\n    import inngest\nfrom inngest import TriggerEvent\n"
    )
    shop = "import inngest\nclient = inngest.Inngest(app_id='shop')\n"
    workflow = FLOW.replace("inngest.TriggerEvent", "TriggerEvent") + "    await ctx.step.run('send-mail', print)\n"
    [found] = linked({"shop.py": shop, "flows.py": text + workflow}).workflows
    assert labels(found) == ["send-mail"]
