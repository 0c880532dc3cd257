"""A self-contained page: one style and one script, allowed by digest; nothing is loaded from outside."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from steplint import __version__
from steplint.report.graph.svg import DARK, STYLE
from steplint.report.xmltext import text

_HERE = Path(__file__).parent
_SWATCH = (
    '<svg class="sl" width="22" height="14" aria-hidden="true"><g class="{}">'
    '<rect x="2" y="2" width="18" height="10" rx="3"/></g></svg>'
)
_THEMES = f"""\
@media (prefers-color-scheme:dark){{:root:not([data-theme=light]) .sl{{{DARK}}}}}
:root[data-theme=dark] .sl{{{DARK}}}
"""


def page(title: str, heading: str, placeholder: str, main: str, looks: Mapping[str, str]) -> str:
    """Return an HTML page around ``main``, whose `details` can be searched, folded and walked through by keyboard.

    ``looks`` says what the styles of the pictures mean. A click on an element with `data-step` shows its table row.
    """
    style = "\n" + (_HERE / "page.css").read_text("utf-8") + STYLE + "\n" + _THEMES
    script = "\n" + (_HERE / "page.js").read_text("utf-8")
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="steplint {__version__}">
<title>{text(title)}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{text(heading)}</h1>
<input id="search" type="search" placeholder="{text(placeholder)}" aria-label="search">
<button id="open" type="button">expand all</button>
<button id="close" type="button">collapse all</button>
<button id="theme" type="button">light / dark</button>
<span class="keys"><kbd>/</kbd> search <kbd>j</kbd> <kbd>k</kbd> <kbd>↑</kbd> <kbd>↓</kbd> move <kbd>↵</kbd> details
<kbd>e</kbd> <kbd>c</kbd> fold <kbd>t</kbd> theme</span>
<span id="told" role="status"></span>
</header>
<main>
{_legend(looks)}
{main}
</main>
<aside id="detail" aria-label="details" aria-live="polite" hidden>
<button id="shut" type="button" aria-label="close">×</button>
<dl></dl>
</aside>
<script>{script}</script>
</body>
</html>
"""


def _legend(looks: Mapping[str, str]) -> str:
    parts = [f"<span>{_SWATCH.format(look)}{text(meaning)}</span>" for look, meaning in looks.items()]
    return f'<p class="legend">{"".join(parts)}</p>' if parts else ""


def _digest(inline: str) -> str:
    return base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
