"""Where the long modes keep their files: in memory where there is room, as a million writes wear on a disk."""

import os

IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""For `tempfile`; None: among its own. What a killed process has written stands in either."""
