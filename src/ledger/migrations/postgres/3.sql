-- Format 3 on PostgreSQL: the tables of migrations/1.sql to 3.sql as they are after the last of them,
-- each with the home that a row belongs to. One database keeps the ledgers of many homes. The
-- program never sees these tables: it reads and writes through the views of schema metas_home, which
-- show the rows of the home that the session has set, and of no other one, whatever the role.

CREATE TABLE metas.homes (
    home   TEXT COLLATE "C" PRIMARY KEY,
    -- Counts the runs that have had the home. Who wrote down a lower number has lost it.
    fence  BIGINT NOT NULL DEFAULT 0,
    -- The run that has the home until then, by the clock of this database; it renews that.
    token  TEXT COLLATE "C",
    holder TEXT COLLATE "C",
    since  TIMESTAMPTZ,
    until  TIMESTAMPTZ
);

CREATE FUNCTION metas.this_home() RETURNS TEXT LANGUAGE sql STABLE
    AS $$ SELECT current_setting('metas.home') $$;

CREATE FUNCTION metas.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever gives up a home says so: SET LOCAL metas.giving_up = 'HOME'.
    IF TG_OP = 'DELETE' AND OLD.home = current_setting('metas.giving_up', true) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%', TG_ARGV[0];
END $$;

-- The next number of a home's own, as SQLite gives it. Writers of a home come one after the other.
CREATE FUNCTION metas.next_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id IS NULL THEN
        EXECUTE format('SELECT COALESCE(MAX(id), 0) + 1 FROM metas.%I WHERE home = $1', TG_TABLE_NAME)
            INTO NEW.id USING NEW.home;
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE metas.editions (
    plan            TEXT COLLATE "C" NOT NULL,
    period          TEXT COLLATE "C" NOT NULL,
    edition         BIGINT NOT NULL CHECK (edition >= 1),
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('publishing', 'published')),
    preliminary     BIGINT NOT NULL CHECK (preliminary IN (0, 1)),
    issued_at       TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C",
    manifest_sha256 TEXT COLLATE "C",
    results         TEXT COLLATE "C",
    directory       TEXT COLLATE "C",
    adopted         BIGINT NOT NULL DEFAULT 0 CHECK (adopted IN (0, 1)),
    run             TEXT COLLATE "C",
    home            TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, plan, period, edition),
    CHECK (state = 'publishing' OR (manifest_sha256 IS NOT NULL AND results IS NOT NULL))
);

CREATE UNIQUE INDEX editions_publishing ON metas.editions (home, plan, period) WHERE state = 'publishing';

CREATE TRIGGER editions_stay BEFORE UPDATE OF plan, period, edition, state, preliminary, issued_at,
    reason, manifest_sha256, results, adopted, home ON metas.editions
    FOR EACH ROW WHEN (OLD.state = 'published')
    EXECUTE FUNCTION metas.refuse('a published edition never changes');

CREATE TRIGGER editions_remain BEFORE DELETE ON metas.editions
    FOR EACH ROW WHEN (OLD.state = 'published')
    EXECUTE FUNCTION metas.refuse('a published edition is never deleted');

CREATE TABLE metas.deliveries (
    id              BIGINT NOT NULL,
    occasion        TEXT COLLATE "C" NOT NULL CHECK (occasion IN ('report', 'slice', 'receipt', 'reminder',
                        'approval', 'alert')),
    plan            TEXT COLLATE "C" NOT NULL,
    period          TEXT COLLATE "C",
    edition         BIGINT,
    about           TEXT COLLATE "C" NOT NULL,
    recipient       TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sending', 'dot_intent', 'accepted',
                        'deferred', 'rejected', 'ambiguous', 'bounced', 'superseded', 'cancelled')),
    transport       TEXT COLLATE "C" NOT NULL CHECK (transport IN ('smtp', 'outbox')),
    message_id      TEXT COLLATE "C" NOT NULL,
    message_path    TEXT COLLATE "C" NOT NULL,
    message_sha256  TEXT COLLATE "C" NOT NULL,
    attempts        BIGINT NOT NULL DEFAULT 0,
    next_attempt_at TEXT COLLATE "C",
    last_reply      TEXT COLLATE "C",
    phase           TEXT COLLATE "C",
    updated_at      TEXT COLLATE "C" NOT NULL,
    run             TEXT COLLATE "C",
    home            TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, id),
    UNIQUE (home, plan, occasion, about, recipient),
    CHECK ((occasion IN ('report', 'slice')) = (edition IS NOT NULL)),
    FOREIGN KEY (home, plan, period, edition) REFERENCES metas.editions (home, plan, period, edition)
);

