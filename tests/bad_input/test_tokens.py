"""Tokens that are forged, expired, revoked, replayed or somebody else's, at every door that takes one."""

from __future__ import annotations

import base64
import json
import time
import tomllib
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from hubbub.auth.tokens import LIFETIME, Tokens, derive_key
from hubbub.wire.ids import new_id
from tests.bad_input.raw import request, status_of
from tests.bad_input.scene import Scene, refusal, works
from tests.people import SYSTEM, People
from tests.phoenix import Client
from tests.server import Cluster, ServerProcess

SIGN_IN_AGAIN = 4001


def secret_of(server: ServerProcess) -> bytes:
    kept = tomllib.loads((server.folder / "data" / "secrets.toml").read_text())
    return base64.urlsafe_b64decode(kept["secret_key"] + "=")


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def encoded(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def forgeries(token: str, secret: bytes) -> dict[str, str]:
    """Tokens that look like `token`; those signed with the right key say something that is never said."""
    claims, (header, body, signature) = claims_of(token), token.split(".")
    ours = OctKey.import_key(derive_key(secret, "access-token"))
    another_purpose = OctKey.import_key(derive_key(secret, "page-token"))
    stranger = OctKey.import_key(bytes(32))
    return {
        "alg none": f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "alg none with the signature": f"{encoded({'alg': 'none'})}.{body}.{signature}",
        "alg of a public key": f"{encoded({'alg': 'RS256'})}.{body}.{signature}",
        "no alg": f"{encoded({})}.{body}.{signature}",
        "a header that is none": f"{encoded([])}.{body}.{signature}",
        "another kid": f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'other'})}.{body}.{signature}",
        "a kid that is none": f"{encoded({'alg': 'HS256', 'kid': [1]})}.{body}.{signature}",
        "another typ": f"{encoded({'alg': 'HS256', 'typ': 'refresh'})}.{body}.{signature}",
        "a key of its own": f"{encoded({'alg': 'HS256', 'jwk': {'kty': 'oct', 'k': 'AA'}})}.{body}.{signature}",
        "unknown crit": f"{encoded({'alg': 'HS256', 'crit': ['x'], 'x': 1})}.{body}.{signature}",
        "another user": f"{header}.{encoded({**claims, 'sub': new_id()})}.{signature}",
        "no signature": f"{header}.{body}.",
        "five parts": f"{header}..{body}.{signature}.x",
        "deep": f"{encoded_deep()}.{body}.{signature}",
        "a stranger's key": jwt.encode({"alg": "HS256"}, claims, stranger),
        "our key for another purpose": jwt.encode({"alg": "HS256"}, claims, another_purpose),
        "another aud": jwt.encode({"alg": "HS256"}, {**claims, "aud": "others"}, ours),
        "several aud": jwt.encode({"alg": "HS256"}, {**claims, "aud": ["hubbub", "others"]}, ours),
        "another iss": jwt.encode({"alg": "HS256"}, {**claims, "iss": "others"}, ours),
        "a longer life": jwt.encode({"alg": "HS256"}, {**claims, "exp": claims["exp"] + 1}, ours),
        "no end": jwt.encode({"alg": "HS256"}, {name: claims[name] for name in claims if name != "exp"}, ours),
        "a text": "nonsense",
    }


def encoded_deep() -> str:
    return base64.urlsafe_b64encode(b"[" * 350 + b"]" * 350).rstrip(b"=").decode()


async def test_forged_tokens_open_no_door(scene: Scene) -> None:
    async with scene.unchanged():
        for what, token in forgeries(scene.ada.token, secret_of(scene.server)).items():
            await opens_no_door(scene, token, "invalid_token", what)


async def opens_no_door(scene: Scene, token: str, reason: str, what: str) -> None:
    """Not HTTP, not a handshake, not a guest's join, not an event."""
    answer = await scene.people.http.get("/api/users", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, reason), what
    assert (await status_of(scene.server, request(scene.server, query=f"vsn=2.0.0&token={token}"))).status == 403, what
    guest = await scene.people.open()
    assert (await refusal(guest, SYSTEM, "phx_join", {"token": token}))["reason"] == reason, what
    assert (await refusal(guest, SYSTEM, "set_hidden", {"hidden": True}))["reason"] == "unmatched topic", what
    said = {"content": "never", "token": token}
    assert (await refusal(scene.a, scene.open_topic, "send_message", said))["reason"] == reason, what


