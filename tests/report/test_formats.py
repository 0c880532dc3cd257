"""Formats are found by the names of their files."""

from __future__ import annotations

import subprocess
import sys

import pytest

from steplint.report import formats


def test_the_formats_of_the_first_release_are_found() -> None:
    assert {"concise", "full", "github", "gitlab", "json", "jsonl", "markdown", "sarif"} <= set(formats.names())


def test_helpers_of_the_package_are_no_formats() -> None:
    assert not {"frame", "view", "formats", "style", "schema", "summary"} & set(formats.names())


def test_graph_formats_are_found() -> None:
    assert set(formats.graph_names()) == {"dot", "html", "json", "mermaid", "svg", "text"}
    assert "tree" not in formats.graph_names()


@pytest.mark.parametrize("name", formats.names())
def test_each_format_renders_and_says_in_one_line_what_it_is(name: str) -> None:
    module = formats.load(name)
    assert callable(module.render)
    assert 10 < len(formats.helps(module)) <= 100
    assert "\n" not in formats.helps(module)


@pytest.mark.parametrize("name", formats.graph_names())
def test_each_graph_format_renders_and_says_in_one_line_what_it_is(name: str) -> None:
    module = formats.load_graph(name)
    assert callable(module.render)
    assert 10 < len(formats.helps(module)) <= 100


def test_a_misspelled_format_names_the_nearest_one() -> None:
    with pytest.raises(formats.UnknownFormatError, match=r"no output format `jsom`; did you mean `json`\?"):
        formats.load("jsom")


def test_a_helper_cannot_be_asked_for_as_a_format() -> None:
    with pytest.raises(formats.UnknownFormatError):
        formats.load("frame")


def test_an_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(formats.UnknownFormatError, match="known: azure, concise, full"):
        formats.load("zzzzz")


def test_no_text_format_imports_rich_or_libcst() -> None:
    program = (
        "import sys; from steplint.report import formats, summary\n"
        "for name in formats.names(): formats.load(name)\n"
        "for name in formats.graph_names(): formats.load_graph(name)\n"
        "print(sorted({each.split('.')[0] for each in sys.modules} & {'rich', 'libcst', 'click', 'tomlkit'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
