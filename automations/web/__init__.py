"""The page: the same cards, queue and acts as the terminal, for a browser on this machine alone."""
