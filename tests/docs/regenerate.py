"""Writes the generated parts of README.md and CONTRIBUTING.md again: `make docs-write`."""

import sys

from reference import PAGES, ROOT, regenerated


def main():
    for page in PAGES:
        path = ROOT / page
        before = path.read_text(encoding="utf-8")
        after = regenerated(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            sys.stdout.write(f"{page} written\n")


if __name__ == "__main__":
    main()
