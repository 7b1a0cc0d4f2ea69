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
