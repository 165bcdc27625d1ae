"""JSON objects that clients make and the server only keeps: keys, links, lists of a user's own."""

from __future__ import annotations

from typing import Any

from hubbub.wire.errors import BadInput, InvalidText

JsonObject = dict[str, Any]

# What was nested deeper could be taken from one client and then not be given to the next: each JSON parser has a limit
# of its own, and an answer puts some levels of its own around the document.
DEEPEST = 32


def check_document(value: Any, name: str, deepest: int = DEEPEST) -> None:
    """Raise `InvalidText` when a NUL is anywhere in `value` (any JSON value): PostgreSQL cannot keep it.

    Raises `BadInput` when it is nested more than `deepest` levels; both name the field, which is called `name`.
    """
    if isinstance(value, str):
        if "\0" in value:
            raise InvalidText(f"{name} contains a NUL character.")
    elif isinstance(value, list | dict):
        if not deepest:
            raise BadInput(f"{name} is nested more than {DEEPEST} levels deep.")
        for item in value:
            check_document(item, name, deepest - 1)
        if isinstance(value, dict):
            for item in value.values():
                check_document(item, name, deepest - 1)
