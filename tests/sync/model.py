"""What a conversation must be like after what was acknowledged: as simple as can be said, and nothing of the server's.

The rules are the protocol's: visibility of section 2, order of section 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hubbub.wire.ids import NIL_ID
from tests.people import Person
from tests.sealing import Document

Place = tuple[int, str, str, int, str]  # index, owner, device, position, id: the reading order


@dataclass
class Utterance:
    """A message: `text` is what everyone reads, or by user who reads what; `sealed` beside it.

    Once it is `removed_by` the owner of the conversation, nobody reads it, and everyone sees that.
    """

    id: str
    owner: str
    device: str
    index: int
    position: int
    created: int
    version: int
    text: str | dict[str, str]
    sealed: str | None = None
    rev: int = 0
    deleted: bool = False
    removed_by: str | None = None
    ends: int | None = None  # when its time is over, by how far the clock was turned

    @property
    def place(self) -> Place:
        return (self.index, self.owner, self.device, self.position, self.id)


@dataclass
class Stay:
    """From the version of joining to that of leaving; `top` is the highest index at joining."""

    joined: int
    left: int | None
    top: int


@dataclass
class Conversation:
    """`links` and `gens` (user id to the generation that the chain knows) are those of a sealed one."""

    id: str
    kind: str  # private, group
    encrypted: bool
    sealed: bool
    history: str
    head: int = 1
    alias: str | None = None
    expires_in: int | None = None  # how long messages last that do not say it themselves
    stays: dict[str, list[Stay]] = field(default_factory=dict)
    messages: dict[str, Utterance] = field(default_factory=dict)
    reactions: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    readers: set[str] = field(default_factory=set)
    links: list[Document] = field(default_factory=list)
    gens: dict[str, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)  # generations of keys made for this conversation
    top: int = 0

    # --- who is in --------------------------------------------------------------------------------------------------

    @property
    def members(self) -> list[str]:
        return [user for user, stays in self.stays.items() if stays[-1].left is None]

    def join(self, user: str, version: int) -> None:
        self.stays.setdefault(user, []).append(Stay(version, None, self.top))

    def leave(self, user: str, version: int) -> None:
        self.stays[user][-1].left = version

    def horizon(self, user: str) -> int:
        """The newest version that the user may know of."""
        left = self.stays[user][-1].left
        return self.head if left is None else left

    # --- who sees what ----------------------------------------------------------------------------------------------

    def visible(self, user: str) -> list[Utterance]:
        """What the user may read now, in reading order."""
        seen = [message for message in self.messages.values() if not message.deleted and self.sees(user, message)]
        return sorted(seen, key=lambda message: message.place)

    def sees(self, user: str, message: Utterance) -> bool:
        """Nothing newer than the last leaving; encrypted: what has a copy; `joined`: what was said while there."""
        if message.version > self.horizon(user):
            return False
        if isinstance(message.text, dict):
            return user in message.text or message.removed_by is not None
        return self.history == "all" or any(
            stay.joined < message.created and (stay.left is None or message.created <= stay.left)
            for stay in self.stays[user]
        )

    def lacking(self, message: Utterance) -> list[str]:
        """The members without a copy of a message of an encrypted conversation."""
        assert isinstance(message.text, dict)
        if message.removed_by is not None:
            return []
        return [user for user in self.members if user not in message.text]

    def text_for(self, user: str, message: Utterance) -> str | None:
        if message.removed_by is not None:
            return None
        return message.text[user] if isinstance(message.text, dict) else message.text

    # --- the order --------------------------------------------------------------------------------------------------

    def next_place(self, owner: str, device: str) -> tuple[int, int]:
        """Index and position of a message that comes without: the run of its device goes on, or a new index."""
        last = max((message.place for message in self.messages.values()), default=None)
        if last is not None and last[:3] == (self.top, owner, device):
            return self.top, last[3] + 1
        return self.top + 1, 0

    def refusal_of_place(self, owner: str, device: str, index: int) -> str | None:
        if index > self.top + 1:
            return "index_ahead"
        theirs = (m.index for m in self.messages.values() if (m.owner, m.device) == (owner, device))
        behind = index < self.stays[owner][-1].top or index < max(theirs, default=0)
        return "index_behind" if behind else None

    def remove(self, message: Utterance, moderator: str) -> None:
        """With its text go its reactions, in one version."""
        self.head += 1
        message.removed_by, message.version, message.sealed = moderator, self.head, None
        for key in self.reactions:
            if key[0] == message.id:
                self.reactions[key] = False

    def over(self, ahead: int) -> list[Utterance]:
        """What has had its time by now, and is there still."""
        return [one for one in self.messages.values() if not one.deleted and one.ends is not None and one.ends <= ahead]

    def expire(self, message: Utterance) -> None:
        """As if its author had deleted it, with all that was put to it, in one version."""
        self.head += 1
        message.deleted, message.version = True, self.head
        for key in self.reactions:
            if key[0] == message.id:
                self.reactions[key] = False

    # --- what was acknowledged --------------------------------------------------------------------------------------

    def said(self, row: dict[str, Any], text: str | dict[str, str], version: int, ends: int | None = None) -> Utterance:
        """A message that the server acknowledged with this row."""
        message = Utterance(
            id=row["message_group"],
            owner=row["sender"],
            device=row["device_id"],
            index=row["index"],
            position=row["position"],
            created=version,
            version=version,
            text=text,
            sealed=row.get("sealed"),
            ends=ends,
        )
        assert message.id not in self.messages, "acknowledged twice as new"
        self.messages[message.id] = message
        self.top = max(self.top, message.index)
        return message


def device_of(payload: dict[str, Any]) -> str:
    return str(payload.get("device_id") or NIL_ID)


def ids(people: list[Person]) -> list[str]:
    return [person.id for person in people]
