"""What `doctor` says: judgements of what was seen, each a small function from values to rows.

To add a row: write a function here that returns `Row`s (from `automations/model/health.py`), let it be given
what it judges as a plain value, and name it in `CHECKS` of `automations/cli/checkup.py`. A warning or an
error names one command or address that cures it. Whoever looks at the world for it lives beside what is
looked at: `store/health.py`, `providers/local/health.py`, `desk/health/looking.py`.
"""
