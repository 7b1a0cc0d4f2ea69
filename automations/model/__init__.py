"""The values everything speaks in: what the person wants, what was seen, what is recorded."""
