"""An SVG picture: sequences downwards, branches and parallel groups side by side, no program needed."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.model.graph import StepGraph
from steplint.report.graph.layout import CHAR, ROW, Block, Box, Line, layout
from steplint.report.view import GraphView
from steplint.report.xmltext import attribute, text

_MARGIN, _HEAD = 16, 28

STYLE = """\
.sl{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;--ink:#24292f;--soft:#57606a;--line:#8c959f;\
--same:#f6f8fa;--same-line:#57606a;--added:#dafbe1;--added-line:#1a7f37;--removed:#ffebe9;--removed-line:#cf222e;\
--renamed:#fff8c5;--renamed-line:#9a6700;--dyn:#ddf4ff;--dyn-line:#0969da;--effect:#fff1e5;--effect-line:#bc4c00}
.sl text{fill:var(--ink)}.sl .sub{fill:var(--soft)}.sl .head{font-weight:600}
.sl rect{stroke-width:1.2}.sl .frame rect{fill:none;stroke:var(--line);stroke-dasharray:none}
.sl .frame text{fill:var(--soft)}.sl .loop rect{stroke-dasharray:6 4}.sl .parallel rect{stroke-width:2.4}
.sl .same rect{fill:var(--same);stroke:var(--same-line)}.sl .added rect{fill:var(--added);stroke:var(--added-line)}
.sl .removed rect{fill:var(--removed);stroke:var(--removed-line);stroke-dasharray:4 3}
.sl .renamed rect{fill:var(--renamed);stroke:var(--renamed-line);stroke-width:2.4}
.sl .dyn rect{fill:var(--dyn);stroke:var(--dyn-line);stroke-dasharray:2 2}
.sl .effect rect{fill:var(--effect);stroke:var(--effect-line)}
.sl polyline{fill:none;stroke:var(--line);stroke-width:1.3}.sl .tip{fill:var(--line);stroke:none}"""

DARK = """\
--ink:#e6edf3;--soft:#9198a1;--line:#6e7681;--same:#161b22;--same-line:#6e7681;--added:#12261e;--added-line:#3fb950;\
--removed:#2d1417;--removed-line:#f85149;--renamed:#2b2411;--renamed-line:#d29922;--dyn:#0c2037;--dyn-line:#58a6ff;\
--effect:#2b1a0e;--effect-line:#f0883e"""

# Under a picture that stands alone: a viewer may prefer dark and still lay it on white.
_BACK, _DARK_BACK = ".sl>.back{fill:#fff}", ".sl>.back{fill:#0d1117}"


def render(graph: StepGraph, view: GraphView) -> str:
    """Return one SVG document with every workflow of ``graph`` below the other, light or dark as the viewer is."""
    parts, y, width = list[str](), float(_MARGIN), 0.0
    for workflow in graph.workflows:
        block = layout(workflow, view.changes)
        title = f"{workflow.id} ({workflow.dialect})"
        parts.append(f'<text class="head" x="{_MARGIN}" y="{_n(y + ROW)}">{text(title)}</text>')
        parts += drawing(block.moved(_MARGIN, y + _HEAD))
        y += _HEAD + block.height + 2 * _MARGIN
        width = max(width, block.width, len(title) * CHAR)
    style = f"<style>{STYLE}\n{_BACK}\n@media (prefers-color-scheme:dark){{.sl{{{DARK}}}{_DARK_BACK}}}</style>"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="sl" width="{_n(width + 2 * _MARGIN)}" height="{_n(y)}">'
    back = '<rect class="back" width="100%" height="100%"/>'
    return "\n".join([head, style, back, *parts, "</svg>"]) + "\n"


def picture(block: Block, title: str) -> str:
    """Return ``block`` as an `svg` element of a page that has `STYLE`."""
    size = f'width="{_n(block.width + 2 * _MARGIN)}" height="{_n(block.height + 2 * _MARGIN)}"'
    inside = "\n".join(drawing(block.moved(_MARGIN, _MARGIN)))
    return f'<svg class="sl" {size} role="group" aria-label={attribute(title)}>\n{inside}\n</svg>'


def drawing(block: Block) -> Iterator[str]:
    """Yield the elements of ``block``, frames below everything else."""
    yield from (_box(box) for box in block.boxes if box.kind == "frame")
    yield from (_line(line) for line in block.lines)
    yield from (_box(box) for box in block.boxes if box.kind != "frame")


def _box(box: Box) -> str:
    focus = f' tabindex="0" data-step="{box.position}"' if box.position is not None else ""
    radius = 3 if box.kind == "frame" else 8
    rect = f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" rx="{radius}"/>'
    rows = "".join(
        f'<text x="{_n(box.x + 12)}" y="{_n(box.y + ROW * (index + 1))}"{_row_class(box, index)}>{text(line)}</text>'
        for index, line in enumerate(box.lines)
    )
    return f'<g class="{box.kind} {box.look}"{focus}><title>{text(box.hint)}</title>{rect}{rows}</g>'


def _row_class(box: Box, index: int) -> str:
    if box.kind == "frame":
        return ""
    return ' class="sub"' if index else ' class="head"' if box.kind == "step" else ""


def _line(line: Line) -> str:
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in line.points)
    drawn = f'<polyline points="{points}"/>'
    if not line.arrow:
        return drawn
    x, y = line.points[-1]
    return drawn + f'<polygon class="tip" points="{_n(x)},{_n(y)} {_n(x - 4)},{_n(y - 7)} {_n(x + 4)},{_n(y - 7)}"/>'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
