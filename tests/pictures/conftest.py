"""A browser for all tests of this folder, and the pages that they open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pictures.browser import Browser, browser, program


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = program()
    if path is None:
        pytest.skip("no Chromium: install the package `chromium`, or name one in STEPLINT_CHROMIUM")
    with browser(path, tmp_path_factory.mktemp("profile")) as found:
        yield found
