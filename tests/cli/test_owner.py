"""One data folder is one person's: a changed address must not book and draft everything twice."""

from pathlib import Path

CONFIG = """[me]
name = "Sam Lee"
email = "{email}"
timezone = "Europe/Berlin"
[[boss]]
name = "Priya Raman"
email = "priya@example.com"
[offers]
ideas = ["take over the monthly capacity report", "sit in for you in the vendor call"]
on_track = "The billing move is on plan."
"""


def test_another_address_is_refused_and_nothing_is_doubled(magicloop, home):
    config = home / "mine.toml"
    config.write_text(CONFIG.format(email="sam@example.com"))
    assert magicloop("--config", config, "run").exit_code == 0
    files = {path: path.read_bytes() for path in Path(home, ".local").rglob("*.[ei][mc][ls]")}
    assert len(files) == 2

    config.write_text(CONFIG.format(email="sam.lee@example.com"))
    done = magicloop("--config", config, "run")

    assert done.exit_code == 10
    assert "me.email: is sam.lee@example.com, but the journal is that of sam@example.com" in done.stderr
    assert "fix:" in done.stderr
    assert {path: path.read_bytes() for path in files} == files
    config.write_text(CONFIG.format(email="SAM@example.com"))
    assert magicloop("--config", config, "run").exit_code == 0
