"""How long `review` takes until its first card can be answered, next to `python -c "import click, rich.console"`.

Both are measured in turn in one run, on a terminal of its own, so that the ratio means the same on any machine.
Usage: python benchmarks/review.py [--rounds 15]
"""

import argparse
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUDGET = 2.0
COMMAND = "from automations.cli import main; main()"
ASKS = b"[y e s"
"""How the line begins that asks for a key, below the card."""


def until_shown(arguments: list[str], environment: dict[str, str], shows: bytes) -> float:
    """Start a process on a new terminal; return the seconds until it shows something, or ends when that is nothing."""
    terminal, other = pty.openpty()
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
    )
    os.close(other)
    shown = b""
    try:
        while not shows or shows not in shown:
            shown += os.read(terminal, 65536)
    except OSError:  # the terminal closes with its last process
        if shows:
            sys.exit(f"it ended without a card:\n{shown.decode(errors='replace')}")
    taken = time.perf_counter() - begin
    if shows:
        os.write(terminal, b"q")
    if process.wait(60) != 0:
        sys.exit(f"it ended with {process.returncode}:\n{shown.decode(errors='replace')}")
    os.close(terminal)
    return taken


def measure(rounds: int) -> None:
    """Print the medians and their ratio."""
    os.chdir(Path(__file__).parents[1])
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "HOME": folder,
            "PATH": os.environ.get("PATH", ""),
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
        }
        subprocess.run(
            [sys.executable, "-c", COMMAND, "run"], env=environment, check=True, capture_output=True
        )
        # With the places named, as in the benchmark of a run, so that none has to be looked for.
        places = ["--config", str(Path(folder, ".config/magicloop/sample/config.toml"))]
        environment["MAGICLOOP_DATA"] = str(Path(folder, ".local/share/magicloop/sample"))
        calls = {
            "libraries": (["-c", "import click, rich.console"], b""),
            "review": (["-c", COMMAND, *places, "review"], ASKS),
        }
        for arguments, shows in calls.values():
            until_shown(arguments, environment, shows)
        taken: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(rounds):
            for name, (arguments, shows) in calls.items():
                taken[name].append(until_shown(arguments, environment, shows))
    median = {name: statistics.median(values) for name, values in taken.items()}
    ratio = median["review"] / median["libraries"]
    verdict = "kept" if ratio <= BUDGET else "MISSED"
    print(f"import click, rich.console  {median['libraries'] * 1000:7.1f} ms")
    print(f"review, the first card      {median['review'] * 1000:7.1f} ms   median of {rounds}, interleaved")
    print(f"first card / libraries      {ratio:7.2f}      budget {BUDGET} {verdict}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is measured")
    measure(parser.parse_args().rounds)
