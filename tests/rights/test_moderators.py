"""Who acts on whom: every deed of moderation, by everyone, on everyone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import httpx
import pytest

from tests.people import PASSWORD, SYSTEM, People, Person, Server, conversation, start_channel, start_open_group
from tests.server import Cluster, ServerProcess, promote

OK: Final = "ok"
NO: Final = "forbidden"
OUT: Final = "not_member"
# Who tries. `former` was a moderator and has left; `admin` is none of the conversation.
ACTORS: Final = ("owner", "moderator", "member", "former", "outsider", "guest", "admin")
BY_MODERATORS: Final = (OK, OK, NO, OUT, OUT, "unauthorized", OK)
BY_OWNER: Final = (OK, NO, NO, OUT, OUT, "unauthorized", OK)
BY_ADMIN: Final = (NO, NO, NO, OUT, OUT, "unauthorized", OK)


class Deed(NamedTuple):
    """`path` below /api/conversations/{id}; `expected` by what the subject is."""

    method: str
    path: str
    body: dict[str, Any] | None
    expected: Mapping[str, tuple[str, ...]]


ON_OTHERS = {"subject": BY_MODERATORS, "other moderator": BY_OWNER, "owner": BY_ADMIN}
DEEDS: Final = [
    Deed("PUT", "members/{user}", {"role": "moderator"}, {"subject": BY_OWNER, "owner": BY_ADMIN}),
    Deed("PUT", "members/{user}", {"role": "member"}, {"other moderator": BY_OWNER}),
    Deed("DELETE", "members/{user}", None, {"subject": BY_MODERATORS, "other moderator": BY_OWNER}),
    Deed("PUT", "sanctions/{user}/mute", {"reason": "Loud"}, ON_OTHERS),
    Deed("DELETE", "sanctions/{user}/mute", None, ON_OTHERS),
    Deed("PUT", "sanctions/{user}/ban", {"reason": "Rude"}, {"subject": BY_MODERATORS, "other moderator": BY_OWNER}),
    Deed("DELETE", "sanctions/{user}/ban", None, ON_OTHERS),
    Deed("GET", "sanctions", None, {"subject": BY_MODERATORS}),
    Deed("PUT", "messages/{message}/removal", {"reason": "Rude"}, ON_OTHERS),
]
CASES = [(deed, who) for deed in DEEDS for who in deed.expected]
each_case = pytest.mark.parametrize(
    ("deed", "who"), CASES, ids=[f"{deed.method} {deed.path} of {who}" for deed, who in CASES]
)


NAMES: Final = ("owner", "moderator", "member", "former", "outsider", "admin", "subject", "other moderator")


class Scene:
    """A conversation of all who are in it, begun at `home`; deeds are done at `asked`."""

    def __init__(self, people: People, cast: dict[str, Person], kind: str) -> None:
        self._people = people
        self._cast = cast
        self._kind = kind
        self.id = ""

    async def set(self) -> None:
        owner = self._cast["owner"]
        inside = [self._cast[name] for name in ("moderator", "member", "former", "subject", "other moderator")]
        async with await owner.connect() as socket:
            await socket.join(SYSTEM)
            channel = self._kind == "channel"
            self.id = await (start_channel(owner, *inside) if channel else start_open_group(socket, *inside))
        for name in ("moderator", "former", "other moderator"):
            answer = await owner.put(f"{self.path}/members/{self._cast[name].id}", {"role": "moderator"})
            assert answer.status_code == 204, answer.text
        async with await self._cast["former"].connect() as leaving:
            await leaving.join(conversation(self.id))
            await leaving.ask(conversation(self.id), "leave_conversation")

    @property
    def path(self) -> str:
        return f"/api/conversations/{self.id}"

    async def say(self, who: str) -> str:
        async with await self._cast[who].connect() as socket:
            await socket.join(conversation(self.id))
            answer = await socket.ask(conversation(self.id), "send_message", {"content": "hello"})
        return str(answer["message"]["message_group"])

    async def outcome(self, deed: Deed, actor: str, who: str) -> str:
        message = await self.say(who) if "{message}" in deed.path else ""
        path = f"{self.path}/{deed.path.format(user=self._cast[who].id, message=message)}"
        headers = {"Authorization": f"Bearer {self._cast[actor].token}"} if actor != "guest" else {}
        answer = await self._people.http.request(deed.method, path, json=deed.body, headers=headers)
        return str(answer.json()["code"]) if answer.is_error else OK


def sign_up_cast(server: ServerProcess) -> dict[str, dict[str, Any]]:
    answers = {}
    for name in NAMES:
        email = f"{name.replace(' ', '.')}.{secrets.token_hex(6)}@example.com"
        body = {"email": email, "password": PASSWORD, "display_name": name}
        answers[name] = httpx.post(f"{server.url}/auth/register", json=body).json()
    promote(server, answers["admin"]["user"]["email"])
    return answers


@pytest.fixture(scope="module")
def cast(server: ServerProcess) -> dict[str, dict[str, Any]]:
    return sign_up_cast(server)


@pytest.fixture(scope="module")
def cast_of_two(cluster: Cluster) -> dict[str, dict[str, Any]]:
    return sign_up_cast(cluster.first)


@each_case
async def test_with_sqlite(deed: Deed, who: str, server: ServerProcess, cast: dict[str, dict[str, Any]]) -> None:
    await everyone_tries(deed, who, "open", server, server, cast)


@each_case
async def test_with_two_processes(
    deed: Deed, who: str, cluster: Cluster, cast_of_two: dict[str, dict[str, Any]]
) -> None:
    await everyone_tries(deed, who, "channel", cluster.first, cluster.second, cast_of_two)


async def everyone_tries(
    deed: Deed, who: str, kind: str, home: Server, asked: Server, cast: dict[str, dict[str, Any]]
) -> None:
    """Those who may not try first; each of the others in a conversation of its own, as what is done is done."""
    async with People(home) as people, People(asked) as elsewhere:
        persons = {name: Person(people, answer, PASSWORD) for name, answer in cast.items()}
        outcomes = {}
        scene = Scene(elsewhere, persons, kind)
        for actor, expected in sorted(zip(ACTORS, deed.expected[who], strict=True), key=lambda pair: pair[1] == OK):
            if expected == OK or not scene.id:
                scene = Scene(elsewhere, persons, kind)
                await scene.set()
            outcomes[actor] = await scene.outcome(deed, actor, who)
        assert outcomes == dict(zip(ACTORS, deed.expected[who], strict=True))
