-- Which start of the machine its awake seconds were counted from: those of another start cannot be compared.
ALTER TABLE wake ADD COLUMN boot TEXT;
