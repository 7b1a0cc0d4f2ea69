-- The loop with a boss: promises, answers, pauses and stages chosen by hand.
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
