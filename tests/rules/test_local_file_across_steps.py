from __future__ import annotations

from msgspec.structs import replace

from steplint.api import FileUse
from tests.graphs import INNGEST, at, body, project, run_check, step, workflow


def files(identity, *used, **fields):
    return step(identity, body=body(identity, files=used), **fields)


def use(mode, path="/data/report.pdf", *, literal=True, line=5):
    return FileUse(path, mode, at(line), literal)


def check(*steps, dialect=INNGEST, order=None, **options):
    fields = {} if order is None else {"order": order}
    given = project(workflow(*steps, dialect=dialect, **fields), dialects={dialect.name: dialect}, options=options)
    return run_check("local_file_across_steps", given)


def test_a_path_that_one_step_writes_and_a_later_one_reads_is_reported_at_the_read():
    [found] = check(files("render", use("write")), files("mail", use("read", line=9)))
    assert found.place.span.line == 9
    assert found.step == "mail"
    assert found.notes[0].place.span.line == 5
    assert "`/data/report.pdf`" in found.message


def test_a_path_that_a_step_returns_and_a_later_one_opens_is_reported():
    reader = files("mail", use("read", "path", literal=False), reads=(0,))
    assert len(check(files("render", use("write"), use("returned")), reader)) == 1


def test_a_returned_path_that_somebody_else_opens_is_not():
    reader = files("mail", use("read", "path", literal=False), reads=())
    assert check(files("render", use("returned")), reader) == []


def test_a_path_in_a_variable_of_the_body_is_the_same_file():
    writer = files("render", use("write", "target", literal=False))
    assert len(check(writer, files("mail", use("read", "target", literal=False)))) == 1


def test_a_step_that_reads_what_it_wrote_itself_is_fine():
    assert check(files("render", use("write")), files("mail", use("write"), use("read"))) == []


def test_a_read_before_the_write_is_fine():
    assert check(files("mail", use("read")), files("render", use("write"))) == []


def test_steps_that_never_follow_each_other_are_fine():
    assert check(files("render", use("write")), files("mail", use("read")), order=()) == []


def test_a_file_that_nobody_wrote_is_part_of_the_package():
    assert check(files("load"), files("mail", use("read", "templates/mail.txt"))) == []


def test_an_address_is_no_local_path():
    url = "s3://bucket/report.pdf"
    assert check(files("render", use("write", url)), files("mail", use("read", url))) == []


def test_a_folder_that_every_worker_mounts_is_fine():
    shared, beside = "/mnt/shared/report.pdf", "/mnt/shared-not/report.pdf"
    options = {"shared-paths": ["/mnt/shared"]}
    assert check(files("render", use("write", shared)), files("mail", use("read", shared)), **options) == []
    assert len(check(files("render", use("write", beside)), files("mail", use("read", beside)), **options)) == 1


def test_an_engine_whose_steps_share_a_process_is_less():
    engine = replace(INNGEST, shared_process=True)
    found = check(files("render", use("write")), files("mail", use("read")), dialect=engine)
    assert [each.level for each in found] == ["shared-process"]
