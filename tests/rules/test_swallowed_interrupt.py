from __future__ import annotations

import pytest
from msgspec.structs import replace

from steplint.model.place import Span
from tests.graphs import DBOS, INNGEST, frame, handler, project, run_check, step, workflow

NARROW = replace(INNGEST, interrupt="Exception", interrupts=("absurd_sdk.SuspendTask", "absurd_sdk.CancelledTask"))
OWN = replace(INNGEST, interrupts=("inngest._internal.step_lib.ResponseInterrupt", "asyncio.CancelledError"))
SILENT = replace(INNGEST, interrupt="none")


def check(*handlers, dialect=INNGEST, kind="try", **fields):
    inside = (frame(kind, line=5, handlers=handlers, **fields),)
    flow = workflow(step("call-risky-api", inside=inside), step("second", inside=inside), dialect=dialect)
    return run_check("swallowed_interrupt", project(flow, dialects={dialect.name: dialect}))


@pytest.mark.parametrize("catches", [(), ("BaseException",), ("builtins.BaseException",), ("OSError", "BaseException")])
def test_a_handler_that_keeps_the_suspension_is_one_finding_at_the_handler(catches):
    [found] = check(handler(*catches, line=8))
    assert found.place.span.line == 8
    assert found.step == "call-risky-api"
    assert found.message.endswith("around step `call-risky-api` swallows the engine's suspension")


def test_except_exception_does_not_see_the_suspension():
    assert check(handler("Exception")) == []


def test_except_exception_is_the_defect_where_the_engine_interrupts_with_one():
    [found] = check(handler("builtins.Exception"), dialect=NARROW)
    assert "`except Exception`" in found.message
    assert "`SuspendTask`" in found.hint
    assert found.fix is None


def test_an_earlier_handler_may_let_the_suspension_pass():
    passing = handler("absurd_sdk.SuspendTask", "absurd_sdk.CancelledTask", ends="raise", reraises=True)
    assert check(passing, handler("Exception", line=9), dialect=NARROW) == []


def test_a_narrower_handler_before_the_wide_one_does_not_help():
    assert len(check(handler("ValueError", ends="raise", reraises=True), handler("BaseException"))) == 1


@pytest.mark.parametrize("fields", [{"ends": "raise"}, {"reraises": True}])
def test_a_handler_that_raises_again_is_fine(fields):
    assert check(handler("BaseException", **fields)) == []


def test_the_class_of_the_interrupt_counts_by_its_name():
    assert len(check(handler("inngest.ResponseInterrupt"), dialect=OWN)) == 1


def test_to_catch_the_cancellation_of_a_run_by_name_is_a_decision():
    assert check(handler("asyncio.CancelledError"), dialect=OWN) == []


def test_an_engine_that_raises_nothing_has_nothing_to_swallow():
    assert check(handler("BaseException"), dialect=SILENT) == []


def test_an_engine_that_keeps_the_coroutine_only_cancels():
    [found] = check(handler("BaseException"), dialect=DBOS)
    assert found.level == "in-memory"
    assert found.message.endswith("swallows the engine's cancellation")


@pytest.mark.parametrize("final", ["return", "break", "continue"])
def test_leaving_by_finally_swallows_it(final):
    [found] = check(final=final)
    assert found.message == f"`{final}` in `finally` around step `call-risky-api` swallows the engine's suspension"


def test_a_finally_that_only_runs_is_fine():
    assert check(final="runs") == []


def test_suppressing_everything_swallows_it():
    [found] = check(handler("BaseException"), kind="with", name="contextlib.suppress")
    assert "`suppress(BaseException)`" in found.message
    assert found.fix is None


def test_a_step_in_a_handler_is_not_around_itself():
    flow = workflow(step("report", inside=(frame("except", line=8, group="a", arm=1),)))
    assert run_check("swallowed_interrupt", project(flow)) == []


@pytest.mark.parametrize(("catches", "span"), [((), Span(60, 10, 60, 10)), (("BaseException",), Span(60, 10, 60, 24))])
def test_the_fix_catches_exception_instead(catches, span):
    [found] = check(handler(*catches))
    assert found.fix is not None
    assert not found.fix.safe
    [edit] = found.fix.edits
    assert (edit.place.span, edit.text) == (span, " Exception")


def test_several_classes_have_no_fix():
    [found] = check(handler("OSError", "BaseException"))
    assert found.fix is None
