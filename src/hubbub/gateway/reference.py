"""The socket as an AsyncAPI 3.0 document, made from the channels themselves: what is served is what is described.

Each message is described as it crosses the network, a frame of version 2.0.0: `[join_ref, ref, topic, event, payload]`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hubbub.gateway.channel import Channel
from hubbub.gateway.handshake import PATH
from hubbub.wire.answers import Done
from hubbub.wire.errors import CLOSE_ADVICE, refusals
from hubbub.wire.events import JoinParams, Nothing
from hubbub.wire.pushes import PUSHES

Schema = dict[str, Any]
Limits = Mapping[str, int | float]

DESCRIPTION = """Phoenix Channels over a WebSocket. Connect with `vsn=2.0.0` for the frames described here, arrays
`[join_ref, ref, topic, event, payload]`; without it, or with `vsn=1.0.0`, frames are objects
`{"topic", "event", "payload", "ref"}` with the same payloads. `ref` is the client's and comes back in the reply with
its JSON type; `join_ref` is the `ref` of the topic's join. Send a heartbeat on the topic `phoenix` more often than once
in 60 seconds. Every payload may carry `token`, which signs the socket in or renews it. Unknown keys are ignored on both
sides. A refusal has a stable `reason`, a `detail` for people, and, for a write, its own `op_id` or `id`; `current`,
where present, is what the client shows instead of what it tried."""
TOPICS = {
    "phoenix": ("phoenix", "The socket itself."),
    "system": ("system:general", "Presence of contacts, one's name, and beginning conversations."),
    "user": ("user:{id}", "What concerns one user on all their devices; `id` is one's own."),
    "conversation": ("conversation:{id}", "One conversation, for its members."),
    "room": ("conversation:{room}", "One room, for its participants: its id is no UUID."),
}
REF: Schema = {"type": ["string", "integer", "null"]}


def asyncapi(channels: Mapping[str, Channel], *, version: str, public_url: str, limits: Limits) -> Schema:
    """The document. `channels` by the prefix of their topics; `limits` by the names of the settings."""
    types = _Types()
    described = {"phoenix": _heartbeat(types)}
    for prefix, channel in channels.items():
        described[prefix] = _Topic(prefix, types)
        _describe(described[prefix], channel)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Hubbub", "version": version, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {"socket": _server(public_url)},
        "channels": {prefix: topic.channel() for prefix, topic in described.items()},
        "operations": {name: one for topic in described.values() for name, one in topic.operations.items()},
        "components": {"schemas": types.schemas(), "securitySchemes": _SECURITY},
        "x-close-codes": {str(code): advice for code, advice in CLOSE_ADVICE.items()},
        "x-limits": dict(limits),
    }


def _describe(topic: _Topic, channel: Channel) -> None:
    topic.asked("phx_join", JoinParams, channel.join_answers, "Join the topic. A second join closes the first.")
    topic.asked("phx_leave", Nothing, (Done,), "Leave the topic; `phx_close` follows.", refusable=False)
    for name, event in channel.events.items():
        says = inspect.getdoc(event.handle or event.submit)
        assert says, f"the handler of {name} says nothing of itself"
        topic.asked(name, event.payload, event.answers, says)
    for name, push in PUSHES[topic.prefix].items():
        topic.told(name, push.payloads, push.when)
    topic.told("phx_close", (Done,), "The topic was left, joined anew, or may not be listened to any more.")
    topic.told("phx_error", (Done,), "The topic failed on the server: join it again.")


def _heartbeat(types: _Types) -> _Topic:
    topic = _Topic("phoenix", types)
    topic.asked("heartbeat", Nothing, (Done,), "Show that the client is there.", refusable=False)
    return topic


def _server(public_url: str) -> Schema:
    url = urlsplit(public_url)
    return {
        "host": url.netloc,
        "pathname": url.path.rstrip("/") + PATH,
        "protocol": "wss" if url.scheme == "https" else "ws",
        "description": "Clients of Phoenix are given the address without `/websocket`.",
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
    }


_SECURITY: Schema = {
    "token": {
        "type": "httpApiKey",
        "in": "query",
        "name": "token",
        "description": "An access token. Without one the socket is a guest's, until a payload brings one.",
    },
    "subprotocol": {
        "type": "httpApiKey",
        "in": "header",
        "name": "Sec-WebSocket-Protocol",
        "description": "`phoenix, base64url.bearer.phx.<the token in base64>`.",
    },
}


class _Topic:
    """One channel of the document with its messages and operations, as they are added."""

    def __init__(self, prefix: str, types: _Types) -> None:
        self.prefix = prefix
        self.operations: dict[str, Schema] = {}
        self._types = types
        self._messages: dict[str, Schema] = {}
        self._address, self._about = TOPICS[prefix]

    def asked(
        self, event: str, payload: Any, answers: tuple[Any, ...], summary: str, *, refusable: bool = True
    ) -> None:
        """An event that clients send, and its reply."""
        ok, error = self._types.any_of(*answers), {"$ref": "#/components/schemas/Refused"}
        sent = self._message(event, event, event, summary, REF, self._types.any_of(payload))
        replies = [self._message(f"{event}_ok", "phx_reply", event, "It was done.", REF, _reply("ok", ok))]
        if refusable:
            reply = _reply("error", error)
            replies.append(self._message(f"{event}_error", "phx_reply", event, "It was refused.", REF, reply))
        self.operations[f"{self.prefix}_{event}"] = {
            "action": "receive",
            "channel": self._here,
            "summary": summary,
            "messages": [sent],
            "reply": {"channel": self._here, "messages": replies},
        }

    def told(self, event: str, payloads: tuple[Any, ...], summary: str) -> None:
        """A push. Those of Phoenix itself go to one listener and carry the refs of the join."""
        ref = REF if event.startswith("phx_") else {"type": "null"}
        name = f"{event}_push"
        message = self._message(name, event, event, summary, ref, self._types.any_of(*payloads))
        self.operations[f"{self.prefix}_{name}"] = {
            "action": "send",
            "channel": self._here,
            "summary": summary,
            "messages": [message],
        }

    def channel(self) -> Schema:
        described = {"address": self._address, "description": self._about, "messages": self._messages}
        _, opened, name = self._address.partition("{")
        if opened:
            described["parameters"] = {name.rstrip("}"): {"description": f"The id of the {self.prefix}."}}
        return described

    @property
    def _here(self) -> Schema:
        return {"$ref": f"#/channels/{self.prefix}"}

    def _message(self, key: str, event: str, title: str, summary: str, ref: Schema, payload: Schema) -> Schema:
        self._messages[key] = {
            "name": key,
            "title": title,
            "summary": summary,
            "payload": _frame(self._address, event, ref, payload),
        }
        return {"$ref": f"#/channels/{self.prefix}/messages/{key}"}


def _frame(address: str, event: str, ref: Schema, payload: Schema) -> Schema:
    """An array of five, in the words of JSON Schema draft 7, which AsyncAPI builds on."""
    head, _, rest = address.partition("{")
    topic: Schema = {"type": "string", "pattern": f"^{head}"} if rest else {"const": address}
    items = [ref, ref, topic, {"const": event}, payload]
    return {"type": "array", "items": items, "minItems": 5, "maxItems": 5}


def _reply(status: str, response: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["status", "response"],
        "properties": {"status": {"const": status}, "response": response},
    }


class _Types:
    """The types that the document speaks of, each described once."""

    def __init__(self) -> None:
        self._types: list[Any] = []
        self._waiting: list[tuple[Schema, tuple[Any, ...]]] = []

    def any_of(self, *types: Any) -> Schema:
        """The schema of a value that has one of these types; it is filled in by `schemas`."""
        schema: Schema = {}
        self._types += types
        self._waiting.append((schema, types))
        return schema

    def schemas(self) -> dict[str, Schema]:
        """Every schema by name; completes all that `any_of` gave out."""
        found, components = msgspec.json.schema_components(self._types, ref_template="#/components/schemas/{name}")
        by_type = dict(zip(map(id, self._types), found, strict=True))
        for schema, types in self._waiting:
            alternatives = [by_type[id(one)] for one in types]
            schema.update(alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives})
        for component in _objects(components):
            component.pop("discriminator", None)  # OpenAPI's; here `kind` tells them apart
        return {**components, "Refused": _REFUSED}


def _objects(value: Any) -> Iterator[Schema]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)


_REFUSED: Schema = {
    "title": "Refused",
    "description": "Nothing was changed. docs/reference/errors.md says what to do about each reason.",
    "type": "object",
    "required": ["reason", "detail"],
    "properties": {
        "reason": {"enum": [refusal.code for refusal in refusals()]},
        "detail": {"type": "string"},
        "op_id": {"type": "string"},
        "id": {"type": "string"},
        "current": {"description": "The row as it is, for a client to show instead."},
    },
}
