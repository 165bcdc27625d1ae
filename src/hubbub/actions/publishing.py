"""What actions say after the commit, and only from there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from hubbub.bus.port import Bus, Published

CONTACTS_CHANGED = "contacts_changed"  # between server processes only

_encode = msgspec.json.Encoder().encode


def conversation_topic(conversation_id: str) -> str:
    return f"conversation:{conversation_id}"


def user_topic(user_id: str) -> str:
    return f"user:{user_id}"


def presence_topic(user_id: str) -> str:
    """Internal: presence changes that concern this user's contacts; the gateway shows them on `system:general`."""
    return f"presence:{user_id}"


class Publisher:
    """Puts pushes on the bus, each encoded once however many hear it."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def to_conversation(self, conversation_id: str, event: str, payload: Any, members_version: int = 0) -> None:
        """Push to everyone who joined the conversation's topic; `members_version` makes gateways recheck them."""
        self._publish(conversation_topic(conversation_id), event, payload, members_version)

    def to_user(self, user_id: str, event: str, payload: Any) -> None:
        """Push to every socket of the user that joined its own topic."""
        self._publish(user_topic(user_id), event, payload, 0)

    def to_contact(self, user_id: str, event: str, payload: Any) -> None:
        """Push on `system:general` to the sockets of one user only."""
        self._publish(presence_topic(user_id), event, payload, 0)

    def contacts_changed(self, user_ids: Iterable[str]) -> None:
        """These users have other contacts than before: the gateway shows them anew who is online."""
        for user_id in user_ids:
            self.to_contact(user_id, CONTACTS_CHANGED, {})

    def _publish(self, topic: str, event: str, payload: Any, members_version: int) -> None:
        body = payload if isinstance(payload, bytes) else _encode(payload)
        self._bus.publish(Published(topic, event, body, members_version))
