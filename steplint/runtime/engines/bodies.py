"""One entry of a body on another engine, from its event to its result or the fault that ends the run."""

from __future__ import annotations

from typing import Any

from steplint.contract.runs import Fault
from steplint.runtime.engines.context import Engine, EngineContext, Naming
from steplint.runtime.engines.errors import EngineStop, RunEndedError, StepFailedError
from steplint.runtime.engines.threads import Bridge, SyncContext
from steplint.runtime.errors import Refused, StepError, UnserializableError, describe
from steplint.runtime.schedule import Event
from steplint.runtime.values import decode, encode
from steplint.runtime.workflow import Workflow


async def enter(workflow: Workflow, engine: Engine, event: Event) -> Any:
    """Give what the body returns, as JSON has it; raises `RunEndedError`, or what `EngineStop` carried."""
    naming = Naming()
    try:
        result = await _entered(workflow, engine, event, naming)
        if forgotten := naming.close():
            raise RunEndedError(Fault("StepNotAwaited", f"step `{forgotten[0]}` is called but never awaited"))
        return decode(encode(result))
    except Refused as refused:
        raise RunEndedError(refused.fault) from None
    except UnserializableError as error:
        raise RunEndedError(Fault("Unserializable", f"the result of the workflow, {error}")) from None
    except StepError as error:
        raise RunEndedError(describe(error)) from error
    except StepFailedError as error:
        raise RunEndedError(error.fault) from None
    except EngineStop as stop:
        raise stop.error from None
    except RunEndedError:
        raise
    except Exception as error:
        raise RunEndedError(describe(error)) from error
    finally:
        naming.close()


async def _entered(workflow: Workflow, engine: Engine, event: Event, naming: Naming) -> Any:
    if workflow.is_async:
        return await workflow.body(EngineContext(engine, event, naming))
    bridge = Bridge(engine)
    context = SyncContext(engine, event, naming, bridge)
    return await bridge.run(lambda: workflow.body(context))
