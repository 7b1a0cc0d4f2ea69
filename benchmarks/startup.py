"""How long a run with nothing due takes, next to `python -c "import click"`, and what a first run takes.

Both are measured in turn in one run, so that the ratio means the same on any machine.
Usage: python benchmarks/startup.py [--rounds 15]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUDGET = 1.3
COMMAND = "from automations.cli import main; main()"


def seconds(arguments: list[str], environment: dict[str, str]) -> float:
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    taken = time.perf_counter() - begin
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return taken


def measure(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"HOME": folder, "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        calls = {
            "bare": ["-c", "pass"],
            "click": ["-c", "import click"],
            "run": ["-c", COMMAND, "run"],  # as the installed script does
        }
        os.chdir(Path(__file__).parents[1])
        first = seconds(calls["run"], environment)
        # As deploy/ has a scheduler call it: with the places named, so that none has to be looked for.
        config = Path(folder, ".config/magicloop/sample/config.toml")
        environment["MAGICLOOP_DATA"] = str(Path(folder, ".local/share/magicloop/sample"))
        calls["run"][2:2] = ["--config", str(config)]
        for _ in range(2):
            seconds(calls["run"], environment)
        taken: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(rounds):
            for name, arguments in calls.items():
                taken[name].append(seconds(arguments, environment))
    median = {name: statistics.median(values) for name, values in taken.items()}
    ratio = median["run"] / median["click"]
    print(f"bare python           {median['bare'] * 1000:7.1f} ms")
    print(f"import click          {median['click'] * 1000:7.1f} ms")
    print(f"run, nothing due      {median['run'] * 1000:7.1f} ms   median of {rounds}, interleaved")
    print(f"run, the first ever   {first * 1000:7.1f} ms   local files, sample config")
    print(
        f"nothing due / click   {ratio:7.2f}      budget {BUDGET} {'kept' if ratio <= BUDGET else 'MISSED'}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is measured")
    measure(parser.parse_args().rounds)
