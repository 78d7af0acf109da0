-- Format 1 of state/ledger.db. Times are RFC 3339 in UTC; periods are written 2026-T1.

CREATE TABLE editions (
    plan            TEXT NOT NULL,
    period          TEXT NOT NULL,
    edition         INTEGER NOT NULL CHECK (edition >= 1),
    state           TEXT NOT NULL CHECK (state IN ('publishing', 'published')),
    preliminary     INTEGER NOT NULL CHECK (preliminary IN (0, 1)),
    issued_at       TEXT NOT NULL,
    reason          TEXT,
    manifest_sha256 TEXT,
    results         TEXT,
    PRIMARY KEY (plan, period, edition),
    CHECK (state = 'publishing' OR (manifest_sha256 IS NOT NULL AND results IS NOT NULL))
) STRICT;

-- One edition at a time may be in the making.
CREATE UNIQUE INDEX editions_publishing ON editions (plan, period) WHERE state = 'publishing';

CREATE TRIGGER editions_stay BEFORE UPDATE ON editions WHEN OLD.state = 'published'
BEGIN SELECT RAISE(ABORT, 'a published edition never changes'); END;

CREATE TRIGGER editions_remain BEFORE DELETE ON editions WHEN OLD.state = 'published'
BEGIN SELECT RAISE(ABORT, 'a published edition is never deleted'); END;

CREATE TABLE deliveries (
    id              INTEGER PRIMARY KEY,
    plan            TEXT NOT NULL,
    period          TEXT NOT NULL,
    edition         INTEGER NOT NULL,
    recipient       TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'dot_intent', 'accepted',
                        'deferred', 'rejected', 'ambiguous', 'superseded', 'cancelled')),
    transport       TEXT NOT NULL CHECK (transport IN ('smtp', 'outbox')),
    message_id      TEXT NOT NULL,
    message_path    TEXT NOT NULL,
    message_sha256  TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    last_reply      TEXT,
    phase           TEXT,
    updated_at      TEXT NOT NULL,
    UNIQUE (plan, period, edition, recipient),
    FOREIGN KEY (plan, period, edition) REFERENCES editions (plan, period, edition)
) STRICT;

CREATE INDEX deliveries_state ON deliveries (state);

CREATE TABLE delivery_events (
    id         INTEGER PRIMARY KEY,
    delivery   INTEGER NOT NULL REFERENCES deliveries (id),
    at         TEXT NOT NULL,
    from_state TEXT,
    to_state   TEXT NOT NULL,
    phase      TEXT,
    reply      TEXT
) STRICT;

CREATE TRIGGER delivery_events_stay BEFORE UPDATE ON delivery_events
BEGIN SELECT RAISE(ABORT, 'delivery_events is append-only'); END;

CREATE TRIGGER delivery_events_remain BEFORE DELETE ON delivery_events
BEGIN SELECT RAISE(ABORT, 'delivery_events is append-only'); END;

CREATE TABLE submissions (
    plan          TEXT NOT NULL,
    period        TEXT NOT NULL,
    source        TEXT NOT NULL,
    department    TEXT NOT NULL,
    file          TEXT NOT NULL,
    sha256        TEXT NOT NULL,
    size          INTEGER NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at  TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('received', 'late', 'rejected')),
    UNIQUE (plan, period, source, file, sha256)
) STRICT;

CREATE TABLE observations (
    plan         TEXT NOT NULL,
    period       TEXT NOT NULL,
    first_run_at TEXT NOT NULL,
    PRIMARY KEY (plan, period)
) STRICT;

CREATE TABLE skips (
    plan   TEXT NOT NULL,
    period TEXT NOT NULL,
    reason TEXT NOT NULL,
    at     TEXT NOT NULL,
    PRIMARY KEY (plan, period)
) STRICT;

CREATE TABLE figures (
    plan         TEXT NOT NULL,
    period       TEXT NOT NULL,
    edition      INTEGER NOT NULL,
    goal         TEXT NOT NULL,
    actual_value REAL,
    progress_pct REAL,
    status       TEXT NOT NULL,
    PRIMARY KEY (plan, period, edition, goal),
    FOREIGN KEY (plan, period, edition) REFERENCES editions (plan, period, edition)
) STRICT;
