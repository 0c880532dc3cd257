"""Source text before it is parsed: expressions that LibCST takes too long over, and concatenations that it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from steplint.read.scan import TOKEN

# LibCST takes time by the square of a chain of operators: 10,000 of them are half a minute.
CHAIN_LIMIT = 10_000

# What nests to the right takes memory by the square: 1,000 lambdas are 200 MB, 3,000 are 1.7 GB.
NESTING_LIMIT = 1_000

# LibCST refuses an implicit concatenation of more than 3,000 strings.
PIECES_LIMIT = 2_500

_OPERATORS = "+-*/%@&|^.(["
_NESTING = ("lambda", "if", "**")
_PREFIXES = re.compile(rf"(?<![-+~])(?<![-+~][ ])(?:(?:[-+~]|not\b)[\s\\]*){{{NESTING_LIMIT}}}")
_PIECE = re.compile(
    TOKEN.pattern
    + r"""
    | \\\r?\n
    | (?P<nest>lambda\b|if\b)
    | (?P<word>(?:not\s+in|is\s+not|and|or|not|is|in|await)\b)
    | (?P<power>\*\*)
    | (?P<sign>//|<<|>>|[-+*/%@&|^~.<>])
    | (?P<end>[,;\n])
    | (?P<colon>:)
    | (?P<operand>[\w]+)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class _Chain:
    """What stands within one pair of brackets since the last comma."""

    operators: int = 0
    trailers: int = 0
    nested: int = 0
    powers: int = 0
    prefixes: int = 0
    parameters: int = 0

    def clear(self) -> None:
        self.operators = self.trailers = self.nested = self.powers = self.prefixes = 0


def too_long(text: str) -> tuple[int, str] | None:
    """Return the offset where an expression is too much for the parser, and why; or None."""
    if (
        sum(map(text.count, _OPERATORS)) < CHAIN_LIMIT
        and all(text.count(word) <= NESTING_LIMIT for word in _NESTING)
        and _PREFIXES.search(text) is None
    ):
        return None
    chains = [_Chain()]
    operand = False
    for match in _PIECE.finditer(text):
        operand = _take(match, chains, operand)
        chain = chains[-1]
        if max(chain.operators, chain.trailers) > CHAIN_LIMIT:
            return match.start(), f"an expression chains more than {CHAIN_LIMIT:,} operators"
        if max(chain.nested, chain.powers, chain.prefixes) > NESTING_LIMIT:
            return match.start(), f"an expression nests more than {NESTING_LIMIT:,} deep"
    return None


def _take(match: re.Match[str], chains: list[_Chain], operand: bool) -> bool:
    """Count one piece of source; return whether it ends an operand."""
    piece, kind, chain = match[0], match.lastgroup, chains[-1]
    if kind is None:
        return _bracket_or_text(piece, chains, operand)
    if kind == "operand":
        chain.prefixes = 0
        return True
    if kind == "colon":
        chain.parameters = max(chain.parameters - 1, 0)
    elif kind == "end":
        if piece == "\n" and len(chains) > 1:
            return operand
        # A comma between the parameters of a lambda ends no expression.
        if not chain.parameters:
            chain.clear()
    elif kind == "nest":
        chain.nested += 1
        chain.parameters += piece == "lambda"
    elif piece == ".":
        chain.trailers += 1
    elif kind == "power":
        chain.operators += 1
        chain.powers += 1
        chain.trailers = 0
    elif not operand:
        chain.prefixes += 1
    else:
        # Words that join operands cost no more than their number, and what they join is no longer one chain.
        chain.operators = 0 if kind == "word" else chain.operators + 1
        chain.trailers = chain.powers = 0
    return False


def _bracket_or_text(piece: str, chains: list[_Chain], operand: bool) -> bool:
    if piece[0] in "#\\":
        return operand
    if piece[0] in "\"'":
        chains[-1].prefixes = 0
        return True
    for character in piece:
        if character in "([{":
            chains[-1].trailers += 1
            chains.append(_Chain())
        else:
            del chains[max(len(chains) - 1, 1) :]
            chains[-1].prefixes = 0
    return piece[-1] in ")]}"


_BETWEEN = re.compile(r"(?:\s|\\\r?\n|[a-zA-Z]{1,2}$)*")
_VISIBLE = re.compile(r"[^\r\n\\]|\\(?!\r?\n)")


def shortened(text: str) -> str | None:
    """Return ``text`` with the ends of long implicit concatenations blanked, or None if there are none."""
    blanks: list[tuple[int, int]] = []
    run = before = 0
    for match in TOKEN.finditer(text):
        follows = _BETWEEN.fullmatch(text, before, match.start()) is not None
        if match[0][0] in "\"'":
            run = run + 1 if follows else 1
            if run > PIECES_LIMIT:
                blanks.append((before, match.end()))
        elif match[0][0] != "#":
            run = 0
        elif not follows:
            continue
        before = match.end()
    if not blanks:
        return None
    pieces, done = [], 0
    for start, end in blanks:
        pieces += [text[done:start], _VISIBLE.sub(" ", text[start:end])]
        done = end
    return "".join([*pieces, text[done:]])
