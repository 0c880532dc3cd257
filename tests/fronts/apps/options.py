"""An app with one function, the option that `SHOP_OPTION` names, and in production mode with `SHOP_KEY`."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import fastapi
import inngest
import inngest.fast_api

EVENT = inngest.TriggerEvent(event="shop/order")
OPTIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "concurrency": {"concurrency": [inngest.Concurrency(limit=1)]},
    "throttle": {"throttle": inngest.Throttle(limit=1, period=timedelta(seconds=5))},
    "rate_limit": {"rate_limit": inngest.RateLimit(limit=1, period=timedelta(seconds=60))},
    "debounce": {"debounce": inngest.Debounce(period=timedelta(seconds=5))},
    "priority": {"priority": inngest.Priority(run="event.data.vip")},
    "batch_events": {"batch_events": inngest.Batch(max_size=2, timeout=timedelta(seconds=1))},
    "cancel": {"cancel": [inngest.Cancel(event="shop/cancelled")]},
    "singleton": {"singleton": inngest.Singleton(mode="skip")},
    "idempotency": {"idempotency": "event.data.id"},
    "timeouts": {"timeouts": inngest.Timeouts(start=timedelta(seconds=5))},
    "cron": {"trigger": inngest.TriggerCron(cron="0 * * * *")},
    "expression": {"trigger": inngest.TriggerEvent(event="shop/order", expression="event.data.n > 3")},
}

KEY = os.environ.get("SHOP_KEY")
PRODUCTION: dict[str, Any] = {"is_production": True, "signing_key": KEY, "event_key": "none"} if KEY else {}
client = inngest.Inngest(app_id="shop", **PRODUCTION)


@client.create_function(fn_id="order", **{"trigger": EVENT, **OPTIONS[os.environ["SHOP_OPTION"]]})
async def order(ctx: inngest.Context) -> str:
    return "ordered"


app = fastapi.FastAPI()
inngest.fast_api.serve(app, client, [order])
