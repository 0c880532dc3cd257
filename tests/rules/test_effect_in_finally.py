from __future__ import annotations

from tests.graphs import DBOS, INNGEST, arm, effect, frame, project, run_check, step, workflow

CLEANUP = frame("finally", line=8, ends="a")


def check(*effects, dialect=INNGEST, group="a"):
    flow = workflow(step("convert", inside=(arm("try", group, 0),)), effects=effects, dialect=dialect)
    return run_check("effect_in_finally", project(flow))


def write(**fields):
    return effect("write", "db.jobs.update_one", 9, receiver="db.jobs", **fields)


def test_an_effect_in_the_finally_of_a_try_over_a_step_is_reported():
    [found] = check(write(inside=(CLEANUP,)))
    assert found.message == "`db.jobs.update_one` in `finally` runs before step `convert` has finished"
    assert found.level == ""


def test_the_finally_of_another_try_is_fine():
    assert check(write(inside=(CLEANUP,)), group="b") == []


def test_an_effect_elsewhere_is_fine():
    assert check(write(inside=(arm("try", "a", 0),))) == []


def test_logs_and_reads_are_no_effects():
    log = effect("log", "logging.info", 9, inside=(CLEANUP,))
    assert check(log, effect("network", "httpx.get", 9, inside=(CLEANUP,), mode="read")) == []


def test_a_file_that_is_written_there_is_one():
    assert len(check(effect("fs", "pathlib.Path.write_text", 9, inside=(CLEANUP,), mode="write"))) == 1


def test_an_engine_that_keeps_the_coroutine_is_less():
    assert [each.level for each in check(write(inside=(CLEANUP,)), dialect=DBOS)] == ["in-memory"]


def test_removing_a_scratch_file_is_harmless():
    assert check(effect("fs", "os.remove", 9, inside=(CLEANUP,), mode="write")) == []
