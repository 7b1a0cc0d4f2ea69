-- The calendar a block was last seen in: what is missing from another was not deleted by hand.
ALTER TABLE block ADD COLUMN calendar TEXT NOT NULL DEFAULT '';
-- Until now a revision was 64 digits long in a file and 32 on Google, so the provider is known; which file, is not.
UPDATE block SET calendar = CASE length(revision) WHEN 32 THEN 'google' WHEN 64 THEN 'local' ELSE '' END;