async def test_expired_tokens_open_no_door(scene: Scene) -> None:
    issued = int(time.time()) - LIFETIME - 1
    expired = Tokens(secret_of(scene.server)).issue(scene.ada.id, new_id(), issued)
    await opens_no_door(scene, expired, "expired_token", "expired")


async def test_a_socket_outlives_its_token_only_by_a_new_one(scene: Scene) -> None:
    tokens, issued = Tokens(secret_of(scene.server)), int(time.time()) - LIFETIME + 4
    ending = tokens.issue(scene.ada.id, claims_of(scene.ada.token)["fam"], issued)
    left, renewed, longer = [await scene.people.open(None, ending) for _ in range(3)]
    await renewed.join(SYSTEM, {"token": scene.ada.token})
    await longer.join(scene.ada.topic)
    await longer.ask(scene.ada.topic, "sync", {"token": scene.ada.token})
    assert await left.wait_closed() == SIGN_IN_AGAIN
    await works(renewed)
    await works(longer)
    assert not left.heard(SYSTEM, "phx_close")


async def test_the_token_of_another_changes_nobody(scene: Scene) -> None:
    taken = {"content": "as Bob", "token": scene.bob.token}
    async with scene.unchanged():
        assert (await refusal(scene.a, scene.open_topic, "send_message", taken))["reason"] == "token_of_another"
        params = {"token": scene.bob.token}
        assert (await refusal(scene.a, scene.bob.topic, "phx_join", params))["reason"] == "token_of_another"
    answer = await scene.a.ask(scene.open_topic, "send_message", {"content": "as Ada"})
    assert answer["message"]["sender"] == scene.ada.id


# --- revoked ------------------------------------------------------------------------------------------------------


async def sign_up(people: People) -> tuple[Any, Client]:
    [person] = await people.sign_up("Gone")
    return person, await person.arrive()


async def test_a_refresh_token_used_twice_ends_its_family_and_no_other(scene: Scene) -> None:
    person, doomed = await sign_up(scene.people)
    spent, first_token = person.answer["refresh_token"], person.token
    await person.sign_in()
    kept = await person.arrive()
    exchanged = await scene.people.http.post("/auth/refresh", json={"token": spent})
    assert exchanged.status_code == 200
    reused = await scene.people.http.post("/auth/refresh", json={"token": spent})
    assert (reused.status_code, reused.json()["code"]) == (401, "invalid_token")
    assert await doomed.wait_closed(3) == SIGN_IN_AGAIN
    assert not doomed.heard(SYSTEM, "phx_close")
    for token in (first_token, exchanged.json()["auth_token"]):
        await opens_no_door(scene, token, "invalid_token", "of an ended family")
    following = await scene.people.http.post("/auth/refresh", json={"token": exchanged.json()["refresh_token"]})
    assert following.status_code == 401
    await works(kept)
    assert (await person.get("/api/users")).status_code == 200


@pytest.mark.parametrize("how", ["signing out everywhere", "a new password"])
async def test_what_ends_all_tokens_ends_all_sockets(scene: Scene, how: str) -> None:
    person, socket = await sign_up(scene.people)
    if how == "a new password":
        new = "VerySecurePassword2!"
        body = {"password": person.password, "new_password": new, "new_password_confirmation": new}
        assert (await person.patch("/api/password", body)).status_code == 204
    else:
        assert (await person.post("/api/signout_all")).status_code == 204
    assert await socket.wait_closed(3) == SIGN_IN_AGAIN
    await opens_no_door(scene, person.token, "invalid_token", how)
    answer = await scene.people.http.post("/auth/refresh", json={"token": person.answer["refresh_token"]})
    assert answer.status_code == 401


async def test_sockets_of_other_processes_end_too(cluster: Cluster) -> None:
    async with People(cluster.first) as people:
        [person] = await people.sign_up("Gone")
        socket = await person.arrive(to=cluster.second)
        assert (await person.post("/api/signout_all")).status_code == 204
        assert await socket.wait_closed(5) == SIGN_IN_AGAIN
