"""Questions to whoever sits at the editor: asked where the client says that it can, and otherwise left open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

REQUEST = "steplint/ask"
"""A request to the client: `prompt`, and `choices` where there are any; it answers with a text, or null."""

Send = Callable[[str, dict[str, Any]], Awaitable[Any]]


class WithdrawnError(Exception):
    """The question was closed without an answer: what it was for is not done."""


class Asker:
    """Asks through a client; without one every answer is an empty text."""

    def __init__(self, send: Send | None) -> None:
        self._send = send

    async def text(self, prompt: str) -> str:
        """Return what was typed; raises `WithdrawnError`."""
        return await self._ask({"prompt": prompt})

    async def choice(self, prompt: str, choices: Sequence[str]) -> str:
        """Return the word that was chosen, the only one there is without a question, or an empty text."""
        if len(choices) == 1:
            return choices[0]
        answer = await self._ask({"prompt": prompt, "choices": list(choices)})
        return answer if answer in choices else ""

    async def _ask(self, question: dict[str, Any]) -> str:
        if self._send is None:
            return ""
        answer = await self._send(REQUEST, question)
        if not isinstance(answer, str):
            raise WithdrawnError
        return answer.strip()
