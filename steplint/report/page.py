"""A self-contained page: one style and one script, allowed by digest; nothing is loaded from outside."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from steplint import __version__
from steplint.report.graph.svg import DARK, STYLE
from steplint.report.xmltext import text

_HERE = Path(__file__).parent
_THEMES = f"""\
@media (prefers-color-scheme:dark){{:root:not([data-theme=light]) .sl{{{DARK}}}}}
:root[data-theme=dark] .sl{{{DARK}}}
"""


def page(title: str, heading: str, placeholder: str, main: str) -> str:
    """Return an HTML page around ``main``, whose `details` can be searched, folded and walked through by keyboard."""
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
<span><kbd>/</kbd> search <kbd>j</kbd> <kbd>k</kbd> move <kbd>e</kbd> <kbd>c</kbd> fold <kbd>t</kbd> theme</span>
<span id="told" role="status"></span>
</header>
<main>
{main}
</main>
<script>{script}</script>
</body>
</html>
"""


def _digest(inline: str) -> str:
    return base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
