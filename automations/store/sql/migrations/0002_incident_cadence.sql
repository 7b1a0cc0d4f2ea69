-- Updates made by a run ahead of their promise, and mails that follow one another in a thread.
ALTER TABLE draft ADD COLUMN message_id TEXT NOT NULL DEFAULT '';
ALTER TABLE draft ADD COLUMN thread TEXT NOT NULL DEFAULT '[]';
ALTER TABLE incident_update ADD COLUMN promised TEXT;
ALTER TABLE incident_update ADD COLUMN pace INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incident_update ADD COLUMN prepared INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incident_update ADD COLUMN follows INTEGER NOT NULL DEFAULT 0;
