"""Contract suites that every implementation of a port passes; shipped for other providers."""
