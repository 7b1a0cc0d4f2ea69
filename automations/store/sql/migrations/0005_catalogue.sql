-- The catalogue of help that could be offered, and what came back from a boss.
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
