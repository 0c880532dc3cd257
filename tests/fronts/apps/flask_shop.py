"""The import of contacts as a Flask app: sync functions behind WSGI."""

from __future__ import annotations

import flask
import inngest
import inngest.flask

client = inngest.Inngest(app_id="shop")


@client.create_function(fn_id="import-contacts", trigger=inngest.TriggerEvent(event="contacts/csv.uploaded"))
def import_contacts(ctx: inngest.ContextSync) -> dict[str, int]:
    rows = ctx.step.run("parse-csv", lambda: [line.split(",") for line in str(ctx.event.data["text"]).splitlines()])
    lengths = ctx.group.parallel(
        tuple(lambda n=n, row=row: ctx.step.run(f"measure-{n}", lambda: len(row)) for n, row in enumerate(rows))
    )
    ctx.step.sleep("breathe", 100)
    return {"results": sum(lengths)}


app = flask.Flask(__name__)
inngest.flask.serve(app, client, [import_contacts])
