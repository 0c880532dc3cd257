"""The README says what is true: its output is real, its table is made from the rule pages, its links lead somewhere.

`python tests/test_readme.py` writes output and table anew.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from steplint.check import pack
from steplint.cli import main
from steplint.project.rulesets import headline

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
SHOWN = "random-key-in-side-effect"


def rule_table() -> str:
    rules = sorted(pack.load(pack.bundled()).rules.values(), key=lambda rule: rule.code)
    rows = [
        f"| {rule.code}{' *' if rule.default else ''} | [`{rule.name}`](rules/{rule.name.replace('-', '_')}.md) "
        f"| {headline(rule).replace('|', chr(92) + '|')} |"
        for rule in rules
    ]
    return "\n".join(["| code | rule | |", "|---|---|---|", *rows])


def example_output(printed: str) -> str:
    finding = next(each for each in printed.split("\n\n") if f"[{SHOWN} " in each)
    return f"```text\n{finding}\n```"


def section(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", README.read_text("utf-8"), re.DOTALL)
    assert found, f"README.md has no section `{name}`"
    return found[1]


def check_example(capsys) -> str:  # type: ignore[no-untyped-def]
    code = main(["-C", str(ROOT / "examples" / "orders"), "check", "--no-cache", "--exit-zero"])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    return printed.out


def test_the_output_is_what_the_example_prints(capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("COLUMNS", raising=False)  # the README shows what is printed without a terminal
    assert section("output") == example_output(check_example(capsys))


def test_the_number_of_findings_is_right(capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(ROOT)
    headers = re.findall(r"^(?:error|warning|info)\[", check_example(capsys), re.MULTILINE)
    words = {4: "four", 5: "five", 6: "six", 7: "seven"}
    assert f"One of the {words[len(headers)]} findings" in README.read_text("utf-8")


def test_the_table_lists_every_rule() -> None:
    assert section("rules") == rule_table()


def test_every_link_leads_to_a_file() -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", README.read_text("utf-8")):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_the_second_command_runs_the_tests() -> None:
    commands = re.findall(r"^\$ (.*)$", README.read_text("utf-8"), re.MULTILINE)
    assert len(commands) == 2
    assert "pip install" in commands[0]
    assert "steplint" in commands[0]
    assert "pytest" in commands[1]


def test_the_commands_about_the_runtime_work(capsys, monkeypatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (block,) = re.findall(r"```sh\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for line in block.strip().splitlines():
        arguments = [str(ROOT / each) if each.startswith("examples/") else each for each in line.split()]
        assert main(arguments[1:]) == 0, line
    printed = capsys.readouterr().out
    sys.modules.pop("import_rows", None)
    assert '["row-1","row-2","row-3"]' in printed
    assert "insert-2" in printed
    assert "same path" in printed


def write() -> None:
    import subprocess

    command = [sys.executable, "-m", "steplint", "-C", "examples/orders", "check", "--no-cache", "--exit-zero"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    text = README.read_text("utf-8")
    for name, content in (("output", example_output(printed)), ("rules", rule_table())):
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda found, content=content: f"{found[1]}{content}\n{found[2]}",
            text,
            flags=re.DOTALL,
        )
    README.write_text(text, "utf-8")


if __name__ == "__main__":
    write()
