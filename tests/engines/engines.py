"""The engines of the matrix: dialect, spelling, driver, what they need, and the differences that are accepted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import tomli

from steplint.contract.identity import Verdict
from tests.engines import spellings
from tests.engines.edits import EDITS, Edit
from tests.engines.observed import MEANS, Outcome
from tests.engines.spellings import Spelling

ROOT = Path(__file__).parents[2]


class Engine(NamedTuple):
    """One column of the table."""

    name: str
    dialect: str
    spelling: Spelling
    driver: str
    beside: tuple[str, ...] = ()
    """What the driver needs besides the SDK."""
    server: str = ""
    """`postgres` or `restate`."""
    oldest: tuple[int, int] = (3, 10)
    settings: Mapping[str, str] = {}
    """Environment of the driver."""
    without: frozenset[str] = frozenset()
    """Edits that cannot be written down for this engine."""
    accepted: Mapping[str, str] = {}
    """Edits of which steplint says something else, with the reason."""
    refused: frozenset[Verdict] = frozenset()
    """Verdicts for which the engine itself refuses the replay, since it knows what steplint says."""

    @property
    def edits(self) -> list[Edit]:
        """The edits that this engine knows."""
        known = (each for each in EDITS if self.spelling.gate or not each.gated)
        return [each for each in known if each.name not in self.without]

    @property
    def pin(self) -> str:
        """The version of the SDK that the dialect was verified with."""
        text = (ROOT / "rules" / "dialects" / f"{self.dialect}.toml").read_text("utf-8")
        return str(tomli.loads(text)["verified-with"][0]).replace(" ", "==")

    def foretold(self, verdict: Verdict) -> tuple[Outcome, ...]:
        """Return the outcomes that a verdict stands for."""
        return ("fails",) if verdict in self.refused else MEANS[verdict]


BLIND = "the engine compares names, not arguments, and the diff does not see `input=`: both calls look alike"

ENGINES = (
    Engine("Inngest", "inngest", spellings.INNGEST, "inngest", ("fastapi", "httpx")),
    Engine("absurd", "absurd", spellings.ABSURD, "absurd", ("absurdctl==0.5.1",), "postgres"),
    Engine(
        "bundled runtime, guard off",
        "steplint",
        spellings.STEPLINT,
        "steplint",
        settings={"STEPLINT_GUARD": "off"},
        accepted={"reuse": "the runtime does not look up an ID that its manifest knows as removed"},
    ),
    Engine(
        "bundled runtime",
        "steplint",
        spellings.STEPLINT,
        "steplint",
        settings={"STEPLINT_GUARD": "on"},
        refused=frozenset({"wedges", "swaps", "stale"}),
    ),
    Engine("DBOS on SQLite, pinned", "dbos", spellings.DBOS_PINNED, "dbos"),
    Engine("DBOS on SQLite", "dbos", spellings.DBOS, "dbos"),
    Engine("DBOS on PostgreSQL, pinned", "dbos", spellings.DBOS_PINNED, "dbos", server="postgres"),
    Engine("DBOS on PostgreSQL", "dbos", spellings.DBOS, "dbos", server="postgres"),
    Engine("Restate", "restate", spellings.RESTATE, "restate", ("hypercorn",), "restate"),
    Engine("Temporal", "temporal", spellings.TEMPORAL, "temporal"),
    Engine(
        "AWS",
        "aws",
        spellings.AWS,
        "aws",
        ("aws-durable-execution-sdk-python-testing==1.4.0",),
        oldest=(3, 11),
    ),
    Engine(
        "AWS, steps without a name",
        "aws",
        spellings.AWS_UNNAMED,
        "aws",
        ("aws-durable-execution-sdk-python-testing==1.4.0",),
        oldest=(3, 11),
        without=frozenset({"rename", "reuse"}),
    ),
    Engine(
        "AWS, SDK 1.x",
        "aws1",
        spellings.AWS,
        "aws",
        ("aws-durable-execution-sdk-python-testing==1.2.1",),
        oldest=(3, 11),
    ),
    Engine("Resonate", "resonate", spellings.RESONATE, "resonate", oldest=(3, 12), without=frozenset({"exchange"})),
    Engine(
        "Vercel",
        "vercel",
        spellings.VERCEL,
        "vercel",
        without=frozenset({"exchange", "reuse"}),
        accepted={"change argument": "arguments are compared by the engine; the diff does not judge them"},
    ),
    Engine(
        "durabletask",
        "durabletask",
        spellings.DURABLETASK,
        "durabletask",
        without=frozenset({"exchange"}),
        accepted={"reorder, one ID": BLIND},
    ),
)
