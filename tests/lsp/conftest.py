"""The tests of the server need the extra `lsp` and a client for tests; those of its parts only the extra."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("pygls") and find_spec("pytest_lsp") else ["test_*.py"]
