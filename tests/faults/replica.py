"""A client's picture of one conversation, kept by the rules of sync (Hubbub protocol, section 2)."""

from __future__ import annotations

from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where a message stands in the reading order (Hubbub protocol, section 4)."""

    idx: int  # the index; `index` is a method of every tuple
    owner_id: str
    device_id: str
    position: int
    id: str


class Row(NamedTuple):
    """A message as every reader has it: of its text the first line, which is the same for all."""

    place: Place
    version: int
    text: str


class Replica:
    """The rows of one conversation up to `cursor`; `heard` is the highest version that anything told of.

    `doubtful`: the server said that something may be missing. `top` is the last place. `contradictions` are sentences
    about rows that did not agree with what was known before.
    """

    def __init__(self, conversation_id: str) -> None:
        self.conversation_id = conversation_id
        self.cursor = 0
        self.heard = 0
        self.doubtful = False
        self.top: Place | None = None
        self.rows: dict[str, Row] = {}
        self.versions: set[int] = set()
        self.contradictions: list[str] = []

    @property
    def behind(self) -> bool:
        return self.doubtful or self.heard > self.cursor

    def pushed(self, payload: Any) -> None:
        """A push that carries one version: the next is applied, one before is known, one above shows a gap."""
        version = payload["version"]
        self.heard = max(self.heard, version)
        if version == self.cursor + 1:
            self._keep(payload.get("changes", []))
            self.versions.add(version)  # also when nothing of it may be seen
            self.cursor = version
        elif version <= self.cursor:
            self._keep(payload.get("changes", []))

    def pulled(self, answer: Any) -> None:
        """A page of changes, or the answer of a join that carries one."""
        self._keep(answer["changes"])
        self.cursor = max(self.cursor, answer["cursor"])
        self.heard = max(self.heard, self.cursor)

    def _keep(self, changes: list[Any]) -> None:
        for change in changes:
            self.versions.add(change["version"])
            if change["kind"] == "message":
                self._keep_message(row_of(change["data"], change["version"]))

    def _keep_message(self, row: Row) -> None:
        """Nobody edits here, so a message that is known must be as it was."""
        known = self.rows.setdefault(row.place.id, row)
        if known != row:
            self.contradictions.append(f"{known} came again as {row}")
        if self.top is None or row.place > self.top:
            self.top = row.place

    def reading(self) -> list[Row]:
        """All messages in reading order."""
        return sorted(self.rows.values())


def row_of(message: Any, version: int) -> Row:
    place = Place(
        message["index"], message["sender"], message["device_id"], message["position"], message["message_group"]
    )
    return Row(place, version, message["content"].partition("\n")[0])
