-- The bytes an approval lets go, and one row for each send that was begun.
ALTER TABLE approval ADD COLUMN mime BLOB NOT NULL DEFAULT x'';

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

DELETE FROM draft_move WHERE old = 'unknown' AND new = 'sent_elsewhere';
