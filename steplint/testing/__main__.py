"""`python -m steplint.testing PATH...`: the examples of rule packs, of single pages, and of dialect tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from steplint.check.page import PackError
from steplint.config import ConfigError
from steplint.knowledge.toml import KnowledgeError
from steplint.testing import run_fixture, run_pack

_USAGE = "usage: python -m steplint.testing FOLDER | PAGE.md | DIALECT.toml ..."


def main(arguments: Sequence[str]) -> int:
    """Return 0 if everything is found as it is marked, 1 if not, 2 for what cannot be read."""
    if not arguments or any(each.startswith("-") for each in arguments):
        print(_USAGE, file=sys.stderr)
        return 2
    return max(_run(Path(each)) for each in arguments)


def _run(path: Path) -> int:
    try:
        _check(path)
    except AssertionError as error:
        print(str(error).strip("\n"))
        return 1
    except (PackError, ConfigError, KnowledgeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{path}: as marked")
    return 0


def _check(path: Path) -> None:
    if path.suffix == ".md":
        run_pack(path.parent, path.stem.replace("_", "-"))
    elif path.suffix == ".toml":
        example = path.with_name(f"{path.stem.replace('-', '_')}_example.py")
        run_fixture(example, dialects=[path.resolve().as_posix()])
    else:
        run_pack(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
