-- Which template a draft was rendered from; an offer made before this could only ask.
ALTER TABLE draft ADD COLUMN template TEXT NOT NULL DEFAULT '';
UPDATE draft SET template = 'offer-ask' WHERE kind = 'offer';
