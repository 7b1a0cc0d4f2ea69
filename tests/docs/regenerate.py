"""Writes the generated parts of README.md and CONTRIBUTING.md, and `deploy/`, again: `make docs-write`."""

import sys

from reference import PAGES, ROOT, regenerated

from automations.compose.schedule import shipped_files


def main():
    for page in PAGES:
        path = ROOT / page
        before = path.read_text(encoding="utf-8")
        after = regenerated(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            sys.stdout.write(f"{page} written\n")
    for name, content in shipped_files().items():
        path = ROOT / "deploy" / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            sys.stdout.write(f"deploy/{name} written\n")


if __name__ == "__main__":
    main()
