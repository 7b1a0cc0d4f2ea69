"""Runs one of the matrices with the tap loaded, which must come before the C library.

python tests/disk/tapped.py power|faults|signals|prove [OPTIONS]
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tap import built, missing

TESTS = Path(__file__).parents[1]

if __name__ == "__main__":
    if missing():
        sys.exit(missing())
    name, *words = sys.argv[1:]
    os.environ["LD_PRELOAD"] = str(built())
    os.environ["PYTHONPATH"] = os.pathsep.join(str(TESTS / each) for each in ("disk", "crash", "."))
    os.execv(sys.executable, [sys.executable, str(Path(__file__).with_name(f"{name}.py")), *words])
