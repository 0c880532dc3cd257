from __future__ import annotations

from pathlib import Path

import pytest

from steplint.check.page import PackError, read

PAGE = """\
# odd-name

```toml
code = "SL901"
severity = "warning"
since = "next"
```

Finds odd
names.

## Why it is bad

They are odd.

## Examples

```python
one = 1
two = 2  # error
```

Text between examples.

`a.py`

```python
x = 1
```

`b/c.py`

```python
from a import x  # error
```

<!-- steplint: strict = true -->

```python
fine = True
```

```text
not an example  # error
```
"""


def page(folder: Path, text: str, name: str = "odd_name.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_metadata_and_summary_come_from_the_top(tmp_path: Path) -> None:
    rule = read(page(tmp_path, PAGE)).rule
    assert (rule.name, rule.code, rule.severity, rule.summary) == (
        "odd-name",
        "SL901",
        "warning",
        "Finds odd names.",
    )


def test_sections_are_text_by_heading(tmp_path: Path) -> None:
    sections = read(page(tmp_path, PAGE)).sections
    assert list(sections) == ["", "Why it is bad", "Examples"]
    assert sections["Why it is bad"] == "They are odd."


def test_examples_have_files_expected_lines_and_settings(tmp_path: Path) -> None:
    first, several, last = read(page(tmp_path, PAGE)).examples
    assert [(file.path, file.text, file.errors) for file in first.files] == [("example.py", "one = 1\ntwo = 2\n", (2,))]
    assert [(file.path, file.errors) for file in several.files] == [("a.py", ()), ("b/c.py", (1,))]
    assert first.failing
    assert several.failing
    assert not last.failing
    assert last.settings == {"strict": True}
    assert first.settings == {}
    assert PAGE.splitlines()[last.line - 1] == "```python"


def test_a_summary_may_stand_below_what_it_does(tmp_path: Path) -> None:
    text = PAGE.replace("Finds odd\nnames.", "## What it does\n\nFinds odd\nnames.")
    assert read(page(tmp_path, text)).rule.summary == "Finds odd names."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("# odd-name", "# other", "odd_name.md:1: expected the title `# odd-name`", id="another title"),
        pytest.param('since = "next"', 'sinse = "next"', "md:6: unknown key `sinse`; did you mean `since`?", id="typo"),
        pytest.param('since = "next"\n', "", "odd_name.md:3: the key `since` is missing", id="missing key"),
        pytest.param('"warning"', '"warn"', "odd_name.md:5: `severity`: invalid enum value", id="wrong word"),
        pytest.param('"SL901"', '"X1"', "odd_name.md:4: expected a code such as `SL123`, got `X1`", id="wrong code"),
        pytest.param('"next"', '"next', "odd_name.md:6:", id="broken toml"),
        pytest.param("```toml", "```yaml", "odd_name.md:2: expected a fenced `toml` block", id="no metadata"),
        pytest.param("not an example  # error\n```", "", "never closed", id="open fence"),
        pytest.param("strict = true", "strict =", "are no TOML", id="broken settings"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PackError) as caught:
        read(page(tmp_path, PAGE.replace(old, new, 1)))
    assert message in str(caught.value)
