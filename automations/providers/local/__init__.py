"""Calendar and mail as files on this machine; no account."""
