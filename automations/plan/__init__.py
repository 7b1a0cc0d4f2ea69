"""The decisions: pure functions of values. No clock, no file, no network, no randomness."""
