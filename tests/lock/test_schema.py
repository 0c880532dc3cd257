from __future__ import annotations

import jsonschema_rs
import pytest
import tomli
from hypothesis import given, settings

from steplint.lock.emit import emit
from steplint.lock.file import LockFile
from steplint.lock.schema import schema

from .test_file import EXAMPLE, LOCK

VALIDATOR = jsonschema_rs.validator_for(schema())


@settings(max_examples=40, deadline=None)
@given(LOCK)
def test_every_lock_that_is_written_fits_the_schema(lock: LockFile) -> None:
    VALIDATOR.validate(tomli.loads(emit(lock)))


@pytest.mark.parametrize(
    ("old", "new"),
    [("why =", "wy ="), ('"reexecute"', '"reexcute"'), ("version = 1", "version = 2"), ('family = "keyed"\n', "")],
)
def test_what_the_reader_refuses_does_not_fit(old: str, new: str) -> None:
    VALIDATOR.validate(tomli.loads(EXAMPLE))
    assert not VALIDATOR.is_valid(tomli.loads(EXAMPLE.replace(old, new)))
