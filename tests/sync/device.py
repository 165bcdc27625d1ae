"""A person's client on one device: a socket that may go, and replicas that stay."""

from __future__ import annotations

from typing import Any, NamedTuple

from hubbub.wire.ids import new_id
from tests.people import Person, Server, conversation
from tests.phoenix import Client, Frame, Refused
from tests.sync.replica import Page, Replica, Row

OWN = ""  # in the place of a conversation's id: the user's own stream


class Heard(NamedTuple):
    """A push that belongs to a stream, whether or not it was lost on its way to the replica."""

    stream: str
    event: str
    version: int
    changes: list[Row] | None


class Device:
    """`limit` is the size of the pages that it pulls; `losing` how many of the next pushes it shall lose."""

    def __init__(self, person: Person, limit: int) -> None:
        self.id = new_id()
        self.person = person
        self.limit = limit
        self.client: Client | None = None
        self.own = Replica()
        self.epoch: str | None = None
        self.conversations: dict[str, Replica] = {}
        self.joined: set[str] = set()
        self.heads: dict[str, int] = {}
        self.log: list[Heard] = []
        self.losing = 0
        self.lost: set[str] = set()  # streams of which a push was lost since the last pull
        self._read = 0

    def __repr__(self) -> str:
        return f"{self.person.answer['user']['display_name']}'s device {self.id[-4:]}"

    @property
    def online(self) -> bool:
        return self.client is not None

    @property
    def socket(self) -> Client:
        assert self.client is not None
        return self.client

    # --- coming and going -------------------------------------------------------------------------------------------

    async def connect(self, to: Server) -> None:
        """A new socket; what happened meanwhile comes as changes since the cursors."""
        self.client = await self.person.connect(to)
        self.joined, self._read = set(), 0
        topic = self.person.topic
        if self.epoch is None:
            self.epoch = (await self.client.join(topic))["epoch"]
            await self._pull_own()
        else:
            since = self.own.cursor
            page = await self.client.join(topic, {"cursor": since, "epoch": self.epoch})
            await self._own_page(page, since)
        await self._join_listed()

    async def drop(self) -> None:
        """Without a word."""
        if self.client is not None:
            self.hear()
            await self.client.drop()
        self.client = None
        self.joined = set()

    # --- hearing ----------------------------------------------------------------------------------------------------

    def hear(self) -> None:
        """Take what has arrived."""
        for frame in self.socket.frames[self._read :]:
            self._read += 1
            if frame.event == "phx_close":
                self._put_out(frame)
            elif frame.ref is None and frame.event != "phx_error":
                self._hear(frame)

    def _put_out(self, frame: Frame) -> None:
        """Of the topic as it was joined last; a close of an earlier joining says nothing any more."""
        if frame.join_ref == self.socket.joined.get(frame.topic):
            self.joined.discard(frame.topic.partition(":")[2])

    def _hear(self, frame: Frame) -> None:
        heard = _heard(frame)
        if heard is None:
            return
        self.log.append(heard)
        if self.losing:
            self.losing -= 1
            self.lost.add(heard.stream)
            return
        self.replica(heard.stream).push(heard.version, heard.changes or [])

    def replica(self, stream: str) -> Replica:
        return self.own if stream == OWN else self.conversations.setdefault(stream, Replica())

    async def hear_up_to(self, stream: str, version: int) -> None:
        """Wait until pushes alone have brought a replica to `version`; raises `TimeoutError`."""
        self.hear()
        while self.replica(stream).cursor < version:
            await self.socket.wait_for_frame(lambda frame: frame.ref is None, what=f"push to version {version}")
            self.hear()

    # --- pulling ----------------------------------------------------------------------------------------------------

    async def sync(self) -> None:
        """Ask where everything stands and pull what is behind, as clients do on opening and once a minute."""
        self.hear()
        await self._pull_own()
        await self._join_listed()
        for id, head in self.heads.items():
            if id in self.joined and self.conversations[id].cursor < head:
                await self._pull(id)

    async def settle(self) -> None:
        """What a client does with the news: it joins the conversations that it hears of."""
        self.hear()
        await self._join_listed()

    async def _pull_own(self) -> None:
        since = self.own.cursor
        await self._own_page(await self._ask_for_changes(self.person.topic, since), since)

    async def _own_page(self, page: Page, since: int) -> None:
        self.own.pulled(page, since)
        self.heads = page["heads"]
        if page["more"]:
            await self._pull_own()
        self.lost.discard(OWN)

    async def _pull(self, id: str) -> None:
        more = True
        while more:
            since = self.conversations[id].cursor
            page = await self._ask_for_changes(conversation(id), since)
            self.conversations[id].pulled(page, since)
            more = page["more"]
        self.lost.discard(id)

    async def _ask_for_changes(self, topic: str, cursor: int) -> Page:
        request = {"cursor": cursor, "limit": self.limit, "epoch": self.epoch}
        page: Page = await self.socket.ask(topic, "sync", request)
        return page

    async def _join_listed(self) -> None:
        for id in self.own.live("conversation"):
            if id not in self.joined:
                await self._join(id)

    async def _join(self, id: str) -> None:
        since = self.replica(id).cursor
        try:
            page = await self.socket.join(conversation(id), {"cursor": since, "epoch": self.epoch})
        except Refused as refused:
            if refused.reason != "not_member":
                raise
            return  # the news of leaving is still on its way
        self.joined.add(id)
        self.conversations[id].pulled(page, since)
        if page["more"]:
            await self._pull(id)
        self.lost.discard(id)


def _heard(frame: Frame) -> Heard | None:
    """The stream and version that a push belongs to; None for what is no part of one (typing, presence)."""
    payload: dict[str, Any] = frame.payload
    if "user_version" in payload:
        return Heard(OWN, frame.event, payload["user_version"], payload["changes"])
    if "version" not in payload:
        return None
    stream = payload.get("conversation_id") or payload["conversation"]["id"]
    assert "changes" in payload or frame.event == "version", frame
    return Heard(stream, frame.event, payload["version"], payload.get("changes"))
