"""`/ws/chat`: the lobby in seed 004's words. Behind the words everything is as on the other socket."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hubbub.actions.publishing import conversation_topic
from hubbub.auth.api_tokens import is_api_token
from hubbub.gateway.channel import Channel
from hubbub.gateway.dispatch import Joined, submit
from hubbub.gateway.websocket import text_frame
from hubbub.storage import users
from hubbub.storage.engine import Reader
from hubbub.storage.lobby import LOBBY_ID
from hubbub.wire.errors import CloseCode, Refusal, TokenOfAnother, Unauthorized
from hubbub.wire.events import Payload, SendMessage
from hubbub.wire.frames import encode
from hubbub.wire.livechat import Auth, Authenticated, MessageFailed, Ping, Pong, Say, Stale, chat_user, decoded

if TYPE_CHECKING:
    from hubbub.gateway.connection import Connection

TOPIC = conversation_topic(LOBBY_ID)
SCHEME = "Bearer "  # clients send what the header Authorization had, as it stood there
PONG = text_frame(encode(Pong()))
STALE = text_frame(encode(Stale()))


class ChatDoor:
    """Lets sockets into the lobby at once, and takes their frames. `conversations` serves the lobby's topic."""

    def __init__(self, conversations: Channel, reader: Reader) -> None:
        self._conversations = conversations
        self._reader = reader
        self._send = conversations.events["send_message"]

    def opened(self, connection: Connection) -> None:
        connection.answer = self.answer
        connection.run(self._listen(connection))

    async def _listen(self, connection: Connection) -> None:
        topic = await connection.gateway.topics.join(TOPIC, connection)
        if connection.phase != connection.OPEN:
            connection.gateway.topics.leave(topic, connection)
            return
        connection.topics = {topic: Joined(topic, None, self._conversations)}
        await self._conversations.joined(connection, LOBBY_ID)

    def answer(self, connection: Connection, text: bytes) -> None:
        """Take one frame; every answer and every failure goes to this socket alone."""
        try:
            asked = decoded(text)
        except Refusal as refusal:
            _failed(connection, refusal)
            return
        if isinstance(asked, Ping):
            connection.push(PONG, 1)
        elif isinstance(asked, Auth):
            connection.run(self._sign_in(connection, asked))
        else:
            self._say(connection, asked)

    async def _sign_in(self, connection: Connection, asked: Auth) -> None:
        token = asked.token.removeprefix(SCHEME)
        if is_api_token(token):  # the other socket is for programs
            connection.push(STALE, 1)
            return
        try:
            connection.gateway.renew(connection, Payload(token=token))
        except TokenOfAnother:
            connection.close(CloseCode.SIGN_IN_AGAIN, "signed in as another user; reconnect")
        except Unauthorized:
            connection.push(STALE, 1)
        else:
            await self._welcome(connection)

    async def _welcome(self, connection: Connection) -> None:
        user = connection.user_id or ""
        try:
            author = (await self._reader.run(users.authors, [user])).get(user)
        except Refusal as refusal:
            _failed(connection, refusal)
            return
        if author is not None:
            connection.push(text_frame(encode(Authenticated(user=chat_user(author)))), 1)

    def _say(self, connection: Connection, said: Say) -> None:
        joined = (connection.topics or {}).get(TOPIC)
        if joined is None:
            _failed(connection, Unauthorized())
            return
        payload = SendMessage(content=said.message, subject=said.subject)
        submit(connection, joined, self._send, payload, partial(_sent, connection))


def _sent(connection: Connection, response: Any) -> None:
    """Who sent it hears it with everyone else."""
    if isinstance(response, Refusal):
        _failed(connection, response)


def _failed(connection: Connection, refusal: Refusal) -> None:
    connection.push(text_frame(encode(MessageFailed(reason=refusal.code))), 1)
