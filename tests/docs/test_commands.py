"""Every command of the pages is executed in an empty folder with the files of its page, and prints what the page shows.

`python -m tests.docs.test_commands PAGE` prints what the commands of a page print.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from tests.docs.shell import DOCS, execute
from tests.documents import parts

ELSEWHERE = {"extending.md", "editor.md", "cluster.md"}
"""Executed by tests/test_docs.py and, with real servers, tests/engines_same_body/test_cluster.py."""
PAGES = sorted(page for page in DOCS.glob("*.md") if page.name not in ELSEWHERE and "```console\n" in page.read_text())


@pytest.mark.skipif(not shutil.which("bash") or not shutil.which("git"), reason="needs bash and git")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    done = execute(page, tmp_path)
    assert done
    for command, printed in done:
        assert pattern(command.output).fullmatch(printed), (
            f"{page.name}:{command.line}: $ {command.text}\nprints\n{printed}\nnot\n{command.output}"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_line_of_a_console_block_is_passed_over(page: Path) -> None:
    for block in re.findall(r"^```console\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        assert block.startswith("$ "), block
    prompts = re.findall(r"^\$ ", page.read_text("utf-8"), re.MULTILINE)
    assert len(prompts) == sum(hasattr(each, "output") for each in parts(page.read_text("utf-8")))


def pattern(output: str) -> re.Pattern[str]:
    """Return what matches an output: a line `...` stands for any lines, ` ...` at the end of a line for any text."""
    lines = []
    for line in output.splitlines():
        if line == "...":
            lines.append(r"(?:.*\n)*?")
        elif line.endswith(" ..."):
            lines.append(re.escape(line[:-4]) + r".*\n")
        else:
            lines.append(re.escape(line) + r"\n")
    return re.compile("".join(lines))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for command, printed in execute(DOCS / sys.argv[1], Path(folder)):
            print(f"$ {command.text}\n{printed}", end="")
