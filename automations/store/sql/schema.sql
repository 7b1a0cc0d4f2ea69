-- The journal as this version makes it new. An older file gets here by sql/migrations/NNNN_*.sql;
-- a test compares the two. Instants are UTC ISO-8601 text, always with microseconds; spans are two of
-- them joined by a slash; lists and mappings are JSON text. No statement asks SQL for the time.

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL,
    started TEXT NOT NULL,
    finished TEXT,
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'ok', 'nothing', 'partial', 'failed', 'refused')),
    by_hand INTEGER NOT NULL DEFAULT 0 -- wake.by_hand when the run began
);

CREATE INDEX run_person ON run (person, finished);

CREATE TABLE claim (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL,
    run INTEGER,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    settled TEXT,
    outcome TEXT CHECK (outcome IN ('done', 'failed', 'unknown', 'skipped')),
    detail TEXT NOT NULL DEFAULT '',
    CHECK ((settled IS NULL) = (outcome IS NULL))
);

CREATE UNIQUE INDEX claim_one_open ON claim (person, kind, subject) WHERE settled IS NULL;

CREATE TABLE block (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    month TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    generation INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('owed', 'booked', 'moved_by_hand', 'skipped', 'held', 'missed')),
    rev INTEGER NOT NULL CHECK (rev >= 1),
    span TEXT,
    target TEXT,
    zone TEXT NOT NULL,
    revision TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    moves INTEGER NOT NULL,
    reason TEXT NOT NULL,
    alternatives TEXT NOT NULL,
    problem TEXT NOT NULL,
    pair TEXT NOT NULL,
    summary TEXT NOT NULL,
    description TEXT NOT NULL,
    calendar TEXT NOT NULL DEFAULT '', -- the one it was last seen in
    PRIMARY KEY (person, id)
);

CREATE UNIQUE INDEX block_generation ON block (person, month, generation);
CREATE UNIQUE INDEX block_one_live ON block (person, month) WHERE state IN ('booked', 'moved_by_hand');

CREATE TABLE draft (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'rendered', 'creating', 'waiting', 'approved', 'sending', 'sent',
        'unknown', 'sent_elsewhere', 'discarded', 'expired', 'superseded'
    )),
    sender TEXT NOT NULL,
    "to" TEXT NOT NULL,
    subject TEXT NOT NULL,
    body_text TEXT NOT NULL,
    hash TEXT NOT NULL,
    mime BLOB NOT NULL,
    why TEXT NOT NULL,
    created TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    text_rev INTEGER NOT NULL CHECK (text_rev >= 1),
    cc TEXT NOT NULL,
    body_html TEXT NOT NULL,
    previous_text TEXT NOT NULL,
    expires TEXT,
    snoozed_until TEXT,
    handed_over TEXT,
    provider_id TEXT NOT NULL,
    remote TEXT NOT NULL,
    reason TEXT NOT NULL,
    message_id TEXT NOT NULL DEFAULT '',
    thread TEXT NOT NULL DEFAULT '[]',
    template TEXT NOT NULL DEFAULT '',
    remote_thread TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (person, id)
);

CREATE UNIQUE INDEX draft_one_live ON draft (person, key)
WHERE state IN ('rendered', 'creating', 'waiting', 'approved', 'sending', 'unknown');

-- The legal moves, the same as plan/lifecycle.py; old = '' is where a new draft may begin.
CREATE TABLE draft_move (
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    PRIMARY KEY (old, new)
);

INSERT INTO draft_move (old, new) VALUES
    ('', 'rendered'), ('', 'creating'), ('', 'waiting'),
    ('rendered', 'creating'), ('rendered', 'discarded'), ('rendered', 'expired'), ('rendered', 'superseded'),
    ('creating', 'rendered'), ('creating', 'waiting'), ('creating', 'sent_elsewhere'),
    ('waiting', 'waiting'), ('waiting', 'approved'), ('waiting', 'sent_elsewhere'),
    ('waiting', 'discarded'), ('waiting', 'expired'), ('waiting', 'superseded'),
    ('approved', 'approved'), ('approved', 'waiting'), ('approved', 'sending'), ('approved', 'sent_elsewhere'),
    ('approved', 'discarded'), ('approved', 'expired'), ('approved', 'superseded'),
    ('sending', 'sent'), ('sending', 'approved'), ('sending', 'waiting'), ('sending', 'unknown'),
    ('unknown', 'sent'), ('unknown', 'discarded'),
    ('sent', 'sent'), ('sent_elsewhere', 'sent_elsewhere'), ('discarded', 'discarded'),
    ('expired', 'expired'), ('superseded', 'superseded');