CREATE INDEX deliveries_state ON metas.deliveries (home, state);

CREATE UNIQUE INDEX deliveries_reminders ON metas.deliveries (home, about, recipient)
    WHERE occasion = 'reminder';

CREATE TRIGGER deliveries_number BEFORE INSERT ON metas.deliveries
    FOR EACH ROW EXECUTE FUNCTION metas.next_id();

CREATE TABLE metas.delivery_events (
    id         BIGINT NOT NULL,
    delivery   BIGINT NOT NULL,
    at         TEXT COLLATE "C" NOT NULL,
    from_state TEXT COLLATE "C",
    to_state   TEXT COLLATE "C" NOT NULL,
    phase      TEXT COLLATE "C",
    reply      TEXT COLLATE "C",
    home       TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, id),
    FOREIGN KEY (home, delivery) REFERENCES metas.deliveries (home, id)
);

CREATE INDEX delivery_events_delivery ON metas.delivery_events (home, delivery);

CREATE TRIGGER delivery_events_number BEFORE INSERT ON metas.delivery_events
    FOR EACH ROW EXECUTE FUNCTION metas.next_id();

CREATE TRIGGER delivery_events_stay BEFORE UPDATE OR DELETE ON metas.delivery_events
    FOR EACH ROW EXECUTE FUNCTION metas.refuse('delivery_events is append-only');

CREATE TABLE metas.submissions (
    plan          TEXT COLLATE "C" NOT NULL,
    period        TEXT COLLATE "C" NOT NULL,
    source        TEXT COLLATE "C" NOT NULL,
    department    TEXT COLLATE "C" NOT NULL,
    file          TEXT COLLATE "C" NOT NULL,
    sha256        TEXT COLLATE "C" NOT NULL,
    size          BIGINT NOT NULL,
    first_seen_at TEXT COLLATE "C" NOT NULL,
    last_seen_at  TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('received', 'late', 'rejected')),
    receipt_owed  BIGINT NOT NULL DEFAULT 0 CHECK (receipt_owed IN (0, 1)),
    home          TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    UNIQUE (home, plan, period, source, file, sha256)
);

CREATE TABLE metas.skips (
    plan   TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    at     TEXT COLLATE "C" NOT NULL,
    home   TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, plan, period)
);

CREATE TABLE metas.notices (
    cause         TEXT COLLATE "C" NOT NULL,
    content       TEXT COLLATE "C" NOT NULL,
    first_told_at TEXT COLLATE "C" NOT NULL,
    last_told_at  TEXT COLLATE "C" NOT NULL,
    home          TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, cause)
);

CREATE TABLE metas.absences (
    plan       TEXT COLLATE "C" NOT NULL,
    period     TEXT COLLATE "C" NOT NULL,
    source     TEXT COLLATE "C" NOT NULL,
    department TEXT COLLATE "C" NOT NULL,
    seen_at    TEXT COLLATE "C" NOT NULL,
    home       TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, plan, period, source, department)
);

CREATE TABLE metas.makings (
    plan      TEXT COLLATE "C" NOT NULL,
    period    TEXT COLLATE "C" NOT NULL,
    edition   BIGINT NOT NULL,
    run       TEXT COLLATE "C" NOT NULL,
    directory TEXT COLLATE "C" NOT NULL,
    home      TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, plan, period, edition, run)
);

