"""Clients that send, edit, go, come back, lose nudges and repeat themselves, in orders that nobody thinks of."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.people import SYSTEM, Person, Server, conversation
from tests.phoenix import Refused
from tests.sync import plans
from tests.sync.checks import check_everything
from tests.sync.clock import Clock
from tests.sync.crew import DEVICES, KINDS, PRIVATE, SEALED, Crew, Plan
from tests.sync.device import Device
from tests.sync.model import Conversation, Utterance

MOST_CONVERSATIONS = 4
some = st.integers(0, 255)  # which of several: taken modulo their number
devices = st.integers(0, len(DEVICES) - 1)
kinds = st.sampled_from(KINDS)
lifetimes = st.sampled_from([None, 5, 20])  # seconds


class Clients(RuleBasedStateMachine):
    """One event loop, driven by the rules; what a rule cannot do in this state it leaves undone.

    What is drawn never depends on the servers, whose pushes come when they come: so an example can be repeated.
    """

    loop: ClassVar[asyncio.AbstractEventLoop]
    servers: ClassVar[Sequence[Server]]
    clock: ClassVar[Clock]

    def __init__(self) -> None:
        super().__init__()
        self.crew = self.do(self._assembled())
        self.outbox: list[tuple[Device, Conversation, dict[str, Any], Any]] = []

    async def _assembled(self) -> Crew:
        crew = Crew(self.servers, self.clock)
        await crew.assemble()
        return crew

    def teardown(self) -> None:
        try:
            self.do(check_everything(self.crew))
        finally:
            self.do(self.crew.disperse())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def act(self, *acts: Plan) -> None:
        self.do(self.crew.do(*acts))

    # --- who and what -----------------------------------------------------------------------------------------------

    def online(self) -> list[Device]:
        """The devices with a socket, once they have heard what has arrived."""
        there = [device for device in self.crew.devices if device.online]
        for device in there:
            self.do(device.settle())
        return there

    def inside(self, which: int, groups: bool = False) -> tuple[Device, Conversation] | None:
        """A device in the topic of a conversation (a group) of its user's: one of all such pairs."""
        pairs = [
            (device, talk)
            for talk in self.crew.conversations
            for device in self.online()
            if talk.id in device.joined and device.person.id in talk.members and not (groups and talk.kind == PRIVATE)
        ]
        return pairs[which % len(pairs)] if pairs else None

    def own_message(self, which: int) -> tuple[Device, Conversation, Utterance] | None:
        """A message, with a device of its author's that is in its conversation."""
        pairs = [
            (device, talk, message)
            for device in self.online()
            for talk in self.crew.conversations
            if device.person.id in talk.members and talk.id in device.joined
            for message in talk.messages.values()
            if message.owner == device.person.id and not message.deleted and message.removed_by is None
        ]
        return pairs[which % len(pairs)] if pairs else None

    def someone(self, talk: Conversation, who: Device, omit: bool) -> str | None:
        """Another member who gets no copy, as clients of seed 003 leave out who has no keys."""
        others = [user for user in talk.members if user != who.person.id]
        return others[0] if omit and others else None

    # --- conversations ----------------------------------------------------------------------------------------------

    @initialize(one=kinds, other=kinds)
    def begin(self, one: str, other: str) -> None:
        self.do(self.crew.start(self.crew.devices[0], one, self.crew.persons[1:]))
        self.do(self.crew.start(self.crew.devices[2], other, [self.crew.persons[2], self.crew.persons[0]]))
        self.do(self.crew.start(self.crew.devices[0], SEALED, self.crew.persons[1:2]))  # into which one may come later
        for where in range(0, 12, 2):
            self.send(where, named=True, placed=False, omit=False, lasts=5 if where == 4 else None)

    @rule(device=some, kind=kinds, alone=st.booleans())
    def start(self, device: int, kind: str, alone: bool) -> None:
        there = self.online()
        if there and len(self.crew.conversations) < MOST_CONVERSATIONS:
            who = there[device % len(there)]
            others = [person for person in self.crew.persons if person is not who.person]
            self.do(self.crew.start(who, kind, others[: 1 if alone else 2]))

    @rule(where=some)
    def leave(self, where: int) -> None:
        if (found := self.inside(where, groups=True)) and self.may_leave(*found, []):
            self.act(plans.leave(self.crew, *found))

    @rule(where=some, person=some)
    def add(self, where: int, person: int) -> None:
        """Someone who is not there, for the first time or again."""
        incomplete = [talk for talk in self.crew.conversations if len(talk.members) < len(self.crew.persons)]
        pairs = [
            (device, talk)
            for talk in incomplete
            for device in self.online()
            if talk.kind != PRIVATE and talk.id in device.joined and device.person.id in talk.members
        ]
        if pairs:
            who, talk = pairs[where % len(pairs)]
            absent: list[Person] = [one for one in self.crew.persons if one.id not in talk.members]
            self.act(plans.add(self.crew, who, talk, absent[person % len(absent)]))

    @rule(where=some)
    def add_who_is_there(self, where: int) -> None:
        if found := self.inside(where, groups=True):
            self.do(self.crew.add_nobody(*found))

    @rule(where=some)
    def rename(self, where: int) -> None:
        if found := self.inside(where, groups=True):
            self.act(plans.rename(self.crew, *found))

    @rule(where=some, lasts=lifetimes)
    def have_messages_last(self, where: int, lasts: int | None) -> None:
        if found := self.inside(where):
            self.act(plans.last(self.crew, *found, lasts))

    @rule(seconds=st.sampled_from([4, 5, 20]))
    def turn_the_clock(self, seconds: int) -> None:
        self.do(self.crew.turn(seconds))

    @rule(where=some)
    def renew_keys(self, where: int) -> None:
        if (found := self.inside(where)) and found[1].encrypted:
            self.act(plans.renew_keys(self.crew, *found))

    @rule(where=some)
    def read(self, where: int) -> None:
        if found := self.inside(where):
            self.do(self.crew.read(*found))

    # --- messages ---------------------------------------------------------------------------------------------------

    @rule(where=some, named=st.booleans(), placed=st.booleans(), omit=st.booleans(), lasts=lifetimes)
    def say(self, where: int, named: bool, placed: bool, omit: bool, lasts: int | None) -> None:
        self.send(where, named, placed, omit, lasts)

    def send(self, where: int, named: bool, placed: bool, omit: bool, lasts: int | None) -> None:
        if found := self.inside(where):
            place = self.crew.compose(*found) if placed else None
            omitted = self.someone(found[1], found[0], omit)
            payload, text = self.crew.message(*found, named=named, place=place, omitted=omitted, lasts=lasts)
            self.do(self.crew.send(*found, payload, text))

    @rule(where=some, index=st.integers(0, 8), position=st.integers(0, 3))
    def send_somewhere(self, where: int, index: int, position: int) -> None:
        """A place that need not be allowed."""
        if found := self.inside(where):
            payload, text = self.crew.message(*found, named=True, place=(index, position), omitted=None)
            self.do(self.crew.send(*found, payload, text))

    @rule(device=some, talk=some, count=st.integers(1, 3))
    def compose_offline(self, device: int, talk: int, count: int) -> None:
        """A run of messages with the places that they have on this device, to be sent when it is back."""
        away = [one for one in self.crew.devices if not one.online]
        if not away:
            return
        who = away[device % len(away)]
        known = [one for one in self.crew.conversations if one.id in who.conversations and not one.encrypted]
        if known:
            there = known[talk % len(known)]
            index, position = self.crew.compose(who, there)
            for step in range(count):
                place = (index, position + step)
                self.outbox.append((who, there, *self.crew.message(who, there, named=True, place=place, omitted=None)))

    @rule(senders=st.lists(st.tuples(some, st.booleans()), min_size=2, max_size=8))
    def send_at_once(self, senders: list[tuple[int, bool]]) -> None:
        sends = []
        for where, placed in senders:
            if found := self.inside(where):
                place = (found[1].top + 1, 0) if placed else None
                payload, text = self.crew.message(*found, named=placed, place=place, omitted=None)
                sends.append((*found, payload, text))
        self.do(self.crew.send_at_once(sends))

    @rule(message=some, omit=st.booleans())
    def edit(self, message: int, omit: bool) -> None:
        if found := self.own_message(message):
            self.act(plans.edit(self.crew, *found, self.someone(found[1], found[0], omit)))

    @rule(message=some)
    def delete(self, message: int) -> None:
        if found := self.own_message(message):
            self.act(plans.delete(self.crew, *found))

    @rule(where=some, count=st.integers(1, 4))
    def share(self, where: int, count: int) -> None:
        """Messages that a later member cannot read, by someone who can."""
        pairs = [
            (device, talk, [message for message in talk.visible(device.person.id) if talk.lacking(message)])
            for talk in self.crew.conversations
            for device in self.online()
            if talk.sealed and talk.id in device.joined and device.person.id in talk.members
        ]
        if pairs := [pair for pair in pairs if pair[2]]:
            who, talk, messages = pairs[where % len(pairs)]
            self.act(plans.share(self.crew, who, talk, messages[:count]))

    @rule(where=some, message=some)
    def remove(self, where: int, message: int) -> None:
        """Somebody else's message, by the owner of the conversation if this is who tries."""
        pairs = [
            (device, talk, seen)
            for device in self.online()
            for talk in self.crew.conversations
            if device.person.id in talk.members
            for seen in talk.visible(device.person.id)
            if seen.removed_by is None and seen.owner != device.person.id
        ]
        if pairs:
            self.do(self.crew.remove(*pairs[(where * 64 + message) % len(pairs)]))

    @rule(where=some, message=some, emoji=st.sampled_from("👍🎉"))
    def react(self, where: int, message: int, emoji: str) -> None:
        pairs = [
            (device, talk, seen)
            for device in self.online()
            for talk in self.crew.conversations
            if not talk.encrypted and talk.id in device.joined and device.person.id in talk.members
            for seen in talk.visible(device.person.id)
            if seen.removed_by is None
        ]
        if pairs:
            self.act(plans.react(self.crew, *pairs[(where * 64 + message) % len(pairs)], emoji))

    @rule(where=some, other=some, omit=st.booleans(), leaving=st.booleans())
    def do_at_once(self, where: int, other: int, omit: bool, leaving: bool) -> None:
        """An edit, a deletion, a reaction, a new name and a leaving that do not wait for each other."""
        acts: list[Plan] = []
        if edited := self.own_message(where):
            acts.append(plans.edit(self.crew, *edited, self.someone(edited[1], edited[0], omit)))
        if (deleted := self.own_message(other)) and (not edited or deleted[2] is not edited[2]):
            acts.append(plans.delete(self.crew, *deleted))
        if named := self.inside(where, groups=True):
            acts.append(plans.rename(self.crew, *named))
        if leaving and (gone := self.inside(other, groups=True)) and self.may_leave(*gone, acts):
            acts.append(plans.leave(self.crew, *gone))
        self.act(*acts)

    def may_leave(self, who: Device, talk: Conversation, meanwhile: list[Plan]) -> bool:
        """Whether nobody is left alone, and what else is under way does not depend on it."""
        busy = any(plan.talk is talk and (talk.encrypted or plan.device.person is who.person) for plan in meanwhile)
        return len(talk.members) > 1 and not busy

    # --- the network ------------------------------------------------------------------------------------------------

    @rule(device=devices, count=st.integers(1, 4))
    def lose_nudges(self, device: int, count: int) -> None:
        who = self.crew.devices[device]
        if who.online:
            who.hear()
        who.losing = count

    @rule(device=devices)
    def drop(self, device: int) -> None:
        self.do(self.crew.devices[device].drop())

    @rule(device=some, server=st.integers(0, 1))
    def come_back(self, device: int, server: int) -> None:
        away = [one for one in self.crew.devices if not one.online]
        if away:
            who = away[device % len(away)]
            self.do(self.crew.connect(who, server))
            self.flush(who)

    def flush(self, who: Device) -> None:
        mine = [waiting for waiting in self.outbox if waiting[0] is who]
        self.outbox = [waiting for waiting in self.outbox if waiting[0] is not who]
        for _, talk, payload, text in mine:
            if talk.id in who.joined and who.person.id in talk.members:
                self.do(self.crew.send(who, talk, payload, text))

    @rule(device=devices)
    def pull(self, device: int) -> None:
        who = self.crew.devices[device]
        if who.online:
            self.do(who.sync())

    @rule(request=some)
    def repeat(self, request: int) -> None:
        """A client that did not hear the answer, or has two sockets, or is confused."""
        mine = [
            (device, one)
            for device in self.online()
            for one in self.crew.accepted
            if one.user == device.person.id and self.may_ask(device, one.topic)
        ]
        if mine:
            self.do(self.crew.repeat(*mine[request * 7 % len(mine)]))

    def may_ask(self, device: Device, topic: str) -> bool:
        """Whether the device is in the topic, and is not about to be put out of it."""
        talks = [talk for talk in self.crew.conversations if device.person.id in talk.members]
        return topic == SYSTEM or topic in {conversation(talk.id) for talk in talks if talk.id in device.joined}

    @rule(where=some, server=st.integers(0, 1))
    def send_and_vanish(self, where: int, server: int) -> None:
        if found := self.inside(where):
            self.do(self.crew.send_and_vanish(*found, server))

    @rule(where=some)
    def ask_with_a_wrong_cursor(self, where: int) -> None:
        if found := self.inside(where):
            who, there = found
            for request in ({"cursor": there.head + 1}, {"cursor": 0, "epoch": "another"}):
                self.do(_refused(who, there, request))

    # --- everything -------------------------------------------------------------------------------------------------

    @rule()
    def check(self) -> None:
        if self.crew.moves:
            self.do(check_everything(self.crew))
            self.crew.moves = 0


async def _refused(who: Device, there: Conversation, request: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        await who.socket.ask(conversation(there.id), "sync", request)
    assert refused.value.reason == "cursor_expired"
