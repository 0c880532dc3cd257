"""Imports rows one by one: interrupt it, run it again with the same ID, and it goes on where it was."""

import csv
import io
import time
from datetime import timedelta

from steplint.runtime import Context, workflow


def parse(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def insert(row: dict[str, str]) -> str:
    time.sleep(0.2)  # as a database would
    return f"row-{row['id']}"


@workflow("import-rows", trigger="rows/uploaded")
def import_rows(ctx: Context) -> list[str]:
    rows = ctx.step.run("parse-csv", parse, ctx.event.data["text"])
    ctx.step.sleep("let-others-in", timedelta(seconds=1))
    return [ctx.step.run(f"insert-{row['id']}", insert, row) for row in rows]
