-- Format 3. Every message goes through the one outbox, whatever its occasion, and what was told on
-- each occasion is remembered with it.

-- A recipient has one message a topic: plan, occasion, and what it is about. Only reports and slices
-- carry an edition. `bounced`: taken by the server, and returned later.
CREATE TABLE deliveries_3 (
    id              INTEGER PRIMARY KEY,
    occasion        TEXT NOT NULL CHECK (occasion IN ('report', 'slice', 'receipt', 'reminder',
                        'approval', 'alert')),
    plan            TEXT NOT NULL,
    period          TEXT,
    edition         INTEGER,
    about           TEXT NOT NULL,
    recipient       TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'dot_intent', 'accepted',
                        'deferred', 'rejected', 'ambiguous', 'bounced', 'superseded', 'cancelled')),
    transport       TEXT NOT NULL CHECK (transport IN ('smtp', 'outbox')),
    message_id      TEXT NOT NULL,
    message_path    TEXT NOT NULL,
    message_sha256  TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    last_reply      TEXT,
    phase           TEXT,
    updated_at      TEXT NOT NULL,
    run             TEXT,
    UNIQUE (plan, occasion, about, recipient),
    CHECK ((occasion IN ('report', 'slice')) = (edition IS NOT NULL)),
    FOREIGN KEY (plan, period, edition) REFERENCES editions (plan, period, edition)
) STRICT;

INSERT INTO deliveries_3 (id, occasion, plan, period, edition, about, recipient, state, transport,
        message_id, message_path, message_sha256, attempts, next_attempt_at, last_reply, phase,
        updated_at, run)
    SELECT id, 'report', plan, period, edition, period || '/v' || edition, recipient, state,
        transport, message_id, message_path, message_sha256, attempts, next_attempt_at, last_reply,
        phase, updated_at, run
    FROM deliveries;

CREATE TABLE delivery_events_3 (
    id         INTEGER PRIMARY KEY,
    delivery   INTEGER NOT NULL REFERENCES deliveries_3 (id),
    at         TEXT NOT NULL,
    from_state TEXT,
    to_state   TEXT NOT NULL,
    phase      TEXT,
    reply      TEXT
) STRICT;

INSERT INTO delivery_events_3 SELECT id, delivery, at, from_state, to_state, phase, reply
    FROM delivery_events;

DROP TABLE delivery_events;
DROP TABLE deliveries;
ALTER TABLE deliveries_3 RENAME TO deliveries;
ALTER TABLE delivery_events_3 RENAME TO delivery_events;

CREATE INDEX deliveries_state ON deliveries (state);

-- One reminder a person and day, whatever plans and sources it speaks of.
CREATE UNIQUE INDEX deliveries_reminders ON deliveries (about, recipient)
    WHERE occasion = 'reminder';

CREATE TRIGGER delivery_events_stay BEFORE UPDATE ON delivery_events
BEGIN SELECT RAISE(ABORT, 'delivery_events is append-only'); END;

CREATE TRIGGER delivery_events_remain BEFORE DELETE ON delivery_events
BEGIN SELECT RAISE(ABORT, 'delivery_events is append-only'); END;

-- 1: the department has not been told yet what became of this version of its file.
ALTER TABLE submissions ADD COLUMN receipt_owed INTEGER NOT NULL DEFAULT 0
    CHECK (receipt_owed IN (0, 1));

-- What had arrived and could not be taken in, by what it was, and its department was told of.
CREATE TABLE refusals (
    plan       TEXT NOT NULL,
    period     TEXT NOT NULL,
    source     TEXT NOT NULL,
    department TEXT NOT NULL,
    version    TEXT NOT NULL,
    PRIMARY KEY (plan, period, source, department, version)
) STRICT;

-- The steps of the ladder on which a person was reminded of a plan's period.
CREATE TABLE reminders (
    plan      TEXT NOT NULL,
    period    TEXT NOT NULL,
    step      TEXT NOT NULL,
    recipient TEXT NOT NULL,
    PRIMARY KEY (plan, period, step, recipient)
) STRICT;

-- When a run last queued a plan's reminders, or found that there was nothing to be queued.
CREATE TABLE reminder_rounds (
    plan TEXT PRIMARY KEY,
    at   TEXT NOT NULL
) STRICT;

-- Editions that are rendered and wait for a person, and what became of them. `made_from` is a hash
-- of everything that the edition was made from; `asked` counts the times that approvers were asked.
CREATE TABLE approvals (
    plan            TEXT NOT NULL,
    period          TEXT NOT NULL,
    edition         INTEGER NOT NULL,
    pdf_sha256      TEXT NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    made_from       TEXT NOT NULL,
    rendered_at     TEXT NOT NULL,
    asked           INTEGER NOT NULL DEFAULT 0,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'void')),
    decided_at      TEXT,
    decided_by      TEXT,
    PRIMARY KEY (plan, period, edition, pdf_sha256)
) STRICT;

CREATE UNIQUE INDEX approvals_pending ON approvals (plan, period) WHERE state = 'pending';

-- What is wrong and not over yet. `told` counts the alerts that the operator was sent.
CREATE TABLE alerts (
    plan         TEXT NOT NULL,
    cause        TEXT NOT NULL,
    content      TEXT NOT NULL,
    since        TEXT NOT NULL,
    told         INTEGER NOT NULL DEFAULT 0,
    last_told_at TEXT,
    PRIMARY KEY (plan, cause)
) STRICT;

-- An edition's figures are read from its results.
DROP TABLE IF EXISTS figures;