-- A draft at its end is written once more when its copy outside is gone; its words stay.
CREATE TRIGGER draft_keeps_words BEFORE UPDATE ON draft
WHEN OLD.state IN ('sent', 'sent_elsewhere', 'discarded', 'expired', 'superseded')
    AND (NEW.mime IS NOT OLD.mime OR NEW.hash IS NOT OLD.hash OR NEW.key IS NOT OLD.key OR NEW."to" IS NOT OLD."to")
BEGIN
    SELECT RAISE(ABORT, 'a draft at its end keeps its words');
END;

CREATE TRIGGER draft_begins BEFORE INSERT ON draft
WHEN NOT EXISTS (SELECT 1 FROM draft_move WHERE old = '' AND new = NEW.state)
BEGIN
    SELECT RAISE(ABORT, 'a new draft is rendered, creating or waiting');
END;

CREATE TRIGGER draft_moves BEFORE UPDATE OF state ON draft
WHEN NOT EXISTS (SELECT 1 FROM draft_move WHERE old = OLD.state AND new = NEW.state)
BEGIN
    SELECT RAISE(ABORT, 'a draft cannot move that way');
END;

CREATE TABLE approval (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    draft TEXT NOT NULL,
    text_rev INTEGER NOT NULL CHECK (text_rev >= 1),
    hash TEXT NOT NULL,
    recipients TEXT NOT NULL,
    at TEXT NOT NULL,
    not_before TEXT NOT NULL,
    expires TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'consumed', 'void')),
    rev INTEGER NOT NULL CHECK (rev >= 1),
    mime BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (person, id),
    FOREIGN KEY (person, draft) REFERENCES draft (person, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE UNIQUE INDEX approval_one_live ON approval (person, draft) WHERE state = 'live';

CREATE TABLE attempt (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    draft TEXT NOT NULL,
    approval TEXT NOT NULL,
    at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'sent', 'not_sent', 'unknown')),
    evidence TEXT NOT NULL,
    sent_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    ended TEXT,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id),
    FOREIGN KEY (person, draft) REFERENCES draft (person, id) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((state = 'open') = (ended IS NULL))
);

-- A draft goes out once: only a send that certainly did not happen makes room for another.
CREATE UNIQUE INDEX attempt_one_send ON attempt (person, draft) WHERE state IN ('open', 'sent', 'unknown');

CREATE TRIGGER draft_sends BEFORE UPDATE OF state ON draft
WHEN NEW.state = 'sending' AND NOT EXISTS (
    SELECT 1 FROM approval
    WHERE person = NEW.person AND draft = NEW.id AND state = 'live'
        AND hash = NEW.hash AND text_rev = NEW.text_rev
)
BEGIN
    SELECT RAISE(ABORT, 'a draft is sent only as it was approved');
END;

-- What the person was shown of a draft last.
CREATE TABLE look (
    draft TEXT NOT NULL,
    person TEXT NOT NULL,
    at TEXT NOT NULL,
    text_rev INTEGER NOT NULL CHECK (text_rev >= 1),
    hash TEXT NOT NULL,
    "to" TEXT NOT NULL,
    cc TEXT NOT NULL,
    subject TEXT NOT NULL,
    body_text TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, draft),
    FOREIGN KEY (person, draft) REFERENCES draft (person, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE cycle (
    person TEXT NOT NULL,
    boss TEXT NOT NULL,
    month TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    opened TEXT NOT NULL,
    closed TEXT,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, boss, month)
);

CREATE TABLE incident (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    title TEXT NOT NULL,
    severity INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 4),
    phase TEXT NOT NULL CHECK (phase IN ('investigating', 'identified', 'monitoring', 'resolved')),
    impact TEXT NOT NULL,
    started TEXT NOT NULL,
    opened TEXT NOT NULL,
    owner TEXT NOT NULL,
    resolved TEXT,
    audiences TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id)
);

CREATE TABLE incident_update (
    person TEXT NOT NULL,
    incident TEXT NOT NULL,
    number INTEGER NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('investigating', 'identified', 'monitoring', 'resolved')),
    at TEXT NOT NULL,
    fields TEXT NOT NULL,
    next_due TEXT,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    promised TEXT,
    pace INTEGER NOT NULL DEFAULT 0,
    prepared INTEGER NOT NULL DEFAULT 0, -- 1: made by a run ahead of the promise
    follows INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (person, incident, number),
    FOREIGN KEY (person, incident) REFERENCES incident (person, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE idea (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('seed', 'testing', 'building', 'improving', 'resting')),
    created TEXT NOT NULL,
    improvements TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id)
);

