"""`python -m automations` is the command `magicloop`."""

from __future__ import annotations

import sys

from automations.cli import main

if __name__ == "__main__":
    sys.exit(main())
