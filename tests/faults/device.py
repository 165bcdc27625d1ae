"""A client that keeps an outbox and replicas, and lives through whatever happens to its server."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from websockets.exceptions import WebSocketException

from hubbub.wire.ids import new_id
from tests.faults.line import Line, LineLost
from tests.faults.replica import Place, Replica, Row, row_of
from tests.people import SYSTEM, Person, Server, conversation
from tests.phoenix import Refused

BEFORE_A_PULL = 0.1  # seconds that the missing push has, since pushes of several processes may overtake
BETWEEN_MESSAGES = 0.01  # seconds; load, not a measurement
BEFORE_ANOTHER_TRY = (0.05, 0.3)  # seconds, drawn at random
PASSING = {"unavailable"}  # refusals that ask to try again with the same id


@dataclass
class Said:
    """A message in the outbox; `above` is the highest place that its author knew of when composing it."""

    payload: dict[str, Any]
    text: str
    above: Place | None
    tries: int = 0
    sent_at: float = 0.0  # seconds since 1970, of the last try
    answer: Row | None = None
    stored_before: bool = False  # an earlier try was stored, though nobody heard the answer

    @property
    def id(self) -> str:
        return str(self.payload["id"])


class Speaker:
    """One thread of a conversation: says one thing after the other, each until it is acknowledged.

    `composes`: chooses index and position itself, as a client does that may be offline (section 4).
    """

    def __init__(self, device: Device, replica: Replica, readers: Sequence[Person], *, composes: bool) -> None:
        self.conversation_id = replica.conversation_id
        self._device = device
        self._replica = replica
        self._readers = readers
        self._composes = composes
        self._top: Place | None = None
        self.pending: Said | None = None
        self.acknowledged: list[Said] = []

    async def speak(self, line: Line) -> None:
        """Raises `LineLost` when the socket ends; what was not acknowledged is said again on the next."""
        while True:
            if self.pending is None:
                await self._device.may_speak.wait()
                self.pending = self._compose()
            said = self.pending
            said.tries += 1
            said.sent_at = time.time()
            try:
                answer = await line.ask(conversation(self.conversation_id), "send_message", said.payload)
            except Refused as refused:
                await self._refused(refused)
            else:
                self._acknowledge(said, answer)
                await asyncio.sleep(BETWEEN_MESSAGES)

    async def _refused(self, refused: Refused) -> None:
        """Not now is no answer; any other refusal is wrong here, for everything that is said is right."""
        self._device.refusals.append(refused.reason or "")
        self._device.changed()
        if refused.reason not in PASSING:
            self._device.failures.append(f"refused: {refused}")
        await asyncio.sleep(random.uniform(*BEFORE_ANOTHER_TRY))

    def _compose(self) -> Said:
        text = f"{self._device.name}:{next(self._device.counter)}"
        body = f"{text}\n{self._device.padding}"
        payload: dict[str, Any] = {"id": new_id(), "device_id": self._device.id}
        if self._readers:
            payload["encrypted_messages"] = {reader.id: f"{body}for {reader.id}" for reader in self._readers}
        else:
            payload["content"] = body
        above = max(filter(None, (self._top, self._replica.top)), default=None)
        if self._composes:
            payload["index"], payload["position"] = self._next_place(above)
        return Said(payload, text, above)

    def _next_place(self, top: Place | None) -> tuple[int, int]:
        if top is None:
            return 1, 0
        if (top.owner_id, top.device_id) == (self._device.person.id, self._device.id):
            return top.idx, top.position + 1
        return top.idx + 1, 0

    def _acknowledge(self, said: Said, answer: Any) -> None:
        said.answer = row_of(answer["message"], answer["version"])
        stored_at = datetime.fromisoformat(answer["message"]["inserted_at"]).timestamp()
        said.stored_before = said.tries > 1 and stored_at < said.sent_at - 0.002  # times are whole milliseconds
        self._top = said.answer.place
        self.pending = None
        self.acknowledged.append(said)
        self._device.changed()


@dataclass
class Device:
    """One installation of a person's client, on the first of `servers` that lets it in.

    `padding` follows the first line of each message. `closes` are the codes that its sockets were closed with,
    `refusals` the reasons of whatever was refused, `failures` what may not happen.
    """

    name: str
    person: Person
    servers: Sequence[Server]
    may_speak: asyncio.Event
    changed: Callable[[], None]
    id: str = field(default_factory=new_id)
    replicas: dict[str, Replica] = field(default_factory=dict)
    speakers: list[Speaker] = field(default_factory=list)
    present: dict[str, set[str]] = field(default_factory=dict)
    closes: list[int] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    server: Server | None = None  # while it is connected and has joined everything
    padding: str = ""
    resyncs: int = 0

    def __post_init__(self) -> None:
        self.counter = itertools.count(1)
        self._epoch: str | None = None
        self._line: Line | None = None
        self._gap = asyncio.Event()

    def follow(self, conversation_id: str) -> Replica:
        self.replicas[conversation_id] = Replica(conversation_id)
        return self.replicas[conversation_id]

    def speak_in(self, conversation_id: str, *readers: Person, composes: bool) -> None:
        self.speakers.append(Speaker(self, self.replicas[conversation_id], readers, composes=composes))

    def lose_network(self) -> None:
        """What is under way may arrive, but its answer will not."""
        if self._line is not None:
            self._line.cut()

    # --- living -------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Until it is cancelled: connect, catch up, go on; when the socket ends, do so again elsewhere."""
        for server in itertools.cycle(self.servers):
            try:
                line = await Line.open(server, self.person.token, self._hear)
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(random.uniform(*BEFORE_ANOTHER_TRY))
                continue
            self._line = line
            try:
                await self._converse(line, server)
            except* LineLost as lost:
                self.closes += {one.code for one in _leaves(lost)}
            except* Refused as refused:
                self.refusals += [one.reason for one in _leaves(refused)]
                self.failures += [str(one) for one in _leaves(refused) if one.reason not in PASSING]
                await asyncio.sleep(random.uniform(*BEFORE_ANOTHER_TRY))  # it cannot serve now
            finally:
                self.server = None
                await line.drop()
                self.changed()

    async def _converse(self, line: Line, server: Server) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(line.read())
            await self._arrive(line)
            self.server = server
            self.changed()
            tasks.create_task(self._close_gaps(line))
            for speaker in self.speakers:
                tasks.create_task(speaker.speak(line))

    async def _arrive(self, line: Line) -> None:
        self.present = {}
        await line.join(SYSTEM)
        await line.join(self.person.topic)
        for replica in self.replicas.values():
            params = {"cursor": replica.cursor, "epoch": self._epoch}
            replica.doubtful = False
            answer = await line.join(conversation(replica.conversation_id), params)
            self._epoch = answer["epoch"]
            replica.pulled(answer)
            if answer["more"]:
                await self._pull(line, replica)
        self.changed()

    # --- hearing ------------------------------------------------------------------------------------------------

    def _hear(self, topic: str, event: str, payload: Any) -> None:
        if event in {"presence_state", "presence_diff"}:
            self._hear_presence(event, payload)
        elif event == "resync":
            self.resyncs += 1
            for replica in self.replicas.values():
                replica.doubtful = True
            self._gap.set()
        elif isinstance(payload, dict) and "version" in payload:
            conversation_id = payload.get("conversation_id") or topic.partition(":")[2]
            self._hear_change(self.replicas[conversation_id], payload)
        self.changed()

    def _hear_change(self, replica: Replica, payload: Any) -> None:
        replica.pushed(payload)
        if replica.behind:
            self._gap.set()

    def _hear_presence(self, event: str, payload: Any) -> None:
        if event == "presence_state":
            self.present = {user: _refs(entry) for user, entry in payload.items()}
            return
        for user, entry in payload["joins"].items():
            self.present.setdefault(user, set()).update(_refs(entry))
        for user, entry in payload["leaves"].items():
            self.present.get(user, set()).difference_update(_refs(entry))

    async def _close_gaps(self, line: Line) -> None:
        while True:
            await self._gap.wait()
            self._gap.clear()
            await asyncio.sleep(BEFORE_A_PULL)
            for replica in self.replicas.values():
                while replica.behind:
                    await self._pull(line, replica)

    async def _pull(self, line: Line, replica: Replica) -> None:
        """All pages from the cursor on. A refusal ends the socket: the next one begins with a pull."""
        replica.doubtful = False
        more = True
        while more:
            payload = {"cursor": replica.cursor, "epoch": self._epoch, "limit": 500}
            answer = await line.ask(conversation(replica.conversation_id), "sync", payload)
            replica.pulled(answer)
            more = answer["more"]
        self.changed()


def _refs(entry: Any) -> set[str]:
    return {meta["phx_ref"] for meta in entry["metas"]}


def _leaves(group: BaseExceptionGroup[Any]) -> list[Any]:
    """The errors that a group, or a group in a group, consists of."""
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]