CREATE TABLE promise (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    boss TEXT NOT NULL,
    text TEXT NOT NULL,
    due TEXT NOT NULL CHECK (due GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'missed', 'dropped')),
    made TEXT NOT NULL,
    source TEXT NOT NULL,
    ended TEXT,
    asked TEXT NOT NULL,
    delivered TEXT NOT NULL,
    effect TEXT NOT NULL,
    "left" TEXT NOT NULL,
    reason TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id),
    CHECK ((state = 'open') = (ended IS NULL))
);

CREATE TABLE answer (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    boss TEXT NOT NULL,
    about TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (
        kind IN ('yes', 'no_need', 'later', 'check_first', 'reversed', 'solid', 'not_solid')
    ),
    text TEXT NOT NULL,
    at TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id)
);

CREATE TABLE pause (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    until TEXT NOT NULL CHECK (until GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    ended TEXT,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id)
);

CREATE TABLE stage_choice (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    boss TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('ask', 'suggest', 'inform')),
    reason TEXT NOT NULL CHECK (reason <> ''),
    at TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id)
);

CREATE TABLE offer_idea (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    text TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('maintenance', 'improvement', 'strategic')),
    door TEXT NOT NULL CHECK (door IN ('one_way', 'two_way')),
    created TEXT NOT NULL,
    boss TEXT NOT NULL,
    facts TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'used', 'dropped')),
    used_for TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id)
);

CREATE TABLE favour (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    boss TEXT NOT NULL,
    text TEXT NOT NULL,
    at TEXT NOT NULL,
    goal TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id)
);

CREATE TABLE incident_note (
    person TEXT NOT NULL,
    incident TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('review', 'let_down', 'junior', 'rest', 'check', 'progress')),
    at TEXT NOT NULL,
    fields TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, incident, number),
    FOREIGN KEY (person, incident) REFERENCES incident (person, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE launch (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    title TEXT NOT NULL,
    day TEXT NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    gamble INTEGER NOT NULL CHECK (gamble IN (0, 1)),
    at TEXT NOT NULL,
    answers TEXT NOT NULL,
    incident TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, id)
);

CREATE TABLE nudge (
    person TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, subject)
);

CREATE TABLE problem (
    person TEXT NOT NULL,
    code TEXT NOT NULL,
    subject TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('error', 'ask', 'temporary', 'sign_in', 'warning')),
    what TEXT NOT NULL,
    "where" TEXT NOT NULL,
    fix TEXT NOT NULL,
    since TEXT NOT NULL,
    reported TEXT,
    rev INTEGER NOT NULL,
    PRIMARY KEY (person, code, subject)
);

-- The log is only ever added to. `hash` is the sha256 of the row before and this row (store/chain.py).
CREATE TABLE log (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    run INTEGER,
    hash TEXT NOT NULL
);

CREATE INDEX log_person ON log (person, number);

CREATE TRIGGER log_no_update BEFORE UPDATE ON log
BEGIN
    SELECT RAISE(ABORT, 'the log is only ever added to');
END;

CREATE TRIGGER log_no_delete BEFORE DELETE ON log
BEGIN
    SELECT RAISE(ABORT, 'the log is only ever added to');
END;

-- INSERT OR REPLACE would drop the old row without asking the trigger above.
CREATE TRIGGER log_no_replace BEFORE INSERT ON log
WHEN NEW.number <= (SELECT coalesce(max(number), 0) FROM log) AND NEW.number > 0
BEGIN
    SELECT RAISE(ABORT, 'the log is only ever added to');
END;

-- When the next run has something to do: one row, read by store/idle.py before anything else is loaded.
-- `by_hand` counts the writes made outside a run, so that a run that began before such a write
-- cannot put everybody to sleep over it. `monitored`: also a run with nothing due tells the monitor.
-- `awake`: how many seconds the machine had been awake since its start when a run last looked; `boot`: which start.
CREATE TABLE wake (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    person TEXT NOT NULL,
    due TEXT,
    config TEXT NOT NULL,
    version TEXT NOT NULL,
    last_run TEXT,
    last_idle TEXT,
    idle_count INTEGER NOT NULL DEFAULT 0,
    by_hand INTEGER NOT NULL DEFAULT 0,
    monitored INTEGER NOT NULL DEFAULT 0 CHECK (monitored IN (0, 1)),
    awake REAL,
    boot TEXT
);

INSERT INTO wake (one, person, config, version) VALUES (1, '', '', '');

CREATE TABLE watch (
    path TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    fingerprint TEXT NOT NULL
);
