"""Where boxes and lines of a workflow's picture go: sequences downwards, branches and parallel groups side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

from msgspec import Struct
from msgspec.structs import replace

from steplint.contract.change import Change
from steplint.model.graph import Step, Workflow
from steplint.report import cells, wording
from steplint.report.graph.changes import look, of_workflow
from steplint.report.graph.tree import Branch, Leaf, computed, effects_of, readable, title, tree

CHAR, ROW = 7.2, 17
"""Cell of the font and height of a line, in pixels."""
_PAD, _GAP, _SPLIT, _TITLE, _LANE = 12, 24, 18, 24, 36
_MOST = 44
_LOOPS = ("for", "while", "comprehension")
_ARMS = ("if", "else", "case", "try", "except", "finally")


class Box(Struct, frozen=True):
    """A rectangle with lines of text. ``kind``: step, effect or frame; ``look`` is its style; ``hint`` says all."""

    kind: str
    look: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    hint: str = ""
    position: int | None = None


class Line(Struct, frozen=True):
    """A line through points; ``arrow`` when it leads somewhere."""

    points: tuple[tuple[float, float], ...]
    arrow: bool = True
    look: str = ""


class Block(Struct, frozen=True):
    """A part of the picture; it is entered at the middle of its top and left at the middle of its bottom."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    ends: bool = False
    """Nothing follows: it returns, raises, breaks or continues."""
    splits: bool = False
    """It begins with lines of its own, so that no arrow ends at its top."""

    def moved(self, x: float, y: float) -> Block:
        """Return the block with everything in it moved."""
        boxes = tuple(replace(box, x=box.x + x, y=box.y + y) for box in self.boxes)
        lines = tuple(replace(line, points=tuple((px + x, py + y) for px, py in line.points)) for line in self.lines)
        return replace(self, boxes=boxes, lines=lines)


def layout(workflow: Workflow, changes: Sequence[Change] = ()) -> Block:
    """Return the picture of ``workflow``, without its title."""
    present, gone = of_workflow(workflow, changes)
    placer = _Placer(workflow, {step.position: step for step in workflow.steps}, present)
    blocks = [placer.sequence(tree(workflow))]
    blocks += [_box("step", "removed", (wording.old_label(each), wording.TITLES[each.kind])) for each in gone]
    return _row(blocks) if len(blocks) > 1 else blocks[0]


