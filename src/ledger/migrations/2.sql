-- Format 2. What a run claims carries its token; where an edition's files lie is known; what has
-- been told is remembered; what was seen missing is what makes a file late.

-- The token of the run that has the delivery in its hands: no other run may move it on.
ALTER TABLE deliveries ADD COLUMN run TEXT;

-- The folder of the edition's files; NULL for editions of format 1, which lie below reports/.
ALTER TABLE editions ADD COLUMN directory TEXT;

-- 1: recorded by `metas adopt` from a folder that the ledger did not know; nothing was sent.
ALTER TABLE editions ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0 CHECK (adopted IN (0, 1));

-- What has been told in full, so that an hourly run says it once. A cause whose content has
-- changed is told anew.
CREATE TABLE notices (
    cause         TEXT PRIMARY KEY,
    content       TEXT NOT NULL,
    first_told_at TEXT NOT NULL,
    last_told_at  TEXT NOT NULL
) STRICT;

-- The first run at or after the deadline that did not find a source's file.
CREATE TABLE absences (
    plan       TEXT NOT NULL,
    period     TEXT NOT NULL,
    source     TEXT NOT NULL,
    department TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    PRIMARY KEY (plan, period, source, department)
) STRICT;

-- Superseded by absences: what makes a file late is a sight of its absence, not a first look.
DROP TABLE observations;

-- The token of the run that makes or made the edition: no other run may publish it.
ALTER TABLE editions ADD COLUMN run TEXT;

-- A published edition never changes; where its folder lies may.
DROP TRIGGER editions_stay;
CREATE TRIGGER editions_stay BEFORE UPDATE OF plan, period, edition, state, preliminary, issued_at,
    reason, manifest_sha256, results, adopted ON editions WHEN OLD.state = 'published'
BEGIN SELECT RAISE(ABORT, 'a published edition never changes'); END;

-- Folders that runs have begun to write: what of them is left over is known by its token.
CREATE TABLE makings (
    plan      TEXT NOT NULL,
    period    TEXT NOT NULL,
    edition   INTEGER NOT NULL,
    run       TEXT NOT NULL,
    directory TEXT NOT NULL,
    PRIMARY KEY (plan, period, edition, run)
) STRICT;

-- The runs at work, should the lock of the system not lock.
CREATE TABLE runs (token TEXT PRIMARY KEY) STRICT;

-- When this ledger was put back from a backup, and of when that backup was.
CREATE TABLE restorations (
    at        TEXT NOT NULL,
    backup_at TEXT NOT NULL
) STRICT;
