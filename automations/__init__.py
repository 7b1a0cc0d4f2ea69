"""magicloop: invention time, offers of help and incident updates, run by a scheduler.

A run observes, plans, applies and logs; see CONTRIBUTING.md for the code map.
"""

__version__ = "0.1.0"
