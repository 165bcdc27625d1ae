"""Who is typing where: told when it begins, and that it is over also when a socket goes."""

from __future__ import annotations

from hubbub.actions.publishing import Publisher
from hubbub.gateway.channel import Socket


class Typing:
    """`who` is the id that others know the typist by in that conversation."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._typing: dict[str, set[Socket]] = {}

    def start(self, socket: Socket, conversation_id: str, who: str) -> None:
        self._typing.setdefault(conversation_id, set()).add(socket)
        self._publisher.to_conversation(conversation_id, "start_typing", {"user_id": who})

    def stop(self, socket: Socket, conversation_id: str, who: str) -> None:
        typing = self._typing.get(conversation_id, set())
        typing.discard(socket)
        if not typing:
            self._typing.pop(conversation_id, None)
        self._publisher.to_conversation(conversation_id, "finish_typing", {"user_id": who})

    def types(self, socket: Socket, conversation_id: str) -> bool:
        return socket in self._typing.get(conversation_id, ())
