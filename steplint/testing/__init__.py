"""For tests: of rules and dialects, and of workflows that run on the bundled runtime."""

from steplint.testing.packs import run_pack
from steplint.testing.replays import Counted, assert_replay_safe, recorded
from steplint.testing.sources import Mismatch, Result, check_source, mismatches, run_fixture

__all__ = [
    "Counted",
    "Mismatch",
    "Result",
    "assert_replay_safe",
    "check_source",
    "mismatches",
    "recorded",
    "run_fixture",
    "run_pack",
]
