"""What one user and one socket may send, where limits are on: refused above, and nothing else is harmed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from tests.people import People, conversation, start_open_group
from tests.server import ServerProcess


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Three writes a user, and then hardly any."""
    environment = {
        "HUBBUB_RATE_LIMITS": "on",
        "HUBBUB_MESSAGE_BURST": "3",
        "HUBBUB_MESSAGES_PER_SECOND": "0.001",
    }
    with ServerProcess(tmp_path_factory.mktemp("limited"), environment=environment) as server:
        yield server


@pytest.fixture
async def people(limited: ServerProcess) -> AsyncIterator[People]:
    async with People(limited) as people:
        yield people


async def test_who_writes_too_much_is_refused_and_the_others_are_not(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive()
    topic = conversation(await start_open_group(a, bob))
    await a.join(topic)
    await b.join(topic)
    for number in range(3):
        await a.ask(topic, "send_message", {"content": str(number)})
    status, response = await a.push(topic, "send_message", {"content": "one more", "id": ada.id})
    assert (status, response["reason"], response["id"]) == ("error", "rate_limited", ada.id)
    assert response["retry_after"] > 0
    assert (await a.push(topic, "read_conversation")).response["reason"] == "rate_limited"
    await b.ask(topic, "send_message", {"content": "me"})
    assert (await a.wait_for(topic, "new_message", lambda push: push["message"]["sender"] == bob.id))["message"]
    assert [push["message"]["content"] for push in a.heard(topic, "new_message")] == ["0", "1", "2", "me"]


async def test_a_socket_that_floods_is_closed_and_the_others_are_not(people: People) -> None:
    [bob] = await people.sign_up("Bob")
    b = await bob.arrive()
    flooding = await people.open()
    with contextlib.suppress(ConnectionClosed):
        for _ in range(20_000):
            await flooding.send_raw('[null,"1","phoenix","heartbeat",{}]')
    assert await flooding.wait_closed() == 4029
    assert (await b.heartbeat()).status == "ok"
