"""Source text before it is parsed: chains of operators that take too long, and of strings that LibCST refuses."""

from __future__ import annotations

import re

from steplint.read.scan import BRACKETS, TOKEN

# LibCST takes time and memory by the square of a chain of operators: 10,000 of them are half a minute.
CHAIN_LIMIT = 10_000

# LibCST refuses an implicit concatenation of more than 3,000 strings.
PIECES_LIMIT = 2_500

_OPERATORS = (*"+-*/%@&|^~.([", "and ", "or ", "not ", "if ", "in ", "is ", "lambda", "await ")
_CHAIN = re.compile(
    TOKEN.pattern
    + r"""
    | \\\r?\n
    | \b(?:and|or|not|if|is|in|lambda|await)\b
    | (?P<operator>[-+*/%@&|^~.<>]+)
    | (?P<end>[,;\n])
    | :
    """,
    re.VERBOSE | re.DOTALL,
)
_BETWEEN = re.compile(r"(?:\s|\\\r?\n|[a-zA-Z]{1,2}$)*")
_VISIBLE = re.compile(r"[^\r\n\\]|\\(?!\r?\n)")


def too_long(text: str) -> int | None:
    """Return the offset of the first operator beyond the limit of one chain, or None."""
    if len(text) < CHAIN_LIMIT or sum(map(text.count, _OPERATORS)) < CHAIN_LIMIT:
        return None
    # For each open bracket, the operators since its last comma, and the lambdas whose parameters are not over.
    chains, lambdas = [0], [0]
    for match in _CHAIN.finditer(text):
        token = match[0]
        if token[0] in "\"'#\\":
            continue
        if token == ":":
            lambdas[-1] = max(lambdas[-1] - 1, 0)
            continue
        if match["end"]:
            if (token != "\n" or len(chains) == 1) and not lambdas[-1]:
                chains[-1] = 0
            continue
        if token == "lambda":
            lambdas[-1] += 1
        for character in token if token[0] in BRACKETS else "?":
            if character in ")]}":
                depth = max(len(chains) - 1, 1)
                del chains[depth:], lambdas[depth:]
                continue
            # Signs that stand together may be one operator or as many unary ones.
            chains[-1] += len(token) if match["operator"] else 1
            if chains[-1] > CHAIN_LIMIT:
                return match.start()
            if character in "([{":
                chains.append(0)
                lambdas.append(0)
    return None


def shortened(text: str) -> str | None:
    """Return ``text`` with the ends of long implicit concatenations blanked, or None if there are none."""
    blanks: list[tuple[int, int]] = []
    run = before = 0
    for match in TOKEN.finditer(text):
        if match[0][0] == "#":
            if _BETWEEN.fullmatch(text, before, match.start()):
                before = match.end()
            continue
        follows = _BETWEEN.fullmatch(text, before, match.start()) is not None
        run = 0 if match[0][0] in BRACKETS else run + 1 if follows else 1
        if run > PIECES_LIMIT:
            blanks.append((before, match.end()))
        before = match.end()
    if not blanks:
        return None
    pieces, done = [], 0
    for start, end in blanks:
        pieces += [text[done:start], _VISIBLE.sub(" ", text[start:end])]
        done = end
    return "".join([*pieces, text[done:]])
