-- The provider's handle of the thread a mail belongs to.
ALTER TABLE draft ADD COLUMN remote_thread TEXT NOT NULL DEFAULT '';
