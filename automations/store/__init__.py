"""The journal: SQLite, and its twin in memory."""
