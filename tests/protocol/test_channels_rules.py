"""The rules of joining, leaving and answering that clients rely on (Hubbub protocol, section 1), frame by frame."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.people import PASSWORD, SYSTEM, People, conversation, start_open_group
from tests.phoenix import V1, V2, Client, Frame, Reply
from tests.protocol.conftest import Doors
from tests.server import ServerProcess

REPLY, CLOSE = "phx_reply", "phx_close"


@pytest.fixture
def doors(server: ServerProcess) -> Doors:
    """One process is enough for what concerns one socket."""
    return Doors(server, server)


@pytest.fixture(scope="package")
def token(server: ServerProcess) -> str:
    """Of somebody who has many sockets: what concerns one of them concerns no other."""
    body = {"email": "many@example.com", "password": PASSWORD}
    return str(httpx.post(f"{server.url}/auth/register", json=body, trust_env=False).json()["auth_token"])


@pytest.fixture(params=[V2, V1], ids=["v2", "v1"])
async def client(request: pytest.FixtureRequest, people: People, token: str) -> Client:
    """A signed-in socket, in no topic."""
    return await people.open(token=token, vsn=request.param)


def of(client: Client, topic: str, *events: str) -> list[tuple[Any, Any, str]]:
    """`(join_ref, ref, event)` of such frames."""
    return [(frame.join_ref, frame.ref, frame.event) for frame in client.frames if is_one(frame, topic, *events)]


def is_one(frame: Frame, topic: str, *events: str) -> bool:
    return frame.topic == topic and frame.event in events


async def test_a_second_join_closes_the_first_and_then_answers(client: Client) -> None:
    await client.send("7", "7", SYSTEM, "phx_join", {})
    await client.reply_to(SYSTEM, "7")
    await client.send("8", "8", SYSTEM, "phx_join", {})
    await client.reply_to(SYSTEM, "8")
    in_v1 = client.vsn == V1
    expected = [("7", "7", REPLY), ("7", "7", CLOSE), ("8", "8", REPLY)]
    assert of(client, SYSTEM, REPLY, CLOSE) == [(None if in_v1 else join, ref, event) for join, ref, event in expected]


async def test_leaving_is_answered_and_then_the_channel_closes(client: Client) -> None:
    await client.join(SYSTEM)
    assert await client.leave(SYSTEM) == Reply("ok", {})
    await client.wait_for(SYSTEM, CLOSE)
    assert [event for _, _, event in of(client, SYSTEM, REPLY, CLOSE)] == [REPLY, REPLY, CLOSE]
    status, response = await client.push(SYSTEM, "set_hidden", {"hidden": False})
    assert (status, response["reason"]) == ("error", "unmatched topic")


async def test_leaving_what_was_never_joined_is_no_error(client: Client) -> None:
    assert await client.leave(SYSTEM) == Reply("ok", {})
    assert await client.leave("nowhere:1") == Reply("ok", {})


async def test_an_unjoined_topic_is_unmatched(client: Client) -> None:
    await client.send("3", "4", SYSTEM, "set_hidden", {"hidden": False})
    status, response = await client.reply_to(SYSTEM, "4")
    assert (status, response["reason"]) == ("error", "unmatched topic")
    assert of(client, SYSTEM, REPLY) == [(None, "4", REPLY)]


@pytest.mark.parametrize("topic", ["nowhere:1", "system", "system:other", "room", ":", "conversation"])
async def test_a_topic_that_nobody_serves_is_unmatched(client: Client, topic: str) -> None:
    await client.send("1", "1", topic, "phx_join", {})
    status, response = await client.reply_to(topic, "1")
    assert (status, response["reason"]) == ("error", "unmatched topic")


@pytest.mark.parametrize("ref", ["7", 0, 12, None, "a ref of one's own"])
async def test_refs_come_back_with_their_type(client: Client, ref: Any) -> None:
    await client.send(ref, ref, SYSTEM, "phx_join", {})
    assert (await client.reply_to(SYSTEM, ref)).status == "ok"
    await client.send(None, ref, "phoenix", "heartbeat", {})
    assert await client.reply_to("phoenix", ref) == Reply("ok", {})


async def test_an_unknown_event_is_refused_and_the_channel_stands(client: Client) -> None:
    await client.join(SYSTEM)
    status, response = await client.push(SYSTEM, "dance", {})
    assert (status, response["reason"]) == ("error", "unknown_event")
    assert (await client.push(SYSTEM, "set_hidden", {"hidden": False})).status == "ok"


async def test_a_frame_of_an_earlier_join_is_ignored(people: People, token: str) -> None:
    client = await people.open(token=token)
    await client.send("1", "1", SYSTEM, "phx_join", {})
    await client.send("2", "2", SYSTEM, "phx_join", {})
    await client.send("1", "3", SYSTEM, "set_hidden", {"hidden": False})
    await client.send("1", "4", SYSTEM, "phx_leave", {})
    await client.send("2", "5", SYSTEM, "set_hidden", {"hidden": False})
    assert (await client.reply_to(SYSTEM, "5")).status == "ok"
    assert [ref for _, ref, _ in of(client, SYSTEM, REPLY)] == ["1", "2", "5"]


async def test_what_one_version_says_the_other_hears(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(vsn=V1), await bob.arrive(vsn=V2)
    topic = conversation(await start_open_group(a, bob))
    await a.join(topic)
    await b.join(topic)
    await b.ask(topic, "send_message", {"content": "from two to one"})
    await a.ask(topic, "send_message", {"content": "from one to two"})
    for client in (a, b):
        for text in ("from two to one", "from one to two"):
            assert (await client.wait_for(topic, "new_message"))["message"]["content"] == text


async def test_without_vsn_the_version_is_the_first(people: People, token: str) -> None:
    client = await people.open(token=token, vsn=None)
    await client.join(SYSTEM)
    assert client.frames[0].join_ref is None


@pytest.mark.parametrize("vsn", ["3.0.0", "2.0", "", "nonsense"])
async def test_another_version_is_refused(server: ServerProcess, vsn: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await Client.connect(server.ws_url, vsn=vsn)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("as_subprotocol", [False, True])
async def test_a_bad_token_is_refused_at_the_door(server: ServerProcess, as_subprotocol: bool) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await Client.connect(server.ws_url, "no.to.ken", as_subprotocol=as_subprotocol)
    assert refused.value.response.status_code == 403


async def test_binary_and_malformed_frames_are_refused_and_the_socket_stands(client: Client) -> None:
    reasons = []
    for data in (
        b"\0\0",
        b"",
        b"\0\xff\xff\xff\xff",
        b"\0\1\1\1\1\xff\xff\xff\xff",
        "no JSON",
        "[1,2]",
        "{}",
        "[]",
        '"text"',
    ):
        await client.send_raw(data)
        frame = await client.wait_for_frame(lambda frame: frame.topic == "phoenix")
        assert frame.payload["status"] == "error"
        reasons.append(frame.payload["response"]["reason"])
    assert reasons == ["binary_unsupported"] * 4 + ["malformed_frame"] * 5
    assert (await client.heartbeat()).status == "ok"
