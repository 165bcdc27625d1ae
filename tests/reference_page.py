"""The tables of docs/reference/socket.md as the AsyncAPI document has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]


def tables(document: Document) -> Iterator[tuple[str, list[str]]]:
    """Per kind of topic: the rows that the page has to have, of what clients send and of what the server pushes."""
    for prefix, channel in document["channels"].items():
        messages = channel["messages"]
        sent = [name for name in messages if f"{name}_ok" in messages]
        pushed = [name for name in messages if name.endswith("_push")]
        yield (
            prefix,
            [_sent(document, messages, name) for name in sent] + [_pushed(document, messages[name]) for name in pushed],
        )


def _sent(document: Document, messages: Document, name: str) -> str:
    payload = messages[name]["payload"]["items"][4]
    response = messages[f"{name}_ok"]["payload"]["items"][4]["properties"]["response"]
    said = messages[name]["summary"]
    return f"| `{name}` | {_fields(document, payload)} | {_fields(document, response)} | {said} |"


def _pushed(document: Document, message: Document) -> str:
    return f"| `{message['title']}` | {_fields(document, message['payload']['items'][4])} | {message['summary']} |"


def _fields(document: Document, schema: Document) -> str:
    """The fields of an object, or of each of its alternatives: of a longer form of the first only what it adds."""
    first, *others = [_names(document, one) for one in schema.get("anyOf", [schema])]
    more = [
        f", or also {_shown(other[len(first) :])}" if _goes_on(first, other) else f" or {_shown(other)}"
        for other in others
    ]
    return _shown(first) + "".join(more)


def _names(document: Document, schema: Document) -> list[str]:
    """The names of the fields, with `?` after those that may be absent; `token` may always be there."""
    if "additionalProperties" in schema:
        return ["user id"]
    described = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = described.get("required", [])
    return [name if name in required else f"{name}?" for name in described["properties"] if name != "token"]


def _goes_on(first: list[str], other: list[str]) -> bool:
    return other[: len(first)] == first


def _shown(names: list[str]) -> str:
    return " ".join(f"`{name}`" for name in names) or "nothing"
