"""The client's cryptography for a program of another language: one JSON object a line in, one out.

Run: python -m tests.client.crypto.peer. The commands are in `tests/vectors/README.md`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from hubbub.client.crypto.bodies import Body, ReactBody, TextBody
from hubbub.client.crypto.chain import ChainState, Named, advance, follow
from hubbub.client.crypto.identity import Known, judge_identity
from hubbub.client.crypto.keys import Judged, judge_key
from hubbub.client.crypto.machine import Machine
from hubbub.client.crypto.passwords import derive_secret
from hubbub.client.crypto.places import Held, Place, Shown
from hubbub.client.crypto.refused import Refused
from hubbub.client.crypto.safety_number import safety_number
from hubbub.wire.keys import IdentityKey
from hubbub.wire.links import Link
from hubbub.wire.resources import OwnKeys, OwnUserKey
from hubbub.wire.signing import b64u, b64u_decode

Arguments = dict[str, Any]
T = TypeVar("T")


class Peer:
    """Machines by name, and a method for each command."""

    def __init__(self) -> None:
        self.machines: dict[str, Machine] = {}

    def answer(self, request: Arguments) -> dict[str, Any]:
        """What one line says, done: `ok`, `refused` or `failed`."""
        arguments = dict(request)
        try:
            command: Callable[[Arguments], Any] = getattr(self, "do_" + arguments.pop("do"))
            return {"ok": msgspec.to_builtins(command(arguments))}
        except Refused as refused:
            return {"refused": refused.code, "sentence": refused.sentence}
        except Exception as error:  # noqa: BLE001 - the other side has to hear of every mistake
            return {"failed": repr(error)}

    def _machine(self, a: Arguments) -> Machine:
        return self.machines.setdefault(a["who"], Machine())

    # --- one's own keys ---------------------------------------------------------------------------------------

    def do_derive_secret(self, a: Arguments) -> Any:
        derived = derive_secret(a["password"], a["kdf"])
        return {"secret": derived.secret, "password_key": b64u(derived.password_key)}

    def do_create_account(self, a: Arguments) -> Any:
        return self._machine(a).create_account(a["user"], b64u_decode(a["password_key"]))._asdict()

    def do_unlock(self, a: Arguments) -> Any:
        return self._machine(a).unlock(own_keys(a["own_keys"]), b64u_decode(a["password_key"]))._asdict()

    def do_unlock_with_words(self, a: Arguments) -> Any:
        return self._machine(a).unlock_with_words(own_keys(a["own_keys"]), a["words"])._asdict()

    def do_new_conversation_key(self, a: Arguments) -> Any:
        return self._machine(a).new_conversation_key(a["conversation"], a["gen"])._asdict()

    def do_add_private_keys(self, a: Arguments) -> Any:
        rows = [_read({"inserted_at": "", **row}, OwnUserKey) for row in a["rows"]]
        return self._machine(a).add_private_keys(a["conversation"], rows)

    # --- members ----------------------------------------------------------------------------------------------

    def do_found(self, a: Arguments) -> Any:
        return self._machine(a).found(a["conversation"], _read(a["members"], list[Named]), a.get("approvals", 1))

    def do_link(self, a: Arguments) -> Any:
        state, member = _read(a["chain"], ChainState), _read(a["member"], Named)
        return self._machine(a).link(state, a["action"], member)

    def do_advance(self, a: Arguments) -> Any:
        return advance(
            _read(a["chain"], ChainState), _read(a["links"], list[Link]), _read(a["known"], dict[str, Known])
        )

    def do_follow(self, a: Arguments) -> Any:
        whole, known = _read(a["whole"], list[Link]), _read(a["known"], dict[str, Known])
        return follow(_read(a["chain"], ChainState), whole, known)

    def do_judge_identity(self, a: Arguments) -> Any:
        known = None if a["known"] is None else _read(a["known"], Known)
        return judge_identity(known, a["user"], _read(a["history"], list[IdentityKey]))

    def do_judge_key(self, a: Arguments) -> Any:
        state = None if a["chain"] is None else _read(a["chain"], ChainState)
        seen = _read(a["seen"], Judged) if a.get("seen") else None
        return judge_key(_read(a["known"], Known), state, a["conversation"], a["user"], a["jwk"], seen)

    def do_safety_number(self, a: Arguments) -> Any:
        me, them = ((a[side]["user"], a[side]["ik"]) for side in ("me", "them"))
        return safety_number(me, them)

    # --- messages ---------------------------------------------------------------------------------------------

    def do_seal(self, a: Arguments) -> Any:
        return self._machine(a).seal(
            _place(a),
            body_of(a["body"]),
            sent_at=a["sent_at"],
            state=_read(a["chain"], ChainState),
            known=_read(a["known"], dict[str, Known]),
            recipients=a["recipients"],
            seen=_read(a.get("seen") or {}, dict[str, Judged]),
        )

    def do_open(self, a: Arguments) -> Any:
        held = _read(a["held"], Held) if a["held"] else None
        shown = Shown(_place(a), a["sealed"], a["copy"], a["from"], held)
        return self._machine(a).open(shown, author=_read(a["author"], Known), state=_read(a["chain"], ChainState))

    def do_share(self, a: Arguments) -> Any:
        state, known = _read(a["chain"], ChainState), _read(a["known"], dict[str, Known])
        return self._machine(a).share(a["sealed"], a["copy"], state=state, known=known, to=a["to"])

    def do_seal_note(self, a: Arguments) -> Any:
        owner = _read(a["owner"], Known)
        return self._machine(a).seal_note(a["text"], conversation=a["conversation"], owner=owner, key=a["key"])

    def do_open_note(self, a: Arguments) -> Any:
        author = _read(a["author"], Known)
        return self._machine(a).open_note(a["note"], conversation=a["conversation"], author=author)


def own_keys(document: Arguments) -> OwnKeys:
    """The answer of `GET /api/keys`, of which only what the machine reads need be there."""
    entries = [{"inserted_at": "", **entry} for entry in document["identity"]]
    rows = [{"inserted_at": "", **row} for row in document["user_keys"]]
    return msgspec.convert({"slots": {}, "kdf": None, **document, "identity": entries, "user_keys": rows}, OwnKeys)


def body_of(document: Arguments) -> Body:
    return msgspec.convert(document, ReactBody) if "react" in document else msgspec.convert(document, TextBody)


def _read(document: Any, type: type[T]) -> T:
    return msgspec.convert(document, type)


def _place(a: Arguments) -> Place:
    return Place(**{name: a[name] for name in Place.__struct_fields__})


def main() -> None:
    peer = Peer()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(peer.answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
