-- How many seconds the machine had been awake since its start at the last look: tells a sleep from a silence.
ALTER TABLE wake ADD COLUMN awake REAL;
