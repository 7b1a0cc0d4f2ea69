-- What is noted after an incident, and launches looked at before they went out.
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
