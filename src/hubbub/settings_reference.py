"""The settings as people read them: docs/reference/settings.md and hubbub.example.toml, made from the declarations."""

from __future__ import annotations

import json
from itertools import groupby
from operator import attrgetter
from typing import Any

from hubbub.config import FIELDS, Field

INTRODUCTION = """\
# Settings

Every setting has a key in `hubbub.toml` and a variable; the variable wins, and an option of `hubbub serve` (`--host`,
`--port`, `--data`, `--workers`) wins over both. The file is `./hubbub.toml`, or the one that `HUBBUB_CONFIG` or
`--config` names; it may be absent. A key with a dot stands in a table: `web.name` is `name` below `[web]`. An empty
variable counts as not set. Switches take `on` and `off` (or `true` and `false`); lists in a variable have commas
between their items.

A wrong value or an unknown name stops the start with one line for each problem and exit status 2. Values of secrets
(marked with a dot: •) are never shown.

This page is made from the code: `hubbub settings > docs/reference/settings.md`.

| key | variable | default | allowed | meaning |
| --- | --- | --- | --- | --- |
"""
EXAMPLE_INTRODUCTION = """\
# Settings of a Hubbub server. Everything has a default: set only what you change.
# docs/reference/settings.md says more. Every key is also a variable: HUBBUB_, the table if there is one, and the
# key, in capitals: HUBBUB_PORT, HUBBUB_WEB_NAME.
"""


def as_markdown() -> str:
    """The reference page."""
    return INTRODUCTION + "".join(map(_row, FIELDS.values()))


def as_toml() -> str:
    """A settings file with every setting, each commented out at its default."""
    entries = [(table, "".join(map(_entry, fields))) for table, fields in groupby(FIELDS.values(), attrgetter("table"))]
    return EXAMPLE_INTRODUCTION + "".join(f"\n[{table}]\n{text}" if table else text for table, text in entries)


def _row(field: Field) -> str:
    mark = " •" if field.secret else ""
    default = "not set" if field.default in ("", []) else f"`{_toml(field.default)}`"
    cells = (f"`{field.key}`{mark}", f"`{field.variable}`", default, field.allowed, field.description)
    return f"| {' | '.join(cells)} |\n"


def _entry(field: Field) -> str:
    name = field.key.rpartition(".")[2]
    return f"\n# {field.description}\n# {name} = {_toml(field.default)}\n"


def _toml(value: Any) -> str:
    return json.dumps(value)  # of texts, numbers, switches and lists of texts TOML's form is the same
