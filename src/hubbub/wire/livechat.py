"""Seed 004's live chat: JSON objects told apart by `type`, and messages over HTTP (Hubbub protocol, section 5)."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from hubbub.wire.errors import BadInput
from hubbub.wire.events import Author, MessageRow
from hubbub.wire.frames import Ref

# --- what clients send --------------------------------------------------------------------------------------------


class Ping(msgspec.Struct, tag="ping"):
    """Keeps the connection alive."""


class Auth(msgspec.Struct, tag="auth"):
    token: str


class Say(msgspec.Struct, tag="message"):
    message: str
    subject: str | None = None


_decoder: msgspec.json.Decoder[Ping | Auth | Say] = msgspec.json.Decoder(Ping | Auth | Say)
STAMP_STEP = 1024  # nanoseconds: what a JavaScript number keeps of today's exactly

_encode = msgspec.json.Encoder().encode


def decoded(text: bytes) -> Ping | Auth | Say:
    """What a client sent; raises `BadInput`."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BadInput("Send a JSON object with the type ping, auth or message.") from None


# --- what the server sends ----------------------------------------------------------------------------------------


class ChatUser(msgspec.Struct, kw_only=True):
    id: str
    name: str


class ChatMessage(msgspec.Struct, kw_only=True):
    """A message of the lobby. `ts`: nanoseconds since 1970, rising, a multiple of 1,024, so exact in JavaScript."""

    id: str
    user: ChatUser
    subject: str
    message: str
    ts: int


class ChatHistory(msgspec.Struct, kw_only=True):
    """Messages of the lobby before a time, the oldest of them first."""

    messages: list[ChatMessage]


class Pushed(ChatMessage, tag="message", kw_only=True):
    """A message, live."""


class Pong(msgspec.Struct, tag="pong"):
    pass


class Authenticated(msgspec.Struct, tag="auth", kw_only=True):
    """The socket may write from now on."""

    user: ChatUser


class Stale(msgspec.Struct, tag="refresh"):
    """The token does not hold: refresh the credentials, and send `auth` again."""


class MessageFailed(msgspec.Struct, tag="message_failed", kw_only=True):
    reason: str


def chat_user(author: Author) -> ChatUser:
    return ChatUser(id=author.id, name=author.display_name)


def said(row: MessageRow, author: Author, kind: type[ChatMessage] = ChatMessage) -> ChatMessage:
    """A message of the lobby in the seed's shape. What is off the record has no stamp, so it gets the time."""
    ts = row.ts or time.time_ns() // STAMP_STEP * STAMP_STEP
    return kind(id=row.id, user=chat_user(author), subject=row.subject or "", message=row.content or "", ts=ts)


class _NewMessage(msgspec.Struct):
    message: MessageRow
    author: Author | None = None


_decode_new = msgspec.json.Decoder(_NewMessage).decode


class LiveChat:
    """How pushes of the lobby look on `/ws/chat`: a third codec beside those of Phoenix, so encoded once for all."""

    @staticmethod
    def push(_topic: str, event: str, payload: bytes) -> bytes:
        """The text frame of a push; empty for what the seed does not know."""
        if event == "new_message":
            new = _decode_new(payload)
            return b"" if new.author is None else _encode(said(new.message, new.author, Pushed))
        if event == "user_count":
            return b'{"type":"user_count",%b' % payload[1:]
        return b""

    @staticmethod
    def reply(_join_ref: Ref, _ref: Ref, _topic: str, status: str, response: Any) -> bytes:
        """The text frame that says that something was not done."""
        return b"" if status == "ok" else _encode(MessageFailed(reason=msgspec.json.decode(response)["reason"]))

    @staticmethod
    def message(_join_ref: Ref, _ref: Ref, _topic: str, _event: str, _payload: bytes) -> bytes:
        """Nothing: channels that close are Phoenix's."""
        return b""
