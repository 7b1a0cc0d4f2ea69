"""README and CONTRIBUTING say what the program does: their commands are executed, their names exist."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from reference import GENERATED, PAGES, ROOT, command_tree, generated_names, regenerated
from transcript import agrees, blocks, calls

_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_STOP = {"|", "&&", "||", ";", ">", "#"}


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def makefile_recipe(target):
    """Return the commands a make target types, without the environment's folder."""
    text = (ROOT / "Makefile").read_text()
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert recipe, f"no target {target}"
    return [line.strip().lstrip("@").replace("$(BIN)/", "") for line in recipe[1].splitlines()]


def real(command):
    """Return what to execute for a command of a page: `make run` is what its recipe types."""
    if command.startswith("make "):
        (line,) = makefile_recipe(command.split()[1])
        return line
    return command


def test_every_console_block_prints_what_the_page_says(home):
    environment = {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        # The page shows the folders of Linux and a zone of somebody's.
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "TZ": "Europe/Berlin",
    }
    typed = calls(page("README.md"))
    assert typed

    wrong = []
    for call in typed:
        done = subprocess.run(
            ["/bin/sh", "-c", real(call.command)],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        printed = done.stdout.replace(str(home), "~")
        if not agrees(call.prints, printed):
            wrong.append(f"$ {call.command}\nthe page says:\n{call.prints}\nit prints:\n{printed}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("name", PAGES)
def test_generated_blocks_are_what_the_code_makes(name):
    text = page(name)

    assert text.count("<!-- generated:") == len(generated_names(text)) == text.count("<!-- end -->")
    assert regenerated(text) == text, "type: make docs-write"


def test_readme_holds_every_generated_block_once():
    assert sorted(generated_names(page("README.md"))) == sorted(GENERATED)


def test_the_config_shown_is_short_and_good(tmp_path):
    from automations.config.load import parse

    text, *_ = blocks(page("README.md"), "toml")

    assert len([line for line in text.splitlines() if line.strip()]) <= 20
    loaded = parse(text.encode(), str(tmp_path / "config.toml"), str(tmp_path))
    assert loaded.policy.bosses
    assert loaded.policy.goals


def test_the_config_for_sending_is_one_that_sends(tmp_path):
    from automations.config.load import parse

    whole, sending, _ = blocks(page("README.md"), "toml")

    loaded = parse(f"{whole}\n{sending}".encode(), str(tmp_path / "config.toml"), str(tmp_path))
    assert (loaded.policy.mail.mode, loaded.policy.smtp.port) == ("approve", 587)
    assert loaded.policy.smtp.password


def test_the_config_for_a_monitor_names_one(tmp_path):
    from automations.config.load import parse

    whole, _, watched = blocks(page("README.md"), "toml")

    loaded = parse(f"{whole}\n{watched}".encode(), str(tmp_path / "config.toml"), str(tmp_path))
    assert loaded.policy.monitor.place.file.endswith("/.config/magicloop/ping-url")


def named_calls(text):
    """Return each way a page calls the command, as its words after `magicloop`."""
    lines = list(_SPAN.findall(re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)))
    for language in ("sh", "console"):
        for block in blocks(text, language):
            lines += [line.removeprefix("$ ").strip() for line in block.splitlines()]
    return [line.split()[1:] for line in lines if line.split()[:1] == ["magicloop"]]


def fault(words):
    """Return what is wrong with a call, or None."""
    tree = command_tree()
    path, options = "", {"--help"}
    options |= option_names(tree[""])
    for word in words:
        if word in _STOP:
            break
        below = f"{path} {word}".strip()
        if below in tree:
            path = below
            options |= option_names(tree[path])
        elif word.startswith("-"):
            if word.split("=")[0] not in options:
                return f"magicloop {path} has no {word}"
        elif isinstance(tree[path], click.Group) and not word.isupper():
            return f"magicloop {path} has no command {word}"
    return None


def option_names(command):
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("name", [*PAGES, "CHANGELOG.md"])
def test_every_command_and_flag_named_exists(name):
    assert [problem for words in named_calls(page(name)) if (problem := fault(words))] == []


def test_a_wrong_command_or_flag_is_seen():
    assert fault(["run", "--no-such-flag"])
    assert fault(["no-such-command"])
    assert fault(["config", "no-such-command"])
    assert fault(["run", "--help"]) is None
    assert named_calls("see `magicloop run --x`\n```sh\nmagicloop plan\n```\n") == [["run", "--x"], ["plan"]]


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_named_exists(name):
    spans = _SPAN.findall(page(name)) + [
        line.removeprefix("$ ")
        for language in ("sh", "console")
        for line in "\n".join(blocks(page(name), language)).splitlines()
    ]
    targets = {match[1] for span in spans if (match := re.match(r"make ([a-z-]+)", span))}

    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


@pytest.mark.parametrize("name", [*PAGES, "CHANGELOG.md"])
def test_every_link_inside_the_checkout_leads_somewhere(name):
    text = page(name)
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    for target in _LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        assert not file or (ROOT / file).exists(), target
        assert file or anchor in anchors, target


def test_every_folder_the_code_map_names_exists():
    named = set(
        re.findall(
            r"`((?:automations|templates|config|deploy|tests|benchmarks|requirements)/[\w/.-]*)`",
            page("CONTRIBUTING.md"),
        )
    )

    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
