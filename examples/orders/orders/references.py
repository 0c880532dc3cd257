"""Names for payments."""

import random


def new_reference(prefix: str) -> str:
    return f"{prefix}-{_tail()}"


def _tail() -> int:
    return random.randint(0, 9999)
