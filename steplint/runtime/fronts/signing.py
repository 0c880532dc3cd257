"""Signatures of requests to an app in production mode: HMAC over the canonical JSON (RFC 8785) of the body."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from decimal import Decimal
from typing import Any

_PREFIX = re.compile(r"^signkey-\w+-")


def signature(key: str, body: Any, now: int) -> str:
    """Return the header `x-inngest-signature`."""
    text = canonical(body) if body is not None else ""
    secret = _PREFIX.sub("", key).encode()
    return f"t={now}&s={hmac.new(secret, f'{text}{now}'.encode(), hashlib.sha256).hexdigest()}"


def canonical(value: Any) -> str:
    """Return ``value`` as canonical JSON: sorted keys, no blanks, numbers as ECMAScript writes them."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: str(key).encode("utf-16-be"))
        return "{" + ",".join(f"{_text(str(key))}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value!r} has no JSON form")
    if value == int(value) and abs(value) < 1e21:
        return str(int(Decimal(repr(value))))
    mantissa, letter, exponent = repr(value).partition("e")
    if not letter:
        return mantissa
    power = int(exponent)
    if -7 < power < 0:
        return f"{value:.{len(mantissa.replace('-', '').replace('.', '')) - power - 1}f}"
    return f"{mantissa.removesuffix('.0')}e{'+' if power > 0 else '-'}{abs(power)}"
