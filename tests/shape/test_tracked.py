"""What must not stand in any file of the checkout, and what must stand in its settings."""

import re
import tomllib

# Spelled in two halves so that this file does not hold what it looks for.
REGISTRIES = [
    re.compile(left + r"\." + right)
    for left, right in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("npm" + "js", "org"),
        ("crates", "io"),
    )
]
MACHINE = re.compile(
    r"(?<![\w.<>{}~$-])/(?:work|opt|root)/|(?<![\w.])/(?:home|Users)/(?!me/|you/|sam/|\{|<)\w"
)
CONFLICT = re.compile(r"^(?:<{7}(?: |$)|={7}$|>{7}(?: |$)|\|{7}(?: |$))")
LEFT_OVER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
LOOKS_FOR_LEFT_OVERS = (
    "automations/compose/lint/leftovers.py",
    "tests/lint/",
    "tests/cli/test_draft_lint.py",
)
CLOCKS = {"datetime.datetime.now", "datetime.date.today", "time.time", "uuid.uuid4"}


def hits(texts, pattern):
    return [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registrys_host(texts):
    assert [hit for pattern in REGISTRIES for hit in hits(texts, pattern)] == []


def test_no_file_names_a_folder_of_somebodys_machine(texts):
    assert (
        hits({name: text for name, text in texts.items() if name != "tests/shape/test_tracked.py"}, MACHINE)
        == []
    )


def test_machine_paths_are_seen():
    assert MACHINE.search("open('/" + "work/main')")
    assert MACHINE.search("/" + "home/ann/x")
    assert not MACHINE.search("<work>/main and ~/work/x")


def test_nothing_is_left_for_later_in_a_comment(texts):
    python = {
        name: text
        for name, text in texts.items()
        if name.endswith((".py", ".j2", ".sql")) and not name.startswith(LOOKS_FOR_LEFT_OVERS)
    }

    assert hits(python, LEFT_OVER) == []


def test_no_merge_was_left_half_done(texts):
    assert hits(texts, CONFLICT) == []


def test_each_mark_of_a_merge_is_seen():
    merge = "\n".join(
        ("<" * 7 + " HEAD", "ours", "|" * 7 + " 1a2b3c", "before", "=" * 7, "theirs", ">" * 7 + " 4d5e6f")
    )

    assert len(hits({"a.py": merge}, CONFLICT)) == 4
    assert hits({"a.md": "=" * 8 + "\n" + "x " + "<" * 7 + " y\n>>> 1\n"}, CONFLICT) == []


def test_only_the_clock_module_may_read_a_clock(root):
    ruff = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]

    assert set(ruff["flake8-tidy-imports"]["banned-api"]) >= CLOCKS
    exempt = [where for where, rules in ruff["per-file-ignores"].items() if "TID251" in rules]
    assert exempt == ["automations/clock.py"]
    assert ruff["select"] == ["ALL"]


def test_every_text_file_ends_in_a_newline_and_has_no_carriage_return(texts):
    # What tests read, and calendars and mails, keep the line ends their formats ask for.
    plain = {
        name: text
        for name, text in texts.items()
        if name.endswith(".py") or not (name.startswith("tests/") or name.endswith((".ics", ".eml")))
    }

    assert [name for name, text in plain.items() if text and not text.endswith("\n")] == []
    assert [name for name, text in plain.items() if "\r" in text] == []
