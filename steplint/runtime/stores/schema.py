"""The tables of a ledger file, as the list of steps from each version to the next."""

from __future__ import annotations

APPLICATION_ID = 0x53544C4E  # "STLN": tells a ledger from any other SQLite file

_V1 = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, workflow TEXT NOT NULL, event TEXT NOT NULL, created REAL NOT NULL, root TEXT NOT NULL,
    due REAL, parent TEXT NOT NULL, parent_key TEXT NOT NULL, status TEXT NOT NULL, result TEXT, error TEXT,
    attempt INTEGER NOT NULL, claim INTEGER NOT NULL, owner TEXT NOT NULL, started REAL, ended REAL
);
CREATE INDEX runs_due ON runs (due) WHERE due IS NOT NULL;
CREATE INDEX runs_root ON runs (root);
CREATE INDEX runs_parent ON runs (parent) WHERE parent != '';
CREATE INDEX runs_queued ON runs (status) WHERE status = 'queued';
CREATE TABLE steps (
    run TEXT NOT NULL, position INTEGER NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, occurrence INTEGER NOT NULL,
    kind TEXT NOT NULL, data TEXT, error TEXT, attempts INTEGER NOT NULL, started REAL NOT NULL, ended REAL NOT NULL,
    PRIMARY KEY (run, position)
) WITHOUT ROWID;
CREATE TABLE timers (
    run TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, occurrence INTEGER NOT NULL, position INTEGER NOT NULL,
    kind TEXT NOT NULL, since REAL NOT NULL, at REAL, attempt INTEGER NOT NULL, event TEXT NOT NULL,
    match TEXT NOT NULL, expected TEXT NOT NULL,
    PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX timers_event ON timers (event) WHERE event != '';
CREATE TABLE attempts (
    run TEXT NOT NULL, key TEXT NOT NULL, label TEXT NOT NULL, attempt INTEGER NOT NULL, started REAL NOT NULL,
    ended REAL NOT NULL, error TEXT NOT NULL, retry_at REAL
);
CREATE INDEX attempts_run ON attempts (run);
CREATE TABLE events (id TEXT PRIMARY KEY, name TEXT NOT NULL, data TEXT NOT NULL, ts INTEGER NOT NULL);
CREATE TABLE triggers (workflow TEXT PRIMARY KEY, event TEXT NOT NULL);
CREATE INDEX triggers_event ON triggers (event);
"""

# A worker looks for its own due runs among all of them, and for workers that died, many times a second.
_V2 = """
DROP INDEX runs_due;
CREATE INDEX runs_due ON runs (due, workflow, root) WHERE due IS NOT NULL;
CREATE INDEX runs_owner ON runs (owner) WHERE owner != '';
"""

# Manifests, drift and what a timeline shows.
_V3 = """
ALTER TABLE runs ADD COLUMN manifest TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN held_for TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN callable TEXT NOT NULL DEFAULT '';
CREATE TABLE manifests (digest TEXT PRIMARY KEY, workflow BLOB NOT NULL);
CREATE TABLE visits (
    run TEXT NOT NULL, claim INTEGER NOT NULL, worker TEXT NOT NULL, started REAL NOT NULL, ended REAL,
    entries INTEGER NOT NULL, calls INTEGER NOT NULL, recalls INTEGER NOT NULL, outcome TEXT NOT NULL,
    PRIMARY KEY (run, claim)
) WITHOUT ROWID;
CREATE TABLE notes (run TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL);
CREATE INDEX notes_run ON notes (run);
"""

# A published entry never changes: a file of version n is brought up to date by MIGRATIONS[n:].
MIGRATIONS = (_V1, _V2, _V3)
