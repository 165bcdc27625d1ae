"""What arrives is no frame, or not one of Phoenix: the refusal closes no more than it must."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bad_input.raw import BINARY, CLOSE, PING, TEXT, RawSocket, frame, request
from tests.bad_input.scene import CANARY, Scene, works
from tests.people import People
from tests.phoenix import V1, V2
from tests.server import ServerProcess

HEARTBEAT = b'[null,"1","phoenix","heartbeat",{}]'
FIN = 0x80

PROTOCOL_ERRORS = {
    "not masked": (1002, frame(TEXT, HEARTBEAT, masked=False)),
    "flagged as deflated": (1002, frame(TEXT, HEARTBEAT, first=FIN | 0x40)),
    "another reserved bit": (1002, frame(TEXT, HEARTBEAT, first=FIN | 0x10)),
    "reserved opcode": (1002, frame(3, HEARTBEAT)),
    "continuation of nothing": (1002, frame(0, HEARTBEAT)),
    "a message within a message": (1002, frame(TEXT, b"[", first=0) + frame(TEXT, HEARTBEAT)),
    "ping in pieces": (1002, frame(PING, b"", first=0)),
    "ping too long": (1002, frame(PING, b"x" * 126)),
    "close with half a code": (1002, frame(CLOSE, b"\x03")),
    "close with a code that never travels": (1002, frame(CLOSE, b"\x03\xed")),
    "no UTF-8": (1007, frame(TEXT, b"\xff")),
    "announced too large": (1009, frame(TEXT, announced=256 * 1024 + 1)),
    "announced impossible": (1002, frame(TEXT, announced=2**63)),
    "a megabyte": (1009, frame(TEXT, b'[null,"1","phoenix","heartbeat","%b"]' % (b"x" * 1_000_000))),
    "too large in pieces": (1009, frame(TEXT, b"[" * 200_000, first=0) + frame(0, b"[" * 200_000)),
}


@pytest.mark.parametrize(("code", "data"), PROTOCOL_ERRORS.values(), ids=PROTOCOL_ERRORS)
async def test_a_broken_frame_closes_its_socket_alone(scene: Scene, code: int, data: bytes) -> None:
    async with scene.unchanged(), await RawSocket.open(scene.server, scene.ada.token) as socket:
        await socket.send(data)
        assert await socket.close_code() == code
    await works(scene.a)
    await works(await scene.ada.connect())


async def test_half_of_anything_and_then_nothing(scene: Scene) -> None:
    whole = request(scene.server)
    async with scene.unchanged():
        for half in (b"GET", whole[:-2], whole[:30]):
            async with await RawSocket.connect(scene.server) as socket:
                await socket.send(half)
        push = frame(TEXT, json.dumps([None, "1", scene.open_topic, "send_message", {"content": CANARY}]).encode())
        for half in (push[:1], push[:7], push[:-1], frame(TEXT, push, first=0)):
            async with await RawSocket.open(scene.server, scene.ada.token) as socket:
                await socket.send(half)
    await works(scene.a)


async def test_binary_frames_are_refused_and_the_socket_stands(server: ServerProcess) -> None:
    async with await RawSocket.open(server) as socket:
        await socket.send(frame(BINARY, b"\x00\x01\x02") + frame(TEXT, HEARTBEAT))
        refused = json.loads((await socket.receive())[1])
        assert refused[4]["response"]["reason"] == "binary_unsupported"
        assert json.loads((await socket.receive())[1])[4] == {"status": "ok", "response": {}}


async def test_compression_is_never_agreed_on(server: ServerProcess) -> None:
    async with await RawSocket.connect(server) as socket:
        offer = ("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",)
        answer = await socket.ask(request(server, headers=offer))
        assert answer.status == 101
        assert "sec-websocket-extensions" not in answer.headers


NOT_PHOENIX: list[str] = [
    *("", " ", "null", "true", "7", '"text"', "[]", "{}", "[[]]", "nonsense", "[", "\ufeff[]", "[1,2,3]"),
    '[null,"1","phoenix","heartbeat"]',
    '[null,"1","phoenix","heartbeat",{},{}]',
    '[null,true,"phoenix","heartbeat",{}]',
    '[null,1.5,"phoenix","heartbeat",{}]',
    '[null,{},"phoenix","heartbeat",{}]',
    '[null,"1",null,"heartbeat",{}]',
    '[null,"1","phoenix",7,{}]',
    '[null,"1","phoenix","heartbeat",{]',
    "[" * 100_000,
    "[null," + "9" * 6000 + ',"phoenix","heartbeat",{}]',
    '{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}',
]


async def test_what_is_not_phoenix_is_refused_and_the_socket_stands(server: ServerProcess) -> None:
    async with People(server) as people:
        client = await people.open()
        for text in NOT_PHOENIX:
            await client.send_raw(text)
            refused = await client.wait_for_frame(lambda frame: frame.event == "phx_reply")
            assert refused.payload["response"]["reason"] == "malformed_frame", text[:80]
            await works(client)


@pytest.mark.parametrize("vsn", [V1, V2])
async def test_who_sent_what_cannot_be_read_gets_the_answer_to_their_ref(scene: Scene, vsn: str) -> None:
    """A client that waits for an answer in vain would send the same again and again."""
    client = await scene.ada.connect(vsn=vsn)
    await client.join(scene.open_topic)
    unreadable = {
        "half a character at the end": (r'{"content":"\ud83d"}', "invalid_text"),
        "the other half": (r'{"content":"a\ude00b"}', "invalid_text"),
        "half a name": (r'{"content":"x","\ud83d":"somewhat longer"}', "invalid_text"),
        "no number": ('{"content":NaN}', "malformed_frame"),
        "deep": ('{"content":' + "[" * 5000 + "]" * 5000 + "}", "malformed_frame"),
    }
    async with scene.unchanged():
        for number, (what, (payload, reason)) in enumerate(unreadable.items()):
            ref = f"lost-{number}"
            await client.send_raw(raw_frame(vsn, ref, scene.open_topic, payload))
            if what == "deep":  # too deep to find its ref in
                refused = await client.reply_to("phoenix", None)
            else:
                refused = await client.reply_to(scene.open_topic, ref)
            assert (refused.status, refused.response["reason"]) == ("error", reason), what
            await works(client)


def raw_frame(vsn: str, ref: str, topic: str, payload: str) -> str:
    if vsn == V1:
        return f'{{"topic":"{topic}","event":"send_message","payload":{payload},"ref":"{ref}"}}'
    return f'[null,"{ref}","{topic}","send_message",{payload}]'


async def test_the_last_of_two_equal_keys_counts(scene: Scene) -> None:
    pushed = raw_frame(V2, "twins", scene.open_topic, '{"content":"one","content":"two"}')
    await scene.a.send_raw(pushed)
    answer = await scene.a.reply_to(scene.open_topic, "twins")
    assert answer.response["message"]["content"] == "two"


async def test_refs_are_echoed_as_they_came(server: ServerProcess) -> None:
    refs: list[Any] = [0, -1, 2**64, "", "x" * 1000, "\0", None]
    async with People(server) as people:
        client = await people.open()
        for ref in refs:
            await client.send(None, ref, "phoenix", "heartbeat", {})
            assert (await client.reply_to("phoenix", ref)).status == "ok"
