"""The JSON Schema for editors, and the table of keys for the docs; both made from the spec."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from automations.config.nodes import dotted, leaves, sections
from automations.config.spec import Config
from automations.config.toml_text import toml_value

if TYPE_CHECKING:
    from automations.config.nodes import Leaf
    from automations.config.spec import Table

SCHEMA_NAME = "magicloop.schema.json"


def schema_text() -> str:
    """Return the JSON Schema of the config file."""
    made = msgspec.json.schema(Config)
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "magicloop"}
    # Editors read a title and keys at the top; a lone reference confuses some of them.
    root = made["$defs"].pop("Config")
    schema |= {key: value for key, value in root.items() if key != "title"}
    schema["$defs"] = made["$defs"]
    for name, table, _ in sections(Config):
        if name and getattr(table, "PLAIN", ""):
            _allow_text(schema, table)
    return json.dumps(schema, indent=2, ensure_ascii=False, default=list) + "\n"


def _allow_text(schema: dict[str, Any], table: type[Table]) -> None:
    """Let a table also be written as the text of one of its keys, as the reader does."""
    where = f"#/$defs/{table.__name__}"
    for one in (schema, *schema["$defs"].values()):
        for name, kept in one.get("properties", {}).items():
            if kept.get("$ref") == where:
                rest = {key: value for key, value in kept.items() if key != "$ref"}
                one["properties"][name] = {"anyOf": [{"type": "string"}, {"$ref": where}], **rest}


def config_table() -> str:
    """Return a Markdown table of every key, its default and its meaning."""
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for name, table, many in sections(Config):
        section = f"{name}[]" if many else name
        for leaf in leaves(table):
            default = "required" if leaf.required else default_words(leaf)
            meaning = f"{leaf.description}{limits(leaf)}".replace("|", "\\|")
            lines.append(f"| `{dotted(section, leaf.name)}` | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def default_words(leaf: Leaf) -> str:
    """Return the default as it stands in the docs."""
    return leaf.unset or "none" if leaf.default in ("", ()) else f"`{toml_value(leaf.default)}`"


def limits(leaf: Leaf) -> str:
    """Return the limits of a key as a sentence to put behind its description; '' where it has none."""
    words = leaf.kind.allowed.removeprefix("a whole number ").removeprefix("a number ")
    return f" {words[0].upper()}{words[1:]}." if words.startswith(("one of", "from")) else ""