class _Placer(Struct, frozen=True):
    workflow: Workflow
    steps: Mapping[int, Step]
    present: Mapping[int, Change]

    def sequence(self, nodes: Sequence[Branch | Leaf]) -> Block:
        """Return ``nodes`` below each other; arms of one branch share a row."""
        blocks = list[Block]()
        for _, group in groupby(enumerate(nodes), key=lambda pair: _group(*pair)):
            same = [node for _, node in group]
            blocks.append(self._arms(same) if _is_arm(same[0]) else self._one(same[0]))
        return _column(blocks)

    def _one(self, node: Branch | Leaf) -> Block:
        if isinstance(node, Branch):
            return self._framed(node)
        if node.step is not None:
            return self._step(self.steps[node.step])
        effect = self.workflow.effects[node.effect or 0]
        uses = ", ".join(dict.fromkeys(use.decides or use.role for use in effect.uses))
        hint = f"{effect.kind}: {effect.api} at {effect.origin.path}:{effect.origin.span.line}"
        return _box("effect", "effect", (effect.api, uses or effect.kind), hint)

    def _step(self, step: Step) -> Block:
        change = self.present.get(step.position)
        words = [step.kind]
        if step.times != "once":
            words.append("maybe" if step.times == "maybe" else "many times")
        if step.occurrence:
            words.append(f"use {step.occurrence + 1}")
        if change is not None:
            words.append(wording.TITLES[change.kind])
        lines = [readable(step) or "(empty)", " · ".join(words)]
        if step.body is not None and step.body.call:
            lines.append(f"{step.body.call}()")
        lines += dict.fromkeys(f"{each.kind}: {each.api}" for each in effects_of(step)[:3])
        hint = f"{readable(step)} at {step.place.path}:{step.place.span.line}"
        return _box("step", look(change, dynamic=computed(step)), tuple(lines), hint, step.position)

    def _framed(self, branch: Branch) -> Block:
        inner = self._parallel(branch) if branch.frame.kind == "combinator" else self.sequence(branch.children)
        head = _cut(title(branch.frame))
        width = max(inner.width, cells.width(head) * CHAR) + 2 * _PAD
        height = inner.height + _TITLE + _PAD
        placed = inner.moved((width - inner.width) / 2, _TITLE)
        look_ = "loop" if branch.frame.kind in _LOOPS else "parallel" if branch.frame.kind == "combinator" else "plain"
        frame = Box("frame", look_, 0, 0, width, height, (head,), title(branch.frame))
        ends = bool(branch.frame.leaves)
        return Block(width, height, (frame, *placed.boxes), placed.lines, ends)

    def _parallel(self, branch: Branch) -> Block:
        return _row([self._one(child) for child in branch.children])

    def _arms(self, arms: Sequence[Branch | Leaf]) -> Block:
        blocks = [self._one(arm) for arm in arms]
        frames = [arm.frame for arm in arms if isinstance(arm, Branch)]
        if [frame.kind for frame in frames] == ["if"]:
            blocks.append(Block(_LANE, 0))
        inner = _row(blocks)
        height = inner.height + 2 * _SPLIT
        middle, lines, x = inner.width / 2, list[Line](), 0.0
        for block in blocks:
            center, bottom = x + block.width / 2, _SPLIT + block.height
            lines.append(
                Line(((middle, 0), (middle, _SPLIT / 2), (center, _SPLIT / 2), (center, _SPLIT)), block.height > 0)
            )
            if not block.ends:
                end = height - _SPLIT / 2
                lines.append(Line(((center, bottom), (center, end), (middle, end), (middle, height)), arrow=False))
            x += block.width + _GAP
        ends = all(block.ends for block in blocks)
        placed = inner.moved(0, _SPLIT)
        return Block(inner.width, height, placed.boxes, (*lines, *placed.lines), ends, splits=True)


def _is_arm(node: Branch | Leaf) -> bool:
    return isinstance(node, Branch) and node.frame.kind in _ARMS and bool(node.frame.group)


def _group(index: int, node: Branch | Leaf) -> tuple[str, int]:
    """Return what consecutive arms of one branch have in common; every other node is alone."""
    if isinstance(node, Branch) and _is_arm(node):
        return node.frame.group, -1
    return "", index


def _box(kind: str, look_: str, lines: tuple[str, ...], hint: str = "", position: int | None = None) -> Block:
    shown = tuple(_cut(line) for line in lines if line)
    width = max((cells.width(line) for line in shown), default=1) * CHAR + 2 * _PAD
    height = len(shown) * ROW + _PAD
    return Block(width, height, (Box(kind, look_, 0, 0, width, height, shown, hint or "\n".join(lines), position),))


def _cut(text: str) -> str:
    return cells.cut(cells.visible(text), _MOST)


def _column(blocks: Sequence[Block]) -> Block:
    if not blocks:
        return Block(_LANE, 0)
    width = max(block.width for block in blocks)
    boxes, lines, y = list[Box](), list[Line](), 0.0
    for block, then in pairwise([*blocks, None]):
        if block is None:
            continue
        placed = block.moved((width - block.width) / 2, y)
        boxes += placed.boxes
        lines += placed.lines
        y += block.height
        if then is not None:
            if not block.ends:
                lines.append(Line(((width / 2, y), (width / 2, y + _GAP)), not then.splits))
            y += _GAP
    return Block(width, y, tuple(boxes), tuple(lines), blocks[-1].ends)


def _row(blocks: Sequence[Block]) -> Block:
    boxes, lines, x = list[Box](), list[Line](), 0.0
    for block in blocks:
        placed = block.moved(x, 0)
        boxes += placed.boxes
        lines += placed.lines
        x += block.width + _GAP
    height = max((block.height for block in blocks), default=0)
    return Block(max(0.0, x - _GAP), height, tuple(boxes), tuple(lines))
