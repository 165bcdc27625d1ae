"""/api/keys: the signed history of identity keys, and the user key (Hubbub's design of keys, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from hubbub.wire.ids import new_id
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World
from tests.sealing import Identity

SEED = "wrapped-under-the-account-key"


@pytest.fixture
def identity(ada: Person) -> Identity:
    return Identity(ada.id)


def both(identity: Identity, gen: int = 1) -> dict[str, Any]:
    return {
        "identity": {**identity.identity_key(), "wrapped_seed": SEED},
        "user_key": {"public_key": identity.public_key(gen=gen), "private_key": identity.private_key(gen=gen)},
    }


def nothing(person: Person) -> dict[str, Any]:
    """The keys of someone who has none yet."""
    return {"user_id": person.id, "identity": [], "user_keys": [], "slots": {}, "kdf": None}


async def test_before_the_first_key_there_is_none(ada: Person, bob: Person) -> None:
    assert (await ada.get("/api/keys")).json() == nothing(ada)
    assert (await bob.get(f"/api/keys/{ada.id}")).json() == {
        "user_id": ada.id,
        "identity": [],
        "user_key": None,
    }


async def test_keys_come_back_to_their_user_as_they_were_sent(ada: Person, identity: Identity) -> None:
    sent = both(identity)
    answer = await ada.post("/api/keys", sent)
    assert answer.status_code == 200, answer.text
    (entry,), (key,) = answer.json()["identity"], answer.json()["user_keys"]
    assert {name: entry[name] for name in sent["identity"]} == sent["identity"]
    assert {name: key[name] for name in sent["user_key"]} == sent["user_key"]
    assert key["gen"] == 1
    assert (await ada.get("/api/keys")).json() == answer.json()


async def test_others_see_what_is_public_alone(ada: Person, bob: Person, identity: Identity) -> None:
    sent = both(identity)
    await ada.post("/api/keys", sent)
    answer = (await bob.get(f"/api/keys/{ada.id}")).json()
    (entry,) = answer["identity"]
    assert (entry["ik"], entry["signature"]) == (identity.ik, sent["identity"]["signature"])
    assert "wrapped_seed" not in entry
    assert answer["user_key"]["public_key"] == sent["user_key"]["public_key"]
    assert "private_key" not in answer["user_key"]


async def test_private_parts_are_sealed_at_rest(world: World, ada: Person, identity: Identity) -> None:
    sent = both(identity)
    await ada.post("/api/keys", sent)
    with world.engine.begin() as connection:
        (seed,) = connection.execute(text("SELECT wrapped_seed FROM identity_keys")).scalars()
        (private,) = connection.execute(text("SELECT private_key FROM user_keys")).scalars()
    assert SEED not in seed
    assert sent["user_key"]["private_key"]["ct"] not in private
    assert seed.startswith("v1.")
    assert private.startswith("v1.")


async def test_registering_the_same_again_changes_nothing(ada: Person, identity: Identity) -> None:
    sent = both(identity)
    first = (await ada.post("/api/keys", sent)).json()
    assert (await ada.post("/api/keys", sent)).json() == first


@pytest.mark.parametrize("vouched", [True, False])
async def test_a_changed_identity_key_continues_the_history(
    ada: Person, bob: Person, identity: Identity, vouched: bool
) -> None:
    await ada.post("/api/keys", both(identity))
    changed = Identity(ada.id)
    entry = changed.identity_key(seq=2, previous=identity, vouched=vouched)
    key = {"public_key": changed.public_key(gen=2)}
    assert (await ada.post("/api/keys", {"identity": entry, "user_key": key})).status_code == 200
    seen = (await bob.get(f"/api/keys/{ada.id}")).json()
    assert [one["ik"] for one in seen["identity"]] == [identity.ik, changed.ik]
    assert [one["seq"] for one in seen["identity"]] == [1, 2]
    assert (seen["identity"][1]["previous_signature"] is not None) is vouched
    assert (seen["user_key"]["gen"], seen["user_key"]["public_key"]["ik"]) == (2, changed.ik)


async def test_refused_keys_leave_nothing_behind(ada: Person, identity: Identity) -> None:
    other = Identity(ada.id)
    good = both(identity)
    refused: dict[str, tuple[dict[str, Any], int, str]] = {
        "nothing": ({}, 400, "invalid_payload"),
        "no identity yet": ({"user_key": good["user_key"]}, 422, "invalid_key"),
        "not the first": ({"identity": identity.identity_key(seq=2, previous=other)}, 422, "invalid_key"),
        "another's": ({"identity": Identity().identity_key()}, 422, "invalid_key"),
        "a forged signature": (
            {"identity": {**identity.identity_key(), "signature": other.identity_key()["signature"]}},
            422,
            "invalid_key",
        ),
        "a user key of another identity": (
            {**good, "user_key": {"public_key": other.public_key()}},
            422,
            "invalid_key",
        ),
        "an unsigned user key": ({**good, "user_key": {"public_key": {"kty": "OKP"}}}, 422, "invalid_key"),
        "a huge private key": (
            {**good, "user_key": {**good["user_key"], "private_key": {"x": "y" * 5000}}},
            413,
            "too_large",
        ),
        "a NUL deep inside": (
            {**good, "user_key": {**good["user_key"], "private_key": {"x": [{"y": "\0"}]}}},
            400,
            "invalid_text",
        ),
        "a list": ({**good, "user_key": {"public_key": []}}, 400, "invalid_payload"),
    }
    for what, (body, status, code) in refused.items():
        assert is_problem(await ada.post("/api/keys", body), status, code), what
    assert (await ada.get("/api/keys")).json() == nothing(ada)


async def test_generations_only_rise(ada: Person, identity: Identity) -> None:
    await ada.post("/api/keys", both(identity, gen=2))
    assert is_problem(await ada.post("/api/keys", both(identity, gen=1)), 409, "conflict")
    other = Identity(ada.id)
    other._identity, other.ik, other.ik_raw = identity._identity, identity.ik, identity.ik_raw
    replaced = {"user_key": {"public_key": other.public_key(gen=2)}}
    assert is_problem(await ada.post("/api/keys", replaced), 409, "conflict")
    assert (await ada.post("/api/keys", {"user_key": {"public_key": other.public_key(gen=3)}})).status_code == 200


async def test_nobody_has_the_keys_of_nobody(ada: Person) -> None:
    assert is_problem(await ada.get(f"/api/keys/{new_id()}"), 404, "not_found")
