"""Facts to words: templates, mail bytes and calendar text. Pure."""
