"""What all tests share: the order in which files are begun, and how long one generated example may take."""

from __future__ import annotations

import pytest

try:
    from hypothesis import HealthCheck, settings
except ImportError:  # the tests that need it are skipped and say so
    pass
else:
    # The usual 200 ms are exceeded on a machine that has much to do; 10 s are so only by what takes too long anywhere.
    settings.register_profile("busy", deadline=10_000, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")

FIRST = {
    *("test_invariants.py", "test_release.py", "test_crash.py", "test_hostile.py", "test_session.py"),
    *("test_sdk_tables.py", "test_speed_invariants.py", "test_same_runs.py", "test_any_input.py"),
}
"""The files that take longest. Processes are given whole files: one that began last would be waited for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in FIRST)
