-- Whether a run with nothing due has a monitor to tell that it came by; who that is, only the config knows.
ALTER TABLE wake ADD COLUMN monitored INTEGER NOT NULL DEFAULT 0 CHECK (monitored IN (0, 1));
