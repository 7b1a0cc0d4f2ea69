"""The person's config file: its spec, loading it, the sample made from it."""
