"""Finds the files shipped beside the code: templates, sample config, schedule files.

A wheel carries them in `_data/` inside the package; in a checkout they are the top folders. An
editable install has no `_data/`, so the checkout answers for it.
"""

from __future__ import annotations

import os.path

from automations.errors import MagicloopError

_PACKAGE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs start-up


def template_root() -> str:
    """Return the absolute folder of the built-in templates (`email/`, `event/`).

    :raises MagicloopError: the installation lacks them.
    """
    return _find("templates", "")


def config_file(name: str) -> str:
    """Return the absolute path of a file of `config/`, e.g. `magicloop.example.toml`.

    :raises MagicloopError: the installation lacks it.
    """
    return _find("config", name)


def read_config_resource(name: str) -> bytes:
    """Return the content of a file of `config/`.

    :raises MagicloopError: the installation lacks it.
    """
    with open(config_file(name), "rb") as file:  # noqa: PTH123 - pathlib costs start-up
        return file.read()


def deploy_file(name: str) -> str:
    """Return the absolute path of a file of `deploy/`, e.g. `crontab` or `systemd/magicloop.timer`.

    :raises MagicloopError: the installation lacks it.
    """
    return _find("deploy", name)


def _find(folder: str, name: str) -> str:
    data = os.path.join(_PACKAGE, "_data")  # noqa: PTH118 - pathlib costs start-up
    base = data if os.path.isdir(data) else os.path.dirname(_PACKAGE)  # noqa: PTH112, PTH120 - as above
    path = os.path.join(base, folder, *name.split("/")) if name else os.path.join(base, folder)  # noqa: PTH118 - as above
    if not os.path.exists(path):  # noqa: PTH110 - as above
        label = f"{folder}/{name}" if name else folder
        raise MagicloopError(
            f"{label} is missing from this installation", where=path, fix="install magicloop again"
        )
    return path
