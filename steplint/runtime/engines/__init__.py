"""Adapters: the body written for the bundled runtime, on DBOS, on a Restate server, as Inngest functions."""
