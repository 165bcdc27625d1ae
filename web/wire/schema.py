"""Prints the types of all that crosses the network as one JSON Schema; `types.mjs` makes TypeScript of it."""

from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import Any

import msgspec

from hubbub.wire import (
    addresses,
    answers,
    api_tokens,
    changes,
    events,
    exports,
    joining,
    keys,
    links,
    pages,
    passkeys,
    pushes,
    resources,
    sessions,
)

MODULES = [
    *(keys, links, events, changes, pages, answers, pushes, resources, sessions, passkeys, joining, api_tokens),
    *(addresses, exports),
]
REFERENCE = "#/definitions/{name}"


def structs(module: ModuleType) -> list[type[msgspec.Struct]]:
    """The public types that a module defines itself, in the order in which they are written."""
    found = [
        kind
        for name, kind in vars(module).items()
        if inspect.isclass(kind) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
        if not name.startswith("_")
    ]
    return [kind for kind in found if kind not in (events.Body, resources.Body)]


def schema() -> dict[str, Any]:
    """All types under `definitions`. What the server sends has every key: a default there is no reason to be absent."""
    kinds = [kind for module in MODULES for kind in structs(module)]
    _, components = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    for component in components.values():
        if "description" in component:
            component["description"] = inspect.cleandoc(component["description"])
    return {"title": "Wire", "type": "object", "properties": {}, "definitions": components}


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(schema())))
