"""Guests who never read while the lobby talks a lot: they are let go, and nobody else notices (seed 004)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from tests.chat import Chat
from tests.faults.test_slow_reader import await_metric
from tests.people import People, conversation
from tests.server import ServerProcess

LOBBY = "00000000-0000-7000-8000-006c6f626279"
TALK = 300
PADDING = "🐢" * 3900  # 16 KB a message
TINY = 4096  # bytes that the sleeper's kernel takes


async def test_a_slow_guest_never_slows_the_others(tmp_path: Path) -> None:
    """ "Each LiveChat socket has its own channel...": on either door."""
    with ServerProcess(tmp_path, environment={"HUBBUB_MAX_UNSENT": "65536"}) as server:
        async with People(server) as people, contextlib.AsyncExitStack() as opened:
            [ada] = await people.sign_up("Ada")
            listener = await opened.enter_async_context(await Chat.connect(server))
            sleepers = [await _sleeper(server, path) for path in ("/ws/chat", "/socket/websocket?vsn=2.0.0")]
            await sleepers[1].send(f'["1","1","conversation:{LOBBY}","phx_join",{{}}]')
            for sleeper in sleepers:
                sleeper.transport.pause_reading()
                opened.callback(sleeper.transport.abort)
            speaker = await ada.connect()
            await speaker.join(conversation(LOBBY))
            for number in range(TALK):
                await speaker.ask(conversation(LOBBY), "send_message", {"content": f"{number} {PADDING}"})
            await listener.wait_for("message", lambda heard: heard["message"].startswith(f"{TALK - 1} "))
            heard = [message["message"].split()[0] for message in listener.heard if message["type"] == "message"]
            assert heard == [str(number) for number in range(TALK)]
            await await_metric(server, "socket_pushes_dropped_total", len(sleepers))
            await listener.say("ping")
            await listener.wait_for("pong")


async def _sleeper(server: ServerProcess, path: str) -> ClientConnection:
    reluctant = socket.socket()
    reluctant.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TINY)
    reluctant.setblocking(False)
    await asyncio.get_running_loop().sock_connect(reluctant, ("127.0.0.1", server.port))
    url = f"ws://127.0.0.1:{server.port}{path}"
    return await connect(url, sock=reluctant, compression=None, max_size=None, ping_interval=None, proxy=None)
