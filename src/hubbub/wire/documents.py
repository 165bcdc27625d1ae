"""JSON objects that clients make and the server only keeps: keys, links, lists of a user's own."""

from __future__ import annotations

import re
from typing import Any

from hubbub.wire.errors import BadInput, InvalidText

JsonObject = dict[str, Any]

# What was nested deeper could be taken from one client and then not be given to the next: each JSON parser has a limit
# of its own, and an answer puts some levels of its own around the document.
DEEPEST = 32

# An escape of the first half of a character without the second, or of the second alone.
_LONE_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]")


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


def is_unicode(text: bytes) -> bool:
    """Whether JSON that was refused is text at all: UTF-8, in which no escape is half a character."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return _LONE_SURROGATE.search(text) is None
