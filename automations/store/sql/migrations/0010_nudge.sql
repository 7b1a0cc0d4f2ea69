-- What the person was told of by a notice.
CREATE TABLE nudge (
    person TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    PRIMARY KEY (person, subject)
);
