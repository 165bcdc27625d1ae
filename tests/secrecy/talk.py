"""Ada and Bob in a sealed conversation: all that two people do who know each other, with a canary in every word.

Their clients keep to the protocol, and then, by mistakes that the server has to refuse, do not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from argon2.low_level import Type, hash_secret_raw

from hubbub.wire.ids import new_id
from hubbub.wire.signing import b64u, b64u_decode
from tests.keyed import Keyed, Password
from tests.people import SYSTEM, People, Person, Server, conversation
from tests.phoenix import Client
from tests.sealing import Document, Identity, Sealed, head_after


def stretched(typed: str) -> Password:
    """What becomes of a typed password before anything of it is sent."""
    password = Password()
    kdf = password.kdf
    raw = hash_secret_raw(typed.encode(), b64u_decode(kdf["salt"]), kdf["t"], kdf["m"], kdf["p"], 64, Type.ID)
    password.secret, password.key = b64u(raw[:32]), raw[32:]
    return password


class Talk:
    """`canary` stands in all that nobody but the two may read, `control` in what everybody may.

    `never` is what the server was sent and must keep nowhere, `opaque` what it must keep under its vault key alone.
    """

    def __init__(self, people: People, doors: Sequence[Server], *, canary: str, control: str) -> None:
        self._people = people
        self._doors = doors
        self._canary = canary
        self._control = control
        self.id = new_id()
        self.sealed: list[str] = []
        self.never: set[str] = {canary}
        self.opaque: set[str] = set()

    @property
    def topic(self) -> str:
        return conversation(self.id)

    async def happen(self) -> None:
        """Everything; both stay connected."""
        await self._sign_up()
        await self._begin()
        await self._speak()
        await self._look_back()
        await self._mistakes()
        await self._change_password()

    # --- accounts -------------------------------------------------------------------------------------------------

    async def _sign_up(self) -> None:
        self.ada_keyed, self.ada = await self._register("ada")
        self.bob_keyed, self.bob = await self._register("bob")
        self.a = await self.ada.arrive(to=self._doors[0])
        self.b = await self.bob.arrive(to=self._doors[-1])
        answer = await self.ada.patch("/api/profile", {"about": f"about {self._control}"})
        assert answer.status_code == 200, answer.text

    async def _register(self, name: str) -> tuple[Keyed, Person]:
        keyed = Keyed(f"{name}@{self._control}.example")
        keyed.password = stretched(f"{self._canary} of {name}")
        body = keyed.registration(display_name=f"{name} {self._control}")
        self.never.add(keyed.password.secret)
        self.opaque |= {slot["ct"] for slot in body["slots"].values()}
        self.opaque |= {json.loads(body["identity"]["wrapped_seed"])["ct"], body["user_key"]["private_key"]["ct"]}
        answer = await self._people.http.post("/auth/register", json=body)
        assert answer.status_code == 200, answer.text
        return keyed, Person(self._people, answer.json(), keyed.password.secret)

    async def _change_password(self) -> None:
        """Ends every sign-in; then another device, and words for recovery made anew."""
        new = stretched(f"another {self._canary}")
        self.never.add(new.secret)
        change = self.ada_keyed.password_change(new)
        self.opaque.add(change["slot"]["ct"])
        assert (await self.ada.patch("/api/password", change)).status_code == 204
        self.ada.password = new.secret
        await self.ada.sign_in()
        slot = self.ada_keyed.recovery_slot()
        self.opaque.add(slot["ct"])
        body = {"slots": {"recovery": slot}, "password": new.secret}
        assert (await self.ada.post("/api/keys", body)).status_code == 200

    # --- the conversation -----------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        ada, bob = self.ada_keyed.identity, self.bob_keyed.identity
        self.links = ada.found(self.id, [bob])
        private = ada.private_key(self.id)
        self.opaque.add(private["ct"])
        payload = {
            "other_user_id": bob.user,
            "id": self.id,
            "public_key": ada.public_key(self.id),
            "private_key": private,
            "links": self.links,
        }
        assert await self.a.ask(SYSTEM, "start_private_conversation", payload) == {"conversation_id": self.id}
        await self.a.join(self.topic)
        await self.b.wait_for(self.bob.topic, "new_conversation")
        await self.b.join(self.topic)

    async def _speak(self) -> None:
        ada, bob = self.ada_keyed.identity, self.bob_keyed.identity
        text = {"text": f"hello {self._canary}"}
        first = await self._send(self.a, self._seal(ada, text, index=1))
        assert await self._heard(first) == text
        answer = {"text": f"{self._canary}!", "reply_to": first.header["message"]}
        await self._send(self.b, self._seal(bob, answer, index=2))
        liked = {"react": {"to": first.header["message"], "emoji": f":{self._canary}:", "on": True}}
        await self._send(self.b, self._seal(bob, liked, index=3))
        edit = self._seal(ada, f"hello again {self._canary}", index=1, rev=1, message=first.header["message"])
        await self.a.ask(
            self.topic, "edit_message", {"message_group_id": first.header["message"], **self._bodies(edit)}
        )
        gone = await self._send(self.a, self._seal(ada, f"never mind {self._canary}", index=4))
        await self.a.ask(self.topic, "delete_message", {"message_group_id": gone.header["message"]})
        self.sealed.remove(gone.sealed)
        self.sealed.remove(first.sealed)
        self.sealed.append(edit.sealed)

    def _seal(self, author: Identity, body: Any, *, index: int, rev: int = 0, message: str | None = None) -> Sealed:
        return author.seal(
            body,
            conversation=self.id,
            message=message or new_id(),
            members=head_after(self.id, None, *self.links),
            recipients={
                self.ada.id: self.ada_keyed.identity.public_key(self.id),
                self.bob.id: self.bob_keyed.identity.public_key(),
            },
            index=index,
            rev=rev,
        )

    async def _send(self, client: Client, sealed: Sealed) -> Sealed:
        await client.ask(self.topic, "send_message", self._request(sealed))
        self.sealed.append(sealed.sealed)
        return sealed

    def _request(self, sealed: Sealed) -> Document:
        header = sealed.header
        place = {"id": header["message"], "device_id": header["device"], "index": header["index"]}
        return {**place, "position": header["position"], **self._bodies(sealed)}

    @staticmethod
    def _bodies(sealed: Sealed) -> Document:
        return {"sealed": sealed.sealed, "encrypted_messages": sealed.encrypted_messages}

    async def _heard(self, sealed: Sealed) -> Document:
        """What Bob makes of the push: shows that it is the canary that went through the server."""
        push = await self.b.wait_for(self.bob.topic, "new_message")
        message = push["message"]
        assert message["sealed"] == sealed.sealed
        ada, bob = self.ada_keyed.identity, self.bob_keyed.identity
        return bob.open(message["sealed"], message["content"], author=ada, own_key=True)

    async def _look_back(self) -> None:
        for path in ("/api/messages", "/api/sync"):
            answer = await self.bob.get(path, conversation_id=self.id)
            assert answer.status_code == 200, answer.text
            assert self.sealed[0] in answer.text
        await self.b.ask(self.topic, "read_conversation")
        await self.b.ask(self.topic, "start_typing")

    # --- mistakes -------------------------------------------------------------------------------------------------

    async def _mistakes(self) -> None:
        """What clients send that forgot to seal, or to stretch: the server reads it, refuses it, and forgets it."""
        canary = f"not sealed {self._canary}"
        copies = dict.fromkeys((self.ada.id, self.bob.id), canary)
        good = self._request(self._seal(self.ada_keyed.identity, canary, index=5))
        for event, payload in (
            ("send_message", {"content": canary}),
            ("send_message", {"encrypted_messages": copies}),
            ("send_message", {**good, "sealed": canary}),
            ("send_message", {**good, "sealed": f"{good['sealed']}.{canary}"}),
            ("send_message", {**good, "encrypted_messages": copies}),
            ("send_message", {**good, "reply_to": canary}),
            ("edit_message", {"message_group_id": good["id"], "content": canary}),
            ("react", {"message_group_id": good["id"], "emoji": canary}),
            (canary, {}),
        ):
            assert (await self.a.push(self.topic, event, payload)).status == "error", (event, payload)
        await self.a.send_raw(f'[1,2,"{canary}"')
        login = {"email": self.ada_keyed.email, "password": canary}
        assert (await self._people.http.post("/auth/login", json=login)).status_code == 401
        typed = Keyed(f"eve@{self._control}.example").registration(password=canary)
        assert (await self._people.http.post("/auth/register", json=typed)).status_code == 400
        wrong = {"password": canary, "slots": {"recovery": self.ada_keyed.recovery_slot()}}
        assert (await self.ada.post("/api/keys", wrong)).status_code == 401
        assert (await self.ada.get(f"/api/users/{canary}")).status_code in (400, 404)
        assert (await self.ada.get("/api/users", q=canary)).status_code == 200
