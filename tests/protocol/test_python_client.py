"""`phoenix-channels-python-client` from PyPI, unmodified, in its version 1 mode.

The token is in the URL. It joins, listens, leaves, and comes back by itself after the server did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from phoenix_channels_python_client import PhoenixChannelsProtocolVersion, PHXChannelsClient, ReconnectPolicy
from phoenix_channels_python_client.exceptions import PHXConnectionError, PHXTopicError

from tests.people import People, Person, conversation, copies, start_private
from tests.phoenix import Client
from tests.protocol.conftest import Doors
from tests.server import ServerProcess

PATIENCE = 20.0
# Its own pauses are meant for servers that many clients come back to.
AT_ONCE = ReconnectPolicy(
    base_delay_s=0.05,
    max_delay_s=0.2,
    service_restart_min_delay_s=0,
    service_restart_max_delay_s=0.1,
    rapid_first_min_delay_s=0,
    rapid_second_min_delay_s=0,
    rapid_cooldown_base_s=0,
    rapid_cooldown_step_s=0,
    rapid_cooldown_max_s=0,
    rapid_suppress_disconnect_count=0,
)


class Ears:
    """What came on a topic, kept until it is asked for."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[Any] = asyncio.Queue()

    async def hear(self, message: Any) -> None:
        await self._messages.put(message)

    async def next(self, event: str) -> Any:
        """The payload of the next such event."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self._messages.get()
                if str(message.event) == event:
                    return message.payload


def client_of(person: Person, server: ServerProcess, on_reconnect: Callable[[], Awaitable[None]] | None = None) -> Any:
    return PHXChannelsClient(
        f"{server.ws_url}/websocket?token={person.token}",
        "no key",
        protocol_version=PhoenixChannelsProtocolVersion.V1,
        reconnect_policy=AT_ONCE,
        on_reconnect=on_reconnect,
    )


async def say(client: Client, topic: str, text: str, *people: Person) -> None:
    await client.ask(topic, "send_message", {"encrypted_messages": copies(text, *people)})


async def test_it_joins_listens_and_leaves(people: People, doors: Doors) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    a = await ada.arrive()
    topic = conversation(await start_private(a, bob))
    await a.join(topic)
    ears, reading = Ears(), Ears()
    async with client_of(bob, doors.second) as client:
        await client.subscribe_to_topic(bob.topic, ears.hear)
        await client.subscribe_to_topic(topic, reading.hear)
        await say(a, topic, "hello", ada, bob)
        received = (await ears.next("new_message"))["message"]
        assert received["content"] == f"hello for {bob.id}"
        await a.ask(topic, "delete_message", {"message_group_id": received["message_group"]})
        assert (await reading.next("delete_message"))["message_group_id"] == received["message_group"]

        await client.unsubscribe_from_topic(topic)
        assert not client.is_topic_joined(topic)
        await client.subscribe_to_topic(topic, reading.hear)
        await a.ask(topic, "start_typing")
        assert (await reading.next("start_typing"))["user_id"] == ada.id


async def test_what_it_may_not_join_is_refused(people: People, doors: Doors) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    async with client_of(bob, doors.second) as client:
        with pytest.raises(PHXTopicError, match="forbidden"):
            await client.subscribe_to_topic(ada.topic)
        with pytest.raises(PHXTopicError, match="unmatched topic"):
            await client.subscribe_to_topic("weather:tomorrow")


async def test_a_bad_token_is_refused_for_good(people: People, doors: Doors) -> None:
    [ada] = await people.sign_up("Ada")
    ada.answer["auth_token"] = "no.to.ken"
    with pytest.raises(PHXConnectionError, match="403"):
        async with client_of(ada, doors.first):
            pass


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_it_comes_back_after_the_server_did(mortal: ServerProcess, end: str) -> None:
    returned = asyncio.Event()

    async def on_reconnect() -> None:
        returned.set()

    async with People(mortal) as people:
        ada, bob = await people.sign_up("Ada", "Bob")
        topic = conversation(await start_private(await ada.arrive(), bob))
        ears = Ears()
        async with client_of(bob, mortal, on_reconnect) as client:
            await client.subscribe_to_topic(bob.topic, ears.hear)
            await client.subscribe_to_topic(topic, Ears().hear)
            await asyncio.to_thread(mortal.kill if end == "kill" else mortal.stop)
            await asyncio.to_thread(mortal.start)
            await asyncio.wait_for(returned.wait(), PATIENCE)
            assert client.is_topic_joined(bob.topic)
            assert client.is_topic_joined(topic)
            await say(await ada.arrive(topic.removeprefix("conversation:")), topic, "still here", ada, bob)
            assert (await ears.next("new_message"))["message"]["content"] == f"still here for {bob.id}"
