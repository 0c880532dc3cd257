"""The connection to Inngest."""

import inngest

client = inngest.Inngest(app_id="orders")