-- Empty: which run has a home is told by its row in homes.
CREATE TABLE metas.runs (
    token TEXT COLLATE "C" NOT NULL,
    home  TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, token)
);

CREATE TABLE metas.restorations (
    at        TEXT COLLATE "C" NOT NULL,
    backup_at TEXT COLLATE "C" NOT NULL,
    home      TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home)
);

CREATE INDEX restorations_home ON metas.restorations (home);

CREATE TABLE metas.refusals (
    plan       TEXT COLLATE "C" NOT NULL,
    period     TEXT COLLATE "C" NOT NULL,
    source     TEXT COLLATE "C" NOT NULL,
    department TEXT COLLATE "C" NOT NULL,
    version    TEXT COLLATE "C" NOT NULL,
    home       TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, plan, period, source, department, version)
);

CREATE TABLE metas.reminders (
    plan      TEXT COLLATE "C" NOT NULL,
    period    TEXT COLLATE "C" NOT NULL,
    step      TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    home      TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, plan, period, step, recipient)
);

CREATE TABLE metas.reminder_rounds (
    plan TEXT COLLATE "C" NOT NULL,
    at   TEXT COLLATE "C" NOT NULL,
    home TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, plan)
);

CREATE TABLE metas.approvals (
    plan            TEXT COLLATE "C" NOT NULL,
    period          TEXT COLLATE "C" NOT NULL,
    edition         BIGINT NOT NULL,
    pdf_sha256      TEXT COLLATE "C" NOT NULL,
    manifest_sha256 TEXT COLLATE "C" NOT NULL,
    made_from       TEXT COLLATE "C" NOT NULL,
    rendered_at     TEXT COLLATE "C" NOT NULL,
    asked           BIGINT NOT NULL DEFAULT 0,
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'approved', 'void')),
    decided_at      TEXT COLLATE "C",
    decided_by      TEXT COLLATE "C",
    home            TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, plan, period, edition, pdf_sha256)
);

CREATE UNIQUE INDEX approvals_pending ON metas.approvals (home, plan, period) WHERE state = 'pending';

CREATE TABLE metas.alerts (
    plan         TEXT COLLATE "C" NOT NULL,
    cause        TEXT COLLATE "C" NOT NULL,
    content      TEXT COLLATE "C" NOT NULL,
    since        TEXT COLLATE "C" NOT NULL,
    told         BIGINT NOT NULL DEFAULT 0,
    last_told_at TEXT COLLATE "C",
    home         TEXT COLLATE "C" NOT NULL DEFAULT metas.this_home() REFERENCES metas.homes (home),
    PRIMARY KEY (home, plan, cause)
);

DO $$
DECLARE kept TEXT;
BEGIN
    FOREACH kept IN ARRAY ARRAY['editions', 'deliveries', 'delivery_events', 'submissions', 'skips',
        'notices', 'absences', 'makings', 'runs', 'restorations', 'refusals', 'reminders',
        'reminder_rounds', 'approvals', 'alerts']
    LOOP
        EXECUTE format('CREATE VIEW metas_home.%1$I AS SELECT * FROM metas.%1$I
                        WHERE home = metas.this_home()', kept);
    END LOOP;
END $$;

-- Removes all that is known of a home: for an operator, who has seen to it that nothing of it is
-- needed. What has been published or sent would be issued and sent again.
CREATE FUNCTION metas.forget_home(name TEXT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE kept TEXT;
BEGIN
    PERFORM 1 FROM metas.homes WHERE home = name FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_config('metas.giving_up', name, true);
    FOREACH kept IN ARRAY ARRAY['delivery_events', 'deliveries', 'editions', 'submissions', 'skips',
        'notices', 'absences', 'makings', 'runs', 'restorations', 'refusals', 'reminders',
        'reminder_rounds', 'approvals', 'alerts', 'homes']
    LOOP
        EXECUTE format('DELETE FROM metas.%I WHERE home = $1', kept) USING name;
    END LOOP;
    PERFORM set_config('metas.giving_up', '', true);
    RETURN true;
END $$;
