"""What an Inngest app says of its functions when it registers; options that are not honored here are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from steplint.runtime.engines.errors import EngineError
from steplint.runtime.fronts.expressions import Equality, UnknownExpressionError, parse
from steplint.runtime.workflow import Workflow

_DEFAULT_RETRIES = 4
# The first versions that read memos as they are sent here; an older one takes `{"data": 1}` for the value.
_OLDEST = {"py": (0, 4), "js": (3, 22)}
_REFUSED = {
    "batchEvents": "batch_events",
    "cancel": "cancel",
    "concurrency": "concurrency",
    "debounce": "debounce",
    "idempotency": "idempotency",
    "priority": "priority",
    "rateLimit": "rate_limit",
    "singleton": "singleton",
    "throttle": "throttle",
    "timeouts": "timeouts",
}


class Trigger(Struct, frozen=True):
    """An event that starts a function, if it meets the equalities."""

    event: str
    equalities: tuple[Equality, ...] = ()


class Function(Workflow):
    """A function of an Inngest app. ``id`` is its own, ``full_id`` the one with the app's in front."""

    def __init__(self, app: str, full_id: str, triggers: tuple[Trigger, ...], retries: int, name: str) -> None:
        super().__init__(full_id.removeprefix(f"{app}-"), _elsewhere, retries=retries)
        self.app, self.full_id, self.triggers, self.name = app, full_id, triggers, name
        self.handler: Function | None = None

    def family(self) -> dict[str, Workflow]:
        """Return this function and its failure handler, by ID."""
        found: dict[str, Workflow] = {self.id: self}
        return found | ({self.handler.id: self.handler} if self.handler is not None else {})


def functions(config: Mapping[str, Any], without: frozenset[str] = frozenset()) -> list[Function]:
    """Return the functions of a registration; raises `EngineError` that names every option that is not honored.

    ``without`` are options, as Python spells them, that shall have no effect.
    """
    app = str(config.get("appName") or config.get("appname") or "")
    given = config.get("functions")
    if not app or not isinstance(given, list):
        raise EngineError("the app registers without a name or without functions", "is it an Inngest SDK that answers?")
    _refuse_old(str(config.get("sdk") or ""))
    refused = [line for each in given for line in _unsupported(each, without)]
    if refused:
        hint = "take them out, give `--without NAME` for what shall have no effect, or use an Inngest server"
        raise EngineError("not supported here: " + "; ".join(refused), hint)
    found = {each["id"]: _function(app, each) for each in given}
    for full_id, function in found.items():
        function.handler = found.get(f"{full_id}-failure")
        if function.handler is not None:
            function.handler.triggers = ()
    return list(found.values())


def _refuse_old(sdk: str) -> None:
    """Raise for an SDK, such as `py:v0.3.1`, that is older than what is known to work; unknown languages pass."""
    language, _, version = sdk.partition(":v")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    oldest = _OLDEST.get(language)
    if oldest is not None and numbers and numbers < oldest:
        wanted = ".".join(map(str, oldest))
        raise EngineError(
            f"the app's SDK is {language} {version}; steplint speaks with {wanted} and newer", "update it"
        )


def _function(app: str, given: Mapping[str, Any]) -> Function:
    steps = list((given.get("steps") or {}).values())
    retries = (steps[0].get("retries") or {}).get("attempts", _DEFAULT_RETRIES) if steps else _DEFAULT_RETRIES
    is_handler = str(given["id"]).endswith("-failure")
    triggers = () if is_handler and _fails(given) else tuple(map(_trigger, _events(given)))
    return Function(app, given["id"], triggers, int(retries), str(given.get("name") or given["id"]))


def _trigger(given: Mapping[str, Any]) -> Trigger:
    return Trigger(given["event"], parse(given.get("expression")))


def _events(given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in given.get("triggers") or () if each.get("event")]


def _fails(given: Mapping[str, Any]) -> bool:
    return any(each.get("event") == "inngest/function.failed" for each in given.get("triggers") or ())


def _unsupported(given: Mapping[str, Any], without: frozenset[str]) -> Iterator[str]:
    function = f"function `{given.get('id')}`"
    for key, name in _REFUSED.items():
        if given.get(key) not in (None, [], {}) and name not in without:
            yield f"{function}: `{name}`"
    for trigger in given.get("triggers") or ():
        if trigger.get("cron") and "cron" not in without:
            yield f"{function}: `cron` trigger `{trigger['cron']}`"
        elif not trigger.get("cron"):
            try:
                parse(trigger.get("expression"))
            except UnknownExpressionError as error:
                yield f"{function}: {error}"


def _elsewhere(ctx: Any) -> Any:
    raise TypeError("the body of this function is in an Inngest app")
