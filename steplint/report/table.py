"""Text tables: columns as wide as their cells, cut to the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from steplint.report import cells
from steplint.report.style import paint


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    width: int,
    right: str = "",
    color: bool = False,
    dots: str = "…",
) -> Iterator[str]:
    """Yield a head line and one line a row; ``right`` has an ``r`` for each column that is aligned to the right.

    Only the last column is cut to ``width``: every other one is needed to tell rows apart.
    """
    listed = [tuple(cells.visible(cell, ascii_only=dots != "…") for cell in row) for row in rows]
    sizes = [max(cells.width(row[index]) for row in (head, *listed)) for index in range(len(head))]
    yield paint(_line(head, sizes, right, width, dots), "bold", color)
    yield from (_line(row, sizes, right, width, dots) for row in listed)


def _line(row: Sequence[str], sizes: Sequence[int], right: str, width: int, dots: str) -> str:
    parts = list[str]()
    for index, (cell, size) in enumerate(zip(row, sizes, strict=True)):
        aligned = right[index : index + 1] == "r"
        parts.append(" " * (size - cells.width(cell)) + cell if aligned else cells.pad(cell, size))
    room = width - sum(sizes[:-1]) - 2 * (len(sizes) - 1)
    parts[-1] = cells.cut(parts[-1].rstrip(), max(20, room), dots)
    return "  ".join(parts).rstrip()
